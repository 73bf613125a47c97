"""Customers of ours that were merged or made inactive in QuickBooks: the next invoice must not create a second one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from onedesk_quickbooks.plugin.ledger import CUSTOMER, Change, Conflict, Work
from onedesk_quickbooks.plugin.model.books import BooksCustomer
from onedesk_quickbooks.plugin.qbo import Changes, by_id, read_customer, token_of
from onedesk_quickbooks.plugin.sync.merges import Merges
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import Text, joined


class CustomerWatch:
    """Checks the changed customers of one company. `settled` are the entries that no longer need a person."""

    def __init__(self, services: Services, realm_id: str) -> None:
        self._services = services
        self._realm_id = realm_id
        self._changes: list[Change] = []
        self.settled: list[Work] = []

    def look(self, changes: Changes) -> None:
        """Update links to merged customers at once; note inactive ones. Raises `QuickBooksProblem`."""
        seen = {each.id: each for each in map(read_customer, changes.entities.get("Customer", ()))}
        inactive = {qbo_id for qbo_id, customer in seen.items() if not customer.active}
        gone = inactive | set(changes.deleted.get("Customer", ()))
        merges = Merges(self._services, self._realm_id)
        survivors = merges.survivors(gone) if gone else {}
        merges.follow(survivors)
        out = inactive - set(survivors)
        tokens = {qbo_id: token_of(raw) for qbo_id, raw in by_id(changes.entities.get("Customer", ())).items()}
        linked = self._services.ledger.links.linked_customers(self._realm_id, out) if out else {}
        for qbo_id, od_customer_ids in linked.items():
            self._note(seen[qbo_id], tokens[qbo_id], sorted(od_customer_ids))
        self.settled = [
            work
            for work in self._services.ledger.conflicts.waiting(self._realm_id, CUSTOMER)
            if work.conflict.qbo_customer_id in (set(seen) | gone) - out
        ]

    def _note(self, customer: BooksCustomer, token: str, od_customer_ids: Sequence[str]) -> None:
        """The entry is that of the invoice that was copied last for the customer."""
        conflicts, outbox = self._services.ledger.conflicts, self._services.ledger.outbox
        od_ids = [each for one in od_customer_ids for each in outbox.invoices_of_customer(self._realm_id, one)][:1]
        conflict = Conflict("inactive", qbo_customer_id=customer.id, sync_token=token)
        for od_id in od_ids:
            before = conflicts.latest(self._realm_id, [od_id], CUSTOMER).get(od_id)
            if before is not None and before.conflict == conflict:
                continue  # look-ups overlap
            work = self._services.ledger.queue.latest(od_id)
            invoice: Mapping[str, Any] = work.invoice if work else {"id": od_id}
            reason = inactive_sentence(customer.name, (invoice.get("customer") or {}).get("name", ""))
            number = str(invoice.get("number") or "")
            self._changes.append(Change(od_id, number, CUSTOMER, "held", reason, invoice, conflict))

    def record(self, connection: Connection) -> None:
        """Write the results; in the caller's transaction."""
        self._services.ledger.conflicts.put(connection, self._realm_id, self._changes)
        for work in self.settled:
            reason = joined(" ", (work.reason, Text("It is in use again, or was merged.")))
            self._services.ledger.conflicts.settle(connection, work.id, reason)


def inactive_sentence(name: str, od_name: str) -> str:
    """The problem of an inactive customer, and the remedies."""
    whose = Text(', the customer of "{od_name}",', od_name=od_name) if od_name else ""
    return Text(
        'The QuickBooks customer "{name}"{whose} was made inactive in QuickBooks; invoices for it are '
        "held. Make it active again there, or merge it with the customer that is to be billed.",
        name=name,
        whose=whose,
    )
