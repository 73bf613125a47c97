"""The language of the pages, by the browser: English in the templates, French from a file of the data folder."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from decimal import Decimal
from functools import cache

from werkzeug.wrappers import Request

from onedesk_quickbooks.plugin.sandbox.wire.data import read_data

_WHOLE = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split())
_THOUSANDTHS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
_LANGUAGES = ("en", "fr")
_LANGUAGE: ContextVar[str] = ContextVar("language", default="en")


def set_language(request: Request) -> None:
    """Set the language of this thread to the browser's preference."""
    _LANGUAGE.set(request.accept_languages.best_match(_LANGUAGES, "en"))


def language() -> str:
    """The current language."""
    return _LANGUAGE.get()


def text(english: str, **values: object) -> str:
    """A text in the current language, with its values."""
    found = _french().get(english, english) if language() == "fr" else english
    return found.format(**values) if values else found


def amount(value: Decimal, currency: str = "", thousands: bool = True) -> str:
    """An amount in the format of the language, with the decimals of its currency, or two if it has a fraction; with
    thousands separators."""
    english = f"{value:,.{decimals(value, currency)}f}" if thousands else f"{value:.{decimals(value, currency)}f}"
    return english.replace(",", "\u202f").replace(".", ",") if language() == "fr" else english


def decimals(value: Decimal, currency: str) -> int:
    """The number of decimals of an amount."""
    if currency in _WHOLE and value == int(value):
        return 0
    return 3 if currency in _THOUSANDTHS else 2


def digits(value: object) -> str:
    """A number with all its decimals, in the format of the language."""
    return str(value).replace(".", ",") if language() == "fr" else str(value)


def typed(number: str) -> str:
    """User input in the form that `Decimal` reads."""
    bare = "".join(number.split())
    return bare.replace(",", ".") if language() == "fr" else bare.replace(",", "")


@cache
def _french() -> Mapping[str, str]:
    found: Mapping[str, str] = read_data("pages-fr.json")
    return found
