"""Drafts in QuickBooks' words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import simplejson

from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.invoice import Address
from onedesk_quickbooks.plugin.model.plan import (
    CustomerDraft,
    DiscountDraft,
    InvoiceDraft,
    ItemDraft,
    LineDraft,
    TaxOverride,
)
from onedesk_quickbooks.plugin.qbo import (
    customer_body,
    customer_update_body,
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
    "QuickBooks' next number": ({"number": None, "auto_number": True}, {"DocNumber": None, "AutoDocNumber": True}),
    "a number is a number": ({"auto_number": True}, {}),
    "an empty number": ({"number": ""}, {"DocNumber": None}),
    "addresses": (
        {
            "bill_address": Address("1 Quay", "", "Bayshore", "CA", "94326", "US"),
            "ship_address": Address("", "", "Austin", "TX", "73301", ""),
        },
        {
            "BillAddr": {
                "Line1": "1 Quay",
                "City": "Bayshore",
                "CountrySubDivisionCode": "CA",
                "PostalCode": "94326",
                "Country": "US",
            },
            "ShipAddr": {"City": "Austin", "CountrySubDivisionCode": "TX", "PostalCode": "73301"},
        },
    ),
    "no addresses": ({"bill_address": Address(), "ship_address": None}, {}),
    "several receivers": (
        {"email": "a@quay.example, b@quay.example", "email_cc": ("c@quay.example", "d@quay.example")},
        {
            "BillEmail": {"Address": "a@quay.example, b@quay.example"},
            "BillEmailCc": {"Address": "c@quay.example, d@quay.example"},
        },
    ),
    "paid before": ({"deposit": Decimal("1E+2")}, {"Deposit": Decimal(100)}),
    "nothing paid before": ({"deposit": None}, {}),
    "no deposit any more": ({"deposit": Decimal(0)}, {"Deposit": Decimal(0)}),
    "tax as the host has it": (
        {"tax_overrides": (TaxOverride(Ref("11", "VAT"), Decimal(20), Decimal("99.99"), Decimal("20.01")),)},
        {
            "TxnTaxDetail": {
                "TaxLine": [
                    {
                        "Amount": Decimal("20.01"),
                        "DetailType": "TaxLineDetail",
                        "TaxLineDetail": {
                            "TaxRateRef": {"value": "11"},
                            "PercentBased": True,
                            "TaxPercent": Decimal(20),
                            "NetAmountTaxable": Decimal("99.99"),
                        },
                    }
                ]
            }
        },
    ),
    "US tax as the host has it": (
        {
            "tax_calculation": "us",
            "us_tax_code": Ref("2", "California"),
            "tax_overrides": (TaxOverride(Ref("3", "CA"), Decimal(8), Decimal(150), Decimal("12.01")),),
        },
        {
            "GlobalTaxCalculation": None,
            "TxnTaxDetail": {
                "TxnTaxCodeRef": {"value": "2"},
                "TaxLine": [
                    {
                        "Amount": Decimal("12.01"),
                        "DetailType": "TaxLineDetail",
                        "TaxLineDetail": {
                            "TaxRateRef": {"value": "3"},
                            "PercentBased": True,
                            "TaxPercent": Decimal(8),
                            "NetAmountTaxable": Decimal(150),
                        },
                    }
                ],
            },
        },
    ),
    "a discount in percent, on an account": (
        {
            "discount": DiscountDraft(
                Decimal("7.50"), "", Ref("5", "HST ON"), percent=Decimal("5.0"), account=Ref("86", "Discounts given")
            )
        },
        {
            "Line": [
                *BODY["Line"],
                {
                    "DetailType": "DiscountLineDetail",
                    "Amount": Decimal("7.50"),
                    "DiscountLineDetail": {
                        "PercentBased": True,
                        "DiscountPercent": Decimal("5.0"),
                        "DiscountAccountRef": {"value": "86"},
                        "TaxCodeRef": {"value": "5"},
                    },
                },
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


NOTHING = dict.fromkeys(("Line1", "Line2", "Line3", "Line4", "Line5", "City", "PostalCode", "Country"), "")
NO_ADDRESS = {**NOTHING, "CountrySubDivisionCode": ""}


def seen(**fields: Any) -> BooksInvoice:
    """What QuickBooks has of an invoice."""
    held = {"Id": "266", "SyncToken": "4", "DocNumber": "INV-7", "CustomerRef": {"value": "3"}}
    return read_invoice({**held, **fields})


def test_an_update_clears_what_was_emptied() -> None:
    body = invoice_body(replace(DRAFT, memo="", email="", number=None), "3", ITEMS)
    update = invoice_update(body, "266", "4")
    assert update["CustomerMemo"] == {"value": ""} and update["BillEmail"] == {"Address": ""}
    assert (update["Id"], update["SyncToken"], update["sparse"]) == ("266", "4", True)
    assert "DocNumber" not in update and update["Line"] == body["Line"]
    whole = {**BODY, "Id": "1", "SyncToken": "0", "sparse": True, "BillEmailCc": {"Address": ""}}
    assert invoice_update(BODY, "1", "0") == whole


# The draft, what QuickBooks has, and what an update says of one field (None: nothing).
UPDATES: dict[str, tuple[dict[str, Any], dict[str, Any], str, Any]] = {
    "a deposit that is no more": ({"deposit": Decimal(0)}, {"Deposit": Decimal(40)}, "Deposit", Decimal(0)),
    "a deposit of somebody's": ({}, {"Deposit": Decimal(40)}, "Deposit", None),
    "another deposit": ({"deposit": Decimal(30)}, {"Deposit": Decimal(40)}, "Deposit", Decimal(30)),
    "never a deposit": ({}, {}, "Deposit", None),
    "an address stands whole": (
        {"bill_address": Address(line1="2 Pier", city="Oslo")},
        {"BillAddr": {"Line1": "1 Quay", "Line2": "Bayshore, CA  94326"}},
        "BillAddr",
        {**NO_ADDRESS, "Line1": "2 Pier", "City": "Oslo"},
    ),
    "no address, the same customer": ({}, {"BillAddr": {"Line1": "1 Quay"}}, "BillAddr", None),
    "no address, another customer": ({}, {"CustomerRef": {"value": "9"}}, "BillAddr", NO_ADDRESS),
    "nowhere to ship to, another customer": ({}, {"CustomerRef": {"value": "9"}}, "ShipAddr", NO_ADDRESS),
    "it has a number": ({"number": None, "auto_number": True}, {}, "AutoDocNumber", None),
    "it has none": ({"number": None, "auto_number": True}, {"DocNumber": ""}, "AutoDocNumber", True),
    "no copies any more": ({}, {"BillEmailCc": {"Address": "c@quay.example"}}, "BillEmailCc", {"Address": ""}),
    "US, no discount any more": ({"tax_calculation": "us"}, {}, "ApplyTaxAfterDiscount", False),
    "US, with a discount": (
        {"tax_calculation": "us", "tax_after_discount": True},
        {"ApplyTaxAfterDiscount": False},
        "ApplyTaxAfterDiscount",
        True,
    ),
    "outside the US": ({}, {}, "ApplyTaxAfterDiscount", None),
    "tax is worked out again": ({}, {"TxnTaxDetail": {"TotalTax": Decimal(5)}}, "TxnTaxDetail", None),
}


@pytest.mark.parametrize("name", UPDATES)
def test_what_an_update_says(name: str) -> None:
    drafted, held, field, expected = UPDATES[name]
    body = invoice_body(replace(DRAFT, **drafted), "3", ITEMS)
    assert invoice_update(body, "266", "4", current=seen(**held)).get(field) == expected


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
    assert item_body(ItemDraft("Design", account, taxable=False))["Taxable"] is False


def test_a_customer_s_address() -> None:
    raw = {
        "Id": "3",
        "SyncToken": "1",
        "DisplayName": "Fjord",
        "BillAddr": {"Id": "7", "Line1": "1 Quay", "Line2": "B"},
    }
    address = Address("Main St 1", "", "Oslo", "", "0150", "NO")
    assert customer_update_body(raw, address) == {
        "Id": "3",
        "SyncToken": "1",
        "sparse": True,
        "BillAddr": {**NO_ADDRESS, "Line1": "Main St 1", "City": "Oslo", "PostalCode": "0150", "Country": "NO"},
    }
    there = {**raw, "BillAddr": {"Line1": "Main St 1", "Line2": "0150  OSLO", "Line3": "NO"}}
    assert customer_update_body(there, address) == {}
    assert customer_update_body({"Id": "3"}, Address()) == {}


@pytest.mark.parametrize(
    ("raw", "phone", "tax_id", "changed"),
    [
        ({}, "555 0100", "", {"PrimaryPhone": {"FreeFormNumber": "555 0100"}}),
        ({"PrimaryPhone": {"FreeFormNumber": "+47 22 33 44 55 66"}}, "22334455 66", "", {}),
        (
            {"PrimaryPhone": {"FreeFormNumber": "555 0100"}},
            "ask for Ada",
            "",
            {"PrimaryPhone": {"FreeFormNumber": "ask for Ada"}},
        ),
        ({"PrimaryPhone": {"FreeFormNumber": "555 0100"}}, "", "", {}),
        ({"PrimaryTaxIdentifier": "XXXXXX56789"}, "", "GB 123456789", {}),
        ({"PrimaryTaxIdentifier": "XXXXXX56789"}, "", "GB 123456780", {"PrimaryTaxIdentifier": "GB 123456780"}),
        ({"PrimaryTaxIdentifier": "XX 4-5"}, "", "12 4-5", {"PrimaryTaxIdentifier": "12 4-5"}),
        ({"PrimaryTaxIdentifier": "X2 4-5"}, "", "12 4-5", {}),
        ({}, "", "12 4-5", {"PrimaryTaxIdentifier": "12 4-5"}),
    ],
)
def test_a_customer_s_numbers(raw: dict[str, Any], phone: str, tax_id: str, changed: dict[str, Any]) -> None:
    known = {"Id": "3", "SyncToken": "1", **raw}
    expected = {"Id": "3", "SyncToken": "1", "sparse": True, **changed} if changed else {}
    assert customer_update_body(known, None, phone, tax_id) == expected


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
