"""QuickBooks' wire format: bodies, answers, query statements. CamelCase names are used only here."""
