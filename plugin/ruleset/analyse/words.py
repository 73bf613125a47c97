"""Points as people read them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.ruleset.analyse.chains import Row
from onedesk_quickbooks.plugin.ruleset.analyse.solver import Point, Solver, sample
from onedesk_quickbooks.plugin.ruleset.columns import Texts

_NAMES = {
    "service_type": "the service type",
    "charge": "the charge",
    "country": "the country",
    "region": "the region",
    "currency": "the currency",
    "customer": "the customer",
    "customer_tag": "the customer tag",
    "invoice_type": "the invoice type",
    "project": "the project",
    "work_item_type": "the work item type",
    "tag": "the tag",
    "amount": "the amount",
    "date": "the date",
}
_CAPITALS = ("country", "region", "currency")


def shown(solver: Solver, point: Point, rows: Sequence[Row]) -> dict[str, str]:
    """A sample of the point by field, in the spelling of the rules; a field that does not matter is left out."""
    values = sample(solver, point)
    return {field: _written(field, values[field], rows) for field in _NAMES if field in values}


def input_words(solver: Solver, point: Point, rows: Sequence[Row]) -> str:
    """The same as part of a sentence: 'the service type "Training", the country "CA"'."""
    found = shown(solver, point, rows)
    if found.get("charge") and "service_type" in found:
        del found["service_type"]  # a charge's name is its service type
    parts = [f'{_NAMES[field]} "{value}"' for field, value in found.items()]
    return ", ".join(parts) or "a line of which nothing is known"


def _written(field: str, value: Any, rows: Sequence[Row]) -> str:
    if isinstance(value, tuple):
        return ", ".join(_text(field, each, rows) for each in value)
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return _text(field, value, rows)


def _text(field: str, folded: str, rows: Sequence[Row]) -> str:
    if field in _CAPITALS:
        return folded.upper()
    for row in rows:
        condition = row.when.get(field)
        if isinstance(condition, Texts) and folded in condition.written:
            return condition.written[folded]
    longest = ""
    for row in rows:
        condition = row.when.get(field)
        if isinstance(condition, Texts):
            for prefix in condition.prefixes:
                if folded.startswith(prefix) and len(prefix) >= len(longest):
                    longest = prefix
                    named = condition.written.get(prefix, prefix)
    return named + folded[len(longest) :] if longest else folded
