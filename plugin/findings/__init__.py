"""What is wrong with a rule file: values with a code, a place and a remedy, and how people and machines read them."""

from onedesk_quickbooks.plugin.findings.finding import CannotRead, Finding, Findings
from onedesk_quickbooks.plugin.findings.formats import render_github, render_json, render_sarif
from onedesk_quickbooks.plugin.findings.render import render_findings, render_text

__all__ = [
    "CannotRead",
    "Finding",
    "Findings",
    "render_findings",
    "render_github",
    "render_json",
    "render_sarif",
    "render_text",
]
