"""Amounts that are drafted, for any figures: what QuickBooks would check (code 6070), and what the sums come to."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from onedesk_quickbooks.plugin.model.payment_plan import AnyWorkPlan
from onedesk_quickbooks.plugin.model.plan import Held, Plan
from onedesk_quickbooks.plugin.planning import plan_json
from tests.planning.conftest import Make

SOME = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
AMOUNT_ONLY = {"totals": {"when_line_differs": "amount_only", "when_different": "note"}}


def cents(low: int, high: int) -> st.SearchStrategy[Decimal]:
    """Amounts with two decimals."""
    return st.integers(low, high).map(lambda number: Decimal(number).scaleb(-2))


def numbers(places: int, high: int) -> st.SearchStrategy[Decimal]:
    """Numbers with up to so many decimals, below zero too."""
    return st.builds(
        lambda number, digits: Decimal(number).scaleb(-digits), st.integers(-high, high), st.integers(0, places)
    )


def half_up(value: Fraction, digits: int = 2) -> Fraction:
    """Half away from zero, by whole numbers alone: nothing of the code under test."""
    shifted = abs(value) * 10**digits
    rounded = Fraction(floor(shifted + Fraction(1, 2)), 10**digits)
    return rounded if value >= 0 else -rounded


@st.composite
def lines(draw: st.DrawFn) -> dict[str, str]:
    """A line whose amount is its product rounded, or one with an allowance."""
    quantity, price = draw(numbers(3, 10**5)), draw(numbers(5, 10**7))
    per = draw(st.sampled_from(["1", "1", "10", "100", "3", "7"]))
    product = half_up(Fraction(quantity) * Fraction(price) / Fraction(per))
    amount = Decimal(product.numerator * 100 // product.denominator).scaleb(-2)
    if draw(st.booleans()):
        amount += draw(cents(-2, 2))
    assume(abs(amount) < 10**10)  # QuickBooks takes ten digits
    return {
        "id": "L",
        "service_type": "Consulting",
        "quantity": format(quantity, "f"),
        "unit_price": format(price, "f"),
        "price_per": per,
        "amount": format(amount, "f"),
    }


def planned(make: Make, invoice: dict[str, Any], base: str = "us", **more: Any) -> AnyWorkPlan:
    return make({"base": base, "rules": AMOUNT_ONLY, "given": {"invoice": invoice, **more}}).plan()


@SOME
@given(line=lines())
def test_a_price_is_only_sent_where_quickbooks_would_find_the_same_amount(make: Make, line: dict[str, str]) -> None:
    # made up to nothing by a second line, so that the total is never negative
    rest = {"id": "R", "service_type": "Consulting", "amount": format(-Decimal(line["amount"]), "f")}
    plan = planned(make, {"lines": [line, rest], "subtotal": "0.00", "total": "0.00"})
    assert isinstance(plan, Plan), plan.reason
    drafted = plan.put.draft.lines[0]
    assert drafted.amount == Decimal(line["amount"])
    exact = Fraction(line["quantity"]) * Fraction(line["unit_price"]) / Fraction(line["price_per"])
    event("priced" if drafted.quantity is not None else "amount alone")
    if drafted.quantity is None or drafted.unit_price is None:
        assert drafted.quantity is drafted.unit_price is None
        assert f"{line['quantity']} at {line['unit_price']}" in drafted.description
        assert half_up(exact) != Fraction(line["amount"]) or line["price_per"] in ("3", "7", "100", "10")
    else:
        assert half_up(Fraction(drafted.quantity) * Fraction(drafted.unit_price)) == Fraction(drafted.amount)
        assert Fraction(drafted.quantity) * Fraction(drafted.unit_price) == exact


@st.composite
def invoices(draw: st.DrawFn) -> dict[str, Any]:
    """An invoice with lines at two rates, charges and discounts, whose sums are right."""
    made = [
        {"id": "L", "service_type": "Consulting", "amount": format(amount, "f"), "tax_rate": rate}
        for amount, rate in draw(
            st.lists(st.tuples(cents(-(10**6), 10**7), st.sampled_from(["20", "5"])), min_size=1, max_size=6)
        )
    ]

    def extras(name: str, low: int) -> list[dict[str, str]]:
        drawn = draw(st.lists(st.tuples(cents(low, 10**5), st.sampled_from(["20", "5"])), max_size=3))
        named = zip("ABC", drawn, strict=False)  # names that are merely alike are held
        return [{"name": f"{name} {n}", "amount": format(each, "f"), "tax_rate": rate} for n, (each, rate) in named]

    charges, discounts = extras("Charge", -(10**4)), extras("Discount", -100)
    subtotal, total = total_of(made), total_of(made) + total_of(charges) - total_of(discounts)
    if total < 0:
        made.append({"id": "M", "service_type": "Consulting", "amount": format(-total, "f"), "tax_rate": "20"})
        subtotal, total = subtotal - total, Decimal("0.00")
    return {
        "lines": made,
        "charges": charges,
        "discounts": discounts,
        "taxes": [],
        "subtotal": format(subtotal, "f"),
        "total": format(total, "f"),
    }


def total_of(entries: list[dict[str, str]]) -> Decimal:
    return sum((Decimal(each["amount"]) for each in entries), Decimal("0.00"))


@SOME
@given(invoice=invoices(), base=st.sampled_from(["us", "gb"]), allows=st.sampled_from(["true", "false"]))
def test_the_lines_less_the_discount_are_what_the_host_asks_for(
    make: Make, invoice: dict[str, Any], base: str, allows: str
) -> None:
    wanted = {"currency": {"us": "USD", "gb": "GBP"}[base], **invoice}
    plan = planned(make, wanted, base, books={"company": {"allows_discount": allows}})
    assert isinstance(plan, Plan), plan.reason
    draft = plan.put.draft
    taken = draft.discount.amount if draft.discount else Decimal(0)
    event("discount" if draft.discount else "no discount")
    drafted = sum((line.amount for line in draft.lines), Decimal(0)) - taken
    assert drafted == Decimal(invoice["total"])
    assert taken >= 0 and (not taken or allows == "true")
    assert {item.name for item in plan.items} == {line.item_name for line in draft.lines}


@SOME
@given(invoice=invoices(), off=cents(1, 1000))
def test_what_does_not_add_up_is_always_held(make: Make, invoice: dict[str, Any], off: Decimal) -> None:
    for key, code in (("subtotal", "subtotal-does-not-add-up"), ("total", "total-does-not-add-up")):
        plan = planned(make, {**invoice, key: format(Decimal(invoice[key]) + off, "f")})
        assert isinstance(plan, Held) and code in {reason.code for reason in plan.reasons}


@SOME
@given(invoice=invoices())
def test_printed_amounts_are_the_very_ones(make: Make, invoice: dict[str, Any]) -> None:
    plan = planned(make, invoice)
    assert isinstance(plan, Plan)
    printed = json.loads(json.dumps(plan_json(plan)))
    lines_ = next(step["invoice"]["lines"] for step in printed["steps"] if "invoice" in step)
    assert [Decimal(line["amount"]) for line in lines_] == [line.amount for line in plan.put.draft.lines]
    assert all("E" not in line["amount"] for line in lines_)
