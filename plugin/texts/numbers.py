"""Numbers and amounts in the form of a language; no digit is lost."""

from __future__ import annotations

import re

from onedesk_quickbooks.plugin.texts.language import ENGLISH, current

_THIN, _WIDE = "\u202f", "\u00a0"
_THOUSANDS = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))")


def decimal(digits: object, code: str | None = None) -> str:
    """A decimal string with all its digits, in the form of a language (by default the current one): ``1234.50`` is ``1
    234,50`` in French."""
    written = str(digits)
    english = (current() if code is None else code) == ENGLISH
    if english or not written.removeprefix("-").replace(".", "", 1).isdecimal():
        return written
    whole, _, rest = written.partition(".")
    sign, whole = ("−", whole[1:]) if whole.startswith("-") else ("", whole)
    return sign + f"{int(whole):,}".replace(",", _THIN) + (f",{rest}" if rest else "")


def typed(text: str) -> str:
    """User input as a decimal string if it is a number in the current language; French has a comma, and spaces between
    thousands."""
    if current() == ENGLISH:
        return text
    return _THOUSANDS.sub("", text).replace(",", ".", 1).replace("−", "-", 1)


def money(amount: object, code: str | None = None) -> str:
    """An amount with its currency, given as ``1234.50 CAD``; without a currency it is a number."""
    digits, _, currency = str(amount).partition(" ")
    if not currency:
        return decimal(digits, code)
    space = " " if (current() if code is None else code) == ENGLISH else _WIDE
    return f"{decimal(digits, code)}{space}{currency}"


def percent(rate: object) -> str:
    """A rate as ``8.25 %``, or ``8,25 %``."""
    return f"{decimal(rate)}{' ' if current() == ENGLISH else _WIDE}%"
