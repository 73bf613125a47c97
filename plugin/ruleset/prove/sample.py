"""Values that stand for a point of the solver's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onedesk_quickbooks.plugin.ruleset.core.columns import MANY, RANGES, TextColumn
from onedesk_quickbooks.plugin.ruleset.prove.choices import Choice
from onedesk_quickbooks.plugin.ruleset.prove.masks import Masks


def sample(solver: Masks, point: Mapping[str, tuple[Choice, ...]]) -> dict[str, Any]:
    """Values that stand for a point: folded texts, tuples of tags, amounts and dates; fields left out have nothing."""
    found: dict[str, Any] = {}
    for field, choices in point.items():
        if field in RANGES:
            found[field] = choices[0].value
            continue
        texts = tuple(fresh(solver, field, each) for each in choices)
        found[field] = texts if field in MANY else texts[0]
    return found


def fresh(solver: Masks, field: str, choice: Choice) -> str:
    """A text for a choice; one that merely begins with a prefix is one that no rule names."""
    if not choice.prefix:
        return choice.text
    columns = [solver.texts[each] for each in ("charge", "service_type") if each in solver.texts]
    columns = columns if field in ("charge", "service_type") else [solver.texts[field]] if field in solver.texts else []
    text = choice.text + ("x" if not choice.text.endswith("x") else "y")
    while any(_named_further(column, text, choice.text) for column in columns):
        text += "x"
    return text


def _named_further(column: TextColumn, text: str, prefix: str) -> bool:
    if text in column.exact:
        return True
    return any(length > len(prefix) and text[:length] in bucket for length, bucket in column.prefixes.items())
