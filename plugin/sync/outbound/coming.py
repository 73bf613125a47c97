"""What the invoices of one run create for those after them: numbers, customers and items.

Both `plan` and the run use it: an invoice is planned on the books as they will be once the invoices before it are
written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

from onedesk_quickbooks.plugin.ledger import Work
from onedesk_quickbooks.plugin.model.books import (
    Books,
    BooksCustomer,
    BooksItem,
    BooksPayment,
    Copied,
    TakenNumber,
    customer_directory,
    item_directory,
)
from onedesk_quickbooks.plugin.model.books import Coming as ComingInvoice
from onedesk_quickbooks.plugin.model.company_settings import NEW
from onedesk_quickbooks.plugin.model.directory import Directory
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.kinds import INVOICE
from onedesk_quickbooks.plugin.model.name_keys import name_key, number_key
from onedesk_quickbooks.plugin.model.payment_plan import PaymentPlan
from onedesk_quickbooks.plugin.model.plan import AnyPlan, EnsureCustomer, Plan, Withdrawal
from onedesk_quickbooks.plugin.planning import NAMES, Needs, link_keys, marked, marker
from onedesk_quickbooks.plugin.sync.outbound.known import Known, asked_for

R = TypeVar("R", BooksCustomer, BooksItem)


def label(invoice: Invoice) -> str:
    """How a sentence names the invoice that makes a record."""
    return invoice.number or invoice.id


class Coming:
    """The expected results of invoices that are planned together. What they will create has no QuickBooks id yet."""

    def __init__(self, made: Known | None = None) -> None:
        """`made`: what the run has created so far, each with the invoice that it was created for."""
        self._made = made or Known()
        self._planned = Known()
        self._numbers: dict[str, TakenNumber] = {}
        self._links: dict[tuple[str, str], str] = {}
        self._linked: dict[str, BooksCustomer] = {}
        self._owners: dict[str, set[str]] = {}
        self._open: dict[str, ComingInvoice] = {}
        self._named: dict[str, set[str]] = {}
        self._labels: dict[str, str] = {}
        self._paid: dict[str, Decimal] = {}
        self._freed: dict[str, Decimal] = {}
        self._settling: list[BooksPayment] = []
        self._voided: set[str] = set()
        self.recorded: Sequence[Work] = ()
        """The entries of payments that the host will have recorded, which are not in the queue yet."""
        self.freed_numbers: dict[str, str] = {}
        """The numbers (as keys) that QuickBooks' invoices have until the plans of earlier chunks are carried out, and
        the id of each invoice."""

    def made_before(
        self, records: Iterable[BooksCustomer | BooksItem], linked: Mapping[tuple[str, str], BooksCustomer]
    ) -> None:
        """These are created before anything that is planned here; customers of OneDesk (id, currency) are linked
        accordingly."""
        for (od_id, currency), customer in linked.items():
            self._links[od_id, currency] = customer.id
            self._owners.setdefault(customer.id, set()).add(od_id)
            self._linked[customer.id] = customer
        for each in records:
            self._made.learn_customer(each) if isinstance(each, BooksCustomer) else self._made.learn_item(each)

    def books(self, books: Books, need: Needs, invoice: Invoice) -> Books:
        """The books for this invoice, once the invoices before it are written."""
        own = {key: qbo_id for key in need.customer_keys if (qbo_id := self._links.get((key, invoice.currency)))}
        wanted = asked_for(need)
        keys, of_items, ids = wanted.customer_keys(short=True), wanted.item_keys(short=True), own.values()
        linked = (self._linked[qbo_id] for qbo_id in ids if qbo_id in self._linked)
        customers = [*linked, *self._made.customers(keys, ids), *self._planned.customers(keys, ids)]
        items = [*self._made.items(of_items, ()), *self._planned.items(of_items, ())]
        found = self._credited(self._numbered(books, invoice))
        if customers:
            found = dataclasses.replace(found, customers=customer_directory(_together(books.customers, customers)))
        if items:
            found = dataclasses.replace(found, items=item_directory(_together(books.items, items)))
        if own:
            found = dataclasses.replace(found, customer_links={**books.customer_links, **own})
        return dataclasses.replace(found, customer_owners=self._owned(found)) if self._owners else found

    def _numbered(self, books: Books, invoice: Invoice) -> Books:
        """The books with the number that is taken, or free, until this invoice is written."""
        key = number_key(invoice.number)
        taken = {name: each for name, each in books.taken_numbers.items() if self.freed_numbers.get(name) != each.id}
        number = self._numbers.get(key)
        if number is not None and marked(number.private_note) != invoice.id:
            taken[key] = number
        return books if taken == books.taken_numbers else dataclasses.replace(books, taken_numbers=taken)

    def _credited(self, books: Books) -> Books:
        """The books with the expected state of the invoice that is credited."""
        named = books.credited
        if named is None:
            return books
        od_ids = named.od_ids or tuple(sorted(self._named.get(named.name, ())))
        coming = self._open.get(od_ids[0]) if len(od_ids) == 1 else None
        number = (self._labels.get(od_ids[0], "") if coming else "") or named.number
        found = dataclasses.replace(named, od_ids=od_ids, number=number, coming=coming)
        return dataclasses.replace(books, credited=found)

    def _opened(self, invoice: Invoice, plan: Plan, customer: str, before: Copied | None) -> None:
        """The open balance of an invoice once this plan is carried out, for later credit notes."""
        if plan.apply is not None:
            rest = plan.apply.left.amount if plan.apply.left else None
            self._open[plan.apply.od_invoice_id] = ComingInvoice(customer, invoice.currency, rest)
        total = plan.totals.total
        if plan.put.kind != INVOICE or plan.put.action == "unchanged":
            return
        now = before.now if before else None
        paid = now.total - now.balance - now.deposit if now else Decimal(0)
        deposit = plan.put.draft.deposit
        deposit = (now.deposit if now else Decimal(0)) if deposit is None else deposit
        left = None if total is None else total - deposit - paid
        self._open[invoice.id] = ComingInvoice(customer, invoice.currency, left)
        self._labels[invoice.id] = label(invoice)
        for name in {invoice.id, invoice.number} - {""}:
            self._named.setdefault(name, set()).add(invoice.id)

    def opened(self, od_invoice_id: str) -> ComingInvoice | None:
        """The expected state of an invoice; None for one that is not planned here."""
        return self._open.get(od_invoice_id)

    def paid(self, od_invoice_id: str) -> Decimal:
        """The part of an invoice that planned payments of the host pay."""
        return self._paid.get(od_invoice_id, Decimal(0))

    def freed(self, qbo_id: str) -> Decimal:
        """The part of a QuickBooks invoice that is open again because planned steps void payments."""
        return self._freed.get(qbo_id, Decimal(0))

    def settling(self, there: Iterable[BooksPayment], qbo_ids: Collection[str]) -> tuple[BooksPayment, ...]:
        """The payments of these QuickBooks invoices: those that are `there` now, and planned ones."""
        left = (each for each in there if each.id not in self._voided)
        return (*left, *(each for each in self._settling if not dict(each.applied).keys().isdisjoint(qbo_ids)))

    def pays(self, plan: PaymentPlan, voided: BooksPayment | None) -> None:
        """Note that this payment is recorded in QuickBooks, and the earlier ones for it `voided`, before the next
        one."""
        self._voided.update([voided.id] if voided else [])
        for qbo_id, amount in voided.applied if voided else ():
            self._freed[qbo_id] = self.freed(qbo_id) + amount
        draft = plan.draft
        if draft is None:
            return
        for each in draft.lines:
            self._paid[each.od_invoice_id] = self.paid(each.od_invoice_id) + each.amount
        applied = tuple((each.invoice.id, each.amount) for each in draft.lines)
        self._settling.append(
            BooksPayment(
                id=f"{NEW}{plan.invoice_id}",
                sync_token="",
                currency=plan.total.currency,
                total=draft.total,
                unapplied=draft.unapplied,
                date=draft.date,
                method="",
                reference=draft.reference,
                customer_id=draft.customer_id,
                voided=False,
                applied=applied,
                private_note=draft.note,
            )
        )

    def _owned(self, books: Books) -> dict[str, tuple[str, ...]]:
        found = dict(books.customer_owners)
        for qbo_id in books.customers.by_id:
            if qbo_id in self._owners:
                found[qbo_id] = tuple(sorted({*found.get(qbo_id, ()), *self._owners[qbo_id]}))
        return found

    def carried_out(self, plan: AnyPlan | None, before: Copied | None) -> None:
        """Note that this plan is carried out before the next chunk is looked up."""
        if before is None:
            return
        if isinstance(plan, Withdrawal) and plan.outcome == "deleted":
            self.freed_numbers[number_key(before.number)] = before.qbo_id
        elif isinstance(plan, Plan) and (number := former_number(plan, before)):
            self.freed_numbers[number_key(number)] = before.qbo_id

    def learn(self, invoice: Invoice, plan: Plan, books: Books, before: Copied | None = None) -> None:
        """Note that this plan, made on these books, is carried out before the next one."""
        number = plan.put.draft.number
        if number and (plan.put.action == "create" or former_number(plan, before)):
            kind = NAMES[plan.put.kind]
            name = f"{kind.capitalize()} of {plan.customer.name}"
            taken = TakenNumber("", name, "", invoice.total, invoice.issue_date, marker(invoice.id), kind)
            self._numbers.setdefault(number_key(number), taken)
        self._opened(invoice, plan, _id(plan.customer), before)
        above = ""
        for each in plan.customer.each:
            if each.draft:
                draft = each.draft
                made = BooksCustomer(_id(each), draft.display_name, draft.currency or "", draft.email)
                made = dataclasses.replace(made, address=draft.address, made_with=label(invoice), parent_id=above)
                made = dataclasses.replace(made, phone=draft.phone, tax_id=draft.tax_id)
                made = dataclasses.replace(made, taxable=draft.taxable is not False)
                self._planned.learn_customer(made)
            above = _id(each)
        if plan.put.action == "create" or (before is not None and before.found):
            keys = link_keys(invoice, plan.decisions.customer)[: len(plan.customer.each)]
            for key, each in zip(keys, plan.customer.each, strict=True):
                self._links[key, invoice.currency] = _id(each)
                self._owners.setdefault(_id(each), set()).add(key)
                if (found := books.customers.by_id.get(_id(each))) is not None:
                    self._linked[found.id] = found  # the next invoice may not look for it under any of its names
        for item in plan.items:
            if item.draft:
                key, account = f"{NEW}{name_key(item.name)}", item.draft.income_account
                new = BooksItem(key, item.draft.name, "Service", account, made_with=label(invoice))
                self._planned.learn_item(new)


def former_number(plan: Plan, before: Copied | None) -> str:
    """The number in QuickBooks that this plan replaces by another one; "" for none."""
    new, now = plan.put.draft.number, before.now.number if before and before.now else ""
    return now if plan.put.action == "update" and new and number_key(new) != number_key(now) else ""


def _id(customer: EnsureCustomer) -> str:
    return customer.existing.id if customer.existing else f"{NEW}{name_key(customer.name)}"


def _together(seen: Directory[R], more: Sequence[R]) -> Iterable[R]:
    """The records found in QuickBooks, and those that the run creates or has created; QuickBooks' version where both
    exist."""
    found = dict(seen.by_id)
    for each in more:
        known = found.get(each.id, each)
        same = known.made_with == each.made_with
        found[each.id] = known if same else dataclasses.replace(known, made_with=each.made_with)
    return found.values()
