"""When the lane runs: at once when the host asks, again after a wait when QuickBooks wants one, and polling in between.

One lane at a time per data directory, over threads and processes: a lock on a file, which the system takes back from
a process that dies.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

from filelock import FileLock, Timeout

from onedesk_quickbooks.plugin.ledger import Connected
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.qbo import NotAuthorised, QuickBooksProblem, Refused, Throttled
from onedesk_quickbooks.plugin.sync.connecting import REFERENCE_AGE
from onedesk_quickbooks.plugin.sync.lane import CHUNK, Lane
from onedesk_quickbooks.plugin.sync.lane_snapshot import Snapshot
from onedesk_quickbooks.plugin.sync.office import Office
from onedesk_quickbooks.plugin.sync.payments import PaymentKeeper, PaymentNews
from onedesk_quickbooks.plugin.sync.problems import NotConnected, SyncProblem

_log = logging.getLogger("onedesk_quickbooks.sync")

THROTTLED = timedelta(seconds=60)
"""How long to wait after a 429 that does not say (qbo-api.md 5)."""
LONGEST = timedelta(minutes=5)
MANY = 4 * CHUNK
"""So many waiting invoices make a snapshot worth its reading."""
NEXT_POLL = "next-poll"
"""Cursor that tells other processes when payments are asked for next."""
IDLE = 30.0
"""Seconds after which the thread looks by itself whether there is something to do."""


class LaneBusy(SyncProblem):
    """Another process works on this data directory's lane and did not end in time."""


def _nothing(_outcome: Outcome) -> None:
    return None


