"""A case for every input class that no case covers yet: as a part of a case file, with what the rules decide now."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset.cases.classes import InputClass, Key, covered
from onedesk_quickbooks.plugin.ruleset.cases.given import as_json
from onedesk_quickbooks.plugin.ruleset.cases.run import case_names, invoice_facts, line_facts
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.keys import settings
from onedesk_quickbooks.plugin.ruleset.read.editor import modeline

_SETTINGS = {"customer": ("customer",), **{key.id: case_names(key) for key in settings().values()}}
"""What cases call each decision on the whole invoice."""
_PLACE = re.compile(r" \((?:rule \S+, )?[^()]+:\d+\)")
"""The place of a rule in a reason: it changes with every edit of the file."""
_SAFE = re.compile(r"[A-Za-z0-9(][A-Za-z0-9 ._/()+%-]*(?<! )")


def propose(rules: RuleSet, wanted: Iterable[InputClass], facts: Facts) -> str:
    """The YAML of the cases, to be added under `cases:`; "" for none. One case may cover several classes."""
    listed = list(wanted)
    left = {each.key for each in listed}
    return "".join(_case(rules, each, facts, left) for each in listed)


def _case(rules: RuleSet, wanted: InputClass, facts: Facts, left: set[Key]) -> str:
    given = _given(wanted)
    invoice = Invoice.from_json(as_json(given, Path()))
    keys = left & set(covered(rules, invoice, facts, "charge" if invoice.charges else ""))
    if wanted.key not in keys:
        return ""  # covered by one before, or held apart by something that a line cannot show alone
    left -= keys
    _, rule, _, rate = wanted.key
    by = [*wanted.witness.values(), *([f"{rate} %"] if rate and rate != "none" else [])]
    lines = [f"  - name: {scalar(f'{rule}: ' + ', '.join(by) if by else rule)}\n"]
    if given:
        lines.append(f"    given: {_flow(given)}\n")
    lines.append(f"    expect: {_flow(_expect(rules, invoice, facts, [key[0] for key in keys]))}\n")
    return "".join(lines)


def _given(wanted: InputClass) -> dict[str, Any]:
    given: dict[str, Any] = dict(wanted.witness)
    for tags in ("tag", "customer_tag"):
        if tags in given:
            given[tags] = given[tags].split(", ")
    charge = given.pop("charge", None)
    extra: dict[str, str] = {"tax_rate": wanted.rate} if wanted.rate else {}
    extra |= {key: given.pop(key) for key in ("taxable", "tax_category") if key in given}
    if charge is not None:
        given.pop("service_type", None)
        amount = {"amount": given.pop("amount")} if "amount" in given else {}
        return {**given, "charges": [{"name": charge, **amount, **extra}]}
    if "country" in given and "region" in given:
        given["region"] = given["region"].removeprefix(f"{given['country']}-")
    return {**given, **extra}


def _expect(rules: RuleSet, invoice: Invoice, facts: Facts, decisions: Iterable[str]) -> dict[str, Any]:
    decided = decide(rules, invoice, facts)
    line = (decided.charges or decided.lines)[0]
    made, whole = line_facts(line), invoice_facts(decided)
    found: dict[str, Any] = {}
    told: dict[str, Any] = {}
    for decision in sorted(set(decisions)):
        if decision in _SETTINGS:
            told |= {key: whole[key] for key in _SETTINGS[decision]}
            continue
        found[decision] = made[decision]
        ruled = {"item": "item_rule", "tax_code": "tax_rule"}.get(decision)
        reason = line.tax.hold if decision == "tax_code" else line.item.hold if line.item and ruled else ""
        reason = _PLACE.split(reason)[0]
        found |= ({ruled: made[ruled]} if ruled else {}) | ({"hold": reason} if reason else {})
    return ({"charges": [found]} if decided.charges and found else found) | told


def _flow(values: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{key}: {_value(value)}" for key, value in values.items()) + "}"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    return _flow(value) if isinstance(value, dict) else scalar(value)


def scalar(text: str) -> str:
    """A text as YAML: in quotes where it would not be read back as it is."""
    return text if _SAFE.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def head(facts: Facts) -> Iterator[str]:
    """The beginning of a new case file."""
    yield f"{modeline('cases')}\nversion: 1\n\n"
    yield f"company: {_flow(_company(facts))}\n\ncases:\n"


def _company(facts: Facts) -> dict[str, str]:
    found = {"country": facts.country}
    if not facts.uses_sales_tax:
        found["uses_sales_tax"] = "no"
    if facts.default_income_account:
        found["default_income_account"] = facts.default_income_account
    if facts.default_tax_code:
        found["default_tax_code"] = facts.default_tax_code
    return found
