"""Which QuickBooks customer an invoice goes to: found as the rules say, or drafted."""

from __future__ import annotations

from dataclasses import dataclass, field

from onedesk_quickbooks.plugin.model.books import Books, BooksCustomer, Ref
from onedesk_quickbooks.plugin.model.decision import CustomerChoice
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.plan import CustomerDraft, EnsureCustomer, Reason
from onedesk_quickbooks.plugin.planning.names import bad_name, is_email
from onedesk_quickbooks.plugin.planning.needs import separate_name


@dataclass(slots=True)
class Found:
    """The step for the customer, or reasons why there is none."""

    step: EnsureCustomer | None = None
    reasons: list[Reason] = field(default_factory=list)


def plan_customer(invoice: Invoice, choice: CustomerChoice, books: Books) -> Found:
    """Find the customer by link, display name or billing e-mail, in the rules' order; else draft one."""
    company = books.company
    if not company.multicurrency and invoice.currency != company.home_currency:
        return Found(reasons=[_no_multicurrency(invoice, books)])
    out_of_use = books.out_of_use.get(books.customer_links.get(invoice.customer.id, ""))
    if out_of_use is not None and "link" in choice.match:
        return Found(reasons=[_inactive(invoice, out_of_use)])
    matched = _match(invoice, choice, books)
    if matched is None:
        return _missing(invoice, choice, books, choice.display_name)
    if not company.multicurrency or matched.currency == invoice.currency:
        return Found(EnsureCustomer(matched.name, Ref(matched.id, matched.name), None))
    if choice.when_currency_differs == "separate":
        name = separate_name(choice.display_name, invoice.currency)
        other = books.customers.get(name.casefold())
        if other and other.currency == invoice.currency:
            return Found(EnsureCustomer(other.name, Ref(other.id, other.name), None))
        if other is None:
            return _missing(invoice, choice, books, name)
    return Found(
        reasons=[
            Reason(
                "customer-currency",
                f'The QuickBooks customer "{matched.name}" is kept in {matched.currency} for good, but the invoice is'
                f" in {invoice.currency}; bill it in {matched.currency}, or set"
                " customers.when_currency_differs: separate for a customer per currency.",
            )
        ]
    )


def _match(invoice: Invoice, choice: CustomerChoice, books: Books) -> BooksCustomer | None:
    ways = {
        "link": lambda: books.customers_by_id.get(books.customer_links.get(invoice.customer.id, "")),
        "display_name": lambda: books.customers.get(choice.display_name.casefold()),
        "billing_email": lambda: books.customers_by_email.get(invoice.customer.billing_contact.email.casefold()),
    }
    for way in choice.match:
        found = ways[way]()
        if found:
            return found
    return None


def _inactive(invoice: Invoice, customer: BooksCustomer) -> Reason:
    """A second customer of the same name would split what the customer owes over two."""
    return Reason(
        "customer-inactive",
        f'The QuickBooks customer "{customer.name}", to which {invoice.customer.name} was billed before, was made'
        " inactive there; make it active again, or merge it with the customer that is to be billed.",
    )


def _missing(invoice: Invoice, choice: CustomerChoice, books: Books, name: str) -> Found:
    if choice.when_missing == "hold":
        sentence = f'QuickBooks has no customer "{name}"; create it there, or set customers.when_missing: create.'
        return Found(reasons=[Reason("customer-missing", sentence)])
    reasons = list(
        bad_name(f'The customer name "{name}"', name, 500, "rename the customer organization, or map it by name.")
    )
    contact = invoice.customer.billing_contact
    for part, value in (("first name", contact.first_name), ("last name", contact.last_name)):
        what = f'The billing contact\'s {part} "{value}"'
        reasons += bad_name(what, value, 100, "correct it under Billing Preferences.")
    reasons += bad_name("The phone number", invoice.customer.phone, 30, "shorten it in the customer organization.")
    if reasons:
        return Found(reasons=reasons)
    draft = CustomerDraft(
        display_name=name,
        company_name=invoice.customer.name if len(invoice.customer.name) <= 100 else "",
        given_name=contact.first_name,
        family_name=contact.last_name,
        email=contact.email if is_email(contact.email) else "",
        phone=invoice.customer.phone,
        address=invoice.customer.address,
        currency=invoice.currency if books.company.multicurrency else None,
    )
    return Found(EnsureCustomer(name, None, draft))


def _no_multicurrency(invoice: Invoice, books: Books) -> Reason:
    return Reason(
        "currency",
        f"The invoice is in {invoice.currency}, but {books.company.name} keeps only {books.company.home_currency};"
        f" bill it in {books.company.home_currency}, or turn on multicurrency in QuickBooks.",
    )
