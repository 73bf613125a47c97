"""QuickBooks' answers in our words, and what is asked."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.books import BooksCustomer, BooksItem
from onedesk_quickbooks.plugin.model.company_settings import Account, BooksClass, SalesRate
from onedesk_quickbooks.plugin.qbo import read_class, read_customer, read_invoice, read_item
from onedesk_quickbooks.plugin.qbo.wire.readers import (
    read_account,
    read_company,
    read_country,
    read_payment,
    read_tax_code,
)
from onedesk_quickbooks.plugin.qbo.wire.statements import is_in, quoted, select
from onedesk_quickbooks.plugin.qbo.wire.times import read_instant

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
        ({"ExchangeRate": 1, "Deposit": 0, "HomeTotalAmt": 7, "PrintStatus": "NeedToPrint"}, True),
        ({"GlobalTaxCalculation": "TaxExcluded", "ApplyTaxAfterDiscount": False}, True),
        ({"TxnTaxDetail": {"TotalTax": Decimal("8.00"), "TaxLine": [{"TaxLineDetail": {}}]}}, True),
        ({"ExchangeRate": Decimal("0.70")}, False),
        ({"SalesTermRef": {"value": "3"}}, False),
        ({"BillEmail": {"Address": "a@b.example"}}, False),
        ({"BillEmailCc": {"Address": "a@b.example"}}, False),
        ({"BillAddr": {"Line1": "1 Quay"}}, False),
        ({"ShipAddr": {"Line1": "1 Quay"}}, False),
        ({"Deposit": Decimal("40.00")}, False),
        ({"GlobalTaxCalculation": "TaxInclusive"}, False),
        ({"ApplyTaxAfterDiscount": True}, False),
        ({"TxnTaxDetail": {"TxnTaxCodeRef": {"value": "2"}}}, False),
        (line(ServiceDate="2020-09-01"), False),
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
    assert (seen.issue_date, seen.email, seen.tax, seen.deposit) == (date(2020, 9, 29), "", Decimal(0), Decimal(0))
    assert seen.exchange_rate is None
    more = {"BillEmail": {"Address": "a@b.example"}, "TxnTaxDetail": {"TotalTax": Decimal("8.25")}}
    seen = read_invoice({**INVOICE, **more, "Deposit": Decimal(40), "ExchangeRate": Decimal("0.70")})
    assert (seen.email, seen.tax, seen.deposit) == ("a@b.example", Decimal("8.25"), Decimal(40))
    assert seen.exchange_rate == Decimal("0.70")


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
    discounts = {"Id": "1", "Name": "B", "AccountType": "Income", "AccountSubType": "DiscountsRefundsGiven"}
    assert read_account(discounts).subtype == "DiscountsRefundsGiven"
    assert not read_customer({"Id": "1", "DisplayName": "A", "Taxable": False}).taxable
    assert not read_item({"Id": "1", "Name": "B", "Type": "Service", "Taxable": False}).taxable
    assert read_class({"Id": "3", "Name": "N", "FullyQualifiedName": "S:N", "Active": False}) == BooksClass(
        "3", "S:N", active=False
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
    known = {text: {"Id": text, "Name": f"R{text}", "RateValue": Decimal(text)} for text in ("5", "8", "9.975", "10")}
    code = read_tax_code(raw, known)
    assert (None if code.sales_rate is None else str(code.sales_rate)) == percent
    assert bool(code.rates) is (percent is not None)


def test_the_rates_of_a_code() -> None:
    known = {"5": {"Name": "GST", "RateValue": Decimal("5")}, "8": {"Name": "QST", "RateValue": Decimal("8")}}
    raw = rates(("5", "TaxOnAmount", 0, 0), ("8", "TaxOnAmountPlusTax", 1, 0), ("5", "TaxOnTax", 2, 1))
    assert read_tax_code(raw, known).rates == (
        SalesRate("5", "GST", Decimal(5)),
        SalesRate("8", "QST", Decimal(8), "amount_and_tax", 1),
        SalesRate("5", "GST", Decimal(5), "tax", 2, 1),
    )


@pytest.mark.parametrize(
    ("day", "percent"),
    [("2010-12-31", "17.5"), ("2011-01-03", "17.5"), ("2011-01-04", "20"), ("2026-07-15", "20"), ("2008-01-01", "20")],
)
def test_the_rate_of_a_day(day: str, percent: str) -> None:
    periods = [
        {"RateValue": Decimal("17.5"), "EffectiveDate": "2010-01-01T00:00:00-08:00", "EndDate": "2011-01-03"},
        {"RateValue": Decimal(20), "EffectiveDate": "2011-01-04T00:00:00-08:00"},
    ]
    code = read_tax_code(
        rates(("5", "TaxOnAmount", 0, 0)), {"5": {"Name": "VAT", "RateValue": 20, "EffectiveTaxRate": periods}}
    )
    assert str(code.sales_rate) == "20"
    on = code.on(date.fromisoformat(day))
    assert (str(on.sales_rate), str(on.rates[0].percent)) == (percent, percent)
    without = read_tax_code(rates(("5", "TaxOnAmount", 0, 0)), {"5": {"EffectiveTaxRate": periods}})
    assert str(without.sales_rate) == "20"


PREFERENCES: dict[str, Any] = {"CurrencyPrefs": {"HomeCurrency": {"value": "CAD"}}}


@pytest.mark.parametrize(
    ("accounting", "closed"),
    [
        ({}, None),
        ({"BookCloseDate": ""}, None),
        ({"BookCloseDate": "2026-06-30"}, date(2026, 6, 30)),
        ({"BookCloseDate": "2026-06-30T00:00:00-07:00"}, date(2026, 6, 30)),
        ({"BookCloseDate": "never"}, None),
    ],
)
def test_the_closing_date(accounting: dict[str, Any], closed: date | None) -> None:
    company = read_company("42", {}, {**PREFERENCES, "AccountingInfoPrefs": accounting})
    assert (company.closed_through, company.allows_deposit) == (closed, False)
    assert read_company("42", {}, {**PREFERENCES, "SalesFormsPrefs": {"AllowDeposit": True}}).allows_deposit


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
    assert select("Item", start=1001) == "SELECT * FROM Item ORDERBY Id STARTPOSITION 1001 MAXRESULTS 1000"
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


@pytest.mark.parametrize(
    "text",
    [
        *("", "2015-10-05", "2015-10-05T14:42:19", "2015-13-05T14:42:19Z"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    ],
)
def test_no_instants(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_instant(text)


@pytest.mark.parametrize(
    ("status", "mailed", "changed", "as_is"),
    [
        ("EmailSent", "2026-07-15T12:00:00-07:00", "2026-07-15T19:00:05Z", True),
        ("EmailSent", "2026-07-15T12:00:00-07:00", "2026-07-15T19:00:06Z", False),
        ("NotSet", "2026-07-15T12:00:00-07:00", "2026-07-15T19:00:00Z", False),
        ("EmailSent", "", "2026-07-15T19:00:00Z", False),
        ("EmailSent", "2026-07-15T12:00:00-07:00", "yesterday", False),
    ],
)
def test_whether_nothing_has_changed_since_its_e_mail(status: str, mailed: str, changed: str, as_is: bool) -> None:
    more = {"EmailStatus": status, "DeliveryInfo": {"DeliveryTime": mailed}, "MetaData": {"LastUpdatedTime": changed}}
    assert read_invoice({**INVOICE, **more}).mailed_as_is is as_is
