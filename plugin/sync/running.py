"""Whether a process works by itself on this data directory: a lock that ends with the process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from onedesk_quickbooks.plugin.ledger import LedgerProblem
from onedesk_quickbooks.plugin.sync.services import Services

_RUNS = "running"
"""Lock that a process holds for as long as it works by itself; the system takes it back from one that dies."""


def is_running(services: Services, realm_id: str) -> bool | None:
    """Whether something works by itself on this data directory (`serve`, or a host), works on the lane now, or is a
    command that is not at its end (it may wait for whoever reads its output). None where nobody knows: of a ledger on a
    server, whose workers may run anywhere, or from another user's locks."""
    if services.ledger.remote:
        return None
    try:
        taken = any(services.ledger.locks.taken(kind, "") for kind in (_RUNS, "lane"))
        return taken or services.ledger.queue.command_works(realm_id)
    except LedgerProblem:  # a lock of another user
        return None


@contextmanager
def running(services: Services, wait: float) -> Iterator[None]:
    """This process works by itself meanwhile. Raises `LockTaken` where another one does, after `wait` seconds."""
    with services.ledger.locks.hold(_RUNS, "", wait):
        yield
