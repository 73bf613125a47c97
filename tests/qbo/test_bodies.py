"""Drafts in QuickBooks' words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import simplejson

from onedesk_quickbooks.plugin.model.books import Ref
from onedesk_quickbooks.plugin.model.invoice import Address
from onedesk_quickbooks.plugin.model.plan import CustomerDraft, DiscountDraft, InvoiceDraft, ItemDraft, LineDraft
from onedesk_quickbooks.plugin.qbo import (
    customer_body,
    invoice_body,
    invoice_update,
    item_body,
    read_invoice,
)

LINE = LineDraft("Design", "Homepage", Decimal("150.00"), Decimal("1.5"), Decimal("1E+2"), Ref("5", "HST ON"))
DRAFT = InvoiceDraft(
    number="INV-7",
    customer_name="Cool Cars",
    issue_date=date(2026, 7, 15),
    due_date=date(2026, 8, 14),
    term=None,
    currency=None,
    exchange_rate=None,
    tax_calculation="excluded",
    us_tax_code=None,
    lines=(LINE,),
    discount=None,
    tax_after_discount=False,
    memo="Thank you",
    private_note="OneDesk invoice 7",
    email="pay@example.com",
)
ITEMS = {"design": "4"}
BODY: dict[str, Any] = {
    "DocNumber": "INV-7",
    "CustomerRef": {"value": "3"},
    "TxnDate": "2026-07-15",
    "DueDate": "2026-08-14",
    "GlobalTaxCalculation": "TaxExcluded",
    "Line": [
        {
            "DetailType": "SalesItemLineDetail",
            "Amount": Decimal("150.00"),
            "Description": "Homepage",
            "SalesItemLineDetail": {
                "ItemRef": {"value": "4"},
                "Qty": Decimal("1.5"),
                "UnitPrice": Decimal("100"),
                "TaxCodeRef": {"value": "5"},
            },
        }
    ],
    "CustomerMemo": {"value": "Thank you"},
    "PrivateNote": "OneDesk invoice 7",
    "BillEmail": {"Address": "pay@example.com"},
}

# What changes in the draft, what changes in the body (None: the key is gone).
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing": ({}, {}),
    "QuickBooks numbers it": ({"number": None}, {"DocNumber": None}),
    "terms instead of a due date": (
        {"due_date": None, "term": Ref("3", "Net 30")},
        {"DueDate": None, "SalesTermRef": {"value": "3"}},
    ),
    "a foreign currency": (
        {"currency": "EUR", "exchange_rate": Decimal("1.1")},
        {"CurrencyRef": {"value": "EUR"}, "ExchangeRate": Decimal("1.1")},
    ),
    "no sales tax": ({"tax_calculation": "none"}, {"GlobalTaxCalculation": "NotApplicable"}),
    "US, automated": ({"tax_calculation": "us"}, {"GlobalTaxCalculation": None}),
    "US, with a code": (
        {"tax_calculation": "us", "us_tax_code": Ref("2", "California"), "tax_after_discount": True},
        {
            "GlobalTaxCalculation": None,
            "TxnTaxDetail": {"TxnTaxCodeRef": {"value": "2"}},
            "ApplyTaxAfterDiscount": True,
        },
    ),
    "no texts": (
        {"memo": "", "private_note": "", "email": ""},
        {"CustomerMemo": None, "PrivateNote": None, "BillEmail": None},
    ),
    "a line without quantity, on a day": (
        {
            "lines": (
                replace(
                    LINE, quantity=None, unit_price=None, tax_code=None, description="", service_date=date(2026, 7, 1)
                ),
            )
        },
        {
            "Line": [
                {
                    "DetailType": "SalesItemLineDetail",
                    "Amount": Decimal("150.00"),
                    "SalesItemLineDetail": {"ItemRef": {"value": "4"}, "ServiceDate": "2026-07-01"},
                }
            ]
        },
    ),
    "a line of a class": (
        {"lines": (replace(LINE, class_ref=Ref("31", "Sales:North")),)},
        {
            "Line": [
                {
                    **BODY["Line"][0],
                    "SalesItemLineDetail": {**BODY["Line"][0]["SalesItemLineDetail"], "ClassRef": {"value": "31"}},
                }
            ]
        },
    ),
    "a free line": (
        {"lines": (replace(LINE, amount=Decimal("0"), quantity=Decimal(0)),)},
        {
            "Line": [
                {
                    **BODY["Line"][0],
                    "Amount": Decimal(0),
                    "SalesItemLineDetail": {**BODY["Line"][0]["SalesItemLineDetail"], "Qty": Decimal(0)},
                }
            ]
        },
    ),
    "a discount": (
        {"discount": DiscountDraft(Decimal("5.00"), "Loyalty", Ref("5", "HST ON"))},
        {
            "Line": [
                *BODY["Line"],
                {
                    "DetailType": "DiscountLineDetail",
                    "Amount": Decimal("5.00"),
                    "Description": "Loyalty",
                    "DiscountLineDetail": {"PercentBased": False, "TaxCodeRef": {"value": "5"}},
                },
            ]
        },
    ),
    "a US discount": (
        {"tax_calculation": "us", "discount": DiscountDraft(Decimal("5.00"), "", Ref("TAX", "TAX"))},
        {
            "GlobalTaxCalculation": None,
            "Line": [
                *BODY["Line"],
                {
                    "DetailType": "DiscountLineDetail",
                    "Amount": Decimal("5.00"),
                    "DiscountLineDetail": {"PercentBased": False},
                },
            ],
        },
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_invoice_bodies(name: str) -> None:
    drafted, written = CHANGES[name]
    wanted = {key: value for key, value in {**BODY, **written}.items() if value is not None}
    body = invoice_body(replace(DRAFT, **drafted), "3", ITEMS)
    assert body == wanted
    assert "E+" not in simplejson.dumps(body, use_decimal=True)


def test_an_update_clears_what_was_emptied() -> None:
    body = invoice_body(replace(DRAFT, memo="", email="", number=None), "3", ITEMS)
    update = invoice_update(body, "266", "4")
    assert update["CustomerMemo"] == {"value": ""} and update["BillEmail"] == {"Address": ""}
    assert (update["Id"], update["SyncToken"], update["sparse"]) == ("266", "4", True)
    assert "DocNumber" not in update and update["Line"] == body["Line"]
    assert invoice_update(BODY, "1", "0") == {**BODY, "Id": "1", "SyncToken": "0", "sparse": True}


def test_an_item_that_is_not_there_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        invoice_body(DRAFT, "3", {})


def test_customer_and_item_bodies() -> None:
    address = Address("Main St 1", "", "Oslo", "", "0150", "NO")
    draft = CustomerDraft("Fjord AS", "Fjord AS", "Kari", "", "kari@fjord.example", "+47 1", address, "NOK")
    assert customer_body(draft) == {
        "DisplayName": "Fjord AS",
        "CompanyName": "Fjord AS",
        "GivenName": "Kari",
        "PrimaryEmailAddr": {"Address": "kari@fjord.example"},
        "PrimaryPhone": {"FreeFormNumber": "+47 1"},
        "BillAddr": {"Line1": "Main St 1", "City": "Oslo", "PostalCode": "0150", "Country": "NO"},
        "CurrencyRef": {"value": "NOK"},
    }
    bare = CustomerDraft("Fjord AS", "", "", "", "", "", Address(), None)
    assert customer_body(bare) == {"DisplayName": "Fjord AS"}
    account = Ref("82", "Design income")
    assert item_body(ItemDraft("Design", account)) == {
        "Name": "Design",
        "Type": "Service",
        "IncomeAccountRef": {"value": "82"},
    }


@pytest.mark.parametrize("edition", ["us", "ca", "gb", "au", "intl"])
def test_quickbooks_takes_what_we_write(connect: Callable[..., Any], edition: str) -> None:
    made = connect(edition)
    quickbooks = made.quickbooks
    company = quickbooks.company()
    code = next(code for code in quickbooks.tax_codes() if code.sales_rate)
    tax = Ref("TAX", "TAX") if edition == "us" else Ref(code.id, code.name)
    income = next(each for each in quickbooks.accounts() if each.type == "Income")
    currency = company.home_currency if company.multicurrency else None
    address = Address("Main St 1", "Floor 2", "Town", "XX", "12345", "US")
    customer = CustomerDraft("New & Söhne 'A'", "New", "Ann", "Lee", "a@new.example", "1", address, currency)
    customer_id = quickbooks.post("Customer", customer_body(customer), "r-1")["Id"]
    item_id = quickbooks.post("Item", item_body(ItemDraft("Brand new", Ref(income.id, income.name))), "r-2")["Id"]
    draft = replace(
        DRAFT,
        currency=currency,
        exchange_rate=Decimal(1) if currency else None,
        tax_calculation="us" if edition == "us" else "excluded",
        us_tax_code=Ref(code.id, code.name) if edition == "us" else None,
        tax_after_discount=edition == "us",
        lines=(replace(LINE, item_name="Brand new", tax_code=tax), replace(LINE, item_name="Brand new", tax_code=tax)),
        discount=DiscountDraft(Decimal("30.00"), "Loyalty", tax),
    )
    body = invoice_body(draft, customer_id, {"brand new": item_id})
    raw = quickbooks.post("Invoice", body, "r-3")
    invoice = read_invoice(raw)
    assert invoice.total == (Decimal("270.00") * (1 + code.sales_rate / 100)).quantize(Decimal("0.01"))
    assert (invoice.number, invoice.customer_id, invoice.currency) == ("INV-7", customer_id, company.home_currency)
    shorter = replace(draft, lines=draft.lines[:1], memo="", discount=None)
    update = invoice_update(invoice_body(shorter, customer_id, {"brand new": item_id}), invoice.id, invoice.sync_token)
    raw = quickbooks.post("Invoice", update, "r-4")
    assert [line["DetailType"] for line in raw["Line"] if line["DetailType"] != "SubTotalLineDetail"] == [
        "SalesItemLineDetail"
    ]
    assert "CustomerMemo" not in raw or not raw["CustomerMemo"]["value"]
