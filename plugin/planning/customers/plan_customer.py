"""The QuickBooks customer of an invoice: found by the rules, or drafted; held where it is not certain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from onedesk_quickbooks.plugin.model.books import Books, BooksCustomer
from onedesk_quickbooks.plugin.model.by_name import suffixed_name
from onedesk_quickbooks.plugin.model.decision import CustomerChoice
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.name_keys import name_key
from onedesk_quickbooks.plugin.model.plan import Reason
from onedesk_quickbooks.plugin.planning.accepted_names import addresses
from onedesk_quickbooks.plugin.planning.customers.candidates import review
from onedesk_quickbooks.plugin.planning.customers.found_customer import Found, link_command, named, use
from onedesk_quickbooks.plugin.planning.customers.new_customer import NewCustomer
from onedesk_quickbooks.plugin.planning.customers.projects import ProjectCustomer, shown_id
from onedesk_quickbooks.plugin.planning.link_keys import customer_key, project_name
from onedesk_quickbooks.plugin.planning.needs import separate_name
from onedesk_quickbooks.plugin.texts import Text, listed
from onedesk_quickbooks.plugin.texts.arguments import arguments


def plan_customer(invoice: Invoice, choice: CustomerChoice, books: Books) -> Found:
    """The customer; where the rules say so and the invoice has a project, the sub-customer of that."""
    found, name = _plan_billed(invoice, choice, books), project_name(invoice, choice)
    if found.step is None or not name:
        return found
    apart = separate_name(choice.display_name, invoice.currency)
    if choice.when_currency_differs == "separate" and name_key(found.step.name) == name_key(apart):
        name = separate_name(name, invoice.currency)
    below = ProjectCustomer(invoice, choice, books, name, found.step)
    there = below.find()
    if isinstance(there, list):
        return Found(None, there, below.review)
    if there is not None:
        used = use(invoice, choice, there)
        return Found(replace(used, name=f"{found.step.name}:{there.name}", parent=found.step))
    made = below.draft(NewCustomer(invoice, choice, books).drafted(name))
    return Found(reasons=made) if isinstance(made, list) else Found(made)


def _plan_billed(invoice: Invoice, choice: CustomerChoice, books: Books) -> Found:
    """Find the customer by link, display name or billing e-mail, in the rules' order; else draft one."""
    company = books.company
    if not company.multicurrency and invoice.currency != company.home_currency:
        return Found(reasons=[_no_multicurrency(invoice, books)])
    match = _Match(invoice, choice, books)
    matched = match.find()
    if match.reasons:
        return match.doubted(match.reasons)
    if matched is None:
        made = NewCustomer(invoice, choice, books).plan(choice.display_name, match.shared)
        return match.doubted(made.reasons) if match.shared else made
    if not company.multicurrency or matched.currency == invoice.currency:
        return Found(use(invoice, choice, matched))
    if choice.when_currency_differs == "separate":
        name = separate_name(choice.display_name, invoice.currency)
        other = books.customers.same(name)
        if len(other) == 1 and other[0].currency == invoice.currency:
            taken = match.taken(other[0], match.reasons)
            return match.doubted(match.reasons) if taken else Found(use(invoice, choice, other[0]))
        if not other:
            return NewCustomer(invoice, choice, books).plan(name, [])
    return Found(
        reasons=[
            Reason(
                "customer-currency",
                Text(
                    'The QuickBooks customer "{matched_name}" is kept in {matched_currency} for good, but the '
                    "invoice is in {currency}; bill it in {matched_currency}, or set "
                    "customers.when_currency_differs: separate for a customer per currency.",
                    matched_name=matched.name,
                    matched_currency=matched.currency,
                    currency=invoice.currency,
                ),
            )
        ]
    )


