"""Proposed cases, one for every input class without a case, as YAML with the current decisions."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset.cases.case_invoice import LINE, as_json
from onedesk_quickbooks.plugin.ruleset.cases.classes import WHOLE, InputClass, Key, covered
from onedesk_quickbooks.plugin.ruleset.cases.mutants import Mutant, differences
from onedesk_quickbooks.plugin.ruleset.cases.read import Case
from onedesk_quickbooks.plugin.ruleset.cases.run import RULES, invoice_facts, line_facts, run_case
from onedesk_quickbooks.plugin.ruleset.core.chains import value_text
from onedesk_quickbooks.plugin.ruleset.core.columns import Condition, Range, Texts
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.words import CURRENCIES
from onedesk_quickbooks.plugin.ruleset.explain.subjects import LINES
from onedesk_quickbooks.plugin.ruleset.keys import outputs
from onedesk_quickbooks.plugin.ruleset.prove.choices import just_before
from onedesk_quickbooks.plugin.ruleset.read.editor import modeline
from onedesk_quickbooks.plugin.ruleset.read.expressions import scalar

_PLACE = re.compile(r" \((?:rule \S+, )?[^()]+:\d+\)")
"""The place of a rule in a reason: it changes with every edit of the file."""


def propose(rules: RuleSet, wanted: Iterable[InputClass], facts: Facts) -> str:
    """The YAML of the cases, for `cases:`; "" if there are none. One case may cover several classes."""
    listed = list(wanted)
    left = {each.key for each in listed}
    return "".join(_case(rules, each, facts, left) for each in listed)


def propose_missing(rules: RuleSet, unnoticed: Iterable[Mutant], facts: Facts) -> str:
    """A case for each mutant that no case detects: an input that it decides differently, with the current decision."""
    cases: list[Case] = []
    found: list[str] = []
    for mutant in unnoticed:
        if not all(run_case(mutant.rules, each).passed for each in cases):
            continue
        for change in differences(rules, mutant.rules, facts):
            rate = _RATES.get(change.witness.get("tax_rate", "none"), change.witness.get("tax_rate"))
            witness = {field: each for field, each in change.witness.items() if field != "tax_rate"}
            together = (*outputs(), "tax_code") if change.decision in LINES else (change.decision,)
            name = ", ".join([f"{mutant.rule} is not {mutant.how}", *witness.values()])
            for given, invoice in _invoices(rules, witness, rate):
                expect = _expect(rules, invoice, facts, together)
                case = Case(name, mutant.at, invoice, facts, expect)
                if not run_case(mutant.rules, case).passed:
                    cases.append(case)
                    found.append(_yaml(name, given, expect))
                    break
            else:
                continue
            break
    return "".join(found)


_RATES = {"none": None, "any other": "98.7654"}
"""The rate of a line for the names in `diff`."""


def _case(rules: RuleSet, wanted: InputClass, facts: Facts, left: set[Key]) -> str:
    if wanted.key not in left:
        return ""  # an earlier case covers it
    for given, invoice in _invoices(rules, wanted.witness, wanted.rate):
        keys = left & set(covered(rules, invoice, facts, "charge" if invoice.charges else ""))
        if wanted.key in keys:
            left -= keys
            _, rule, _, rate = wanted.key
            by = [*wanted.witness.values(), *([f"{rate} %"] if rate and rate != "none" else [])]
            name = f"{rule}: " + ", ".join(by) if by else rule
            return _yaml(name, given, _expect(rules, invoice, facts, [key[0] for key in keys]))
    return ""  # held for a reason that a single line cannot express


def _yaml(name: str, given: Mapping[str, Any], expect: Mapping[str, Any]) -> str:
    lines = [f"  - name: {scalar(name)}\n"]
    if given:
        lines.append(f"    given: {_flow(given)}\n")
    return "".join([*lines, f"    expect: {_flow(expect)}\n"])


def _invoices(rules: RuleSet, witness: Mapping[str, str], rate: str | None) -> Iterator[tuple[dict[str, Any], Invoice]]:
    """The values that a case may have, simplest first: the usual amounts and days, then those that no rule asks for,
    finally a service type that rules may ask for, since a line without one is held."""
    defaults = _defaults(rules)
    plain = {field: each for field, each in defaults.items() if field in ("currency", "service_type")}
    usual = {field: each for field, each in defaults.items() if field != "service_type"}
    for values in {str(each): each for each in (plain, defaults, usual)}.values():
        given = _given({**values, **witness}, rate)
        yield given, Invoice.from_json(as_json(given, Path()))


def _given(given: dict[str, Any], rate: str | None) -> dict[str, Any]:
    for tags in ("tag", "customer_tag"):
        if tags in given:
            given[tags] = given[tags].split(", ")
    extra: dict[str, str] = {"tax_rate": rate} if rate else {}
    if "invoice_date" in given:
        day, given["date"] = given.get("date"), given.pop("invoice_date")
        if day and day != given["date"] and "charge" not in given:
            extra["date"] = day
    if "invoice_total" in given:
        given["total"] = given.pop("invoice_total")
    charge = given.pop("charge", None)
    extra |= {key: given.pop(key) for key in ("taxable", "tax_category") if key in given}
    if charge is not None:
        given.pop("service_type", None)
        amount = {"amount": given.pop("amount")} if "amount" in given else {}
        return {**given, "charges": [{"name": charge, **amount, **extra}]}
    if "country" in given and "region" in given:
        given["region"] = given["region"].removeprefix(f"{given['country']}-")
    if "date" not in extra:
        return {**given, **extra}
    line = {key: given.pop(key) for key in LINE if key in given}
    return {**given, "total": given.get("total", line.get("amount", "100.00")), "lines": [{**line, **extra}]}


@lru_cache(maxsize=4)
def _defaults(rules: RuleSet) -> Mapping[str, str]:
    """The values that a case must state to match no condition: a currency that no rule names, and an amount and a day
    below every bound. Values that a case has by default are left out."""
    asked: dict[str, list[Condition]] = {}
    for row in (each for chain in rules.chains.values() for each in chain.rows):
        for field, condition in row.when.items():
            asked.setdefault(field, []).append(condition)
    named = {
        each.upper()
        for one in asked.get("currency", ())
        if isinstance(one, Texts)
        for each in (*one.exact, *(one.but.exact if one.but else ()))
    }
    found = {}
    if "USD" in named:
        found["currency"] = next((each for each in ("EUR", *sorted(CURRENCIES)) if each not in named), "USD")
    if any(isinstance(one, Texts) and one.but for one in asked.get("service_type", ())):
        found["service_type"] = " "  # blank: any other value may match a rule
    blank = {"amount": Decimal("100.00"), "invoice_total": Decimal("100.00"), "date": datetime.date(2026, 1, 15)}
    blank["invoice_date"] = blank["date"]
    for field, own in blank.items():
        bounds = [bound for one in asked.get(field, ()) if isinstance(one, Range) for bound in (one.start, one.below)]
        least: Any = min((each for each in bounds if each is not None), default=None)
        if least is not None and own >= least:
            found[field] = value_text(just_before(least) or own)
    return found


def _expect(rules: RuleSet, invoice: Invoice, facts: Facts, decisions: Iterable[str]) -> dict[str, Any]:
    decided = decide(rules, invoice, facts)
    line = (decided.charges or decided.lines)[0]
    made, whole = line_facts(line, decided), invoice_facts(decided)
    found: dict[str, Any] = {}
    of_invoice: dict[str, Any] = {}
    for decision in sorted(set(decisions)):
        if decision in WHOLE:
            of_invoice |= {key: whole[key] for key in WHOLE[decision]}
            continue
        found[decision] = made[decision]
        ruled = RULES.get(decision)
        reason = line.tax.hold if decision == "tax_code" else line.item.hold if line.item and ruled else ""
        reason = _PLACE.split(reason)[0]
        found |= ({ruled: made[ruled]} if ruled else {}) | ({"hold": reason} if reason else {})
    return ({"charges": [found]} if decided.charges and found else found) | of_invoice


def _flow(values: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{key}: {_value(value)}" for key, value in values.items()) + "}"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    return _flow(value) if isinstance(value, dict) else scalar(value)


def head(facts: Facts, rules: str) -> Iterator[str]:
    """The beginning of a new case file; `rules` are named if they are not in the file of the same name."""
    yield f"{modeline('cases')}\nversion: 1\n"
    yield f"rules: {rules}\n\n" if rules else "\n"
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
