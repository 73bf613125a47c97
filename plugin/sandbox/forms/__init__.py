"""Sales forms and payments: their lines, tax, totals, links (qbo-api.md sections 2 and 7)."""
