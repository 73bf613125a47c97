"""Reconciling in several countries and currencies: tax by code, and sums that stay apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from onedesk_quickbooks.plugin.sync.errors import CannotList, CannotReconcile
from tests.sync.conftest import Desk
from tests.sync.reconcile.conftest import (
    Failing,
    Foreign,
    Listing,
    Make,
    again,
    foreign,
    found,
    kinds,
    only,
    reconciled,
)


def taxed(invoice: Make, tax: str, rate: str, **fields: Any) -> dict[str, Any]:
    """310.00 and the tax on it."""
    total = str(Decimal("310.00") + Decimal(tax))
    taxes = [{"name": "Tax", "rate": rate, "amount": tax, "taxable": "310.00"}]
    return invoice(taxes=taxes, total=total, **fields)


def test_automated_sales_tax_by_code(automated: Desk, invoice: Make) -> None:
    automated.copy(taxed(invoice, "22.48", "7.25"))
    report = reconciled(automated)
    assert report.all == []
    assert [(row.what, row.onedesk, row.quickbooks) for row in report.sums.taxes] == [
        ("7.25 %", Decimal("22.48"), Decimal("22.48"))
    ]


def test_automated_sales_tax_that_differs(automated: Desk, invoice: Make) -> None:
    """The customer's address is corrected in OneDesk after QuickBooks has taken its tax from another state."""
    automated.predicts = False
    automated.copy(taxed(invoice, "19.38", "6.25"))
    differences = {each.kind: each for each in found(automated)}
    assert list(differences) == ["total", "tax"]
    assert (differences["tax"].onedesk, str(differences["tax"].amount)) == ("19.38 USD (Tax 19.38)", "-3.10 USD")
    assert again(automated, taxed(invoice, "22.48", "7.25")) in ("copied", "updated", "unchanged")
    assert kinds(automated) == []


GB = """version: 1
taxes:
  by_country:
    GB: {by_rate: {"20": 20.0% S, "5": 5.0% R}}
  otherwise: hold
totals: {when_different: note}
"""


@pytest.fixture
def gb(desks: Callable[..., Desk]) -> Desk:
    desk = desks("gb", rules=GB)
    desk.connect()
    return desk


def british(invoice: Make, *rates: str, **fields: Any) -> dict[str, Any]:
    """Lines of 100.00 at these rates."""
    lines = [
        {"id": str(n), "service_type": "Support", "amount": "100.00", "tax_rate": rate} for n, rate in enumerate(rates)
    ]
    taxes = [{"name": f"VAT {rate}", "rate": rate, "amount": f"{rate}.00", "taxable": "100.00"} for rate in rates]
    net = 100 * len(rates)
    total = f"{net + sum(map(int, rates))}.00"
    customer = {**invoice()["customer"], "address": {"line1": "1 Quay", "city": "Deal", "country": "GB"}}
    fields = {"taxes": taxes, "subtotal": f"{net}.00", "total": total, "customer": customer, **fields}
    return invoice(currency="GBP", lines=lines, **fields)


def test_tax_by_code_in_britain(gb: Desk, invoice: Make) -> None:
    gb.copy(british(invoice, "20", "5"))
    report = reconciled(gb)
    assert report.all == []
    assert [(row.what, row.code, str(row.difference)) for row in report.sums.taxes] == [
        ("20 %", "20.0% S", "0.00 GBP"),
        ("5 %", "5.0% R", "0.00 GBP"),
    ]


def test_tax_at_one_rate_that_differs_is_named_by_code(gb: Desk, invoice: Make) -> None:
    right = british(invoice, "20", "5")
    shifted = [{**right["taxes"][0], "amount": "21.00"}, {**right["taxes"][1], "amount": "4.00"}]
    gb.copy({**right, "taxes": shifted})
    difference = only(gb)
    assert (difference.kind, difference.onedesk, difference.quickbooks) == (
        "tax",
        "25.00 GBP (VAT 20 21.00, VAT 5 4.00)",
        "25.00 GBP (20.0% S 20.00, 5.0% R 5.00)",
    )
    assert "the rules under totals let it through" in difference.cause
    assert again(gb, right) in ("updated", "unchanged")
    assert kinds(gb) == []


def test_a_total_that_was_let_through_is_reported_and_mended(gb: Desk, invoice: Make) -> None:
    right = british(invoice, "20")
    assert (
        gb.copy({**right, "taxes": [{**right["taxes"][0], "amount": "21.00"}], "total": "121.00"}).outcome == "copied"
    )
    assert [(each.kind, str(each.amount)) for each in found(gb)] == [("total", "1.00 GBP"), ("tax", "1.00 GBP")]
    assert again(gb, right) in ("updated", "unchanged")
    assert kinds(gb) == []


