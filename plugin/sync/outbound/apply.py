"""Carries out plans in QuickBooks: customers and items first, then the invoices, then the e-mails. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection

from onedesk_quickbooks.plugin.ledger import FOUND, UNDO, Connected, InvoiceLink, Request
from onedesk_quickbooks.plugin.model.again import COPY_AGAIN
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO, INVOICE
from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text, plain
from onedesk_quickbooks.plugin.model.name_keys import name_key
from onedesk_quickbooks.plugin.model.plan import EnsureCustomer, EnsureItem, SendInvoice, Withdrawal
from onedesk_quickbooks.plugin.planning import (
    APPLIED,
    NAMES,
    OF_WRITING,
    applied_as,
    customer_key,
    marker,
    project_key,
    settled,
    verdict,
)
from onedesk_quickbooks.plugin.qbo import (
    DEPOSIT,
    FORMS,
    PAYMENT,
    AnswerUnknown,
    QuickBooksProblem,
    Refused,
    Throttled,
    applying_body,
    customer_body,
    customer_update_body,
    emailed_at,
    invoice_body,
    invoice_update,
    is_deleted,
    item_body,
    read_customer,
    read_deposit,
    read_item,
    send_body,
    token_of,
    undo_body,
)
from onedesk_quickbooks.plugin.sync.balances import after_edit, left_on
from onedesk_quickbooks.plugin.sync.outbound import stages
from onedesk_quickbooks.plugin.sync.outbound.cache import Cache
from onedesk_quickbooks.plugin.sync.outbound.coming import former_number, label
from onedesk_quickbooks.plugin.sync.outbound.known import Known
from onedesk_quickbooks.plugin.sync.outbound.outbox import Dispatcher, Done, customer_links, linked
from onedesk_quickbooks.plugin.sync.outbound.stages import (
    Again,
    Applied,
    Ended,
    Overtaken,
    Planned,
    Waiting,
    Withdrawing,
)
from onedesk_quickbooks.plugin.sync.payload import digest
from onedesk_quickbooks.plugin.sync.reversals import of_deposits
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.sync.versions import accepted
from onedesk_quickbooks.plugin.texts import Text, text_in

_OUTDATED = frozenset({"610", "2500", "6140", "6200", "6210", "6240", "6250"})
"""Refusals that an outdated snapshot explains: a record is inactive, closed, or was created meanwhile."""

After = Applied | Ended | Waiting | Again | Overtaken


class Applier:
    """Carries out the plans of one chunk of invoices."""

    def __init__(
        self, services: Services, connected: Connected, dispatcher: Dispatcher, cache: Cache | None, made: Known
    ) -> None:
        """`cache` and `made` are updated with what is created here."""
        self._cache = cache
        self._made = made
        self._labels: dict[str, str] = {}
        self._services = services
        self._realm_id = connected.realm_id
        self._dispatcher = dispatcher
        self._quickbooks = services.quickbooks(connected.realm_id)
        self._customers: dict[str, str] = {}
        self._items: dict[str, str] = {}
        self._problems: dict[str, QuickBooksProblem | str] = {}
        self._spelt: dict[str, dict[str, None]] = {}

    def put(self, planned: Sequence[Planned]) -> Iterator[After]:
        """Write every planned invoice to QuickBooks, up to its e-mail. Problems of one invoice are kept with it; raises
        what concerns the whole company."""
        self._problems.clear()
        self._spelt.clear()
        self._prepare(planned)
        going = []
        for each in planned:
            blamed = self._depends(each)
            if blamed is None:
                going.append(each)
            else:
                yield blamed
        yield from self._invoices(going)

    # Customers and items

    def _prepare(self, planned: Sequence[Planned]) -> None:
        requests: dict[str, Request] = {}
        self._labels = {each.decided.invoice.id: label(each.decided.invoice) for each in planned}
        for each in planned:
            self._ensure(each, each.plan.customer.each[0], requests)
            for item in each.plan.items:
                self._item(each, item, requests)
        self._make(requests)
        below: dict[str, Request] = {}
        for each in planned:
            for customer in each.plan.customer.each[1:]:  # once QuickBooks has the parent customers
                self._ensure(each, customer, below)
        self._make(below)
        addresses: dict[str, Request] = {}
        for each in planned:
            self._address(each, addresses)
        if addresses:
            self._keep(self._dispatcher.dispatch(list(addresses.values())))

    def _make(self, requests: Mapping[str, Request]) -> None:
        if requests:
            self._keep(self._dispatcher.dispatch(list(requests.values())))
        for first, *others in self._spelt.values():
            for step in others:
                self._share(first, step)

    def _ensure(self, planned: Planned, customer: EnsureCustomer, requests: dict[str, Request]) -> None:
        if customer.existing and not customer.existing.coming:
            self._customers[customer.name.casefold()] = customer.existing.id
            return
        above = self._customers.get(customer.parent.name.casefold(), "") if customer.parent else ""
        if customer.draft and (above or not customer.parent):
            step = f"customer {customer.name}"
            body = customer_body(customer.draft, above)
            context = {"currency": customer.draft.currency}
            request = self._makes(planned, step, "create", "Customer", body, context)
            requests.setdefault(self._spelling(step), request)

    def _spelling(self, step: str) -> str:
        """The step that makes this record: one request for all spellings of a name that QuickBooks treats as equal."""
        spelt = self._spelt.setdefault(name_key(step), {})
        spelt[step.casefold()] = None
        return next(iter(spelt))

    def _share(self, first: str, step: str) -> None:
        """The result of the request for the first spelling, for this one."""
        if first in self._problems:
            self._problems[step] = self._problems[first]
        kind, _, name = step.partition(" ")
        ids = self._customers if kind == "customer" else self._items
        made = ids.get(first.partition(" ")[2])
        if made is not None:
            ids.setdefault(name, made)

    def _address(self, planned: Planned, requests: dict[str, Request]) -> None:
        """Update the address and numbers of the customer record from the host, where the plan says so and they
        differ."""
        for each in planned.plan.customer.each:
            step, qbo_id = f"{_changed(each)} {each.name}", self._customers.get(each.name.casefold())
            if not each.changes or qbo_id is None or step.casefold() in requests:
                continue
            raw = self._services.quickbooks(self._realm_id).read("Customer", qbo_id)
            body = customer_update_body(raw, each.address, each.phone, each.tax_id) if raw is not None else {}
            if body:
                requests[step.casefold()] = self._makes(planned, step, "update", "Customer", body)

    def _item(self, planned: Planned, item: EnsureItem, requests: dict[str, Request]) -> None:
        step = f"item {item.name}"
        if item.existing is not None:
            return
        if item.draft is not None:
            body = item_body(item.draft)
            request = self._makes(planned, step, "create", "Item", body)
            requests.setdefault(self._spelling(step), request)
        else:
            raise ValueError(f"the plan has neither an item nor a draft for {item.name}")

    def _keep(self, done: Iterable[Done]) -> None:
        for each in done:
            step = each.entry.step.casefold()
            kind, _, name = step.partition(" ")
            if each.answer is None:
                self._problems[step] = each.problem or Text("it was not done")
            elif kind == "customer":
                self._customer(each, name)
            elif kind in ("address", "contact"):
                if self._cache:
                    self._cache.learn_customer(read_customer(each.answer))
            else:
                made = read_item(each.answer)
                self._items[name] = made.id
                self._made.learn_item(replace(made, made_with=self._label(each)))
                if self._cache:
                    self._cache.learn_item(made)

    def _customer(self, done: Done, name: str) -> None:
        made = read_customer(done.answer or {})
        self._customers[name] = made.id
        self._made.learn_customer(replace(made, made_with=self._label(done)))
        if self._cache:
            self._cache.learn_customer(made)
        wanted = done.entry.context.get("currency")
        if wanted and made.currency != wanted:
            # An API that took the customer but not the currency has been seen (qbo-api.md 2.2): report it, and do not
            # invoice.
            self._problems[done.entry.step.casefold()] = Text(
                'QuickBooks made the customer "{name}" in {currency}, not in {wanted}; correct the customer '
                "there, then {again}.",
                again=COPY_AGAIN,
                name=made.name,
                currency=made.currency,
                wanted=wanted,
            )

    def _label(self, done: Done) -> str:
        return self._labels.get(done.entry.od_invoice_id, "")

    def _depends(self, planned: Planned) -> Ended | Waiting | Again | None:
        """The problem of its customer or an item that holds the invoice."""
        if not self._problems:
            return None
        plan = planned.plan
        names = [each.name for each in plan.customer.each]
        steps = {
            **{f"customer {each}": Text('The customer "{name}" could not be made: ', name=each) for each in names},
            **{
                f"address {each}": Text('The address of the customer "{name}" could not be changed: ', name=each)
                for each in names
            },
            **{
                f"contact {each}": Text('The numbers of the customer "{name}" could not be changed: ', name=each)
                for each in names
            },
            **{
                f"item {item.name}": Text('The product/service "{name}" could not be made: ', name=item.name)
                for item in plan.items
                if item.existing is None or item.existing.coming
            },
        }
        for step, before in steps.items():
            problem = self._problems.get(step.casefold())
            if problem is not None:
                return self._blame(planned, problem, before)
        return None

    def _blame(
        self, planned: Planned | Withdrawing, problem: QuickBooksProblem | str, before: str = ""
    ) -> Ended | Waiting | Again:
        if isinstance(problem, (Throttled, AnswerUnknown)):
            return Waiting(planned.work, problem)
        if not isinstance(problem, Refused):
            return stages.refused(planned, before + text_in(problem))
        ended = stages.refused(planned, before + problem.sentence, stops=problem if problem.do == "stop" else None)
        outdated = problem.stale or (self._cache is not None and _OUTDATED & problem.codes)
        return Again(planned, ended) if outdated else ended

    # Invoices

    def _invoices(self, planned: Sequence[Planned]) -> Iterator[After]:
        requests: list[tuple[Planned, Request]] = []
        for each in planned:
            request = self._invoice(each)
            if request is not None:
                requests.append((each, request))
            else:
                yield self._left(each)
        done = {one.entry.work_id: one for one in self._dispatcher.dispatch([request for _, request in requests])}
        for each, _ in requests:
            yield self._took(each, done[each.work.id]) if each.work.id in done else Overtaken(each)

    def _invoice(self, planned: Planned) -> Request | None:
        """The request that writes the invoice; None where nothing is written."""
        plan = planned.plan
        if plan.put.action == "unchanged":
            return None
        # In another invoice the same name may be another item: one that was renamed since it was written.
        items = dict(self._items)
        for item in plan.items:
            if item.existing and not item.existing.coming:
                items[item.name.casefold()] = item.existing.id
        body = invoice_body(plan.put.draft, self._customers[plan.customer.name.casefold()], items)
        if plan.put.qbo_id is None:
            return self._writes(planned, "create", body)
        current = planned.before.now if planned.before else None
        update = invoice_update(body, plan.put.qbo_id, plan.put.sync_token, current=current)
        return self._writes(planned, "update", update)

    def _writes(self, planned: Planned, operation: str, body: dict[str, Any]) -> Request:
        """The request with its outbox columns."""
        entity = FORMS[planned.plan.put.kind]
        context = {**_context(planned), **self._below(planned)}
        request = self._request(planned, "invoice", operation, entity, body, context)
        deposit = plain(read_deposit(body)) if DEPOSIT in body else ""
        return replace(request, od_customer_id=planned.decided.invoice.customer.id, deposit=deposit)

    def _below(self, planned: Planned) -> dict[str, Any]:
        """What the links will record of a partner and of a project."""
        parent, invoice = planned.plan.customer.parent, planned.decided.invoice
        choice = planned.plan.decisions.customer
        billed = {"billed": customer_key(invoice, choice)} if choice.partner else {}
        if parent is None:
            return billed
        below = {"parent": self._customers[parent.name.casefold()], "project": project_key(invoice, choice)}
        return {**billed, "below": below}

    def _left(self, planned: Planned) -> Applied:
        """The result for an invoice that stays as QuickBooks has it."""
        now = planned.before.now if planned.before else None
        if now is None:
            raise ValueError("an invoice that is left as it is was seen")
        if planned.before is not None and planned.before.found:
            self._relink(planned, now)
        elif planned.plan.put.accept or planned.plan.mailed:
            links, od_id = self._services.ledger.links, planned.work.od_invoice_id
            link = links.invoice(self._realm_id, od_id) if planned.plan.put.same else None
            with self._services.ledger.together() as connection:
                if planned.plan.put.accept:
                    taken = {**accepted(now), **(_written(planned) if planned.plan.put.same else {})}
                    links.accept(connection, self._realm_id, od_id, taken)
                if planned.plan.put.same:
                    self._agree(connection, planned, now)
                if link is not None and decimal_from_text(link.total) != planned.plan.total.amount:
                    self._tell_balance(connection, planned, link, now)
                if planned.plan.mailed:
                    links.mailed(connection, self._realm_id, od_id, emailed_at(now) or self._services.now())
        return Applied(planned, now, planned.plan.notes)

    def _relink(self, planned: Planned, now: BooksInvoice) -> None:
        """Link an earlier copy that the ledger does not know, as if it had been written as QuickBooks has it."""
        invoice, ledger = planned.decided.invoice, self._services.ledger
        context = {**_context(planned), **self._below(planned)}
        entity = FORMS[now.kind]
        raw = self._quickbooks.read(entity, now.id)
        found = Request(
            self._realm_id, 0, invoice.id, "invoice", FOUND, entity, {}, context, od_customer_id=invoice.customer.id
        )
        link = linked(self._realm_id, invoice.id, context, now, self._services.now())
        customers = customer_links(invoice.customer.id, context, now.customer_id)
        with ledger.together() as connection:
            ledger.links.put_invoices(connection, [link])
            ledger.links.put_customers(connection, self._realm_id, customers)
            if raw is not None and token_of(raw) == now.sync_token:
                ledger.outbox.adopted(connection, [(found, raw)])

    def _agree(self, connection: Connection, planned: Planned, now: BooksInvoice) -> None:
        """Record that a deposit that both sides have was written by us; where it was reported as a payment, that is
        reversed."""
        if planned.plan.put.draft.deposit is None:
            return
        od_id, ledger, currency = planned.work.od_invoice_id, self._services.ledger, planned.plan.total.currency
        ledger.outbox.agree_deposit(connection, self._realm_id, od_id, plain(now.deposit))
        rows = ledger.payments.of_invoice(self._realm_id, od_id)
        deposit, left = Money(now.deposit, currency), Money(now.balance, currency)
        ledger.payments.put(connection, of_deposits(rows, deposit, left))

    def _tell_balance(self, connection: Connection, planned: Planned, link: InvoiceLink, now: BooksInvoice) -> None:
        """Report the balance: the host has changed what is left by the edit that QuickBooks had already."""
        left = left_on(link, now, -1 if planned.decided.invoice.negated else 1)
        self._services.ledger.payments.put(connection, after_edit(self._services, link, left))

    def _took(self, planned: Planned, done: Done) -> After:
        """The result of the answer. The total is compared with the planned one before any e-mail."""
        if done.answer is None:
            return self._blame(planned, done.problem or Text("it was not done"), _paid(planned))
        plan, qbo = planned.plan, done.invoice
        if self._cache:
            self._cache.learn_number(qbo.number)
        found = verdict(plan.total, plan.totals, plan.compare, qbo, plan.decisions.when_total_differs)
        if found.held is not None:
            return stages.refused(planned, found.held.sentence, qbo, code=found.held.code)
        return Applied(planned, qbo, (*plan.notes, *([found.note] if found.note else [])))

    # Withdrawn in the host

    def withdraw(self, withdrawing: Sequence[Withdrawing]) -> Iterator[Ended | Waiting | Again]:
        """Void or delete QuickBooks' invoices, where something is left to do. Raises what concerns the whole
        company."""
        requests = [self._undoes(each) for each in withdrawing if each.plan.action]
        done = iter(self._dispatcher.dispatch(requests))
        for each in withdrawing:
            one = next(done) if each.plan.action else None
            if one is None or one.answer is not None:
                yield stages.withdrawn(each, self._left_of(each, one))
                continue
            problem = one.problem or Text("it was not done")
            ended = self._blame(each, problem, _refuses(each.plan))
            gone = isinstance(problem, Refused) and "610" in problem.codes
            yield Again(each, ended) if gone and isinstance(ended, Ended) else ended

    def _undoes(self, withdrawing: Withdrawing) -> Request:
        plan, work = withdrawing.plan, withdrawing.work
        body = undo_body(plan.qbo.id if plan.qbo else "", plan.sync_token)
        context: dict[str, Any] = {"od_number": plan.invoice_number}
        context |= {"undo": work.conflict.about} if work.action == UNDO else {}
        if withdrawing.before is not None and withdrawing.before.now is not None:
            now = withdrawing.before.now  # a void leaves them unchanged
            context |= {"qbo_number": now.number, "qbo_customer_id": now.customer_id}
        entity = FORMS[plan.kind]
        return Request(self._realm_id, work.id, work.od_invoice_id, "undo", plan.action, entity, body, context)

    @staticmethod
    def _left_of(withdrawing: Withdrawing, done: Done | None) -> BooksInvoice | None:
        """QuickBooks' invoice after the void or deletion."""
        if done is None:
            return withdrawing.before.now if withdrawing.before else None
        return None if is_deleted(done.answer or {}) else done.invoice

    # Credit memos

    def credit(self, applied: Applied) -> Applied | Ended | Waiting:
        """Apply a credit memo to the invoice that it credits, where the plan says so: at most the open balance of both
        now, since others may have used it meanwhile (QuickBooks applies credits automatically, depending on its
        preferences)."""
        step, planned = applied.planned.plan.apply, applied.planned
        if step is None:
            return applied
        link = self._services.ledger.links.invoice(self._realm_id, step.od_invoice_id)
        looked = self._quickbooks.look_up(invoice_ids=[link.qbo_id] if link else [], credit_memo_ids=[applied.qbo.id])
        there = {(each.kind, each.id): each for each in looked.invoices}
        memo, target = there.get((CREDIT_MEMO, applied.qbo.id)), there.get((INVOICE, link.qbo_id if link else ""))
        if memo is None or target is None or target.voided:
            sentence = Text("Copied, not applied: QuickBooks does not have the invoice {name}.", name=step.invoice.name)
            return stages.refused(planned, sentence, applied.qbo, code="credits-missing")
        amount = min(memo.balance, target.balance)
        if amount > 0:
            done = self._dispatcher.dispatch([self._applies(planned, memo, target, amount)])[0]
            if done.answer is None:
                return self._not_applied(applied, done.problem or Text("it was not done"))
        left, open_ = target.balance - amount, memo.balance - amount
        note = applied_as(step, amount, left, open_, planned.plan.total.currency)
        notes = applied.notes
        if step.amount is not None and (step.amount.amount, step.left and step.left.amount) != (amount, left):
            notes = tuple(note if each.code == APPLIED else each for each in notes)
        return Applied(planned, replace(memo, balance=open_), notes)

    def _applies(self, planned: Planned, memo: BooksInvoice, target: BooksInvoice, amount: Decimal) -> Request:
        days = [each.issue_date for each in (memo, target) if each.issue_date]
        currency = planned.plan.put.draft.currency
        note = marker(planned.work.od_invoice_id)
        body = applying_body(target, memo, amount, max(days), note, currency)
        context = {"od_number": planned.plan.invoice_number, "credits": target.number or target.id, "to": target.id}
        return self._request(planned, "apply", "create", PAYMENT, body, context)

    def _not_applied(self, applied: Applied, problem: QuickBooksProblem | str) -> Ended | Waiting:
        if isinstance(problem, (Throttled, AnswerUnknown)):
            return Waiting(applied.planned.work, problem)
        text = problem.sentence if isinstance(problem, Refused) else text_in(problem)
        stops = problem if isinstance(problem, Refused) and problem.do == "stop" else None
        return stages.refused(applied.planned, Text("Copied, not applied: {text}", text=text), applied.qbo, stops)

    # E-mails

    def send(self, applied: Applied) -> Ended | Waiting:
        """Have QuickBooks e-mail the invoice where the plan says so; returns the outcome."""
        planned, qbo = applied.planned, applied.qbo
        send = planned.plan.send
        if send is None or send.done:
            return stages.done(applied)
        body = send_body(qbo.id, send.to)
        of = digest(planned.decided.invoice)
        context = {"delivered_at": qbo.delivered_at, "email": qbo.email, "invoice": of, **_again(send)}
        entity = FORMS[planned.plan.put.kind]
        answered = self._dispatcher.dispatch([self._request(planned, "send", "send", entity, body, context)])
        if not answered:
            return stages.not_sent(applied)
        done = answered[0]
        if done.answer is not None:
            return stages.done(Applied(planned, done.invoice, applied.notes))
        problem = done.problem or Text("it was not done")
        if isinstance(problem, (Throttled, AnswerUnknown)):
            return Waiting(planned.work, problem)
        text = problem.sentence if isinstance(problem, Refused) else text_in(problem)
        stops = problem if isinstance(problem, Refused) and problem.do == "stop" else None
        return stages.refused(planned, Text("Copied, not e-mailed: {text}", text=text), qbo, stops)

    def _makes(
        self,
        planned: Planned,
        step: str,
        operation: str,
        entity: str,
        body: dict[str, Any],
        context: Mapping[str, Any] = MappingProxyType({}),
    ) -> Request:
        """The sentence for a new customer or item, with the number of the invoice that needs it first."""
        number = {"od_number": planned.plan.invoice_number}
        return self._request(planned, step, operation, entity, body, {**context, **number})

    def _request(
        self, planned: Planned, step: str, operation: str, entity: str, body: dict[str, Any], context: dict[str, Any]
    ) -> Request:
        work = planned.work
        return Request(self._realm_id, work.id, work.od_invoice_id, step, operation, entity, body, context)


