"""`check`: everything that can be said about rule files before they decide anything."""

from onedesk_quickbooks.plugin.ruleset.check.check import Against, Checked, check
from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot, read_snapshot

__all__ = ["Against", "Checked", "CompanySnapshot", "check", "read_snapshot"]
