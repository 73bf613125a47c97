"""A customer that QuickBooks does not have: drafted, if no other record may be the same."""

from __future__ import annotations

from collections.abc import Sequence

from onedesk_quickbooks.plugin.model.books import Books, BooksCustomer
from onedesk_quickbooks.plugin.model.by_name import suffixed_name
from onedesk_quickbooks.plugin.model.decision import CustomerChoice
from onedesk_quickbooks.plugin.model.invoice import Address, Invoice
from onedesk_quickbooks.plugin.model.name_keys import clean_name, name_key
from onedesk_quickbooks.plugin.model.plan import CustomerDraft, EnsureCustomer, Reason
from onedesk_quickbooks.plugin.model.receivers import LONGEST_EMAIL
from onedesk_quickbooks.plugin.planning.accepted_names import addresses, bad_name
from onedesk_quickbooks.plugin.planning.customers.candidates import near, review
from onedesk_quickbooks.plugin.planning.customers.found_customer import (
    CONFIRM,
    REJECT,
    UNDO,
    Found,
    link_command,
    named,
    unfit_numbers,
)
from onedesk_quickbooks.plugin.planning.link_keys import customer_key
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.texts.arguments import arguments

_TAKEN = frozenset({"name-taken", "name-of-another"})
"""Reasons that do not apply under another name."""


