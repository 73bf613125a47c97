"""Codes that no rule names; there are few codes, so all can be listed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from onedesk_quickbooks.plugin.ruleset.core.columns import TextColumn
from onedesk_quickbooks.plugin.ruleset.core.places import KNOWN
from onedesk_quickbooks.plugin.ruleset.core.words import COUNTRIES, CURRENCIES, TAX_CATEGORIES, UNKNOWN_CATEGORY, fold

_EVERY = {
    "country": ("NO", "DE", "FR", *sorted(COUNTRIES - {"NO", "DE", "FR", *KNOWN}), *KNOWN),
    "currency": ("USD", "EUR", *sorted(CURRENCIES - {"USD", "EUR"})),
    "tax_category": (*TAX_CATEGORIES, UNKNOWN_CATEGORY),
}


@lru_cache(maxsize=8)
def _folded(field: str) -> tuple[str, ...]:
    return tuple(map(fold, _EVERY.get(field, ())))


def free_codes(field: str, columns: Iterable[TextColumn]) -> list[str]:
    """The codes of a field, folded, that none of the columns names; those of countries without known regions first."""
    named = {text for column in columns for text in column.exact}
    return [each for each in _folded(field) if each not in named]
