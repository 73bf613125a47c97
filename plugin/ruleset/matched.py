"""The values by which a rule won, as people read them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.ruleset.table import Conditions, Texts


def matched(conditions: Conditions, values: Mapping[str, Any]) -> dict[str, str]:
    """Each field that the rule asked for, with the value that satisfied it."""
    return {field: _shown(condition, values[field]) for field, condition in conditions.items()}


def _shown(condition: Any, value: Any) -> str:
    if isinstance(value, tuple):
        return next((each for each in value if isinstance(condition, Texts) and condition.holds(each)), "")
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)
