"""What `reconcile` is given by the embedded host, and how it is shown: text, CSV, a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.host import EmbeddedHost
    from onedesk_quickbooks.plugin.planning.reconcile import Listed

_PAGE = 500


def listed(host: EmbeddedHost | None) -> Iterator[Listed] | None:
    """All invoices of the embedded host; None of another host, which lists none."""
    return None if host is None else _each(host)


def _each(host: EmbeddedHost) -> Iterator[Listed]:
    from onedesk_quickbooks.plugin.planning.reconcile import Listed, Settled

    for start in range(0, host.count(), _PAGE):
        for invoice in host.invoices(offset=start, limit=_PAGE):
            stand = (each for each in invoice.payments if not each.reversed)
            settled = tuple(Settled(each.id, each.reference, each.kind, each.amount.amount) for each in stand)
            yield Listed(invoice.json, invoice.balance, settled)
