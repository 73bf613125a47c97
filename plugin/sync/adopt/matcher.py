"""Reads the unlinked invoices of both sides, with as few requests to QuickBooks as possible, and matches them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.ledger import Connected, undone_by_person
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.host import InvoiceJson
from onedesk_quickbooks.plugin.model.host_payment import HostPayment
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO, INVOICE
from onedesk_quickbooks.plugin.model.name_keys import address_keys
from onedesk_quickbooks.plugin.planning import (
    Apart,
    customer_key,
    has_altered_mark,
    ids_of_mention,
    marked,
    marker,
    mention_key,
    mentions,
    names_invoice,
    needs,
    project_key,
    project_name,
    seen_altered,
    seen_void,
)
from onedesk_quickbooks.plugin.planning.adopt import Asked, Known, Match, Own, Report, Theirs, match, number_key
from onedesk_quickbooks.plugin.planning.reconcile import Listed
from onedesk_quickbooks.plugin.qbo import FORMS, Unreadable, by_id, number_in, read_form
from onedesk_quickbooks.plugin.sync.apart import found_apart
from onedesk_quickbooks.plugin.sync.errors import CannotAdopt
from onedesk_quickbooks.plugin.sync.outbound.marked_forms import marked_form, owned_by
from onedesk_quickbooks.plugin.sync.own_payments import to_come
from onedesk_quickbooks.plugin.sync.payload import read_invoice as read_own
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import Text, joined, text_in
from onedesk_quickbooks.plugin.texts.arguments import arguments

Raw = Mapping[str, Any]

REACH = timedelta(days=31)
"""How far outside the days of OneDesk's invoices those of QuickBooks are read, to find other dates."""
_STATUSES = ("open", "paid")
_AT_ONCE = 500
"""How many ids are in one query of the ledger."""

_HELD = Text(
    "It is a credit note, and the rules hold credit notes: with invoices.negative: credit_memo it is matched with"
    " QuickBooks' credit memos."
)


