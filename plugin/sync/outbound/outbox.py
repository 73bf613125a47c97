"""The outbox: each request to QuickBooks is recorded in the ledger before it leaves.

An answer is recorded together with its effects, in one transaction. recover.py handles entries without an answer.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from onedesk_quickbooks.plugin.ledger import PAY, UNPAY, AuditRow, InvoiceLink, OutboxEntry, Request, Work
from onedesk_quickbooks.plugin.model.again import COPY_AGAIN
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.model.name_keys import number_key
from onedesk_quickbooks.plugin.planning import NAMES
from onedesk_quickbooks.plugin.qbo import (
    ATTACHABLE,
    MOST_IN_BATCH,
    PAYMENT,
    UNDOING,
    AnswerUnknown,
    BatchItem,
    QuickBooks,
    QuickBooksProblem,
    Refused,
    Throttled,
    covered,
    covering,
    covers,
    disagreement,
    emailed_at,
    fingerprint_to,
    id_of,
    is_deleted,
    is_form,
    kind_of,
    read_form,
    read_payment,
    receipt,
    receiver_of,
)
from onedesk_quickbooks.plugin.sync.balances import after_update
from onedesk_quickbooks.plugin.sync.followers import resume_numbers
from onedesk_quickbooks.plugin.sync.host_client import file_of
from onedesk_quickbooks.plugin.sync.kept import undo_noted
from onedesk_quickbooks.plugin.sync.outbound import audited
from onedesk_quickbooks.plugin.sync.own_payments import recorded_rows, voided_rows
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import Text

_ELSEWHERE = Text("the invoice was sent from another company, which was connected in the meantime")
_log = logging.getLogger("onedesk_quickbooks.sync")


_OF_INVOICE = ("invoice", "send")
"""The steps that write the invoice, and e-mail it."""


_OVER = ("update",)
_LINKING = ("create", *_OVER)
"""The operations that link an invoice to what QuickBooks answers; those on an invoice that QuickBooks had before."""


class Lacking(AnswerUnknown):
    """An item is missing in the answer to a batch."""

    def __init__(self) -> None:
        super().__init__(Text("the batch's answer lacks this item"))


@dataclass(frozen=True)
class Done:
    """The result of one request: the object in the answer, or the problem where QuickBooks refused it."""

    entry: OutboxEntry
    answer: Mapping[str, Any] | None
    problem: QuickBooksProblem | None = None

    @cached_property
    def invoice(self) -> BooksInvoice:
        """The invoice, or the credit memo, in the answer."""
        return read_form(self.answer or {}, kind_of(self.entry.entity))


class Dispatcher:
    """Sends requests for one company."""

    def __init__(self, services: Services, realm_id: str) -> None:
        self._services = services
        self._realm_id = realm_id
        self._quickbooks: QuickBooks = services.quickbooks(realm_id)
        self._before: dict[int, list[AuditRow]] = {}
        self._read: dict[int, Work] = {}
        self._files: dict[tuple[str, str], bytes] = {}
        self._links: dict[str, InvoiceLink] = {}
        self._freed: list[str] = []

    def links_of(self, od_invoice_ids: Sequence[str]) -> dict[str, InvoiceLink]:
        """The links of these invoices, by OneDesk's id. The ledger is not asked for what was just written."""
        others = [each for each in od_invoice_ids if each not in self._links]
        return {**self._links, **self._services.ledger.links.invoices(self._realm_id, others)}

    def freed(self) -> list[str]:
        """The numbers that QuickBooks' invoices have no longer because of what was sent since the last call."""
        freed, self._freed = self._freed, []
        return freed

    def keep_file(self, od_invoice_id: str, attachment_id: str, content: bytes) -> None:
        """Keep the content of the file that is attached next."""
        self._files = {(od_invoice_id, attachment_id): content}

    def has_file(self, entry: OutboxEntry) -> bool:
        """Whether the host still has the file of this upload; `send` then attaches it. Raises what the host raises."""
        attachment_id = str(entry.context["attachment"])
        content = file_of(self._services.host, entry.od_invoice_id, attachment_id)
        if content is not None:
            self._files[entry.od_invoice_id, attachment_id] = content
        return content is not None

    def goes_before(self, work_id: int, rows: list[AuditRow]) -> None:
        """Write these rows to the audit trail before the next request for this row of the queue, or before its
        outcome."""
        self._before[work_id] = rows

    def expects(self, work: Work) -> None:
        """The next requests for this row of the queue are for the invoice as `work` has it."""
        self._read[work.id] = work

    def taken_along(self, work_id: int) -> list[AuditRow]:
        """The rows that were not recorded yet, for the caller to record."""
        return self._before.pop(work_id, [])

    def dispatch(self, requests: Sequence[Request]) -> list[Done]:
        """Send all requests in their order, in as few calls as possible. An invoice whose row was changed by another
        command since it was read (`expects`) is neither written nor e-mailed: it has no result. Raises the problem of a
        whole call (`AnswerUnknown`: its entries stay open), or `LockLost`; later requests are then not recorded."""
        done: list[Done] = []
        for start in range(0, len(requests), MOST_IN_BATCH):
            self._services.check_lease()  # another process has the queue: record nothing
            recorded = self._record(requests[start : start + MOST_IN_BATCH])
            if recorded:
                self._services.check_lease()  # another process that has the queue by now has not seen these entries
                done += self.send(recorded)
        return done

    def _record(self, requests: Sequence[Request]) -> list[OutboxEntry]:
        with self._services.ledger.together() as connection:
            requests = self._current(requests)
            if not requests:
                return []
            recorded = self._services.ledger.outbox.record(requests)
            before = [
                row for work_id in {each.work_id: None for each in requests} for row in self._before.get(work_id, ())
            ]
            self._services.ledger.audit.add(connection, [*before, *map(audited.request, recorded)])
        for each in requests:
            self._before.pop(each.work_id, None)
        return recorded

    def _current(self, requests: Sequence[Request]) -> Sequence[Request]:
        """Without those that another command of the host has overtaken; in the transaction that records them, so that
        each command comes before or after."""
        read = [
            self._read[each.work_id] for each in requests if each.step in _OF_INVOICE and each.work_id in self._read
        ]
        overtaken = self._services.ledger.queue.overtaken(read) if read else set()
        return [each for each in requests if each.step not in _OF_INVOICE or each.work_id not in overtaken]

    def send(self, entries: Sequence[OutboxEntry]) -> list[Done]:
        """Send the entries of one batch, or a single one, under their requestid, and record the answers. Raises the
        problem of the whole call."""
        try:
            done = self._batch(entries) if entries[0].batch else [self._single(entries[0])]
        except AnswerUnknown as problem:
            if problem.failed:
                self.failed(entries, str(problem))
            raise problem.to(request_sentence(entries)) from problem
        except Throttled:
            raise  # a gateway may have replaced the answer by a 429: look up whether it was done
        except QuickBooksProblem as problem:  # refused, or never received: nothing was done
            self.close([Done(entry, None, problem) for entry in entries])
            raise
        failed = [each.entry for each in done if isinstance(each.problem, AnswerUnknown) and each.problem.failed]
        if failed:
            self.failed(failed, Text("QuickBooks failed to answer it"))
        return self.close(done)

    def failed(self, entries: Sequence[OutboxEntry], why: str) -> None:
        """Count one more failure that QuickBooks answered for these."""
        with self._services.ledger.together() as connection:
            self._services.ledger.outbox.failed(entries)
            rows = [audited.answer(each, "failed", {"problem": why}) for each in entries]
            self._services.ledger.audit.add(connection, rows)

    def give_up(self, entries: Sequence[OutboxEntry], why: str) -> None:
        """Give these up, so that they block no other entry."""
        if not entries:
            return
        with self._services.ledger.together() as connection:
            self._services.ledger.outbox.give_up(entries)
            rows = [audited.answer(each, "given_up", {"problem": why}) for each in entries]
            self._services.ledger.audit.add(connection, rows)

    def _single(self, entry: OutboxEntry) -> Done:
        try:
            if entry.operation == "upload":
                content = self._files.pop((entry.od_invoice_id, str(entry.context["attachment"])))
                answer = self._quickbooks.upload(entry.body, content, entry.requestid)
            elif entry.operation == "send":
                to = receiver_of(entry.body)
                answer = self._quickbooks.send(id_of(entry.body), to, entry.requestid, entry.entity)
            else:
                answer = self._quickbooks.post(entry.entity, entry.body, entry.requestid, entry.operation)
        except Refused as problem:
            return Done(entry, None, problem)
        done = Done(entry, answer)
        if (unfit := _unfit(done, answer)) is not None:
            raise unfit
        return done

    def _batch(self, entries: Sequence[OutboxEntry]) -> list[Done]:
        items = [BatchItem(each.bid, each.operation, each.entity, each.body) for each in entries]
        answers = self._quickbooks.batch(items, entries[0].batch)
        done = []
        for entry in entries:
            answer = answers.get(entry.bid)
            if answer is None:
                done.append(Done(entry, None, Lacking()))
            elif isinstance(answer, QuickBooksProblem):
                done.append(Done(entry, None, answer))
            else:
                came = Done(entry, answer)
                unfit = _unfit(came, answer)
                done.append(Done(entry, None, unfit) if unfit else came)
        return done

    def close(self, done: Sequence[Done], looked_up: bool = False) -> list[Done]:
        """Record answers and their effects, in one transaction. An unknown one stays open. `looked_up`: no answer came,
        this is what QuickBooks has. Returns the same, with a refusal where QuickBooks' invoice is linked to another one
        of the host: it has one link."""
        if not done:
            return []
        outbox = self._services.ledger.outbox
        with self._services.ledger.together() as connection:
            done = self._own(done, looked_up)
            answers = {each.entry.id: _kept(each.answer) for each in done if each.answer is not None}
            faults = {
                each.entry.id: _fault(each.problem)
                for each in done
                if each.answer is None and not isinstance(each.problem, AnswerUnknown)
            }
            outbox.answered(connection, answers, looked_up)
            outbox.refused(connection, faults, looked_up)
            links = self._follow(connection, [each for each in done if each.answer is not None])
            if mailed := [each.entry.od_invoice_id for each in done if each.answer and each.entry.operation == "send"]:
                self._services.ledger.queue.mailed_otherwise(connection, mailed, _ELSEWHERE, self._realm_id)
            known = [each for each in done if not isinstance(each.problem, AnswerUnknown)]
            self._services.ledger.audit.add(connection, [_audited(each, looked_up) for each in known])
        self._links.update((link.od_invoice_id, link) for link in links)
        for each in done:
            _note(each)
        return done

    def owners(self, entity: str, qbo_ids: Sequence[str]) -> dict[str, str]:
        """The host's invoices that these invoices of QuickBooks are linked to, by QuickBooks' id."""
        links = self._services.ledger.links.by_qbo_ids(self._realm_id, qbo_ids, kind_of(entity)) if qbo_ids else {}
        return {qbo_id: link.od_invoice_id for qbo_id, link in links.items()}

    def _own(self, done: Sequence[Done], looked_up: bool) -> list[Done]:
        """The same, with a refusal in the place of an answer that names another invoice's QuickBooks invoice. One that
        QuickBooks has just made has a new id."""
        old = _LINKING if looked_up else _OVER
        written = [each for each in done if each.answer is not None and each.entry.operation in old]
        owners: dict[tuple[str, str], str] = {}
        for entity in {each.entry.entity for each in written if is_form(each.entry.entity)}:
            ids = [id_of(each.answer or {}) for each in written if each.entry.entity == entity]
            owners |= {(entity, qbo_id): od_id for qbo_id, od_id in self.owners(entity, ids).items()}
        found = []
        for each in done:
            if each in written and is_form(each.entry.entity):
                key = each.entry.entity, id_of(each.answer or {})
                if owners.setdefault(key, each.entry.od_invoice_id) != each.entry.od_invoice_id:
                    each = Done(each.entry, None, Refused.unseen(of_another(key[1], owners[key])))
            found.append(each)
        return found

    def _follow(self, connection: Connection, done: Sequence[Done]) -> list[InvoiceLink]:
        """The effects: link an invoice that QuickBooks has, note an e-mail as sent, record a payment of the host.
        Returns the links."""
        for each in done:
            if each.entry.step in (PAY, UNPAY):
                self._paid(connection, each)
        invoices = [each for each in done if is_form(each.entry.entity)]
        if not invoices:
            return []
        links, now = self._services.ledger.links, self._services.now()
        before = links.invoices(self._realm_id, [each.entry.od_invoice_id for each in invoices])
        after: list[InvoiceLink] = []
        customers: dict[tuple[str, str], str] = {}
        for each in invoices:
            entry, link = each.entry, before.get(each.entry.od_invoice_id)
            if entry.operation in UNDOING:
                self._undone(connection, each, link)
                continue
            seen = each.invoice
            if entry.operation != "send":
                sent_at = link.sent_at if link else None  # it was e-mailed once, whatever was changed since
                after.append(link_of(entry, seen, now, sent_at))
                if link is None:  # a repeated copy does not change the links of the customer
                    customers |= customer_links(entry.od_customer_id, entry.context, seen.customer_id)
                else:
                    rows = after_update(self._services, link, after[-1], seen)
                    self._services.ledger.payments.put(connection, rows)
            elif link is not None:
                sent = _sent_link(link, entry, seen, now)
                after.append(sent)
                if sent.fingerprint != link.fingerprint:
                    conflicts, od_id = self._services.ledger.conflicts, link.od_invoice_id
                    conflicts.remark(connection, self._realm_id, od_id, link.fingerprint, sent.fingerprint)
        links.put_customers(connection, self._realm_id, customers)
        links.put_invoices(connection, after)
        now_has = {link.od_invoice_id: number_key(link.qbo_number) for link in after}
        gone = {each.entry.od_invoice_id for each in invoices if is_deleted(each.answer or {})}
        freed = [
            link.qbo_number
            for od_id, link in before.items()
            if od_id in gone or now_has.get(od_id, key := number_key(link.qbo_number)) != key
        ]
        freed += [former for each in invoices if (former := each.entry.context.get("former"))]
        resume_numbers(self._services.ledger, connection, self._realm_id, freed)
        self._freed += freed
        return after

    def _paid(self, connection: Connection, done: Done) -> None:
        """Record it, so that the look for payments does not report it as new, nor its void as an edit in QuickBooks."""
        ledger, made = self._services.ledger, read_payment(done.answer or {})
        if done.entry.step == UNPAY:
            ledger.payments.put(connection, voided_rows(ledger, self._realm_id, made.id))
            return
        links = ledger.links.by_qbo_ids(self._realm_id, [qbo_id for qbo_id, _ in made.applied])
        ledger.payments.put(connection, recorded_rows(done.entry, made, links))

    def _undone(self, connection: Connection, done: Done, link: InvoiceLink | None) -> None:
        """Record it as the look for changes does, so that it is not reported as an edit in QuickBooks."""
        work = self._services.ledger.queue.get(done.entry.work_id)
        if link is None or work is None:
            return
        now, undo = None if is_deleted(done.answer or {}) else done.invoice, done.entry.context.get("undo")
        change = undo_noted(link, work, done.entry.operation, now, undo)
        self._services.ledger.conflicts.put(connection, self._realm_id, [change], notified=True)
        if undo:
            left = Text("(the run {run} was undone)", run=undo["run"])
            self._services.ledger.queue.give_way(connection, self._realm_id, link.od_invoice_id, left)
            self._services.ledger.conflicts.restore(self._realm_id, link.od_invoice_id, f" {left}")


