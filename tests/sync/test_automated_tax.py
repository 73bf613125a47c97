"""US automated sales tax: only QuickBooks knows the tax, so its total is compared before any e-mail."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import requests

from onedesk_quickbooks.plugin.model.plan import Plan
from onedesk_quickbooks.plugin.planning import plan_text
from tests.sync.conftest import Desk

Make = Callable[..., dict[str, Any]]
RULES = "version: 1\nitems: {otherwise: same_name}\n"


@pytest.fixture
def automated(desks: Callable[..., Desk]) -> Desk:
    """A company in California (7.25 %) with automated sales tax."""
    desk = desks(rules=RULES)
    changed = {"TaxPrefs": {"UsingSalesTax": True, "PartnerTaxEnabled": True}}
    assert requests.post(f"{desk.base_url}/_control/settings", json=changed, timeout=10).ok
    desk.connect()
    return desk


def rocks(invoice: Make, tax: str = "", **line: Any) -> dict[str, Any]:
    """An invoice over 100.00 and the host's tax, where it has one."""
    lines = [{"id": "1", "service_type": "Rocks", "amount": "100.00", **line}]
    more = {"taxes": [{"name": "Sales tax", "amount": tax}]} if tax else {}
    return invoice(lines=lines, subtotal="100.00", total=str(Decimal("100.00") + Decimal(tax or 0)), **more)


def test_where_the_host_has_no_tax_quickbooks_total_holds_and_is_reported(automated: Desk, invoice: Make) -> None:
    given = rocks(invoice)
    plan = automated.application.plan(given, "copy")
    assert isinstance(plan, Plan) and plan.totals.total is None
    outcome = automated.copy(given)
    assert (outcome.outcome, str(outcome.qbo_total)) == ("copied", "107.25 USD")
    note = automated.shown("INV-1").notes["quickbooks"]
    assert "calculated 7.25 USD sales tax" in note and "100.00 USD in OneDesk; 107.25 USD is due" in note
    again = automated.copy(given)
    assert (again.outcome, again.reason) == ("unchanged", outcome.reason)


def test_what_is_due_is_less_what_was_paid_before(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules=RULES + "totals: {prepaid: deposit}\n")
    changed = {"TaxPrefs": {"UsingSalesTax": True, "PartnerTaxEnabled": True}}
    assert requests.post(f"{desk.base_url}/_control/settings", json=changed, timeout=10).ok
    desk.connect()
    given = {**rocks(invoice), "prepaid": "40.00", "payable": "60.00"}
    assert "deposit  40.00 USD, which is taken off what is due" in plan_text(desk.application.plan(given, "copy"))
    desk.copy(given)
    assert "100.00 USD in OneDesk; 67.25 USD is due" in desk.shown("INV-1").notes["quickbooks"]


def test_a_line_that_is_not_taxable_bears_no_tax_so_the_total_is_known(automated: Desk, invoice: Make) -> None:
    given = rocks(invoice, taxable=False)
    plan = automated.application.plan(given, "copy")
    assert isinstance(plan, Plan) and plan.totals.total == Decimal("100.00")
    assert str(automated.copy(given).qbo_total) == "100.00 USD"


def test_an_item_that_is_made_is_taxed_the_next_time_too(automated: Desk, invoice: Make) -> None:
    lines = [{"id": "1", "service_type": "Stone wall", "amount": "100.00"}]
    for number in ("1", "2"):
        outcome = automated.copy(
            invoice(id=number, number=f"N{number}", lines=lines, subtotal="100.00", total="100.00")
        )
        assert str(outcome.qbo_total) == "107.25 USD"


def test_a_customer_who_is_exempt_pays_no_tax_and_the_total_is_known(automated: Desk, invoice: Make) -> None:
    automated.sandbox.create("Customer", {"DisplayName": "Blue Harbor Ltd", "Taxable": False})
    plan = automated.application.plan(rocks(invoice, "7.25"), "copy")
    assert plan.outcome == "held" and "QuickBooks would calculate 100.00 USD" in plan.reason
    assert str(automated.copy(rocks(invoice)).qbo_total) == "100.00 USD"


