"""An edit in QuickBooks that was taken because its total was that of OneDesk is not undone by a newer version here."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import requests

from onedesk_quickbooks.plugin.model.plan import Plan
from onedesk_quickbooks.plugin.planning import plan_text
from tests.sync.changes.conftest import Make, edit, rule, versions, waiting
from tests.sync.conftest import Desk

DUE = "2027-03-01"


def automated_by(desks: Callable[..., Desk], word: str) -> Desk:
    """A company in California (7.25 %) with automated sales tax."""
    desk = desks(rules=rule(word) + "items: {otherwise: same_name}\n")
    changed = {"TaxPrefs": {"UsingSalesTax": True, "PartnerTaxEnabled": True}}
    assert requests.post(f"{desk.base_url}/_control/settings", json=changed, timeout=10).ok
    desk.connect()
    return desk


def rocks(invoice: Make, tax: str = "8.00", amount: str = "100.00", **more: Any) -> dict[str, Any]:
    lines = [{"id": "1", "service_type": "Rocks", "amount": amount}]
    taxes = [{"name": "Sales tax", "amount": tax}]
    return invoice(lines=lines, subtotal=amount, taxes=taxes, total=str(Decimal(amount) + Decimal(tax)), **more)


def corrected(desk: Desk, invoice: Make, **more: Any) -> str:
    """Copied, held for its total, and mended in QuickBooks by hand, where `more` is changed as well."""
    held = desk.copy(rocks(invoice))
    assert held.outcome == "held" and held.qbo_id
    desk.sandbox.edit("Invoice", held.qbo_id, {"TxnTaxDetail": {"TotalTax": Decimal("8.00")}, **more})
    return held.qbo_id


def shown(desk: Desk) -> tuple[str, str, str]:
    now = desk.invoices()[0]
    return str(now["TotalAmt"]), now["DueDate"], (now.get("CustomerMemo") or {}).get("value", "")


def test_what_else_was_changed_is_reported(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = automated_by(desks, "hold")
    corrected(desk, invoice, DueDate=DUE)
    taken = desk.copy(rocks(invoice))
    assert (taken.outcome, taken.reason.partition("OneDesk, ")[2]) == (
        "unchanged",
        f"108.00 USD. What else was changed stays as it is there: due date: OneDesk 2026-07-31, QuickBooks {DUE}.",
    )
    assert desk.copy(rocks(invoice)).outcome == "unchanged"


def test_a_newer_version_holds(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = automated_by(desks, "hold")
    corrected(desk, invoice, DueDate=DUE)
    desk.copy(rocks(invoice))
    held = desk.copy(rocks(invoice, memo="Newer"))
    assert held.outcome == "held" and "which was accepted because its total was equal to OneDesk's" in held.reason
    assert f"due date: OneDesk 2026-07-31, QuickBooks {DUE}" in held.reason
    assert "message to the customer: OneDesk Newer, QuickBooks Thank you" in held.reason
    assert shown(desk) == ("108.00", DUE, "Thank you.")


@pytest.mark.parametrize(
    ("keep", "outcome", "after"),
    [
        ("quickbooks", "unchanged", ("108.00", DUE, "Thank you.")),
        ("onedesk", "held", ("107.25", "2026-07-31", "Newer")),  # the tax is QuickBooks' again
    ],
)
def test_and_a_person_decides(
    desks: Callable[..., Desk], invoice: Make, keep: str, outcome: str, after: tuple[str, str, str]
) -> None:
    desk = automated_by(desks, "hold")
    corrected(desk, invoice, DueDate=DUE)
    desk.copy(rocks(invoice))
    desk.copy(rocks(invoice, memo="Newer"))
    entry = desk.application.ledger.queue.latest("INV-1")
    assert entry is not None
    desk.application.settle_change(entry.id, keep, "Ada")
    (settled,) = desk.drain()
    assert (settled.outcome, shown(desk)) == (outcome, after)
    desk.application.bring_payments()
    assert waiting(desk) == []


def test_by_rule_it_stays_or_is_written_over_with_a_word(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = automated_by(desks, "keep_quickbooks")
    corrected(desk, invoice, DueDate=DUE)
    desk.copy(rocks(invoice))
    kept = desk.copy(rocks(invoice, memo="Newer"))
    assert kept.outcome == "unchanged" and f"due date: OneDesk 2026-07-31, QuickBooks {DUE}" in kept.reason
    assert shown(desk) == ("108.00", DUE, "Thank you.")
    desk = automated_by(desks, "overwrite")
    corrected(desk, invoice, DueDate=DUE)
    desk.copy(rocks(invoice))
    over = desk.copy(rocks(invoice, memo="Newer"))
    assert f"was written over: due date: OneDesk 2026-07-31, QuickBooks {DUE}" in over.reason
    assert shown(desk)[1:] == ("2026-07-31", "Newer")


def test_the_tax_alone_is_stated_again_by_the_same_copy(desks: Callable[..., Desk], invoice: Make) -> None:
    """Mended in QuickBooks as the sentence asks, while OneDesk's memo became another one: nothing of both is lost."""
    desk = automated_by(desks, "hold")
    corrected(desk, invoice)
    updated = desk.copy(rocks(invoice, memo="Newer"))
    assert updated.outcome == "updated" and "The tax of 8.00 USD that was set" in updated.reason
    assert shown(desk) == ("108.00", "2026-07-31", "Newer")
    assert desk.copy(rocks(invoice, memo="Newer")).outcome == "unchanged"


