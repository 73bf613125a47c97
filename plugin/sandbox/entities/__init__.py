"""The entities of QuickBooks: their kinds, their operations, the query language."""
