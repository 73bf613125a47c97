"""Drafts in QuickBooks' words, its answers in ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import simplejson

from onedesk_quickbooks.plugin.model.books import Account, BooksCustomer, BooksItem, Ref
from onedesk_quickbooks.plugin.model.invoice import Address
from onedesk_quickbooks.plugin.model.plan import CustomerDraft, DiscountDraft, InvoiceDraft, ItemDraft, LineDraft
from onedesk_quickbooks.plugin.qbo import (
    customer_body,
    invoice_body,
    invoice_update,
    item_account_body,
    item_body,
    read_account,
    read_customer,
    read_invoice,
    read_item,
    read_payment,
    read_tax_code,
)
from onedesk_quickbooks.plugin.qbo.wire import read_country
from onedesk_quickbooks.plugin.qbo.wire.statements import is_in, quoted
from onedesk_quickbooks.plugin.qbo.wire.times import read_instant

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
    raw = {"Id": "9", "SyncToken": "2", "Name": "Design", "Type": "NonInventory", "UnitPrice": Decimal(1)}
    assert item_account_body(raw, account) == {
        "Id": "9",
        "SyncToken": "2",
        "Name": "Design",
        "Type": "NonInventory",
        "sparse": True,
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


INVOICE: dict[str, Any] = {
    "Id": "266",
    "SyncToken": "3",
    "DocNumber": "1043",
    "TxnDate": "2020-09-29",
    "DueDate": "2020-10-29",
    "CurrencyRef": {"value": "USD", "name": "United States Dollar"},
    "CustomerRef": {"value": "1", "name": "Amy's Bird Sanctuary"},
    "Line": [
        {
            "Id": "1",
            "LineNum": 1,
            "Amount": Decimal("100.00"),
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {
                "ItemRef": {"value": "1", "name": "Services"},
                "Qty": 1,
                "UnitPrice": 100,
                "TaxCodeRef": {"value": "NON"},
            },
        },
        {"Amount": Decimal("100.00"), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}},
    ],
    "TotalAmt": Decimal("100.00"),
    "Balance": Decimal("40.00"),
    "EmailStatus": "NotSet",
    "PrivateNote": "note",
}


def line(**changes: Any) -> dict[str, Any]:
    first = INVOICE["Line"][0]
    detail = {**first["SalesItemLineDetail"], **{key: changes.pop(key) for key in list(changes) if key[0].isupper()}}
    return {
        "Line": [{**first, **{key.title(): value for key, value in changes.items()}, "SalesItemLineDetail": detail}]
    }


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"Balance": Decimal(0), "SyncToken": "4", "EmailStatus": "EmailSent", "LinkedTxn": [{"TxnId": "1"}]}, True),
        ({"MetaData": {}, "CurrencyRef": {"value": "USD"}, "CustomerMemo": {"value": ""}}, True),
        ({"Line": [*reversed(INVOICE["Line"])]}, True),
        (line(UnitPrice=Decimal("100.000")), True),
        ({"DocNumber": "1044"}, False),
        ({"TxnDate": "2020-09-30"}, False),
        ({"DueDate": "2020-10-30"}, False),
        ({"CustomerRef": {"value": "2"}}, False),
        ({"CurrencyRef": {"value": "EUR"}}, False),
        ({"PrivateNote": "another"}, False),
        ({"CustomerMemo": {"value": "thanks"}}, False),
        (line(amount=Decimal("100.01")), False),
        (line(description="more"), False),
        (line(Qty=2), False),
        (line(UnitPrice=99), False),
        (line(ItemRef={"value": "2"}), False),
        (line(TaxCodeRef={"value": "TAX"}), False),
        (line(ClassRef={"value": "31"}), False),
        (line(ClassRef=None), True),
        ({"Line": [*INVOICE["Line"], {"Amount": 5, "DetailType": "DiscountLineDetail"}]}, False),
        ({"Line": []}, False),
    ],
)
def test_the_fingerprint_covers_what_we_write(change: dict[str, Any], same: bool) -> None:
    before, after = read_invoice(INVOICE).fingerprint, read_invoice({**INVOICE, **change}).fingerprint
    assert (before == after) is same


@pytest.mark.parametrize(
    ("change", "voided"),
    [
        ({}, False),
        ({"TotalAmt": 0, "PrivateNote": "Voided - note"}, True),
        ({"TotalAmt": 0, "PrivateNote": "Annulé", **line(Qty=0, amount=0)}, True),
        ({"TotalAmt": 0, **line(Qty=1, UnitPrice=0, amount=0)}, False),
        ({"TotalAmt": 0, "Line": []}, False),
        ({"PrivateNote": "Voided the other one"}, False),
    ],
)
def test_voided_invoices(change: dict[str, Any], voided: bool) -> None:
    assert read_invoice({**INVOICE, **change}).voided is voided


def test_an_invoice_read() -> None:
    seen = read_invoice(INVOICE)
    assert (seen.id, seen.number, seen.sync_token, seen.currency) == ("266", "1043", "3", "USD")
    assert (seen.total, seen.balance) == (Decimal("100.00"), Decimal("40.00"))
    assert (seen.customer_id, seen.private_note, seen.email_status, seen.delivered_at) == ("1", "note", "NotSet", "")


def test_a_payment_read() -> None:
    raw: dict[str, Any] = {
        "Id": "5",
        "SyncToken": "0",
        "TxnDate": "2026-07-15",
        "TotalAmt": Decimal("100.00"),
        "UnappliedAmt": Decimal("10.00"),
        "CurrencyRef": {"value": "USD"},
        "CustomerRef": {"value": "1"},
        "PaymentMethodRef": {"value": "2"},
        "PaymentRefNum": "77",
        "Line": [
            {"Amount": Decimal("50.00"), "LinkedTxn": [{"TxnId": "70", "TxnType": "Invoice"}]},
            {"Amount": Decimal("20.00"), "LinkedTxn": [{"TxnId": "70", "TxnType": "Invoice"}]},
            {"Amount": Decimal("20.00"), "LinkedTxn": [{"TxnId": "71", "TxnType": "CreditMemo"}]},
            {"Amount": Decimal("40.00"), "LinkedTxn": [{"TxnId": "72", "TxnType": "Invoice"}]},
        ],
    }
    payment = read_payment(raw, {"2": "Check"})
    assert payment.applied == (("70", Decimal("70.00")), ("72", Decimal("40.00")))
    assert (payment.method, payment.reference, payment.unapplied) == ("Check", "77", Decimal("10.00"))
    assert not payment.voided
    assert read_payment({**raw, "PaymentMethodRef": {"value": "2", "name": "Cash"}}).method == "Cash"
    assert read_payment({**raw, "TotalAmt": 0, "Line": []}).voided
    zeroed = [{**each, "Amount": 0} for each in raw["Line"]]
    assert read_payment({**raw, "TotalAmt": 0, "Line": zeroed}).voided
    assert not read_payment({**raw, "TotalAmt": 0}).voided, "credit memos applied by a payment of nothing"


def test_lists_read() -> None:
    assert read_customer({"Id": "1", "DisplayName": "A"}) == BooksCustomer("1", "A", "")
    raw = {"Id": "1", "DisplayName": "A (deleted)", "CurrencyRef": {"value": "EUR"}, "Active": False}
    assert read_customer(raw) == BooksCustomer("1", "A (deleted)", "EUR", "", False)
    assert read_item({"Id": "1", "Name": "B", "FullyQualifiedName": "A:B", "Type": "Category"}) == BooksItem(
        "1", "A:B", "Category"
    )
    assert read_account({"Id": "1", "Name": "B", "AccountType": "Income", "AcctNum": "400"}) == Account(
        "1", "B", "Income", "400"
    )


def rates(*details: tuple[str, str, int, int]) -> dict[str, Any]:
    return {
        "Id": "9",
        "Name": "Code",
        "SalesTaxRateList": {
            "TaxRateDetail": [
                {"TaxRateRef": {"value": rate}, "TaxTypeApplicable": applies, "TaxOrder": order, "TaxOnTaxOrder": on}
                for rate, applies, order, on in details
            ]
        },
    }


@pytest.mark.parametrize(
    ("raw", "percent"),
    [
        (rates(("5", "TaxOnAmount", 0, 0)), "5"),
        (rates(("5", "TaxOnAmount", 0, 0), ("9.975", "TaxOnAmount", 1, 0)), "14.975"),
        (rates(("5", "TaxOnAmount", 0, 0), ("8", "TaxOnAmount", 0, 0)), "13"),
        (rates(("8", "TaxOnAmountPlusTax", 1, 0), ("5", "TaxOnAmount", 0, 0)), "13.4"),
        (rates(("10", "TaxOnAmount", 0, 0), ("5", "TaxOnTax", 1, 0)), "10.5"),
        (rates(("unknown", "TaxOnAmount", 0, 0)), None),
        (rates(), None),
        ({"Id": "TAX", "Name": "TAX"}, None),
    ],
)
def test_sales_rates(raw: dict[str, Any], percent: str | None) -> None:
    known = {text: Decimal(text) for text in ("5", "8", "9.975", "10")}
    rate = read_tax_code(raw, known).sales_rate
    assert (None if rate is None else str(rate)) == percent


@pytest.mark.parametrize(
    ("info", "country"),
    [
        ({"Country": "US"}, "US"),
        ({"Country": "CAN"}, "CA"),
        ({"Country": "united kingdom"}, "GB"),
        ({"CompanyAddr": {"Country": "AUS"}}, "AU"),
        ({"Country": "Nowhere", "LegalAddr": {"Country": "Norway"}}, "NO"),
        ({}, ""),
    ],
)
def test_countries(info: dict[str, Any], country: str) -> None:
    assert read_country(info) == country


def test_statements() -> None:
    assert quoted("Amy's \\ Bird") == r"'Amy\'s \\ Bird'"
    assert list(is_in("Id", ["1", "", "2", "1"])) == ["Id IN ('1', '2')"]
    assert list(is_in("Id", ["1"])) == ["Id = '1'"]
    assert len(list(is_in("Id", map(str, range(81))))) == 3


@pytest.mark.parametrize(
    ("text", "micro", "offset"),
    [
        ("2015-10-05T14:42:19-0700", 0, -7),
        ("2015-10-05T14:42:19.5Z", 500000, 0),
        ("2015-10-05T14:42:19.179851517+05:00", 179851, 5),
    ],
)
def test_instants(text: str, micro: int, offset: int) -> None:
    zone = timezone(timedelta(hours=offset))
    assert read_instant(text) == datetime(2015, 10, 5, 14, 42, 19, micro, zone)


@pytest.mark.parametrize("text", ["", "2015-10-05", "2015-10-05T14:42:19", "2015-13-05T14:42:19Z"])
def test_no_instants(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_instant(text)
