"""Recovers requests that were recorded in the outbox and never answered, before anything new begins.

An entry without an answer is unknown. QuickBooks' data shows whether it was done; otherwise the request is sent again
under the same requestid, where the host still wants it. The requests of another run, or of a stopped one, are only
looked up: they stay unknown until that run, or a person, continues.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from onedesk_quickbooks.plugin.ledger import PAY, UNDO, UNPAY, OutboxEntry, Queue, Work
from onedesk_quickbooks.plugin.model.again import COPY_IT_AGAIN, again_by
from onedesk_quickbooks.plugin.model.books import BooksCustomer, BooksItem
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.kinds import LEFT
from onedesk_quickbooks.plugin.model.money import decimal_from_text
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.planning import OPEN, marker
from onedesk_quickbooks.plugin.qbo import (
    PAYMENT,
    UNDOING,
    AnswerUnknown,
    Refused,
    Unreadable,
    applied_already,
    as_created,
    attached_already,
    deleted,
    id_of,
    is_below_the_same,
    is_form,
    is_voided,
    marked,
    read_customer,
    read_invoice,
    read_item,
    read_payment,
    recorded_already,
    token_of,
    unreadable,
    was_sent,
    was_updated,
    where_attached,
    where_created,
)
from onedesk_quickbooks.plugin.sync.elsewhere import asked_before, linked_elsewhere
from onedesk_quickbooks.plugin.sync.host_notes import NOTE, VOIDED, not_taken, page_of_link, show_state, show_undone
from onedesk_quickbooks.plugin.sync.outbound.known import Known
from onedesk_quickbooks.plugin.sync.outbound.outbox import Dispatcher, Done, label_of, of_another, request_sentence
from onedesk_quickbooks.plugin.sync.outbound.stages import Ended
from onedesk_quickbooks.plugin.sync.payload import digest
from onedesk_quickbooks.plugin.sync.payload import read_invoice as read_od_invoice
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.sync.withdrawn import Withdrawn
from onedesk_quickbooks.plugin.texts import Text

_log = logging.getLogger("onedesk_quickbooks.sync")


FAILURES, FAILING = 5, timedelta(seconds=30)
"""How often, and for how long, a request is answered with a failure before it is given up, after all the usual
retries."""
LATE = timedelta(days=1)
"""How long QuickBooks may take for a request that is no longer wanted: until then it is looked for."""
UNDER_WAY = timedelta(seconds=120)
"""How long QuickBooks works on a request before it gives up."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A request of one row of the queue that QuickBooks cannot answer; `reason` is for a person."""

    work_id: int
    recorded_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Prospect:
    """The expected outcome of requests that were sent in one call and not answered, by QuickBooks' present data: `done`
    is there; `again` is repeated under its requestid; `unwanted` is not, because the host no longer wants it; `undone`
    failed in a batch of which the rest was answered, and is planned again; `fails` is given up."""

    done: Sequence[Done]
    again: Sequence[OutboxEntry] = ()
    unwanted: Sequence[OutboxEntry] = ()
    undone: Sequence[OutboxEntry] = ()
    fails: Sequence[OutboxEntry] = ()


@dataclass(frozen=True, slots=True)
class LookedAgain:
    """The invoices of which QuickBooks has nothing, and those of which its data cannot be read, with the reason."""

    nothing: frozenset[str]
    unreadable: Mapping[str, str]


NOTHING_LATE = LookedAgain(frozenset(), {})


