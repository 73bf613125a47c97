"""What a plan says, in French: every reason is a text, and no word of it stays English but what people have written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.payment_plan import AnyWorkPlan
from onedesk_quickbooks.plugin.model.plan import Held, Reason, Skipped
from onedesk_quickbooks.plugin.planning import plan_text
from onedesk_quickbooks.plugin.texts import Amount, Text, as_json, from_json, language, say
from tests.planning.conftest import Case, Make
from tests.planning.test_cases import CASES

PLAIN = frozenset({"held-by-rule", "withdrawn", "written-first"})
"""Codes of reasons that may be plain strings: the case's own words, or what an earlier request has kept."""


def reasons(plan: AnyWorkPlan) -> tuple[Reason, ...]:
    """All that it says."""
    if isinstance(plan, Held):
        return (*plan.reasons, *plan.remarks)
    return (plan.why, *plan.remarks) if isinstance(plan, Skipped) else (*plan.notes, *plan.remarks)


def leaves(text: str) -> Iterator[str]:
    """The plain strings within a text: names, numbers, commands, keys of the rules."""
    if isinstance(text, Text):
        for value in text.values.values():
            yield from leaves(value)
    elif not isinstance(text, Amount):
        yield text


def digits(text: str) -> list[str]:
    return sorted(re.findall(r"\d", text))


@pytest.mark.parametrize("case", CASES)
def test_it_is_said_in_french(make: Make, case: Case) -> None:
    given = make(case)
    known = " ".join(map(repr, (given.invoice, given.decisions, given.books, given.before, given.action, case)))
    known = re.sub(r"\W+", " ", known)
    for each in reasons(given.plan()):
        assert isinstance(each.sentence, Text) or each.code in PLAIN, each
        french = say(each.sentence, "fr")
        assert digits(french) == digits(each.sentence), "no digit of an amount is lost"
        assert str(from_json(as_json(each.sentence))) == each.sentence
        assert say(from_json(as_json(each.sentence)), "fr") == french
        if isinstance(each.sentence, Text):
            assert french != each.sentence
        for leaf in leaves(each.sentence) if each.code not in PLAIN else ():
            words = re.sub(r"\W+", " ", leaf).strip()
            own = leaf.startswith(("onedesk-quickbooks ", "OneDesk invoice ", "ticket ")) or words in known
            assert own or not re.search(r"[a-z]{2,} ", leaf), f"{leaf!r} of {each.code} stays English"


def test_what_is_none_and_what_is_held_agree(make: Make) -> None:
    with language("fr"):
        plans = [plan_text(make(each.values[0]).plan()) for each in CASES]
    assert any(re.search(r"^ +taxe +néant$", each, re.MULTILINE) for each in plans)
    assert not any(re.search(r"^ +(taxe|facture|remise) +aucun$", each, re.MULTILINE) for each in plans)
    titles = [each.splitlines()[0] for each in plans]
    assert {each.partition(" ")[0] for each in titles if each.endswith(" retenue")} == {"Facture", "Note"}
    assert {each.partition(" ")[0] for each in titles if each.endswith((" retenu", " laissé de côté"))} == {"Paiement"}


def test_amounts_are_as_the_language_writes_them(make: Make) -> None:
    found: list[Any] = [case.values[0] for case in CASES if "settled in QuickBooks" in str(case.values[0])]
    shown = [say(each.sentence, "fr") for case in found for each in reasons(make(case).plan())]
    assert any(re.search(r"\d,\d\d\u00a0[A-Z]{3} sur \d", each) for each in shown), shown


def test_a_category_is_said_in_french(make: Make) -> None:
    plans = (make(each.values[0]).plan() for each in CASES)
    said = [
        each.sentence
        for plan in plans
        for each in reasons(plan)
        if " and no rule names a tax code for it" in each.sentence
    ]
    assert said and all(re.search(r"\((\w.*?)\)", each) for each in said)
    for name in ("exempt", "reverse charge", "intra-community supply"):
        assert all(f"({name})" not in say(each, "fr") for each in said), said


def test_a_rule_that_a_reason_names_with_its_place_is_not_added(make: Make) -> None:
    (case,) = (each.values[0] for each in CASES if "A rule about every invoice that holds it" in str(each.id))
    (reason,) = reasons(make(case).plan())
    assert reason.sentence.count("invoices.hold") == 1, reason.sentence
