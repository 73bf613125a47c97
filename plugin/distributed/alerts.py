"""Alerts from workers: every tenant is checked repeatedly, by one worker at a time.

The check is no job of the queue, and has its own threads: blocked company queues cannot prevent an alert about them.
One worker, the one that holds a lock, checks all tenants; the others check those that they have worked for, in case it
hangs. A tenant that one worker has checked is left out by the others for a moment, and each alert is sent once.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from onedesk_quickbooks.plugin.distributed.tenants import Tenants
from onedesk_quickbooks.plugin.ledger import HeldLock, LedgerProblem, LockTaken
from onedesk_quickbooks.plugin.ledger.database import Locks
from onedesk_quickbooks.plugin.sync.tenancy import working_for

_log = logging.getLogger("onedesk_quickbooks.alerts")

FIRST_LOOK, LOOK_EVERY = 2.0, 60.0
"""Seconds until the first check, and between two."""
_AT_ONCE = 4
"""How many tenants are checked at the same time: a mail server that does not answer blocks a thread for a while."""


class First:
    """Whether this process is the one that checks all tenants; it stays so until it ends."""

    def __init__(self, locks: Locks) -> None:
        self._locks = locks
        self._stack = ExitStack()
        self._held: HeldLock | None = None

    def __call__(self) -> bool:
        """Another process takes over when the connection of this one ends."""
        try:
            if self._held is None:
                self._held = self._stack.enter_context(self._locks.hold("alerts", "of all tenants", 0))
            self._held.check()
        except LockTaken:
            return False
        except LedgerProblem:
            self.let_go()
            return False
        return True

    def let_go(self) -> None:
        """The worker ends."""
        self._held = None
        self._stack.close()


async def watch(tenants: Tenants, first: First, stopped: asyncio.Event) -> None:
    """Check until `stopped`."""
    threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="onedesk-quickbooks alerts")
    loop = asyncio.get_running_loop()
    wait = FIRST_LOOK
    try:
        while not await _ends_within(stopped, wait):
            wait = LOOK_EVERY
            try:
                names = await loop.run_in_executor(threads, _mine, tenants, first)
                await asyncio.gather(*(loop.run_in_executor(threads, _look, tenants, name) for name in names))
            except Exception:
                _log.exception("the alerts could not be checked; it is tried again")
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        first.let_go()


def _mine(tenants: Tenants, first: First) -> list[str]:
    return list(tenants.names() if first() else tenants.at_hand())


async def _ends_within(stopped: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(stopped.wait(), seconds)
    except asyncio.TimeoutError:
        return False
    return True


def _look(tenants: Tenants, name: str) -> None:
    with working_for(name):
        try:
            tenant = tenants.get(name)
            if tenant is not None:
                tenant.watch()
        except LedgerProblem as problem:
            _log.debug("alerts wait: %s", problem)  # the worker itself reports that the database is unreachable
        except Exception:
            _log.exception("the alerts could not be checked; it is tried again")
