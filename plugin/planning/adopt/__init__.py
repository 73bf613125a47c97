"""Matches invoices that are in both systems without a link. Pure."""

from onedesk_quickbooks.plugin.planning.adopt.match import match
from onedesk_quickbooks.plugin.planning.adopt.report import Report
from onedesk_quickbooks.plugin.planning.adopt.sides import (
    ADOPTED,
    KINDS,
    Asked,
    Candidate,
    Field,
    Known,
    Match,
    Own,
    Theirs,
    number_key,
)

__all__ = [
    "ADOPTED",
    "KINDS",
    "Asked",
    "Candidate",
    "Field",
    "Known",
    "Match",
    "Own",
    "Report",
    "Theirs",
    "match",
    "number_key",
]
