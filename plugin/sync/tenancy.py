"""The tenant that a thread works for: the name of a company in the log and in metrics, from the setting `tenant`."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_AT_WORK: ContextVar[str] = ContextVar("onedesk_quickbooks_tenant", default="")
_OPENED: Counter[str] = Counter()
_HOMES: dict[tuple[str, str], tuple[str, Path]] = {}
_MUTEX = threading.Lock()


class Elsewhere(Exception):
    """The process works for the tenant in another data directory, `directory`."""

    def __init__(self, directory: Path) -> None:
        super().__init__(str(directory))
        self.directory = directory


def opened(tenant: str, server: str, key: str, directory: Path) -> None:
    """Note that an installation of this tenant runs in this process; `server` is the URL of its ledger, "" for a file;
    `key` is the digest of its key. Raises `Elsewhere` where a data directory with another key has this tenant on this
    server; a copy of the same data directory has the same key."""
    with _MUTEX:
        known, home = _HOMES.get((server, tenant), (key, directory))
        if server and known != key:
            raise Elsewhere(home)
        _HOMES[server, tenant] = known, home
        _OPENED[tenant] += 1


def closed(tenant: str) -> None:
    """Note that it no longer does."""
    with _MUTEX:
        _OPENED[tenant] -= 1
        if _OPENED[tenant] <= 0:
            del _OPENED[tenant]
            for each in [each for each in _HOMES if each[1] == tenant]:
                del _HOMES[each]


@contextmanager
def working_for(tenant: str) -> Iterator[None]:
    """The code in the block works for this tenant."""
    token = _AT_WORK.set(tenant)
    try:
        yield
    finally:
        _AT_WORK.reset(token)


def at_work() -> str:
    """The tenant that this thread works for; by default the only one of the process; else ""."""
    tenant = _AT_WORK.get()
    if tenant:
        return tenant
    with _MUTEX:
        return next(iter(_OPENED)) if len(_OPENED) == 1 else ""
