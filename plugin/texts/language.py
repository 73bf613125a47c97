"""The language of a page or a command."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

ENGLISH = "en"
LANGUAGES: Mapping[str, str] = {ENGLISH: "English", "fr": "Français"}
"""Each language under its ISO 639-1 code, by its own name."""

_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


def current() -> str:
    """The language of this thread or asyncio context; English by default."""
    return _language.get()


@contextmanager
def language(code: str) -> Iterator[None]:
    """A context with this language; English if it is not supported."""
    before = _language.set(code if code in LANGUAGES else ENGLISH)
    try:
        yield
    finally:
        _language.reset(before)


def chosen(user: str, browser: str, company: str = ENGLISH) -> str:
    """The user's choice if there is one, else the browser's first choice that is supported (its ``Accept-Language``
    header, RFC 9110 section 12.5.4), else the company's language."""
    if user in LANGUAGES:
        return user
    liked = []
    for place, part in enumerate(browser.split(",")[:20]):
        tag, _, rest = part.strip().lower().partition(";")
        code = tag.split("-")[0].strip()
        if code in LANGUAGES and (quality := _quality(rest)) > 0:
            liked.append((-quality, place, code))
    return min(liked)[2] if liked else company if company in LANGUAGES else ENGLISH


def of_environment(environ: Mapping[str, str]) -> str:
    """The language of this environment, by gettext's rules: LANGUAGE (several, in order of preference), LC_ALL,
    LC_MESSAGES or LANG, whichever is set first."""
    value = next((environ[name] for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    spoken = (re.split(r"[_.@-]", each, maxsplit=1)[0].lower() for each in value.split(":"))
    return next((code for code in spoken if code in LANGUAGES), ENGLISH)


def _quality(rest: str) -> float:
    name, _, value = rest.strip().partition("=")
    try:
        return min(1.0, float(value)) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
