"""Two versions of one invoice, field by field, as QuickBooks answered them at different times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.money import Money, plain

Raw = Mapping[str, Any]
NONE = "none"
"""How a value is written that one of the versions has not."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs: "number", "total", "line 2 amount", "line 3" (one that only one of them has). Values are
    written as a person reads them, "none" where there is none."""

    field: str
    then: str
    now: str


def differences(then: Raw, now: Raw) -> tuple[Difference, ...]:
    """Every field of an invoice that we write, its tax and its total, where the two differ; in the form's order."""
    currency = _ref(now, "CurrencyRef") or _ref(then, "CurrencyRef")
    found = [*_fields(_HEAD, "", currency, then, now), *_lines(currency, then, now)]
    return (*found, *_fields(_FOOT, "", currency, then, now))


def _text(*path: str) -> Callable[[Raw, str], str]:
    def read(raw: Raw, _currency: str) -> str:
        value: Any = raw
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return "" if value is None else str(value)

    return read


def _named(*path: str) -> Callable[[Raw, str], str]:
    """A reference by its name, which QuickBooks may leave out (qbo-api.md 2), else by its id."""
    name, value = _text(*path, "name"), _text(*path, "value")

    def read(raw: Raw, currency: str) -> str:
        return name(raw, currency) or value(raw, currency)

    return read


def _amount(*path: str) -> Callable[[Raw, str], str]:
    text = _text(*path)

    def read(raw: Raw, currency: str) -> str:
        found = text(raw, currency)
        return str(Money(Decimal(found), currency)) if found else ""

    return read


def _number(*path: str) -> Callable[[Raw, str], str]:
    text = _text(*path)

    def read(raw: Raw, currency: str) -> str:
        found = text(raw, currency)
        return plain(Decimal(found).normalize()) if found else ""

    return read


Fields = Mapping[str, Callable[[Raw, str], str]]

_HEAD: Fields = {
    "number": _text("DocNumber"),
    "customer": _named("CustomerRef"),
    "date": _text("TxnDate"),
    "due date": _text("DueDate"),
    "currency": _text("CurrencyRef", "value"),
}
_FOOT: Fields = {
    "tax": _amount("TxnTaxDetail", "TotalTax"),
    "total": _amount("TotalAmt"),
    "message to the customer": _text("CustomerMemo", "value"),
    "private note": _text("PrivateNote"),
}
_SALE: Fields = {
    "description": _text("Description"),
    "product/service": _named("SalesItemLineDetail", "ItemRef"),
    "quantity": _number("SalesItemLineDetail", "Qty"),
    "price": _number("SalesItemLineDetail", "UnitPrice"),
    "amount": _amount("Amount"),
    "tax code": _named("SalesItemLineDetail", "TaxCodeRef"),
    "class": _named("SalesItemLineDetail", "ClassRef"),
}
_OTHER: Fields = {"kind": _text("DetailType"), "description": _text("Description"), "amount": _amount("Amount")}


def _fields(fields: Fields, before: str, currency: str, then: Raw, now: Raw) -> Iterator[Difference]:
    for name, read in fields.items():
        old, new = read(then, currency), read(now, currency)
        same = _SAME.get(name, read)
        if same(then, currency) != same(now, currency):
            yield Difference(before + name, old or NONE, new or NONE)


def _no_tax_is_none(raw: Raw, _currency: str) -> str:
    found = _number("TxnTaxDetail", "TotalTax")(raw, "")
    return "" if found == "0" else found


_SAME: Fields = {
    "tax": _no_tax_is_none,
    "customer": _text("CustomerRef", "value"),
    "product/service": _text("SalesItemLineDetail", "ItemRef", "value"),
    "tax code": _text("SalesItemLineDetail", "TaxCodeRef", "value"),
    "class": _text("SalesItemLineDetail", "ClassRef", "value"),
}
"""What is compared where it is another thing than what is shown: an object that was renamed is the same one."""


def _lines(currency: str, then: Raw, now: Raw) -> Iterator[Difference]:
    old_ids, new_ids = ([line.get("Id") for line in _sales(raw)] for raw in (then, now))
    if old_ids != new_ids and set(old_ids) == set(new_ids):
        named = ["; ".join(_title(line, currency) for line in _sales(raw)) for raw in (then, now)]
        yield Difference("order of the lines", *named)
    for place, (old, new) in enumerate(_pairs(_sales(then), _sales(now)), 1):
        if old is None or new is None:
            yield Difference(f"line {place}", _whole(old, currency), _whole(new, currency))
            continue
        alike = old.get("DetailType") == new.get("DetailType") == "SalesItemLineDetail"
        yield from _fields(_SALE if alike else _OTHER, f"line {place} ", currency, old, new)


def _sales(raw: Raw) -> list[Raw]:
    return [line for line in raw.get("Line") or [] if line.get("DetailType") != "SubTotalLineDetail"]


def _pairs(then: list[Raw], now: list[Raw]) -> Iterator[tuple[Raw | None, Raw | None]]:
    """Lines that belong together: by QuickBooks' id of the line, else by their place among those left over."""
    kept = {line["Id"] for line in now if line.get("Id")}
    by_id = {line["Id"]: line for line in then if line.get("Id") in kept}
    left = [line for line in then if line.get("Id") not in by_id]
    for line in now:
        old = by_id.get(line.get("Id"))
        yield (old if old is not None else left.pop(0) if left else None), line
    for line in left:
        yield line, None


def _whole(line: Raw | None, currency: str) -> str:
    if line is None:
        return NONE
    return ", ".join(part for part in (_title(line, currency), _SALE["amount"](line, currency)) if part) or NONE


def _title(line: Raw, currency: str) -> str:
    return _SALE["description"](line, currency) or _SALE["product/service"](line, currency)


def _ref(raw: Raw, key: str) -> str:
    return _text(key, "value")(raw, "")
