"""Running cases: expected and actual decisions, and their differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions, ItemChoice, LineDecisions, RoundingChoice
from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset.cases.read import Case
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.decide_items import TEXT
from onedesk_quickbooks.plugin.ruleset.core.decided import decided_word
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.keys import Key, outputs, settings

_LISTS = ("lines", "charges", "discounts")
RULES = {"item": "item_rule", "income_account": "account_rule", "tax_code": "tax_rule"}
"""The names in cases of the rule that makes a decision on a line."""
_LINE = (*outputs(), "tax_code", "hold", *RULES.values())
_AMOUNTS = frozenset(key.case for key in settings().values() if key.amount)


@dataclass(frozen=True, slots=True)
class Difference:
    """One expectation that was not met. `what` is "line 2: tax_code"; `rule` and `rule_at` the rule that decided."""

    what: str
    expected: str
    got: str
    rule: str = ""
    rule_at: Where | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "expected": self.expected,
            "got": self.got,
            "rule": self.rule or None,
            "rule_at": str(self.rule_at) if self.rule_at else None,
        }


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one case."""

    case: Case
    decisions: InvoiceDecisions
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        """Whether every expectation was met."""
        return not self.differences


def run_cases(rules: RuleSet, cases: Sequence[Case]) -> list[Result]:
    """Run each case against the rules."""
    return [run_case(rules, case) for case in cases]


def run_case(rules: RuleSet, case: Case) -> Result:
    """Run one case against the rules."""
    decisions = decide(rules, case.invoice, case.facts)
    return Result(case, decisions, tuple(_differences(case.expect, decisions)))


def _differences(expect: Mapping[str, Any], decided: InvoiceDecisions) -> Iterator[Difference]:
    whole = invoice_facts(decided)
    for key, wanted in expect.items():
        if key in _LINE:
            for index, line in enumerate(decided.lines, 1):
                yield from _line(f"line {index}", key, wanted, line, decided)
        elif key in _LISTS:
            yield from _list(key, wanted, getattr(decided, key), decided)
        elif whole[key] != wanted and not _same_number(key, wanted, whole[key]):
            yield Difference(key, wanted, whole[key])


def _same_number(key: str, wanted: str, got: str) -> bool:
    return key in _AMOUNTS and wanted.rstrip("0") == got.rstrip("0")


def _list(
    key: str, wanted: Sequence[Mapping[str, str]], got: Sequence[LineDecisions], decided: InvoiceDecisions
) -> Iterator[Difference]:
    if len(wanted) != len(got):
        yield Difference(f"number of {key}", str(len(wanted)), str(len(got)))
        return
    for index, (expected, line) in enumerate(zip(wanted, got, strict=True), 1):
        for name, value in expected.items():
            yield from _line(f"{key[:-1]} {index}", name, value, line, decided)


def _line(whose: str, key: str, wanted: str, line: LineDecisions, decided: InvoiceDecisions) -> Iterator[Difference]:
    got, decision = line_facts(line, decided)[key], None
    if key in (*outputs(), "item_rule", "account_rule") and line.item:
        decision = line.item.decision
    elif key in ("tax_code", "tax_rule"):
        decision = line.tax.decision
    if key == "hold":
        if (wanted == "no") == (not got) and (wanted == "no" or wanted.casefold() in got.casefold()):
            return
        got = got or "no"
    elif got == wanted:
        return
    yield Difference(
        f"{whose}: {key}", wanted, got, decision.rule if decision else "", decision.at if decision else None
    )


def line_facts(line: LineDecisions, decided: InvoiceDecisions | None = None) -> dict[str, str]:
    """The decisions for one line, in the words of case files. Outputs that no rule of items names are taken from the
    invoice, `decided`."""
    item, tax = line.item, line.tax
    found = {
        "tax_code": tax.code if tax.kind == "code" else tax.kind,
        "hold": " ".join(each for each in (item.hold if item else "", tax.hold) if each),
        "tax_rule": tax.decision.rule,
        "item_rule": item.decision.rule if item else "none",
        "account_rule": (item.account_rule if item else "") or "none",
    }
    return found | item_facts(item, decided)


def item_facts(item: ItemChoice | None, decided: InvoiceDecisions | None = None) -> dict[str, str]:
    """The outputs of a line, by `keys.outputs`. All are hold if it is held, and there are none for a discount; a line
    that is only a text has the item TEXT and nothing else. `decided` as in `line_facts`."""
    if item is None or item.hold:
        return dict.fromkeys(outputs(), "hold" if item else "none")
    if item.text:
        return dict.fromkeys(outputs(), "none") | {"item": TEXT}
    others = {key.name: decided_word(decided, key) for key in _of_invoices()} if decided else {}
    others |= {key: decision.outcome for key, decision in item.others.items()}
    named = {"item": item.name, "income_account": item.income_account or "company_default", **others}
    return {key: named.get(key, "none") for key in outputs()}


@lru_cache(maxsize=1)
def _of_invoices() -> tuple[Key, ...]:
    """The outputs that rules may name for a line as well as for the whole invoice, which then applies to lines without
    one."""
    return tuple(key for key in settings().values() if key.section == "invoices" and key.name in outputs())


def invoice_facts(decided: InvoiceDecisions) -> dict[str, str]:
    """The decisions for the whole invoice, in the words of case files."""
    found = {"customer": customer_fact(decided)}
    for key in settings().values():
        words = [decided_word(decided, key)]
        if key.line:
            line: RoundingChoice | None = getattr(decided, f"{key.decided}_line")
            words += [each or "none" for each in ((line.item, line.tax_code) if line else ("", ""))]
        found |= zip(case_names(key), words, strict=False)
    return found


def customer_fact(decided: InvoiceDecisions) -> str:
    """The customer's display name in QuickBooks, hold if a person has to decide."""
    return "hold" if decided.customer.hold else decided.customer.display_name


def case_names(key: Key) -> tuple[str, ...]:
    """The names of a setting in cases, with those of the item and tax code of its line; none if cases cannot expect
    it."""
    line = (f"{key.case}_item", f"{key.case}_tax_code") if key.line else ()
    return (key.case, *line) if key.case else ()