def test_another_tax_in_the_host_is_held_before_the_email_until_the_host_has_mended_it(
    automated: Desk, invoice: Make
) -> None:
    held = automated.send(rocks(invoice, "6.00"))
    assert held.outcome == "held" and automated.sandbox.outbox() == []
    assert "QuickBooks calculated 107.25 USD with its automated sales tax, OneDesk has 106.00 USD" in held.reason
    again = automated.send(rocks(invoice, "6.00"))
    assert (again.outcome, automated.sandbox.outbox()) == ("held", [])
    assert automated.send(rocks(invoice, "7.25")).outcome == "sent"
    assert len(automated.sandbox.outbox()) == len(automated.invoices()) == 1


def test_or_until_the_bookkeeper_has_mended_it_in_quickbooks(automated: Desk, invoice: Make) -> None:
    held = automated.send(rocks(invoice, "6.00"))
    automated.sandbox.edit("Invoice", held.qbo_id, {"TxnTaxDetail": {"TotalTax": Decimal("6.00")}})
    given = rocks(invoice, "6.00")
    assert automated.application.plan(given, "send").outcome == "sent"
    sent = automated.send(given)
    assert sent.outcome == "sent" and "its total is now that of OneDesk" in sent.reason
    assert [str(mail["total"]) for mail in automated.sandbox.outbox()] == ["106.00"]
    assert automated.copy(given).outcome == "unchanged"


def test_by_rule_an_invoice_without_tax_is_held_with_nothing_written(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules=RULES + "totals: {automated_tax: hold}\n")
    changed = {"TaxPrefs": {"UsingSalesTax": True, "PartnerTaxEnabled": True}}
    assert requests.post(f"{desk.base_url}/_control/settings", json=changed, timeout=10).ok
    desk.connect()
    held = desk.copy(rocks(invoice))
    assert held.outcome == "held" and "set totals.automated_tax: quickbooks" in held.reason
    assert desk.invoices() == []


@pytest.mark.parametrize("tax", ["", "0.00", "7.25"])
def test_by_rule_nothing_is_written_of_which_the_tax_is_unknown(
    desks: Callable[..., Desk], invoice: Make, tax: str
) -> None:
    desk = desks(rules=RULES + "totals: {automated_tax: hold}\n")
    changed = {"TaxPrefs": {"UsingSalesTax": True, "PartnerTaxEnabled": True}}
    assert requests.post(f"{desk.base_url}/_control/settings", json=changed, timeout=10).ok
    desk.connect()
    before = len(desk.sandbox.list("Customer"))
    held = desk.copy(rocks(invoice, tax))
    assert held.outcome == "held" and "it is unknown until the invoice is written" in held.reason
    assert (desk.invoices(), len(desk.sandbox.list("Customer"))) == ([], before)
    (desk.home / "rules.yaml").write_text(RULES, encoding="utf-8")
    desk.restart()
    assert desk.copy(rocks(invoice, tax)).outcome == ("held" if tax == "0.00" else "copied")


@pytest.mark.parametrize(("prepaid", "outcome"), [("100.00", "copied"), ("100.01", "held"), ("108.00", "held")])
def test_a_deposit_that_may_not_fit_is_held_with_nothing_written(
    desks: Callable[..., Desk], invoice: Make, prepaid: str, outcome: str
) -> None:
    desk = desks(rules=RULES + "totals: {prepaid: deposit, when_different: note}\n")
    changed = {"TaxPrefs": {"UsingSalesTax": True, "PartnerTaxEnabled": True}}
    assert requests.post(f"{desk.base_url}/_control/settings", json=changed, timeout=10).ok
    desk.connect()
    before = len(desk.sandbox.list("Customer"))
    given = {**rocks(invoice, "8.00"), "prepaid": prepaid}
    assert desk.copy(given).outcome == outcome
    assert (len(desk.sandbox.list("Customer")) == before) == (outcome == "held")
    (desk.home / "rules.yaml").write_text(RULES + "totals: {prepaid: note, when_different: note}\n", encoding="utf-8")
    desk.restart()
    assert desk.copy(given).outcome in ("copied", "updated")