class Recovery:
    """The unanswered outbox entries of one company."""

    def __init__(self, services: Services, realm_id: str, made: Known | None = None) -> None:
        """`made` is updated with the customers and items that are found done, or are made by a repeated request."""
        self._made = made or Known()
        self._services = services
        self._realm_id = realm_id
        self._dispatcher = Dispatcher(services, realm_id)
        self._quickbooks = services.quickbooks(realm_id)

    def run(self, gives_up: bool = False, others: bool = False) -> list[GivenUp]:
        """Determine the outcome of every entry without an answer; those of other runs are looked up where `others` says
        so. Raises `AnswerUnknown` and the like when QuickBooks still gives no answer: then nothing new may begin. A
        request that QuickBooks has failed to answer repeatedly, and has nothing of, is given up by the run that has its
        invoice (`gives_up`), so that it does not block others; returns those, for a person."""
        self._end_astray()
        own, theirs = self._unknown()
        if others:
            self._look_up(theirs)
        return [each for group in _groups(own) if (each := self._group(group, gives_up)) is not None]

    def has_entries(self) -> bool:
        """Whether `run` has anything to find out."""
        return bool(self._services.ledger.outbox.unknown(self._realm_id))

    def has_late(self, od_invoice_ids: Sequence[str]) -> bool:
        """Whether `look_again` has anything to look for."""
        return bool(self._services.ledger.outbox.given_up(self._realm_id, od_invoice_ids))

    def foresee(self, wanted: Callable[[OutboxEntry], bool], asked: Collection[str]) -> list[Prospect]:
        """What `run` would do now for a caller that asks for these invoices, where `wanted` says what the host wants;
        nothing is changed. Raises `QuickBooksProblem`."""
        own, others = self._unknown(asked)
        looked = [[Done(entry, self.look(entry)) for entry in group] for group in _groups(own)]
        found, _ = self._looked(others)
        there = Prospect([each for each in found if each.answer is not None])
        return [*(self._prospect(each, True, wanted) for each in looked), there]

    def look_again(self, od_invoice_ids: Sequence[str]) -> LookedAgain:
        """Look once more for requests that were given up and may have been done all the same, before anything else is
        written for their invoices."""
        found, unreadable = self.late(od_invoice_ids)
        self._close([each for each in found if each.answer is not None], looked_up=True)
        lost = [each.entry for each in found if each.answer is None]
        gone = [each for each in lost if not _makes_invoice(each)]
        if gone:
            problem = Refused.unseen(Text("it was not done"))
            self._dispatcher.close([Done(entry, None, problem) for entry in gone], looked_up=True)
        return LookedAgain(frozenset(each.od_invoice_id for each in lost), unreadable)

    def _looked(self, entries: Sequence[OutboxEntry]) -> tuple[list[Done], dict[str, str]]:
        """What QuickBooks has of each invoice, and the reason for those that cannot be read."""
        found: list[Done] = []
        unreadable: dict[str, str] = {}
        for entry in entries:
            try:
                found.append(Done(entry, self.look(entry)))
            except Unreadable as error:
                unreadable[entry.od_invoice_id] = error.why
        return found, unreadable

    def late(self, od_invoice_ids: Sequence[str]) -> tuple[list[Done], dict[str, str]]:
        """The requests given up for these invoices, as QuickBooks shows them now, and why some cannot be read, by
        invoice; nothing is changed. Raises `QuickBooksProblem`."""
        entries = self._services.ledger.outbox.given_up(self._realm_id, od_invoice_ids)
        if not entries:
            return [], {}
        known = self._services.ledger.links.invoices(self._realm_id, [each.od_invoice_id for each in entries])
        # made by a later request
        made = [each for each in entries if _makes_invoice(each) and each.od_invoice_id in known]
        astray = self._astray(entries)
        left = [each for each in entries if each not in made and each not in [one.entry for one in astray]]
        found, unreadable = self._looked(left)
        return [*found, *(Done(each.entry, None) for each in astray)], unreadable

    def look_for_late(self) -> None:
        """Link, and report to the host, what was given up within the last day, or belongs to another run, and was done
        all the same."""
        _, others = self._unknown()
        self._look_up(others)
        since = self._services.now() - LATE
        self.look_again(self._services.ledger.outbox.given_up_since(self._realm_id, since))

    def _look_up(self, others: Sequence[OutboxEntry]) -> None:
        """Look up the requests of other runs, without sending them. What QuickBooks has not done within a day is looked
        for again when the run is continued."""
        found, _ = self._looked(others)
        self._close([each for each in found if each.answer is not None], looked_up=True)
        since = self._services.now() - LATE
        over = [each.entry for each in found if each.answer is None and each.entry.recorded_at < since]
        self._dispatcher.give_up(over, Text("QuickBooks does not have it within a day"))

    def _unknown(self, asked: Collection[str] = ()) -> tuple[list[OutboxEntry], list[OutboxEntry]]:
        """The entries that this process recovers, those of the invoices that are `asked` for with them, and those of
        others."""
        entries = self._services.ledger.outbox.unknown(self._realm_id)
        astray = [each.entry for each in self._astray(entries)]
        entries = [each for each in entries if each not in astray]
        of_others = self._of_others([each for each in entries if each.od_invoice_id not in asked])
        return [each for each in entries if each not in of_others], of_others

    def _end_astray(self) -> None:
        """An earlier version could not follow them, and failed their rows of the queue, which are planned again."""
        ledger = self._services.ledger
        astray = self._astray(ledger.outbox.unknown(self._realm_id))
        if astray:
            self._dispatcher.close(astray, looked_up=True)
            with ledger.together() as connection:
                why = Text("QuickBooks' invoice is linked to another one of OneDesk")
                ledger.queue.resume(connection, [each.entry.work_id for each in astray], why)

    def _astray(self, entries: Sequence[OutboxEntry]) -> list[Done]:
        """Those that write over a QuickBooks invoice that is linked to another one of the host, as refused: they are
        neither followed nor repeated."""
        found = []
        for each in entries:
            if each.operation == "update" and is_form(each.entity):
                owner = self._dispatcher.owners(each.entity, [id_of(each.body)]).get(id_of(each.body))
                if owner not in (None, each.od_invoice_id):
                    found.append(Done(each, None, Refused.unseen(of_another(id_of(each.body), owner or ""))))
        return found

    def _of_others(self, entries: Sequence[OutboxEntry]) -> list[OutboxEntry]:
        ids = sorted({each.od_invoice_id for each in entries})
        theirs = self._services.ledger.queue.of_others(self._realm_id, ids, self._services.run)
        return [each for each in entries if each.od_invoice_id in theirs]

    def _close(self, known: Sequence[Done], looked_up: bool = False) -> None:
        """Record what was found done. Where no waiting row will report it to the host, report it now."""
        if not known:
            return
        self._dispatcher.close(known, looked_up)
        self._learn(known)
        invoices = [each.entry for each in known if is_form(each.entry.entity)]
        others = self._of_others(invoices)
        for entry in invoices:
            work = self._services.ledger.queue.get(entry.work_id)
            if work is not None and (work.state in LEFT or entry in others):
                try:
                    self._show(entry)
                    Withdrawn(self._services.ledger, self._realm_id, self._services.undoing).meanwhile(
                        self._services.host, self._services.settings, work
                    )
                except Exception as problem:
                    not_taken(f"that QuickBooks has invoice {entry.od_invoice_id}", problem)

    def _learn(self, done: Sequence[Done]) -> None:
        for each in done:
            record = record_of(each.entry, each.answer) if each.answer is not None else None
            if isinstance(record, BooksCustomer):
                self._made.learn_customer(record)
            elif record is not None:
                self._made.learn_item(record)

    def _show(self, entry: OutboxEntry) -> None:
        host, od_invoice_id = self._services.host, entry.od_invoice_id
        link = self._services.ledger.links.invoice(self._realm_id, od_invoice_id)
        found = host.read_invoice(od_invoice_id)
        if link is not None and found is not None and (undo := entry.context.get("undo")):
            show_undone(host, self._services.settings, link, entry.operation, undo["run"])
        elif link is not None and found is not None and entry.operation in UNDOING:
            gone = entry.operation == "delete"
            if found.get("status") == "void" and not gone:
                host.set_tag(od_invoice_id, VOIDED, page_of_link(self._services.settings, link))
            else:
                show_state(host, self._services.settings, link, differs=True, gone=gone)
        elif link is not None and found is not None:
            if undone := entry.context.get("undone"):
                host.add_note(od_invoice_id, NOTE, " ".join(undone))
            show_state(host, self._services.settings, link, differs=False)

    def wanted(self, entry: OutboxEntry) -> bool:
        """Whether the row of the invoice has not left the queue, and the host's present invoice still wants the
        request: the rules do not skip it. Raises `NotNow`."""
        queue = self._services.ledger.queue
        if entry.step in (PAY, UNPAY):  # a later change of the payment is planned on the result of this request
            asked = queue.get(entry.work_id)
            return asked is not None and asked.state == "todo"
        if entry.operation in UNDOING:
            return self._still_to_undo(entry)
        rows = [row for row in queue.open_of(self._realm_id, entry.od_invoice_id) if row.action in ("copy", "send")]
        asked = rows[0] if rows else queue.get(entry.work_id)
        if asked is None or asked.state in LEFT or self._is_held(entry) or self.is_elsewhere(entry, asked):
            return False
        try:
            source = self._services.host.read_invoice(entry.od_invoice_id)
            wanted = source is not None and self._still_wanted(entry, read_od_invoice(source), asked)
            return wanted and (entry.operation != "upload" or self._dispatcher.has_file(entry))
        except NotNow:
            raise  # a short problem of the host: everything waits
        except Exception as problem:
            _log.warning("invoice %s cannot be read: %r", entry.od_invoice_id, type(problem).__name__)
            return False

    def _still_to_undo(self, entry: OutboxEntry) -> bool:
        """Whether the company queue still has to void or delete the invoice, as this request does. Raises `NotNow`."""
        asked = self._services.ledger.queue.get(entry.work_id)
        if asked is not None and asked.action == UNDO:
            return asked.state == "todo" and asked.conflict.rule == entry.operation
        if self._is_held(entry):
            return False
        work = self._services.ledger.conflicts.to_undo(self._realm_id, entry.od_invoice_id)
        if work is None:
            return False
        source = self._services.host.read_invoice(entry.od_invoice_id)
        if source is not None and (work.action != "voided" or source.get("status") != "void"):
            return False
        return self._services.undoing(source or work.invoice, work.action) == entry.operation

    def _is_held(self, entry: OutboxEntry) -> bool:
        """Whether a person holds the invoice."""
        return bool(self._services.ledger.holds.of(self._realm_id, [entry.od_invoice_id]))

    def is_elsewhere(self, entry: OutboxEntry, asked: Work) -> bool:
        """Whether another company has got the invoice that this request creates, since it was requested here."""
        if (entry.step, entry.operation) != ("invoice", "create"):
            return False
        ledger, od_id = self._services.ledger, entry.od_invoice_id
        links = ledger.links.everywhere(self._realm_id, [od_id])[1]
        return bool(linked_elsewhere(ledger, links)) and asked_before(ledger, asked, links[od_id])

    def _still_wanted(self, entry: OutboxEntry, invoice: Invoice, asked: Work) -> bool:
        decided = self._services.decide_settings(invoice, self._services.connected())
        return not decided.skips and still_wanted(entry, invoice, asked)

    def _exhausted(self, entries: Sequence[OutboxEntry]) -> bool:
        since = max(each.failing_since for each in entries)
        return min(each.failures for each in entries) >= FAILURES and abs(self._services.now() - since) >= FAILING

    def _group(self, entries: list[OutboxEntry], gives_up: bool) -> GivenUp | None:
        try:
            found = [Done(entry, self.look(entry)) for entry in entries]
        except Unreadable as error:
            return self._unreadable(entries, gives_up, error.why)
        ahead = self._prospect(found, gives_up, self.wanted)
        _log.info("%d of %d unanswered requests had been done", len(ahead.done), len(entries))
        if ahead.unwanted:
            _log.info("%d unanswered requests are not repeated: the host no longer wants them", len(ahead.unwanted))
            over = [each for each in ahead.unwanted if not self._under_way(each)]
            self._dispatcher.give_up(over, Text("the host no longer wants it"))
        if ahead.fails:
            self._close(ahead.done, looked_up=True)
            return self._give_up(ahead.fails)
        unknown: list[AnswerUnknown] = []
        if ahead.again:
            # The same request again, under the same requestid. Where a part of a batch is there already, the batch may
            # still be in progress, or that part was made by others: the rest keeps its requestid in both cases.
            sent = self._dispatcher.send(ahead.again)
            self._learn(sent)
            unknown = [each.problem for each in sent if isinstance(each.problem, AnswerUnknown)]
        if ahead.undone:
            problem = Refused.unseen(Text("the rest of its batch was done, this was not"))
            self._dispatcher.close([Done(entry, None, problem) for entry in ahead.undone])
        self._close(ahead.done, looked_up=not (ahead.again or ahead.undone))
        if unknown:
            raise unknown[0].to(request_sentence(ahead.again))
        return None

    def _prospect(self, found: Sequence[Done], gives_up: bool, wanted: Callable[[OutboxEntry], bool]) -> Prospect:
        done = [each for each in found if each.answer is not None]
        open_still = [each.entry for each in found if each.answer is None]
        left = [entry for entry in open_still if wanted(entry)]
        unwanted = [entry for entry in open_still if entry not in left]
        batch = self._services.ledger.outbox.of_batch(left[0].batch) if left and left[0].batch else []
        if any(each.answered_at for each in batch):
            return Prospect(done, unwanted=unwanted, undone=left)
        if left and gives_up and self._exhausted(left):
            return Prospect(done, unwanted=unwanted, fails=left)
        return Prospect(done, again=left, unwanted=unwanted)

    def _under_way(self, entry: OutboxEntry) -> bool:
        """Whether QuickBooks may still be making an invoice that is no longer wanted. If it is wanted again meanwhile,
        the same request makes it once; after giving up, another request would make a second one."""
        work = self._services.ledger.queue.get(entry.work_id)
        last = max(entry.recorded_at, work.updated_at) if work else entry.recorded_at
        return _makes_invoice(entry) and timedelta(0) <= self._services.now() - last < UNDER_WAY

    def _unreadable(self, entries: list[OutboxEntry], gives_up: bool, why: str) -> GivenUp | None:
        """QuickBooks' data cannot be read: that may pass; otherwise a person has to look."""
        if gives_up and self._exhausted(entries):
            return self._give_up(entries)
        self._dispatcher.failed(entries, why)
        raise AnswerUnknown(why, request=request_sentence(entries), own=Text("what it has cannot be read"))

    def _give_up(self, entries: Sequence[OutboxEntry]) -> GivenUp | None:
        self._dispatcher.give_up(entries, Text("QuickBooks does not answer it"))
        _log.error("%d requests are given up: QuickBooks does not answer them", len(entries))
        return self.given_up(entries)

    @staticmethod
    def given_up(entries: Sequence[OutboxEntry]) -> GivenUp | None:
        """What a person has to see of these; None where they belong to several invoices: these are tried separately."""
        first, last = entries[0], entries[-1]
        if {each.od_invoice_id for each in entries} != {first.od_invoice_id}:
            return None
        return GivenUp(
            last.work_id,
            last.recorded_at,
            Text(
                "QuickBooks failed, or gave no usable response, {n} times since {since} UTC on the request that "
                "{does}, and shows no result of it; {remedy}, or take it out ({drop} --reason TEXT). It "
                "is looked for once more before anything else is written for this invoice.",
                n=first.failures,
                since=f"{first.failing_since:%Y-%m-%d %H:%M}",
                does=request_sentence(entries),
                remedy=_remedy(first),
                drop="onedesk-quickbooks queue drop ENTRY",
            ),
        )

    def look(self, entry: OutboxEntry) -> Mapping[str, Any] | None:
        """What QuickBooks has of this entry, None where it has nothing (yet); nothing is changed. Raises
        `Unreadable`."""
        try:
            found = self._found(entry)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise Unreadable(
                entry.entity, "", Text("what it has cannot be read ({error})", error=f"{error!r:.200}")
            ) from error
        gone = found is not None and entry.operation == "delete"
        why = unreadable(entry.entity, found) if found is not None and not gone else ""
        if why:
            raise Unreadable(entry.entity, "", why)
        return found

    def _found(self, entry: OutboxEntry) -> Mapping[str, Any] | None:
        if entry.operation == "send":
            return self._sent(entry)
        if entry.operation == "update":
            return self._updated(entry)
        if entry.operation in UNDOING:
            return self._undone(entry)
        if entry.operation == "upload":
            return attached_already(self._quickbooks.query_all(entry.entity, where_attached(entry.body)), entry.body)
        rows = self._quickbooks.query_all(entry.entity, where_created(entry.entity, entry.body))
        if entry.step == PAY:
            return recorded_already(rows, entry.body, self._recorded_before(entry))
        if entry.entity == PAYMENT:
            return applied_already(rows, entry.body, self._applied_before(entry))
        if not is_form(entry.entity):
            return next((row for row in rows if is_below_the_same(row, entry.body)), None)
        owners = self._dispatcher.owners(entry.entity, [id_of(each) for each in rows])
        anothers = self._services.ledger.marked_forms.anothers(self._realm_id) if rows else frozenset[str]()
        free = [each for each in rows if owners.get(id_of(each)) in (None, entry.od_invoice_id)]
        free = [each for each in free if id_of(each) not in anothers]
        found = marked(free, marker(entry.od_invoice_id))
        return as_created(found, entry.body, decimal_from_text(entry.context["total"])) if found else None

    def _recorded_before(self, entry: OutboxEntry) -> set[str]:
        """The payments that earlier requests have made for the same payment of the host."""
        entries = self._services.ledger.outbox.of_payment(self._realm_id, entry.od_invoice_id)
        return {id_of(each.answer) for each in entries if each.step == PAY and each.answer}

    def _applied_before(self, entry: OutboxEntry) -> set[str]:
        """The payments by which earlier requests have applied the same credit memo."""
        found = self._services.ledger.outbox.applied(self._realm_id, [entry.od_invoice_id])
        return {id_of(answer) for answer in found.get(entry.od_invoice_id, ())}

    def _sent(self, entry: OutboxEntry) -> Mapping[str, Any] | None:
        raw = self._quickbooks.read(entry.entity, id_of(entry.body))
        if raw is None:
            return None
        return raw if was_sent(read_invoice(raw), entry.context.get("delivered_at", "")) else None

    def _undone(self, entry: OutboxEntry) -> Mapping[str, Any] | None:
        qbo_id = id_of(entry.body)
        raw = self._quickbooks.read(entry.entity, qbo_id)
        if entry.operation == "delete":
            return deleted(qbo_id) if raw is None else None
        if raw is None or token_of(raw) == token_of(entry.body):
            return None
        if entry.step == UNPAY:
            return raw if read_payment(raw).voided else None
        then = self._services.ledger.outbox.answers(self._realm_id, [entry.od_invoice_id]).get(entry.od_invoice_id)
        now = read_invoice(raw)
        return raw if (is_voided(then, now) if then else now.voided) else None

    def _updated(self, entry: OutboxEntry) -> Mapping[str, Any] | None:
        raw = self._quickbooks.read(entry.entity, id_of(entry.body))
        return raw if raw is not None and was_updated(entry.entity, raw, entry.body) else None


