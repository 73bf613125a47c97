"""The subjects of decisions: the lines, charges and discounts of an invoice, with the values that rules may compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.invoice import Address, Invoice, Line
from onedesk_quickbooks.plugin.ruleset.core.categories import Categories
from onedesk_quickbooks.plugin.ruleset.core.places import region_of
from onedesk_quickbooks.plugin.texts import Capital, Text

Values = dict[str, Any]
"""Every field of `when`: texts ("" for a missing one, yes or no for a boolean), tuples for tags, Decimal for amount,
date for date."""

Ask = Callable[[str, Mapping[str, Any]], Mapping[str, str] | None]
"""Passes a rule's question to the Python plugins: the question's name and the values; the answer has the keys of an
exception (item, income_account, code, hold), None if no plugin answers."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One line, charge or discount. `subject` is its short name, `whose` how a person finds it, `owner` what the person
    opens to correct it. `place` is the address whose country and region are used, `of_place` its name for people.
    `categories` are the tax categories between which nothing decides ("" for no category); `values` then has none.
    `text` marks a line that is only a text."""

    subject: str
    whose: str
    owner: str
    values: Values
    rate: Decimal | None
    place: Address
    of_place: str
    categories: tuple[str, ...] = ()
    text: bool = False


def place_of(invoice: Invoice) -> tuple[Address, str]:
    """The address whose country and region are used, and its name for people: where the work was done or the goods were
    delivered, else that of the customer."""
    if invoice.ship_to is not None and invoice.ship_to.country:
        return invoice.ship_to, Text("the invoice's delivery address")
    return invoice.customer.address, Text("the customer's address")


def invoice_values(invoice: Invoice) -> Values:
    """The fields of the invoice itself; amount is its total, date its issue date."""
    customer = invoice.customer
    place, _ = place_of(invoice)
    country = place.country.upper()
    return {
        "service_type": "",
        "charge": "",
        "work_item_type": "",
        "team": "",
        "user": "",
        "country": country,
        "region": region_of(country, place.region),
        "currency": invoice.currency,
        "customer": customer.name,
        "customer_tag": customer.tags,
        "has_tax_id": "yes" if customer.tax_id.strip() else "no",
        "taxable": "",
        "tax_category": "",
        "invoice_type": invoice.type,
        "project": invoice.project,
        "tag": invoice.tags,
        "amount": invoice.of_host(invoice.total),
        "invoice_total": invoice.of_host(invoice.total),
        "invoice_date": invoice.issue_date,
        "date": invoice.issue_date,
    }


@dataclass(frozen=True, slots=True)
class Subjects:
    """The subjects of one invoice."""

    lines: tuple[Subject, ...]
    discounts: tuple[Subject, ...]
    charges: tuple[Subject, ...]


def subjects(invoice: Invoice, values: Values) -> Subjects:
    """The invoice's lines, discounts and charges; `values` are those of the invoice itself."""
    known = Categories(invoice)
    lines, discounts = _lines(invoice, values, known), _discounts(invoice, values, known)
    return Subjects(tuple(lines), tuple(discounts), tuple(_charges(invoice, values, known)))


def _lines(invoice: Invoice, values: Values, known: Categories) -> Iterator[Subject]:
    """The lines; one without a date has that of the invoice."""
    place, of_place = place_of(invoice)
    for position, (line, (category, doubtful)) in enumerate(zip(invoice.lines, known.lines, strict=True), 1):
        work = line.work_item
        own = {
            **values,
            "service_type": line.service_type,
            "work_item_type": work.type if work else "",
            "team": line.team,
            "user": line.user,
            "taxable": _word(line.taxable),
            "tax_category": category,
            "amount": invoice.of_host(line.amount),
            "date": line.date or invoice.issue_date,
        }
        owner = work.type if work and work.type else "line"
        whose = line_name(position, line)
        yield Subject(f"line {position}", whose, owner, own, line.tax_rate, place, of_place, doubtful, line.is_text)


def _charges(invoice: Invoice, values: Values, known: Categories) -> Iterator[Subject]:
    """The charges; for items, a charge is a line whose service type is its name."""
    place, of_place = place_of(invoice)
    for charge in invoice.charges:
        category, doubtful = known.of_charge(charge)
        own = {
            **values,
            "service_type": charge.name,
            "charge": charge.name,
            "taxable": _word(charge.taxable),
            "tax_category": category,
            "amount": invoice.of_host(charge.amount),
        }
        whose = Text('charge "{name}"', name=charge.name)
        yield Subject(f"charge {charge.name}", whose, "charge", own, charge.tax_rate, place, of_place, doubtful)


def _discounts(invoice: Invoice, values: Values, known: Categories) -> Iterator[Subject]:
    """The discounts. One without a rate, category or taxability has that of the lines, if they all have the same."""
    place, of_place = place_of(invoice)
    rates = {line.tax_rate for line in invoice.lines if not line.is_text}
    taxable = {line.taxable for line in invoice.lines if not line.is_text}
    for position, discount in enumerate(invoice.discounts, 1):
        rate = next(iter(rates)) if discount.tax_rate is None and len(rates) == 1 else discount.tax_rate
        taxed = next(iter(taxable)) if discount.taxable is None and len(taxable) == 1 else discount.taxable
        category, doubtful = known.of_discount(discount, taxed)
        own = {**values, "taxable": _word(taxed), "tax_category": category, "amount": invoice.of_host(discount.amount)}
        whose = Text('discount "{name}"', name=discount.name)
        yield Subject(f"discount {position}", whose, "discount", own, rate, place, of_place, doubtful)


def _word(truth: bool | None) -> str:
    return "" if truth is None else "yes" if truth else "no"


def line_name(position: int, line: Line) -> str:
    """How a person finds a line: 'line 3 (ticket 55 "Fix printer")'; positions count from 1."""
    if line.work_item:
        item = line.work_item
        numbered = " ".join(part for part in (item.type, item.number) if part)
        name = _beginning(item.name)
        if numbered:
            return Text('line {n} ({item} "{name}")', n=position, item=numbered, name=name)
        return Text('line {n} ("{name}")', n=position, name=name)
    if line.description:
        return Text('line {n} ("{name}")', n=position, name=_beginning(line.description))
    return Text("line {n}", n=position)


def _beginning(text: str) -> str:
    """The start of the first line of a text, enough to find it."""
    first = text.strip().split("\n")[0].rstrip()
    return first if len(first) <= 60 else f"{first[:57].rstrip()}..."


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return Capital(text)