def _unfit(done: Done, answer: Mapping[str, Any]) -> AnswerUnknown | None:
    """For an answer that does not match the request: whether it was done is looked up, as if there were no answer."""
    entry = done.entry
    number, customer = entry.context.get("qbo_number"), entry.context.get("qbo_customer_id")
    read = (lambda: done.invoice) if is_form(entry.entity) else None
    why = disagreement(entry.entity, entry.operation, entry.body, answer, number, customer, read)
    own = Text("it answered something else than it was asked")
    return AnswerUnknown(f"{own} ({why})", failed=True, own=own) if why else None


def of_another(qbo_id: str, od_invoice_id: str) -> str:
    """Why an invoice is not linked to an invoice of QuickBooks, where that one is linked to another of the host's."""
    return Text(
        "the QuickBooks invoice with the id {qbo_id} is linked to the OneDesk invoice {id}; {again}, "
        "and it is looked for once more",
        qbo_id=qbo_id,
        id=od_invoice_id,
        again=COPY_AGAIN,
    )


def label_of(entry: OutboxEntry) -> str:
    """How a sentence names the invoice that a request was recorded for."""
    return str(entry.context.get("od_number") or entry.od_invoice_id)


_VERBS: Mapping[str, str] = {
    "create": Text("makes"),
    "update": Text("changes"),
    "send": Text("e-mails"),
    "upload": Text("attaches"),
    "void": Text("voids"),
    "delete": Text("deletes"),
}


