"""Two versions of one invoice, field by field, as QuickBooks answered them at different times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.money import Money, plain
from onedesk_quickbooks.plugin.qbo.wire.addresses import address_text, address_words, same_addresses
from onedesk_quickbooks.plugin.qbo.wire.bodies import TEXT
from onedesk_quickbooks.plugin.qbo.wire.fingerprints import same_rate
from onedesk_quickbooks.plugin.qbo.wire.optional import label, shown, touched, values

Raw = Mapping[str, Any]
NONE = "none"
"""The text for a value that one of the versions does not have."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs: "number", "total", "line 2 amount", "line 3" (one that only one version has). Values are
    texts for people, "none" for no value. `filled_in`: QuickBooks chose `then` itself, because the written body left
    the field open."""

    field: str
    then: str
    now: str
    filled_in: bool = False


def differences(then: Raw, now: Raw, wrote: Raw | None = None) -> tuple[Difference, ...]:
    """Every field of an invoice that we write, its tax and its total, where the two differ; in the form's order.
    `wrote` is the body that `then` answers; without it no field counts as filled in."""
    currency = _ref(now, "CurrencyRef") or _ref(then, "CurrencyRef")
    head, foot = (_fields(part, "", currency, then, now, wrote) for part in (_HEAD, _FOOT))
    return (*head, *_optional(then, now, wrote or {}), *_lines(currency, then, now, wrote), *foot)


def _optional(then: Raw, now: Raw, wrote: Raw) -> Iterator[Difference]:
    """The fields that are only written where the rules name them, in those versions that have them."""
    old, new = values(then), values(now)
    for each in touched(wrote):
        if old.get(each) != new.get(each):
            name = label(each, then, now, wrote)
            yield Difference(name, shown(then, each) or NONE, shown(now, each) or NONE)


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


def _place(key: str) -> Callable[[Raw, str], str]:
    return lambda raw, _currency: address_text(raw.get(key))


def _yes(key: str) -> Callable[[Raw, str], str]:
    return lambda raw, _currency: "yes" if raw.get(key) is True else ""


def _taxes(raw: Raw, currency: str) -> str:
    """The tax at each rate whose amount was set to another value than QuickBooks calculates."""
    found = []
    for line in (raw.get("TxnTaxDetail") or {}).get("TaxLine") or []:
        detail = line.get("TaxLineDetail") or {}
        if detail.get("OverrideDeltaAmount"):
            found.append(f"{_amount('Amount')(line, currency)} at {_number('TaxPercent')(detail, currency)} %")
    return "; ".join(sorted(found))


def _stated_taxes(raw: Raw, _currency: str) -> str:
    """Whether a body states the tax at each rate: otherwise it has no tax lines."""
    return "yes" if (raw.get("TxnTaxDetail") or {}).get("TaxLine") else ""


Fields = Mapping[str, Callable[[Raw, str], str]]

_HEAD: Fields = {
    "number": _text("DocNumber"),
    "customer": _named("CustomerRef"),
    "billing address": _place("BillAddr"),
    "shipping address": _place("ShipAddr"),
    "billing e-mail": _text("BillEmail", "Address"),
    "copy to": _text("BillEmailCc", "Address"),
    "date": _text("TxnDate"),
    "terms": _named("SalesTermRef"),
    "due date": _text("DueDate"),
    "currency": _text("CurrencyRef", "value"),
    "exchange rate": _number("ExchangeRate"),
}
_FOOT: Fields = {
    "tax": _amount("TxnTaxDetail", "TotalTax"),
    "tax code of the invoice": _named("TxnTaxDetail", "TxnTaxCodeRef"),
    "tax by rate": _taxes,
    "amounts are": _text("GlobalTaxCalculation"),
    "discount before tax": _yes("ApplyTaxAfterDiscount"),
    "total": _amount("TotalAmt"),
    "deposit": _amount("Deposit"),
    "message to the customer": _text("CustomerMemo", "value"),
    "private note": _text("PrivateNote"),
}
_SALE: Fields = {
    "description": _text("Description"),
    "service date": _text("SalesItemLineDetail", "ServiceDate"),
    "product/service": _named("SalesItemLineDetail", "ItemRef"),
    "quantity": _number("SalesItemLineDetail", "Qty"),
    "price": _number("SalesItemLineDetail", "UnitPrice"),
    "amount": _amount("Amount"),
    "tax code": _named("SalesItemLineDetail", "TaxCodeRef"),
    "class": _named("SalesItemLineDetail", "ClassRef"),
}
_DISCOUNT: Fields = {
    "description": _text("Description"),
    "percent": _number("DiscountLineDetail", "DiscountPercent"),
    "amount": _amount("Amount"),
    "discount account": _named("DiscountLineDetail", "DiscountAccountRef"),
    "tax code": _named("DiscountLineDetail", "TaxCodeRef"),
}
_OTHER: Fields = {"kind": _text("DetailType"), "description": _text("Description"), "amount": _amount("Amount")}
_MAY_BE_COPIED = ("shipping address",)
"""Compared with another field of the same version: if only that one was changed, this one was not."""
_ZERO_IS_NONE = ("tax", "deposit")
_QUICKBOOKS_OWN = ("exchange rate",)
"""Written with the value of QuickBooks' own table."""
_STATED: Fields = {"tax by rate": _stated_taxes}
"""The value in a written body, where an answer has it in another form."""
_SAID: Fields = {"description": _text("Description")}
_KINDS = {"SalesItemLineDetail": _SALE, "DiscountLineDetail": _DISCOUNT, TEXT: _SAID}


