"""Invoices out to QuickBooks, payments and changes back: where planning, ledger and QuickBooks meet."""
