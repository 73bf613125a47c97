"""An invoice of OneDesk, and one of QuickBooks, in the form for a reconciliation. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, TypeGuard

from onedesk_quickbooks.plugin.ledger import KNOWN, REPORTED, PaymentRow, Work
from onedesk_quickbooks.plugin.model.books import BooksInvoice, BooksPayment
from onedesk_quickbooks.plugin.model.host import InvoiceJson
from onedesk_quickbooks.plugin.model.host_payment import payment_key
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO, UNPAID
from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text
from onedesk_quickbooks.plugin.model.payment import Payment, named
from onedesk_quickbooks.plugin.planning import marked
from onedesk_quickbooks.plugin.planning.reconcile import Listed, Own, Settled, TaxPart, Theirs, Unbooked
from onedesk_quickbooks.plugin.sync.inbound.payments.parts import Part
from onedesk_quickbooks.plugin.sync.own_payments import is_own, was_noted
from onedesk_quickbooks.plugin.sync.payload import read_invoice


class HostRecord(Protocol):
    """An invoice in the host's own records: its open balance, and its recorded payments."""

    @property
    def json(self) -> InvoiceJson:
        """The invoice."""

    @property
    def balance(self) -> Money:
        """What is left to pay."""

    @property
    def payments(self) -> Sequence[HostPayment]:
        """What pays it, or did before a reversal."""

    def own_payment(self, recorded: str, /) -> str:
        """The id of the payment that was recorded in the host under `recorded`; "" for one from QuickBooks."""


class HostPayment(Protocol):
    """One payment that the host has recorded."""

    @property
    def id(self) -> str:
        """As `Payment.id`."""

    @property
    def reference(self) -> str:
        """As `Payment.reference`."""

    @property
    def kind(self) -> str:
        """As `Payment.kind`."""

    @property
    def amount(self) -> Money:
        """The amount for this invoice."""

    @property
    def reversed(self) -> Any:
        """Whether it was reversed."""


class ListsRecords(Protocol):
    """A host that lists all its invoices with their recorded payments: the embedded one."""

    def invoice_records(self) -> Iterator[HostRecord]:
        """All of them, of every status and date."""


def listed(host: object) -> Iterator[Listed] | None:
    """The host's invoices, each with its payments; None where the host does not list them."""
    return _listed(host) if _lists_records(host) else None


def _lists_records(host: object) -> TypeGuard[ListsRecords]:
    return callable(getattr(host, "invoice_records", None))


def _listed(host: ListsRecords) -> Iterator[Listed]:
    for each in host.invoice_records():
        counted = (
            paid
            for paid in each.payments
            # otherwise it pays nothing of the invoice
            if not paid.reversed and paid.amount.currency == each.balance.currency
        )
        settled = tuple(
            Settled(paid.id, paid.reference, paid.kind, paid.amount.amount, own=each.own_payment(paid.id))
            for paid in counted
        )
        yield Listed(each.json, each.balance, settled)


_STATES = ("known", "to_note", "to_record", "recorded", "to_reverse", "ignored", "reversed")
"""Of several rows of one payment, the first of these states applies."""
_IN_HOST = ("recorded", "to_reverse", *KNOWN)
"""What the host has, by notification or by its own record."""


def key_of(payment_id: str) -> str:
    """The key of a payment, however often it was recorded and reversed: the id without the count."""
    return payment_id.rpartition(":")[0] or payment_id


