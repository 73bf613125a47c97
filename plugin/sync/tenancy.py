"""Which tenant a thread works for: what the log and the metrics call a company by, the setting `tenant`."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_AT_WORK: ContextVar[str] = ContextVar("onedesk_quickbooks_tenant", default="")
_OPENED: Counter[str] = Counter()
_MUTEX = threading.Lock()


def opened(tenant: str) -> None:
    """An installation of this tenant runs in this process from now on."""
    with _MUTEX:
        _OPENED[tenant] += 1


def closed(tenant: str) -> None:
    """And no longer."""
    with _MUTEX:
        _OPENED[tenant] -= 1
        if _OPENED[tenant] <= 0:
            del _OPENED[tenant]


@contextmanager
def working_for(tenant: str) -> Iterator[None]:
    """What is done within is done for this tenant."""
    token = _AT_WORK.set(tenant)
    try:
        yield
    finally:
        _AT_WORK.reset(token)


def at_work() -> str:
    """The tenant that this thread works for; without having been told, the only one of the process; else ""."""
    told = _AT_WORK.get()
    if told:
        return told
    with _MUTEX:
        return next(iter(_OPENED)) if len(_OPENED) == 1 else ""
