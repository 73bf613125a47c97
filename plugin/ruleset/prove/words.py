"""Points in the form for people."""

from __future__ import annotations

import datetime
from decimal import Decimal

from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.ruleset.core.columns import TextColumn
from onedesk_quickbooks.plugin.ruleset.keys import fields
from onedesk_quickbooks.plugin.ruleset.prove.choices import Choice
from onedesk_quickbooks.plugin.ruleset.prove.codes import free_codes
from onedesk_quickbooks.plugin.ruleset.prove.masks import Masks, Point
from onedesk_quickbooks.plugin.ruleset.prove.solver import Solver
from onedesk_quickbooks.plugin.texts import Text, joined


def shown(solver: Solver, point: Point) -> dict[str, str]:
    """A sample of the point by field, in the spelling of the rules; fields that do not matter are left out."""
    return {field: _written(solver, field, point[field]) for field in fields() if field in point}


def input_words(solver: Solver, point: Point) -> str:
    """The same as part of a sentence: 'the service type "Training", the country "CA"'."""
    found = shown(solver, point)
    if found.get("charge") and "service_type" in found:
        del found["service_type"]  # a charge has its name as service type
    if not found:
        return Text("a line of which nothing is known")
    named = ((Text(fields()[field].says), value) for field, value in found.items())
    return joined(", ", (Text('{field} "{value}"', field=field, value=value) for field, value in named))


def _written(solver: Solver, field: str, choices: tuple[Choice, ...]) -> str:
    value = choices[0].value
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return ", ".join(_text(solver, field, each) for each in choices)


def _text(solver: Solver, field: str, choice: Choice) -> str:
    if fields()[field].codes:
        return fresh(solver, field, choice).upper()
    sources = (field, "charge", "service_type") if field in ("charge", "service_type") else (field,)
    spelled = (solver.written(each, choice.text) for each in sources)
    text = next((each for each in spelled if each != choice.text), choice.text)
    begun = text or "Other"
    return begun + fresh(solver, field, choice)[len(choice.text or begun) :]  # "Straße" gets longer when folded


def fresh(solver: Masks, field: str, choice: Choice) -> str:
    """A text for a choice; for a prefix, one that no rule names."""
    if not choice.prefix:
        return choice.text
    names = ("charge", "service_type") if field in ("charge", "service_type") else (field,)
    columns = [part for each in names for part in solver.parts(each)]
    if fields()[field].codes:
        return next(iter(free_codes(field, columns)), "")
    text = choice.text + ("x" if not choice.text.endswith("x") else "y") if choice.text else "other"
    while any(_named_further(column, text, choice.text) for column in columns):
        text += "x"
    return text


def _named_further(column: TextColumn, text: str, prefix: str) -> bool:
    if text in column.exact:
        return True
    return any(length > len(prefix) and text[:length] in bucket for length, bucket in column.prefixes.items())
