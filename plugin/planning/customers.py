"""Which QuickBooks customer an invoice goes to: found as the rules say, or drafted; held where it is not certain."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from onedesk_quickbooks.plugin.model.books import Books, BooksCustomer, Ref
from onedesk_quickbooks.plugin.model.decision import CustomerChoice
from onedesk_quickbooks.plugin.model.invoice import Address, Invoice
from onedesk_quickbooks.plugin.model.names import clean_name, name_key
from onedesk_quickbooks.plugin.model.plan import CustomerDraft, EnsureCustomer, Reason
from onedesk_quickbooks.plugin.model.receivers import LONGEST_EMAIL
from onedesk_quickbooks.plugin.model.review import CustomerReview
from onedesk_quickbooks.plugin.model.tax_ids import LONGEST_TAX_ID, has_tax_id, same_phone
from onedesk_quickbooks.plugin.planning.candidates import near, review
from onedesk_quickbooks.plugin.planning.link_keys import customer_key, project_name
from onedesk_quickbooks.plugin.planning.names import addresses, bad_name
from onedesk_quickbooks.plugin.planning.needs import separate_name, suffixed_name
from onedesk_quickbooks.plugin.planning.projects import ProjectCustomer, shown_id
from onedesk_quickbooks.plugin.texts import Text, listed

_COMMANDS = ("link", "confirm", "reject", "undo")
LINK, CONFIRM, REJECT, UNDO = (f"onedesk-quickbooks customers {each}" for each in _COMMANDS)


_TAKEN = frozenset({"name-taken", "name-of-another"})
"""Reasons that are gone under another name."""


@dataclass(slots=True)
class Found:
    """The step for the customer, or reasons why there is none; `review` where a person can say which one it is."""

    step: EnsureCustomer | None = None
    reasons: list[Reason] = field(default_factory=list)
    review: CustomerReview | None = None


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
    made = below.draft(_New(invoice, choice, books).drafted(name))
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
        made = _New(invoice, choice, books).plan(choice.display_name, match.shared)
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
            return _New(invoice, choice, books).plan(name, [])
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


def _link(host_id: str, found: BooksCustomer | None = None, command: str = LINK) -> str:
    """The command that links a customer of the host, as a shell takes it; ID where a person names the other one. A
    customer that the run makes has no id when it is planned: it is called by its name."""
    known = "ID" if found is None else shlex.quote(found.name if found.made_with else found.id)
    return f"{command} {shlex.quote(host_id)} {known}"


def named(customers: Iterable[BooksCustomer]) -> str:
    """Customers as a sentence names them: '"Harbor Labs Ltd" (id 5) and "Harbor Labs" (id 7, inactive)'."""
    return listed(
        Text('"{name}" ({id})', name=each.name, id=shown_id(each))
        if each.active
        else Text('"{name}" ({id}, inactive)', name=each.name, id=shown_id(each))
        for each in customers
    )


class _Match:
    """The customer that is there already; `reasons` where it is not certain which, `shared` of an e-mail address that
    did not tell."""

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
        """Way by way, as `match` has them; the first that finds one or holds decides."""
        ways = {"link": self._linked, "display_name": self._by_name, "billing_email": self._by_email}
        for way in self._choice.match:
            if way == "billing_email" and self._choice.partner:
                continue  # it is the customer's
            found = ways[way]()
            if found or self.reasons:
                return found
        return None

    def _linked(self) -> BooksCustomer | None:
        """The customer of earlier invoices. A second one of the same name would split what is owed over two."""
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
                link=_link(key),
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
                        customer_id=shlex.quote(customer.id),
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
                        link=_link(customer_key(self._invoice, self._choice)),
                    ),
                )
            )
            return None
        return found[0] if found and not self.taken(found[0], self.reasons) else None

    def _by_email(self) -> BooksCustomer | None:
        """The one customer of the address. What several have, or another customer of the host is linked to,
        identifies nobody: the next way decides."""
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
                        link=_link(customer_key(self._invoice, self._choice)),
                    ),
                )
            )
            return None
        return found[0] if found and not self.taken(found[0], self.shared) else None

    def taken(self, found: BooksCustomer, reasons: list[Reason]) -> bool:
        """Whether another customer of the host is linked to it; a rule by name may bring two together."""
        customer = self._invoice.customer
        others = [each for each in self._books.customer_owners.get(found.id, ()) if each != customer.id]
        if not others or self._choice.by_name:
            return False
        self._candidates.append(found)
        reasons.append(
            Reason(
                "customer-taken",
                Text(
                    'The QuickBooks customer "{found_name}" ({shown_id}) is linked to the OneDesk customer {listed}, '
                    "and the invoice is for {customer_name} ({customer_id}); if both are the same, say so: {link}; "
                    "if not, rename one of them in OneDesk, or create a customer for it in QuickBooks and link that.",
                    found_name=found.name,
                    shown_id=shown_id(found),
                    listed=", ".join(others),
                    customer_name=customer.name,
                    customer_id=customer.id,
                    link=_link(customer.id, found),
                ),
            )
        )
        return True


class _New:
    """A customer that is not there: drafted, if no other record may be the same."""

    def __init__(self, invoice: Invoice, choice: CustomerChoice, books: Books) -> None:
        self._invoice = invoice
        self._choice = choice
        self._books = books
        self._rejected = books.customers_rejected.get(customer_key(invoice, choice), frozenset())
        self._candidates: list[BooksCustomer] = []

    def plan(self, name: str, reasons: list[Reason]) -> Found:
        """The draft of a customer of this name; `reasons` is what the ways of matching left open."""
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
        """Records of this name, or nearly of it; only the first kind that there is."""
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
                link=_link(host, same[0]),
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
                link=_link(host, still[0]),
            )
            return [Reason("customer-inactive", sentence)]
        if retired:
            self._candidates += retired
            sentence = Text(
                'QuickBooks has no customer "{name}" but {named}; if it is the same, make it active again there '
                "and link it: {link}; if not, create a customer of this name there.",
                name=name,
                named=named(retired),
                link=_link(host, retired[0]),
            )
            return [Reason("customer-inactive", sentence)]
        alike = self._alike(name) if self._choice.when_similar == "hold" else []
        if alike:
            self._candidates += alike
            first = "" if alike[0].active else Text("make it active again there and ")
            sentence = Text(
                'QuickBooks has no customer "{name}" but {named}; if it is the same, {first}confirm it: {confirm}; if '
                "not, reject it, and a new one is created: {reject}; or set customers.when_similar: create.",
                name=name,
                named=named(alike),
                first=first,
                confirm=_link(host, alike[0], CONFIRM),
                reject=_link(host, alike[0], REJECT),
            )
            return [Reason("customer-similar", sentence)]
        return [*self._missing(name), *self._other(name, there)]

    def _alike(self, name: str) -> list[BooksCustomer]:
        """Customers of nearly the name, and others that may be meant by all that is known of them."""
        found = [each for each in self._books.customers.alike(name) if self._may_be(each, name)]
        found = [each for each in found if each.id not in self._rejected]
        known = {each.id for each in found}
        if name == clean_name(self._choice.display_name):
            found += [each for each in near(self._invoice, self._choice, self._books) if each.id not in known]
        return found

    def _may_be(self, found: BooksCustomer, name: str) -> bool:
        """Whether it may be the same: a separate customer for one more currency is not one that is kept in another."""
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
        """Customers, vendors and employees share their names (qbo-api.md 2.2, code 6240); `there` are customers of the
        name that are not this one."""
        other = self._books.other_names.get(name_key(name))
        retired = self._books.retired_names.get(name_key(name))
        otherwise = f'customers.by_name: {{"{self._invoice.customer.name}": "{name} (customer)"}}'
        if there:
            sentence = Text(
                "QuickBooks has the customer {named}, of which a person has said that it is another one, and no two "
                "may have one name; rename it there, name the customer otherwise: {otherwise}, or "
                "customers.when_name_taken: suffix, or take the word back: {undo}.",
                named=named(there),
                otherwise=otherwise,
                undo=f"{UNDO} {shlex.quote(customer_key(self._invoice, self._choice))}",
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
        """What is known of the customer, under this name."""
        customer, contact = self._invoice.customer, self._invoice.customer.billing_contact
        currency = self._invoice.currency if self._books.company.multicurrency else None
        if self._choice.partner:  # of whom OneDesk has the name alone
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


def unfit_numbers(invoice: Invoice, choice: CustomerChoice) -> list[Reason]:
    """What QuickBooks would refuse of the phone number, and of the tax number where that is written."""
    customer, shorten = invoice.customer, Text("shorten it in the customer organization.")
    found = list(bad_name(Text("The phone number"), customer.phone, 30, shorten))
    if choice.update_tax_id == "yes":
        found += bad_name(Text("The tax number"), customer.tax_id, LONGEST_TAX_ID, shorten)
    return found


def _email(text: str) -> str:
    """The addresses as QuickBooks keeps them: all, or the first where they are too long together."""
    found = addresses(text)
    if isinstance(found, Reason) or not found:
        return ""
    together = ", ".join(found)
    return together if len(together) <= LONGEST_EMAIL else found[0]


def use(invoice: Invoice, choice: CustomerChoice, found: BooksCustomer) -> EnsureCustomer:
    """The customer as it is; with the host's address, phone and tax number where the rules give it those, and it has
    others."""
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
