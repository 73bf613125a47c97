"""Requests that were recorded and not answered: a run recovers them before it begins anything new, so a plan predicts
their outcome."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from onedesk_quickbooks.plugin.ledger import UNDO, WITHDRAWN, InvoiceLink, OutboxEntry
from onedesk_quickbooks.plugin.model.books import Books, BooksCustomer, BooksInvoice, BooksItem, WrittenFirst
from onedesk_quickbooks.plugin.model.company_settings import NEW, Ref
from onedesk_quickbooks.plugin.model.money import decimal_from_text
from onedesk_quickbooks.plugin.model.name_keys import name_key
from onedesk_quickbooks.plugin.model.plan import AnyPlan, Plan, Reason
from onedesk_quickbooks.plugin.planning import undoing
from onedesk_quickbooks.plugin.qbo import (
    ATTACHABLE,
    PAYMENT,
    UNDOING,
    as_expected,
    covered_as,
    is_form,
    kind_of,
    number_in,
    read_form,
    receiver_of,
    token_of,
)
from onedesk_quickbooks.plugin.sync.outbound.lookup import Seen
from onedesk_quickbooks.plugin.sync.outbound.outbox import Done, customer_links, link_of, request_sentence
from onedesk_quickbooks.plugin.sync.outbound.recover import Recovery, record_of, still_wanted
from onedesk_quickbooks.plugin.sync.outbound.stages import Decided
from onedesk_quickbooks.plugin.sync.outbound.written_items import items_of
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import Text


@dataclasses.dataclass(frozen=True, slots=True)
class Foreseen:
    """Link and look of one invoice as they will be once its open request (`entry`, None for none) is recovered;
    `answer` is what QuickBooks has of it, None where it has nothing. `undone`: the request has voided or deleted the
    invoice."""

    link: InvoiceLink | None
    seen: Seen
    entry: OutboxEntry | None = None
    answer: Mapping[str, Any] | None = None
    undone: bool = False


class Ahead:
    """The open requests of one company, and the requests given up for the invoices to plan (`decided`), with the
    outcome that a run would find now. The constructor asks QuickBooks and raises `QuickBooksProblem`."""

    def __init__(self, services: Services, realm_id: str, decided: Sequence[Decided]) -> None:
        self._now = services.now
        self._quickbooks = services.quickbooks(realm_id)
        asked = {each.work.od_invoice_id: each for each in decided}
        recovery = Recovery(services, realm_id)

        def wanted(entry: OutboxEntry) -> bool:
            found = asked.get(entry.od_invoice_id)
            if found is None:
                return recovery.wanted(entry)
            if entry.operation in UNDOING:
                action = found.work.action
                if action == UNDO:
                    return found.work.conflict.rule == entry.operation
                return action in WITHDRAWN and undoing(found.decisions, action) == entry.operation
            if found.decisions.skips or recovery.is_elsewhere(entry, found.work):
                return False
            return still_wanted(entry, found.invoice, found.work)

        prospects = recovery.foresee(wanted, asked)
        found, self.unreadable = recovery.late(list(asked))
        late = [each for each in found if each.answer is not None]
        again = [Done(entry, None) for each in prospects for entry in each.again]
        self._settled = [*late, *(done for each in prospects for done in each.done), *again]
        self._invoices = {each.entry.od_invoice_id: each for each in self._settled if is_form(each.entry.entity)}
        self._applied = {each.entry.od_invoice_id for each in self._settled if each.entry.entity == PAYMENT}
        self.attached: dict[str, list[Mapping[str, Any]]] = {}
        for each in self._settled:
            if each.entry.operation == "upload":
                self.attached.setdefault(each.entry.od_invoice_id, []).append(each.entry.context)
        self._records: list[tuple[Done, BooksCustomer | BooksItem]] = []
        fails = [recovery.given_up(each.fails) for each in prospects if each.fails]
        self.given_up = [each for each in fails if each is not None]

    def made(self, od_invoice_id: str) -> BooksInvoice | None:
        """The invoice that an open request has made, as QuickBooks has it; None where it has nothing."""
        done = self._invoices.get(od_invoice_id)
        if done is None or done.answer is None or done.entry.operation in UNDOING:
            return None
        return done.invoice

    def applied(self, od_invoice_id: str) -> bool:
        """Whether an open request has applied the credit memo, or will do so before anything else."""
        return od_invoice_id in self._applied

    def undone(self, od_invoice_id: str) -> OutboxEntry | None:
        """The open request that has voided or deleted the invoice, or will do so before anything else."""
        done = self._invoices.get(od_invoice_id)
        return done.entry if done is not None and done.entry.operation in UNDOING else None

    def link(self, od_invoice_id: str, link: InvoiceLink | None) -> InvoiceLink | None:
        """The link of a withdrawn invoice, once its open requests are recovered."""
        done = self._invoices.get(od_invoice_id)
        if done is None or done.answer is None or done.entry.operation in UNDOING:
            return link
        if done.entry.operation == "send":
            return dataclasses.replace(link, state="sent", sent_at=self._now()) if link else None
        return link_of(done.entry, done.invoice, self._now(), link.sent_at if link else None)

    def foresee(
        self, decided: Sequence[Decided], links: Sequence[InvoiceLink | None], seen: Sequence[Seen]
    ) -> list[Foreseen]:
        """For each invoice what will be known of it."""
        found = []
        for each, link, look in zip(decided, links, seen, strict=True):
            done = self._invoices.get(each.work.od_invoice_id)
            found.append(self._one(done.entry, done.answer, link, look) if done else Foreseen(link, look))
        return found

    def _one(
        self, entry: OutboxEntry, answer: Mapping[str, Any] | None, link: InvoiceLink | None, seen: Seen
    ) -> Foreseen:
        if entry.operation in UNDOING:
            return Foreseen(link, seen, undone=True)
        if entry.operation == "send":
            sent = dataclasses.replace(link, state="sent", sent_at=self._now()) if link else None
            return Foreseen(sent, seen, entry)
        current = seen.invoice or seen.adopted
        if answer is None and entry.operation == "update" and not _fits(entry, current):
            return Foreseen(link, seen)  # QuickBooks will refuse it: the invoice was changed there
        # What QuickBooks did not have a moment ago and has now was made by the request.
        then = (
            read_form(answer, kind_of(entry.entity))
            if answer is not None
            else seen.adopted or _expected(entry, current)
        )
        after = link_of(entry, then, self._now(), link.sent_at if link else None)
        items, now = items_of(entry.context, then), self._there(entry, answer, then)
        now = covered_as(now, after.fingerprint) if now else None
        then = covered_as(then, after.fingerprint)
        look = dataclasses.replace(seen, invoice=now, adopted=None, items=items, then=then)
        return Foreseen(after, look, entry, answer)

    def _there(self, entry: OutboxEntry, answer: Mapping[str, Any] | None, then: BooksInvoice) -> BooksInvoice | None:
        """The invoice as QuickBooks has it: one that was edited since it was made differs from what was written."""
        if answer is None or entry.operation != "create" or token_of(answer) == "0":
            return then
        return self._quickbooks.invoice(then.id, then.kind)

    def records(self, seen: Sequence[Seen]) -> list[BooksCustomer | BooksItem]:
        """The customers and items that will exist then, each with the invoice that it is made for."""
        self._records = []
        for each in self._settled:
            made = record_of(each.entry, each.answer or each.entry.body)
            if made is None or (each.answer is None and any(_refuses(made, look.books) for look in seen)):
                continue
            if each.answer is None:
                made = dataclasses.replace(made, id=f"{NEW}{name_key(made.name)}")
            if isinstance(made, BooksItem) and made.income_account and not made.income_account.name:
                made = dataclasses.replace(made, income_account=_named(made.income_account, seen))
            self._records.append((each, made))
        return [made for _, made in self._records]

    def linked(self) -> dict[tuple[str, str], BooksCustomer]:
        """{(OneDesk's customer, currency): its QuickBooks customer} for invoices that are made first: later invoices
        use these. Raises `QuickBooksProblem`."""
        made = [each for each in self._invoices.values() if each.entry.operation == "create"]
        found: dict[tuple[str, str], str] = {}
        for each in made:
            invoice = each.invoice if each.answer is not None else _expected(each.entry, None)
            found |= customer_links(each.entry.od_customer_id, each.entry.context, invoice.customer_id)
        ids = set(found.values())
        known = {each.id: each for each in self._quickbooks.look_up(customer_ids=ids).customers} if ids else {}
        return {key: known[qbo_id] for key, qbo_id in found.items() if qbo_id in known}

    def with_asked(self, plan: AnyPlan) -> AnyPlan:
        """The same with what open or earlier requests make for its customer and its items."""
        used = set[str]()
        if isinstance(plan, Plan):
            found = (plan.customer.existing, *(each.existing for each in plan.items))
            used = {each.id for each in found if each}
        ids = {made.entry.id: record.id for made, record in self._records}
        reported = [
            each
            for each in self._settled
            if not is_form(each.entry.entity)
            and each.entry.entity not in (PAYMENT, ATTACHABLE)
            and (each.entry.od_invoice_id == plan.invoice_id or ids.get(each.entry.id) in used)
        ]
        first = [
            _asked_before(request_sentence([each.entry]), each.entry.recorded_at, each.answer is not None)
            for each in reported
        ]
        return dataclasses.replace(plan, remarks=(*first, *plan.remarks)) if first else plan


def _refuses(made: BooksCustomer | BooksItem, books: Books) -> bool:
    """Whether QuickBooks will refuse to make the record, because another one has its name."""
    key = name_key(made.name)
    if isinstance(made, BooksItem):
        return any(name_key(each.name) == key for each in books.items.by_id.values())
    return key in books.other_names or any(name_key(each.name) == key for each in books.customers.by_id.values())


def _named(account: Ref, seen: Sequence[Seen]) -> Ref:
    names = {each.id: each.name for look in seen for each in look.books.accounts}
    return Ref(account.id, names.get(account.id, ""))


def _fits(entry: OutboxEntry, current: BooksInvoice | None) -> bool:
    return current is not None and current.sync_token == token_of(entry.body)


def _expected(entry: OutboxEntry, current: BooksInvoice | None) -> BooksInvoice:
    context = entry.context
    total = decimal_from_text(context.get("qbo_total") or context["total"])
    existing = current if entry.operation == "update" else None
    return as_expected(entry.body, total, context["currency"], existing, kind_of(entry.entity))


def written_first(entry: OutboxEntry, done: Sequence[OutboxEntry] = ()) -> WrittenFirst:
    """What an entry writes or e-mails, in the words of both the plan before it and the run after it; together with what
    it, and the entries that are `done` before it, have overwritten."""
    undone = tuple(dict.fromkeys(text for each in (*done, entry) for text in each.context.get("undone", ())))
    if entry.operation == "send":
        return WrittenFirst("", None, receiver_of(entry.body), undone)
    total = entry.context.get("qbo_total")
    return WrittenFirst(number_in(entry.body), decimal_from_text(total) if total else None, undone=undone)


def _asked_before(what: str, recorded_at: datetime, done: bool) -> Reason:
    """A note for the reader of a plan: a request for its customer or an item was recorded and not answered. `what`
    describes the request in the middle of a sentence, `done`: QuickBooks shows its result."""
    follows = (
        Text("QuickBooks has done it: the run finds it there and continues")
        if done
        else Text("QuickBooks has no trace of it: the run repeats it with the same requestid, so that it is done once")
    )
    sentence = Text(
        "The request that {what} was recorded on {recorded_at} UTC and not answered. {follows}.",
        what=what,
        recorded_at=f"{recorded_at:%Y-%m-%d %H:%M}",
        follows=follows,
    )
    return Reason("asked-before", sentence)
