"""In what two versions of an invoice differ, as part of a sentence."""

from __future__ import annotations

from collections.abc import Sequence

TAX, TOTAL, DEPOSIT = "tax", "total", "deposit"
"""Names of fields that stand for themselves."""
_FEW = 4
"""So many fields a sentence names, the total among them; `queue show` has all."""
_LONG = 60
"""So many characters of a value a sentence shows."""

Version = tuple[str, str, str]
"""One field that differs: its name, OneDesk's value and QuickBooks', as people read them."""


def described(found: Sequence[Version]) -> str:
    """The fields that differ, each with both values; the sentence's full stop is left to the caller."""
    told = [f"{field}: OneDesk {_short(own)}, QuickBooks {_short(theirs)}" for field, own, theirs in found]
    if not told:
        return "in what is not shown here"
    more = len(told) - _FEW
    total = [text for (field, _, _), text in zip(found, told, strict=True) if field == TOTAL]
    first = told[:_FEW] if not total or total[0] in told[:_FEW] else [*told[: _FEW - 1], *total]
    return "; ".join([*first, *([f"and {more} more"] if more > 0 else [])]).removesuffix(".")


def _short(value: str) -> str:
    text = " ".join(value.split())
    return text if len(text) <= _LONG else text[: _LONG - 1] + "…"