class _Match:
    """The existing customer; `reasons` where it is not certain, `shared` are those for an e-mail address that was not
    sufficient."""

    def __init__(self, invoice: Invoice, choice: CustomerChoice, books: Books) -> None:
        self._invoice = invoice
        self._choice = choice
        self._books = books
        self.reasons: list[Reason] = []
        self.shared: list[Reason] = []
        self._candidates: list[BooksCustomer] = []

    def doubted(self, reasons: list[Reason]) -> Found:
        """Held for these reasons, with the customers that may be meant."""
        found = self._candidates
        return Found(None, reasons, review(self._invoice, self._choice, self._books, found) if found else None)

    def _but_rejected(self, found: Iterable[BooksCustomer]) -> list[BooksCustomer]:
        rejected = self._books.customers_rejected.get(customer_key(self._invoice, self._choice), ())
        return [each for each in found if each.id not in rejected]

    def find(self) -> BooksCustomer | None:
        """The ways of `match`, in their order; the first that finds one or holds decides."""
        ways = {"link": self._linked, "display_name": self._by_name, "billing_email": self._by_email}
        for way in self._choice.match:
            found = ways[way]()
            if found or self.reasons:
                return found
        return None

    def _linked(self) -> BooksCustomer | None:
        """The customer of earlier invoices. A second one with the same name would split the open balance over two."""
        customer, choice = self._invoice.customer, self._choice
        key = customer_key(self._invoice, choice)
        found = self._books.customers.by_id.get(self._books.customer_links.get(key, ""))
        if found is None:
            return None
        if not found.active:
            sentence = Text(
                'The QuickBooks customer "{found_name}", to which {customer_name} is linked, was made inactive '
                "there; make it active again, or link another one: {link}.",
                found_name=found.name,
                customer_name=choice.partner or customer.name,
                link=link_command(key),
            )
            self.reasons.append(Reason("customer-inactive", sentence))
            return None
        name = choice.display_name
        allowed = (name, separate_name(name, self._invoice.currency), suffixed_name(name))
        if choice.by_name and not choice.partner and name_key(found.name) not in map(name_key, allowed):
            self.reasons.append(
                Reason(
                    "customer-rule-differs",
                    Text(
                        'The rule {by_name} names the QuickBooks customer "{display_name}", but {customer_name} is '
                        'linked to "{found_name}" ({shown_id}); correct the rule, or let it decide: onedesk-quickbooks '
                        "customers unlink {customer_id}.",
                        by_name=choice.by_name,
                        display_name=choice.display_name,
                        customer_name=customer.name,
                        found_name=found.name,
                        shown_id=shown_id(found),
                        customer_id=arguments(customer.id),
                    ),
                )
            )
        return found

    def _by_name(self) -> BooksCustomer | None:
        name = self._choice.display_name
        found = self._but_rejected(self._books.customers.same(name))
        if not found and self._choice.when_name_taken == "suffix":
            name = suffixed_name(name)
            found = self._but_rejected(self._books.customers.same(name))
        if len(found) > 1:
            self._candidates += found
            self.reasons.append(
                Reason(
                    "customer-ambiguous",
                    Text(
                        'QuickBooks has several customers called "{name}": {named}; say which one is meant: {link}.',
                        name=name,
                        named=named(found),
                        link=link_command(customer_key(self._invoice, self._choice)),
                    ),
                )
            )
            return None
        return found[0] if found and not self.taken(found[0], self.reasons) else None

    def _by_email(self) -> BooksCustomer | None:
        """The one customer with the address. An address that several have, or whose customer is linked to another one
        of the host, identifies none: the next way decides."""
        email = self._invoice.customer.billing_contact.email
        parsed = addresses(email)
        at = self._books.customers.at(email if isinstance(parsed, Reason) else ",".join(parsed))
        found = self._but_rejected(at)
        if len(found) > 1:
            self._candidates += found
            self.shared.append(
                Reason(
                    "customer-email-shared",
                    Text(
                        'The billing e-mail "{email}" belongs to several QuickBooks customers: {named}; say which '
                        "one is meant: {link}.",
                        email=email,
                        named=named(found),
                        link=link_command(customer_key(self._invoice, self._choice)),
                    ),
                )
            )
            return None
        return found[0] if found and not self.taken(found[0], self.shared) else None

    def taken(self, found: BooksCustomer, reasons: list[Reason]) -> bool:
        """Whether only another customer of the host is linked to it; a rule by name, or a person, may link two to the
        same. A link is stored for the currency of the QuickBooks customer, and counts here in every currency."""
        customer = self._invoice.customer
        others = self._books.customer_owners.get(found.id, ())
        if not others or customer.id in others or self._choice.by_name:
            return False
        self._candidates.append(found)
        reasons.append(
            Reason(
                "customer-taken",
                Text(
                    'The QuickBooks customer "{found_name}" ({shown_id}) is linked {owners}, '
                    "and the invoice is for {customer_name} ({customer_id}); if they are the same, say so: {link}; "
                    "if not, rename one of them in OneDesk, or create a customer for it in QuickBooks and link that.",
                    found_name=found.name,
                    shown_id=shown_id(found),
                    owners=_owners(others),
                    customer_name=customer.name,
                    customer_id=customer.id,
                    link=link_command(customer.id, found),
                ),
            )
        )
        return True


def _owners(ids: Sequence[str]) -> Text:
    named = listed(ids)
    return (
        Text("to the OneDesk customer {ids}", ids=named)
        if len(ids) == 1
        else Text("to the OneDesk customers {ids}", ids=named)
    )


def _no_multicurrency(invoice: Invoice, books: Books) -> Reason:
    return Reason(
        "currency",
        Text(
            "The invoice is in {currency}, but {company_name} keeps only {home_currency}; bill it in "
            "{home_currency}, or turn on multicurrency in QuickBooks.",
            currency=invoice.currency,
            company_name=books.company.name,
            home_currency=books.company.home_currency,
        ),
    )