class NewCustomer:
    """Plans a customer that does not exist: drafted, if no other record may be the same."""

    def __init__(self, invoice: Invoice, choice: CustomerChoice, books: Books) -> None:
        self._invoice = invoice
        self._choice = choice
        self._books = books
        self._rejected = books.customers_rejected.get(customer_key(invoice, choice), frozenset())
        self._candidates: list[BooksCustomer] = []

    def plan(self, name: str, reasons: list[Reason]) -> Found:
        """The draft of a customer with this name; `reasons` are those that matching left open."""
        name = clean_name(name)
        if not name:
            return Found(reasons=[Reason("no-name", Text("The customer has no name; give it one in OneDesk."))])
        reasons = reasons or self._doubts(name)
        if self._choice.when_name_taken == "suffix" and _TAKEN.issuperset(each.code for each in reasons) and reasons:
            name = suffixed_name(name)
            reasons = self._doubts(name)
        reasons = reasons or self._unfit(name)
        if not reasons:
            return Found(EnsureCustomer(name, None, self.drafted(name)))
        found = self._candidates
        return Found(None, reasons, review(self._invoice, self._choice, self._books, found) if found else None)

    def _doubts(self, name: str) -> list[Reason]:
        """Records with this or a similar name; only the first kind that exists."""
        host, customers = customer_key(self._invoice, self._choice), self._books.customers
        rejected = self._rejected
        there = customers.same(name)
        same = [each for each in there if each.id not in rejected]
        if same:
            self._candidates += same
            sentence = Text(
                "QuickBooks has the customer {named}, and customers.match does not find it; add display_name to "
                "customers.match, or link it: {link}.",
                named=named(same),
                link=link_command(host, same[0]),
            )
            return [Reason("customer-name-taken", sentence)]
        retired = customers.retired(name)
        still = [each for each in retired if name_key(each.name) == name_key(name)]
        retired = tuple(each for each in retired if each.id not in rejected)
        if still:
            self._candidates += [each for each in still if each.id not in rejected]
            sentence = Text(
                "The QuickBooks customer {named} cannot be used; if it is the same, make it active again there "
                "and link it: {link}; if not, rename it there: while inactive it keeps its name.",
                named=named(still),
                link=link_command(host, still[0]),
            )
            return [Reason("customer-inactive", sentence)]
        if retired:
            self._candidates += retired
            sentence = Text(
                'QuickBooks has no customer "{name}" but {named}; if it is the same, make it active again there '
                "and link it: {link}; if not, create a customer of this name there.",
                name=name,
                named=named(retired),
                link=link_command(host, retired[0]),
            )
            return [Reason("customer-inactive", sentence)]
        alike = self._alike(name) if self._choice.when_similar == "hold" else []
        if alike:
            self._candidates += alike
            first = "" if alike[0].active else Text("make it active again there and ")
            sentence = Text(
                'QuickBooks has no customer "{name}" but {named}; if it is the same, {first}confirm it: {confirm}; if '
                "not, {otherwise}.",
                name=name,
                named=named(alike),
                first=first,
                confirm=link_command(host, alike[0], CONFIRM),
                otherwise=self._otherwise(name, link_command(host, alike[0], REJECT)),
            )
            return [Reason("customer-similar", sentence)]
        return [*self._missing(name), *self._other(name, there)]

    def _otherwise(self, name: str, reject: str) -> Text:
        """What to do where it is none of the similar ones."""
        if ":" not in name:
            return Text(
                "reject it, and a new one is created: {reject}; or set customers.when_similar: create", reject=reject
            )
        return Text(
            "name the customer otherwise, since no name in QuickBooks has a colon: {rule}",
            rule=f'customers.by_name: {{"{self._invoice.customer.name}": NAME}}',
        )

    def _alike(self, name: str) -> list[BooksCustomer]:
        """Customers with a similar name, and others that may be meant by all that is known of them."""
        found = [each for each in self._books.customers.alike(name) if self._may_be(each, name)]
        found = [each for each in found if each.id not in self._rejected]
        known = {each.id for each in found}
        if name == clean_name(self._choice.display_name):
            found += [each for each in near(self._invoice, self._choice, self._books) if each.id not in known]
        return found

    def _may_be(self, found: BooksCustomer, name: str) -> bool:
        """Whether it may be the same: a separate customer for one more currency is not one in another currency."""
        separate = name != clean_name(self._choice.display_name)
        return not separate or found.currency in ("", self._invoice.currency)

    def _missing(self, name: str) -> list[Reason]:
        if self._choice.when_missing != "hold":
            return []
        sentence = Text(
            'QuickBooks has no customer "{name}"; create it there, or set customers.when_missing: create.', name=name
        )
        return [Reason("customer-missing", sentence)]

    def _other(self, name: str, there: Sequence[BooksCustomer]) -> list[Reason]:
        """Customers, vendors and employees share their names (qbo-api.md 2.2, code 6240); `there` are customers with
        the name that are not this one."""
        other = self._books.other_names.get(name_key(name))
        retired = self._books.retired_names.get(name_key(name))
        otherwise = f'customers.by_name: {{"{self._invoice.customer.name}": "{name} (customer)"}}'
        if there:
            sentence = Text(
                "QuickBooks has the customer {named}, which a person has marked as a different customer, and two "
                "cannot have the same name; rename it there, name the customer otherwise: {otherwise}, or "
                "customers.when_name_taken: suffix, or undo the decision: {undo}.",
                named=named(there),
                otherwise=otherwise,
                undo=f"{UNDO} {arguments(customer_key(self._invoice, self._choice))}",
            )
            return [Reason("name-of-another", sentence)]
        if other is not None:
            sentence = Text(
                "QuickBooks has the {other}, and no customer may have the name of a vendor or employee; rename "
                "it there, or name the customer otherwise: {otherwise}, or customers.when_name_taken: suffix.",
                other=other,
                otherwise=otherwise,
            )
            return [Reason("name-taken", sentence)]
        if retired is not None:
            sentence = Text(
                'QuickBooks has no customer "{name}" but the {retired}, which had this name; if the customer is '
                "to have it now, create a customer of this name there; if not, name the customer otherwise: "
                "{otherwise}.",
                name=name,
                retired=retired,
                otherwise=otherwise,
            )
            return [Reason("name-retired", sentence)]
        return []

    def _unfit(self, name: str) -> list[Reason]:
        """What QuickBooks would refuse of it."""
        _customer, contact = self._invoice.customer, self._invoice.customer.billing_contact
        remedy = Text("rename the customer organization, or map it by name.")
        reasons = list(bad_name(Text('The customer name "{name}"', name=name), name, 500, remedy))
        if self._choice.partner:
            return reasons
        first, last = contact.first_name, contact.last_name
        there = Text("correct it under Billing Preferences.")
        reasons += bad_name(Text('The billing contact\'s first name "{name}"', name=first), first, 100, there)
        reasons += bad_name(Text('The billing contact\'s last name "{name}"', name=last), last, 100, there)
        return reasons + unfit_numbers(self._invoice, self._choice)

    def drafted(self, name: str) -> CustomerDraft:
        """The known data of the customer, under this name."""
        customer, contact = self._invoice.customer, self._invoice.customer.billing_contact
        currency = self._invoice.currency if self._books.company.multicurrency else None
        if self._choice.partner:  # OneDesk has only the partner's name
            company = self._choice.partner if len(self._choice.partner) <= 100 else ""
            return CustomerDraft(name, company, "", "", "", "", Address(), currency)
        company = clean_name(customer.name)
        return CustomerDraft(
            display_name=name,
            company_name=company if len(company) <= 100 else "",
            given_name=clean_name(contact.first_name),
            family_name=clean_name(contact.last_name),
            email=_email(contact.email),
            phone=customer.phone,
            address=customer.address,
            currency=currency,
            tax_id=customer.tax_id if self._choice.update_tax_id == "yes" else "",
        )


def _email(text: str) -> str:
    """The addresses in QuickBooks' form: all, or the first where they are too long together."""
    found = addresses(text)
    if isinstance(found, Reason) or not found:
        return ""
    together = ", ".join(found)
    return together if len(together) <= LONGEST_EMAIL else found[0]
