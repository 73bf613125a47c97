"""Invoices of one run: each is decided in the order of asking, and knows all that those before it make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.sync.outbound.coming import Coming
from tests.support.invoices import invoice_json, line
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_reinstalled import again

SEPARATE = "version: 1\ntaxes: {otherwise: {code: VAT 0%}}\ncustomers: {when_currency_differs: separate}\n"
BY_EMAIL = "version: 1\ncustomers: {match: [link, display_name, billing_email]}\n"
ONLY_LINK = "version: 1\ncustomers: {match: [link]}\n"


def sale(n: int, name: str, service: str = "Consulting", amount: str = "10.00", **fields: Any) -> dict[str, Any]:
    """An invoice over one line."""
    contact = {"email": fields.pop("email", "")}
    who = {"id": fields.pop("od_id", name), "name": name, "billing_contact": contact, "address": {"country": "US"}}
    return {**invoice_json(f"INV-{n}", line(service, amount), number=f"N{n}", customer=who), **fields}


def planned_and_run(desk: Desk, sources: Sequence[dict[str, Any]]) -> list[Outcome]:
    """The outcomes of all of them in one run. The plans made before, one after the other, say the same."""
    coming = Coming()
    plans = [desk.application.plan(source, "copy", coming) for source in sources]
    for source in sources:
        desk.save(source)
        assert desk.host.act(source["id"], "quickbooks.copy", ADMIN)
    outcomes = {each.id: each for each in desk.application.drain()}
    ran = [outcomes[source["id"]] for source in sources]
    assert [(each.outcome, each.reason) for each in ran] == [(each.outcome, each.reason) for each in plans]
    return ran


def test_what_waits_for_its_customer_is_not_overtaken(desks: Callable[..., Desk]) -> None:
    desk = desks("intl", rules=SEPARATE, currency="NOK")
    desk.connect()
    ran = planned_and_run(
        desk,
        [
            sale(1, "Multi", currency="NOK"),
            sale(2, "Multi", currency="SEK"),
            sale(3, "Multi (SEK)", od_id="o", currency="SEK"),
        ],
    )
    assert [each.outcome for each in ran] == ["copied", "copied", "held"]
    assert "is linked to the OneDesk customer Multi" in ran[2].reason
    made = [row["DisplayName"] for row in desk.sandbox.list("Customer") if row["DisplayName"].startswith("Multi")]
    assert made == ["Multi", "Multi (SEK)"]


@pytest.mark.parametrize("between", [0, 31])
def test_a_look_alike_that_the_run_has_made_holds(us: Desk, between: int) -> None:
    """In the same batch, and in a later one: a short name is not found by a query for every spelling."""
    fillers = [sale(n, f"Filler {n}") for n in range(1, between + 1)]
    ran = planned_and_run(us, [sale(0, "a%b"), *fillers, sale(99, "A-B")])
    assert ran[-1].outcome == "held"
    assert 'no customer "A-B" but "a%b" (new with invoice N0)' in ran[-1].reason
    assert "customers confirm A-B a%b" in ran[-1].reason


@pytest.mark.parametrize("between", [0, 31])
def test_a_short_name_without_its_accent_is_another(us: Desk, between: int) -> None:
    fillers = [sale(n, f"Filler {n}") for n in range(1, between + 1)]
    ran = planned_and_run(us, [sale(0, "\u00c5"), *fillers, sale(99, "a%")])
    assert ran[-1].outcome == "copied"


@pytest.mark.parametrize("between", [0, 31])
def test_an_item_that_the_run_has_made_for_discounts_takes_no_revenue(us: Desk, between: int) -> None:
    discount: dict[str, Any] = {"discounts": [{"name": "Back", "amount": "-1.00"}], "total": "11.00"}
    fillers = [sale(n, "Filler") for n in range(1, between + 1)]
    first, both = sale(0, "One", **discount), sale(98, "Two", "Discount", **discount)
    ran = planned_and_run(us, [first, *fillers, both, sale(99, "Three", "Discount")])
    assert [each.outcome for each in (ran[0], *ran[-2:])] == ["copied", "held", "held"]
    for each in ran[-2:]:
        assert 'Line 1 would be booked on "Discounts given"' in each.reason


@pytest.mark.parametrize("between", [0, 31])
def test_a_customer_of_the_same_address_that_the_run_makes(desks: Callable[..., Desk], between: int) -> None:
    desk = desks(rules=BY_EMAIL)
    desk.connect()
    fillers = [sale(n, f"Filler {n}") for n in range(1, between + 1)]
    email = "same@mail.example"
    ran = planned_and_run(desk, [sale(0, "Mail One", email=email), *fillers, sale(99, "Second", email=email)])
    assert ran[-1].outcome == "held" and '"Mail One" (new with invoice N0)' in ran[-1].reason


@pytest.mark.parametrize("between", [0, 31])
def test_a_customer_that_the_run_makes_is_found_by_its_link_alone(desks: Callable[..., Desk], between: int) -> None:
    desk = desks(rules=ONLY_LINK)
    desk.connect()
    fillers = [sale(n, f"Filler {n}") for n in range(1, between + 1)]
    ran = planned_and_run(desk, [sale(0, "Anew"), *fillers, sale(99, "Anew")])
    assert ran[-1].outcome == "copied"
    assert len([row for row in desk.sandbox.list("Customer") if row["DisplayName"] == "Anew"]) == 1


def test_names_that_another_invoice_of_the_run_asks_for_decide_nothing(us: Desk) -> None:
    """What is looked up for a later invoice is not seen by an earlier one."""
    us.sandbox.create("Customer", {"DisplayName": "\u00c5"})
    ran = planned_and_run(us, [sale(1, "a%"), sale(2, "\u00c5")])
    assert [each.outcome for each in ran] == ["copied", "copied"]


def test_the_address_of_a_customer_that_the_run_makes(desks: Callable[..., Desk]) -> None:
    desk = desks(rules="version: 1\ncustomers: {update_address: yes}\n")
    desk.connect()
    first, second = sale(1, "Mover"), sale(2, "Mover")
    second["customer"]["address"] = {"line1": "2 New Road", "country": "US"}
    ran = planned_and_run(desk, [first, second])
    assert [each.outcome for each in ran] == ["copied", "copied"]
    [made] = [row for row in desk.sandbox.list("Customer") if row["DisplayName"] == "Mover"]
    assert made["BillAddr"]["Line1"] == "2 New Road"


@pytest.mark.parametrize("between", [0, 31])
def test_the_customer_of_an_earlier_invoice_of_the_run_whatever_its_name(us: Desk, between: int) -> None:
    us.sandbox.create("Customer", {"DisplayName": "Kensington Books"})
    fillers = [sale(n, "Filler") for n in range(1, between + 1)]
    ran = planned_and_run(
        us,
        [sale(0, "Kensington Books", od_id="K"), *fillers, sale(98, "KB Stores", od_id="K"), sale(99, "KB", od_id="o")],
    )
    assert [each.outcome for each in (ran[0], *ran[-2:])] == ["copied", "copied", "copied"]
    buyers = {row["DocNumber"]: row["CustomerRef"]["name"] for row in us.sandbox.list("Invoice")}
    assert [buyers[number] for number in ("N0", "N98", "N99")] == ["Kensington Books", "Kensington Books", "KB"]


@pytest.mark.parametrize("between", [0, 31])
def test_the_customer_of_an_earlier_invoice_of_the_run_whatever_the_address(
    desks: Callable[..., Desk], between: int
) -> None:
    """Also where the other customer of the later address is linked by then."""
    desk = desks(rules="version: 1\ncustomers: {match: [link, billing_email, display_name]}\n")
    desk.connect()
    for name, email in (("Smith", "b@h.example"), ("North", "a@h.example")):
        desk.sandbox.create("Customer", {"DisplayName": name, "PrimaryEmailAddr": {"Address": email}})
    fillers = [sale(n, "Filler") for n in range(1, between + 1)]
    first, other = sale(0, "Mu", email="b@h.example"), sale(97, "Eta", email="a@h.example")
    ran = planned_and_run(desk, [first, *fillers, sale(98, "Mu", email="a@h.example"), other, sale(99, "Mu")])
    assert {each.outcome for each in ran} == {"copied"}
    buyers = {row["DocNumber"]: row["CustomerRef"]["name"] for row in desk.sandbox.list("Invoice")}
    assert [buyers[number] for number in ("N0", "N98", "N97", "N99")] == ["Smith", "Smith", "North", "Smith"]


def test_the_customer_of_an_invoice_that_the_run_finds_by_its_mark(us: Desk) -> None:
    us.sandbox.create("Customer", {"DisplayName": "Kensington Books"})
    first = sale(0, "Kensington Books", od_id="K")
    assert us.copy(first).outcome == "copied"
    again(us)
    planned_and_run(us, [first, sale(1, "KB Stores", od_id="K")])
    buyers = {row["DocNumber"]: row["CustomerRef"]["name"] for row in us.sandbox.list("Invoice")}
    assert [buyers[number] for number in ("N0", "N1")] == ["Kensington Books", "Kensington Books"]


def test_the_link_that_a_sentence_names_counts_in_another_currency(desks: Callable[..., Desk]) -> None:
    desk = desks("intl", rules=SEPARATE, currency="NOK")
    desk.connect()
    assert desk.copy(sale(1, "Multi", od_id="A", currency="NOK")).outcome == "copied"
    second = sale(2, "Multi", od_id="B", currency="SEK")
    held = desk.copy(second)
    customer_id = desk.sandbox.list("Customer", "DisplayName = 'Multi'")[0]["Id"]
    assert f"onedesk-quickbooks customers link B {customer_id}" in held.reason
    desk.application.customer_links().link("B", customer_id)
    assert desk.copy(second).outcome == "copied"
    assert {row["CustomerRef"]["name"] for row in desk.sandbox.list("Invoice")} >= {"Multi", "Multi (SEK)"}
