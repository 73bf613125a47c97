"""Remedies of findings as edits of the file, for editors."""

from onedesk_quickbooks.plugin.ruleset.mend.edits import Edit, Mend, applied
from onedesk_quickbooks.plugin.ruleset.mend.mends import mends

__all__ = ["Edit", "Mend", "applied", "mends"]
