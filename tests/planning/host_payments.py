"""Payments of the host in cases: what was handed over, and what QuickBooks has of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.books import BooksCredit, BooksPayment
from onedesk_quickbooks.plugin.model.company_settings import Account, Company, Ref
from onedesk_quickbooks.plugin.model.decision import HostPaymentDecisions
from onedesk_quickbooks.plugin.model.host_payment import HostPayment
from onedesk_quickbooks.plugin.model.payment_plan import AnyWorkPlan, Billed, PaymentBooks, Written
from onedesk_quickbooks.plugin.planning import plan_payment

PAYMENT: dict[str, Any] = {
    "id": "P1",
    "date": "2026-11-24",
    "currency": "USD",
    "amount": "300.00",
    "invoices": [{"id": "INV-1", "amount": "300.00"}],
}
ACCOUNTS = (Account("35", "Checking", "Bank"), Account("79", "Services", "Income"))
METHODS = (Ref("2", "Check"), Ref("4", "Visa"))


@dataclass(frozen=True)
class GivenPayment:
    """All arguments of `plan_payment`."""

    payment: HostPayment
    action: str
    decisions: HostPaymentDecisions
    books: PaymentBooks

    def plan(self) -> AnyWorkPlan:
        """The plan."""
        return plan_payment(self.payment, self.action, self.decisions, self.books)


def payment_of(
    given: Mapping[str, Any], decisions: HostPaymentDecisions, invoice_of: Callable[[str, Mapping[str, Any]], Any]
) -> GivenPayment:
    """What a case has under `payment`: fields of the payment itself; `action`; `billed`, invoices by the host's id
    ("absent": QuickBooks has none); `settling`, `written`; `company`, `rate`, `from_quickbooks`; `methods` and
    `accounts`, names of more of them."""
    payment = HostPayment.from_json({**PAYMENT, **given.get("fields", {})})
    known = given.get("company", {})
    closed = date.fromisoformat(known["closed_through"]) if "closed_through" in known else None
    several = known.get("multicurrency") == "true"
    company = Company("1", "Books", "US", "USD", multicurrency=several, closed_through=closed)
    listed = given.get("billed", {"INV-1": {}})
    billed = {key: _billed(key, each, invoice_of) for key, each in listed.items()}
    books = PaymentBooks(
        company=company,
        accounts=(*ACCOUNTS, *(Account(f"9{n}", name, "Bank") for n, name in enumerate(given.get("accounts", ())))),
        methods=(*METHODS, *(Ref(f"9{n}", name) for n, name in enumerate(given.get("methods", ())))),
        billed=billed,
        settling=tuple(_payment(each) for each in given.get("settling", ())),
        written=_written(given["written"], payment) if "written" in given else None,
        rate=Decimal(given["rate"]) if "rate" in given else None,
        from_quickbooks=given.get("from_quickbooks") == "true",
    )
    return GivenPayment(payment, given.get("action", "paid"), decisions, books)


def _billed(od_id: str, given: Any, invoice_of: Callable[[str, Mapping[str, Any]], Any]) -> Billed:
    if given == "absent":
        return Billed(od_id)
    if given == "gone":
        return Billed(od_id, "81", od_id)
    if "coming" in given:
        left = None if given["coming"] == "unknown" else Decimal(given["coming"])
        return Billed(od_id, left=left, customer_id="5", currency="USD", coming=True)
    now = invoice_of("81" if od_id == "INV-1" else f"8-{od_id}", {"total": "300.00", "number": od_id, **given})
    credit = given.get("credit") == "true"
    had_it = given.get("had_it") == "true"
    return Billed(od_id, now.id, od_id, now, now.balance, now.customer_id, now.currency, False, credit, had_it)


def _payment(given: Mapping[str, Any]) -> BooksPayment:
    """`unapplied` is what of it is for no invoice; without it all of it is for one."""
    total = Decimal(given.get("total", "300.00"))
    unapplied = Decimal(given.get("unapplied", "0"))
    applied = Decimal(given.get("applied", str(total - unapplied)))
    return BooksPayment(
        id=given.get("id", "91"),
        sync_token=given.get("sync_token", "0"),
        currency=given.get("currency", "USD"),
        total=total,
        unapplied=unapplied,
        date=date.fromisoformat(given.get("date", "2026-11-24")),
        method=given.get("method", ""),
        reference=given.get("reference", ""),
        customer_id=given.get("customer", "5"),
        voided=given.get("voided") == "true",
        applied=((given.get("invoice", "81"), applied),) if applied else (),
        private_note=given.get("note", ""),
        credits=tuple(
            BooksCredit("credit_memo", "CreditMemo", "92", number, applied) for number in given.get("with", ())
        ),
        deposited=given.get("deposited") == "true",
        deposit_to=given.get("deposit_to", ""),
    )


def _written(given: Mapping[str, Any], payment: HostPayment) -> Written:
    """`content` is that of the payment unless the case has another one."""
    now = None if given.get("gone") == "true" else _payment({"note": "OneDesk payment P1", **given})
    content = given.get("content", payment.content)
    then = _payment({"id": given.get("id", "91"), "note": "OneDesk payment P1"})
    return Written(given.get("id", "91"), now, content, then, given.get("did", ""))