class Matcher:
    """Matches one company; for a single use. Keeps what it has read: `sources` and `read` by OneDesk's id, `raw` and
    `books` by QuickBooks'. Raises `QuickBooksProblem`, and `CannotAdopt` for an invalid pair."""

    def __init__(self, services: Services, connected: Connected) -> None:
        self._services = services
        self._connected = connected
        self._ledger = services.ledger
        self._realm_id = connected.realm_id
        self._quickbooks = services.quickbooks(connected.realm_id)
        every = self._ledger.links.every(self._realm_id)
        undone = self._ledger.conflicts.undone(self._realm_id, every)
        gone = {od_id for od_id, work in undone.items() if work.conflict.what == "deleted" and undone_by_person(work)}
        self._links = {link.od_invoice_id: link for link in every if link.od_invoice_id not in gone}
        self._linked_books = {link.qbo_id: link for link in self._links.values()}
        self.customers = Known(*self._customer_links())
        self.sources: dict[str, InvoiceJson] = {}
        self.read: dict[str, Invoice] = {}
        self.raw: dict[str, Raw] = {}
        self.books: dict[str, BooksInvoice] = {}
        self._kinds: dict[str, str] = {}
        self._unreadable: dict[tuple[str, str], str] = {}
        self._marks: dict[str, list[BooksInvoice]] = {}
        self._mentioning: dict[str, list[BooksInvoice]] = {}
        self._altered: dict[str, BooksInvoice] = {}
        self._has = owned_by(services.host)
        self.anothers = self._ledger.marked_forms.anothers(self._realm_id)
        self._to_come = to_come(self._ledger.host_payment_entries.unbooked(self._realm_id))
        self._given_up: set[str] = set()

    def report(self, asked: Asked) -> Report:
        """The result for each invoice that counts."""
        pairs = {od_id: qbo_id for od_id, qbo_id in asked.pairs.items() if not self._is_done(od_id, qbo_id)}
        waiting = self._waiting()
        own, linked, drafts = [], 0, 0
        for each in asked.listed:
            read = self._own(each, waiting)
            counts = _counts(read, asked)
            if read.id in self._links:
                linked += counts
            elif read.status == "draft":
                drafts += counts
            elif read.aside or read.status in _STATUSES:
                own.append(read)
        lost = set(pairs) - {each.id for each in own}
        if lost:
            raise CannotAdopt(_no_such(sorted(lost)[0], self.sources))
        wanted = {each.id for each in own if _counts(each, asked)}
        self._given_up = self._failing(sorted(wanted))
        self._read_books([each for each in own if each.id in wanted], pairs)
        self._altered = {
            each.id: now for each in own if each.id in wanted and (now := self._altered_of(each.id, pairs))
        }
        theirs = self._theirs(pairs)
        own = [self._aside(each, pairs) if each.id in wanted else each for each in own]
        found = [
            each for each in match(self._named(own, theirs), theirs, self.customers, pairs) if each.own.id in wanted
        ]
        found += [Match("left_alone", Own(od_id, ""), why=why) for od_id, why in asked.aside.items()]
        name = self._connected.company.name
        return Report(name, found, asked.first, asked.last, linked, drafts)

    def _customer_links(self) -> tuple[dict[tuple[str, str], str], dict[str, frozenset[str]]]:
        links, owners = {}, dict[str, frozenset[str]]()
        for each in self._ledger.links.every_customer(self._realm_id):
            links[each.od_customer_id, each.currency] = each.qbo_id
            owners[each.qbo_id] = owners.get(each.qbo_id, frozenset()) | {each.od_customer_id}
        return links, owners

    def _is_done(self, od_id: str, qbo_id: str) -> bool:
        """Whether the pair is linked already."""
        link, other = self._links.get(od_id), self._linked_books.get(qbo_id)
        if link is not None and link.qbo_id != qbo_id:
            raise CannotAdopt(
                Text(
                    "invoice {id} is linked already to the QuickBooks invoice {number} (id {qbo_id}): it cannot be"
                    " adopted as {other} too. If that link is wrong, take it back first: onedesk-quickbooks adopt"
                    " {undo}",
                    id=od_id,
                    undo=arguments(od_id, options="--undo"),
                    number=link.qbo_number or "-",
                    qbo_id=link.qbo_id,
                    other=qbo_id,
                )
            )
        if other is not None and other.od_invoice_id != od_id:
            raise CannotAdopt(
                Text(
                    "the QuickBooks invoice {number} (id {qbo_id}) is linked already to the OneDesk invoice {other}:"
                    " name another one for {id}. If that link is wrong, take it back first: onedesk-quickbooks adopt"
                    " {undo}",
                    number=other.qbo_number or "-",
                    qbo_id=qbo_id,
                    other=other.od_number or other.od_invoice_id,
                    undo=arguments(other.od_invoice_id, options="--undo"),
                    id=od_id,
                )
            )
        return link is not None

    # OneDesk

    def _waiting(self) -> dict[str, str]:
        """Why invoices that are being processed are skipped."""
        lists, outbox = self._ledger.queue_lists, self._ledger.outbox
        unanswered = Text(
            "A request of it has left for QuickBooks, and was not answered yet: start onedesk-quickbooks serve, or copy"
            " it once more, and adopt again after that."
        )
        found: dict[str, str] = {each.od_invoice_id: unanswered for each in outbox.unknown(self._realm_id)}
        for work in lists.each(self._realm_id, ("todo",)):
            found[work.od_invoice_id] = Text(
                "It waits in the queue as entry {n}, to be copied: let that end, or drop it (onedesk-quickbooks queue"
                " drop {n} --reason TEXT), and adopt again after that.",
                n=work.id,
            )
        return found

    def _failing(self, od_ids: Sequence[str]) -> set[str]:
        """Those with a request that was given up."""
        slices = (od_ids[start : start + _AT_ONCE] for start in range(0, len(od_ids), _AT_ONCE))
        given_up = self._ledger.outbox.given_up
        return {each.od_invoice_id for some in slices for each in given_up(self._realm_id, some)}

    def _own(self, listed: Listed, waiting: Mapping[str, str]) -> Own:
        source = listed.invoice
        od_id, number = str(source.get("id")), str(source.get("number") or "").strip()
        self.sources[od_id] = source
        try:
            read = self.read[od_id] = read_own(source)
        except ValueError as problem:
            return Own(
                od_id, number, aside=Text("OneDesk's invoice cannot be read: {problem}", problem=text_in(problem))
            )
        coming = self._to_come.get(od_id, ()) if not read.is_credit else ()
        return Own(
            id=od_id,
            number=read.number,
            status=read.status,
            day=read.issue_date,
            currency=read.currency,
            customer_id=read.customer.id,
            names=(read.customer.name,),
            emails=address_keys(read.customer.billing_contact.email),
            total=read.total,
            tax=sum((each.amount for each in read.taxes), Decimal(0)) if read.taxes else None,
            balance=abs(listed.balance.amount) if read.is_credit else listed.balance.amount,
            prepaid=read.prepaid,
            aside=waiting.get(od_id, "") or (_HELD if self._is_held(read) else ""),
            kind=read.kind,
            to_come=_more_left(listed, read, coming),
            payments=tuple(each.id for each in coming),
        )

    def _is_held(self, invoice: Invoice) -> bool:
        """Whether it is a credit note that the rules do not copy."""
        return invoice.is_credit and self._services.decide_settings(invoice, self._connected).negative != CREDIT_MEMO

    def _aside(self, own: Own, pairs: Mapping[str, str]) -> Own:
        """An invoice that QuickBooks has with its marker, unless a person has named that one; or that cannot be
        compared."""
        marked_one = self._marked_one(own)
        named = self.books.get(pairs.get(own.id, ""))
        if own.aside or (named is not None and self._names(named, own.id)):
            return own
        if marked_one is not None and marked_one.voided:
            why: str = seen_void(marked_one, own.id)
        elif marked_one is not None:
            apart = found_apart(self._services, self._connected, self.read[own.id], marked_one)
            why = _has_mark(own, marked_one, apart)
        elif (altered := self._altered.get(own.id)) is not None:
            why = seen_altered(altered, own.id)
        elif own.number and (own.kind, number_key(own.number)) in self._unreadable:
            why = self._unreadable[own.kind, number_key(own.number)]
        elif own.id in self._given_up:
            why = Text(
                "QuickBooks did not answer a request for it, and may yet have done it: look at the invoice there; copy"
                " it once more, which looks it up first."
            )
        else:
            return own
        return dataclasses.replace(own, aside=why)

    def _marked_one(self, own: Own) -> BooksInvoice | None:
        """The one with its marker; of several that which a copy links."""
        forms, invoice = self._marks.get(marker(own.id), []), self.read.get(own.id)
        if invoice is None or len(forms) < 2:
            return forms[0] if forms else None
        number = needs(invoice, self._services.decide_settings(invoice, self._connected)).number

        def rank(each: BooksInvoice) -> tuple[object, ...]:
            numbered = bool(number) and number_key(each.number) == number_key(number)
            return each.voided, each.kind != own.kind, not numbered, len(each.id), each.id

        return min(forms, key=rank)

    def _named(self, own: Iterable[Own], theirs: Iterable[Theirs]) -> list[Own]:
        """The same with the customer name that the rules give, where QuickBooks has another invoice with the number or
        the amount."""
        numbers = {number_key(each.number) for each in theirs}
        values = {(each.currency, each.total, each.day) for each in theirs}
        found = []
        for each in own:
            near = number_key(each.number) in numbers or (each.currency, each.total, each.day) in values
            found.append(self._with_rule(each) if near and each.id in self.read else each)
        return found

    def _with_rule(self, own: Own) -> Own:
        invoice = self.read[own.id]
        choice = self._services.decide_settings(invoice, self._connected).customer
        names = [*own.names, choice.display_name]
        if project := project_name(invoice, choice):
            names += [project, *(f"{name}:{project}" for name in own.names), f"{choice.display_name}:{project}"]
        key = project_key(invoice, choice) or (customer_key(invoice, choice) if choice.partner else "")
        return dataclasses.replace(own, names=tuple(dict.fromkeys(names)), project=key)

    # QuickBooks

    def unlike(self, qbo_ids: Sequence[str]) -> set[str]:
        """Those that have changed in QuickBooks by now, or that it answers differently when asked for them by id."""
        there, same = dict[str, Raw](), set[str]()
        for kind, entity in FORMS.items():
            some = [qbo_id for qbo_id in qbo_ids if self.books[qbo_id].kind == kind]
            there |= by_id(self._quickbooks.there(entity, some))
        for qbo_id in qbo_ids:
            seen = self.books[qbo_id]
            try:
                now = read_form(there[qbo_id], seen.kind)
            except (KeyError, Unreadable):
                continue
            if (now.sync_token, now.fingerprint) == (seen.sync_token, seen.fingerprint):
                same.add(qbo_id)
        return set(qbo_ids) - same

    def _read_books(self, wanted: Iterable[Own], pairs: Mapping[str, str]) -> None:
        kinds = {each.id: each.kind for each in wanted}
        for kind, entity in FORMS.items():
            days = [each.day for each in wanted if each.day and each.kind == kind]
            if days:
                self._take(self._quickbooks.invoices_dated(min(days) - REACH, max(days) + REACH, kind), kind)
            named = {qbo_id: od_id for od_id, qbo_id in pairs.items() if kinds.get(od_id, INVOICE) == kind}
            missing = sorted(set(named) - set(self.raw))
            if missing:
                self._take(self._quickbooks.there(entity, missing), kind)
            for qbo_id, od_id in named.items():
                if self._kinds.get(qbo_id) != kind:
                    raise CannotAdopt(_none_there(kind, qbo_id, od_id))
        naming = {now.id: now for some in self._mentioning.values() for now in some}.values()
        forms = (marked_form(now.id, now.kind, now.private_note) for now in naming)
        self._ledger.marked_forms.learn(self._realm_id, [form for some in forms for form in some])

    def _take(self, rows: Iterable[Raw], kind: str) -> None:
        for qbo_id, raw in by_id(rows).items():
            self.raw[qbo_id] = raw
            self._kinds[qbo_id] = kind
            try:
                found = read_form(raw, kind)
            except Unreadable as problem:
                if number := number_key(number_in(raw)):
                    self._unreadable[kind, number] = Text(
                        "QuickBooks' invoice of this number cannot be read: {problem}", problem=text_in(problem)
                    )
                continue
            self.books[qbo_id] = found
            if qbo_id not in self._linked_books and qbo_id not in self.anothers:
                self._note(found)

    def _note(self, found: BooksInvoice) -> None:
        """Keep it by the ids that its private note may name."""
        if mark := marked(found.private_note):
            self._marks.setdefault(marker(mark), []).append(found)
        texts = (each for mention in mentions(found.private_note) for each in ids_of_mention(mention))
        for key in dict.fromkeys(map(mention_key, texts)):
            self._mentioning.setdefault(key, []).append(found)

    def _altered_of(self, od_id: str, pairs: Mapping[str, str]) -> BooksInvoice | None:
        """What names this invoice in an altered way; the one that a person has named for it is preferred."""
        if marker(od_id) in self._marks:
            return None
        some = (each for each in self._mentioning.get(mention_key(od_id), ()) if not each.voided)
        naming = [each for each in some if has_altered_mark(each.private_note, od_id, self._has)]
        return next((each for each in naming if each.id == pairs.get(od_id)), naming[0] if naming else None)

    def _is_for(self, now: BooksInvoice, od_id: str) -> bool:
        """Whether it can be linked to this invoice, which a person has named for it."""
        return not marked(now.private_note) or self._names(now, od_id)

    def _names(self, now: BooksInvoice, od_id: str) -> bool:
        return names_invoice(now.private_note, od_id, self._has)

    def _theirs(self, pairs: Mapping[str, str]) -> list[Theirs]:
        """Those without a link and without a marker of OneDesk's, but that of the invoice that a person has named."""
        found, asked = [], {qbo_id: od_id for od_id, qbo_id in pairs.items()}
        altered = {each.id for each in self._altered.values()}
        for now in self.books.values():
            named = asked.get(now.id)
            free = not marked(now.private_note) and now.id not in altered if named is None else self._is_for(now, named)
            if free and now.id not in self._linked_books:
                found.append(_theirs(now, self._connected.company.home_currency))
            elif now.id in pairs.values():
                raise CannotAdopt(
                    Text(
                        "the QuickBooks invoice {number} (id {qbo_id}) has the mark of the OneDesk invoice {id}:"
                        " {command} links a copy of OneDesk's",
                        number=now.number or "-",
                        qbo_id=now.id,
                        id=marked(now.private_note),
                        command="onedesk-quickbooks copy",
                    )
                )
        unreadable = sorted(set(pairs.values()) & set(self.raw) - set(self.books))
        if unreadable:
            raise CannotAdopt(
                Text("the QuickBooks invoice with the id {id} cannot be read; correct it there", id=unreadable[0])
            )
        return found


