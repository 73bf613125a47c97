"""PostgreSQL's advisory locks: all locks of a process belong to one connection, and are released when it ends."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InvalidRequestError, SQLAlchemyError

from onedesk_quickbooks.plugin.ledger.database.ledger_problems import LedgerAway, LockLost
from onedesk_quickbooks.plugin.ledger.database.locks import HeldLock, LockTaken
from onedesk_quickbooks.plugin.texts import Text

_TRY_EVERY = timedelta(milliseconds=50)


def key_of(name: str) -> int:
    """The number of an advisory lock: the first 64 bits of the name's hash, signed."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


class AdvisoryLocks:
    """Locks over all processes and machines of a database, whatever the tenant: a company that two tenants have
    connected has only one running queue."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._mutex = threading.Lock()
        self._connection: Connection | None = None
        self._held: set[int] = set()
        self._generation = 0

    @contextmanager
    def hold(self, kind: str, realm_id: str, wait: float) -> Iterator[HeldLock]:
        """See `Locks.hold`. Raises `LedgerAway` where the server cannot be reached."""
        key = key_of(f"{kind} {realm_id}")
        until = time.monotonic() + wait
        generation = self._try(key)
        while generation is None:
            if time.monotonic() >= until:
                raise LockTaken(Text("{kind} of company {realm_id}", kind=kind, realm_id=realm_id))
            time.sleep(_TRY_EVERY.total_seconds())
            generation = self._try(key)
        try:
            yield _Lease(self, generation)
        finally:
            self._let_go(key, generation)

    def taken(self, kind: str, realm_id: str) -> bool:
        """See `Locks.taken`."""
        try:
            with self.hold(kind, realm_id, 0):
                return False
        except LockTaken:
            return True

    def _try(self, key: int) -> int | None:
        """The connection's generation, if the lock was taken; a session could take its own lock twice."""
        with self._mutex:
            if key in self._held or not self._ask("SELECT pg_try_advisory_lock(%(key)s)", key):
                return None
            self._held.add(key)
            return self._generation

    def _let_go(self, key: int, generation: int) -> None:
        with self._mutex:
            if generation != self._generation:
                return  # its connection has ended, and the lock with it
            self._held.discard(key)
            try:
                self._ask("SELECT pg_advisory_unlock(%(key)s)", key)
            except LedgerAway:
                return

    def check(self, generation: int) -> None:
        """Raises `LockLost` where the connection is not the one that took the lock."""
        with self._mutex:
            if generation == self._generation:
                self._ask("SELECT %(key)s", generation)
            if generation != self._generation:
                raise LockLost(Text("the connection that held the company queue's lock was lost; the queue restarts"))

    def _ask(self, question: str, value: int) -> bool:
        """Query the connection; one that held no lock and has ended is replaced once."""
        tries = 1 if self._held else 2
        while True:
            tries -= 1
            try:
                if self._connection is None:
                    self._connection = self._engine.connect()
                return bool(self._connection.exec_driver_sql(question, {"key": value}).scalar())
            except (DBAPIError, InvalidRequestError) as problem:
                self._forget()
                if not tries:
                    raise LedgerAway(
                        Text("The ledger's database cannot be reached; what waits is done when it is back.")
                    ) from problem

    def _forget(self) -> None:
        """All locks of the ended connection are lost."""
        self._generation += 1
        self._held.clear()
        if self._connection is not None:
            try:
                self._connection.invalidate()
                self._connection.close()
            except SQLAlchemyError:
                pass
            self._connection = None


class _Lease:
    def __init__(self, locks: AdvisoryLocks, generation: int) -> None:
        self._locks = locks
        self._generation = generation

    def check(self) -> None:
        """See `HeldLock.check`."""
        self._locks.check(self._generation)
