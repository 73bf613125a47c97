"""Payments that the host has recorded, on their way to QuickBooks: looked up, planned, carried out."""

from onedesk_quickbooks.plugin.sync.outbound.host_payments.payment_queue import PaymentQueue
from onedesk_quickbooks.plugin.sync.outbound.host_payments.planner import PaymentPlanner

__all__ = ["PaymentPlanner", "PaymentQueue"]