def test_a_correction_and_another_edit_hold_what_is_newer(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = automated_by(desks, "hold")
    corrected(desk, invoice, DueDate=DUE)
    held = desk.copy(rocks(invoice, memo="Newer"))
    assert held.outcome == "held" and f"due date: OneDesk 2026-07-31, QuickBooks {DUE}" in held.reason
    assert shown(desk) == ("108.00", DUE, "Thank you.")


def test_lines_that_were_changed_so_that_the_totals_agree(desks: Callable[..., Desk], invoice: Make) -> None:
    """QuickBooks has calculated the tax of them itself: nobody has set it."""
    desk = automated_by(desks, "hold")
    held = desk.copy(rocks(invoice))
    line = {**desk.sandbox.read("Invoice", held.qbo_id)["Line"][0], "Amount": Decimal("100.70")}
    edit(desk, held.qbo_id, Line=[line])
    assert desk.copy(rocks(invoice)).outcome == "unchanged"
    again = desk.copy(rocks(invoice, memo="Newer"))
    assert again.outcome == "held" and "line 1 amount: OneDesk 100.00 USD, QuickBooks 100.70 USD" in again.reason
    assert "was set" not in again.reason


def test_what_was_emailed_since_is_no_edit(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = automated_by(desks, "hold")
    corrected(desk, invoice)
    customer = {**invoice()["customer"], "billing_contact": {"email": "new@blueharbor.example"}}
    assert desk.send(rocks(invoice, customer=customer)).outcome == "sent"
    assert desk.copy(rocks(invoice, memo="Newer", customer=customer)).outcome == "updated"
    assert shown(desk)[0] == "108.00"


def test_where_the_totals_are_noted(desks: Callable[..., Desk], invoice: Make) -> None:
    """Outside the US too: a tax that was set by hand is stated by no update there."""
    rules = "items: {otherwise: same_name}\ntaxes: {otherwise: {code: HST ON}}\ntotals: {when_different: note}\n"
    desk = desks("ca", rules=rule("hold") + rules)
    desk.connect()
    customer = {"id": "C-7", "name": "Lark", "address": {"country": "CA", "region": "ON"}}
    given = rocks(invoice, "13.01", currency="CAD", customer=customer)
    outcome = desk.copy(given)
    assert outcome.outcome == "copied" and "The totals differ" in outcome.reason
    detail = desk.sandbox.read("Invoice", outcome.qbo_id)["TxnTaxDetail"]
    detail["TaxLine"][0]["Amount"] = Decimal("13.01")
    edit(desk, outcome.qbo_id, TxnTaxDetail={**detail, "TotalTax": Decimal("13.01")})
    plan = desk.application.plan(given, "copy")
    assert isinstance(plan, Plan) and "total    113.01 CAD" in plan_text(plan)
    taken = desk.copy(given)
    assert taken.outcome == "unchanged" and "The totals differ" not in taken.reason
    assert desk.copy(given).reason == ""
    held = desk.copy({**given, "memo": "Newer"})
    assert held.outcome == "held" and "tax by rate: OneDesk none, QuickBooks 13.01 CAD at 13 %" in held.reason
    assert str(desk.invoices()[0]["TotalAmt"]) == "113.01"
    entry = desk.application.ledger.queue.latest("INV-1")
    assert entry is not None and "message to the customer" in versions(entry)
