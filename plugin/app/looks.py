"""What only looks at one installation: its status and its queue. Nothing is decided, asked or changed, and nothing
that does so is imported: `status` and `queue` answer at once."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.ledger import Connected, Ledger, StoppedRun
from onedesk_quickbooks.plugin.ops.status import Status, filed_commands, read_status, refused_commands, untold_payments
from onedesk_quickbooks.plugin.sync import tenancy
from onedesk_quickbooks.plugin.sync.installation import Installation
from onedesk_quickbooks.plugin.sync.settings import Settings


class Looks:
    """One installation, opened."""

    def __init__(self, services: Installation) -> None:
        self._services = services

    def close(self) -> None:
        """Close the ledger."""
        self._services.close()
        tenancy.closed(self.settings.tenant)

    @property
    def directory(self) -> Path:
        """The data directory."""
        return self._services.directory

    @property
    def settings(self) -> Settings:
        """The settings of this installation."""
        return self._services.settings

    @property
    def ledger(self) -> Ledger:
        """The ledger: what was recorded, sent and answered."""
        return self._services.ledger

    @property
    def connected(self) -> Connected | None:
        """The connected company."""
        return self._services.ledger.companies.connected()

    @property
    def queue_of(self) -> str:
        """The QuickBooks id of the company whose queue is shown: the connected one, or else the one that was connected
        last; "" before the first."""
        connected = self.connected
        last = None if connected else self.ledger.former_companies.last()
        return connected.realm_id if connected else last.realm_id if last else ""

    def status(self) -> Status:
        """The status of this installation; sends no request to QuickBooks."""
        return read_status(self._services, self.connected)

    def stopped_runs(self) -> list[StoppedRun]:
        """The runs that were stopped and have left entries for a person, the oldest first."""
        return self._services.ledger.stopped_runs.each(self.queue_of)

    def unanswered(self) -> set[str]:
        """The invoices with a request that QuickBooks has not answered, by their ids in OneDesk."""
        return {each.od_invoice_id for each in self._services.ledger.outbox.unknown(self.queue_of)}

    def untold_payments(self) -> list[dict[str, Any]]:
        """Payments that the host has not recorded yet: see `Status.untold_payments`."""
        return list(untold_payments(self._services, self.queue_of))

    def refused_commands(self) -> list[dict[str, Any]]:
        """Commands that waited in files and that the ledger then refused: see `Status.refused_orders`."""
        return list(refused_commands(self._services.directory))

    def filed_commands(self) -> list[dict[str, Any]]:
        """Commands that wait in files for the ledger: see `Status.filed_orders`."""
        return list(filed_commands(self._services.directory))

    def waiting_counts(self) -> dict[str, int]:
        """The number of entries by state (todo, held, failed, skipped), including what stopped commands left."""
        return self._services.ledger.queue_lists.counts(self.queue_of)

    def now(self) -> datetime:
        """The time by this installation's clock."""
        return self._services.now()

    def calls(self, since_day: str = "") -> list[tuple[str, str, int]]:
        """The requests to QuickBooks as (day, kind, count), the newest day first; kinds read, write, oauth."""
        connected = self.connected
        return self._services.ledger.call_counts.by_day(connected.realm_id, since_day) if connected else []
