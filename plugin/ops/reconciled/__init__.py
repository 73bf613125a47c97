"""How a reconciliation is shown: in words, as a table, as charts. Pure."""
