"""Reads both sides and compares them, with as few requests to QuickBooks as possible."""

from __future__ import annotations

import dataclasses
import logging
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from onedesk_quickbooks.plugin.ledger import PAY, Connected, InvoiceLink, MarkedForm
from onedesk_quickbooks.plugin.model.books import BooksInvoice, BooksPayment
from onedesk_quickbooks.plugin.model.company_settings import TaxCode
from onedesk_quickbooks.plugin.model.host import InvoiceJson, lists_invoices
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO, INVOICE
from onedesk_quickbooks.plugin.model.money import rate_key
from onedesk_quickbooks.plugin.model.name_keys import number_key
from onedesk_quickbooks.plugin.planning import (
    Apart,
    altered_note,
    ids_of_mention,
    marker,
    marks_void,
    mention_key,
    mentioned,
    mentions,
    needs,
)
from onedesk_quickbooks.plugin.planning.reconcile import (
    Either,
    Kept,
    Listed,
    Own,
    Pair,
    Report,
    Second,
    Settled,
    TaxPart,
    Theirs,
    reported,
    value_of,
)
from onedesk_quickbooks.plugin.qbo import FORMS, Unreadable, by_id, id_of, number_in, read_form
from onedesk_quickbooks.plugin.sync.apart import found_apart
from onedesk_quickbooks.plugin.sync.elsewhere import copied_elsewhere
from onedesk_quickbooks.plugin.sync.errors import CannotReconcile
from onedesk_quickbooks.plugin.sync.host_client import ids_dated
from onedesk_quickbooks.plugin.sync.inbound.payments import parts
from onedesk_quickbooks.plugin.sync.outbound.lookup import REFERENCE_AGE
from onedesk_quickbooks.plugin.sync.outbound.marked_forms import in_host, marked_form
from onedesk_quickbooks.plugin.sync.own_payments import is_own
from onedesk_quickbooks.plugin.sync.reconcile.between import Between, some
from onedesk_quickbooks.plugin.sync.reconcile.sides import (
    Notified,
    because,
    own_of,
    settled_there,
    theirs_of,
    with_gone,
    with_payments,
    with_rounding,
    with_unapplied,
)
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.sync.versions import comparable
from onedesk_quickbooks.plugin.texts import Text

_log = logging.getLogger("onedesk_quickbooks.sync")
Raw = Mapping[str, Any]


