"""The operations of the Accounting API for one company (qbo-api.md 3)."""

from onedesk_quickbooks.plugin.qbo.client.batches import MOST_IN_BATCH, BatchItem
from onedesk_quickbooks.plugin.qbo.client.changes import Changes
from onedesk_quickbooks.plugin.qbo.client.lookup import Everything, LookupResult, Other, Wanted
from onedesk_quickbooks.plugin.qbo.client.quickbooks import QuickBooks

__all__ = ["MOST_IN_BATCH", "BatchItem", "Changes", "Everything", "LookupResult", "Other", "QuickBooks", "Wanted"]
