"""Invoices that a bookkeeper has entered in QuickBooks, beside those of OneDesk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.hooks import Money, Payment
from onedesk_quickbooks.plugin.planning.adopt import Asked, Match, Report
from onedesk_quickbooks.plugin.sync.reconcile import listed
from tests.sync.changes.conftest import automated
from tests.sync.conftest import ADMIN, Desk

__all__ = ["automated"]
Make = Callable[..., dict[str, Any]]
CUSTOMER = "Blue Harbor Ltd"


def customer(desk: Desk, name: str = CUSTOMER, currency: str = "", **fields: Any) -> str:
    """A customer in QuickBooks, entered once; its id."""
    found = desk.sandbox.list("Customer", f"DisplayName = '{name}'")
    if found:
        return str(found[0]["Id"])
    kept = {"CurrencyRef": {"value": currency}} if currency else {}
    return str(desk.sandbox.create("Customer", {"DisplayName": name, **kept, **fields})["Id"])


def item(desk: Desk, name: str) -> str:
    """A service in QuickBooks, entered once; its id."""
    found = desk.sandbox.list("Item", f"Name = '{name}'")
    if found:
        return str(found[0]["Id"])
    income = desk.sandbox.list("Account", "AccountType = 'Income'")[0]["Id"]
    made = {"Name": name, "Type": "Service", "IncomeAccountRef": {"value": income}}
    return str(desk.sandbox.create("Item", made)["Id"])


def enter(
    desk: Desk, number: str = "2041", amount: str = "310.00", name: str = CUSTOMER, code: str = "", **fields: Any
) -> str:
    """An invoice of one line in QuickBooks, as a bookkeeper enters it; its id."""
    detail: dict[str, Any] = {"ItemRef": {"value": item(desk, "Work")}, "Qty": 1, "UnitPrice": Decimal(amount)}
    if code:
        detail["TaxCodeRef"] = {"value": code}
    line = {"Amount": Decimal(amount), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    currency = fields.get("CurrencyRef", {}).get("value", "")
    kept = {"CustomerRef": {"value": customer(desk, name, currency)}, "TxnDate": "2026-07-01", "Line": [line]}
    numbered = {"DocNumber": number} if number else {}
    return str(desk.sandbox.create("Invoice", {**kept, **numbered, **fields})["Id"])


def asked(desk: Desk, *ids: str, pairs: dict[str, str] | None = None, **fields: Any) -> Asked:
    named = frozenset([*ids, *(pairs or {})]) if ids else None
    return Asked(listed(desk.host) or (), named, pairs=pairs or {}, **fields)


def look(desk: Desk, *ids: str, **fields: Any) -> Report:
    """`adopt` without --yes."""
    return desk.application.adopt(asked(desk, *ids, **fields), "ada, command line")


def adopt(desk: Desk, *ids: str, **fields: Any) -> Report:
    """`adopt --yes`."""
    return desk.application.adopt(asked(desk, *ids, **fields), "ada, command line", keep=True)


def only(desk: Desk, **fields: Any) -> Match:
    (found,) = look(desk, **fields).matches
    return found


def record(desk: Desk, invoice_id: str, amount: str, balance: str, currency: str = "USD") -> None:
    """Somebody records in OneDesk what was paid."""
    paid = Payment(
        f"hand-{invoice_id}-{amount}",
        invoice_id,
        Money(Decimal(amount), currency),
        Money(Decimal(balance), currency),
        date(2026, 7, 5),
    )
    desk.host.record_payment(paid)


def again(desk: Desk, invoice: dict[str, Any]) -> str:
    """Back to Draft, corrected, opened and copied; the outcome."""
    desk.host.reopen(invoice["id"], ADMIN)
    desk.host.edit(invoice["id"], {**invoice, "status": "draft"}, ADMIN)
    return desk.copy(invoice).outcome


def writes(desk: Desk) -> list[str]:
    """The requests since the last time that change something in QuickBooks."""
    return [each for each in desk.calls() if each.startswith("POST") and each != "POST batch"]
