"""Locks that one process of many holds and that its death lets go: a file's, or PostgreSQL's advisory locks."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

RUN = "run-"
"""The kind of lock that a command holds as long as it lives begins so; the name of its run follows."""


class LockTaken(Exception):
    """Somebody else holds the lock and did not let go in time."""


class HeldLock(Protocol):
    """A lock while it is held."""

    def check(self) -> None:
        """Return where it is still held. Raises `LockLost` or `LedgerAway`."""


class Locks(Protocol):
    """Makes locks. Threads of one process exclude each other as well."""

    def hold(self, kind: str, realm_id: str, wait: float) -> AbstractContextManager[HeldLock]:
        """Hold the lock of this kind (lane, refresh) and company within a `with`; waits up to `wait` seconds, then
        raises `LockTaken`."""

    def taken(self, kind: str, realm_id: str) -> bool:
        """Whether somebody holds it at this moment."""
