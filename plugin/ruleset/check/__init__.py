"""`check`: every error and warning that can be found in rule files before they decide anything."""

from onedesk_quickbooks.plugin.ruleset.check.check import Against, Checked, check

__all__ = ["Against", "Checked", "check"]
