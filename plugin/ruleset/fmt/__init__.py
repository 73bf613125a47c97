"""Rule files as text: formatted, shown as tables, and written for a company that begins."""

from onedesk_quickbooks.plugin.ruleset.fmt.begin import begin
from onedesk_quickbooks.plugin.ruleset.fmt.formatted import NotFormatted, formatted
from onedesk_quickbooks.plugin.ruleset.fmt.show import ShownRow, show

__all__ = ["NotFormatted", "ShownRow", "begin", "formatted", "show"]