def _fields(fields: Fields, before: str, currency: str, then: Raw, now: Raw, wrote: Raw | None) -> Iterator[Difference]:
    for name, read in fields.items():
        old, new = read(then, currency), read(now, currency)
        same = _SAME.get(name, read)
        if name in _MAY_BE_COPIED and old == new:
            continue
        if same(then, currency) != same(now, currency):
            chosen = bool(same(then, currency) if name in _ZERO_IS_NONE else old)
            stated = _STATED.get(name, read)
            left_open = wrote is not None and (name in _QUICKBOOKS_OWN or not stated(wrote, currency))
            yield Difference(before + name, old or NONE, new or NONE, chosen and left_open)


_LEFT_ALONE = ("number", "billing address", "shipping address", "terms", "due date")
"""Fields that an update leaves unchanged unless its body states them; all others are cleared or recalculated."""


def left_alone(then: Raw, now: Raw, wrote: Raw) -> tuple[Difference, ...]:
    """From `differences`, the fields that an update by the body `wrote` does not change."""
    moved = _ref(then, "CustomerRef") != _ref(now, "CustomerRef")  # then addresses change as well
    fields = [each for each in _LEFT_ALONE if not _HEAD[each](wrote, "") and not (moved and "address" in each)]
    return tuple(each for each in differences(then, now, wrote) if each.field in fields)


def _unless_zero(*path: str) -> Callable[[Raw, str], str]:
    read = _number(*path)

    def found(raw: Raw, currency: str) -> str:
        digits = read(raw, currency)
        return "" if digits == "0" else digits

    return found


def _same_place(key: str) -> Callable[[Raw, str], str]:
    return lambda raw, _currency: address_words(raw.get(key))


def _same_receivers(key: str) -> Callable[[Raw, str], str]:
    return lambda raw, currency: same_addresses(_text(key, "Address")(raw, currency))


def _shipped(raw: Raw, _currency: str) -> str:
    """QuickBooks may copy the billing address into an invoice without a shipping address."""
    bill, ship = address_words(raw.get("BillAddr")), address_words(raw.get("ShipAddr"))
    return "" if ship == bill else ship


_SAME: Fields = {
    "tax": _unless_zero("TxnTaxDetail", "TotalTax"),
    "deposit": _unless_zero("Deposit"),
    "exchange rate": lambda raw, _currency: same_rate(raw.get("ExchangeRate")),
    "amounts are": lambda raw, currency: _text("GlobalTaxCalculation")(raw, currency) or "TaxExcluded",
    "billing address": _same_place("BillAddr"),
    "shipping address": _shipped,
    "billing e-mail": _same_receivers("BillEmail"),
    "copy to": _same_receivers("BillEmailCc"),
    "terms": _text("SalesTermRef", "value"),
    "discount account": _text("DiscountLineDetail", "DiscountAccountRef", "value"),
    "tax code of the invoice": _text("TxnTaxDetail", "TxnTaxCodeRef", "value"),
    "customer": _text("CustomerRef", "value"),
    "product/service": _text("SalesItemLineDetail", "ItemRef", "value"),
    "tax code": lambda raw, currency: _text(str(raw.get("DetailType")), "TaxCodeRef", "value")(raw, currency),
    "class": _text("SalesItemLineDetail", "ClassRef", "value"),
}
"""The value to compare where it differs from the shown one: a renamed object is the same one."""


def _lines(currency: str, then: Raw, now: Raw, wrote: Raw | None) -> Iterator[Difference]:
    old_ids, new_ids = ([line.get("Id") for line in _sales(raw)] for raw in (then, now))
    if old_ids != new_ids and set(old_ids) == set(new_ids):
        old_names, new_names = ("; ".join(_title(line, currency) for line in _sales(raw)) for raw in (then, now))
        yield Difference("order of the lines", old_names, new_names)
    written = {line.get("Id"): body for line, body in zip(_sales(then), _sales(wrote or {}), strict=False)}
    for place, (old, new) in enumerate(_pairs(_sales(then), _sales(now)), 1):
        if old is None or new is None:
            yield Difference(f"line {place}", _whole(old, currency), _whole(new, currency))
            continue
        kind = str(new.get("DetailType"))
        fields = _KINDS.get(kind, _OTHER) if old.get("DetailType") == kind else _OTHER
        yield from _fields(fields, f"line {place} ", currency, old, new, written.get(old.get("Id")))


def _sales(raw: Raw) -> list[Raw]:
    return [line for line in raw.get("Line") or [] if line.get("DetailType") != "SubTotalLineDetail"]


def _pairs(then: list[Raw], now: list[Raw]) -> Iterator[tuple[Raw | None, Raw | None]]:
    """Matching lines: by QuickBooks' id of the line, else by position among the remaining ones."""
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
