"""`check`: everything that can be said about rule files before they decide anything."""

from onedesk_quickbooks.plugin.ruleset.check.check import Against, Checked, check

__all__ = ["Against", "Checked", "check"]
