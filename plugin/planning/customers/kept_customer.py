"""A copied invoice stays with the QuickBooks customer that it was written for.

The customer for later invoices (a link, a rule, a name) does not change it. Only another customer in OneDesk is a
reason to check it again, and then a person does.
"""

from __future__ import annotations

from onedesk_quickbooks.plugin.model.again import COPY_IT_AGAIN
from onedesk_quickbooks.plugin.model.books import Books, BooksCustomer, Copied
from onedesk_quickbooks.plugin.model.decision import CustomerChoice
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.plan import EnsureCustomer, Reason
from onedesk_quickbooks.plugin.planning.customers.found_customer import Found, use
from onedesk_quickbooks.plugin.planning.customers.plan_customer import plan_customer
from onedesk_quickbooks.plugin.texts import Text


def customer_of(invoice: Invoice, choice: CustomerChoice, books: Books, before: Copied | None) -> Found:
    """The customer that the invoice was written for; for a new invoice, or one that now has another customer in
    OneDesk, the one that the rules find."""
    had = _written_for(invoice, books, before)
    usable = [each for each in had if each.active]
    if before is not None and had and not usable:
        return Found(reasons=[_inactive(had[0], before)])
    fit = [each for each in usable if each.currency in ("", invoice.currency)]
    return Found(use(invoice, choice, fit[0])) if fit else plan_customer(invoice, choice, books)


def _written_for(invoice: Invoice, books: Books, before: Copied | None) -> list[BooksCustomer]:
    """The customer that it was written for last, and then the one that QuickBooks' invoice has now."""
    if before is None or before.now is None or before.now.voided or before.od_customer_id != invoice.customer.id:
        return []
    ids = dict.fromkeys((before.customer_id or before.now.customer_id, before.now.customer_id))
    wrote, *others = (books.customers.by_id.get(each) for each in ids)
    if wrote is None:
        return []
    return [wrote, *(each for each in others if each and not wrote.active)]


def _inactive(found: BooksCustomer, before: Copied) -> Reason:
    return Reason(
        "customer-inactive",
        Text(
            'The QuickBooks invoice {before_number} of this invoice is for "{name}" (id {id}), which was made inactive '
            "there; make it active again, or choose another customer on the invoice in QuickBooks, then {again}.",
            again=COPY_IT_AGAIN,
            before_number=before.number or before.qbo_id,
            name=found.name,
            id=found.id,
        ),
    )


def other_customer(
    invoice: Invoice, before: Copied | None, customer: EnsureCustomer | None, books: Books
) -> list[Reason]:
    """OneDesk's invoice has another customer than the one that it was written for, and QuickBooks' does not have the
    new one."""
    now = before.now if before else None
    if before is None or now is None or now.voided or before.od_customer_id in ("", invoice.customer.id):
        return []
    if customer is None or (customer.existing and customer.existing.id == now.customer_id):
        return []
    there = (
        Text('is "{name}" (id {id}) there', name=customer.name, id=customer.existing.id)
        if customer.existing
        else Text('would be created there as "{name}"', name=customer.name)
    )
    choose = (
        Text("choose the new one on the invoice in QuickBooks")
        if customer.existing
        else Text('create "{name}" in QuickBooks and choose it on the invoice there', name=customer.name)
    )
    named = books.customers.by_id.get(now.customer_id)
    its = (
        Text('"{name}" (id {id})', name=named.name, id=named.id)
        if named
        else Text("the customer with the id {id}", id=now.customer_id)
    )
    return [
        Reason(
            "customer-changed",
            Text(
                "The QuickBooks invoice {before_number} of this invoice is for {its}, and OneDesk has it for "
                "{customer_name} ({customer_id}) now, which {there}; choose the previous customer in OneDesk, or "
                "{choose}, then {again}.",
                again=COPY_IT_AGAIN,
                before_number=before.number or before.qbo_id,
                its=its,
                customer_name=invoice.customer.name,
                customer_id=invoice.customer.id,
                there=there,
                choose=choose,
            ),
        )
    ]
