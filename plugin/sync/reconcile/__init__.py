"""Reads both sides of a company's invoices for a reconciliation. Writes to neither side."""

from onedesk_quickbooks.plugin.sync.reconcile.reconciler import Reconciler
from onedesk_quickbooks.plugin.sync.reconcile.sides import listed

__all__ = ["Reconciler", "listed"]
