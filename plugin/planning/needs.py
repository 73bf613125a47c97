"""What to look up in QuickBooks before an invoice can be planned."""

from __future__ import annotations

from dataclasses import dataclass

from onedesk_quickbooks.plugin.model.by_name import suffixed_name
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.name_keys import last
from onedesk_quickbooks.plugin.planning.accepted_names import addresses
from onedesk_quickbooks.plugin.planning.link_keys import link_keys, project_name


@dataclass(frozen=True, slots=True)
class Needs:
    """What to look up; `currency` is the invoice's, `customer_keys` are those under which its customer, and its
    project, are linked. `near` is the name for which similar ones are looked for where the customer is new, "" where
    that is not needed, and `near_emails` are its e-mail addresses."""

    customer_names: tuple[str, ...]
    customer_emails: tuple[str, ...]
    item_names: tuple[str, ...]
    number: str
    currency: str
    customer_keys: tuple[str, ...] = ()
    near: str = ""
    near_emails: tuple[str, ...] = ()


def separate_name(name: str, currency: str) -> str:
    """The customer's name for one more currency: a customer's currency in QuickBooks cannot be changed."""
    return f"{name} ({currency})"


def needs(invoice: Invoice, decisions: InvoiceDecisions) -> Needs:
    """The names that `make_plan` will need from the books."""
    choice = decisions.customer
    names = [choice.display_name]
    if choice.when_currency_differs == "separate":
        names.append(separate_name(choice.display_name, invoice.currency))
    if choice.when_name_taken == "suffix":
        names += list(map(suffixed_name, names))
    project = project_name(invoice, choice)
    if project:
        separate = choice.when_currency_differs == "separate"
        names += [project, *([separate_name(project, invoice.currency)] if separate else [])]
    names += [last(name) for name in names if ":" in name]  # similar ones are looked for by the last part of a path
    items = [line.item.name for line in (*decisions.lines, *decisions.charges) if line.item and line.item.name]
    if any(discount.amount for discount in invoice.discounts):
        items.append(decisions.discount_item)
    if decisions.markup and any(line.cost is not None for line in invoice.lines):
        items.append(decisions.markup)
    if decisions.rounding_line is not None:
        items.append(decisions.rounding_line.item)
    by_email = "billing_email" in choice.match
    found = addresses("" if choice.partner else invoice.customer.billing_contact.email)
    emails = found if isinstance(found, tuple) else ()
    near = choice.when_similar == "hold"
    return Needs(
        customer_names=tuple(names),
        customer_emails=emails if by_email else (),
        item_names=tuple(dict.fromkeys(items)),
        number=invoice.number if decisions.number == "onedesk" else "",
        currency=invoice.currency,
        customer_keys=link_keys(invoice, choice),
        near=choice.display_name if near else "",
        near_emails=emails if near else (),
    )
