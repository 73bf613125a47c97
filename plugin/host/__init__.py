"""An embedded OneDesk-style host: invoices, customer organizations, Administration > Financials, and plugins."""

from onedesk_quickbooks.plugin.host.handed_over import Handed, bring, hand_over
from onedesk_quickbooks.plugin.host.host import EmbeddedHost
from onedesk_quickbooks.plugin.host.records import HostInvoice, HostProblem, asked

__all__ = ["EmbeddedHost", "Handed", "HostInvoice", "HostProblem", "asked", "bring", "hand_over"]