@dataclass(frozen=True, slots=True)
class Notified:
    """What the host was notified of, by the ledger: rows by their key, and the last reported one, by the host's id;
    and, of the host's own payments, by the host's id of the invoice, those that differ in QuickBooks, and by how much
    they are more than those in the last reported balance (`since`). `booked` are the payments in QuickBooks that were
    made for the host's own, by their entries' key; `whole` is what the host has recorded of them, by the key of the
    payment there; `gone` are those of them that pay nothing there any more, which the last reported balance includes,
    by the host's id of the invoice."""

    rows: Mapping[str, PaymentRow]
    last: Mapping[str, PaymentRow]
    of: Mapping[str, tuple[Settled, ...]]
    unbooked: Mapping[str, tuple[Unbooked, ...]]
    since: Mapping[str, Decimal]
    booked: Mapping[str, str]
    whole: Mapping[str, Decimal]
    gone: Mapping[str, tuple[Settled, ...]]

    @classmethod
    def by(
        cls,
        rows: list[PaymentRow],
        changes: Sequence[tuple[PaymentRow, datetime, datetime]],
        paying: Sequence[Work],
        said: Mapping[str, str],
        booked: Mapping[str, str],
        done: Sequence[Work],
    ) -> Notified:
        """`rows` are all rows of the company, the oldest first, and `changes` the same in the order of their last
        change; `paying` are entries of payments that are not done, and `done` those that are; `said` are sentences as
        they were shown; `booked` are the payments in QuickBooks that were made for them, by their entries' key."""
        newest: dict[str, PaymentRow] = {}
        for row in rows:
            before = newest.get(key_of(row.id))
            if before is None or _STATES.index(row.state) <= _STATES.index(before.state):
                newest[key_of(row.id)] = row
        written: dict[str, list[PaymentRow]] = {}
        for row in newest.values():
            if is_own(row):
                written.setdefault(f"{row.realm_id}:{row.source}:{row.qbo_id}", []).append(row)
        unbooked: dict[str, tuple[Unbooked, ...]] = {}
        for work in paying:
            pays = written.get(booked.get(work.od_invoice_id, ""), ())
            for od_id, part in (*_parts(work, said, booked), *_left_out(work, said, pays)):
                unbooked[od_id] = (*unbooked.get(od_id, ()), part)
        parts = (part for some in unbooked.values() for part in some)
        changed = {part.booked for part in parts}
        last, later = _reported(changes)
        noted = {key for key, row in newest.items() if row.id in later and was_noted(row)}
        versions = [part for work in done for _, part in _parts(work, {}, booked)]
        whole = {part.booked: Decimal(0) if part.taken_back else part.amount.amount for part in versions}
        here = {key: whole.get(key, Decimal(0)) for key in noted}
        of: dict[str, tuple[Settled, ...]] = {}
        lost: dict[str, tuple[Settled, ...]] = {}
        for key, row in newest.items():
            if row.state in _IN_HOST and key not in changed:  # else the host has another version of it
                paid = Payment.from_json(row.payment)
                own = row.id if is_own(row) else ""
                if own and not paid.amount.amount and key not in here and whole.get(key):
                    one = Settled(key, paid.name, paid.kind, whole[key], "", own, row.qbo_id)
                    lost[row.od_invoice_id] = (*lost.get(row.od_invoice_id, ()), one)
                gone = key in here and not paid.amount.amount  # then QuickBooks has nothing to match it with
                state = "" if gone else row.state
                there = row.qbo_id if own else ""
                one = Settled(key, paid.name, paid.kind, here.get(key, paid.amount.amount), state, own, there)
                of[row.od_invoice_id] = (*of.get(row.od_invoice_id, ()), one)
        return cls(newest, last, of, unbooked, _since(newest, later, here, changed), booked, whole, lost)

    def state(self, key: str) -> str:
        """The ledger's state of this payment; "" for none."""
        return self.rows[key].state if key in self.rows else ""


def _reported(
    changes: Iterable[tuple[PaymentRow, datetime, datetime]],
) -> tuple[dict[str, PaymentRow], dict[str, Decimal]]:
    """By the host's id of the invoice, what was last reported to the host with a balance; and by their ids, what that
    balance includes of the host's own payments that were made or changed later."""
    last: dict[str, tuple[PaymentRow, datetime]] = {}
    later: dict[str, dict[str, Decimal]] = {}
    for row, made, changed in changes:
        od_id, at = row.od_invoice_id, last[row.od_invoice_id][1] if row.od_invoice_id in last else None
        if row.state in REPORTED or row.taken:
            last[od_id], later[od_id] = (row, changed), {}
        elif is_own(row) and (at is None or made > at):
            later.setdefault(od_id, {})[row.id] = Decimal(0)
        elif is_own(row):
            before = (row.reversal or {}).get("before", row.payment["amount"])
            later.setdefault(od_id, {})[row.id] = decimal_from_text(before)
    amounts = (each for some in later.values() for each in some.items())
    return {od_id: row for od_id, (row, _) in last.items()}, dict(amounts)


def _since(
    newest: Mapping[str, PaymentRow], later: Mapping[str, Decimal], here: Mapping[str, Decimal], changed: Container[str]
) -> dict[str, Decimal]:
    """See `Notified.since`. `later` is the second result of `_reported`; `here` is what the host has of those that
    QuickBooks has changed, `changed` are those of which it has a version that QuickBooks does not have."""
    sums: dict[str, Decimal] = {}
    for key, own in newest.items():
        if is_own(own):
            amount = here.get(key, decimal_from_text(own.payment["amount"]))
            before = later.get(own.id, amount)
            if before and here.get(key):
                before = amount  # it was changed in QuickBooks alone
            more = (Decimal(0) if key in changed else amount) - before
            sums[own.od_invoice_id] = sums.get(own.od_invoice_id, Decimal(0)) + more
    return sums