def held_row(queue: Queue, found: GivenUp) -> Ended | None:
    """Hold the row whose request QuickBooks cannot answer, so that others continue; None where it was dropped,
    replaced or queued again since."""
    work = queue.get(found.work_id)
    if work is None or work.state != "todo" or work.updated_at > found.recorded_at:
        return None
    outcome = Outcome(work.od_invoice_id, work.action, "held", again_by(work.action, found.reason))
    return Ended(work, outcome, codes=("quickbooks-fails",))


def _remedy(entry: OutboxEntry) -> str:
    retry = "onedesk-quickbooks queue retry ENTRY"
    if entry.step in (PAY, UNPAY):
        return Text("look at the payment in QuickBooks, and try again ({retry})", retry=retry)
    if entry.operation in UNDOING:
        if entry.operation == "void":
            return Text("void the invoice in QuickBooks, or try again ({retry})", retry=retry)
        return Text("delete the invoice in QuickBooks, or try again ({retry})", retry=retry)
    return Text("correct the invoice in OneDesk and {again}", again=COPY_IT_AGAIN)


def record_of(entry: OutboxEntry, raw: Mapping[str, Any]) -> BooksCustomer | BooksItem | None:
    """The customer or item that a request makes (`raw`: in QuickBooks' words), with the invoice that it is made for;
    None for another request."""
    if entry.operation != "create" or is_form(entry.entity) or entry.entity == PAYMENT:
        return None
    if entry.entity == "Customer":
        return replace(read_customer(raw), made_with=label_of(entry))
    return replace(read_item(raw), made_with=label_of(entry))


def still_wanted(entry: OutboxEntry, invoice: Invoice, asked: Work) -> bool:
    """Whether a request that was not done is to be repeated, where the host has the `invoice` now and a copy or send is
    `asked` for. QuickBooks e-mails the version that was decided on: a newer one is written first. An additional e-mail
    is wanted only by the entry that asked for it."""
    if invoice.status not in OPEN:
        return False
    if entry.operation != "send":
        return True
    if entry.again and (asked.again is None or asked.id != entry.work_id):
        return False
    same = entry.context.get("invoice", digest(invoice)) == digest(invoice)
    return asked.action == "send" and bool(same)


def _groups(entries: Sequence[OutboxEntry]) -> list[list[OutboxEntry]]:
    """Entries grouped by the call in which they were sent."""
    return [list(group) for _, group in groupby(entries, key=lambda entry: entry.batch or entry.requestid)]


def _makes_invoice(entry: OutboxEntry) -> bool:
    """Whether it makes an invoice or a payment: these must not be made twice."""
    return (is_form(entry.entity) and entry.operation == "create") or entry.step == PAY
