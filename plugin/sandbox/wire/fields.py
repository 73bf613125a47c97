"""The kinds of fields of entities, and how they read the values of a request.

Reading refuses what QuickBooks refuses: unknown properties (2010), lengths (2050), dates (2060), numbers (2110),
enumerations (2170), e-mail addresses (2210). Read-only fields are dropped silently (qbo-api.md section 2, general
rules).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from onedesk_quickbooks.plugin.sandbox.wire.faults import refusal, too_long
from onedesk_quickbooks.plugin.sandbox.wire.tables import table
from onedesk_quickbooks.plugin.sandbox.wire.values import ILLEGAL, Body, bad_number, check_sent, read_day

Shape = Mapping[str, "Field"]

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_MOST_DIGITS, _MOST_PLACES = 10, 30
"""Digits of a number before its point (the contract's 10.5 format) and, as clients compute them, after it."""
_URL = re.compile(r"(https?://)?[^\s/.]+(\.[^\s/.]+)+(/\S*)?")


class Field(NamedTuple):
    """One property: how it is read, its maximum length, what it refers to, whether it can be written."""

    kind: str
    limit: int = 0
    shape: Shape | None = None
    target: str = ""
    choices: tuple[str, ...] = ()
    readonly: bool = False


def text(limit: int = 0, readonly: bool = False) -> Field:
    return Field("text", limit=limit, readonly=readonly)


def choice(*choices: str) -> Field:
    return Field("choice", choices=choices)


def ref_to(target: str, readonly: bool = False) -> Field:
    return Field("ref", target=target, readonly=readonly)


def group(shape: Shape) -> Field:
    return Field("object", shape=shape)


def many(shape: Shape) -> Field:
    return Field("list", shape=shape)


NUMBER = Field("number")
BOOL = Field("bool")
DATE = Field("date")
EMAIL = Field("email", limit=100)
URL = Field("url", limit=1000)
ANY = Field("any")
READ_ONLY = Field("any", readonly=True)


def read_object(body: Any, shape: Shape, name: str, kind: str = "") -> Body:
    """The writable part of a request object, with values in their stored form. Raises Refused.

    `kind` is its class in Intuit's schema (by default `name`): properties that the class has and `shape` has not are
    ignored.
    """
    if not isinstance(body, dict):
        raise refusal("2010", f"Property Name:Can not deserialize instance of {name} specified is unsupported")
    clean: Body = {}
    known = table(kind or name)
    for key, value in body.items():
        field = shape.get(key)
        if field is None:
            if key not in known:
                raise _unknown(key, {**known, **shape}, name)
        elif value is not None and not field.readonly and not (value == "" and field.kind in _NOT_GIVEN):
            part = known[key].type if key in known else ""
            clean[key] = _part(value, field, key, part) if field.shape else _READERS[field.kind](value, field, key)
    return clean


_NOT_GIVEN = ("bool", "ref")
"""Kinds of fields in which an empty text means no value."""


def _part(value: Any, field: Field, key: str, kind: str) -> Body | list[Body]:
    """The value of a part of an object: one object, or a list of them."""
    if field.kind == "object":
        return read_object(value, field.shape or {}, key, kind)
    held = value if isinstance(value, list) else [value]
    return [read_object(each, field.shape or {}, key, kind) for each in held]


def merged(old: Body, change: Body, sparse: bool, shape: Shape) -> Body:
    """The draft of an update: sparse keeps properties that are not named, full empties them; `""` clears (qbo-api.md
    3.3, 3.4).

    Empty values are not returned, at any depth; an empty DocNumber is kept for the numbering.
    """
    kept = old if sparse else {}
    draft = {key: value for key, value in kept.items() if key in shape and not shape[key].readonly}
    draft.update({key: _filled(value) for key, value in change.items()})
    return {key: value for key, value in draft.items() if value not in _EMPTY or (key, value) == ("DocNumber", "")}


_EMPTY: tuple[Any, ...] = ("", {}, None)


def _filled(value: Any) -> Any:
    """A value without its empty parts; the details of a line are kept, since they determine its type."""
    if isinstance(value, list):
        return [_filled(each) for each in value]
    if not isinstance(value, dict):
        return value
    parts = {key: _filled(each) for key, each in value.items()}
    return {key: each for key, each in parts.items() if each not in _EMPTY or key.endswith("Detail")}


def _unknown(key: str, shape: Mapping[str, Any], name: str) -> Exception:
    known = ", ".join(f'"{each}"' for each in shape)
    return refusal(
        "2010",
        f'Property Name:Unrecognized field "{key}" (class com.intuit.schema.finance.v3.{name}), not marked as '
        f"ignorable ({len(shape)} known properties: {known}]) specified is unsupported or invalid",
    )


def _text(value: Any, field: Field, key: str) -> str:
    if isinstance(value, bool):
        value = "true" if value else "false"
    if not isinstance(value, (str, int, Decimal)):
        raise refusal("2010", f"Property Name:{key} specified is unsupported or invalid", key)
    got = str(value)
    if field.limit and len(got) > field.limit:
        raise too_long(key, field.limit, got)
    if ILLEGAL.search(got):
        raise refusal("2040", f"Invalid String. Supplied value has invalid characters: {key}", key)
    return got


def _number(value: Any, field: Field, key: str) -> Decimal:
    try:
        got = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        got = Decimal("NaN")
    if not got.is_finite() or (got and got.adjusted() >= _MOST_DIGITS) or not _places(got) <= _MOST_PLACES:
        raise bad_number(value, key)
    return got.quantize(Decimal(1)) if _places(got) < 0 else got


def _places(value: Decimal) -> int:
    """Digits after the decimal point; negative if an exponent stands for digits before it."""
    return -int(value.as_tuple().exponent)


def _bool(value: Any, field: Field, key: str) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise refusal("2010", f"Property Name:{key} specified is unsupported or invalid", key)


def _date(value: Any, field: Field, key: str) -> str:
    got = str(value)[:10]
    try:
        return read_day(str(value)) if got else ""
    except ValueError:
        code = "2070" if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}($|[T Z+-])", str(value)) else "2060"
        raise refusal(code, f"Invalid Date. Supplied value:{value}", key) from None


