"""An embedded OneDesk-style host: invoices, customer organizations, Administration > Financials, and plugins."""

from onedesk_quickbooks.plugin.host.host import EmbeddedHost
from onedesk_quickbooks.plugin.host.imports import RecordImporter, bring, import_invoice
from onedesk_quickbooks.plugin.host.records import HostInvoice, HostProblem, asked

__all__ = ["EmbeddedHost", "HostInvoice", "HostProblem", "RecordImporter", "asked", "bring", "import_invoice"]