def _has_mark(own: Own, now: BooksInvoice, apart: Apart) -> str:
    """Why it is left alone: QuickBooks' invoice has its mark, and no link."""
    values = {"number": now.number or "-", "qbo_id": now.id}
    if not apart.fields:
        return Text(
            "QuickBooks invoice {number} (id {qbo_id}) has its mark, and the ledger has no link: onedesk-quickbooks"
            " copy {id} links the two.",
            id=arguments(own.id),
            **values,
        )
    return Text(
        "QuickBooks invoice {number} (id {qbo_id}) has its mark, and the ledger has no link; its content differs:"
        " {apart}. {steps}",
        apart=joined("; ", apart.fields.values()),
        steps=apart.steps(own.id, now.id),
        **values,
    )


def _more_left(listed: Listed, read: Invoice, coming: Iterable[HostPayment]) -> Decimal:
    """By how much the open balance of the invoice is larger without these payments."""
    parts = (part for each in coming if each.currency == read.currency for part in each.parts)
    paid = sum((part.amount for part in parts if part.invoice_id == read.id), Decimal(0))
    too_much = max(Decimal(0), sum((each.amount for each in listed.settled), Decimal(0)) - read.due)
    return max(Decimal(0), min(paid - too_much, read.due - listed.balance.amount))


