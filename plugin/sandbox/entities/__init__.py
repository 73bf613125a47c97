"""The entities of QuickBooks: their kinds, what can be done with each, the query language."""
