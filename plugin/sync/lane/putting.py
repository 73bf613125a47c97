"""The steps of planned invoices in QuickBooks: customers and items first, then the invoices, then the e-mails."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from onedesk_quickbooks.plugin.ledger import Connected, Request
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.money import Money, plain
from onedesk_quickbooks.plugin.model.plan import EnsureItem, Plan, Reason
from onedesk_quickbooks.plugin.qbo import (
    AnswerUnknown,
    QuickBooksProblem,
    Refused,
    Throttled,
    customer_body,
    invoice_body,
    invoice_update,
    item_body,
    read_customer,
    read_invoice,
    read_item,
)
from onedesk_quickbooks.plugin.sync.changes.deciding import kept
from onedesk_quickbooks.plugin.sync.changes.versions import described, edited, versions
from onedesk_quickbooks.plugin.sync.lane.executing import Done, Executor
from onedesk_quickbooks.plugin.sync.lane.job import Job
from onedesk_quickbooks.plugin.sync.lane.snapshot import Snapshot
from onedesk_quickbooks.plugin.sync.office import Office


class Putter:
    """Carries out the plans of one chunk of jobs."""

    def __init__(
        self, office: Office, connected: Connected, executor: Executor, snapshot: Snapshot | None = None
    ) -> None:
        """`snapshot` learns what is made here."""
        self._snapshot = snapshot
        self._office = office
        self._connected = connected
        self._realm_id = connected.realm_id
        self._quickbooks = office.quickbooks(connected.realm_id)
        self._executor = executor
        self._customers: dict[str, str] = {}
        self._items: dict[str, str] = {}
        self._problems: dict[str, QuickBooksProblem | str] = {}

    def put(self, jobs: Sequence[Job]) -> None:
        """Bring every going job's invoice into QuickBooks. Problems of one invoice are its own; raises what concerns
        the company as a whole."""
        self._problems.clear()
        going = [job for job in jobs if job.going]
        self._prepare(going)
        for job in going:
            self._depends(job)
        self._invoices([job for job in going if job.going])

    # Customers and items

    def _prepare(self, jobs: Sequence[Job]) -> None:
        requests: dict[str, Request] = {}
        for job in jobs:
            plan = _plan(job)
            customer = plan.customer
            if customer.existing:
                self._customers[customer.name.casefold()] = customer.existing.id
            elif customer.draft:
                step = f"customer {customer.name}"
                body = customer_body(customer.draft)
                context = {"currency": customer.draft.currency}
                requests.setdefault(step.casefold(), self._request(job, step, "create", "Customer", body, context))
            for item in plan.items:
                self._item(job, item, requests)
        if requests:
            self._keep(self._executor.carry_out(list(requests.values())))

    def _item(self, job: Job, item: EnsureItem, requests: dict[str, Request]) -> None:
        step = f"item {item.name}"
        if item.draft is not None:
            body = item_body(item.draft)
            requests.setdefault(step.casefold(), self._request(job, step, "create", "Item", body, {}))
            return
        if item.existing is None:
            raise ValueError(f"the plan has neither an item nor a draft for {item.name}")
        self._items[item.name.casefold()] = item.existing.id

    def _keep(self, done: Iterable[Done]) -> None:
        for each in done:
            step = each.intent.step.casefold()
            kind, _, name = step.partition(" ")
            if each.answer is None:
                self._problems[step] = each.problem or "it was not done"
            elif kind == "customer":
                self._customer(each, name)
            else:
                self._items[name] = str(each.answer["Id"])
                if self._snapshot:
                    self._snapshot.learn_item(read_item(each.answer))

    def _customer(self, done: Done, name: str) -> None:
        made = read_customer(done.answer or {})
        self._customers[name] = made.id
        if self._snapshot:
            self._snapshot.learn_customer(made)
        wanted = done.intent.context.get("currency")
        if wanted and made.currency != wanted:
            # An API that took the customer but not the currency has been seen (qbo-api.md 2.2): say so, do not invoice.
            self._problems[done.intent.step.casefold()] = (
                f'QuickBooks made the customer "{made.name}" in {made.currency}, not in {wanted}; '
                f"correct the customer there, then copy again."
            )

    def _depends(self, job: Job) -> None:
        """What went wrong with its customer or an item holds the invoice."""
        plan = _plan(job)
        steps = [f"customer {plan.customer.name}", *(f"item {item.name}" for item in plan.items)]
        for step in steps:
            problem = self._problems.get(step.casefold())
            if problem is not None:
                kind, _, name = step.partition(" ")
                what = "customer" if kind == "customer" else "product/service"
                self._blame(job, problem, f'The {what} "{name}" could not be made: ')

    @staticmethod
    def _blame(job: Job, problem: QuickBooksProblem | str, before: str = "") -> None:
        if isinstance(problem, (Throttled, AnswerUnknown)):
            job.later = problem
        elif isinstance(problem, Refused):
            job.hold(f"quickbooks-{problem.code or 'refused'}", before + problem.sentence)
            job.stops = problem if problem.do == "stop" else job.stops
        else:
            job.hold("quickbooks-refused", before + str(problem))

    # Invoices

    def _invoices(self, jobs: Sequence[Job]) -> None:
        requests: list[tuple[Job, Request]] = []
        for job in jobs:
            request = self._invoice(job)
            if request is not None:
                requests.append((job, request))
        done = self._executor.carry_out([request for _, request in requests])
        again: list[tuple[Job, Request]] = []
        for (job, request), each in zip(requests, done, strict=True):
            if isinstance(each.problem, Refused) and each.problem.stale:
                fresh = self._fresh(job, request)
                again += [(job, fresh)] if fresh else []
            else:
                self._took(job, each)
        for (job, _), each in zip(again, self._executor.carry_out([request for _, request in again]), strict=True):
            self._took(job, each)

    def _invoice(self, job: Job) -> Request | None:
        """The request that puts the invoice; None where none is needed or the job is held."""
        current = self._current(job)
        plan = _plan(job)  # as it is now: an edit in QuickBooks that is written over makes an update of it
        if plan.put.qbo_id is not None and current is None:
            return None
        if plan.put.action == "unchanged":
            job.qbo, job.did = current, self._done_before(job) or "unchanged"
            return None
        body = invoice_body(plan.put.draft, self._customers[plan.customer.name.casefold()], self._items)
        if current is None:
            return self._request(job, "invoice", "create", "Invoice", body, self._context(job))
        update = invoice_update(body, current.id, current.sync_token)
        return self._request(job, "invoice", "update", "Invoice", update, self._context(job))

    def _context(self, job: Job) -> dict[str, Any]:
        if job.invoice is None:
            raise ValueError("a planned job has its invoice")
        return _context(job, self._office.explain(job.invoice, self._connected).to_json())

    def _current(self, job: Job) -> BooksInvoice | None:
        """The QuickBooks invoice to look at or update; None to create one, or where the job is held now."""
        seen, link = job.seen, job.link
        if seen is None or (link is None and seen.adopted is None):
            return None
        if link is None:
            return seen.adopted
        name = f"The QuickBooks invoice {link.qbo_number or link.qbo_id} of this invoice"
        if seen.invoice is None:
            job.hold(
                "deleted-in-quickbooks",
                f"{name} was deleted in QuickBooks; void it in OneDesk too, or "
                "duplicate the invoice in OneDesk under a new number and copy that.",
            )
            return None
        if seen.invoice.voided:
            job.hold("voided-in-quickbooks", f"{name} was voided in QuickBooks; void it in OneDesk too, or bill anew.")
            return None
        taken = _plan(job).put.action == "update" and kept(self._office.ledger, link, seen.invoice)
        if edited(link, seen.invoice) or taken:
            return self._changed(job, seen.invoice, name)
        return seen.invoice

    def _changed(self, job: Job, seen: BooksInvoice, name: str) -> BooksInvoice | None:
        """Somebody edited it in QuickBooks since: never silently overwritten (invoices.when_changed_in_quickbooks)."""
        decisions, plan = job.decisions, _plan(job)
        word = decisions.when_changed if decisions else "hold"
        both = self._both(job, seen)
        if word == "keep_quickbooks":
            job.qbo, job.did = seen, "unchanged"
            job.plan = dataclasses.replace(plan, send=None)
            job.notes.append(Reason("kept", f"{name} was changed there and stays as it is: {both}."))
            return None
        if word == "overwrite":
            job.plan = dataclasses.replace(plan, put=dataclasses.replace(plan.put, action="update"))
            job.notes.append(Reason("overwritten", f"{name} was changed there and was written over: {both}."))
            return seen
        job.hold(
            "changed-in-quickbooks",
            f"{name} was changed there since it was copied: {both}. Decide which of the two stays: queue settle, or "
            "set invoices.when_changed_in_quickbooks to overwrite or keep_quickbooks.",
        )
        return None

    def _both(self, job: Job, seen: BooksInvoice) -> str:
        """Both versions: as it was copied, and as QuickBooks has it."""
        link, now = job.link, self._quickbooks.read("Invoice", seen.id)
        if link is None or now is None:
            return f"OneDesk has {_plan(job).total}, QuickBooks {Money(seen.total, seen.currency)}"
        then = self._office.ledger.noted.answers(self._realm_id, [link.od_invoice_id]).get(link.od_invoice_id)
        return described(versions(link, then, now))

    def _fresh(self, job: Job, request: Request) -> Request | None:
        """After a stale token (5010): read again and try once more, if what we wrote of it still stands as it was."""
        qbo_id = str(request.body["Id"])
        now = self._quickbooks.invoice(qbo_id)
        seen = job.seen
        if seen is not None:
            job.seen = dataclasses.replace(seen, invoice=now if job.link else None, adopted=None if job.link else now)
        current = self._current(job)
        if current is None:
            return None
        return dataclasses.replace(request, body={**request.body, "SyncToken": current.sync_token})

    def _took(self, job: Job, done: Done) -> None:
        if done.answer is None:
            self._blame(job, done.problem or "it was not done", _paid(job))
            return
        job.qbo = read_invoice(done.answer)
        job.did = "copied" if done.intent.operation == "create" else "updated"
        if self._snapshot:
            self._snapshot.learn_number(job.qbo.number)

    def _done_before(self, job: Job) -> str:
        """What this very row of the queue has done already, before a crash kept it from saying so."""
        did = ""
        for intent in self._office.ledger.intents.of_work(job.work.id):
            if intent.state == "answered" and intent.entity == "Invoice":
                did = {"create": "copied", "update": "updated", "send": "sent"}[intent.operation]
        return did

    # E-mails

    def send(self, job: Job) -> None:
        """Have QuickBooks e-mail the job's invoice, unless it was e-mailed just so before."""
        plan, qbo = _plan(job), job.qbo
        if plan.send is None or qbo is None:
            return
        link = self._office.ledger.links.invoice(self._realm_id, job.work.od_invoice_id)
        if link is not None and link.state == "sent":
            self._sent_before(job, link.sent_at.date().isoformat() if link.sent_at else "before")
            return
        body = {"Id": qbo.id, "sendTo": plan.send.to}
        context = {"delivered_at": qbo.delivered_at}
        done = self._executor.carry_out([self._request(job, "send", "send", "Invoice", body, context)])[0]
        if done.answer is None:
            self._blame(job, done.problem or "it was not done", "Copied, not e-mailed: ")
            return
        job.qbo, job.did, job.sent_to = read_invoice(done.answer), "sent", plan.send.to

    @staticmethod
    def _sent_before(job: Job, day: str) -> None:
        if job.did == "sent":
            job.sent_to = _plan(job).send.to  # type: ignore[union-attr]  # send() has looked
            return
        job.notes.append(
            Reason("sent-already", f"QuickBooks e-mailed this invoice on {day} and nothing has changed since.")
        )

    def _request(
        self, job: Job, step: str, operation: str, entity: str, body: dict[str, Any], context: dict[str, Any]
    ) -> Request:
        return Request(self._realm_id, job.work.id, job.work.od_invoice_id, step, operation, entity, body, context)


def _paid(job: Job) -> str:
    """The beginning of a refusal of what would change a paid invoice, "" for another."""
    seen = job.seen.invoice if job.seen else None
    if seen is None or seen.balance == seen.total:
        return ""
    paid = Money(seen.total - seen.balance, seen.currency)
    whole = Money(seen.total, seen.currency)
    return f"QuickBooks refuses to change the invoice, which is paid there ({paid} of {whole}): "


def _plan(job: Job) -> Plan:
    if job.plan is None:
        raise ValueError("a job without a plan has no steps")
    return job.plan


def _context(job: Job, trail: Any) -> dict[str, Any]:
    """What the link will say, kept with the intent: a crash after the answer loses nothing."""
    plan, invoice = _plan(job), job.invoice
    if invoice is None:
        raise ValueError("a planned job has its invoice")
    return {
        "od_number": plan.invoice_number,
        "od_customer_id": invoice.customer.id,
        "content_hash": plan.put.content_hash,
        "currency": plan.total.currency,
        "total": plain(plan.total.amount),
        "rules_hash": plan.decisions.rules_hash,
        "trail": trail,
    }
