"""The plugin's own pages: connect and callback, QuickBooks' webhooks, settings, health. A host mounts them."""

from onedesk_quickbooks.plugin.web.app import PREFIX, pages
from onedesk_quickbooks.plugin.web.behind import Behind

__all__ = ["PREFIX", "Behind", "pages"]
