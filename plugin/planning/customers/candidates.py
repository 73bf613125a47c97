"""The QuickBooks customers that may be the one of an invoice, with the evidence for and against each, and a score.

The score is that of the names (`model/similarity.py`), changed by what else agrees or differs. It decides that a person
has to look, never that a customer is chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from onedesk_quickbooks.plugin.model.books import Books, BooksCustomer
from onedesk_quickbooks.plugin.model.decision import CustomerChoice
from onedesk_quickbooks.plugin.model.invoice import Address, Invoice
from onedesk_quickbooks.plugin.model.name_keys import address_keys, last, name_key, similar_item_key, without_retired
from onedesk_quickbooks.plugin.model.plan import Reason
from onedesk_quickbooks.plugin.model.review import Candidate, CustomerReview, Evidence
from onedesk_quickbooks.plugin.model.similarity import DOUBTFUL, SAME, name_score
from onedesk_quickbooks.plugin.model.tax_ids import phone_key, same_tax_id
from onedesk_quickbooks.plugin.planning.accepted_names import addresses
from onedesk_quickbooks.plugin.planning.link_keys import customer_key

MOST = 5
"""How many candidates are shown."""
AGREES = {"email": 30, "tax_id": 60, "phone": 20, "address": 20, "links": 60}
"""Added to the score of the names where both sides have the same."""
DIFFERS = {"tax_id": 40, "address": 30, "links": 30}
"""Subtracted where they differ; for addresses only another country counts. A QuickBooks customer with its own customer
organization in OneDesk is another one there."""


@dataclass(frozen=True, slots=True)
class _Sides:
    """The host's customer, or project; for a partner, of whom OneDesk has only the name, nothing else. `id` is the key
    under which it is linked."""

    name: str
    emails: frozenset[str]
    email: str
    tax_id: str
    phone: str
    address: Address
    id: str


def review(invoice: Invoice, choice: CustomerChoice, books: Books, found: Iterable[BooksCustomer]) -> CustomerReview:
    """The customer with these candidates, the most similar first."""
    key = customer_key(invoice, choice)
    return _reviewed(_host(invoice, choice, key), choice.partner or invoice.customer.name, books, found)


def review_project(key: str, name: str, project: str, books: Books, found: Iterable[BooksCustomer]) -> CustomerReview:
    """The same for a project, for which only names are compared: `name` is that of its sub-customer."""
    return _reviewed(_Sides(name, frozenset(), "", "", "", Address(), key), project, books, found)


def _reviewed(mine: _Sides, name: str, books: Books, found: Iterable[BooksCustomer]) -> CustomerReview:
    made = [_candidate(mine, each, books) for each in {each.id: each for each in found}.values()]
    made.sort(key=lambda each: (-each.score, not each.active, len(each.id), each.id))
    return CustomerReview(mine.id, name, tuple(made[:MOST]))


def near(invoice: Invoice, choice: CustomerChoice, books: Books) -> list[BooksCustomer]:
    """The customers of QuickBooks without a person's decision that may be meant by their score, the most similar
    first."""
    mine = _host(invoice, choice, customer_key(invoice, choice))
    rejected = books.customers_rejected.get(mine.id, ())
    scored = [
        (_candidate(mine, each, books).score, each)
        for each in books.customers.by_id.values()
        if each.active and not each.parent_id and each.id not in rejected
        if each.currency in ("", invoice.currency) or not books.company.multicurrency
        if not _another_s(mine, each, books)
    ]
    doubtful = [pair for pair in scored if pair[0] >= DOUBTFUL]
    return [each for _, each in sorted(doubtful, key=lambda pair: (-pair[0], len(pair[1].id), pair[1].id))[:MOST]]


def _another_s(mine: _Sides, found: BooksCustomer, books: Books) -> bool:
    """Whether it is certainly another customer's, so that its name needs no comparison: most that a run has made are,
    and comparing names takes time."""
    owners = books.customer_owners.get(found.id, ())
    return bool(owners) and mine.id not in owners and not any(each.agrees for each in _beside(mine, found, books))


def _host(invoice: Invoice, choice: CustomerChoice, key: str) -> _Sides:
    customer = invoice.customer
    if choice.partner:
        return _Sides(choice.display_name, frozenset(), "", "", "", Address(), key)
    found = addresses(customer.billing_contact.email)
    emails = () if isinstance(found, Reason) else found
    return _Sides(
        choice.display_name,
        frozenset(map(name_key, emails)),
        ", ".join(emails),
        customer.tax_id,
        customer.phone,
        customer.address,
        key,
    )


def _candidate(mine: _Sides, found: BooksCustomer, books: Books) -> Candidate:
    name = last(without_retired(found.name))
    score = name_score(mine.name, name)
    evidence = (Evidence("name", mine.name, found.name, score >= DOUBTFUL), *_beside(mine, found, books))
    for each in evidence[1:]:
        if each.agrees:
            score += AGREES[each.kind]
        elif each.agrees is False:
            score -= DIFFERS.get(each.kind, 0)
    most = SAME if name_key(mine.name) == name_key(name) else SAME - 1
    return Candidate(found.id, found.name, found.active, max(0, min(score, most)), evidence, found.made_with)


def _beside(mine: _Sides, found: BooksCustomer, books: Books) -> Iterator[Evidence]:
    """The evidence apart from the names, where one side has it."""
    theirs = frozenset(address_keys(found.email))
    if mine.email or theirs:
        both = bool(mine.emails and theirs)
        yield Evidence("email", mine.email, found.email, not mine.emails.isdisjoint(theirs) if both else None)
    if mine.tax_id or found.tax_id:
        yield Evidence("tax_id", mine.tax_id, found.tax_id, same_tax_id(mine.tax_id, found.tax_id))
    if mine.phone or found.phone:
        one, other = phone_key(mine.phone), phone_key(found.phone)
        yield Evidence("phone", mine.phone, found.phone, one == other if one and other else None)
    if mine.address != Address() or found.address != Address():
        agrees = _same_place(mine.address, found.address)
        yield Evidence("address", _one_line(mine.address), _one_line(found.address), agrees)
    owners = books.customer_owners.get(found.id, ())
    if owners:
        yield Evidence("links", mine.id, ", ".join(owners), mine.id in owners)


def _same_place(one: Address, other: Address) -> bool | None:
    """The same postal code and first line; another country is another place, anything else is undecided."""
    if one.country and other.country and len(one.country) == len(other.country) and one.country != other.country:
        return False
    street = name_key(one.line1) == name_key(other.line1) != ""
    code = similar_item_key(one.postal_code) == similar_item_key(other.postal_code) != ""
    return True if street and code else None


def _one_line(address: Address) -> str:
    town = " ".join(each for each in (address.postal_code, address.city) if each)
    return ", ".join(each for each in (address.line1, address.line2, town, address.region, address.country) if each)
