"""The way back: what settles invoices in QuickBooks, found there (looking), taken apart (parts), told to the host
(keeper)."""

from onedesk_quickbooks.plugin.sync.inbound.payments.keeper import PaymentKeeper, PaymentNews

__all__ = ["PaymentKeeper", "PaymentNews"]
