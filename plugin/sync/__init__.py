"""Where planning, the ledger and QuickBooks meet: one lane per company, connecting, payments, and the bridge that the
hooks hand over to."""
