"""Functions for templates: texts that are escaped as a whole, and amounts in the current language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from markupsafe import Markup, escape
from werkzeug import Request, Response
from werkzeug.utils import redirect

from onedesk_quickbooks.plugin.texts.language import LANGUAGES, current, language
from onedesk_quickbooks.plugin.texts.message import capitalized, count, say
from onedesk_quickbooks.plugin.texts.numbers import decimal, money, percent

__all__ = (
    "choose",
    "decimal",
    "inside",
    "kept_choice",
    "money",
    "percent",
    "plural",
    "shown",
    "speaking",
    "text",
    "to_templates",
)
_COOKIE = "onedesk-language"

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def speaking(app: Wsgi, language_of: Callable[[Mapping[str, Any]], str]) -> Wsgi:
    """The application with the current language set for each request."""

    def call(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        with language(language_of(environ)):
            return app(environ, start)

    return call


def choose(asked: Request) -> Response:
    """The response to the language form: the browser stores the choice for a year, for all pages, and returns to its
    page."""
    answer = redirect(inside(asked.form.get("back", "")) or "/", 303)
    code = asked.form.get("language", "")
    if code in LANGUAGES:
        answer.set_cookie(_COOKIE, code, max_age=365 * 86400, httponly=True, samesite="Lax", secure=asked.is_secure)
    return answer


def kept_choice(environ: Mapping[str, Any]) -> str:
    """The choice that is stored in this browser, "" if there is none."""
    return Request(dict(environ)).cookies.get(_COOKIE, "")


def inside(back: str) -> str:
    """The path to return to, "" if it leads out of the host."""
    within = back.startswith("/") and not back.startswith(("//", "/\\")) and "\n" not in back and "\r" not in back
    return back if within else ""


def text(message: str, /, **values: Any) -> Markup:
    """A literal text in the current language; values are escaped unless they are markup."""
    found = escape(say(message))
    return found.format_map({name: shown(value) for name, value in values.items()}) if values else found


def plural(singular: str, several: str, number: int, /, **values: Any) -> Markup:
    """The form for a number, ``{n}`` in both texts. French uses the singular for zero too."""
    one = number in (0, 1) if current() == "fr" else number == 1
    return text(singular if one else several, n=count(number), **values)


def shown(value: Any) -> Any:
    """A value within a sentence: markup unchanged, other texts in the current language."""
    return value if isinstance(value, Markup) else say(value)


def to_templates() -> Mapping[str, Callable[..., Any] | Mapping[str, str]]:
    """Names that templates have in addition to their own."""
    return {
        "_": text,
        "as_written": decimal,
        "capitalized": capitalized,
        "count": count,
        "decimal": decimal,
        "languages": LANGUAGES,
        "percent": percent,
        "plural": plural,
        "say": say,
    }