def request_sentence(entries: Sequence[OutboxEntry]) -> str:
    """What a request does, for the middle of a sentence: "makes the invoice 2041"."""
    first = entries[0]
    name = label_of(first)
    verb = _VERBS[first.operation]
    if is_form(first.entity):
        what = Text("{verb} the {kind} {name}", verb=verb, kind=NAMES[kind_of(first.entity)], name=name)
    elif first.entity == ATTACHABLE:
        file = str(first.context.get("name", ""))
        what = Text("attaches the file {file} to the invoice {name}", file=file, name=name)
    elif first.step == PAY:
        what = Text("records the payment {name}", name=name)
    elif first.step == UNPAY:
        what = Text("voids the payment {name}", name=name)
    elif first.entity == PAYMENT:
        to = str(first.context.get("credits", ""))
        what = Text("applies the credit memo {name} to the invoice {to}", name=name, to=to)
    else:
        what = Text("{verb} the {step} for invoice {name}", verb=verb, step=_step(first.step), name=name)
    return Text("{what}, and {n} more", what=what, n=len(entries) - 1) if len(entries) > 1 else what


def _step(step: str) -> str:
    """The text of a step: `customer Harbor Labs`."""
    kind, _, name = step.partition(" ")
    if kind == "customer":
        return Text("customer {name}", name=name)
    if kind == "item":
        return Text("item {name}", name=name)
    if kind == "contact":
        return Text("numbers {name}", name=name)
    return Text("address {name}", name=name) if kind == "address" else step


