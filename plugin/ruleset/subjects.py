"""What is decided about: the lines, charges and discounts of an invoice, with the values that rules may ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.invoice import Extra, Invoice, Line
from onedesk_quickbooks.plugin.ruleset.words import region_of

Values = dict[str, Any]
"""Every field of `when`: texts ("" for a missing one), tuples for tags, Decimal for amount, date for date."""

Ask = Callable[[str, Mapping[str, Any]], Mapping[str, str] | None]
"""Puts a rule's question to the Python plugins: the question's name and the values; the answer's keys are those of
an exception (item, income_account, code, hold), None where nobody answers."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One line, charge or discount. `subject` is its short name, `whose` how a person finds it again, `owner` what the
    person opens to mend it."""

    subject: str
    whose: str
    owner: str
    values: Values
    rate: Decimal | None


def invoice_values(invoice: Invoice) -> Values:
    """The fields of the invoice itself; amount is its total, date the day of issue."""
    customer = invoice.customer
    country = customer.address.country.upper()
    return {
        "service_type": "",
        "charge": "",
        "work_item_type": "",
        "country": country,
        "region": region_of(country, customer.address.region),
        "currency": invoice.currency,
        "customer": customer.name,
        "customer_tag": customer.tags,
        "invoice_type": invoice.type,
        "project": invoice.project,
        "tag": invoice.tags,
        "amount": invoice.total,
        "date": invoice.issue_date,
    }


def lines(invoice: Invoice, values: Values) -> Iterator[Subject]:
    """The invoice's lines; a line without a date has the invoice's."""
    for position, line in enumerate(invoice.lines, 1):
        work = line.work_item
        yield Subject(
            f"line {position}",
            line_name(position, line),
            (work.type if work and work.type else "line"),
            {
                **values,
                "service_type": line.service_type,
                "work_item_type": work.type if work else "",
                "amount": line.amount,
                "date": line.date or invoice.issue_date,
            },
            line.tax_rate,
        )


def charges(invoice: Invoice, values: Values) -> Iterator[Subject]:
    """The document's charges: to items, a charge is a line whose service type is its name."""
    for charge in invoice.charges:
        own = {**values, "service_type": charge.name, "charge": charge.name, "amount": charge.amount}
        yield _extra("charge", charge, own, charge.tax_rate)


def discounts(invoice: Invoice, values: Values) -> Iterator[Subject]:
    """The document's discounts. One without a rate of its own has the lines' rate, where they all have the same."""
    rates = {line.tax_rate for line in invoice.lines}
    common = rates.pop() if len(rates) == 1 else None
    for position, discount in enumerate(invoice.discounts, 1):
        own = {**values, "amount": discount.amount}
        rate = common if discount.tax_rate is None else discount.tax_rate
        yield _extra(f"discount {position}", discount, own, rate)


def _extra(subject: str, extra: Extra, values: Values, rate: Decimal | None) -> Subject:
    word = subject.split()[0]
    name = f"charge {extra.name}" if word == "charge" else subject
    return Subject(name, f'{word} "{extra.name}"', word, values, rate)


def line_name(position: int, line: Line) -> str:
    """How a person finds a line again: 'line 3 (ticket 55 "Fix printer")'; positions count from 1."""
    if line.work_item:
        item = line.work_item
        numbered = " ".join(part for part in (item.type, item.number) if part)
        return f'line {position} ({numbered} "{item.name}")' if numbered else f'line {position} ("{item.name}")'
    return f'line {position} ("{line.description}")' if line.description else f"line {position}"


def capital(text: str) -> str:
    """The text as a sentence begins."""
    return text[:1].upper() + text[1:]
