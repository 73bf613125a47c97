"""The queue of one company: processes the commands of the host a chunk at a time, from the queue to QuickBooks and back
to the host.

recover unanswered requests -> take rows -> decide -> look and plan -> apply: customers and items, invoices, the total
that QuickBooks calculated, e-mails -> report to the host -> settle the rows

Each invoice passes the frozen stages of stages.py. All decisions are made in planning.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import chain

from sqlalchemy import Connection

from onedesk_quickbooks.plugin.ledger import (
    CHANGED,
    UNDO,
    WITHDRAWN,
    AuditRow,
    Connected,
    Hold,
    InvoiceLink,
    KeyProblem,
    LedgerMoved,
    Work,
    numbered,
)
from onedesk_quickbooks.plugin.model.books import Copied
from onedesk_quickbooks.plugin.model.host import InvoiceJson
from onedesk_quickbooks.plugin.model.kinds import LINKED, PAYING, SAME_AGAIN
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.plan import AnyPlan, Held, Plan, Skipped, Withdrawal
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.planning import ACCEPTED, LOST
from onedesk_quickbooks.plugin.qbo import QuickBooksProblem, Refused
from onedesk_quickbooks.plugin.sync.auto_resolve import NOTES, AutoResolve
from onedesk_quickbooks.plugin.sync.followers import resume_followers, resume_numbers
from onedesk_quickbooks.plugin.sync.host_notes import (
    not_taken,
    see,
    show_left,
    show_outcome,
    show_payment,
    show_undone,
    show_waiting,
    show_withdrawn,
)
from onedesk_quickbooks.plugin.sync.kept import kept_edit
from onedesk_quickbooks.plugin.sync.noting import HOST, QUEUE, host_can, host_cannot
from onedesk_quickbooks.plugin.sync.otherwise import show_otherwise
from onedesk_quickbooks.plugin.sync.outbound import audited, stages
from onedesk_quickbooks.plugin.sync.outbound.apply import Applier
from onedesk_quickbooks.plugin.sync.outbound.cache import Cache
from onedesk_quickbooks.plugin.sync.outbound.coming import Coming
from onedesk_quickbooks.plugin.sync.outbound.files import Attacher
from onedesk_quickbooks.plugin.sync.outbound.host_payments import PaymentQueue
from onedesk_quickbooks.plugin.sync.outbound.known import Known
from onedesk_quickbooks.plugin.sync.outbound.outbox import Dispatcher
from onedesk_quickbooks.plugin.sync.outbound.planner import Planner
from onedesk_quickbooks.plugin.sync.outbound.reading import HOST_WAIT, Later, opened_now
from onedesk_quickbooks.plugin.sync.outbound.recover import NOTHING_LATE, Recovery, held_row
from onedesk_quickbooks.plugin.sync.outbound.stages import (
    Again,
    Applied,
    Decided,
    Ended,
    Planned,
    Stage,
    Stumbled,
    Waiting,
    Withdrawing,
)
from onedesk_quickbooks.plugin.sync.own_payments import agreeing, note_key, still_paid
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.sync.withdrawn import Withdrawn
from onedesk_quickbooks.plugin.texts import Text, joined

_log = logging.getLogger("onedesk_quickbooks.sync")

CHUNK = 30
"""Invoices processed together: the size of one batch (qbo-api.md 3.9)."""
COUNTED = timedelta(seconds=30)
"""How long the requests of a run are counted in memory before the ledger is updated."""
UNDONE = Text(
    "An error in the plugin interrupted the invoice; see the log. The next attempt first looks up what QuickBooks has "
    "of it."
)
_NOTHING_DONE = ("held", "failed", "skipped")
"""Outcomes that are also the state of their row: a person, or another rule, may try them again."""


class CompanyQueue:
    """Processes the queue of one company. The caller holds the lease: no other process may do so at the same time."""

    def __init__(
        self, services: Services, connected: Connected, worthwhile: Callable[[bool], Cache | None], made: Known
    ) -> None:
        """`worthwhile` is asked with `full` for a cache: plan from it instead of asking QuickBooks for every chunk.
        `made`: what the run has created so far."""
        self._worthwhile = worthwhile
        self._made = made
        self._services = services
        self._connected = connected
        self._realm_id = connected.realm_id
        self._dispatcher = Dispatcher(services, self._realm_id)
        self._passing = AutoResolve(services, self._realm_id)
        self._failed: set[str] = set()
        self._read: dict[int, InvoiceJson] = {}
        self.full = False
        """Whether the last chunk had as many invoices as it may: more may be ready."""

    def run(self, limit: int, progress: Callable[[Outcome], None], others: bool = False) -> None:
        """Process one chunk of at most `limit` invoices; `progress` is called with every outcome. `others`: requests of
        other runs are looked up first. Raises a `QuickBooksProblem` that concerns more than one invoice; outcomes
        reached until then are kept and reported."""
        recovery = Recovery(self._services, self._realm_id, self._made)
        answered = self._services.calls["all"]
        with self._services.ledger.reading():
            unanswered = recovery.has_entries()
            ready, late, holds = ([], False, {}) if unanswered else self._next(recovery, limit)
        given_up = recovery.run(gives_up=True, others=others) if unanswered else []
        held = [ended for each in given_up if (ended := held_row(self._services.ledger.queue, each)) is not None]
        behind = {each.work.id for each in held}
        if unanswered:
            ready, late, holds = self._next(recovery, limit)
        self.full = len(ready) >= limit
        cache = self._worthwhile(self.full)
        left = [work.od_invoice_id for work in ready if work.id not in behind]
        again = recovery.look_again(left) if unanswered or late else NOTHING_LATE
        held += [
            stages.unreadable(work, again.unreadable[work.od_invoice_id])
            for work in ready
            if work.od_invoice_id in again.unreadable
        ]
        behind = {each.work.id for each in held}
        going = [work for work in ready if work.id not in behind]
        works = [work for work in going if work.action not in PAYING]
        given = [(work, None) for work in works]
        opened = self._put_off(opened_now(self._services, self._connected, given, holds))
        calls = self._services.calls["all"]
        chunk = _Chunk(self._services, self._connected, self._dispatcher, cache, self._made, opened)
        decided = [each for each in opened if isinstance(each, Decided)]
        self._read = {
            each.work.id: each.source for each in decided if each.source and each.work.action in ("copy", "send")
        }
        chunk.one_by_one(decided) if again.nothing else chunk.attempt(decided)
        chunk.pay([work for work in going if work.action in PAYING])
        found = [*held, *chunk.ended()]
        if found:
            rest = self._services.calls["all"] - calls - sum(chunk.calls.values())
            asking = next((each for each in found if each.outcome.outcome != "skipped"), found[0]).work.id
            chunk.calls[asking] = chunk.calls.get(asking, 0) + rest
        self._finish(found, chunk, progress, answered)
        for problem in chunk.problems():
            raise problem
        if QUEUE in self._failed:
            self._services.ledger.queue_errors.succeeded(self._realm_id, QUEUE)

    def _next(self, recovery: Recovery, limit: int) -> tuple[list[Work], bool, dict[str, Hold]]:
        """The rows that may be done now; whether a request for one of them was given up; those that a person holds."""
        ledger, run = self._services.ledger, self._services.run
        with ledger.reading():
            ready = ledger.queue.next(self._realm_id, limit, run, self._services.alone)
            self._failed = {each.what for each in ledger.queue_errors.all(self._realm_id)}
            if not ready and HOST in self._failed and ledger.queue_lists.oldest_waiting(self._realm_id) is None:
                host_can(self._services, self._realm_id)
            od_ids = [work.od_invoice_id for work in ready]
            return ready, recovery.has_late(od_ids), ledger.holds.of(self._realm_id, od_ids)

    def _host_cannot(self, problem: Exception) -> None:
        host_cannot(self._services, problem)
        self._failed.add(HOST)

    def _put_off(self, opened: Sequence[Decided | Ended | Later]) -> list[Decided | Ended]:
        """Those that can be processed now; the others wait for another reading."""
        for each in opened:
            if isinstance(each, Later):
                self._postpone([each.work], Text("{why}; it is read again in a moment", why=each.why), each.wait)
                if each.problem is not None:
                    self._host_cannot(each.problem)
        return [each for each in opened if not isinstance(each, Later)]

    def _finish(
        self, ended: Sequence[Ended], chunk: _Chunk, progress: Callable[[Outcome], None], answered: int
    ) -> None:
        """Report to the host, then settle the rows: in the reverse order a crash would lose the report. Raises
        `LockLost` where another process has the lease by now: what was found since may be the work of that process."""
        waiting = chunk.waiting()
        if not ended and not waiting:
            return
        self._services.check_lease()
        works = [*(each.work for each in ended), *(each.work for each in waiting)]
        od_ids = [work.od_invoice_id for work in works]
        links = self._dispatcher.links_of(od_ids)
        reported, accepted = self._report(ended, chunk.calls, links)
        done = [(self._as_read(each.work), *self._as_kept(each, outcome)) for each, outcome in reported]
        with self._services.ledger.together() as connection:
            details = {each.work.id: each.detail for each, _ in reported}
            left = self._services.ledger.queue.settle(connection, done, details)
            self._services.ledger.queue.decided(connection, [work for work, *_ in done if work.id in self._read])
            if accepted and HOST in self._failed:
                host_can(self._services, self._realm_id)
            for each, outcome in reported:
                if each.later is not None or outcome.outcome == "sent":
                    self._services.ledger.queue.schedule(connection, each.work, each.later)
                self._keep(connection, each, links.get(outcome.id))
                if each.settled is not None:
                    self._services.ledger.conflicts.update_settling(connection, each.work.id, each.settled)
            self._services.ledger.audit.add(connection, [row for each in reported for row in self._audited(*each)])
            come = [outcome.id for each, outcome in reported if _is_there(each, outcome)]
            there = [links[each] for each in come if each in links]
            resume_followers(self._services.ledger, connection, self._realm_id, there)
            resume_numbers(self._services.ledger, connection, self._realm_id, self._dispatcher.freed())
            self._services.flush_calls(self._realm_id, COUNTED)  # `status` shows the progress of a long queue
            succeeded = next(chunk.problems(), None) is None and self._services.has_news(answered)
            if succeeded:
                self._services.ledger.companies.succeeded(self._realm_id)
            over = [outcome.id for _, outcome in reported if outcome.outcome not in _NOTHING_DONE]
            sent = [outcome.id for _, outcome in reported if outcome.outcome == "sent"]
            settled = self._passing.settled(over, sent)
        if succeeded:
            self._services.noted(self._realm_id)
        invoices = [each.work for each, _ in reported if each.work.action not in PAYING]
        self._withdrawn([work for work in invoices if work.id in left])
        self._not_written_over([each for each, _ in reported])
        self._passing.leave(settled)
        for _, outcome in reported:
            about = {"realm": self._realm_id, "invoice": outcome.id}
            _log.info("%s of invoice %s: %s", outcome.action, outcome.id, outcome.outcome, extra=about)
            progress(outcome)
        if waiting:
            self._postpone([each.work for each in waiting], str(waiting[0].problem), timedelta(0))
            self._show_waiting(waiting, links)

    def _as_read(self, work: Work) -> Work:
        """With the host's version that was decided, where it is another one than was handed over."""
        return dataclasses.replace(work, invoice=self._read.get(work.id, work.invoice))

    def _report(
        self, ended: Sequence[Ended], calls: Mapping[int, int], links: Mapping[str, InvoiceLink]
    ) -> tuple[list[tuple[Ended, Outcome]], bool]:
        """Report to the host. Returns what it has accepted, and whether it works; the rest is reported again."""
        reported: list[tuple[Ended, Outcome]] = []
        cannot: NotNow | None = None
        for each in ended:
            reason = numbered(each.outcome.reason, self._entry(each))
            outcome = dataclasses.replace(each.outcome, reason=reason, calls=calls.get(each.work.id, 0))
            try:
                self._show(each, outcome, links.get(outcome.id))
            except Exception as problem:
                not_taken(f"the outcome of invoice {each.work.od_invoice_id}", problem)
                cannot = problem if isinstance(problem, NotNow) else cannot
                self._services.keep_unreported(each.work.id, outcome)
                said: str = Text("{name}: see the log", name=type(problem).__name__)
                if isinstance(problem, NotNow):
                    said = str(problem).rstrip(". ")
                why = Text("the host did not accept the outcome ({said}); it is reported again", said=said)
                self._postpone([each.work], why, HOST_WAIT)
                continue
            self._services.unreported.pop(each.work.id, None)
            reported.append((each, outcome))
        if cannot is not None:
            self._host_cannot(cannot)
        return reported, bool(reported) and cannot is None

    def _show(self, ended: Ended, outcome: Outcome, link: InvoiceLink | None) -> None:
        host, settings = self._services.host, self._services.settings
        if ended.work.action in PAYING:
            ledger = self._services.ledger
            before, done = ledger.host_payment_entries.paid_before(ended.work), outcome.outcome not in _NOTHING_DONE
            show_payment(host, ended.work, outcome, before, {} if done else still_paid(ledger, ended.work, before))
            for row in agreeing(ledger, ended.work, outcome.qbo_id) if done and outcome.qbo_id else ():
                host.add_note(row.od_invoice_id, note_key(row), "")
            paid = ended.work.invoice["payment"]["invoices"] if outcome.outcome == "recorded" else ()
            for each in paid:
                show_otherwise(ledger, host, settings, self._realm_id, host.read_invoice(each["id"]))
            return
        if ended.work.action in (UNDO, *WITHDRAWN):
            self._show_taken_away(ended, outcome, link)
        else:
            if SAME_AGAIN in ended.codes:
                host.add_note(outcome.id, NOTES[CHANGED], "")
            show_outcome(host, settings, outcome, ended.sent_to, link)

    def _show_taken_away(self, ended: Ended, outcome: Outcome, link: InvoiceLink | None) -> None:
        """Show that QuickBooks' invoice was voided or deleted; or that it is there as before, where it was not."""
        host, settings = self._services.host, self._services.settings
        if ended.work.action in WITHDRAWN:
            gone = outcome.outcome == "deleted" or (outcome.outcome == "unchanged" and outcome.qbo_total is None)
            show_withdrawn(host, settings, outcome, link, there=not gone)
        elif link is not None and outcome.outcome in ("voided", "deleted"):
            about = ended.work.conflict.about or {}
            action = "delete" if outcome.outcome == "deleted" else "void"
            show_undone(host, settings, link, action, str(about.get("run", "")))
        found = host.read_invoice(outcome.id) if outcome.outcome in _NOTHING_DONE else None
        if found is not None and link is not None:
            show_left(self._services.ledger, host, settings, link, str(found.get("status")))

    def _entry(self, ended: Ended) -> int:
        """The entry that a person settles: the row itself, or the conflict of an invoice that QuickBooks no longer
        has."""
        if not LOST.intersection(ended.codes):
            return ended.work.id
        od_id = ended.outcome.id
        detected = self._services.ledger.conflicts.latest(self._realm_id, [od_id]).get(od_id)
        waits = detected is not None and detected.state == "held" and detected.conflict.what != "edited"
        return detected.id if detected is not None and waits else ended.work.id

    def _audited(self, ended: Ended, outcome: Outcome) -> list[AuditRow]:
        return [*self._dispatcher.taken_along(ended.work.id), audited.ended(ended, outcome)]

    def _withdrawn(self, works: Sequence[Work]) -> None:
        """The host has voided or deleted the invoice while QuickBooks was asked for it: a person has to void it
        there."""
        for work in works:
            try:
                Withdrawn(self._services.ledger, self._realm_id, self._services.undoing).meanwhile(
                    self._services.host, self._services.settings, work
                )
            except Exception as problem:
                not_taken(f"that invoice {work.od_invoice_id} is void in OneDesk", problem)

    def _not_written_over(self, ended: Sequence[Ended]) -> None:
        """The host was notified that the rules write OneDesk's version again. Correct that where the invoice is held
        instead, because the rules have changed, or skipped."""
        untrue = {"changed-in-quickbooks", "skipped-by-rule"}
        ids = [each.outcome.id for each in ended if untrue.intersection(each.codes)]
        for work in self._services.ledger.conflicts.latest(self._realm_id, ids).values() if ids else ():
            if work.state == "done" and work.conflict.rule == "overwrite":
                try:
                    self._services.host.add_note(work.od_invoice_id, NOTES[CHANGED], "")
                except Exception as problem:
                    not_taken(f"that the change of invoice {work.od_invoice_id} is not written over", problem)

    def _keep(self, connection: Connection, ended: Ended, link: InvoiceLink | None) -> None:
        """Record an edit in QuickBooks that the rules keep, as the look for changes does."""
        if ended.kept is None or ended.kept.now is None or link is None:
            return
        change = kept_edit(link, ended.kept.now, ended.kept.versions, ended.work.invoice)
        self._services.ledger.conflicts.put(connection, self._realm_id, [change])
        self._services.ledger.links.accept(connection, self._realm_id, link.od_invoice_id, change.accept)

    def _as_kept(self, ended: Ended, outcome: Outcome) -> tuple[str, Outcome]:
        """The row's state, and the outcome to store. An invoice that is held because QuickBooks no longer has it has no
        entry beside its conflict, and none at all once a person has accepted the deletion."""
        if outcome.outcome not in _NOTHING_DONE:
            return "done", outcome
        if ACCEPTED.intersection(ended.codes):
            return "done", outcome
        entry = self._passing.lost(outcome.id) if LOST.intersection(ended.codes) else None
        if entry is None:
            return outcome.outcome, outcome
        return "done", dataclasses.replace(outcome, reason=joined(" ", (outcome.reason, see(entry.id))))

    def _show_waiting(self, waiting: Sequence[Waiting], links: Mapping[str, InvoiceLink]) -> None:
        for each in waiting:
            if each.work.action in PAYING:
                continue
            od_id = each.work.od_invoice_id
            try:
                show_waiting(self._services.host, self._services.settings, od_id, links.get(od_id))
            except Exception as problem:
                not_taken(f"that invoice {od_id} waits", problem)

    def _postpone(self, works: Sequence[Work], reason: str, wait: timedelta) -> None:
        self._services.ledger.queue.postpone([work.id for work in works], reason, self._services.now() + wait)