class Engine:
    """Runs the lane of the connected company, by a thread of its own or in the caller's."""

    def __init__(self, office: Office, stopping: threading.Event) -> None:
        """`stopping` ends the thread, and every wait in `office.sleep` with it."""
        self._office = office
        self._stopping = stopping
        self._lock = FileLock(office.directory / "lane.lock", thread_local=False)
        self._turn_lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._chunk = CHUNK
        self._snapshots: dict[str, Snapshot] = {}
        self._failures = 0
        self.paused_until: datetime | None = None
        self.paused_because = ""
        self.next_poll: datetime | None = None

    # The thread

    def start(self) -> None:
        """Begin to work in the background."""
        self._thread = threading.Thread(target=self._loop, name="onedesk-quickbooks lane", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the chunk at hand, then end the thread."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def wake(self) -> None:
        """There is something to do."""
        self._wake.set()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                self._beat()
            except NotConnected:
                self.next_poll = None
            except LaneBusy:
                _log.info("another process works on the lane")
            except Exception:
                _log.exception("the lane met an error; it goes on in a moment")
                self._pause(timedelta(seconds=10), "an error in the plugin; see the log")
            self._wake.wait(self._rest())
            self._wake.clear()

    def _beat(self) -> None:
        connected = self._office.connected()
        if connected.stopped_reason:
            return
        self.drain(_nothing, timedelta(0))
        unseen = self._office.ledger.watch.unseen_events(connected.realm_id)
        every = self._office.settings.poll_every
        now = self._office.now()
        if self.next_poll is None and every:
            self.next_poll = now
        if unseen or (self.next_poll is not None and every and now >= self.next_poll):
            self._guarded(connected, self.bring)
            self.next_poll = self._office.now() + every if every else None
            self._office.ledger.watch.mark(connected.realm_id, NEXT_POLL, self.next_poll)
            self._guarded(connected, partial(self._office.reference, connected, REFERENCE_AGE))

    def _rest(self) -> float:
        now = self._office.now()
        times = [each for each in (self.paused_until, self.next_poll) if each is not None and each > now]
        return max(0.05, min([IDLE, *((each - now).total_seconds() for each in times)]))

    # Turns

    @contextmanager
    def _turn(self, wait: float) -> Iterator[None]:
        """This process's, and this thread's, turn on the lane."""
        with self._turn_lock:
            try:
                self._lock.acquire(timeout=wait)
            except Timeout:
                raise LaneBusy(
                    "Another process is working on this data directory; it goes on with what was asked. "
                    "See: onedesk-quickbooks status"
                ) from None
            try:
                yield
            finally:
                self._lock.release()

    def drain(self, progress: Callable[[Outcome], None], patience: timedelta) -> list[Outcome]:
        """Work until nothing is ready, in this thread. Waits while QuickBooks asks for patience (429), and up to
        `patience` in all while it cannot be reached. Raises `NotConnected` or `LaneBusy`."""
        connected = self._office.connected()
        outcomes: list[Outcome] = []

        def keep(outcome: Outcome) -> None:
            outcomes.append(outcome)
            progress(outcome)

        with self._turn(max(patience.total_seconds(), 1.0)):
            self._drain(connected, keep, patience)
        self._office.flush_calls(connected.realm_id)
        return outcomes

    def _drain(self, connected: Connected, keep: Callable[[Outcome], None], patience: timedelta) -> None:
        left = patience
        while not self._stopping.is_set() and not self._stopped():
            wait = self._pause_left()
            if wait > timedelta(0):
                if wait > left and not (patience and self._throttled):
                    return
                left -= timedelta(0) if self._throttled else wait
                self._office.sleep(wait.total_seconds())
            self.paused_until = None
            lane = Lane(self._office, self._office.connected(), self._worthwhile(connected.realm_id))
            if not self._guarded(connected, partial(lane.run, self._chunk, keep)):
                continue
            if not self._office.ledger.queue.next(connected.realm_id, 1):
                return

    def _worthwhile(self, realm_id: str) -> Snapshot | None:
        """The company's snapshot, where reading everything once costs less than asking for every chunk."""
        snapshot = self._snapshots.setdefault(realm_id, Snapshot(self._office.quickbooks(realm_id), self._office.now))
        if snapshot.warm or self._thread is not None:
            return snapshot
        waiting = self._office.ledger.queue.counts(realm_id).get("todo", 0)
        return snapshot if waiting >= MANY else None

    def _stopped(self) -> bool:
        return bool(self._office.connected().stopped_reason)

    def _guarded(self, connected: Connected, work: Callable[[], object]) -> bool:
        """Do it; what concerns the company as a whole pauses or stops the lane: then False."""
        answered = self._office.calls["all"]
        try:
            work()
        except Throttled as problem:
            wait = problem.wait or THROTTLED + timedelta(seconds=random.uniform(0, 10))  # noqa: S311  # jitter
            self._pause(wait, str(problem), throttled=True)
        except NotAuthorised as problem:
            self._stop(connected, f"{problem} Connect again under Administration > Financials; nothing is lost.")
        except Refused as problem:
            if problem.do == "stop":
                self._stop(connected, problem.sentence)
            else:
                self._pause(LONGEST, problem.sentence)
        except QuickBooksProblem as problem:
            self._chunk = max(1, self._chunk // 2)
            self._failures += 1
            self._pause(min(LONGEST, timedelta(seconds=2**self._failures)), str(problem))
        else:
            self._failures = 0
            self._chunk = min(CHUNK, self._chunk + 2)
            self.paused_until, self.paused_because = None, ""
            self._succeeded(connected, answered)
            return True
        return False

    def _succeeded(self, connected: Connected, answered: int) -> None:
        """Note it, where QuickBooks has answered more than so often: where nothing was asked, nothing has succeeded."""
        if self._office.calls["all"] != answered:
            self._office.ledger.companies.succeeded(connected.realm_id)

    def _stop(self, connected: Connected, reason: str) -> None:
        _log.error(
            "the lane of company %s stands still: %s", connected.realm_id, reason, extra={"realm": connected.realm_id}
        )
        self._office.ledger.companies.stop(connected.realm_id, reason)

    def _pause(self, wait: timedelta, why: str, throttled: bool = False) -> None:
        self.paused_until = self._office.now() + wait
        self.paused_because = why
        self._throttled = throttled
        _log.warning("the lane waits %d s: %s", wait.total_seconds(), why)

    _throttled = False

    def _pause_left(self) -> timedelta:
        return max(timedelta(0), self.paused_until - self._office.now()) if self.paused_until else timedelta(0)

    # Payments

    def bring(self) -> list[PaymentNews]:
        """Bring payments back now, in this thread. Raises `QuickBooksProblem`, `NotConnected` or `LaneBusy`."""
        connected = self._office.connected()
        answered = self._office.calls["all"]
        with self._turn(30.0):
            news = PaymentKeeper(self._office, connected).bring()
        self._succeeded(connected, answered)
        self._office.flush_calls(connected.realm_id)
        return news
