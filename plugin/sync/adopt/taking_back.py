"""Removes links that `adopt` has made: nothing in QuickBooks is changed, or was changed by them.

The host is notified first, which is idempotent. The rest is removed in one transaction, as the link was created.
"""

from __future__ import annotations

import dataclasses
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import Connection

from onedesk_quickbooks.plugin.ledger import ADOPT, KNOWN, Connected, CustomerLink, InvoiceLink, OutboxEntry, PaymentRow
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO
from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text
from onedesk_quickbooks.plugin.model.payment import Payment
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.planning import HAD_BEFORE
from onedesk_quickbooks.plugin.qbo import id_of
from onedesk_quickbooks.plugin.sync.auto_resolve import NOTES
from onedesk_quickbooks.plugin.sync.host_notes import NOTE, not_taken
from onedesk_quickbooks.plugin.sync.own_payments import is_own, note_key, resume_payments
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import Text, text_in
from onedesk_quickbooks.plugin.texts.arguments import arguments

_log = logging.getLogger("onedesk_quickbooks.sync")

KINDS = {
    "link": Text("to take back"),
    "taken_back": Text("taken back"),
    "gone": Text("taken back before"),
    "stays": Text("stays"),
}
"""The result for a link, for people. `link`: it can be removed; `taken_back`: it was removed now; `gone`: it was
removed before; `stays`: something prevents it."""
_BROUGHT = ("to_record", "recorded", "to_reverse")
UNADOPT = "unadopt"
"""The action in the audit trail."""
_SINCE = {
    "invoice": Text("OneDesk's version was written to QuickBooks on {day}"),
    "send": Text("QuickBooks has e-mailed it for OneDesk on {day}"),
    "undo": Text("it was voided or deleted in QuickBooks from here on {day}"),
    "apply": Text("a credit memo was applied in QuickBooks from here on {day}"),
}
_UNLINKED = Text("Its invoice is no longer adopted; it is tried again automatically.")
_FILE = Text("a file of OneDesk was attached to it in QuickBooks on {day}")