def _is_there(ended: Ended, outcome: Outcome) -> bool:
    return ended.work.action in ("copy", "send") and outcome.outcome in LINKED


class _Chunk:
    """The invoices of one chunk, each at its stage. `calls` counts the requests for a single invoice, by its row."""

    def __init__(
        self,
        services: Services,
        connected: Connected,
        dispatcher: Dispatcher,
        cache: Cache | None,
        made: Known,
        opened: Sequence[Decided | Ended],
    ) -> None:
        self._services = services
        self._connected = connected
        self._dispatcher = dispatcher
        self._cache = cache
        self._made = made
        self._stages: dict[int, Stage] = {each.work.id: each for each in opened}
        self._errors: list[Stumbled] = []
        self.calls: dict[int, int] = {}

    def ended(self) -> list[Ended]:
        """Those with an outcome, in the order in which they were queued."""
        return [each for each in self._stages.values() if isinstance(each, Ended)]

    def waiting(self) -> list[Waiting]:
        """Those that a later time slice continues, because of a problem."""
        return [each for each in self._stages.values() if isinstance(each, Waiting)]

    def problems(self) -> Iterator[QuickBooksProblem]:
        """The problems that concern the whole company."""
        for each in self._stages.values():
            if isinstance(each, Waiting):
                yield each.problem
            elif isinstance(each, Ended) and each.stops is not None:
                yield each.stops
        yield from self._errors

    def attempt(self, decided: Sequence[Decided]) -> None:
        """Process them. Where QuickBooks refuses the call as a whole, each invoice is tried separately, and the one
        that is refused is held, so that it does not block the others."""
        try:
            self._work(decided)
        except QuickBooksProblem as problem:
            left = [each for each in decided if not isinstance(self._stages[each.work.id], Ended)]
            if not isinstance(problem, Refused) or problem.do == "stop":
                for each in left:
                    self._stages[each.work.id] = Waiting(each.work, problem)
            elif len(decided) == 1:
                self._stages[left[0].work.id] = stages.held(left[0], stages.refusal(left[0], problem), None)
            else:
                self.one_by_one(left)
        except (NotNow, KeyProblem, LedgerMoved):
            raise  # of the ledger or the host: everything waits
        except Exception:
            _log.exception(
                "an error while the invoices %s were processed", ", ".join(each.work.od_invoice_id for each in decided)
            )
            self._errors.append(Stumbled())
            for each in decided:
                if isinstance(self._stages[each.work.id], Ended):
                    continue
                alone = len(decided) == 1
                failed = stages.failed(each.work, each.invoice, UNDONE) if alone else None
                self._stages[each.work.id] = failed or Waiting(each.work, self._errors[-1])

    def one_by_one(self, decided: Sequence[Decided]) -> None:
        """Process each separately. After an unanswered request the following ones wait: nothing begins before it is
        recovered."""
        later: QuickBooksProblem | None = None
        for each in decided:
            if later is None:
                self.attempt([each])
                found = self._stages[each.work.id]
                later = found.problem if isinstance(found, Waiting) else next(iter(self._errors), None)
            else:
                self._stages[each.work.id] = Waiting(each.work, later)

    def _work(self, decided: Sequence[Decided]) -> None:
        applier = Applier(self._services, self._connected, self._dispatcher, self._cache, self._made)
        attacher = Attacher(self._services, self._connected.realm_id, self._dispatcher)
        self._apply(applier, self._plan(decided, self._cache))
        again = [stage for stage in map(self._stage, decided) if isinstance(stage, Again)]
        if again:  # changed by others meanwhile: look again, without the cache, once
            if self._cache:
                self._cache.forget()
            self._apply(applier, self._plan([each.planned.decided for each in again], None))
            for stage in map(self._stage, decided):
                if isinstance(stage, Again):
                    self._stages[stage.planned.work.id] = stage.refusal
        for stage in map(self._stage, decided):
            if isinstance(stage, Applied):
                before = self._services.calls["all"]
                credited = applier.credit(stage)
                attached = attacher.attach(credited) if isinstance(credited, Applied) else credited
                ended = applier.send(attached) if isinstance(attached, Applied) else attached
                self._stages[stage.planned.work.id] = ended
                used = self._services.calls["all"] - before
                self.calls[stage.planned.work.id] = self.calls.get(stage.planned.work.id, 0) + used

    def pay(self, works: Sequence[Work]) -> None:
        """Process payments of the host, once the invoices of the chunk are in QuickBooks."""
        if not works:
            return
        payment_queue = PaymentQueue(self._services, self._connected, self._dispatcher)
        for stage in payment_queue.run(works, next(self.problems(), None)):
            self._stages[stage.work.id] = stage
        self.calls |= payment_queue.calls

    def _stage(self, decided: Decided) -> Stage:
        return self._stages[decided.work.id]

    def _plan(self, decided: Sequence[Decided], cache: Cache | None) -> list[Planned | Withdrawing]:
        planned: list[Planned | Withdrawing] = []
        for found in Planner(self._services, self._connected, cache).plan(decided, Coming(self._made)):
            rows = [audited.decided(found.decided)]
            if isinstance(found.plan, Plan):
                rows.append(audited.planned(found.decided, found.plan))
            elif isinstance(found.plan, Withdrawal):
                rows.append(audited.withdrawal(found.decided, found.plan))
            if found.link is not None:
                with self._services.ledger.together() as connection:
                    self._services.ledger.links.put_invoices(connection, [found.link])
            self._dispatcher.goes_before(found.decided.work.id, rows)
            self._dispatcher.expects(found.decided.work)
            stage: Stage = _planned(found.decided, found.plan, found.before)
            self._stages[found.decided.work.id] = stage
            if isinstance(stage, (Planned, Withdrawing)):
                planned.append(stage)
        return planned

    def _apply(self, applier: Applier, planned: Sequence[Planned | Withdrawing]) -> None:
        withdrawing = [each for each in planned if isinstance(each, Withdrawing)]
        applied = applier.put([each for each in planned if isinstance(each, Planned)])
        for stage in chain(applied, applier.withdraw(withdrawing) if withdrawing else ()):
            work = stage.work if isinstance(stage, (Ended, Waiting)) else stage.planned.work
            self._stages[work.id] = stage


def _planned(decided: Decided, plan: AnyPlan | None, before: Copied | None) -> Planned | Withdrawing | Ended:
    if plan is None:
        return stages.failed(decided.work, decided.invoice, stages.UNPLANNED)
    if isinstance(plan, Held):
        return stages.held(decided, plan, before)
    if isinstance(plan, Skipped):
        return stages.skipped(decided, plan)
    if isinstance(plan, Withdrawal):
        return Withdrawing(decided, plan, before)
    return Planned(decided, plan, before)