def test_sums_stay_apart_by_currency(desks: Callable[..., Desk], invoice: Make) -> None:
    similar = "customers: {when_similar: create}\n"  # QuickBooks has a "Blue Harbour Trading"
    desk = desks("intl", currency="NOK", rules=f"version: 1\n{similar}taxes: {{otherwise: {{code: VAT 25%}}}}\n")
    desk.connect()
    taxes = [{"name": "MVA", "rate": "25", "amount": "77.50", "taxable": "310.00"}]
    both = {"taxes": taxes, "total": "387.50"}
    copied = desk.copy(invoice(currency="NOK", **both))
    assert copied.outcome == "copied", copied.reason
    abroad = {"id": "C-9", "name": "Lumière"}
    copied = desk.copy(invoice(currency="EUR", id="INV-2", number="2042", customer=abroad, **both))
    assert copied.outcome == "copied", copied.reason
    desk.sandbox.pay({copied.qbo_id: "20.00"})
    report = reconciled(desk)
    assert [(row.what, row.currency, str(row.onedesk), str(row.quickbooks)) for row in report.sums.amounts] == [
        ("totals", "EUR", "387.50", "387.50"),
        ("tax", "EUR", "77.50", "77.50"),
        ("open balances", "EUR", "387.50", "367.50"),
        ("totals", "NOK", "387.50", "387.50"),
        ("tax", "NOK", "77.50", "77.50"),
        ("open balances", "NOK", "387.50", "387.50"),
    ]
    assert [(each.kind, str(each.amount)) for each in report.all] == [("payment", "-20.00 EUR")]
    desk.application.bring_payments()
    assert kinds(desk) == []
    desk.predicts = False
    assert again(desk, invoice(currency="EUR", **both)) == "held"
    difference = only(desk)
    assert (difference.kind, difference.onedesk, difference.quickbooks) == ("currency", "EUR", "NOK")
    assert "bill it in NOK" in difference.cause
    assert again(desk, invoice(currency="NOK", **both)) == "unchanged"
    assert kinds(desk) == []


def test_two_taxes_in_quebec(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks("ca", rules="version: 1\ntaxes: {by_country: {CA: GST/QST QC - 9.975}, otherwise: hold}\n")
    desk.connect()
    taxes = [
        {"name": "TPS", "rate": "5", "amount": "15.50", "taxable": "310.00"},
        {"name": "TVQ", "rate": "9.975", "amount": "30.92", "taxable": "310.00"},
    ]
    customer = {"id": "C-3", "name": "Érable", "address": {"country": "CA", "region": "QC"}}
    desk.copy(invoice(currency="CAD", taxes=taxes, total="356.42", customer=customer))
    report = reconciled(desk)
    assert report.all == []
    assert [(row.what, row.code, str(row.onedesk), str(row.quickbooks)) for row in report.sums.taxes] == [
        ("5 %", "GST/QST QC - 9.975", "15.50", "15.50"),
        ("9.975 %", "GST/QST QC - 9.975", "30.92", "30.92"),
    ]


def test_another_host_that_lists_nothing_is_read_by_what_it_asked_for(us: Desk, invoice: Make) -> None:
    copied = us.copy(invoice())
    us.save(invoice(id="INV-2", number="2042"))  # never asked for
    us.sandbox.pay({copied.qbo_id: "100.00"})
    report = foreign(us)
    assert (report.listed, [pair.name for pair in report.pairs]) == (False, ["2041"])
    assert [each.kind for each in report.all] == ["payment"]
    us.application.bring_payments()
    assert foreign(us).all == []


def test_another_host_that_lists_its_invoices_misses_none(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    us.save(invoice(id="INV-2", number="2042"))  # never asked for
    us.save(invoice(id="INV-3", number="2043", issue_date="2026-08-01"))
    report = foreign(us, Listing)
    assert (report.listed, [(each.name, each.kind) for each in report.all]) == (
        True,
        [("2042", "missing_in_quickbooks"), ("2043", "missing_in_quickbooks")],
    )
    july = foreign(us, Listing, first=date(2026, 7, 1), last=date(2026, 7, 31))
    assert [each.name for each in july.all] == ["2042"]


def test_a_host_whose_list_fails_is_named(us: Desk) -> None:
    with pytest.raises(CannotList, match=r"did not list its invoices \(ConnectionError"):
        foreign(us, Failing)


def test_rounding_that_is_written_as_a_line_is_no_difference(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules="version: 1\ntotals: {rounding: {item: Rounding}}\n")
    desk.connect()
    assert desk.copy(invoice(rounding="0.40", payable="310.40")).outcome == "copied"
    report = reconciled(desk)
    assert (report.all, [str(row.difference) for row in report.sums.amounts]) == ([], ["0.00 USD"] * 3)


class Away(Foreign):
    """A host that gives no invoice now."""

    def read_invoice(self, invoice_id: str) -> None:
        raise ConnectionError("the host's database is away")


def test_a_host_that_gives_no_invoice_is_named(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    with pytest.raises(CannotReconcile, match="The host did not give invoice INV-1"):
        foreign(us, Away)