class Reconciler:
    """Reconciles one company; for a single use. Raises `QuickBooksProblem`, and `CannotReconcile`, `CannotList` or
    `NotNow` where the host gives no answer."""

    def __init__(self, services: Services, connected: Connected) -> None:
        self._services = services
        self._ledger = services.ledger
        self._connected = connected
        self._realm_id = connected.realm_id
        self._quickbooks = services.quickbooks(connected.realm_id)
        self._links = {link.od_invoice_id: link for link in self._ledger.links.every(self._realm_id)}
        self._by_qbo = {link.qbo_id: link for link in self._links.values()}
        self._asked = {work.od_invoice_id: work for work in self._ledger.queue_lists.seen(self._realm_id)}
        self._own: dict[str, Own] = {}
        self._invoices: dict[str, Invoice | None] = {}
        self._raw: dict[str, Raw] = {}
        self._books: dict[str, BooksInvoice] = {}
        self._theirs: dict[str, Theirs] = {}
        self._problems: dict[str, str] = {}
        self._prepaid: dict[str, Decimal] = {}
        self._codes: tuple[TaxCode, ...] = ()
        self._payments: dict[str, BooksPayment] = {}
        self._whole: Mapping[str, Decimal] = {}
        self._gone: Mapping[str, tuple[Settled, ...]] = {}
        self._balances_listed = False
        self._memos: set[str] = set()
        self._ids: dict[str, list[str]] = {}
        self._fitting: dict[str, list[str]] = {}

    def report(self, first: date | None, last: date | None, listed: Iterable[Listed] | None, ours: bool) -> Report:
        """The report on the invoices that are dated from `first` to `last` on either side. `listed` are all invoices of
        a host that lists their payments; of another host those are read that it lists, or has queued. `ours`: without
        invoices that were entered in QuickBooks, have neither a marker nor a number of OneDesk's, and are not likely to
        be uncopied invoices of OneDesk."""
        notified, host = self._notified(), self._services.host
        lists = listed is not None or lists_invoices(host)
        ids = tuple(ids_dated(host, first, last)) if listed is None and lists_invoices(host) else ()
        self._whole, self._gone, self._balances_listed = notified.whole, notified.gone, listed is not None
        self._read_own(listed, ids, notified)
        dated = [od_id for od_id, own in self._own.items() if own.problem or _within(own.day, first, last)]
        self._raw = by_id(self._quickbooks.invoices_dated(first, last)) | self._read_memos(first, last, dated)
        lacking = [link for od_id in dated if (link := self._links.get(od_id)) and link.qbo_id not in self._raw]
        for kind, entity in FORMS.items():
            missing = [link.qbo_id for link in lacking if link.kind == kind]
            if missing:
                self._raw |= by_id(self._quickbooks.there(entity, missing))
        self._read_books(notified)
        self._read_marked(notified)
        pairs = [*self._linked(dated), *self._unlinked(dated, ours)]
        drafts = [pair for pair in pairs if pair.own and pair.own.status == "draft" and _one_sided(pair)]
        pairs = [pair for pair in pairs if pair not in drafts and not _nowhere(pair)]
        left = [pair for pair in pairs if not (pair.kept.state == "skipped" and _one_sided(pair))]
        name, skipped = self._connected.company.name, len(pairs) - len(left)
        return reported(name, first, last, lists, len(drafts), left, skipped)

    def _notified(self) -> Notified:
        entries, payments = self._ledger.host_payment_entries, self._ledger.payments
        paying = entries.unbooked(self._realm_id)
        said = self._ledger.sentences.recalled(map(because, paying))
        rows = payments.by_last_change(self._realm_id)
        done = entries.booked(self._realm_id) if any(is_own(row) for row, *_ in rows) else []
        answers, keys = self._ledger.outbox.answers, [work.od_invoice_id for work in (*paying, *done)]
        made = some(lambda realm_id, some_keys: answers(realm_id, some_keys, PAY), self._realm_id, keys)
        booked = {key: f"{self._realm_id}:payment:{id_of(answer)}" for key, answer in made.items()}
        return Notified.by(payments.every(self._realm_id), rows, paying, said, booked, done)

    def _read_own(self, listed: Iterable[Listed] | None, ids: Iterable[str], notified: Notified) -> None:
        for source, each in self._sources(listed, ids):
            own, invoice = own_of(source, each, notified)
            self._own[own.id], self._invoices[own.id] = own, invoice

    def _sources(
        self, listed: Iterable[Listed] | None, ids: Iterable[str]
    ) -> Iterator[tuple[InvoiceJson, Listed | None]]:
        if listed is not None:
            yield from ((each.invoice, each) for each in listed)
            return
        for od_id in dict.fromkeys((*ids, *self._links, *self._asked)):
            found = self._ask_host(od_id)
            if found is not None:
                yield found, None

    def _ask_host(self, od_id: str) -> InvoiceJson | None:
        try:
            return self._services.host.read_invoice(od_id)
        except Exception as problem:
            _log.exception("the host could not return invoice %s", od_id)
            raise CannotReconcile(
                Text(
                    "The host did not give invoice {id} ({kind}; the log says more), so the sides cannot be compared: "
                    "fix that in the host, then run it again.",
                    id=od_id,
                    kind=type(problem).__name__,
                )
            ) from problem

    def _read_memos(self, first: date | None, last: date | None, dated: Iterable[str]) -> dict[str, Raw]:
        """The credit memos without a link whose private note names an invoice of OneDesk, where it has a credit note
        without a link that becomes a credit memo."""
        found: dict[str, Raw] = {}
        unlinked = (self._invoices[od_id] for od_id in dated if od_id not in self._links and self._own[od_id].credit)
        if not any(each and self._becomes_memo(each) for each in unlinked):
            return found
        for qbo_id, raw in by_id(self._quickbooks.invoices_dated(first, last, CREDIT_MEMO)).items():
            with suppress(Unreadable):
                if qbo_id not in self._by_qbo and mentions(read_form(raw, CREDIT_MEMO).private_note):
                    found[qbo_id] = raw
        self._memos = set(found)
        return found

    def _becomes_memo(self, invoice: Invoice) -> bool:
        return self._services.decide_settings(invoice, self._connected).negative == CREDIT_MEMO

    def _read_marked(self, notified: Notified) -> None:
        """The invoices of OneDesk that unlinked invoices in QuickBooks name: the host may have them, though they were
        not queued since the data directory was created."""
        for od_id in dict.fromkeys((*self._own, *self._links)):
            self._ids.setdefault(marker(od_id), []).append(od_id)
        anothers, forms = self._ledger.marked_forms.anothers(self._realm_id), list[MarkedForm]()
        for qbo_id, theirs in self._theirs.items():
            now = self._books[qbo_id]
            if qbo_id in self._by_qbo or not mentions(now.private_note):
                continue
            if qbo_id in anothers:
                self._theirs[qbo_id] = dataclasses.replace(theirs, mark="")
                continue
            forms += marked_form(qbo_id, now.kind, now.private_note)
            self._theirs[qbo_id] = self._named(theirs, now, notified)
        lost = [qbo_id for qbo_id in self._memos if self._theirs.get(qbo_id) and not self._is_copy(qbo_id)]
        for qbo_id in lost:  # credit memos are read for the sake of OneDesk's alone
            del self._theirs[qbo_id]
        self._ledger.marked_forms.learn(self._realm_id, forms)  # a copy then finds them

    def _is_copy(self, qbo_id: str) -> bool:
        named = (self._theirs[qbo_id].mark, *self._fitting.get(qbo_id, ()))
        return any(od_id in self._own and od_id not in self._links for od_id in named)

    def _named(self, theirs: Theirs, now: BooksInvoice, notified: Notified) -> Theirs:
        """QuickBooks' invoice with the id of the invoice that its private note names, in the host's Unicode normal
        form."""
        ids = self._asked_for(theirs.mark, notified) if theirs.mark else []
        if len(ids) > 1:
            self._fitting[now.id] = ids
        if ids:
            return dataclasses.replace(theirs, mark=ids[0])
        altered = self._altered(now, notified)
        if altered and now.voided and marks_void(now.private_note, altered):
            return dataclasses.replace(theirs, mark=altered)
        if altered:
            return dataclasses.replace(theirs, mark=altered, altered=altered_note(now, altered))
        return theirs

    def _asked_for(self, mark: str, notified: Notified) -> list[str]:
        """The ids of the host's invoices that a mark names; several where they differ in their Unicode normal form
        alone. Its own form is the first."""
        found = self._ids.setdefault(marker(mark), [])
        forms = dict.fromkeys((mark, *(unicodedata.normalize(form, mark) for form in ("NFC", "NFD"))))
        for form in [] if found and len(forms) == 1 else forms:
            source = self._ask_host(form) if form not in found else None
            if source is not None and source.get("id") == form:
                self._own[form], self._invoices[form] = own_of(source, None, notified)
                found.append(form)
        return sorted(found, key=lambda each: each != mark)

    def _altered(self, now: BooksInvoice, notified: Notified) -> str:
        """The id of an invoice without a link that a private note names, though not by our marker; "" for none."""
        known = {mention_key(od_id): od_id for od_id in (*self._links, *self._own)}
        for place in mentioned(now.private_note):
            for text in (text for mention in place for text in reversed(ids_of_mention(mention))):
                named = self._own_named(text, notified) or known.get(mention_key(text), "")
                if named in self._own and named not in self._links:
                    return named
                if named:
                    break  # a shorter id is not meant
        return ""

    def _own_named(self, text: str, notified: Notified) -> str:
        """The id of the host's invoice that this is; "" for none."""
        if ids := self._ids.get(marker(text)):
            return ids[0]
        found = in_host(self._services.host, text)
        if found is None:
            return ""
        source = self._ask_host(found)
        if source is not None:
            self._own[found], self._invoices[found] = own_of(source, None, notified)
            self._ids.setdefault(marker(found), []).append(found)
        return found

    def _read_books(self, notified: Notified) -> None:
        for qbo_id, raw in self._raw.items():
            try:
                kind = CREDIT_MEMO if qbo_id in self._memos else INVOICE
                kind = self._by_qbo[qbo_id].kind if qbo_id in self._by_qbo else kind
                self._books[qbo_id] = read_form(raw, kind)
            except Unreadable as problem:
                self._problems[qbo_id] = str(problem)
        linked = [(link, self._books[qbo_id]) for qbo_id, link in self._by_qbo.items() if qbo_id in self._books]
        self._books |= comparable(self._ledger, self._realm_id, linked)
        od_ids = [link.od_invoice_id for link, _ in linked]
        self._prepaid = some(self._ledger.outbox.deposits, self._realm_id, od_ids)
        self._codes = self._services.reference(self._connected, REFERENCE_AGE).tax_codes
        paid = self._paid()
        for qbo_id, now in self._books.items():
            od_id = self._by_qbo[qbo_id].od_invoice_id if qbo_id in self._by_qbo else ""
            own = parts.of_invoice(now, self._prepaid.get(od_id, Decimal(0))) if now.kind == INVOICE else ()
            found = (*paid.get(qbo_id, ()), *own)
            settled = tuple(settled_there(self._realm_id, od_id, part, notified, self._payments) for part in found)
            self._theirs[qbo_id] = theirs_of(now, self._taxes(now), settled)

    def _paid(self) -> dict[str, list[parts.Part]]:
        """What payments do for each invoice, by QuickBooks' id."""
        ids = sorted({payment_id for now in self._books.values() for payment_id in now.payment_ids})
        found: dict[str, list[parts.Part]] = {}
        for payment in self._quickbooks.payments(ids) if ids else ():
            self._payments[payment.id] = payment
            memos = {qbo_id: each for qbo_id, each in parts.of_memos(payment).items() if qbo_id in self._by_qbo}
            for qbo_id, some_parts in {**parts.of_payment(payment), **memos}.items():
                found.setdefault(qbo_id, []).extend(some_parts)
        return found

    def _taxes(self, now: BooksInvoice) -> tuple[TaxPart, ...]:
        """Each tax under the code that a line of the invoice has for its rate."""
        found = []
        for tax in now.taxes:
            having = [code for code in self._codes if any(rate.id == tax.rate_id for rate in code.rates)]
            having.sort(key=lambda code: code.id not in now.tax_code_ids)
            name = having[0].name if having else f"{rate_key(tax.percent)} %"
            found.append(TaxPart(name, tax.percent, tax.amount))
        return tuple(found)

    # Both sides together

    def _linked(self, dated: Iterable[str]) -> Iterator[Pair]:
        wanted = set(dated)
        links = [link for link in self._links.values() if link.od_invoice_id in wanted or link.qbo_id in self._raw]
        between = Between(self._ledger, self._connected, self._asked, self._prepaid)
        kept = between.kept(links, self._invoices, self._books, self._raw)
        self._read_off(links)
        names = {qbo_id: link.qbo_number for qbo_id, link in self._by_qbo.items()}
        names |= {qbo_id: now.number for qbo_id, now in self._books.items()}
        for link in links:
            found = kept[link.od_invoice_id]
            if link.qbo_id in self._problems:
                found = dataclasses.replace(found, problem=self._problems[link.qbo_id])
            theirs = self._theirs.get(link.qbo_id)
            own = with_rounding(self._own.get(link.od_invoice_id), theirs)
            own = with_gone(own, self._gone.get(link.od_invoice_id, ()))
            own = with_payments(own, self._payments, names)
            yield Pair(with_unapplied(own, theirs, self._whole, self._balances_listed), theirs, found)

    def _read_off(self, links: Iterable[InvoiceLink]) -> None:
        """Read the host's payments in QuickBooks that pay none of the invoices that were read."""
        found = (self._own[link.od_invoice_id] for link in links if link.od_invoice_id in self._own)
        ids = {each.qbo_id for own in found for each in own.settled if each.own and each.qbo_id}
        lost = sorted(ids - self._payments.keys())
        self._payments |= {each.id: each for each in self._quickbooks.payments(lost)} if lost else {}

    def _unlinked(self, dated: Sequence[str], ours: bool) -> Iterator[Pair]:
        between = Between(self._ledger, self._connected, self._asked, self._prepaid)
        rest = {qbo_id: each for qbo_id, each in self._theirs.items() if qbo_id not in self._by_qbo}
        missing = [od_id for od_id in dated if od_id not in self._links]
        former = some(partial(copied_elsewhere, self._ledger), self._realm_id, missing)
        numbers = {own.number for own in self._own.values() if own.number}
        copies = self._copies(rest)
        for od_id in dict.fromkeys((*dated, *copies)):
            if od_id not in self._links:
                apart = self._apart(od_id, copies.get(od_id, ""))
                kept = dataclasses.replace(
                    between.queued(od_id), former=former.get(od_id), either=self._either_of(od_id), apart=apart
                )
                yield Pair(self._own[od_id], rest.pop(copies.get(od_id, ""), None), kept)
        missed = {value_of(own) for od_id, own in self._own.items() if od_id not in self._links and not own.void}
        for each in rest.values():
            link = self._links.get(each.mark) if each.mark else None
            if each.mark or not ours or each.number in numbers or value_of(each) in missed:
                number = link.qbo_number or "-" if link else ""
                elsewhere = Text("number {number}, id {id}", number=number, id=link.qbo_id) if link else ""
                either, second = self._either(self._fitting.get(each.id, ())), self._second(each, copies)
                apart = self._apart(each.mark, each.id if second else "")
                yield Pair(None, each, Kept(elsewhere=elsewhere, either=either, second=second, apart=apart))
        for qbo_id, problem in self._problems.items():
            if qbo_id not in self._by_qbo:
                yield Pair(None, None, Kept(qbo_id, number_in(self._raw[qbo_id]), problem=problem))

    def _apart(self, od_id: str, qbo_id: str) -> Apart:
        """What a copy of the invoice would find that differs from the one with its mark."""
        invoice = self._invoices.get(od_id)
        if invoice is None or not qbo_id or self._books[qbo_id].voided:
            return Apart()
        return found_apart(self._services, self._connected, invoice, self._books[qbo_id])

    def _copies(self, rest: Mapping[str, Theirs]) -> dict[str, str]:
        """QuickBooks' invoice with the mark of each of OneDesk's that has no link, by OneDesk's id: of several that
        which a copy links. One whose mark fits several is that of the one with its number, if there is one."""
        found: dict[str, str] = {}
        by_age = sorted(rest.items(), key=lambda each: (each[1].voided, len(each[0]), each[0]))
        for is_such in (self._has_number, _is_of_kind, _is_exact, _is_altered):
            for qbo_id, each in by_age:
                for od_id in self._fitting.get(qbo_id, [each.mark]):
                    own = self._own.get(od_id) if od_id not in self._links else None
                    fits = own is not None and is_such(own, each)
                    if fits and od_id not in found and qbo_id not in found.values():
                        found[od_id] = qbo_id
        return found

    def _has_number(self, own: Own, theirs: Theirs) -> bool:
        """Whether QuickBooks' has the number that a copy gives the invoice."""
        invoice = self._invoices.get(own.id)
        if not _is_of_kind(own, theirs) or invoice is None or theirs.voided:
            return False
        number = needs(invoice, self._services.decide_settings(invoice, self._connected)).number
        return bool(number) and number_key(number) == number_key(theirs.number)

    def _second(self, theirs: Theirs, copies: Mapping[str, str]) -> Second | None:
        """That another one has the same mark, which a copy links; None for no other."""
        first = self._theirs.get(copies.get(theirs.mark, ""))
        if first is None or theirs.altered:
            return None
        return Second(self._own[theirs.mark], f"{first.number or '-'} (id {first.id})")

    def _either_of(self, od_id: str) -> Either | None:
        return self._either(next((ids for ids in self._fitting.values() if od_id in ids), ()))

    def _either(self, ids: Sequence[str]) -> Either | None:
        """What fits several invoices of OneDesk, of which one has no link."""
        left = [od_id for od_id in ids if od_id in self._own and od_id not in self._links]
        if not left:
            return None
        forms = [self._theirs[qbo_id] for qbo_id, fitting in self._fitting.items() if set(fitting) & set(ids)]
        names = (self._own[od_id].number or od_id for od_id in ids if od_id in self._own)
        return Either(
            tuple(names),
            tuple(f"{each.number or '-'}, id {each.id}" for each in forms if not each.voided),
            tuple((od_id, each.id) for each in forms if not each.voided for od_id in left),
        )


def _is_exact(_: Own, theirs: Theirs) -> bool:
    return not theirs.altered


def _is_altered(_: Own, theirs: Theirs) -> bool:
    return bool(theirs.altered) and not theirs.voided


def _is_of_kind(own: Own, theirs: Theirs) -> bool:
    """Whether it has the mark itself, and both are invoices, or both credit notes."""
    return not theirs.altered and own.credit == theirs.credit


def _within(day: date | None, first: date | None, last: date | None) -> bool:
    return day is None or ((first is None or first <= day) and (last is None or day <= last))


def _one_sided(pair: Pair) -> bool:
    return pair.theirs is None and not pair.linked


def _nowhere(pair: Pair) -> bool:
    """Whether neither side needs the invoice, or has it any more."""
    gone = pair.theirs is None or pair.theirs.voided
    return gone and (pair.own is None or pair.own.void) and not pair.kept.problem
