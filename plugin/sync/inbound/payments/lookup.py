"""Looks for changes in QuickBooks: by change data capture, or by queries where that does not answer.

Change data capture covers 30 days, and is refused as a whole where QuickBooks cannot read one document among the
changes (4002; 5020, 500 and 10100 were seen); it may also fail while queries answer. Queries by
MetaData.LastUpdatedTime find changes but no deletions, so recorded payments are compared with the existing ones.
Deleted invoices are reported when change data capture answers again.
"""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from onedesk_quickbooks.plugin.ledger import Connected
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO, INVOICE
from onedesk_quickbooks.plugin.qbo import FORMS, AnswerUnknown, Changes, QuickBooksProblem, Refused, by_id, read_invoice
from onedesk_quickbooks.plugin.sync.inbound.prefilter import Prefilter
from onedesk_quickbooks.plugin.sync.services import Services

_log = logging.getLogger("onedesk_quickbooks.sync")

OVERLAP = timedelta(minutes=5)
"""Windows overlap: it is unknown whether changedSince is inclusive, and a write may appear late (qbo-api.md 3.8,
3.10)."""
LOOK_BACK = timedelta(days=29)
"""Change data capture covers 30 days."""
ENTITIES = ("Payment", "Invoice", "Customer")
CREDITS = FORMS[CREDIT_MEMO]


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look found. `since` is the start of its window; `refused`: queries replaced change data capture."""

    changes: Changes
    since: datetime
    refused: bool = False


class PaymentLookup:
    """Looks for changes in one company. Changes nothing in the ledger."""

    def __init__(self, services: Services, connected: Connected) -> None:
        self._services = services
        self._connected = connected
        self._realm_id = connected.realm_id
        self._quickbooks = services.quickbooks(connected.realm_id)
        self._prefilter = Prefilter(services.ledger, connected.realm_id)

    def look(self, now: datetime) -> Looked:
        """What changed since the last look. Raises `QuickBooksProblem`."""
        since = self._since()
        if not timedelta(0) <= now - since <= LOOK_BACK:
            now = self._quickbooks.clock()  # no look for a long time, or a wrong clock
            since = min(since, now)
        if now - since > LOOK_BACK:
            return self._with_relinked(Looked(self._by_queries(since, now, all_payments=True), since))
        try:
            changes = self._quickbooks.changes(self._entities(), since, self._prefilter)
            return self._with_relinked(Looked(changes, since))
        except (Refused, AnswerUnknown) as problem:
            if isinstance(problem, Refused) and problem.do == "stop":
                raise
            return self._with_relinked(self._instead(since, problem))

    def _entities(self) -> tuple[str, ...]:
        """The entities to look for: with credit memos where credit notes of the host became such."""
        memos = self._services.ledger.links.has_credit_memos(self._realm_id)
        return (*ENTITIES, CREDITS) if memos else ENTITIES

    def _with_relinked(self, looked: Looked) -> Looked:
        """With the payments of invoices that another ledger has copied, and that were linked since the last look: these
        may be older than the window."""
        last = self._services.ledger.payment_looks.get(self._realm_id)
        links = self._services.ledger.links.copied_since(self._realm_id, last.looked_at or self._connected.connected_at)
        made = self._services.ledger.outbox.made(self._realm_id, [link.od_invoice_id for link in links])
        ids = [link.qbo_id for link in links if link.od_invoice_id not in made and link.kind == INVOICE]
        if not ids:
            return looked
        found = dict(looked.changes.entities)
        invoices = {**by_id(self._quickbooks.there("Invoice", ids)), **by_id(found.get("Invoice", ()))}
        gone = set(looked.changes.deleted.get("Payment", ()))
        payment_ids = {each for raw in invoices.values() for each in read_invoice(raw).payment_ids} - gone
        payments = by_id(self._quickbooks.there("Payment", sorted(payment_ids))) if payment_ids else {}
        payments |= by_id(found.get("Payment", ()))
        found |= {"Invoice": [dict(raw) for raw in invoices.values()], "Payment": [dict(r) for r in payments.values()]}
        return dataclasses.replace(looked, changes=dataclasses.replace(looked.changes, entities=found))

    def _since(self) -> datetime:
        """The start of the window, by QuickBooks' clock, since the company was connected. Change data capture that
        answers again is asked for the whole time that queries have covered: it reports deletions."""
        last = self._services.ledger.payment_looks.get(self._realm_id)
        since = (last.read_until or self._connected.connected_at) - OVERLAP
        return min(since, last.queries_since) if last.queries_since else since

    def _instead(self, since: datetime, problem: QuickBooksProblem) -> Looked:
        last = self._services.ledger.payment_looks.get(self._realm_id)
        if last.queries_since is None:
            text = "changes in QuickBooks are looked for by queries, because change data capture does not answer: %s"
            _log.warning(text, problem.logged, extra={"realm": self._realm_id})
        newest = max(since, last.read_until - OVERLAP) if last.read_until else since
        return Looked(self._by_queries(newest, self._quickbooks.clock()), since, refused=True)

    def _by_queries(self, since: datetime, now: datetime, all_payments: bool = False) -> Changes:
        """The same result as change data capture, without deleted invoices. Deleting a payment changes the invoice that
        it paid: the payments recorded for changed invoices are compared with the existing ones."""
        entities = {name: self._quickbooks.changed(name, since, self._prefilter) for name in self._entities()}
        links = self._services.ledger.links
        ours = links.by_qbo_ids(self._realm_id, list(by_id(entities["Invoice"])))
        od_ids = None if all_payments else [link.od_invoice_id for link in ours.values()]
        counted = {payment_id for _, payment_id in self._services.ledger.payments.counted(self._realm_id, od_ids)}
        still = {payment.id for payment in self._quickbooks.payments(sorted(counted))} if counted else set()
        return Changes(entities, {"Payment": sorted(counted - still)}, now)
