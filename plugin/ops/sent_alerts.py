"""Marks of the alerts that were told: in the ledger, and in memory where the ledger cannot be written (a full disk), so
that just then an alert is told all the same, and once."""

from __future__ import annotations

from datetime import datetime

from onedesk_quickbooks.plugin.ledger import Ledger, LedgerProblem


class Marks:
    """Instants by company and name."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._unwritten: dict[tuple[str, str], datetime | None] = {}

    def read(self, realm_id: str, prefix: str) -> dict[str, datetime]:
        """Those whose name begins with `prefix`, by the rest of the name."""
        found = self._ledger.cursors.named(realm_id, prefix)
        for (realm, name), instant in self._unwritten.items():
            if realm != realm_id or not name.startswith(prefix):
                continue
            if instant is None:
                found.pop(name.removeprefix(prefix), None)
            else:
                found[name.removeprefix(prefix)] = instant
        return found

    def set(self, realm_id: str, name: str, instant: datetime | None) -> None:
        """Set one, or with None take it away; together with what could not be written before."""
        self._unwritten[realm_id, name] = instant
        for (realm, each), value in list(self._unwritten.items()):
            try:
                self._ledger.cursors.set(realm, each, value)
            except LedgerProblem:
                return
            del self._unwritten[realm, each]