@dataclass(frozen=True, slots=True)
class Row:
    """The link of one invoice of OneDesk. `kind` is one of KINDS; `customer` is "" or the result for the customer's
    link."""

    id: str
    number: str
    kind: str
    qbo_id: str = ""
    qbo_number: str = ""
    total: Money | None = None
    reason: str = ""
    customer: str = ""

    def to_json(self) -> dict[str, Any]:
        """The form of `adopt --undo --json`; amounts are decimal strings."""
        return {
            "id": self.id,
            "number": self.number,
            "undo": self.kind,
            "qbo_id": self.qbo_id,
            "qbo_number": self.qbo_number,
            "total": self.total.digits if self.total else None,
            "currency": self.total.currency if self.total else None,
            "reason": self.reason,
            "customer": self.customer,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The plan for links of a company; or the result, where they were to be removed (`kept`)."""

    company: str
    rows: Sequence[Row]
    kept: bool = False

    @property
    def counts(self) -> Counter[str]:
        """How many there are of each kind."""
        return Counter(each.kind for each in self.rows)

    @property
    def fine(self) -> bool:
        """Whether every link can be removed."""
        return not self.counts["stays"]

    def to_json(self) -> dict[str, Any]:
        """What `adopt --undo --json` prints."""
        return {
            "company": self.company,
            "kept": self.kept,
            "counts": {kind: self.counts[kind] for kind in KINDS},
            "invoices": [each.to_json() for each in self.rows],
        }


class TakingBack:
    """Removes links of one company; for a single use. `take_back` requires that the caller holds the company queue.
    `user` is who asks."""

    def __init__(self, services: Services, connected: Connected, user: str) -> None:
        self._services = services
        self._connected = connected
        self._realm_id = connected.realm_id
        self._ledger = services.ledger
        self._user = user
        self._made: dict[str, OutboxEntry] = {}
        self._links: dict[str, InvoiceLink] = {}

    def look(self, names: Sequence[str]) -> Report:
        """Which links of these invoices, by OneDesk's ids or else numbers, can be removed."""
        self._links, self._made = {}, {}
        rows = [self._named(name) for name in dict.fromkeys(names)]
        going = {each.id for each in rows if each.kind == "link"}
        rows = [
            dataclasses.replace(each, customer=self._customer(each.id, going)) if each.id in going else each
            for each in rows
        ]
        return Report(self._connected.company.name, list({each.id: each for each in rows}.values()))

    def take_back(self, names: Sequence[str]) -> Report:
        """The same, and remove them."""
        found, rows = self.look(names), []
        for each in found.rows:
            why = self._notify(each) if each.kind == "link" else ""
            if why:
                rows.append(dataclasses.replace(each, kind="stays", reason=why))
                continue
            if each.kind == "link":
                self._services.check_lease()
                with self._ledger.together() as connection:
                    self._forget(connection, each)
            rows.append(dataclasses.replace(each, kind="taken_back") if each.kind == "link" else each)
        return dataclasses.replace(found, rows=rows, kept=True)

    # Obstacles

    def _named(self, name: str) -> Row:
        ids = sorted(each.od_invoice_id for each in self._ledger.links.named(self._realm_id, [name])[name])
        if len(ids) < 2:
            return self._row(ids[0] if ids else name, name)
        several = Text(
            "Several invoices have the number {name}: name one by its id ({ids}).", name=name, ids=", ".join(ids)
        )
        return Row(name, name, "stays", reason=several)

    def _row(self, od_id: str, name: str) -> Row:
        link = self._ledger.links.invoice(self._realm_id, od_id)
        if link is None:
            before = self._ledger.outbox.taken_back(self._realm_id, [od_id])
            if before:
                return Row(od_id, before[0].context.get("od_number") or od_id, "gone", id_of(before[0].answer or {}))
            why = Text("{name} is linked to no invoice of QuickBooks, by its id or its number.", name=name)
            return Row(od_id, name, "stays", reason=why)
        self._links[od_id] = link
        against = self._against(link)
        total = Money(decimal_from_text(link.qbo_total), link.currency)
        kind = "stays" if against else "link"
        return Row(od_id, link.od_number or od_id, kind, link.qbo_id, link.qbo_number, total, against)

    def _against(self, link: InvoiceLink) -> str:
        """Why the link stays; "" where it can be removed."""
        return next(chain(self._waits(link), self._written(link), self._settled(link)), "")

    def _waits(self, link: InvoiceLink) -> Iterator[Text]:
        realm_id, od_id = self._realm_id, link.od_invoice_id
        waits = [each for each in self._ledger.queue.open_of(realm_id, od_id) if each.state == "todo"]
        if waits:
            yield Text(
                "Something of it waits in the queue (entry {n}, {action}). Let that end first, or take it out:"
                " onedesk-quickbooks queue drop {n} --reason TEXT.",
                n=waits[0].id,
                action=Text(waits[0].action),
            )
        unknown = [each for each in self._ledger.outbox.unknown(realm_id) if each.od_invoice_id == od_id]
        if unknown or self._ledger.outbox.given_up(realm_id, [od_id]):
            yield Text(
                "QuickBooks has not answered a request for it, and may have done it: start onedesk-quickbooks serve, or"
                " copy it once more, and look again."
            )

    def _written(self, link: InvoiceLink) -> Iterator[Text]:
        every = self._ledger.outbox.done(self._realm_id, link.od_invoice_id)
        made = [each for each in every if each.operation == ADOPT and id_of(each.answer or {}) == link.qbo_id]
        if not made:
            yield Text(
                "It was not adopted: a copy has made it in QuickBooks, or has found it there. What a copy has made is"
                " taken back by onedesk-quickbooks undo RUN."
            )
            return
        self._made[link.od_invoice_id] = made[-1]
        since = [each for each in every if each.id > made[-1].id]
        wrote = [each for each in since if each.step in _SINCE or each.operation == "upload"]
        wrote += self._ledger.outbox.applied_to(self._realm_id, link.qbo_id, made[-1].id)
        if wrote:
            day = (wrote[0].answered_at or wrote[0].recorded_at).date()
            what = _FILE if wrote[0].operation == "upload" else _SINCE[wrote[0].step]
            yield Text(
                "Through this link, QuickBooks was changed since: {what}. So QuickBooks {id} is now OneDesk's "
                "invoice: if it was another one, enter that again in QuickBooks by hand (its audit log has what it "
                "was).",
                what=Text(what, day=day),
                id=link.qbo_id,
            )

    def _settled(self, link: InvoiceLink) -> Iterator[Text]:
        for row in self._ledger.payments.of_invoice(self._realm_id, link.od_invoice_id):
            paid = Payment.from_json(row.payment)
            if not paid.amount.amount:
                continue
            if row.state in _BROUGHT:
                yield Text(
                    "Through this link, {what} of {amount} was recorded in OneDesk. Take it off the invoice in "
                    "QuickBooks first, and run onedesk-quickbooks payments, which takes it back in OneDesk.",
                    what=Text("the {what}", what=paid.name),
                    amount=paid.amount,
                )
            elif row.state in KNOWN and is_own(row):
                yield Text(
                    "Through this link, {what} of {amount} was recorded in QuickBooks. Take it back in OneDesk first, "
                    "so that it is voided there.",
                    what=Text("the {what}", what=paid.name),
                    amount=paid.amount,
                )

    # Its customer

    def _customer_link(self, od_id: str) -> CustomerLink | None:
        """The customer's link, where the adoption has made it and it is unchanged."""
        context = self._made[od_id].context
        made = context.get("customer_link")
        if not made:
            return None
        link = CustomerLink(self._made[od_id].od_customer_id, str(context["currency"]), str(made))
        return link if link in self._ledger.links.every_customer(self._realm_id, link.od_customer_id) else None

    def _customer(self, od_id: str, going: set[str]) -> str:
        link = self._customer_link(od_id)
        if link is None:
            return self._unsaid(self._made[od_id])
        written = self._ledger.outbox.invoices_of_customer(self._realm_id, link.od_customer_id, len(going) + 1)
        others = set(written) - going
        values = {"id": link.od_customer_id, "qbo_id": link.qbo_id}
        if not others:
            return Text("Its customer {id} is no longer linked to QuickBooks' {qbo_id} either.", **values)
        return Text(
            "Its customer {id} stays linked to QuickBooks' {qbo_id}, as other invoices of it are; where that is wrong:"
            " onedesk-quickbooks customers unlink {unlink}.",
            **values,
            unlink=arguments(link.od_customer_id),
        )

    def _unsaid(self, made: OutboxEntry) -> str:
        """For an adoption of an earlier release, which has not recorded whether it made the customer's link."""
        links = self._ledger.links.every_customer(self._realm_id, made.od_customer_id)
        if "customer_link" in made.context or not links:
            return ""
        return Text(
            "Its customer {id} stays linked to QuickBooks' {qbo_id}; where that is wrong: onedesk-quickbooks customers"
            " unlink {unlink}.",
            id=made.od_customer_id,
            unlink=arguments(made.od_customer_id),
            qbo_id=links[0].qbo_id,
        )

    # Removal

    def _notify(self, row: Row) -> str:
        """Notify the host; returns why it was not accepted, "" where it was."""
        host, link = self._services.host, self._links[row.id]
        values = {"name": link.qbo_number or link.qbo_id, "user": self._user or "OneDesk"}
        said = Text(
            "{user} has taken back its link to the QuickBooks invoice {name}, in which nothing was changed. Copy it to"
            " have it in QuickBooks, or adopt it with the right one.",
            **values,
        )
        if link.kind == CREDIT_MEMO:
            said = Text(
                "{user} has taken back its link to the QuickBooks credit memo {name}, in which nothing was changed."
                " Copy it to have it in QuickBooks, or adopt it with the right one.",
                **values,
            )
        try:
            for key in (*NOTES.values(), *map(note_key, self._known(row.id))):
                host.add_note(row.id, key, "")
            host.add_note(row.id, NOTE, said)
            host.set_tag(row.id, "", "")
        except Exception as problem:
            not_taken(f"that invoice {row.id} is linked no more", problem)
            why = text_in(problem)
            if not isinstance(problem, NotNow):
                why = Text("{kind}; the log says more", kind=type(problem).__name__)
            return Text("The host did not accept it ({why}), so it stays linked: try again.", why=why)
        return ""

    def _known(self, od_id: str) -> list[PaymentRow]:
        rows = self._ledger.payments.of_invoice(self._realm_id, od_id)
        return [each for each in rows if each.state in KNOWN and not is_own(each)]

    def _forget(self, connection: Connection, row: Row) -> None:
        ledger, link, made = self._ledger, self._links[row.id], self._made[row.id]
        ledger.queue.taken_back(connection, self._realm_id, row.id, made.work_id)
        ledger.payments.forget_known(connection, self._realm_id, row.id)
        resume_payments(ledger, connection, self._realm_id, [row.id], HAD_BEFORE, _UNLINKED)
        ledger.links.forget_invoice(connection, self._realm_id, row.id)
        ledger.marked_forms.outdate(connection, self._realm_id)
        customer = self._customer_link(row.id)
        ledger.outbox.take_back(connection, made.id)
        facts = {"entry": made.work_id, "qbo_id": link.qbo_id, "number": link.qbo_number}
        if customer is not None and not ledger.outbox.invoices_of_customer(self._realm_id, customer.od_customer_id, 1):
            ledger.links.forget_customer(self._realm_id, customer)
            facts["unlinked_customer"] = f"{customer.od_customer_id} ({customer.qbo_id})"
        ledger.audit.act(self._user, UNADOPT, realm_id=self._realm_id, od_invoice_id=row.id, **facts)
