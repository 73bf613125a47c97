"""Invoices to QuickBooks, payments and changes back: connects planning, ledger and QuickBooks."""
