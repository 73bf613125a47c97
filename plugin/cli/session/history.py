"""What the ledger has seen: the invoices that were asked for, and the trails of what was decided."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.cli.session import Session
    from onedesk_quickbooks.plugin.model.host import InvoiceJson


def seen(session: Session, since: date | None = None, until: date | None = None) -> Iterator[InvoiceJson]:
    """Every invoice that the connected company was to get, copied or held, as it stood when it was last asked for on
    the days (UTC) from `since` to `until`, both included. The host need not have it any more."""
    connected = session.application.connected
    if connected is None:
        return
    first = _midnight(since) if since else None
    last = _midnight(until) + timedelta(days=1) if until else None
    for work in session.application.ledger.queue.seen(connected.realm_id, first, last):
        yield work.invoice


def trails(session: Session) -> Iterator[Any]:
    """The explanations that are kept with invoices that were copied, or are skipped."""
    connected = session.application.connected
    if connected is not None:
        ledger = session.application.ledger
        yield from (link.trail for link in ledger.links.every(connected.realm_id))
        for work in ledger.queue.each(connected.realm_id, ("skipped",)):
            yield (work.outcome or {}).get("trail", ())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.utc)
