"""Rule files as text: formatting, tables, and a first file for a new company."""

from onedesk_quickbooks.plugin.ruleset.fmt.first_rules import begin
from onedesk_quickbooks.plugin.ruleset.fmt.formatter import NotFormatted, formatted
from onedesk_quickbooks.plugin.ruleset.fmt.show import show
from onedesk_quickbooks.plugin.ruleset.read.editor import editor_schema, put_beside

__all__ = ["NotFormatted", "begin", "editor_schema", "formatted", "put_beside", "show"]