@pytest.mark.parametrize("planned", [False, True])
def test_what_is_mended_in_quickbooks_is_unchanged_whoever_looks_first(
    automated: Desk, invoice: Make, planned: bool
) -> None:
    given = rocks(invoice, "9.00")
    held = automated.copy(given)
    assert held.outcome == "held" and held.qbo_id
    detail = automated.sandbox.read("Invoice", held.qbo_id)["TxnTaxDetail"]
    automated.sandbox.edit("Invoice", held.qbo_id, {"TxnTaxDetail": {**detail, "TotalTax": Decimal("9.00")}})
    if planned:
        assert automated.application.plan(given, "copy").outcome == "unchanged"
    assert automated.copy(given).outcome == "unchanged"


def set_tax(desk: Desk, qbo_id: str, amount: str) -> None:
    """A person corrects the tax in QuickBooks."""
    desk.sandbox.edit("Invoice", qbo_id, {"TxnTaxDetail": {"TotalTax": Decimal(amount)}})


def stands(desk: Desk) -> str:
    return str(desk.invoices()[0]["TotalAmt"])


def test_a_tax_that_was_corrected_in_quickbooks_and_emailed_stays(automated: Desk, invoice: Make) -> None:
    held = automated.send(rocks(invoice, "8.00"))
    set_tax(automated, held.qbo_id, "8.00")
    assert automated.send(rocks(invoice, "8.00")).outcome == "sent"
    for memo in ("Newer", "Newer still"):
        given = {**rocks(invoice, "8.00"), "memo": memo}
        sent = automated.send(given)
        assert sent.outcome == "sent" and "The tax of 8.00 USD that was set" in sent.reason
        assert (stands(automated), automated.invoices()[0]["CustomerMemo"]["value"]) == ("108.00", memo)
        assert automated.copy(given).outcome == "unchanged"
    assert [str(mail["total"]) for mail in automated.sandbox.outbox()] == ["108.00"] * 3


def test_a_tax_that_was_taken_off_there_stays_off(automated: Desk, invoice: Make) -> None:
    copied = automated.copy(rocks(invoice))
    set_tax(automated, copied.qbo_id, "0.00")
    assert automated.send(rocks(invoice)).outcome == "sent"
    assert automated.copy({**rocks(invoice), "memo": "Newer"}).outcome == "updated"
    assert stands(automated) == "100.00"


@pytest.mark.parametrize(("keep", "total"), [("onedesk", "214.50"), ("quickbooks", "100.00")])
def test_a_version_that_would_undo_it_is_held_until_a_person_decides(
    automated: Desk, invoice: Make, keep: str, total: str
) -> None:
    copied = automated.copy(rocks(invoice))
    set_tax(automated, copied.qbo_id, "0.00")
    automated.send(rocks(invoice))
    lines = [{"id": "1", "service_type": "Rocks", "amount": "200.00"}]
    held = automated.copy(invoice(lines=lines, subtotal="200.00", total="200.00"))
    assert held.outcome == "held" and "was set to 0.00 USD in QuickBooks, where it had calculated 7.25" in held.reason
    assert stands(automated) == "100.00"
    entry = automated.application.ledger.queue.latest("INV-1")
    assert entry is not None
    automated.application.settle_change(entry.id, keep, "Ada")
    (settled,) = automated.drain()
    assert settled.outcome == {"onedesk": "updated", "quickbooks": "unchanged"}[keep]
    assert stands(automated) == total


