"""Presents a reconciliation: as sentences, as a table, as charts. Pure."""
