"""What pays invoices in QuickBooks is recorded in the host, or reversed there.

One look (lookup.py) finds the payments, invoices and customers that changed since the last one; windows overlap, and
known rows change nothing. What was voided, deleted, or no longer pays the same amount of an invoice is reversed in the
host, and recorded again where it still pays another amount (rows.py).
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from onedesk_quickbooks.plugin.ledger import DETAILS_CHANGED, AuditRow, Connected, PaymentRow
from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text
from onedesk_quickbooks.plugin.model.payment import Payment, Reversal
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.qbo import Unreadable, read_credit_memo, read_customer, read_invoice, read_payment
from onedesk_quickbooks.plugin.sync.auto_resolve import AutoResolve
from onedesk_quickbooks.plugin.sync.errors import HostAwaits
from onedesk_quickbooks.plugin.sync.host_notes import not_taken
from onedesk_quickbooks.plugin.sync.inbound.detect import ConflictDetector
from onedesk_quickbooks.plugin.sync.inbound.payments.lookup import Looked, PaymentLookup
from onedesk_quickbooks.plugin.sync.inbound.payments.payment_notes import show_details
from onedesk_quickbooks.plugin.sync.inbound.payments.rows import Rows
from onedesk_quickbooks.plugin.sync.otherwise import follow_quickbooks, show_otherwise
from onedesk_quickbooks.plugin.sync.outbound.recover import Recovery
from onedesk_quickbooks.plugin.sync.own_payments import is_own, note_key
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.sync.withdrawn import Withdrawn
from onedesk_quickbooks.plugin.texts import Text

_log = logging.getLogger("onedesk_quickbooks.sync")


@dataclass(frozen=True, slots=True)
class PaymentNews:
    """The result for one payment, credit or deposit (`kind`: model.payment.KINDS) on one invoice; `what` is recorded,
    reversed, changed (only its reference or its method, in QuickBooks), ignored (by rule), or noted: the host has its
    own record of it (`_noted`); `name` is its name for people ("credit memo CM-7")."""

    payment_id: str
    invoice_id: str
    number: str
    kind: str
    reference: str
    amount: Money
    balance: Money
    what: str
    name: str


NOTED = "noted"
"""The result for a payment that the host has its own record of, and that was changed in QuickBooks since."""


class PaymentKeeper:
    """Reports the payments of one company to the host."""

    def __init__(self, services: Services, connected: Connected) -> None:
        self._services = services
        self._connected = connected
        self._realm_id = connected.realm_id
        self._withdrawn = Withdrawn(services.ledger, connected.realm_id, services.undoing)
        self._new: set[str] = set()

    def bring(self) -> list[PaymentNews]:
        """Look, record, and notify the host. Raises `QuickBooksProblem` when QuickBooks cannot be asked, and
        `Unreadable` after all the rest is done and reported."""
        recovery = Recovery(self._services, self._realm_id)
        recovery.run()  # otherwise our own writes would look like edits in QuickBooks
        recovery.look_for_late()
        asked_at = self._services.now()
        looked, unreadable = _legible(PaymentLookup(self._services, self._connected).look(asked_at))
        found = Rows(self._services, self._connected)
        rows = found.made(looked.changes)
        detector = ConflictDetector(self._services, self._connected)
        detector.look(looked.changes)
        with self._services.ledger.together() as connection:
            self._services.ledger.payments.put(connection, rows)
            changed = self._change(connection, found.details)
            if not unreadable:  # otherwise the whole window is read again
                self._remember(connection, looked, asked_at)
            detector.record(connection)
            settled = {row.od_invoice_id for row in rows if row.source != "balance"}
            AutoResolve(self._services, self._realm_id).settles_otherwise(connection, sorted(settled))
        detector.notify_waiting()
        self._new = found.new
        news = self.notify_waiting()
        services = self._services
        follow_quickbooks(services.ledger, services.host, services.settings, self._realm_id)
        if unreadable:
            raise unreadable[0]
        self._services.ledger.companies.succeeded(self._realm_id)
        ignored = [self._news(row, "ignored") for row in rows if row.state == "ignored"]
        return [*news, *(self._news(row, DETAILS_CHANGED) for row in changed), *ignored]

    def _change(self, connection: Connection, details: Sequence[PaymentRow]) -> list[PaymentRow]:
        """Record for other programs which of these have another reference or method than was reported last."""
        rows, ledger = {row.id: row for row in details}, self._services.ledger
        added = ledger.payment_events.change(connection, self._realm_id, [row.payment for row in details])
        told = [(dataclasses.replace(rows[paid["id"]], payment=paid), what) for what, paid in added]
        ledger.audit.add(connection, [_audited(row, what) for row, what in told])
        return [row for row, what in told if what == DETAILS_CHANGED]

    def _remember(self, connection: Connection, looked: Looked, asked_at: datetime) -> None:
        """Record the end of the window, the time and the method of the look, together with its results."""
        queries_since = looked.since if looked.refused else None
        looks = self._services.ledger.payment_looks
        looks.looked(connection, self._realm_id, looked.changes.time, asked_at, queries_since)
        self._services.ledger.webhook_events.see(connection, self._realm_id, asked_at)

    # Reports to the host

    def notify_waiting(self) -> list[PaymentNews]:
        """Report every payment to the host that was not reported yet; what the host does not accept waits."""
        news = []
        for row in self._services.ledger.payments.waiting(self._realm_id):
            try:
                news.append(self._notify(row))
            except Exception as problem:
                not_taken(f"the payment {row.id}", problem)
        return news

    def _notify(self, row: PaymentRow) -> PaymentNews:
        news = self._noted(row) if row.state == "to_note" else self._recorded(row)
        host = self._services.host
        self._withdrawn.paid(host, row.od_invoice_id)  # before it counts as notified
        now = host.read_invoice(row.od_invoice_id)
        show_otherwise(self._services.ledger, host, self._services.settings, self._realm_id, now)
        with self._services.ledger.together() as connection:
            state = "known" if news.what == NOTED else news.what
            if self._services.ledger.payments.notified(row.id, state, row.taken):
                self._services.ledger.audit.add(connection, [_audited(row, news.what)])
            if details := _changed_since(row):
                self._change(connection, [dataclasses.replace(row, payment={**row.payment, **details})])
        return news

    def _noted(self, row: PaymentRow) -> PaymentNews:
        """Notify the host's users of a correction that they have to make: the payment is none that was recorded for
        them."""
        said, found = row.reversal or {}, self._news(row, NOTED)
        before = Money(decimal_from_text(said["before"]), row.payment["currency"])
        services, why = self._services, str(said["reason"])
        why = services.ledger.sentences.recalled([why], services.settings.language)[why]
        if said.get("unnamed"):
            text = _applied_there(found, why)
        else:
            text = _changed_there(found, before, why) if is_own(row) else _corrected(found, before, why)
        text = "" if said.get("agrees") else text
        services.host.add_note(row.od_invoice_id, note_key(row), text)
        return found

    def _recorded(self, row: PaymentRow) -> PaymentNews:
        host = self._services.host  # first and directly: this does not depend on what other plugins do in the hook
        if row.state == "to_record":
            self._record(row)
            if details := _changed_since(row):
                show_details(host, row, **details)
            with self._taken(row):
                self._services.report_payment(payment=row.payment)
            news = self._news(row, "recorded")
        else:
            reversal = row.reversal or {}
            balance = Money(decimal_from_text(reversal["balance"]), row.payment["currency"])
            if reversal.get("unsure"):
                # A host that does not know the payment would ignore its reversal, and keep the former balance.
                host.record_payment(Payment.from_json(row.payment))
            reversed_ = Reversal(row.id, row.od_invoice_id, balance, reversal["reason"])
            host.reverse_payment(reversed_)
            with self._taken(row):
                self._services.report_reversal(reversal=reversed_)
            news = dataclasses.replace(self._news(row, "reversed"), balance=balance)
        return news

    def _record(self, row: PaymentRow) -> None:
        """Record the payment. A host that says each time that it has not done so does not have it; after another
        exception, or the end of a process, it perhaps does."""
        refused = self._services.refused_payments
        known = row.id in self._new or row.id in refused
        refused.discard(row.id)
        try:
            self._services.host.record_payment(Payment.from_json(row.payment))
        except (NotNow, HostAwaits):
            if known:
                refused.add(row.id)
            raise

    @contextmanager
    def _taken(self, row: PaymentRow) -> Iterator[None]:
        """Reports what the host has accepted to the plugins: where one refuses it, it is not repeated with another
        balance, which the host would ignore."""
        try:
            yield
        except Exception:
            self._services.ledger.payments.taken(row)
            raise

    def _news(self, row: PaymentRow, what: str) -> PaymentNews:
        link = self._services.ledger.links.invoice(self._realm_id, row.od_invoice_id)
        payment = Payment.from_json(row.payment)
        number = link.od_number if link else ""
        return PaymentNews(
            payment_id=row.id,
            invoice_id=row.od_invoice_id,
            number=number,
            kind=payment.kind,
            reference=payment.reference,
            amount=payment.amount,
            balance=payment.balance,
            what=what,
            name=payment.name,
        )


def _corrected(found: PaymentNews, before: Money, why: str) -> str:
    """The note for the users of the invoice; "" where the payment is as before again."""
    if before == found.amount:
        return ""
    gone = not found.amount.amount
    if gone:
        now, correct = Text("settles nothing of it now"), Text("take that back")
    else:
        now = Text("is {amount} now", amount=found.amount)
        correct = Text("correct that to {amount}", amount=found.amount)
    return Text(
        "The {name} settled this invoice in QuickBooks before the two were linked; it was {before} and {now} ({why}). "
        "OneDesk has its own record of it, which the plugin leaves alone: {correct} by hand, so that {balance} is "
        "left, as in QuickBooks.",
        name=found.name,
        before=before,
        now=now,
        why=why,
        correct=correct,
        balance=found.balance,
    )


def _changed_there(found: PaymentNews, before: Money, why: str) -> str:
    """The same for a payment that the host has recorded itself, and that was written to QuickBooks."""
    if before == found.amount:
        return ""
    gone = not found.amount.amount
    now = Text("settles nothing of it now") if gone else Text("is {amount} now", amount=found.amount)
    return Text(
        "The {name}, which was recorded in OneDesk and taken to QuickBooks, was {before} there and {now} ({why})."
        " OneDesk has it as it was: correct it in one of the two, so that both have the same left ({balance} in"
        " QuickBooks).",
        name=found.name,
        before=before,
        now=now,
        why=why,
        balance=found.balance,
    )


def _applied_there(found: PaymentNews, why: str) -> str:
    """The same for one that the host has recorded for other invoices."""
    return Text(
        "The {name}, which was recorded in OneDesk and taken to QuickBooks, settles {amount} of this invoice there now"
        " ({why}). OneDesk does not have it for this invoice: correct it in one of the two, so that both have the same"
        " left ({balance} in QuickBooks).",
        name=found.name,
        amount=found.amount,
        why=why,
        balance=found.balance,
    )


def _changed_since(row: PaymentRow) -> Mapping[str, str]:
    """The reference and the method of a payment that were changed in QuickBooks before the host has accepted it."""
    return row.details or {} if row.state == "to_record" else {}


def _audited(row: PaymentRow, what: str) -> AuditRow:
    """The audit row of a payment that was reported to the host."""
    reversal = row.reversal if what in ("reversed", NOTED) else None
    content = {"what": what, "payment": row.payment, "reversal": reversal}
    return AuditRow("payment", row.realm_id, row.od_invoice_id, content)


_READERS: Mapping[str, Callable[[Mapping[str, Any]], object]] = {
    "Payment": read_payment,
    "Invoice": read_invoice,
    "CreditMemo": read_credit_memo,
    "Customer": read_customer,
}


def _legible(looked: Looked) -> tuple[Looked, list[Unreadable]]:
    """The readable objects, and the problems of the others: an unreadable one does not hide the rest."""
    entities: dict[str, list[dict[str, Any]]] = {}
    problems = []
    for entity, rows in looked.changes.entities.items():
        kept = entities.setdefault(entity, [])
        for raw in rows:
            try:
                if entity in _READERS:
                    _READERS[entity](raw)
                kept.append(raw)
            except Unreadable as problem:
                _log.error("%s", problem.logged)
                problems.append(problem)
    found = dataclasses.replace(looked.changes, entities=entities)
    return (dataclasses.replace(looked, changes=found), problems) if problems else (looked, [])
