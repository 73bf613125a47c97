"""Which of two sides' invoices are the same: one field after the other."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from onedesk_quickbooks.plugin.planning.adopt import Known, Match, Own, Report, Theirs, match

OWN = Own(
    id="INV-1",
    number="2041",
    status="open",
    day=date(2026, 7, 1),
    currency="USD",
    customer_id="C-7",
    names=("Harbor Labs",),
    emails=("pay@harbor.example",),
    total=Decimal("310.00"),
    tax=Decimal("10.00"),
    balance=Decimal("310.00"),
)
THEIRS = Theirs(
    id="48",
    number="2041",
    day=date(2026, 7, 1),
    currency="USD",
    customer_id="5",
    customer="Harbor Labs",
    total=Decimal("310.00"),
    tax=Decimal("10.00"),
    balance=Decimal("310.00"),
)
NONE = Known()
PAIR = "the same command with --pair INV-1=48"


def own(**fields: Any) -> Own:
    return dataclasses.replace(OWN, **fields)


def theirs(**fields: Any) -> Theirs:
    return dataclasses.replace(THEIRS, **fields)


def one(mine: Own = OWN, *others: Theirs, known: Known = NONE, pairs: dict[str, str] | None = None) -> Match:
    (found,) = match([mine], others or [THEIRS], known, pairs or {})
    return found


@pytest.mark.parametrize("number", ["2041", " 2041 "])
@pytest.mark.parametrize("case", [str, str.lower])
def test_a_number_is_the_same_whatever_its_case_and_the_spaces_around_it(number: str, case: Any) -> None:
    found = one(own(number=f"A{number.strip()}"), theirs(number=case(f"A{number.strip()}").join([" ", " "])))
    assert (found.kind, found.by) == ("same", "name")


@pytest.mark.parametrize(
    ("mine", "its", "known", "by"),
    [
        ({"names": ("harbor  LABS",)}, {}, NONE, "name"),
        ({"names": ("Harbour", "Harbor Labs")}, {}, NONE, "name"),
        ({"names": ("Other",)}, {"emails": ("pay@harbor.example",)}, NONE, "e-mail"),
        ({"names": ("Other",)}, {}, Known({("C-7", "USD"): "5"}, {"5": frozenset({"C-7"})}), "link"),
        ({}, {}, Known({("C-7", "CAD"): "9"}, {"9": frozenset({"C-7"})}), "name"),
        ({}, {}, Known({("C-7", "USD"): "6"}, {"6": frozenset({"C-7"})}), ""),
        ({}, {}, Known({("C-8", "USD"): "5"}, {"5": frozenset({"C-8"})}), ""),
        ({"names": ("Other",)}, {}, NONE, ""),
    ],
)
def test_how_the_customer_is_known(mine: dict[str, Any], its: dict[str, Any], known: Known, by: str) -> None:
    found = one(own(**mine), theirs(**its), known=known)
    assert (found.kind, found.by) == ("same" if by else "differs", by)


@pytest.mark.parametrize(
    ("its", "field", "values", "remedy", "pairs"),
    [
        (
            {"customer": "Reef", "customer_id": "9"},
            "customer",
            ("Harbor Labs", "Reef"),
            "onedesk-quickbooks customers link C-7 9",
            True,
        ),
        ({"currency": "CAD"}, "currency", ("USD", "CAD"), "give one of them another number", False),
        ({"day": date(2026, 7, 2)}, "date", ("2026-07-01", "2026-07-02"), "Correct it on one side", True),
        ({"day": None}, "date", ("2026-07-01", "none"), "Correct it on one side", True),
        ({"total": Decimal("310.01")}, "total", ("310.00 USD", "310.01 USD"), "Correct the invoice on the side", False),
        ({"tax": Decimal("9.99")}, "tax", ("10.00 USD", "9.99 USD"), "Correct the invoice on the side", False),
        (
            {"balance": Decimal("0")},
            "open balance",
            ("310.00 USD", "0.00 USD"),
            "Record in OneDesk what was paid in QuickBooks (310.00 USD), so that it is Paid, then adopt again.",
            False,
        ),
        ({"voided": True, "total": Decimal(0)}, "state", ("open", "void"), "Void the invoice in OneDesk too", False),
    ],
)
def test_one_field_differs(its: dict[str, Any], field: str, values: tuple[str, str], remedy: str, pairs: bool) -> None:
    found = one(OWN, theirs(**its))
    (difference,) = found.candidates[0].fields
    assert (found.kind, difference.name, (difference.onedesk, difference.quickbooks)) == ("differs", field, values)
    assert remedy in found.remedy
    assert (PAIR in found.remedy) is pairs
    named = one(OWN, theirs(**its), pairs={"INV-1": "48"})
    assert named.kind == ("named" if pairs else "differs")
    if not pairs:
        assert f"It differs in {field}, so that the pair is not adopted" in named.why


def test_paid_in_onedesk_alone() -> None:
    found = one(own(balance=Decimal(0), status="paid"))
    assert found.remedy == (
        "Receive 310.00 USD on invoice 2041 in QuickBooks, or take it back in OneDesk, then adopt again."
    )


def test_prepaid_and_deposit() -> None:
    left = {"balance": Decimal("210.00")}
    assert one(own(prepaid=Decimal(100), **left), theirs(deposit=Decimal(100), **left)).kind == "same"
    (difference,) = one(own(prepaid=Decimal(100), **left), theirs(**left)).candidates[0].fields
    assert (difference.name, difference.onedesk, difference.quickbooks) == ("deposit", "100.00 USD", "0.00 USD")
    assert one(own(**left), theirs(deposit=Decimal(100), **left)).kind == "same", "known to OneDesk as a payment"


def test_a_tax_that_onedesk_does_not_state_is_not_compared() -> None:
    assert one(own(tax=None), theirs(tax=Decimal(25))).kind == "same"


def test_two_that_agree_in_quickbooks_are_a_persons_to_distinguish() -> None:
    found = one(OWN, THEIRS, theirs(id="49"))
    assert (found.kind, found.why) == ("differs", "QuickBooks has 2 invoices of this number that agree in everything.")
    assert [each.theirs.id for each in found.candidates] == ["48", "49"]
    assert PAIR in found.remedy
    named = one(OWN, THEIRS, theirs(id="49"), pairs={"INV-1": "49"})
    assert (named.kind, named.theirs and named.theirs.id) == ("named", "49")


def test_two_that_agree_in_onedesk_are_a_persons_to_distinguish() -> None:
    twin = own(id="INV-2")
    found = match([OWN, twin], [THEIRS], NONE, {})
    assert [each.kind for each in found] == ["differs", "differs"]
    assert found[0].why == "OneDesk has 2 invoices of this number that agree in everything."
    named = match([OWN, twin], [THEIRS], NONE, {"INV-2": "48"})
    assert [each.kind for each in named] == ["only_in_onedesk", "named"]


def test_another_invoice_of_the_number_keeps_none_from_being_the_same() -> None:
    other = theirs(id="7", customer="Reef", customer_id="9", total=Decimal(5))
    found = one(OWN, other, THEIRS)
    assert (found.kind, found.theirs and found.theirs.id) == ("same", "48")


@pytest.mark.parametrize("number", ["", "1007"])
def test_under_another_number_it_is_perhaps_the_same(number: str) -> None:
    found = one(OWN, theirs(number=number))
    assert (found.kind, found.why) == ("perhaps", "Customer, total and date agree, the number does not.")
    assert found.remedy == f"If it is the same invoice, say so: {PAIR}"
    assert one(OWN, theirs(number=number), pairs={"INV-1": "48"}).kind == "named"


def test_perhaps_the_same_but_paid() -> None:
    found = one(OWN, theirs(number="", balance=Decimal(0)))
    assert (found.kind, "--pair" in found.remedy) == ("perhaps", False)
    assert found.remedy.startswith("Record in OneDesk what was paid in QuickBooks (310.00 USD)")


@pytest.mark.parametrize(
    "its", [{"number": "9", "day": date(2026, 7, 2)}, {"number": "", "customer": "Reef", "customer_id": "9"}]
)
def test_another_one_is_none(its: dict[str, Any]) -> None:
    found = one(OWN, theirs(**its))
    assert (found.kind, found.candidates) == ("only_in_onedesk", ())
    assert found.remedy == "A copy would create it there; onedesk-quickbooks plan shows that before."


def test_a_paid_one_is_not_copied_any_more() -> None:
    found = one(own(status="paid", balance=Decimal(0)), theirs(number="9", day=None))
    assert (found.kind, found.remedy.startswith("It is Paid in OneDesk, and no longer copied")) == (
        "only_in_onedesk",
        True,
    )


def test_what_another_one_has_is_no_candidate() -> None:
    first, second = match([OWN, own(id="INV-2", number="")], [THEIRS], NONE, {})
    assert (first.kind, second.kind) == ("same", "only_in_onedesk")


def test_without_a_number_it_is_never_the_same_by_itself() -> None:
    assert one(own(number=""), theirs(number="")).kind == "perhaps"


def test_one_that_is_left_alone_claims_nothing() -> None:
    aside, other = match([own(aside="It waits."), own(id="INV-2")], [THEIRS], NONE, {})
    assert (aside.kind, aside.why, other.kind) == ("left_alone", "It waits.", "same")


def test_ids_are_quoted_as_a_shell_takes_them() -> None:
    found = one(own(id="INV 1;x"), theirs(number=""))
    assert found.remedy.endswith("the same command with --pair 'INV 1;x=48'")


def test_the_report_is_fine_when_all_are_the_same() -> None:
    same, other = one(), one(OWN, theirs(number=""))
    assert Report("Larkspur", [same]).fine
    assert not Report("Larkspur", [same, other]).fine
    assert not Report("Larkspur", [same], kept=True, failed={"INV-1": "no"}).fine
    report = Report("Larkspur", [same, other]).to_json()
    assert report["counts"]["same"] == report["counts"]["perhaps"] == 1
    assert report["invoices"][0]["quickbooks"]["total"] == "310.00"
    assert report["invoices"][1]["candidates"][0]["differs_in"][0]["name"] == "number"
