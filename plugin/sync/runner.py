"""When the company queue runs: at once when the host asks, again after a wait where QuickBooks requires one, with polls
in between.

A company has one running queue at a time, over threads, processes and machines: it holds a lock of the ledger, which is
released when its process dies. With a ledger in PostgreSQL, workers run the queue (`time_slice`), and the engine only
calls them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from onedesk_quickbooks.plugin.ledger import Connected, HeldLock, KeyProblem, LedgerMoved, LedgerProblem, LockTaken
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.qbo import NotAuthorised, QuickBooksProblem, Refused, Throttled
from onedesk_quickbooks.plugin.sync.errors import CompanyBusy, NotConnected
from onedesk_quickbooks.plugin.sync.inbound.payments import PaymentKeeper, PaymentNews
from onedesk_quickbooks.plugin.sync.noting import PAYMENTS, QUEUE, SETTINGS, noting
from onedesk_quickbooks.plugin.sync.outbound.cache import FRESH, Cache
from onedesk_quickbooks.plugin.sync.outbound.company_queue import CHUNK, CompanyQueue
from onedesk_quickbooks.plugin.sync.outbound.known import Known
from onedesk_quickbooks.plugin.sync.outbound.reading import AGAIN, HOST_WAIT
from onedesk_quickbooks.plugin.sync.pauses import LONGEST, Pauses
from onedesk_quickbooks.plugin.sync.reported import Reported
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import Text, joined, text_in

_log = logging.getLogger("onedesk_quickbooks.sync")

REFERENCE_AGE = timedelta(hours=1)
"""How old the choices under Administration > Financials may be before they are read again."""
A_MINUTE = 600
"""The number of queue entries that can be done in a minute, or more: in two batches for a chunk of them."""
CACHE_THRESHOLD = 4 * CHUNK
"""The number of waiting invoices from which on the cache is worth its reading."""
OFTEN = 3
"""More time slices than these within a minute also justify the cache in a process that continues: it is renewed by two
requests a minute."""
IDLE = 30.0
"""Seconds after which the thread looks for work without being notified."""


def _nothing(_outcome: Outcome) -> None:
    return None


def _no_more() -> bool:
    return False


@dataclass
class _Draining:
    """State that is kept between time slices until the queue is empty: `left` of the time to wait for QuickBooks, what
    was made, whether requests of others are still to be looked up, and whether a pause is to be reported."""

    patience: timedelta
    until: datetime | None
    others: bool
    left: timedelta
    made: Known = field(default_factory=Known)
    reports: bool = False


class Runner:
    """Runs the queue of the connected company, in the caller's thread."""

    def __init__(self, services: Services, stopping: threading.Event, replay: Callable[[], int]) -> None:
        """`stopping` ends what is in progress, and every wait in `services.sleep`. `replay` brings commands into the
        ledger that were given while it was unreachable."""
        self._services = services
        self._stopping = stopping
        self._replay = replay
        self._lasting = False
        self._slice_lock = threading.Lock()
        self._chunk = CHUNK
        self._caches: dict[str, Cache] = {}
        self._failures = 0
        self._asked: list[datetime] = []
        self.pauses = Pauses(services)
        self.next_poll: datetime | None = None
        self._next_try: datetime | None = None
        self._next_reading: datetime | None = None

    def hurry(self) -> None:
        """Finish the chunk at hand, and wait for nothing."""
        self._stopping.set()

    def take_waiting(self) -> int:
        """Bring commands into the ledger that were given while it was unreachable."""
        with noting(self._services, QUEUE):
            return self._replay()

    def stay(self) -> None:
        """Note that this process continues after the present queue is done."""
        self._lasting = True

    # The loop

    def live(self) -> bool:
        """One iteration; a problem pauses the company queue. Returns whether more waits already."""
        self._next_try = None
        try:
            self._services.rules.current()  # so that `status` shows changed rules although no invoice comes
            self.take_waiting()
            connected = self._after_reports()
            more = self._beat(connected)
            self._next_try = None if more else self._services.ledger.queue.next_try(connected.realm_id)
            return more
        except NotConnected:
            self.next_poll = None
        except CompanyBusy:
            _log.info("another process has the company queue")
        except (NotNow, KeyProblem, LedgerMoved) as problem:
            # no error of the program: the person who fixes it reads the reason
            self._failures += 1
            self.pauses.begin(min(LONGEST, timedelta(seconds=5 * 2**self._failures)), text_in(problem))
        except BaseException:  # any error: if the thread ended, nothing would process the queue
            _log.exception("an error in the company queue; it is processed again in 10 s")
            self.pauses.begin(timedelta(seconds=10), Text("an error in the plugin; see the log"))
        return False

    def _beat(self, connected: Connected, until: datetime | None = None) -> bool:
        """What waits, but not for longer than until payments are due; then these. Returns whether more waits
        already."""
        if connected.stopped_reason:
            return False
        self.next_poll = self._poll_due(connected.realm_id)
        self._work(connected, None, timedelta(0), min(filter(None, (until, self.next_poll)), default=None))
        if self.pauses.left:
            return False  # another request to QuickBooks now would only wait in line
        with self._services.ledger.reading():
            due = not self._stopping.is_set() and self._is_due(connected.realm_id)
            ready = self._services.ledger.queue.ready(connected.realm_id)
        if not due:
            return ready
        self._guarded(connected, partial(self._poll, connected), looks=True)
        self._guarded(connected, partial(self._look_at_settings, connected))
        return self._services.ledger.queue.ready(connected.realm_id)

    def _after_reports(self) -> Connected:
        """The connected company, once the invoices of which hooks have reported a change are read again in the host.
        Raises `NotConnected`."""
        services, self._next_reading = self._services, None
        with services.ledger.reading():
            connected = services.connected()
            reported = services.ledger.unconfirmed.any(connected.realm_id)
        if reported:
            reports = Reported(services.ledger, connected.realm_id, services.host, services.settings)
            if reports.look(services.now()):
                self._next_reading = services.now() + AGAIN
        return connected

    def rest(self) -> float:
        """Seconds until the next iteration, unless notified earlier."""
        now = self._services.now()
        times = [each for each in (self.pauses.until, self.next_poll) if each is not None and each > now]
        times += filter(None, (self._next_try, self._next_reading))  # also one that has come meanwhile
        return max(0.05, min([IDLE, *((each - now).total_seconds() for each in times)]))

    # Time slices

    @contextmanager
    def _time_slice(self, known: Connected, wait: float) -> Iterator[Connected]:
        """Hold the queue of the connected company, for this process and this thread."""
        realm_id = known.realm_id
        self.pauses.report(known)
        with ExitStack() as stack:
            try:
                with ExitStack() as queued:
                    self._hold(queued, "next", realm_id, wait)
                    stack.enter_context(self._slice_lock)
                    self._services.lease = self._hold(stack, "lane", realm_id, wait)
            except LockTaken:
                raise CompanyBusy(self._busy(realm_id)) from None
            remote = self._services.ledger.remote
            try:
                connected = self._services.connected()
                self.pauses.pace(connected)
                if remote and connected.slice_ended_at is not None:
                    self._services.pacer(realm_id).after(connected.slice_ended_at)
                yield connected
                if remote:
                    self._end_slice(realm_id)
            except Throttled as problem:
                self.pauses.throttle(realm_id, problem)  # before the time slice of another process
                raise
            finally:
                self._services.lease = None

    def _hold(self, stack: ExitStack, kind: str, realm_id: str, wait: float) -> HeldLock:
        """Take the lock of the company queue. The next in line holds the lock "next", so that the present holder can
        see it. Raises `LockTaken` after `wait` seconds, or soon once this process is to stop."""
        left = wait
        while True:
            try:
                return stack.enter_context(self._services.ledger.locks.hold(kind, realm_id, min(left, 1.0)))
            except LockTaken:
                left -= 1.0
                if left <= 0 or self._stopping.is_set():
                    raise

    def _others_wait(self, realm_id: str) -> bool:
        """Whether a command, or another process, waits for its time slice."""
        return self._services.ledger.locks.taken("next", realm_id)

    def _busy(self, realm_id: str) -> Text:
        counts = self._services.ledger.queue_lists.counts(realm_id)
        if not counts.get("todo"):
            return Text(
                "Another process is working for this company; it continues with what was requested. See: "
                "onedesk-quickbooks status"
            )
        return Text(
            "Another process is working for this company, and continues with what was requested: entries that wait: "
            "{n}, which need about {minutes} min within QuickBooks' limits. Try again then. See: onedesk-quickbooks "
            "status",
            n=counts["todo"],
            minutes=-(-counts["todo"] // A_MINUTE),
        )

    def _end_slice(self, realm_id: str) -> None:
        pacer = self._services.pacer(realm_id)
        if pacer.called:
            with self._services.ledger.together():
                self._services.ledger.companies.end_slice(realm_id)
                self._services.flush_calls(realm_id)
            pacer.called = False

    @contextmanager
    def command_slice(self) -> Iterator[Connected]:
        """A time slice for a command that changes what the company queue depends on. Raises `NotConnected` or
        `CompanyBusy`."""
        with self._time_slice(self._services.connected(), 30.0) as connected:
            yield connected

    def time_slice(self, longest: timedelta) -> datetime | None:
        """A worker's time slice: what waits, and payments where they are due, for about `longest` at most, so that a
        company with a long queue does not delay others. Returns when the next time slice is due; None where nothing is
        known to wait. Raises `NotConnected`, `CompanyBusy`, and `LedgerProblem`."""
        self._lasting = True
        self._services.rules.current()
        self.take_waiting()
        connected = self._after_reports()
        if connected.stopped_reason:
            return self._next_reading
        if self.pauses.is_on(connected):
            return connected.paused_until
        self.pauses.until = None
        more = self._beat(connected, self._services.now() + longest)
        if self.pauses.left:
            return self.pauses.until
        return self._services.now() if more else self._next_reading

    def due(self) -> str:
        """The company whose queue has something to do now; "" for none."""
        self.take_waiting()
        ledger = self._services.ledger
        with ledger.reading():
            try:
                connected = self._services.connected()
            except NotConnected:
                return ""
            if connected.stopped_reason or self.pauses.is_on(connected):
                return ""
            realm_id = connected.realm_id
            ready = ledger.queue.ready(realm_id) or ledger.unconfirmed.any(realm_id)
            return realm_id if ready or self._is_due(realm_id) else ""

    def _poll_due(self, realm_id: str) -> datetime | None:
        """When payments are next looked for, by the ledger's record of the last look."""
        if not self._services.settings.poll_every:
            return None
        due, now = self._services.ledger.payment_looks.get(realm_id).next_at, self._services.now()
        return due if due is not None and due <= now + self._services.settings.poll_every else now

    def drain(self, progress: Callable[[Outcome], None], patience: timedelta) -> list[Outcome]:
        """Work until nothing is ready, in this thread. Waits while QuickBooks requires it (429), and up to `patience`
        in all while it cannot be reached. Raises `NotConnected` or `CompanyBusy`."""
        outcomes: list[Outcome] = []

        def keep(outcome: Outcome) -> None:
            outcomes.append(outcome)
            progress(outcome)

        self.work_off(keep, patience, _no_more)
        return outcomes

    def work_off(
        self, progress: Callable[[Outcome], None], patience: timedelta, more: Callable[[], bool] = _no_more
    ) -> None:
        """Like `drain`, without keeping outcomes. `more` is called when nothing is ready: it queues more, or returns
        False."""
        self.take_waiting()
        connected = self._after_reports()
        self._work(connected, progress, patience, None, more)

    def _work(
        self,
        connected: Connected,
        report: Callable[[Outcome], None] | None,
        patience: timedelta,
        until: datetime | None,
        more: Callable[[], bool] = _no_more,
    ) -> None:
        """Work until nothing is ready, in one time slice as long as no other process waits for its own. With `report` a
        time slice is one chunk: outcomes are reported, and `more` is called, between the time slices, because that
        takes as long as the reader of the output needs; other processes work meanwhile."""
        draining = _Draining(patience, until, others=not self._lasting, left=patience)
        goes_on, wait = True, max(patience, timedelta(seconds=1))
        while goes_on:
            realm_id = connected.realm_id
            outcomes: list[Outcome] = []
            try:
                with self._time_slice(connected, wait.total_seconds()) as connected:
                    goes_on = self._drain(connected, draining, outcomes if report else None)
            finally:
                wait = LONGEST  # more than another process's chunk takes
                for each in outcomes:
                    (report or _nothing)(each)
            goes_on = goes_on and (draining.reports or self._ready(realm_id) or more())
            if goes_on:
                connected = self._services.connected()
        self._services.flush_calls(realm_id)

    def _ready(self, realm_id: str) -> bool:
        return self._services.ledger.queue.ready(realm_id, self._services.run, self._services.alone)

    def _drain(self, connected: Connected, draining: _Draining, outcomes: list[Outcome] | None) -> bool:
        """Process what is ready, in one time slice; with `outcomes` until there are any. False at the end: the time is
        over, the company queue is stopped, or QuickBooks requires a longer wait than allowed."""
        realm_id, draining.reports = connected.realm_id, False
        while not (self._stopping.is_set() or connected.stopped_reason):
            self.pauses.heed(connected)
            if self.pauses.left:
                if not self._waited(draining, outcomes is not None):
                    return draining.reports
                connected = self._services.connected()
            self.pauses.until = None
            queue = CompanyQueue(self._services, connected, partial(self._worthwhile, realm_id), draining.made)
            keep = outcomes.append if outcomes is not None else _nothing
            if self._tried(connected, partial(self._run, queue, keep, draining.others)):
                draining.others = False  # a service looks for those of others when it looks for payments
                if draining.until is not None and self._services.now() >= draining.until:
                    return False
                if outcomes is not None:
                    return True
                if not (queue.full and self._ready(realm_id)):
                    return False  # whoever calls asks once more what is ready
                if self._others_wait(realm_id):
                    return True
            elif outcomes:
                return True
            connected = self._services.connected()
        return False

    def _waited(self, draining: _Draining, reports: bool) -> bool:
        """Wait until the pause is over. False, without a wait, where it is longer than allowed, or where it `reports`
        the pause first, which it does without the lock of the company queue."""
        wait, until = self.pauses.left, self.pauses.until
        if wait > draining.left and not (draining.patience and self.pauses.throttled):
            return False
        draining.reports = reports and until is not None and not self.pauses.is_reported(until)
        if draining.reports:
            return False
        draining.left -= timedelta(0) if self.pauses.throttled else wait
        self._services.sleep(wait.total_seconds())
        return True

    def _tried(self, connected: Connected, work: Callable[[], object]) -> bool:
        """Like `_guarded`, where the host raises `NotNow` for what is looked up before anything else."""
        try:
            return self._guarded(connected, work)
        except LedgerProblem:
            raise
        except NotNow as problem:
            self.pauses.begin(HOST_WAIT, text_in(problem))
            return False

    def _run(self, queue: CompanyQueue, keep: Callable[[Outcome], None], others: bool) -> None:
        with noting(self._services, QUEUE):
            queue.run(self._chunk, keep, others)

    def _look_at_settings(self, connected: Connected) -> None:
        with noting(self._services, SETTINGS, connected.realm_id):
            self._services.reference(connected, REFERENCE_AGE)

    def _worthwhile(self, realm_id: str, full: bool) -> Cache | None:
        """The cache of the company, where one full read costs less than asking for every chunk; `full`: more may wait
        than a chunk has."""
        cache, quickbooks = self._caches.get(realm_id), self._services.quickbooks(realm_id)
        if cache is not None and cache.quickbooks is not quickbooks:
            cache = None  # the company was connected again, perhaps at another place
        if cache is not None and cache.warm:
            return cache
        much = self._lasting and self._often()
        if not much and not (
            full and self._services.ledger.queue_lists.counts(realm_id).get("todo", 0) >= CACHE_THRESHOLD
        ):
            return None
        if cache is None:
            cache = self._caches[realm_id] = Cache(quickbooks, self._services.now)
        return cache

    def _often(self) -> bool:
        """Whether time slices are so frequent that the cache, renewed every minute, needs fewer requests than they
        do."""
        now = self._services.now()
        self._asked = [at for at in self._asked if timedelta(0) <= now - at < FRESH]
        self._asked.append(now)
        return len(self._asked) > OFTEN

    def _guarded(self, connected: Connected, work: Callable[[], object], looks: bool = False) -> bool:
        """Run a function; a problem that concerns the whole company pauses or stops the company queue: then False. A
        refused look for payments (`looks`) does not stop copies: it is tried again at the next poll."""
        answered = self._services.calls["all"]
        try:
            work()
        except Throttled as problem:
            self.pauses.throttle(connected.realm_id, problem)
            return False
        except NotAuthorised as problem:
            self._stop(
                connected,
                joined(" ", (text_in(problem), Text("Everything waits until then, nothing is lost."))),
                problem,
            )
        except Refused as problem:
            if problem.do == "stop":
                self._stop(connected, problem.sentence, problem)
            elif looks:
                _log.warning("payments could not be looked for: %s", problem.logged)
                return False
            else:
                self.pauses.begin(LONGEST, problem)
        except QuickBooksProblem as problem:
            self._chunk = max(1, self._chunk // 2)
            self._failures += 1
            self.pauses.begin(min(LONGEST, timedelta(seconds=2**self._failures)), problem)
        else:
            self._failures = 0
            self._chunk = min(CHUNK, self._chunk + 2)
            self.pauses.end()
            self._services.succeeded(connected.realm_id, answered)
            return True
        if self.pauses.until is not None:
            self._services.ledger.companies.pause(connected.realm_id, self.pauses.until, self.pauses.because)
        return False

    def _stop(self, connected: Connected, reason: str, problem: QuickBooksProblem) -> None:
        about, now = {"realm": connected.realm_id}, self._services.ledger.companies.connected()
        if now is None or now.realm_id != connected.realm_id:
            _log.warning(
                "company %s is no longer connected; its queue waits until it is connected again",
                connected.realm_id,
                extra=about,
            )
            return
        _log.error("the queue of company %s is stopped: %s", connected.realm_id, problem.logged, extra=about)
        self._services.ledger.companies.stop(connected.realm_id, reason)

    # Payments

    def _is_due(self, realm_id: str) -> bool:
        """Whether payments are looked for now: the poll is due, or a webhook came."""
        poll = self._poll_due(realm_id)
        due = poll is not None and poll <= self._services.now()
        return due or bool(self._services.ledger.webhook_events.unseen(realm_id))

    def _poll(self, connected: Connected) -> None:
        """Look for payments, unless another process has done so meanwhile: all processes share one poll. Raises as
        `bring` does."""
        realm_id, every = connected.realm_id, self._services.settings.poll_every
        with self._time_slice(connected, 30.0):
            if not self._is_due(realm_id):
                return
            try:
                self._bring(connected)
            finally:
                self.next_poll = self._services.now() + every if every else None
                self._services.ledger.payment_looks.look_at(realm_id, self.next_poll)

    def bring(self) -> list[PaymentNews]:
        """Look for payments now, in this thread. Raises `QuickBooksProblem`, `NotConnected` or `CompanyBusy`."""
        connected = self._services.connected()
        with self._time_slice(connected, 30.0):
            return self._bring(connected)

    def _bring(self, connected: Connected) -> list[PaymentNews]:
        answered = self._services.calls["all"]
        with noting(self._services, PAYMENTS, connected.realm_id):
            news = PaymentKeeper(self._services, connected).bring()
        self._services.succeeded(connected.realm_id, answered)
        self._services.flush_calls(connected.realm_id)
        return news