def _choice(value: Any, field: Field, key: str) -> str:
    if value != "" and value not in field.choices:
        raise refusal("2170", f"Invalid Enumeration : {value}", key)
    return str(value)


def _ref(value: Any, field: Field, key: str) -> Body:
    if not isinstance(value, dict) or set(value) - {"value", "name", "type"}:
        raise refusal("2010", f"Property Name:{key} specified is unsupported or invalid", key)
    held = value.get("value")
    return {"value": "" if held is None else _text(held, field, key)}


def _entity(value: Any, field: Field, key: str) -> Body:
    """A reference to an entity of any kind: `{"type": "Invoice", "value": "1"}`."""
    if not isinstance(value, dict) or set(value) - {"value", "name", "type"}:
        raise refusal("2010", f"Property Name:{key} specified is unsupported or invalid", key)
    return {"value": _text(value.get("value", ""), field, key), "type": _text(value.get("type", ""), field, key)}


def is_email(text: str) -> bool:
    """Whether a text is an e-mail address, or several separated by commas."""
    return all(_EMAIL.fullmatch(each.strip()) for each in text.split(","))


def _email(value: Any, field: Field, key: str) -> str:
    got = _text(value, field, key).strip()
    if got and not is_email(got):
        raise refusal("2210", "Email Address does not conform to the syntax rules of RFC 822.", key)
    return got


def _url(value: Any, field: Field, key: str) -> str:
    got = _text(value, field, key).strip()
    if got and not _URL.fullmatch(got):
        raise refusal("2200", f"Invalid URL Format : {got}", key)
    return got


def _memo(value: Any, field: Field, key: str) -> Body:
    """An object `{value}` in JSON (qbo-api.md 2.1, CustomerMemo)."""
    if not isinstance(value, dict) or set(value) - {"value", "id"}:
        raise refusal("2010", f"Property Name:{key} specified is unsupported or invalid", key)
    return {"value": _text(value.get("value", ""), field, key)}


def _any(value: Any, field: Field, key: str) -> Any:
    check_sent(value, key)
    return value


_READERS: dict[str, Callable[[Any, Field, str], Any]] = {
    "text": _text,
    "number": _number,
    "bool": _bool,
    "date": _date,
    "choice": _choice,
    "ref": _ref,
    "entity": _entity,
    "email": _email,
    "url": _url,
    "any": _any,
    "memo": _memo,
}
