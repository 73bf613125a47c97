"""QuickBooks' own words: bodies written, answers read, statements asked. CamelCase stays in here."""
