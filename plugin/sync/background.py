"""Runs the company queue automatically: in a thread of this process, or by calls to workers where these run it."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

from onedesk_quickbooks.plugin.ledger import LedgerProblem, LockTaken
from onedesk_quickbooks.plugin.sync.errors import NotConnected
from onedesk_quickbooks.plugin.sync.runner import Runner
from onedesk_quickbooks.plugin.sync.running import running
from onedesk_quickbooks.plugin.sync.services import Services

_log = logging.getLogger("onedesk_quickbooks.sync")

STOP = timedelta(seconds=6)
"""How long the process waits at its end for the chunk at hand."""
REPLAY = 2.0
"""Seconds between two replays of the commands that wait in files for an unreachable database."""


def forks_later() -> bool:
    """Whether this is the master of uWSGI. It forks its workers while threads run: a worker that is forked while a
    thread holds the lock of the interpreter never answers. Only uWSGI has the module `uwsgi`."""
    try:
        server: Any = sys.modules["uwsgi"]
        found: bool = server.masterpid() == os.getpid() and not server.worker_id() and not server.mule_id()
    except (KeyError, AttributeError):
        return False
    if found:
        _log.warning(
            "the QuickBooks plugin was started before uWSGI has forked: this process does not process the queue, and "
            "hooks in the workers are refused until each worker has started the plugin (lazy-apps = true); see "
            "docs/processes.md"
        )
    return found


class Background:
    """The background thread of one runner."""

    def __init__(
        self,
        services: Services,
        runner: Runner,
        stopping: threading.Event,
        call_worker: Callable[[str], None] | None = None,
    ) -> None:
        """`stopping` ends the thread. `call_worker` requests a time slice for a company, where workers run the company
        queue."""
        self._services = services
        self._runner = runner
        self._stopping = stopping
        self._call_worker = call_worker
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread, or call workers for what waited in files."""
        self._runner.stay()
        target = self._loop if self._call_worker is None else self._call_for_replayed
        self._thread = threading.Thread(target=target, name="onedesk-quickbooks company queue", daemon=True)
        self._thread.start()

    def stop(self, patience: timedelta = STOP) -> bool:
        """Finish the chunk at hand, then end the thread. False where that takes longer, because QuickBooks or the host
        does not answer: the thread ends later, or with the process, and the next start recovers its work."""
        self._stopping.set()
        self._wake.set()
        if self._thread is None:
            return True
        self._thread.join(patience.total_seconds())
        ended = not self._thread.is_alive()
        if not ended:
            _log.warning(
                "stopped while the company queue was still waiting for QuickBooks or the host; the next start looks up "
                "what was done"
            )
        self._thread = None
        return ended

    def wake(self) -> None:
        """Notify the thread or a worker that there is work. Raises nothing: the workers' sweep makes up for a failed
        call."""
        self._wake.set()
        if self._call_worker is None:
            return
        try:
            self._call_worker(self._services.connected().realm_id)
        except (NotConnected, LedgerProblem):
            return
        except Exception:
            _log.warning("no worker could be notified; the next sweep finds the waiting work", exc_info=True)

    def _call_for_replayed(self) -> None:
        logged = ""
        while not self._stopping.wait(REPLAY):
            try:
                if self._runner.take_waiting():
                    self.wake()
                logged = ""
                self._services.rules.current()  # the workers read them: here Administration > Financials shows them
            except LedgerProblem as problem:
                if logged != str(problem):
                    _log.warning("commands of the host wait in files: %s", problem)
                logged = str(problem)
            except Exception:
                _log.exception("the waiting commands, or the rules, could not be read; it is tried again")

    def _loop(self) -> None:
        with ExitStack() as stack:
            known = False
            while not self._stopping.is_set():
                known = known or self._make_known(stack)
                if self._runner.live():
                    self._wake.set()  # no rest yet
                self._wake.wait(self._runner.rest())
                self._wake.clear()

    def _make_known(self, stack: ExitStack) -> bool:
        """Let other processes see that this one works in the background. False: another one does already."""
        try:
            stack.enter_context(running(self._services, 0.2))
        except (LockTaken, LedgerProblem):
            return False
        return True
