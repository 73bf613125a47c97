"""Both sides of a company's invoices, read for a reconciliation. Writes to neither side."""

from onedesk_quickbooks.plugin.sync.reconcile.reconciler import Reconciler

__all__ = ["Reconciler"]
