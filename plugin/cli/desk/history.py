"""What was copied before: the host's invoices with their links in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.cli.desk import Desk
    from onedesk_quickbooks.plugin.host import HostInvoice
    from onedesk_quickbooks.plugin.ledger import InvoiceLink

_AT_ONCE = 500


def copied(
    desk: Desk, since: date | None = None, until: date | None = None
) -> Iterator[tuple[HostInvoice, InvoiceLink]]:
    """Every invoice of the host that QuickBooks has, with its link; copied first or last on days from `since` to
    `until`, both included. Raises CannotRun without a company."""
    connected = desk.bridge.connected
    if connected is None:
        return
    for start in range(0, desk.host.count(), _AT_ONCE):
        some = desk.host.invoices(offset=start, limit=_AT_ONCE)
        links = desk.bridge.ledger.links.invoices(connected.realm_id, [each.id for each in some])
        for each in some:
            link = links.get(each.id)
            if link is None:
                continue
            day = link.copied_at.date()
            if (since is None or day >= since) and (until is None or day <= until):
                yield each, link
