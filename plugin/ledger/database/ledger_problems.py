"""The problems of the ledger's database; the text says why and what to do."""

from __future__ import annotations

from onedesk_quickbooks.plugin.model.problem import NotNow, Problem
from onedesk_quickbooks.plugin.texts import Text


class LedgerProblem(NotNow, Problem):
    """The ledger's database cannot be used; the text says why and what to do."""


class LedgerAway(LedgerProblem):
    """The database is on a server that does not answer now, and it is unknown whether the current transaction was
    committed; or it is a locked file, or on a full disk, and nothing was committed."""


class LedgerMoved(Problem):
    """The SQLite file was moved to PostgreSQL while this process had it open: nothing can be recorded until it is
    started again."""


class LockLost(LedgerProblem):
    """The connection that held a lock has ended: another process may hold it now, so work has to stop."""


def unreadable(name: str, problem: Exception) -> LedgerProblem:
    """A row of the ledger `name` was changed by another program."""
    return LedgerProblem(
        Text(
            "The ledger {name} has a value that cannot be read ({problem}): it is damaged, or another program's: "
            "restore it from a backup (onedesk-quickbooks restore FILE --yes), or set `ledger` in settings.yaml to the"
            " right one.",
            name=name,
            problem=problem,
        )
    )
