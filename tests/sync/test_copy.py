"""Copying: from the host's hooks to a sandbox over HTTP, and what both sides show afterwards."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.sync.conftest import ADMIN, Desk, lose_ledger

Make = Callable[..., dict[str, Any]]


def test_an_open_invoice_offers_the_copy_once_connected(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks()
    desk.save(invoice())
    assert desk.host.actions("INV-1") == []
    desk.connect()
    assert [action.label for action in desk.host.actions("INV-1")] == ["Copy to QuickBooks Online"]
    desk.host.reopen("INV-1", ADMIN)
    assert desk.host.actions("INV-1") == []


def test_a_new_customer_and_new_items_are_made(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    assert (outcome.outcome, outcome.reason, outcome.qbo_number) == ("copied", "", "2041")
    made = us.invoices()[0]
    customer = us.sandbox.read("Customer", made["CustomerRef"]["value"])
    assert customer["DisplayName"] == "Blue Harbor Ltd"
    assert customer["PrimaryEmailAddr"]["Address"] == "ada@blueharbor.example"
    assert customer["BillAddr"]["Line1"] == "1 Quay"
    lines = [line for line in made["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    assert [line["Description"] for line in lines] == ["Printer does not print", "Move the mail server"]
    names = [line["SalesItemLineDetail"]["ItemRef"]["name"] for line in lines]
    assert names == ["Support", "Consulting"]
    item = us.sandbox.list("Item", "Name = 'Support'")[0]
    chosen = us.application.connected
    assert chosen is not None and chosen.default_income_account is not None
    assert item["IncomeAccountRef"]["value"] == chosen.default_income_account.id
    assert (made["TotalAmt"], made["DueDate"], made["TxnDate"]) == (Decimal("310.00"), "2026-07-31", "2026-07-01")
    assert made["CustomerMemo"]["value"] == "Thank you."
    assert made["EmailStatus"] == "NotSet"
    assert us.sandbox.outbox() == []


def test_on_success_the_host_shows_the_tag_with_a_link(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    tags = us.shown("INV-1").tags
    assert list(tags) == ["Copied to QuickBooks"]
    assert tags["Copied to QuickBooks"].startswith(us.base_url)
    assert outcome.qbo_id in tags["Copied to QuickBooks"]


def test_an_existing_customer_and_item_are_used(us: Desk, invoice: Make) -> None:
    first = us.copy(invoice())
    second = us.copy(invoice(id="INV-2", number="2042"))
    assert (first.outcome, second.outcome) == ("copied", "copied")
    assert len(us.sandbox.list("Customer", "DisplayName = 'Blue Harbor Ltd'")) == 1
    assert len(us.sandbox.list("Item", "Name = 'Support'")) == 1
    assert len(us.invoices()) == 2


def test_back_to_draft_edited_and_copied_again_updates_the_same_invoice(us: Desk, invoice: Make) -> None:
    first = us.copy(invoice())
    us.host.reopen("INV-1", ADMIN)
    changed = invoice(subtotal="160.00", total="160.00", memo="", lines=invoice()["lines"][:1])
    us.host.edit("INV-1", {**changed, "status": "draft"}, ADMIN)
    us.host.open_invoice("INV-1", ADMIN)
    us.host.act("INV-1", "quickbooks.copy", ADMIN)
    again = us.outcome("INV-1")
    assert (again.outcome, again.qbo_id) == ("updated", first.qbo_id)
    assert len(us.invoices()) == 1
    kept = us.invoices()[0]
    assert kept["TotalAmt"] == Decimal("160.00")
    assert len([line for line in kept["Line"] if line["DetailType"] == "SalesItemLineDetail"]) == 1
    assert "CustomerMemo" not in kept


def test_an_unchanged_invoice_makes_no_call_but_a_look(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    us.calls()
    again = us.copy(invoice())
    assert again.outcome == "unchanged"
    calls = us.calls()
    assert len(calls) == 1 and calls[0] in ("GET query", "POST batch"), calls
    assert us.invoices()[0]["SyncToken"] == "0"


def test_copied_at_once_where_the_rules_say_so(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules="version: 1\ninvoices:\n  on_open: copy\n")
    desk.connect()
    desk.save(invoice())
    assert desk.outcome("INV-1").outcome == "copied"
    assert desk.sandbox.outbox() == []


def test_somebody_edits_the_copy_in_quickbooks(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.sandbox.edit("Invoice", outcome.qbo_id, {"DocNumber": "9999"})
    held = us.copy(invoice(memo="Changed here"))
    assert held.outcome == "held"
    assert "changed there since it was copied" in held.reason
    assert us.invoices()[0]["DocNumber"] == "9999"


def test_the_number_is_taken_by_another_invoice(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    held = us.copy(invoice(id="INV-2"))
    assert held.outcome == "held"
    assert "The number 2041 is the number of the OneDesk invoice INV-1 as well" in held.reason
    assert us.shown("INV-2").notes["quickbooks"].startswith("Held for QuickBooks: ")


def lose_the_ledger(desk: Desk) -> None:
    """As for another installation of the same company: nothing is known of what was copied."""
    desk.host.close()
    lose_ledger(desk.home)
    desk.restart()
    desk.connect()


@pytest.mark.parametrize(("country", "currency"), [("us", "USD"), ("au", "AUD")])
@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"customer": {"id": "C-8", "name": "Beta Ltd"}}, "customer: OneDesk Beta Ltd, QuickBooks Blue Harbor Ltd"),
        ({"issue_date": "2026-07-02"}, "date: OneDesk 2026-07-02, QuickBooks 2026-07-01"),
        (
            {
                "lines": [{"id": "1", "service_type": "Support", "amount": "71.00"}],
                "subtotal": "71.00",
                "total": "71.00",
            },
            "total: OneDesk 71.00 CURRENCY, QuickBooks 310.00 CURRENCY",
        ),
    ],
)
def test_the_mark_of_another_installation_is_written_over_by_nobody(
    desks: Callable[..., Desk], invoice: Make, country: str, currency: str, others: dict[str, Any], said: str
) -> None:
    exempt = "version: 1\ntaxes: {otherwise: {code: GST free}}\n"
    desk = desks(country, rules=exempt if country == "au" else "")
    desk.connect()
    desk.copy(invoice(currency=currency))
    before = desk.invoices()
    lose_the_ledger(desk)
    held = desk.send(invoice(currency=currency, **others))
    assert held.outcome == "held" and said.replace("CURRENCY", currency) in held.reason, held.reason
    assert 'has the mark "OneDesk invoice INV-1", but this ledger has no link to it' in held.reason
    assert desk.invoices() == before and desk.sandbox.outbox() == []
    said = f"onedesk-quickbooks adopt --not INV-1={before[0]['Id']} --yes"
    assert said in held.reason
    desk.application.not_ours({"INV-1": before[0]["Id"]}, keep=True)
    assert desk.send(invoice(currency=currency, number="N-7", **others)).outcome in ("sent", "copied")
    assert len(desk.invoices()) == 2


def test_a_lost_ledger_finds_its_invoice_again(us: Desk, invoice: Make) -> None:
    first = us.copy(invoice())
    lose_the_ledger(us)
    again = us.copy(invoice())
    assert (again.outcome, again.qbo_id) == ("updated", first.qbo_id)
    assert len(us.invoices()) == 1


def test_a_line_takes_the_class_of_its_rule(desks: Callable[..., Desk], invoice: Make) -> None:
    named = "{id: north, when: {service_type: Support}, class: North}"
    desk = desks(rules=f"version: 1\nitems:\n  exceptions: [{named}]\n  otherwise: same_name\n")
    desk.connect()
    held = desk.copy(invoice())
    assert (held.outcome, 'QuickBooks has no class "North"' in held.reason) == ("held", True)
    made = desk.sandbox.create("Class", {"Name": "North"})
    assert desk.copy(invoice()).outcome == "copied"
    details = [line.get("SalesItemLineDetail", {}) for line in desk.invoices()[0]["Line"]]
    classes = {each["ItemRef"]["name"]: each.get("ClassRef", {}).get("value") for each in details if "ItemRef" in each}
    assert classes == {"Support": made["Id"], "Consulting": None}


def test_a_company_that_has_no_classes_on_lines_holds_and_goes_on_without(
    desks: Callable[..., Desk], invoice: Make
) -> None:
    desk = desks(rules="version: 1\nitems:\n  otherwise: {item: Support, class: North}\n")
    desk.sandbox.create("Class", {"Name": "North"})
    preferences = desk.sandbox.list("Preferences")[0]
    changed = {**preferences["AccountingInfoPrefs"], "ClassTrackingPerTxnLine": False}
    desk.sandbox.edit("Preferences", preferences["Id"], {"AccountingInfoPrefs": changed})
    desk.connect()
    held = desk.copy(invoice())
    assert held.outcome == "held", held
    assert 'names the class "North"' in held.reason and "turn that on there" in held.reason
    (desk.home / "rules.yaml").write_text("version: 1\nitems:\n  otherwise: {item: Support}\n", encoding="utf-8")
    assert desk.copy(invoice()).outcome == "copied"
    details = [line.get("SalesItemLineDetail", {}) for line in desk.invoices()[0]["Line"]]
    assert not any("ClassRef" in each for each in details)


@pytest.mark.parametrize(("word", "street"), [("yes", "2 Pier"), ("no", "1 Quay")])
def test_a_corrected_address_reaches_the_customer_record_by_rule(
    desks: Callable[..., Desk], invoice: Make, word: str, street: str
) -> None:
    desk = desks(rules=f"version: 1\ncustomers: {{update_address: {word}}}\n")
    desk.connect()
    given = invoice()
    desk.copy(given)
    given["customer"]["address"]["line1"] = "2 Pier"
    assert desk.copy(given).outcome == "updated"
    (made,) = desk.sandbox.list("Customer", "DisplayName = 'Blue Harbor Ltd'")
    assert made["BillAddr"]["Line1"] == street
    assert "2 Pier" in str(desk.invoices()[0]["BillAddr"]) and "2 Pier" in str(desk.invoices()[0]["ShipAddr"])
    desk.calls()
    assert desk.copy(given).outcome == "unchanged"
    assert [call for call in desk.calls() if "POST customer" in call] == []


def test_multicurrency_that_is_turned_on_after_connecting(us: Desk, invoice: Make) -> None:
    who = {**invoice()["customer"], "id": "C-9", "name": "Rive Gauche SARL"}
    euros = invoice(currency="EUR", customer=who)
    assert "keeps only USD" in us.copy(euros).reason
    several = {"CurrencyPrefs": {"MultiCurrencyEnabled": True}}
    assert requests.post(f"{us.base_url}/_control/settings", json=several, timeout=10).ok
    assert us.application.plan(euros, "copy").reason == ""
    assert us.copy(euros).outcome == "copied"
