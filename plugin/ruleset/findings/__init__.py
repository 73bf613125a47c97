"""What is wrong with a rule file: values with a code, a place and a remedy, and how people and machines read them."""

from onedesk_quickbooks.plugin.ruleset.findings.finding import CannotRead, Finding, Findings, Related, Span
from onedesk_quickbooks.plugin.ruleset.findings.render import render_findings

__all__ = ["CannotRead", "Finding", "Findings", "Related", "Span", "render_findings"]
