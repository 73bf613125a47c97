"""Records errors of the plugin, and answers that are refused or cannot be read, of a company's queue or its look for
payments, in the ledger, where every process sees them. Only class and place are recorded: the text may contain
names."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onedesk_quickbooks.plugin.ledger import KeyProblem, LedgerMoved, LedgerProblem, LockTaken
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.qbo import QuickBooksProblem, Refused
from onedesk_quickbooks.plugin.sync.errors import SyncProblem
from onedesk_quickbooks.plugin.sync.services import Services

_log = logging.getLogger("onedesk_quickbooks.sync")

QUEUE, PAYMENTS, SETTINGS, HOST = "queue", "payments", "settings", "host"
"""What may fail: the company's queue, the look for payments, the look at the company's settings; and the host, which
raised `NotNow`."""

_KNOWN = (KeyProblem, LedgerMoved, LockTaken, SyncProblem, QuickBooksProblem)
"""Not errors of the plugin: each pauses or stops the queue with its own sentence."""
_PLUGIN = Path(__file__).parents[1]


@contextmanager
def noting(services: Services, what: str, realm_id: str = "") -> Iterator[None]:
    """Record an error for the connected company, and raise it; a success removes the record of `realm_id`."""
    try:
        yield
    except NotNow as error:
        host_cannot(services, error)
        raise
    except Exception as error:
        refused = isinstance(error, Refused) and error.do != "stop"  # or it cannot be read
        if refused or not isinstance(error, _KNOWN):
            _note(services, what, error)
        raise
    if realm_id:
        services.ledger.queue_errors.succeeded(realm_id, what)


def host_cannot(services: Services, error: Exception) -> None:
    """Recorded until the host has accepted an outcome, or nothing waits for it any more (`host_can`). A ledger that
    cannot be used is no problem of the host."""
    if not isinstance(error, LedgerProblem):
        _note(services, HOST, error)


def host_can(services: Services, realm_id: str) -> None:
    """The host works again."""
    services.ledger.queue_errors.succeeded(realm_id, HOST)


def _note(services: Services, what: str, error: Exception) -> None:
    try:
        services.ledger.queue_errors.failed(services.connected().realm_id, what, described(error))
    except LedgerProblem:
        return  # it is away, which those that work with it say once
    except Exception as problem:
        _log.warning("the error could not be noted in the ledger: %s", type(problem).__name__)


def described(error: Exception) -> str:
    """Class and place in the program: "KeyError at plugin/sync/runner.py:88"."""
    name = type(error).__name__[:80]
    if isinstance(error, Refused) and error.code:
        name += f" {error.code[:20]}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).is_relative_to(_PLUGIN):
            return f"{name} at plugin/{Path(frame.filename).relative_to(_PLUGIN).as_posix()}:{frame.lineno}"
    return name
