"""The plugin's own pages: connect and callback, QuickBooks' webhooks, settings, health, metrics. A host mounts them."""

from onedesk_quickbooks.plugin.app.financials import PREFIX
from onedesk_quickbooks.plugin.web.app import pages

__all__ = ["PREFIX", "pages"]
