"""The alerts that were sent: in the ledger, and in memory where the ledger cannot be written (a full disk), so that an
alert is sent in that case as well, and once."""

from __future__ import annotations

from datetime import datetime

from onedesk_quickbooks.plugin.ledger import Ledger, LedgerProblem


class SentAlerts:
    """By company, alert's key and channel; and the paused channels of a company."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._unwritten: dict[tuple[str, str, str], datetime | None] = {}
        self._unwritten_pauses: dict[tuple[str, str], datetime] = {}

    def sent(self, realm_id: str) -> set[tuple[str, str]]:
        """(alert's key, channel) of all that were sent and have not passed."""
        found = self._ledger.alerts.sent(realm_id)
        for (realm, *mark), at in self._unwritten.items():
            if realm == realm_id:
                (found.discard if at is None else found.add)((mark[0], mark[1]))
        return found

    def record(self, realm_id: str, alert: str, channel: str, at: datetime | None) -> None:
        """Record that it was sent by this channel, or, with None, that it has passed; written together with what could
        not be written before."""
        self._unwritten[realm_id, alert, channel] = at
        self._write()

    def paused(self, realm_id: str) -> dict[str, datetime]:
        """{channel: until when it is paused}."""
        unwritten = {channel: until for (realm, channel), until in self._unwritten_pauses.items() if realm == realm_id}
        return {**self._ledger.alerts.paused(realm_id), **unwritten}

    def pause(self, realm_id: str, channel: str, until: datetime) -> None:
        """Pause a channel that failed."""
        self._unwritten_pauses[realm_id, channel] = until
        self._write()

    def _write(self) -> None:
        alerts = self._ledger.alerts
        try:
            for mark, at in list(self._unwritten.items()):
                alerts.forget(*mark) if at is None else alerts.add_sent(*mark, at)
                del self._unwritten[mark]
            for channel, until in list(self._unwritten_pauses.items()):
                alerts.pause(*channel, until)
                del self._unwritten_pauses[channel]
        except LedgerProblem:
            return
