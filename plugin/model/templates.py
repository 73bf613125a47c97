"""Texts of the rules with fields: "{memo}" and some more, a closed list for each kind of text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial

from onedesk_quickbooks.plugin.model.invoice import BillingContact, Extra, Invoice, Line
from onedesk_quickbooks.plugin.model.money import plain, rate_key


def _name(person: BillingContact) -> str:
    return " ".join(part for part in (person.first_name, person.last_name) if part)


_INVOICE: Mapping[str, Callable[[Invoice], str]] = {
    "memo": lambda invoice: invoice.memo,
    "number": lambda invoice: invoice.number,
    "project": lambda invoice: invoice.project,
    "purchase_order": lambda invoice: invoice.purchase_order,
    "customer": lambda invoice: invoice.customer.name,
    "partner": lambda invoice: invoice.partner,
    "billing_contact": lambda invoice: _name(invoice.customer.billing_contact),
    "account_manager": lambda invoice: _name(invoice.customer.account_manager),
    "tax_id": lambda invoice: invoice.customer.tax_id,
    "invoice_type": lambda invoice: invoice.type,
    "issue_date": lambda invoice: invoice.issue_date.isoformat(),
    "due_date": lambda invoice: invoice.due_date.isoformat() if invoice.due_date else "",
}
_PRIVATE: Mapping[str, Callable[[Invoice], str]] = {
    "private_note": lambda invoice: invoice.private_note,
    "invoice_id": lambda invoice: invoice.id,
}
"""Fields that no text for the customer has."""
_LINE: Mapping[str, Callable[[Line], str]] = {
    "description": lambda line: line.description,
    "work_item": lambda line: line.work_item.name if line.work_item else "",
    "work_item_number": lambda line: line.work_item.number if line.work_item else "",
    "work_item_type": lambda line: line.work_item.type if line.work_item else "",
    "service_type": lambda line: line.service_type,
    "user": lambda line: line.user,
    "team": lambda line: line.team,
    "date": lambda line: line.date.isoformat() if line.date else "",
    "quantity": lambda line: "" if line.quantity is None else plain(line.quantity),
    "unit_price": lambda line: "" if line.unit_price is None else plain(line.unit_price),
}
_OF_BOTH = ("project", "purchase_order")
"""Fields that a line has from its invoice."""
_OF_GROUP = ("count",)
"""Fields of several lines that become one."""

FIELDS: Mapping[str, tuple[str, ...]] = {
    "invoice": tuple(_INVOICE),
    "note": (*_PRIVATE, *_INVOICE),
    "line": (*_LINE, *_OF_BOTH),
    "group": (*_LINE, *_OF_BOTH, *_OF_GROUP),
}
"""The fields that a template of each kind may have: of a text for the customer, of the private note, of a line, of
several lines that become one."""

FIELD = re.compile(r"\{[ \t]*([^{}\n]*?)[ \t]*\}")
"""A field in a template, or text in braces in its place."""

Texts = Mapping[str, str]


def invoice_texts(invoice: Invoice) -> Texts:
    """Each field of an invoice with its text, "" where the invoice has none."""
    return {name: of(invoice).strip() for name, of in {**_PRIVATE, **_INVOICE}.items()}


def line_texts(line: Line, invoice: Invoice) -> Texts:
    """The same for a line."""
    own = {name: of(line).strip() for name, of in _LINE.items()}
    return {**own, **{name: _INVOICE[name](invoice).strip() for name in _OF_BOTH}}


def group_texts(lines: Sequence[Line], invoice: Invoice) -> Texts:
    """The same for lines that become one: where they differ, each text once; for days the first and the last one, for
    quantities the sum. No price where they have several."""
    each = [line_texts(line, invoice) for line in lines]
    found = {name: _APART.get(name, ", ").join(_once(texts[name] for texts in each)) for name in each[0]}
    found["date"] = " - ".join(_ends(found["date"].split(", ")))
    quantities = [line.quantity for line in lines if line.quantity is not None]
    found["quantity"] = rate_key(sum(quantities, Decimal(0))) if len(quantities) == len(lines) else ""
    prices = {line.unit_price for line in lines}
    found["unit_price"] = each[0]["unit_price"] if len(prices) == 1 else ""
    return {**found, "count": str(len(lines))}


_APART = {"description": "; "}


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, texts)))


def _ends(days: Sequence[str]) -> list[str]:
    return _once((min(days), max(days)))


def charge_texts(charge: Extra, invoice: Invoice) -> Texts:
    """The same for a charge, whose description is its name."""
    nothing = Line("", charge.amount, description=charge.name)
    return line_texts(nothing, invoice)


def filled(template: str, texts: Texts) -> str:
    """The template with these texts inserted; other fields are not changed. A line whose fields are all empty is left
    out."""
    return "\n".join(_lines(template, texts)).strip()


def _lines(template: str, texts: Texts) -> Iterator[str]:
    for line in template.split("\n"):
        fields = FIELD.findall(line)
        if not fields or any(texts.get(name, name) for name in fields):
            yield FIELD.sub(partial(_text, texts), line)


def _text(texts: Texts, field: re.Match[str]) -> str:
    return texts.get(field[1], field[0])


def unknown_fields(template: str, kind: str) -> list[str]:
    """The names in braces that are no field of this kind, as they are written."""
    return [each[0] for each in FIELD.finditer(template) if each[1] not in FIELDS[kind]]
