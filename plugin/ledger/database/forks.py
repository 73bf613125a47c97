"""A fork waits until no other thread is inside SQLite.

SQLite's locks within a process are copied as they are: a child of a fork that happens while a thread opens a connection
waits forever when it opens one itself (https://www.sqlite.org/howtocorrupt.html, section 2.6).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 5
"""Seconds that a fork waits; then it happens all the same."""


class _Gate:
    """Counts the threads inside; a fork keeps new ones out."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._own = threading.local()

    @contextmanager
    def inside(self) -> Iterator[None]:
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._changed:
            self._inside += change
            self._own.depth = self._depth + change
            self._changed.notify_all()

    @property
    def _depth(self) -> int:
        found: int = getattr(self._own, "depth", 0)
        return found

    def before(self) -> None:
        self._changed.acquire()
        self._changed.wait_for(lambda: self._inside == self._depth, PATIENCE)

    def in_parent(self) -> None:
        self._changed.release()

    def in_child(self) -> None:
        """The thread that forked is the only one here."""
        self._changed = threading.Condition()
        self._inside = self._depth


_GATE = _Gate()
inside_sqlite = _GATE.inside
"""What this thread does within is inside SQLite."""

if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(before=_GATE.before, after_in_parent=_GATE.in_parent, after_in_child=_GATE.in_child)
