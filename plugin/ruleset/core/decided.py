"""Decisions for the whole invoice by the key of the rules that makes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.ruleset.keys import Key


def decided_word(decided: InvoiceDecisions, key: Key) -> str:
    """The decision for a setting as cases write it: "none" if the rules have no value."""
    value: Any = getattr(decided.customer, key.name) if key.section == "customers" else getattr(decided, key.decided)
    if isinstance(value, tuple):
        return ", ".join(value)
    return plain(value) if isinstance(value, Decimal) else value or "none"


def decided_says(decided: InvoiceDecisions, key: Key) -> str:
    """The same in the form for people; for a line also its item and tax code."""
    line = getattr(decided, f"{key.decided}_line") if key.line else None
    return str(line) if line else decided_word(decided, key)
