"""Locks that one of many processes holds, and that are released when it dies: on a file, or PostgreSQL's advisory
locks."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

RUN = "run-"
"""Prefix of the kind of lock that a command holds while it runs; the name of its run follows."""


class LockTaken(Exception):
    """Another process holds the lock and did not release it in time."""


class HeldLock(Protocol):
    """A lock while it is held."""

    def check(self) -> None:
        """Return if it is still held. Raises `LockLost` or `LedgerAway`."""


class Locks(Protocol):
    """Creates locks. Threads of one process exclude each other as well."""

    def hold(self, kind: str, realm_id: str, wait: float) -> AbstractContextManager[HeldLock]:
        """Hold the lock of this kind (lane, refresh) and company in a `with` block; waits up to `wait` seconds, then
        raises `LockTaken`."""

    def taken(self, kind: str, realm_id: str) -> bool:
        """Whether it is held now."""
