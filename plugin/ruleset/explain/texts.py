"""Decisions in the reader's language. They are stored in English, so the translation is looked up by the English
text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from onedesk_quickbooks.plugin.ruleset.keys import settings
from onedesk_quickbooks.plugin.texts import Amount, Text, joined

_SUBJECT = re.compile(r"(line|discount|charge) (.+)", re.DOTALL)
_SUBJECTS: Mapping[str, Text] = {
    "line": Text("line {n}"),
    "discount": Text("discount {n}"),
    "charge": Text("charge {n}"),
}
_WHOLE: Mapping[tuple[str, str], Text] = {
    ("tax_code", "no tax code"): Text("no tax code"),
    ("tax_code", "as the lines"): Text("as the lines"),
    ("class", "no class"): Text("no class"),
    ("description", "no description"): Text("no description"),
}
_HELD = "held: "
_CUSTOMER = re.compile(r'"(?P<name>.*)" by (?P<ways>.*); (?P<missing>\w+) when missing', re.DOTALL)
_FINANCIALS = " for a new item (Administration > Financials)"
_NEW_ITEM = " for a new item"
_UP_TO = re.compile(r"(?P<word>\w+) \(up to (?P<amount>[\d.]+)\)")
_ANY_CENT = " (a difference of any cent)"


def subject_text(subject: str) -> str:
    """The subject of a decision: the invoice, or one of its lines."""
    found = _SUBJECT.fullmatch(subject)
    if found is not None:
        return Text(_SUBJECTS[found[1]], n=found[2])
    return Text("invoice") if subject == "invoice" else subject


def outcome_text(table: str, outcome: str) -> str:
    """The outcome of a decision: the word of a setting with its title, a name, or why a line is held."""
    if isinstance(outcome, Text):
        return outcome
    if outcome.startswith(_HELD):
        return Text("held: {why}", why=outcome.removeprefix(_HELD))
    if (whole := _WHOLE.get((table, outcome))) is not None:
        return whole
    if table == "customer":
        return _customer(outcome)
    if table == "income_account":
        return _account(outcome)
    return _totals(outcome) if table == "totals" else _setting(table, outcome)


def _setting(table: str, outcome: str) -> str:
    for says in _says().get(table, ()):
        if outcome.endswith(f" {says}"):
            return joined(" ", (outcome[: -len(says) - 1], says))
    return outcome


def _customer(outcome: str) -> str:
    found = _CUSTOMER.fullmatch(outcome)
    if found is None:
        return outcome
    values = {"name": found["name"], "missing": found["missing"]}
    ways = joined(Text(", then "), found["ways"].split(", then "))
    return Text('"{name}" by {ways}; {missing} when missing', **values, ways=ways)


def _account(outcome: str) -> str:
    if outcome.endswith(_FINANCIALS):
        name = outcome.removesuffix(_FINANCIALS)
        account = Text(name) if name == Text("none chosen yet") else name
        return Text("{account} for a new item (Administration > Financials)", account=account)
    if outcome.endswith(_NEW_ITEM):
        return Text("{account} for a new item", account=outcome.removesuffix(_NEW_ITEM))
    return outcome


def _totals(outcome: str) -> str:
    found = _UP_TO.fullmatch(outcome)
    if found is not None:
        return Text("{word} (up to {amount})", word=found["word"], amount=Amount(found["amount"]))
    if outcome.endswith(_ANY_CENT):
        return Text("{word} (a difference of any cent)", word=outcome.removesuffix(_ANY_CENT))
    return outcome


@lru_cache(maxsize=1)
def _says() -> Mapping[str, tuple[Text, ...]]:
    """The titles of settings, by table."""
    found: dict[str, tuple[Text, ...]] = {}
    for key in settings().values():
        if key.says:
            found[key.explained] = (*found.get(key.explained, ()), Text(key.says))
    return found
