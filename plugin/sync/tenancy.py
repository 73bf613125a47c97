"""The tenant that a thread works for: the name of a company in the log and in metrics, from the setting `tenant`."""

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
    """Note that an installation of this tenant runs in this process."""
    with _MUTEX:
        _OPENED[tenant] += 1


def closed(tenant: str) -> None:
    """Note that it no longer does."""
    with _MUTEX:
        _OPENED[tenant] -= 1
        if _OPENED[tenant] <= 0:
            del _OPENED[tenant]


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
