"""JSON text and amounts: numbers are `Decimal` both ways, no float ever stands in between."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import simplejson

Body = dict[str, Any]
"""One QuickBooks object, keys as on the wire."""

CENT = Decimal("0.01")
ZERO = Decimal(0)

_encode = simplejson.JSONEncoder(use_decimal=True, ensure_ascii=False, separators=(",", ":")).encode
_decode = simplejson.JSONDecoder(parse_float=Decimal).decode


def dumps(value: Any) -> str:
    """JSON text, compact, `Decimal("100.00")` as `100.00` (qbo-api.md section 2, general rules)."""
    return _encode(value)


def loads(text: str) -> Any:
    """The value of a JSON text. Raises ValueError (simplejson's JSONDecodeError) when it is not JSON, or too deep."""
    try:
        return _decode(text)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def money(value: Decimal | int) -> Decimal:
    """Two decimals, rounded half up; nothing is a bare `0` on the wire, and an int when it is read again."""
    rounded = Decimal(value).quantize(CENT, ROUND_HALF_UP)
    return rounded if rounded else ZERO


def number(value: Any) -> Decimal:
    """A stored number as Decimal; nothing counts as zero."""
    if value is None:
        return ZERO
    return value if isinstance(value, Decimal) else Decimal(str(value))


def cents(value: Any) -> int | None:
    """An amount in hundredths, as it is indexed; None stays None."""
    return None if value is None else int((number(value) * 100).to_integral_value(ROUND_HALF_UP))


def ref(value: str, name: str | None = None) -> Body:
    """A reference as it is answered."""
    return {"value": value} if name is None else {"value": value, "name": name}


def ref_id(body: Body, key: str) -> str:
    """The id that a reference field holds, or an empty string."""
    held = body.get(key)
    return str(held.get("value", "")) if isinstance(held, dict) else ""
