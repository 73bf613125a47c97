"""The differences of two versions of an invoice, as part of a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from onedesk_quickbooks.plugin.texts import Amount, Text, joined

TAX, TOTAL, DEPOSIT = "tax", "total", "deposit"
"""Names of fields that are used in code."""
_FEW = 4
"""How many fields a sentence names, including the total; `queue show` has all."""
_LONG = 60
"""How many characters of a value a sentence shows."""

Version = tuple[str, str, str]
"""One field that differs: its name, OneDesk's value and QuickBooks', as text for people."""


def described(found: Sequence[Version]) -> str:
    """The fields that differ, each with both values; the caller adds the full stop."""
    if not found:
        return Text("in fields that are not shown here")
    more = len(found) - _FEW
    total = [each for each in found if each[0] == TOTAL]
    first = found[:_FEW] if not total or total[0] in found[:_FEW] else [*found[: _FEW - 1], *total]
    shown = [_shortened(each) for each in first]
    if more > 0:
        shown.append(Text("and {n} more", n=more))
    elif shown[-1].endswith("."):
        field, own, theirs = first[-1]
        shown[-1] = _shortened((field, own, _short(theirs).removesuffix(".")))
    return joined("; ", shown)


def _shortened(found: Version) -> Text:
    field, own, theirs = found
    return version_text((field, _short(own), _short(theirs)))


def version_text(found: Version) -> Text:
    """One field that differs, with both full values."""
    field, own, theirs = found
    values = {"own": value_text(field, own), "theirs": value_text(field, theirs)}
    return Text("{field}: OneDesk {own}, QuickBooks {theirs}", field=field_text(field), **values)


_BEFORE = re.compile(r"(.*) \(QuickBooks had (.*) at the last copy\)", re.DOTALL)
"""A value with the former one (sync/versions.py)."""
_LINE = re.compile(r"line (\d+)(?: (.+))?")
FIELDS = (
    *(Text("number"), Text("customer"), Text("billing address"), Text("shipping address"), Text("billing e-mail")),
    *(Text("copy to"), Text("date"), Text("terms"), Text("due date"), Text("currency"), Text("exchange rate")),
    *(Text("tax"), Text("tax code of the invoice"), Text("tax by rate"), Text("amounts are")),
    *(Text("discount before tax"), Text("total"), Text("deposit"), Text("message to the customer")),
    *(Text("private note"), Text("description"), Text("service date"), Text("product/service"), Text("quantity")),
    *(Text("price"), Text("amount"), Text("tax code"), Text("class"), Text("percent"), Text("discount account")),
    *(Text("kind"), Text("order of the lines")),
)
"""The names of fields in `qbo` (its wire/versions.py), for the catalogues."""


def field_text(field: str) -> str:
    """The name of a field that differs, as a text."""
    of_line = _LINE.fullmatch(field)
    if of_line is None:
        return Text(field)
    if of_line[2]:
        return Text("line {n} {field}", n=of_line[1], field=Text(of_line[2]))
    return Text("line {n}", n=of_line[1])


def value_text(field: str, value: str) -> str:
    """One value of a field, which is stored in English."""
    before = _BEFORE.fullmatch(value)
    if before is not None:
        now, then = (value_text(field, each) for each in before.groups())
        return Text("{now} (QuickBooks had {then} at the last copy)", now=now, then=then)
    if value == "none":
        return Text("none")
    is_amount = field in (TOTAL, DEPOSIT) or field.startswith(TAX)
    return Amount(value) if is_amount else value


def _short(value: str) -> str:
    text = " ".join(value.split())
    return text if len(text) <= _LONG else text[: _LONG - 1] + "…"