def because(work: Work) -> str:
    """The reason for the state of an entry."""
    return work.reason or str((work.outcome or {}).get("reason", ""))


def _parts(work: Work, said: Mapping[str, str], booked: Mapping[str, str]) -> Iterator[tuple[str, Unbooked]]:
    payment = work.invoice["payment"]
    for each in payment["invoices"]:
        amount = Money(decimal_from_text(each["amount"]), payment["currency"])
        key = f"{booked[work.od_invoice_id]}:{each['id']}" if work.od_invoice_id in booked else ""
        yield each["id"], _unbooked(work, said, amount, work.action == UNPAID, key)


def _left_out(work: Work, said: Mapping[str, str], there: Iterable[PaymentRow]) -> Iterator[tuple[str, Unbooked]]:
    """What the payment in QuickBooks pays (`there`) of invoices that the host's present version of it does not name: of
    these it was taken back."""
    named = {each["id"] for each in work.invoice["payment"]["invoices"]}
    for row in there:
        if row.od_invoice_id not in named:
            amount = Money(decimal_from_text(row.payment["amount"]), row.payment["currency"])
            yield row.od_invoice_id, _unbooked(work, said, amount, True, key_of(row.id))


def _unbooked(work: Work, said: Mapping[str, str], amount: Money, taken_back: bool, key: str) -> Unbooked:
    why, pid = said.get(because(work), because(work)), str(work.invoice["payment"]["id"])
    return Unbooked(pid, work.od_number or pid, amount, work.id, work.state, why, taken_back, key)


def own_of(source: InvoiceJson, listed: Listed | None, notified: Notified) -> tuple[Own, Invoice | None]:
    """OneDesk's invoice, with the payments that it lists (`listed`), or those that it was notified of; and the invoice
    as it was read, None where it cannot be."""
    try:
        read = read_invoice(source)
    except ValueError as problem:
        return Own(str(source.get("id")), str(source.get("number") or ""), problem=str(problem)), None
    void, sign = read.status in ("void", "deleted"), -1 if read.is_credit else 1
    unbooked = notified.unbooked.get(read.id, ())
    # for another host, the reported payments are all that is known
    own = _recorded(unbooked, read.currency) if listed is None else ()
    left = listed.balance.amount if listed else _left(read, notified, own)
    return Own(
        id=read.id,
        number=read.number,
        status=read.status,
        day=read.issue_date,
        currency=read.currency,
        customer=read.customer.name,
        total=sign * read.total,
        taxes=tuple(TaxPart(each.name, each.rate, sign * each.amount) for each in read.taxes),
        balance=Decimal(0) if void else _signed(read, left),
        prepaid=sign * read.prepaid,
        rounding=sign * read.rounding,
        settled=_under(read, _settled(listed, notified) if listed else (*notified.of.get(read.id, ()), *own)),
        credit=read.is_credit,
        unbooked=unbooked,
    ), read


def _signed(read: Invoice, amount: Decimal) -> Decimal:
    """The open balance of a credit note is below zero, whatever sign the host gives it."""
    return -abs(amount) if read.is_credit else amount


def _under(read: Invoice, settled: tuple[Settled, ...]) -> tuple[Settled, ...]:
    return tuple(dataclasses.replace(each, amount=_signed(read, each.amount)) for each in settled)


def with_rounding(own: Own | None, theirs: Theirs | None) -> Own | None:
    """Where the rules write OneDesk's rounding as a line, it is part of the total on both sides."""
    if own is None or theirs is None or not own.rounding or theirs.total != own.total + own.rounding:
        return own
    return dataclasses.replace(own, total=theirs.total, rounding=Decimal(0))


def with_gone(own: Own | None, gone: Sequence[Settled]) -> Own | None:
    """OneDesk's invoice with what pays nothing in QuickBooks any more (`gone`), where more than is due is paid by that
    in OneDesk."""
    if own is None or own.credit or not gone:
        return own
    keys = {each.key for each in gone}
    settled = (*(each for each in own.settled if each.key not in keys), *gone)
    too_much = sum((each.amount for each in settled), Decimal(0)) > own.total
    return dataclasses.replace(own, settled=settled) if too_much else own


def with_payments(own: Own | None, payments: Mapping[str, BooksPayment], names: Mapping[str, str]) -> Own | None:
    """OneDesk's invoice with what QuickBooks has of the host's payments now. `payments` are QuickBooks', `names` those
    of the invoices there, both by their ids."""
    if own is None:
        return None
    settled = []
    for each in own.settled:
        there = payments.get(each.qbo_id) if each.own else None
        if there is not None:
            pays = tuple(names.get(other) or other for other, amount in there.applied if amount)
            each = dataclasses.replace(each, unapplied=there.unapplied, pays=pays)
        settled.append(each)
    return dataclasses.replace(own, settled=tuple(settled))


