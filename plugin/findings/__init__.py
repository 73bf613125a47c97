"""Findings: what is wrong with a rule file, each with a code, a place and a remedy, and their formats for people and
machines."""

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
