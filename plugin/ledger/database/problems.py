"""What can be wrong with the ledger's database; the text says why and what to do."""

from __future__ import annotations


class LedgerProblem(Exception):
    """The ledger's database cannot be used; the text says why and what to do."""


class LedgerAway(LedgerProblem):
    """The database is a server that does not answer now. Whatever was under way may or may not have been kept."""


class LockLost(LedgerProblem):
    """The connection that held a lock has ended: somebody else may hold it now, so nothing more may be done."""
