"""Requests that were recorded in the outbox and never answered: what became of them, before anything new begins.

An entry without an answer is unknown. What QuickBooks has tells whether it was done; what was not done is sent again
under the same requestid.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from onedesk_quickbooks.plugin.ledger import OutboxEntry
from onedesk_quickbooks.plugin.model.money import decimal_from_text
from onedesk_quickbooks.plugin.planning import marker
from onedesk_quickbooks.plugin.qbo import (
    AnswerUnknown,
    Refused,
    as_created,
    id_of,
    marked,
    read_invoice,
    was_sent,
    was_updated,
    where_created,
)
from onedesk_quickbooks.plugin.sync.outbound.outbox import Dispatcher, Done
from onedesk_quickbooks.plugin.sync.services import Services

_log = logging.getLogger("onedesk_quickbooks.sync")


class Recovery:
    """The unanswered outbox entries of one company."""

    def __init__(self, services: Services, realm_id: str) -> None:
        self._services = services
        self._realm_id = realm_id
        self._dispatcher = Dispatcher(services, realm_id)
        self._quickbooks = services.quickbooks(realm_id)

    def run(self) -> None:
        """Find out what became of every entry without an answer. Raises `AnswerUnknown` and the like when QuickBooks
        still does not say: nothing new may begin then."""
        waiting = self._services.ledger.outbox.unknown(self._realm_id)
        for _, group in groupby(waiting, key=lambda entry: entry.batch or entry.requestid):
            self._group(list(group))

    def _group(self, entries: list[OutboxEntry]) -> None:
        found = [Done(entry, self._read(entry)) for entry in entries]
        known = [each for each in found if each.answer is not None]
        _log.info("%d of %d unanswered requests found done", len(known), len(entries))
        left = [each.entry for each in found if each.answer is None]
        unknown: list[AnswerUnknown] = []
        whole = not entries[0].batch or len(self._services.ledger.outbox.of_batch(entries[0].batch)) == len(entries)
        if left and whole:
            # The very same request again, under the same requestid. A batch of which a part is there already may still
            # be under way, or that part is somebody else's: the rest keeps its requestid all the same.
            unknown = [each.problem for each in self._dispatcher.send(left) if isinstance(each.problem, AnswerUnknown)]
        elif left:  # its batch was answered, and this failed there: it was not done, and is planned anew
            problem = Refused.unseen("the rest of its batch was done, this was not")
            self._dispatcher.close([Done(entry, None, problem) for entry in left])
        self._dispatcher.close(known)
        if unknown:
            raise unknown[0]

    def _read(self, entry: OutboxEntry) -> Mapping[str, Any] | None:
        """What QuickBooks has of this entry, None where it has nothing (yet)."""
        if entry.operation == "send":
            return self._sent(entry)
        if entry.operation == "update":
            return self._updated(entry)
        rows = self._quickbooks.query_all(entry.entity, where_created(entry.entity, entry.body))
        if entry.entity != "Invoice":
            return rows[0] if rows else None
        found = marked(rows, marker(entry.od_invoice_id))
        return as_created(found, entry.body, decimal_from_text(entry.context["total"])) if found else None

    def _sent(self, entry: OutboxEntry) -> Mapping[str, Any] | None:
        raw = self._quickbooks.read("Invoice", id_of(entry.body))
        if raw is None:
            return None
        return raw if was_sent(read_invoice(raw), entry.context.get("delivered_at", "")) else None

    def _updated(self, entry: OutboxEntry) -> Mapping[str, Any] | None:
        raw = self._quickbooks.read(entry.entity, id_of(entry.body))
        return raw if raw is not None and was_updated(entry.entity, raw, entry.body) else None