def _counts(own: Own, asked: Asked) -> bool:
    """Whether it is one of the requested invoices."""
    if asked.named is not None and own.id not in asked.named:
        return False
    return own.day is None or (
        (asked.first is None or asked.first <= own.day) and (asked.last is None or own.day <= asked.last)
    )


def _theirs(now: BooksInvoice, home_currency: str) -> Theirs:
    return Theirs(
        id=now.id,
        number=now.number,
        day=now.issue_date,
        currency=now.currency or home_currency,
        customer_id=now.customer_id,
        customer=now.customer_name,
        total=now.total,
        tax=now.tax,
        balance=now.balance,
        deposit=now.deposit,
        emails=address_keys(now.email),
        voided=now.voided,
        kind=now.kind,
    )


def _none_there(kind: str, qbo_id: str, od_id: str) -> Text:
    if kind == CREDIT_MEMO:
        return Text(
            "QuickBooks has no credit memo with the id {qbo_id}, which is named for {id}; the id is in the address of "
            "its page there, and in the report of onedesk-quickbooks adopt",
            qbo_id=qbo_id,
            id=od_id,
        )
    return Text(
        "QuickBooks has no invoice with the id {qbo_id}, which is named for {id}; the id is in the address of its "
        "page there, and in the report of onedesk-quickbooks adopt",
        qbo_id=qbo_id,
        id=od_id,
    )


def _no_such(od_id: str, sources: Mapping[str, InvoiceJson]) -> str:
    """Why an invoice cannot be named in a pair."""
    if od_id not in sources:
        return Text("OneDesk has no invoice with the id {id}, which a pair names", id=od_id)
    status = Text(str(sources[od_id].get("status")).capitalize())
    return Text("invoice {id} is {state}: only an Open or a Paid one is adopted", id=od_id, state=status)
