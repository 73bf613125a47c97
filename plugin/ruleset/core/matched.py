"""The values by which a rule won, as people read them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.ruleset.core.columns import Conditions, Texts


def matched(conditions: Conditions, values: Mapping[str, Any]) -> dict[str, str]:
    """Each field that the rule asked for, with the value that satisfied it."""
    return {field: _satisfying(condition, values[field]) for field, condition in conditions.items()}


def _satisfying(condition: Any, value: Any) -> str:
    if isinstance(value, tuple):
        return next((each for each in value if isinstance(condition, Texts) and condition.holds(each)), "")
    return value_text(value)


def value_text(value: Any) -> str:
    """A field's value as people read it; several tags with commas, "" for nothing."""
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)
