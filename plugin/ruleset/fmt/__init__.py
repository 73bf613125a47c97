"""Rule files as text: formatted, shown as tables, and written for a company that begins."""

from onedesk_quickbooks.plugin.ruleset.fmt.begin import begin
from onedesk_quickbooks.plugin.ruleset.fmt.formatted import NotFormatted, formatted
from onedesk_quickbooks.plugin.ruleset.fmt.show import show

__all__ = ["NotFormatted", "begin", "formatted", "show"]
