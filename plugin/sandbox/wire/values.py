"""JSON text and amounts: numbers are `Decimal` in both directions, without floats in between."""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

import simplejson

from onedesk_quickbooks.plugin.sandbox.wire.faults import refusal

Body = dict[str, Any]
"""One QuickBooks object, with keys as on the wire."""

CENT = Decimal("0.01")
ZERO = Decimal(0)

ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML cannot hold, halves of a pair among them."""
_MOST_DIGITS = 15
_MOST_KEPT = 30
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?=$|[T Z+-])")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?([+-][0-9]{2}:[0-9]{2})?)?"
)

_encode = simplejson.JSONEncoder(use_decimal=True, ensure_ascii=False, separators=(",", ":")).encode
_decode = simplejson.JSONDecoder(parse_float=Decimal).decode


def _decimal(text: str) -> Decimal:
    """A number of a request; one that is too large for a Decimal becomes a value that its field refuses."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= _MOST_KEPT else _decimal(text)


_decode_sent = simplejson.JSONDecoder(parse_float=_decimal, parse_int=_integer).decode


def dumps(value: Any) -> str:
    """JSON text, compact, `Decimal("100.00")` as `100.00` (qbo-api.md section 2, general rules)."""
    return _encode(value)


def loads(text: str) -> Any:
    """The value of a JSON text. Raises ValueError (simplejson's JSONDecodeError) when it is not JSON, or too deep."""
    try:
        return _decode(text)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def loads_sent(text: str) -> Any:
    """The value of a request's JSON text; numbers of any size are accepted. Raises ValueError as `loads`."""
    try:
        return _decode_sent(text)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def check_sent(value: Any, key: str = "") -> None:
    """Raise Refused 2040 and 2110 for a text or a number, at any depth, that an answer cannot contain."""
    if isinstance(value, str):
        if ILLEGAL.search(value):
            raise refusal("2040", f"Invalid String. Supplied value has invalid characters: {key}", key)
    elif isinstance(value, dict):
        for name, each in value.items():
            if ILLEGAL.search(name):
                raise refusal("2040", "Invalid String. The name of a property has invalid characters")
            check_sent(each, name)
    elif isinstance(value, list):
        for each in value:
            check_sent(each, key)
    elif isinstance(value, (float, Decimal)):
        got = number(value)
        if not got.is_finite() or got.adjusted() > _MOST_KEPT:
            raise bad_number(value, key)


def bad_number(value: Any, key: str) -> Exception:
    """2110: an invalid number, or one with too many digits."""
    return refusal("2110", f"Invalid Decimal. Supplied value:{str(value)[:50]}", key)


def read_day(text: str) -> str:
    """The date at the start of a date or a time: YYYY-MM-DD. Raises ValueError."""
    if not _DAY.match(text):
        raise ValueError(f"{text} is not YYYY-MM-DD")
    return date.fromisoformat(text[:10]).isoformat()


def read_moment(text: str) -> datetime:
    """A date, or a time with or without offset (then UTC). Raises ValueError."""
    text = re.sub(r"(\.\d{1,6})\d*", r"\1", text.strip().replace(" ", "+") if "T" in text else text.strip())
    text = re.sub(r"[Zz]$", "+00:00", text)
    text = re.sub(r"\.(\d+)", lambda match: f".{match.group(1):0<6}", text)
    text = re.sub(r"([+-]\d{2})(\d{2})$", r"\1:\2", text) if "T" in text else text
    if not _MOMENT.fullmatch(text):
        raise ValueError(f"{text} is no time")
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def money(value: Decimal | int) -> Decimal:
    """Two decimals, rounded half up; zero is a bare `0` on the wire, and an int when it is read again.

    Raises Refused 2110 for an amount, possibly a calculated one, of more than 15 digits before its point.
    """
    held = Decimal(value)
    if held.adjusted() >= _MOST_DIGITS and held:
        raise bad_number(held, "Amount")
    rounded = held.quantize(CENT, ROUND_HALF_UP)
    return rounded if rounded else ZERO


def number(value: Any) -> Decimal:
    """A stored number as Decimal; a missing one is zero."""
    if value is None:
        return ZERO
    return value if isinstance(value, Decimal) else Decimal(str(value))


def cents(value: Any) -> int | None:
    """An amount in hundredths, for the index; None stays None."""
    return None if value is None else int((number(value) * 100).to_integral_value(ROUND_HALF_UP))


def ref(value: str, name: str | None = None) -> Body:
    """A reference in an answer."""
    return {"value": value} if name is None else {"value": value, "name": name}


def ref_id(body: Body, key: str) -> str:
    """The id in a reference field, or an empty string."""
    held = body.get(key)
    return str(held.get("value", "")) if isinstance(held, dict) else ""
