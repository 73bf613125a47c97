"""Fingerprints: those of earlier releases stay valid, and nothing that QuickBooks does by itself looks like an edit."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.invoice import Address
from onedesk_quickbooks.plugin.model.plan import CustomerDraft, DiscountDraft
from onedesk_quickbooks.plugin.qbo import (
    QuickBooks,
    customer_body,
    differences,
    invoice_body,
    invoice_update,
    read_invoice,
    same_fingerprint,
)
from tests.qbo.test_bodies import DRAFT, LINE
from tests.qbo.test_readers import INVOICE

FIRST = "35b3d5634c278bed93d545e1d7ec1e67e37ce8261bc22a16cb1cc7c4fb732496"
"""Of `INVOICE`, as releases made it that covered less and wrote no version before it."""


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"ExchangeRate": Decimal("0.70"), "BillAddr": {"Line1": "1 Quay"}}, True),
        ({"BillEmail": {"Address": "a@b.example"}}, True),
        ({"PrivateNote": "another"}, False),
        ({"Deposit": Decimal(40)}, False),
    ],
)
def test_a_fingerprint_of_an_earlier_release_is_compared_as_that_release_did(
    change: dict[str, Any], same: bool
) -> None:
    assert same_fingerprint(FIRST, read_invoice({**INVOICE, **change})) is same


def test_a_fingerprint_names_its_version_and_fits_into_the_ledger() -> None:
    seen = read_invoice(INVOICE)
    assert seen.fingerprint.startswith("2:") and len(seen.fingerprint) == 64
    assert same_fingerprint(seen.fingerprint, seen)
    assert not same_fingerprint(seen.fingerprint, read_invoice({**INVOICE, "PrivateNote": "another"}))
    assert not same_fingerprint("", replace(seen, written=""))


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        ({"Line1": "1 Quay", "City": "Oslo", "PostalCode": "0150"}, {"Line1": "1 Quay", "Line2": "0150 OSLO"}, True),
        ({"Id": "5", "Line1": "1 Quay"}, {"Id": "6", "Line1": "1  Quay", "Lat": "INVALID", "Long": "INVALID"}, True),
        ({"Line1": "1 Quay"}, {"Line1": "1 Quay", "Line2": ""}, True),
        ({"Line1": "1 Quay"}, {"Line1": "2 Quay"}, False),
        ({"Line1": "1 Quay"}, {}, False),
    ],
)
def test_addresses_are_the_same_in_whatever_form(then: dict[str, Any], now: dict[str, Any], same: bool) -> None:
    for key in ("BillAddr", "ShipAddr"):
        old, new = {**INVOICE, key: then}, {**INVOICE, key: now}
        assert (read_invoice(old).fingerprint == read_invoice(new).fingerprint) is same
        assert (not differences(old, new)) is same


def test_a_copied_shipping_address_is_no_edit() -> None:
    bill = {**INVOICE, "BillAddr": {"Line1": "1 Quay"}}
    assert read_invoice(bill).fingerprint == read_invoice({**bill, "ShipAddr": {"Line1": "1 Quay"}}).fingerprint


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        ("a@quay.example, b@quay.example", "b@quay.example;A@quay.example", True),
        ("a@quay.example", "a@quay.example, b@quay.example", False),
        ("a@quay.example", "", False),
    ],
)
def test_receivers_are_the_same_whatever_is_between_them(then: str, now: str, same: bool) -> None:
    for key in ("BillEmail", "BillEmailCc"):
        old, new = {**INVOICE, key: {"Address": then}}, {**INVOICE, key: {"Address": now}}
        assert (read_invoice(old).fingerprint == read_invoice(new).fingerprint) is same


class Books:
    """A company with a customer of ours, an item, and an invoice that has all that a draft can hold."""

    def __init__(self, quickbooks: QuickBooks, edition: str) -> None:
        self.quickbooks = quickbooks
        company = quickbooks.company()
        codes = [code for code in quickbooks.tax_codes() if code.sales_rate]
        us = edition == "us"
        tax = Ref("TAX", "TAX") if us else Ref(codes[0].id, codes[0].name)
        accounts = [each for each in quickbooks.accounts() if each.type == "Income"]
        currency = company.home_currency if company.multicurrency else None
        address = Address("1 Quay", "Floor 2", "Town", "XX", "12345", "NO")
        customer = CustomerDraft("Fjord", "", "", "", "a@fjord.example", "", address, currency)
        self.customer_id = quickbooks.post("Customer", customer_body(customer), "c-1")["Id"]
        item = {"Name": "Brand new", "Type": "Service", "IncomeAccountRef": {"value": accounts[0].id}}
        self.items = {"brand new": quickbooks.post("Item", item, "i-1")["Id"]}
        self.accounts = accounts
        self.draft = replace(
            DRAFT,
            currency=currency,
            exchange_rate=Decimal(1) if currency else None,
            tax_calculation="us" if us else "excluded",
            us_tax_code=Ref(codes[0].id, codes[0].name) if us else None,
            tax_after_discount=us,
            lines=(replace(LINE, item_name="Brand new", tax_code=tax, service_date=DRAFT.issue_date),),
            discount=DiscountDraft(Decimal("15.00"), "", tax, percent=Decimal(10)),
            bill_address=address,
            ship_address=replace(address, line1="2 Pier"),
            email="a@fjord.example, b@fjord.example",
            email_cc=("c@fjord.example",),
            deposit=Decimal("20.00") if company.allows_deposit else None,
        )

    def create(self) -> dict[str, Any]:
        return dict(self.quickbooks.post("Invoice", self.body(), "n-1"))

    def body(self, **changes: Any) -> dict[str, Any]:
        return invoice_body(replace(self.draft, **changes), self.customer_id, self.items)

    def update(self, raw: dict[str, Any], requestid: str, **changes: Any) -> dict[str, Any]:
        seen = read_invoice(raw)
        body = invoice_update(self.body(**changes), seen.id, seen.sync_token, current=seen)
        return dict(self.quickbooks.post("Invoice", body, requestid))


EDITIONS = ("us", "ca", "gb", "au", "intl")


@pytest.mark.parametrize("edition", EDITIONS)
def test_what_quickbooks_does_by_itself_is_no_edit(connect: Callable[..., Any], edition: str) -> None:
    made = connect(edition)
    books = Books(made.quickbooks, edition)
    raw = books.create()
    first = read_invoice(raw)
    again = books.update(raw, "n-2")  # addresses that an update changed come back as lines
    assert read_invoice(again).fingerprint == first.fingerprint and differences(raw, again) == ()
    moved = books.update(again, "n-3", bill_address=Address("9 Dock", "", "Harbour", "YY", "777", "SE"))
    kept = read_invoice(moved)
    assert kept.fingerprint != first.fingerprint
    assert [each.field for each in differences(again, moved)] == ["billing address"]
    whole = made.sandbox.read("Invoice", kept.id)
    assert "9 Dock" in str(whole["BillAddr"]) and "1 Quay" not in str(whole["BillAddr"])
    made.sandbox.pay({kept.id: "10.00"})
    made.quickbooks.send(kept.id, books.draft.email, "s-1")
    made.sandbox.edit("Invoice", kept.id, {"TrackingNum": "1Z-2", "PrintStatus": "PrintComplete"})
    seen = made.quickbooks.invoice(kept.id)
    assert (seen.fingerprint, seen.email_status) == (kept.fingerprint, "EmailSent")
    assert seen.sync_token != kept.sync_token


@pytest.mark.parametrize("edition", EDITIONS)
def test_what_was_emptied_is_cleared(connect: Callable[..., Any], edition: str) -> None:
    made = connect(edition)
    books = Books(made.quickbooks, edition)
    raw = books.create()
    gone = {
        "memo": "",
        "email": "",
        "email_cc": (),
        "deposit": Decimal(0),
        "discount": None,
        "tax_after_discount": False,
    }
    seen = read_invoice(books.update(raw, "n-2", **gone))
    assert (seen.email, seen.deposit, seen.number) == ("", Decimal(0), "INV-7")
    now = made.sandbox.read("Invoice", seen.id)
    assert not {"CustomerMemo", "BillEmail", "BillEmailCc"} & set(now)
    assert not now.get("ApplyTaxAfterDiscount")


def test_an_address_that_the_host_lacks_goes_with_the_customer(connect: Callable[..., Any]) -> None:
    made = connect("us")
    books = Books(made.quickbooks, "us")
    books.draft = replace(books.draft, bill_address=None, ship_address=None)
    raw = books.create()
    assert raw["BillAddr"]["Line1"] == "1 Quay"
    other = {"DisplayName": "Red Pier", "BillAddr": {"Line1": "8 Pier"}}
    books.customer_id = made.quickbooks.post("Customer", other, "c-2")["Id"]
    assert "1 Quay" not in str(books.update(raw, "n-2").get("BillAddr"))


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("what", ["email", "cc", "bill", "ship", "account", "day", "term"])
def test_an_edit_of_whatever_an_update_writes_is_seen(connect: Callable[..., Any], edition: str, what: str) -> None:
    made = connect(edition)
    books = Books(made.quickbooks, edition)
    raw = books.create()
    lines = [line for line in copy.deepcopy(raw["Line"]) if line["DetailType"] != "SubTotalLineDetail"]
    account = books.accounts[-1]
    edits: dict[str, tuple[dict[str, Any], str]] = {
        "email": ({"BillEmail": {"Address": "x@fjord.example"}}, "billing e-mail"),
        "cc": ({"BillEmailCc": {"Address": "x@fjord.example"}}, "copy to"),
        "bill": ({"BillAddr": {"Line1": "7 Mole"}}, "billing address"),
        "ship": ({"ShipAddr": {"Line1": "7 Mole"}}, "shipping address"),
        "term": ({"SalesTermRef": {"value": made.quickbooks.terms()[0].id}}, "terms"),
    }
    if what == "account":
        lines[1]["DiscountLineDetail"]["DiscountAccountRef"] = {"value": account.id}
        edits[what] = ({"Line": lines}, "line 2 discount account")
    elif what == "day":
        lines[0]["SalesItemLineDetail"]["ServiceDate"] = "2026-07-01"
        edits[what] = ({"Line": lines}, "line 1 service date")
    change, field = edits[what]
    made.sandbox.edit("Invoice", raw["Id"], change)
    now = made.sandbox.read("Invoice", raw["Id"])
    assert read_invoice(now).fingerprint != read_invoice(raw).fingerprint
    assert field in [each.field for each in differences(raw, now)]