def test_what_is_paid_is_never_more_than_what_is_known_of_the_total(automated: Desk, invoice: Make) -> None:
    copied = automated.copy(rocks(invoice))
    automated.sandbox.pay({copied.qbo_id: "107.25"})
    assert automated.copy({**rocks(invoice), "memo": "Newer"}).outcome == "updated"
    lines = [{"id": "1", "service_type": "Rocks", "amount": "105.00"}]
    held = automated.copy(invoice(lines=lines, subtotal="105.00", total="105.00"))
    assert held.outcome == "held" and "more than the 105.00 USD before tax that it would come to" in held.reason
    assert stands(automated) == "107.25"


def test_a_version_that_would_undo_it_is_held_with_all_that_differs(automated: Desk, invoice: Make) -> None:
    held = automated.send(rocks(invoice, "8.00"))
    set_tax(automated, held.qbo_id, "8.00")
    automated.send(rocks(invoice, "8.00"))
    given = {**rocks(invoice, "8.00"), "issue_date": "2026-07-02", "memo": "Newer"}
    again = automated.copy(given)
    assert again.outcome == "held"
    assert (
        "was set to 8.00 USD in QuickBooks, where it had calculated 7.25 USD; OneDesk's version, for which QuickBooks"
        " calculates it again, differs: date: OneDesk 2026-07-02, QuickBooks 2026-07-01; tax by rate: OneDesk none,"
        " QuickBooks 8.00 USD at 7.25 %; message to the customer: OneDesk Newer, QuickBooks Thank you. Choose"
    ) in again.reason
    entry = automated.application.ledger.queue.latest("INV-1")
    assert entry is not None and entry.outcome is not None
    versions = {each["field"]: (each["onedesk"], each["quickbooks"]) for each in entry.outcome["versions"]}
    assert [field for field, (own, theirs) in versions.items() if own == theirs] == []
    assert set(versions) == {"date", "tax by rate", "message to the customer"}


def test_a_tax_that_was_set_is_not_called_calculated(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules=RULES + "totals: {when_different: note}\n")
    changed = {"TaxPrefs": {"UsingSalesTax": True, "PartnerTaxEnabled": True}}
    assert requests.post(f"{desk.base_url}/_control/settings", json=changed, timeout=10).ok
    desk.connect()
    copied = desk.copy(rocks(invoice, "8.00"))
    assert "QuickBooks calculated 107.25 USD with its automated sales tax" in copied.reason
    set_tax(desk, copied.qbo_id, "8.00")
    assert desk.copy(rocks(invoice, "8.00")).outcome == "unchanged"
    noted = desk.copy(rocks(invoice, "9.00"))
    assert noted.outcome == "unchanged"
    assert noted.reason == (
        "The totals differ: QuickBooks has 108.00 USD with the tax of 8.00 USD that was set there, OneDesk has 109.00"
        " USD (totals.when_different: note)."
    )
    untaxed = desk.copy(rocks(invoice))
    assert untaxed.reason.startswith(
        "The sales tax was set to 8.00 USD in QuickBooks: the total is 108.00 USD in QuickBooks"
    )


@pytest.mark.parametrize("word", ["copy", "send"])
@pytest.mark.parametrize(("tax", "held"), [("", False), ("7.25", False), ("7.26", True)])
def test_the_plan_names_the_one_condition_that_it_cannot_know(
    automated: Desk, invoice: Make, word: str, tax: str, held: bool
) -> None:
    """The run holds what the plan does not there alone, and says both totals."""
    given = rocks(invoice, tax)
    plan = automated.application.plan(given, word)
    condition = f"If its total is then not {Decimal(100) + Decimal(tax or 0)} USD, the invoice is held"
    assert (condition in plan_text(plan)) == bool(tax) and plan.outcome in ("copied", "sent")
    came = automated.copy(given) if word == "copy" else automated.send(given)
    assert came.outcome == ("held" if held else plan.outcome) and came.reason.startswith(plan.reason)
    assert ("with its automated sales tax, OneDesk has 107.26 USD" in came.reason) == held
    again = automated.application.plan(given, word)  # by now it is known
    once_more = automated.copy(given) if word == "copy" else automated.send(given)
    assert (again.outcome, again.reason) == (once_more.outcome, once_more.reason)
    assert "If its total is then not" not in plan_text(again)
