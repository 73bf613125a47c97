"""Compares both sides of a company's invoices: the differences, causes, remedies, and sums. Pure."""

from onedesk_quickbooks.plugin.planning.reconcile.compare import KINDS, Difference, compare, value_of
from onedesk_quickbooks.plugin.planning.reconcile.report import Report, reported
from onedesk_quickbooks.plugin.planning.reconcile.sides import (
    Either,
    Kept,
    Listed,
    Own,
    Pair,
    Second,
    Settled,
    TaxPart,
    Theirs,
    Unbooked,
)
from onedesk_quickbooks.plugin.planning.reconcile.sums import Row, Sums, sums_of

__all__ = [
    "KINDS",
    "Difference",
    "Either",
    "Kept",
    "Listed",
    "Own",
    "Pair",
    "Report",
    "Row",
    "Second",
    "Settled",
    "Sums",
    "TaxPart",
    "Theirs",
    "Unbooked",
    "compare",
    "reported",
    "sums_of",
    "value_of",
]
