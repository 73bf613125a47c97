"""Which of many changed invoices to read: on a billing day nearly all are as we wrote them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from onedesk_quickbooks.plugin.ledger import Ledger
from onedesk_quickbooks.plugin.qbo import is_form, is_unpaid_answer, kind_of

_AT_ONCE = 100
"""How many invoices are compared in one query: each with QuickBooks' whole answer."""


class Prefilter:
    """For `QuickBooks.changes`: returns the ids to read whole."""

    def __init__(self, ledger: Ledger, realm_id: str) -> None:
        self._ledger = ledger
        self._realm_id = realm_id

    def __call__(self, entity: str, tokens: Mapping[str, str]) -> Iterable[str]:
        """For rows {Id: SyncToken}: leaves out invoices that are not ours, and ours whose SyncToken is the one that
        QuickBooks answered to our last write, if nothing was paid, something is still open, and neither a payment nor a
        change is detected."""
        if not is_form(entity):
            return list(tokens)
        ids = list(tokens)
        slices = (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
        return [
            qbo_id for some in slices for qbo_id in self._unlike_ours(entity, {each: tokens[each] for each in some})
        ]

    def _unlike_ours(self, entity: str, tokens: Mapping[str, str]) -> list[str]:
        links = self._ledger.links.by_qbo_ids(self._realm_id, list(tokens), kind_of(entity))
        od_ids = [link.od_invoice_id for link in links.values()]
        wrote = self._ledger.outbox.answers(self._realm_id, od_ids)
        detected = set(self._ledger.conflicts.latest(self._realm_id, od_ids))
        detected |= {od_id for od_id, _ in self._ledger.payments.counted(self._realm_id, od_ids)}
        return [
            qbo_id
            for qbo_id, link in links.items()
            if link.od_invoice_id in detected or not is_unpaid_answer(wrote.get(link.od_invoice_id), tokens[qbo_id])
        ]
