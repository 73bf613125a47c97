"""A draft from the edit form: amounts are recalculated, or the form is refused; none is guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.hooks import InvoiceJson, Money
from onedesk_quickbooks.plugin.host.records import InvalidRecord
from onedesk_quickbooks.plugin.texts import Amount, Text, typed

_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?", re.ASCII)
_TEXTS = ("description", "service_type")
_NUMBERS = {"quantity": Text("Quantity"), "unit_price": Text("Unit price"), "tax_rate": Text("Tax in %")}
Form = Mapping[str, str]


def reworked(invoice: InvoiceJson, form: Form) -> dict[str, Any]:
    """The invoice with the form's fields: ``memo``, ``due_date``, ``lines-N-FIELD``; a line "new" if it is filled.

    Fields that the form lacks are kept. Raises `InvalidRecord` with the line, the problem and the remedy.
    """
    result: dict[str, Any] = {**invoice, "lines": [_line(invoice, form, at) for at in range(len(invoice["lines"]))]}
    for name in ("memo", "due_date"):
        _put(result, name, form.get(name, invoice.get(name, "")).strip())
    added = _new_line(invoice, form)
    if added:
        result["lines"].append(added)
    counting = ("amount", "tax_rate")
    if [[line.get(key) for key in counting] for line in invoice["lines"]] != [
        [line.get(key) for key in counting] for line in result["lines"]
    ]:
        _work_out_totals(result)
    return result


def _line(invoice: InvoiceJson, form: Form, at: int) -> dict[str, Any]:
    before = invoice["lines"][at]
    line = _with_fields(dict(before), form, f"lines-{at}", Text("Line {n}", n=at + 1))
    if any(line.get(name) != before.get(name) for name in ("quantity", "unit_price")):
        _work_out_amount(line, invoice["currency"], Text("Line {n}", n=at + 1))
    return line


def _new_line(invoice: InvoiceJson, form: Form) -> dict[str, Any] | None:
    if not any(form.get(f"lines-new-{name}", "").strip() for name in (*_TEXTS, *_NUMBERS)):
        return None
    taken = {line["id"] for line in invoice["lines"]}
    free = next(str(n) for n in range(1, len(taken) + 2) if str(n) not in taken)
    line = _with_fields({"id": free}, form, "lines-new", Text("The new line"))
    _work_out_amount(line, invoice["currency"], Text("The new line"))
    return line


def _with_fields(line: dict[str, Any], form: Form, prefix: str, place: str) -> dict[str, Any]:
    for name in _TEXTS:
        _put(line, name, form.get(f"{prefix}-{name}", line.get(name, "")).strip())
    for name in _NUMBERS:
        given = form.get(f"{prefix}-{name}", line.get(name, "")).strip()
        text = typed(given)
        if text and not _AMOUNT.fullmatch(text):
            problem = Text(
                "{place}: {field}: “{text}” is not a number; write it as {example}.",
                place=place,
                field=_NUMBERS[name],
                text=given,
                example=Amount("1234.56"),
            )
            raise InvalidRecord(problem)
        _put(line, name, text)
    return line


def _put(target: dict[str, Any], name: str, value: str) -> None:
    """Set the field, or remove it if the value is empty."""
    if value:
        target[name] = value
    else:
        target.pop(name, None)


def _work_out_amount(line: dict[str, Any], currency: str, place: str) -> None:
    if "quantity" not in line or "unit_price" not in line:
        raise InvalidRecord(
            Text("{place}: fill in both quantity and unit price, so that the amount can be worked out.", place=place)
        )
    exact = Decimal(line["quantity"]) * Decimal(line["unit_price"]) / Decimal(line.get("price_per", "1"))
    line["amount"] = str(Money(exact, currency).rounded().amount)


def _work_out_totals(invoice: dict[str, Any]) -> None:
    """Set subtotal, taxes by rate, total and payable; removes a rounding, which belonged to the old total."""
    subtotal = _sum(invoice["lines"])
    discounts, charges = invoice.get("discounts", []), invoice.get("charges", [])
    if invoice.get("taxes"):
        invoice["taxes"] = _taxes(invoice)
    total = subtotal - _sum(discounts) + _sum(charges) + _sum(invoice.get("taxes", []))
    invoice["subtotal"], invoice["total"] = str(subtotal), str(total)
    invoice.pop("rounding", None)
    if "payable" in invoice:
        invoice["payable"] = str(total - Decimal(invoice.get("prepaid", "0")))


def _taxes(invoice: dict[str, Any]) -> list[dict[str, Any]]:
    """The invoice's taxes on its new amounts. Raises `InvalidRecord` if a tax or a line has no rate."""
    for at, line in enumerate(invoice["lines"], 1):
        if "tax_rate" not in line:
            raise InvalidRecord(Text("Line {n} has no tax rate: fill it in, so that the tax can be worked out.", n=at))
    known: dict[Decimal, dict[str, Any]] = {}
    for tax in invoice["taxes"]:
        if "rate" not in tax:
            raise InvalidRecord(
                Text("The tax “{name}” has no rate: its amount cannot be worked out here.", name=tax.get("name", ""))
            )
        rate = Decimal(tax["rate"])
        if rate and rate in known:
            raise InvalidRecord(
                Text("Two taxes have the rate {rate}: their amounts cannot be worked out here.", rate=tax["rate"])
            )
        known.setdefault(rate, tax)
    bases = _bases(invoice)
    return [_tax(invoice["currency"], rate, base, known.get(rate, {})) for rate, base in bases.items()]


def _bases(invoice: dict[str, Any]) -> dict[Decimal, Decimal]:
    """The net amount at each rate: lines and charges, less discounts."""
    bases: dict[Decimal, Decimal] = {}
    parts = [(line, 1) for line in invoice["lines"]]
    parts += [(extra, 1) for extra in invoice.get("charges", [])]
    parts += [(extra, -1) for extra in invoice.get("discounts", [])]
    for part, sign in parts:
        rate = Decimal(part.get("tax_rate", "0"))
        bases[rate] = bases.get(rate, Decimal(0)) + sign * Decimal(part["amount"])
    return bases


def _tax(currency: str, rate: Decimal, base: Decimal, before: dict[str, Any]) -> dict[str, Any]:
    amount = Money(base * rate / 100, currency).rounded().amount
    return {"name": "Tax", **before, "rate": format(rate, "f"), "taxable": str(base), "amount": str(amount)}


def _sum(parts: list[dict[str, Any]]) -> Decimal:
    return sum((Decimal(part["amount"]) for part in parts), Decimal(0))