def _again(send: SendInvoice) -> dict[str, Any]:
    return {"again": True} if send.again else {}


def _written(planned: Planned) -> dict[str, str]:
    """The link's columns where QuickBooks already has exactly what would be written."""
    plan = planned.plan
    return {"content_hash": plan.put.content_hash, "total": plain(plan.total.amount)}


def _refuses(plan: Withdrawal) -> Text:
    if plan.action == "void":
        return Text("QuickBooks refuses to void the {kind}: ", kind=NAMES[plan.kind])
    return Text("QuickBooks refuses to delete the {kind}: ", kind=NAMES[plan.kind])


def _paid(planned: Planned) -> str:
    """The beginning of the sentence for a refused change of an invoice that is partly paid, "" for another."""
    before = planned.before
    if before is None or before.now is None or before.now.balance == before.now.total:
        return ""
    held = settled(before, before.now)
    return Text("QuickBooks refuses to change the invoice, which has {settled}: ", settled=held)


def _context(planned: Planned) -> dict[str, Any]:
    """What the link will record, kept with the outbox entry: a crash after the answer loses nothing."""
    plan = planned.plan
    applies = {"applies": plan.apply.od_invoice_id} if plan.apply else {}
    now = planned.before.now if planned.before else None
    mailed = {"mailed": now.delivered_at} if plan.mailed and now else {}
    number = former_number(plan, planned.before) if plan.put.action == "update" else ""
    former = {"former": number} if number else {}
    return {
        **applies,
        **mailed,
        **former,  # a copy that is held for this number follows
        "od_number": plan.invoice_number,
        "content_hash": plan.put.content_hash,
        "currency": plan.total.currency,
        "total": plain(plan.total.amount),
        "qbo_total": "" if plan.totals.total is None else plain(plan.totals.total),
        "rules_hash": plan.decisions.rules_hash,
        "trail": planned.decided.trail(),
        "items": [line.item_name for line in plan.put.draft.lines if not line.is_text],
        "undone": [each.sentence for each in plan.notes if each.code in OF_WRITING],
    }


def _changed(customer: EnsureCustomer) -> str:
    """Which fields of an existing customer are changed, as the name of the step."""
    return "address" if customer.address else "contact"