def _kept(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is kept of an answer; Intuit's support asks for `intuit_tid`. An answer that was looked up has none."""
    tid = getattr(answer, "tid", "")
    return {**answer, "intuit_tid": tid} if tid else answer


def _fault(problem: QuickBooksProblem | None) -> dict[str, Any]:
    """What is kept of a refusal; Intuit's support asks for `intuit_tid`."""
    facts: dict[str, Any] = {"problem": type(problem).__name__, "text": str(problem)}
    if isinstance(problem, Refused):
        facts["faults"] = [
            {name: value for name in fault.__slots__ if (value := getattr(fault, name)) and name != "tid"}
            for fault in problem.faults
        ]
    if tid := getattr(problem, "tid", ""):
        facts["intuit_tid"] = tid
    return facts


def _audited(done: Done, looked_up: bool) -> AuditRow:
    """The id and totals of an answer's object; the rest is in the outbox."""
    if done.answer is None:
        return audited.answer(done.entry, "refused", _fault(done.problem))
    tid = getattr(done.answer, "tid", "")
    facts = {**receipt(done.answer), **({"intuit_tid": tid} if tid else {})}
    return audited.answer(done.entry, "found" if looked_up else "answered", facts)


def _note(done: Done) -> None:
    """Log, without names, which request of which invoice ended how."""
    entry, problem = done.entry, done.problem
    ended = "done" if done.answer is not None else f"not done ({type(problem).__name__})"
    codes = ",".join(sorted(problem.codes)) if isinstance(problem, Refused) else ""
    _log.info(
        "%s %s for invoice %s: %s%s",
        entry.operation,
        entry.entity,
        entry.od_invoice_id,
        ended,
        f", code {codes}" if codes else "",
        extra={
            "realm": entry.realm_id,
            "invoice": entry.od_invoice_id,
            "requestid": entry.requestid,
            "intuit_tid": getattr(problem or done.answer, "tid", ""),
        },
    )


def _sent_link(link: InvoiceLink, entry: OutboxEntry, seen: BooksInvoice, now: datetime) -> InvoiceLink:
    """The link of an invoice that was e-mailed. Sending writes only the address, and any other edit meanwhile has to be
    detected: the link takes the new version only where nothing but the address differs."""
    before = entry.context.get("email")
    letters = covered(link.fingerprint)
    ours = before is not None and fingerprint_to(seen.written, before, letters) == link.fingerprint
    fingerprint = covering(seen, letters).fingerprint if ours else link.fingerprint
    return dataclasses.replace(link, state="sent", sent_at=now, fingerprint=fingerprint)


def link_of(entry: OutboxEntry, seen: BooksInvoice, now: datetime, sent_at: datetime | None) -> InvoiceLink:
    """The link of an invoice that an entry has written."""
    seen = covering(seen, covers(entry.body))
    return linked(entry.realm_id, entry.od_invoice_id, entry.context, seen, now, sent_at)


def customer_links(od_customer_id: str, context: Mapping[str, Any], qbo_customer_id: str) -> dict[tuple[str, str], str]:
    """{(OneDesk's customer, currency): its QuickBooks customer} of an invoice that was written for the latter. Where
    that is the sub-customer of a project (`below` in the context), the customer is linked to its parent, and the
    project to it."""
    currency, below = context["currency"], context.get("below")
    billed = context.get("billed") or od_customer_id  # a partner is linked by its name
    if not below:
        return {(billed, currency): qbo_customer_id}
    return {(billed, currency): below["parent"], (below["project"], currency): qbo_customer_id}


def linked(
    realm_id: str,
    od_invoice_id: str,
    context: Mapping[str, Any],
    seen: BooksInvoice,
    now: datetime,
    sent_at: datetime | None = None,
) -> InvoiceLink:
    """The link of an invoice as QuickBooks has it; `context` is what is kept of a write: `mailed` where QuickBooks had
    e-mailed this version before."""
    if context.get("mailed"):
        sent_at = emailed_at(seen) or now
    return InvoiceLink(
        realm_id=realm_id,
        od_invoice_id=od_invoice_id,
        od_number=context["od_number"],
        qbo_id=seen.id,
        qbo_number=seen.number,
        content_hash=context["content_hash"],
        fingerprint=seen.fingerprint,
        currency=context["currency"],
        total=context["total"],
        qbo_total=plain(seen.total),
        state="sent" if context.get("mailed") else "copied",
        rules_hash=context["rules_hash"],
        trail=context["trail"],
        copied_at=now,
        sent_at=sent_at,
        kind=seen.kind,
    )
