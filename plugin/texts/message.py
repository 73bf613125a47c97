"""A text that can be said in each language, and numbers as a language writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from onedesk_quickbooks.plugin.texts.language import ENGLISH, LANGUAGES, current


class Text(str):
    """English by itself; `say` gives it in another language. Values may be texts in their turn."""

    __slots__ = ("message", "values")

    message: str
    values: Mapping[str, Any]

    def __new__(cls, message: str, /, **values: Any) -> Text:
        """`message` is the English text, with ``{name}`` for each of `values`: a literal, so that it stands in the
        catalogue."""
        made = super().__new__(cls, message.format_map(values) if values else message)
        made.message, made.values = message, values
        return made


def joined(separator: str, texts: Iterable[str]) -> Text:
    """Several texts in one; its message is none of the catalogue's."""
    parts = {f"t{place}": text for place, text in enumerate(texts)}
    return Text(separator.join(f"{{{name}}}" for name in parts), **parts)


def say(text: object, code: str | None = None) -> str:
    """`text` in a language (the current one); as it is where the catalogue lacks it."""
    code = current() if code is None else code
    if code == ENGLISH or code not in LANGUAGES:
        return str(text)
    if isinstance(text, Text):
        found = _catalogue(code).get(text.message, text.message)
        return (
            found.format_map({name: say(value, code) for name, value in text.values.items()}) if text.values else found
        )
    return _catalogue(code).get(str(text), str(text))


def text_of(problem: object) -> str:
    """What an exception says, in the current language."""
    return say(problem.args[0]) if isinstance(problem, Exception) and problem.args else say(problem)


def gettext(message: str, /, **values: Any) -> str:
    """A literal text in the current language."""
    return say(Text(message, **values))


def ngettext(singular: str, plural: str, number: int, /, **values: Any) -> str:
    """The form for a number, which both texts have as ``{n}``. French has the singular for zero, too."""
    one = number in (0, 1) if current() == "fr" else number == 1
    return say(Text(singular if one else plural, n=count(number), **values))


def count(number: int) -> str:
    """A number of things, with its thousands apart."""
    grouped = f"{number:,}"
    return grouped if current() == ENGLISH else grouped.replace(",", "\u202f")


@cache
def _catalogue(code: str) -> Mapping[str, str]:
    """English text to translation. The file is a gettext catalogue (PO)."""
    from babel.messages.pofile import read_po

    with resources.files(__package__).joinpath(f"{code}.po").open("rb") as file:
        read = read_po(file, locale=code)
    return {str(each.id): str(each.string) for each in read if each.id and each.string and not each.fuzzy}
