"""The result for the customer: the step, or the reasons against; and how a person says which one is meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from onedesk_quickbooks.plugin.model.books import BooksCustomer
from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.decision import CustomerChoice
from onedesk_quickbooks.plugin.model.invoice import Address, Invoice
from onedesk_quickbooks.plugin.model.name_keys import name_key
from onedesk_quickbooks.plugin.model.plan import EnsureCustomer, Reason
from onedesk_quickbooks.plugin.model.review import CustomerReview
from onedesk_quickbooks.plugin.model.tax_ids import LONGEST_TAX_ID, has_tax_id, same_phone
from onedesk_quickbooks.plugin.planning.accepted_names import bad_name
from onedesk_quickbooks.plugin.planning.customers.projects import shown_id
from onedesk_quickbooks.plugin.texts import Text, listed
from onedesk_quickbooks.plugin.texts.arguments import arguments

_COMMANDS = ("link", "confirm", "reject", "undo")
LINK, CONFIRM, REJECT, UNDO = (f"onedesk-quickbooks customers {each}" for each in _COMMANDS)


@dataclass(slots=True)
class Found:
    """The step for the customer, or the reasons against; `review` where a person can say which one it is."""

    step: EnsureCustomer | None = None
    reasons: list[Reason] = field(default_factory=list)
    review: CustomerReview | None = None


def link_command(host_id: str, found: BooksCustomer | None = None, command: str = LINK) -> str:
    """The command that links a customer of the host, in shell syntax; ID in place of the QuickBooks customer that a
    person has to name. A customer that the run will create has no id when it is planned: its name is used."""
    known = "ID" if found is None else found.name if found.made_with else found.id
    return f"{command} {arguments(host_id, known)}"


def named(customers: Iterable[BooksCustomer]) -> str:
    """Customers in a sentence: '"Harbor Labs Ltd" (id 5) and "Harbor Labs" (id 7, inactive)'."""
    return listed(
        Text('"{name}" ({id})', name=each.name, id=shown_id(each))
        if each.active
        else Text('"{name}" ({id}, inactive)', name=each.name, id=shown_id(each))
        for each in customers
    )


def use(invoice: Invoice, choice: CustomerChoice, found: BooksCustomer) -> EnsureCustomer:
    """The step for an existing customer; with the host's address, phone and tax number where the rules want these
    written, and they differ."""
    step = EnsureCustomer(found.name, Ref(found.id, found.name), None)
    if choice.partner:
        return step
    customer = invoice.customer
    address = choice.update_address == "yes" and customer.address != Address()
    fits = not unfit_numbers(invoice, choice)
    phone = fits and choice.update_phone == "yes" and not same_phone(customer.phone, found.phone)
    tax_id = fits and choice.update_tax_id == "yes" and not has_tax_id(found.tax_id, customer.tax_id)
    return replace(
        step,
        address=customer.address if address and not _same_address(customer.address, found.address) else None,
        phone=customer.phone if phone else "",
        tax_id=customer.tax_id if tax_id else "",
    )


def _same_address(one: Address, other: Address) -> bool:
    return all(name_key(getattr(one, part)) == name_key(getattr(other, part)) for part in Address.__slots__)


def unfit_numbers(invoice: Invoice, choice: CustomerChoice) -> list[Reason]:
    """What QuickBooks would refuse of the phone number, and of the tax number where that is written."""
    customer, shorten = invoice.customer, Text("shorten it in the customer organization.")
    found = list(bad_name(Text("The phone number"), customer.phone, 30, shorten))
    if choice.update_tax_id == "yes":
        found += bad_name(Text("The tax number"), customer.tax_id, LONGEST_TAX_ID, shorten)
    return found
