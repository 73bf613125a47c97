"""The plan of a whole run: what is named in a command, what is queued already, and what the run queues again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice

from onedesk_quickbooks.plugin.app.withdrawals import WITHDRAWALS
from onedesk_quickbooks.plugin.ledger import Connected, Work
from onedesk_quickbooks.plugin.model.host import HostPaymentJson, InvoiceJson
from onedesk_quickbooks.plugin.model.kinds import LINKED
from onedesk_quickbooks.plugin.model.name_keys import number_key
from onedesk_quickbooks.plugin.model.payment_plan import AnyWorkPlan
from onedesk_quickbooks.plugin.model.plan import Held, Plan
from onedesk_quickbooks.plugin.planning import NUMBER_TAKEN
from onedesk_quickbooks.plugin.sync.followers import followers, waiting_for
from onedesk_quickbooks.plugin.sync.outbound.coming import Coming
from onedesk_quickbooks.plugin.sync.outbound.company_queue import CHUNK
from onedesk_quickbooks.plugin.sync.outbound.foresight import Foresight, Wish
from onedesk_quickbooks.plugin.sync.payload import payment_entry
from onedesk_quickbooks.plugin.sync.services import Services


class RunPlan:
    """One run of a company, planned a chunk at a time."""

    def __init__(self, services: Services, connected: Connected) -> None:
        self._services = services
        self._connected = connected
        self._realm_id = connected.realm_id
        self._coming = Coming()
        self._planned: set[str] = set()
        self._there: set[str] = set()
        self._names: set[str] = set()
        self._held: dict[str, Wish] = {}
        self._again: set[str] = set()

    def plans(
        self,
        invoices: Iterable[InvoiceJson],
        action: str,
        among: Callable[[Collection[str]], Iterable[InvoiceJson]],
        sends: Collection[str] = (),
    ) -> Iterator[tuple[AnyWorkPlan, bool]]:
        """See `AdminApi.plan_run`."""
        yield from self._chunks(self._asked(invoices, action, among, sends))
        while following := [*self._followers(), *self._of_freed_numbers()]:
            yield from ((plan, True) for plan, _ in self._chunks(iter(following)))

    def payments(
        self,
        payments: Iterable[HostPaymentJson],
        change: str,
        after: Callable[[Collection[str]], Mapping[str, InvoiceJson]],
    ) -> Iterator[tuple[AnyWorkPlan, bool]]:
        """See `AdminApi.plan_payments`."""
        unasked = self._services.ledger.queue.unasked
        rows = [unasked(self._realm_id, *payment_entry(each, change)) for each in payments]
        given = {each.od_invoice_id: each for each in rows}
        self._coming.recorded = rows
        for plan, _ in self._chunks(self._with_payments(dict(given), after)):
            yield plan, plan.invoice_id not in given
        while following := self._followers():
            yield from ((plan, True) for plan, _ in self._chunks(iter(following)))

    def _with_payments(
        self,
        given: dict[str, Work],
        after: Callable[[Collection[str]], Mapping[str, InvoiceJson]],
    ) -> Iterator[Wish]:
        """What waits, in the order of the queue, with the given payments in place of those that wait; then the others
        of these."""
        self._services.ledger.queue.begin_due(self._realm_id)
        each = self._services.ledger.queue_lists.each
        waiting = {row.od_invoice_id for row in each(self._realm_id, ("todo",)) if not row.run}
        others = after(waiting) if waiting else {}
        for row in each(self._realm_id, ("todo",)):
            if row.od_invoice_id in waiting:
                yield Wish(given.pop(row.od_invoice_id, row), others.get(row.od_invoice_id))
        yield from map(Wish, given.values())

    def _asked(
        self,
        invoices: Iterable[InvoiceJson],
        action: str,
        among: Callable[[Collection[str]], Iterable[InvoiceJson]],
        sends: Collection[str],
    ) -> Iterator[Wish]:
        queue, lists = self._services.ledger.queue, self._services.ledger.queue_lists
        queue.begin_due(self._realm_id)
        waiting = {work.od_invoice_id for work in lists.each(self._realm_id, ("todo",)) if not work.run}
        given = {each["id"]: each for each in (among(waiting) if waiting else ())}
        named: set[str] = set()
        for row in lists.each(self._realm_id, ("todo",)) if waiting else ():
            if row.od_invoice_id in given:
                named.add(row.od_invoice_id)
                source = given[row.od_invoice_id]
                yield Wish(_asked_again(row, action, source), source)
            elif row.od_invoice_id in waiting:
                yield Wish(row)
        for each in invoices:
            if each["id"] not in named:
                wanted = WITHDRAWALS.get(each["status"], "send" if each["id"] in sends else action)
                yield Wish(queue.unasked(self._realm_id, wanted, each), each)

    def _chunks(self, wishes: Iterator[Wish]) -> Iterator[tuple[AnyWorkPlan, bool]]:
        while some := list(islice(wishes, CHUNK)):
            plans = Foresight(self._services, self._connected).plan(some, self._coming)
            self._services.flush_calls(self._realm_id)
            for wish, found in zip(some, plans, strict=True):
                self._planned.add(wish.work.od_invoice_id)
                if found is not None:
                    self._learn(found, wish)
                    yield found, wish.invoice is None

    def _learn(self, plan: AnyWorkPlan, wish: Wish) -> None:
        if isinstance(plan, Held) and any(reason.code in NUMBER_TAKEN for reason in plan.reasons):
            self._held[plan.invoice_id] = wish
        if isinstance(plan, Plan) and plan.outcome in LINKED:
            self._names.update({plan.invoice_id, plan.invoice_number} - {""})
            self._there.add(plan.invoice_id)

    def _followers(self) -> list[Wish]:
        """What the run queues again because QuickBooks has what it waits for, and that is not planned yet."""
        found = followers(self._services.ledger, self._realm_id, self._names, self._there)
        return [_queued_again(each) for each in found if each.od_invoice_id not in self._planned]

    def _of_freed_numbers(self) -> list[Wish]:
        """The copies that are held, now or in this run, for a number which the run frees later; each once."""
        held = waiting_for(self._services.ledger, self._realm_id, self._coming.freed_numbers)
        found = [_queued_again(each) for each in held if each.od_invoice_id not in self._planned]
        free = (each for each in self._held.values() if number_key(each.work.od_number) in self._coming.freed_numbers)
        found += [each for each in free if each.work.od_invoice_id not in self._again]
        self._again.update(each.work.od_invoice_id for each in found)
        return found


def _queued_again(row: Work) -> Wish:
    return Wish(dataclasses.replace(row, state="todo", run=""))


def _asked_again(row: Work, action: str, named: InvoiceJson) -> Work:
    """The row as it will be once its invoice is queued again, or as the host has it void or deleted."""
    change = WITHDRAWALS.get(named["status"])
    return dataclasses.replace(row, action=change) if change else row.asked(action)
