"""From QuickBooks to the host: what pays invoices is found (lookup), split up (parts), and reported to the host
(keeper)."""

from onedesk_quickbooks.plugin.sync.inbound.payments.keeper import PaymentKeeper, PaymentNews

__all__ = ["PaymentKeeper", "PaymentNews"]
