"""Payments: those of the host, as they go to QuickBooks, and what pays an invoice there. Pure."""
