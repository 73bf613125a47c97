"""Two versions of an invoice: which fields differ, and whether nothing but a merged name does."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from onedesk_quickbooks.plugin.qbo import differences, fingerprint_with, read_invoice, renamed_refs


def sale(line_id: str, name: str, amount: str, item: str = "11", **detail: Any) -> dict[str, Any]:
    held = {"ItemRef": {"value": item, "name": f"Item {item}"}, "Qty": Decimal(1), "UnitPrice": Decimal(amount)}
    return {
        "Id": line_id,
        "Description": name,
        "Amount": Decimal(amount),
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {**held, **detail},
    }


BAYSHORE = {
    "Id": "95",
    "Line1": "1 Quay",
    "City": "Bayshore",
    "CountrySubDivisionCode": "CA",
    "PostalCode": "94326",
}
THEN: dict[str, Any] = {
    "Id": "48",
    "SyncToken": "0",
    "DocNumber": "2041",
    "TxnDate": "2026-07-01",
    "DueDate": "2026-07-31",
    "CurrencyRef": {"value": "USD"},
    "CustomerRef": {"value": "58", "name": "Blue Harbor"},
    "BillAddr": {
        "Id": "95",
        "Line1": "1 Quay",
        "City": "Bayshore",
        "CountrySubDivisionCode": "CA",
        "PostalCode": "94326",
    },
    "CustomerMemo": {"value": "Thank you."},
    "PrivateNote": "OneDesk invoice 1",
    "Line": [
        sale("1", "Repair", "160.00"),
        sale("2", "Travel", "40.00", "12"),
        {"Amount": Decimal("200.00"), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}},
    ],
    "TxnTaxDetail": {"TotalTax": 0},
    "TotalAmt": Decimal("200.00"),
    "Balance": Decimal("200.00"),
}


def now(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(THEN), **changes}


def taxed(amount: str, gap: str | None = None) -> dict[str, Any]:
    held = {"TaxRateRef": {"value": "11"}, "TaxPercent": 20, "NetAmountTaxable": Decimal("100.00")}
    detail = {**held, "OverrideDeltaAmount": Decimal(gap)} if gap else held
    return {"Amount": Decimal(amount), "DetailType": "TaxLineDetail", "TaxLineDetail": detail}


def discounted(account: str, **detail: Any) -> dict[str, Any]:
    held = {"PercentBased": False, "DiscountAccountRef": {"value": account, "name": f"Account {account}"}, **detail}
    return {"Amount": Decimal("5.00"), "DetailType": "DiscountLineDetail", "DiscountLineDetail": held}


CASES: list[tuple[dict[str, Any], list[tuple[str, str, str]]]] = [
    ({}, []),
    ({"SyncToken": "7", "Balance": 0, "LinkedTxn": [{"TxnId": "5", "TxnType": "Payment"}]}, []),
    ({"EmailStatus": "EmailSent", "HomeTotalAmt": Decimal(7)}, []),
    ({"BillEmail": {"Address": "a@b.example"}}, [("billing e-mail", "none", "a@b.example")]),
    ({"BillEmailCc": {"Address": "c@b.example"}}, [("copy to", "none", "c@b.example")]),
    ({"ExchangeRate": 1}, []),
    ({"ExchangeRate": Decimal("0.70")}, [("exchange rate", "none", "0.7")]),
    ({"SalesTermRef": {"value": "3", "name": "Net 30"}}, [("terms", "none", "Net 30")]),
    ({"Deposit": 0}, []),
    ({"Deposit": Decimal("40.00")}, [("deposit", "none", "40.00 USD")]),
    ({"BillAddr": {"Id": "99", "Line1": "1 Quay", "Line2": "bayshore CA  94326", "Lat": "INVALID"}}, []),
    (
        {"BillAddr": {"Line1": "2 Quay"}},
        [("billing address", "1 Quay, Bayshore, CA, 94326", "2 Quay")],
    ),
    ({"ShipAddr": {**BAYSHORE, "Id": "96"}}, []),
    ({"ShipAddr": {"City": "Austin"}}, [("shipping address", "none", "Austin")]),
    ({"GlobalTaxCalculation": "TaxExcluded"}, []),
    ({"GlobalTaxCalculation": "TaxInclusive"}, [("amounts are", "none", "TaxInclusive")]),
    ({"ApplyTaxAfterDiscount": True}, [("discount before tax", "none", "yes")]),
    (
        {"TxnTaxDetail": {"TxnTaxCodeRef": {"value": "2", "name": "California"}}},
        [("tax code of the invoice", "none", "California")],
    ),
    (
        {"TxnTaxDetail": {"TotalTax": Decimal("20.01"), "TaxLine": [taxed("20.01", "0.01"), taxed("0.00")]}},
        [("tax", "0.00 USD", "20.01 USD"), ("tax by rate", "none", "20.01 USD at 20 %")],
    ),
    (
        {"Line": [sale("1", "Repair", "160.00", ServiceDate="2026-06-30"), *THEN["Line"][1:]]},
        [("line 1 service date", "none", "2026-06-30")],
    ),
    ({"DocNumber": "9999"}, [("number", "2041", "9999")]),
    ({"DocNumber": None}, [("number", "2041", "none")]),
    ({"DueDate": "2026-08-15"}, [("due date", "2026-07-31", "2026-08-15")]),
    ({"CustomerRef": {"value": "59", "name": "Red Pier"}}, [("customer", "Blue Harbor", "Red Pier")]),
    ({"CustomerRef": {"value": "59"}}, [("customer", "Blue Harbor", "59")]),
    ({"CustomerRef": {"value": "58", "name": "Renamed"}}, []),
    ({"CustomerMemo": None}, [("message to the customer", "Thank you.", "none")]),
    ({"TxnTaxDetail": None}, []),
    ({"TxnTaxDetail": {"TotalTax": Decimal("5.0")}}, [("tax", "0.00 USD", "5.00 USD")]),
    ({"TotalAmt": Decimal(200)}, []),
    ({"Line": THEN["Line"][1:]}, [("line 2", "Repair, 160.00 USD", "none")]),
    (
        {"Line": [*THEN["Line"], sale("3", "", "5.00")], "TotalAmt": Decimal("205.00")},
        [("line 3", "none", "Item 11, 5.00 USD"), ("total", "200.00 USD", "205.00 USD")],
    ),
    (
        {"Line": [sale("1", "Repairs", "100.00", "13", Qty=Decimal("2.0"), UnitPrice=50), THEN["Line"][1]]},
        [
            ("line 1 description", "Repair", "Repairs"),
            ("line 1 product/service", "Item 11", "Item 13"),
            ("line 1 quantity", "1", "2"),
            ("line 1 price", "160", "50"),
            ("line 1 amount", "160.00 USD", "100.00 USD"),
        ],
    ),
    ({"Line": [{**THEN["Line"][0], "Id": "7"}, {**THEN["Line"][1], "Id": "8"}]}, []),
    ({"Line": [THEN["Line"][1], THEN["Line"][0]]}, [("order of the lines", "Repair; Travel", "Travel; Repair")]),
    (
        {"Line": [{**THEN["Line"][0], "DetailType": "DescriptionOnly"}, THEN["Line"][1]]},
        [("line 1 kind", "SalesItemLineDetail", "DescriptionOnly")],
    ),
]


@pytest.mark.parametrize(("changes", "expected"), CASES)
def test_what_differs(changes: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    found = differences(THEN, now(**changes))
    assert [(each.field, each.then, each.now) for each in found] == expected


def test_what_differs_in_a_discount() -> None:
    then = now(Line=[*THEN["Line"], discounted("86")])
    moved = now(Line=[*THEN["Line"], discounted("92", DiscountPercent=Decimal("2.50"), TaxCodeRef={"value": "4"})])
    found = differences(then, moved)
    assert [(each.field, each.then, each.now) for each in found] == [
        ("line 3 percent", "none", "2.5"),
        ("line 3 discount account", "Account 86", "Account 92"),
        ("line 3 tax code", "none", "4"),
    ]


def test_a_copied_shipping_address_is_not_reported_as_changed() -> None:
    both = now(ShipAddr=BAYSHORE)
    found = differences(both, {**both, "BillAddr": {"Line1": "7 Mole"}})
    assert [each.field for each in found] == ["billing address"]


def test_whatever_the_fingerprint_covers_is_shown() -> None:
    for changes, expected in CASES:
        raw = now(**changes)
        changed = read_invoice(raw).fingerprint != read_invoice(THEN).fingerprint
        fields = {field for field, _, _ in expected} - {"tax", "total"}
        assert bool(fields) is changed or "Id" in str(changes), (changes, expected)


def written(raw: dict[str, Any]) -> str:
    return read_invoice(raw).written


def test_merged_names_are_distinguished_from_edits() -> None:
    merged = now(CustomerRef={"value": "60"}, Line=[sale("1", "Repair", "160.00", "12"), THEN["Line"][1]])
    customers, items = renamed_refs(written(THEN), written(merged))
    assert (customers, items) == ({"58": "60"}, {"11": "12"})
    assert fingerprint_with(written(THEN), customers, items) == read_invoice(merged).fingerprint
    assert fingerprint_with(written(THEN), {}, {}) == read_invoice(THEN).fingerprint
    dearer = now(CustomerRef={"value": "60"}, DueDate="2026-08-01")
    customers, items = renamed_refs(written(THEN), written(dearer))
    assert fingerprint_with(written(THEN), customers, items) != read_invoice(dearer).fingerprint


def test_what_is_gone_or_out_of_use(connect: Callable[..., Any]) -> None:
    company = connect("us")
    quickbooks, sandbox = company.quickbooks, company.sandbox
    kept, inactive, merged = (sandbox.create("Customer", {"DisplayName": f"Harbor {n}"})["Id"] for n in range(3))
    sandbox.edit("Customer", inactive, {"Active": False})
    sandbox.merge("Customer", merged, kept)
    assert quickbooks.gone("Customer", [kept, inactive, merged]) == {inactive, merged}
    assert quickbooks.gone("Customer", []) == set()
    assert merged in quickbooks.everything_since(sandbox.clock()).gone["Customer"]