def with_unapplied(own: Own | None, theirs: Theirs | None, whole: Mapping[str, Decimal], listed: bool) -> Own | None:
    """Where a payment of the host was more than was open in QuickBooks, and the invoice has something open there now,
    the host has it with what QuickBooks has left of it. `whole` is what the host has recorded; `listed`: the balance is
    the host's."""
    if own is None or theirs is None or own.credit:
        return own
    there = {each.key: each for each in theirs.settled if each.own}
    open_there, settled = theirs.balance, []
    for each in own.settled:
        its, recorded = there.get(each.key), whole.get(each.key, Decimal(0))
        if each.own and its is not None and its.amount <= recorded <= its.amount + its.unapplied:
            to_apply = min(recorded - its.amount, open_there)
            open_there -= to_apply
            settled.append(dataclasses.replace(each, amount=its.amount + to_apply))
        else:
            settled.append(each)
    more = sum((each.amount for each in settled), Decimal(0)) - sum((each.amount for each in own.settled), Decimal(0))
    left = own.balance if listed or own.status == "paid" else own.balance - more
    return dataclasses.replace(own, settled=tuple(settled), balance=left)


def _settled(listed: Listed, notified: Notified) -> tuple[Settled, ...]:
    found, od_id = [], str(listed.invoice.get("id"))
    differs = {each.booked for each in notified.unbooked.get(od_id, ())}
    known = {each.key: each for each in notified.of.get(od_id, ()) if each.key not in differs}
    for each in listed.settled:
        key = key_of(each.key) if key_of(each.key) in notified.rows else each.key
        one = Settled(
            key, named(each.kind, each.name or each.own), each.kind, each.amount, notified.state(key), each.own
        )
        there = notified.booked.get(payment_key(each.own), "") if each.own else ""
        one = dataclasses.replace(one, qbo_id=there.rpartition(":")[2])
        if booked := known.get(f"{there}:{od_id}"):
            # a change in QuickBooks that the last reported balance includes is no difference
            one = dataclasses.replace(one, key=booked.key, amount=booked.amount, state=booked.state)
        found.append(one)
    if any(not each.state for each in found):
        return tuple(found)
    # paid there without a record of the payment
    return (*found, *(each for each in known.values() if each.state in KNOWN and not each.own))


def _recorded(unbooked: Sequence[Unbooked], currency: str) -> tuple[Settled, ...]:
    return tuple(
        Settled(
            each.booked or f"own:{each.id}", named("payment", each.name), "payment", each.amount.amount, own=each.id
        )
        for each in unbooked
        if not each.taken_back and each.amount.currency == currency
    )


def _left(read: Invoice, notified: Notified, own: Sequence[Settled]) -> Decimal:
    if read.status == "paid":
        return Decimal(0)
    last = notified.last.get(read.id)
    left = decimal_from_text(last.left) if last else read.due
    return left - notified.since.get(read.id, Decimal(0)) - sum((each.amount for each in own), Decimal(0))


def theirs_of(now: BooksInvoice, taxes: tuple[TaxPart, ...], settled: tuple[Settled, ...]) -> Theirs:
    """QuickBooks' invoice; for a voided one there is nothing to add. The amounts of a credit memo are below zero."""
    sign = -1 if now.kind == CREDIT_MEMO else 1
    return Theirs(
        id=now.id,
        number=now.number,
        day=now.issue_date,
        currency=now.currency,
        customer=now.customer_name,
        total=sign * now.total,
        tax=sign * now.tax,
        balance=sign * now.balance,
        taxes=() if now.voided else tuple(dataclasses.replace(each, amount=sign * each.amount) for each in taxes),
        settled=() if now.voided else tuple(dataclasses.replace(each, amount=sign * each.amount) for each in settled),
        mark=marked(now.private_note),
        voided=now.voided,
        credit=now.kind == CREDIT_MEMO,
    )


def settled_there(
    realm_id: str, od_invoice_id: str, part: Part, notified: Notified, payments: Mapping[str, BooksPayment]
) -> Settled:
    """What pays an invoice in QuickBooks, under the key that it is recorded by. `payments` are those there by their
    ids."""
    key = f"{realm_id}:{part.source}:{od_invoice_id}"
    row = notified.rows.get(key)
    own = row.id if row and is_own(row) else ""
    left = payments[part.qbo_id].unapplied if part.kind == "payment" else Decimal(0)
    name = named(part.kind, part.reference)
    return Settled(key, name, part.kind, part.amount, notified.state(key), own, part.qbo_id, left)
