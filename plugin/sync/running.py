"""Whether a process works in the background on this data directory: a lock that ends with the process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from onedesk_quickbooks.plugin.ledger import LedgerProblem
from onedesk_quickbooks.plugin.sync.installation import Installation

_RUNS = "running"
"""The lock that a process holds while it works in the background; the operating system releases it when the process
dies."""


def is_running(services: Installation, realm_id: str) -> bool | None:
    """Whether something works on this data directory: in the background (`serve`, or a host), on the company queue now,
    or as a command that has not ended (it may wait for the reader of its output). None where that is unknown: for a
    ledger on a server, whose workers may run anywhere, or because of another user's locks."""
    if services.ledger.remote:
        return None
    try:
        taken = any(services.ledger.locks.taken(kind, "") for kind in (_RUNS, "lane"))
        return taken or services.ledger.stopped_runs.command_works(realm_id)
    except LedgerProblem:  # a lock of another user
        return None


@contextmanager
def running(services: Installation, wait: float) -> Iterator[None]:
    """This process works in the background inside the block. Raises `LockTaken` where another one does, after `wait`
    seconds."""
    with services.ledger.locks.hold(_RUNS, "", wait):
        yield
