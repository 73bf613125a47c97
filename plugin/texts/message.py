"""Translatable texts, and numbers in the form of a language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import zip_longest
from typing import Any

from onedesk_quickbooks.plugin.texts.language import ENGLISH, LANGUAGES, current
from onedesk_quickbooks.plugin.texts.numbers import money

_COMMAND_LAST = re.compile(r"onedesk-quickbooks (?:(?![.!?;:] ).)*[^.!?;:)]$")


class Amount(str):
    """Digits, optionally followed by a currency: `say` formats them for a language."""

    __slots__ = ()


class Text(str):
    """An English string that `say` translates. Values are translated too if they are texts or amounts; a plain string
    stays as it is: a name, for example."""

    __slots__ = ("message", "values")

    message: str
    values: Mapping[str, str]

    def __new__(cls, message: str, /, **values: object) -> Text:
        """`message` is the English text, with ``{name}`` for each of `values`: a literal, so that it is extracted into
        the catalogue. A value with a method ``__text__`` is replaced by its result."""
        kept = {name: value if isinstance(value, str) else _kept(value) for name, value in values.items()}
        made = super().__new__(cls, message.format_map(kept) if kept else message)
        made.message, made.values = message, kept
        return made

    def __add__(self, other: str) -> Text:
        return joined("", (self, other))

    def __radd__(self, other: str) -> Text:
        return joined("", (other, self))

    def said(self, code: str) -> str:
        """The text in a language that has a catalogue."""
        found = _catalogue(code).get(self.message, self.message)
        if not self.values:
            return found
        return found.format_map({name: _within(value, code) for name, value in self.values.items()})


class Capital(Text):
    """A text at the start of a sentence."""

    __slots__ = ()

    def __new__(cls, text: str, /) -> Capital:
        """`text` starts with a lower-case letter."""
        made = str.__new__(cls, capitalized(text))
        made.message, made.values = "{text}", {"text": text}
        return made

    def said(self, code: str) -> str:
        """The text in a language that has a catalogue."""
        return capitalized(_within(self.values["text"], code))


def capitalized(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def _kept(value: object) -> str:
    text = getattr(value, "__text__", None)
    return str(value) if text is None else text()


def joined(separator: str, texts: Iterable[str]) -> Text:
    """Several texts in one; its message is not in the catalogue. Joined by a space, a sentence that ends with a command
    gets a full stop before the next one: otherwise that would be read as arguments of the command."""
    given = list(texts)
    if separator == " ":
        given = [
            ended(each) if after and after[0] != "(" and _COMMAND_LAST.search(each) else each
            for each, after in zip_longest(given, given[1:])
        ]
    parts = {f"t{place}": text for place, text in enumerate(given)}
    if not isinstance(separator, Text):
        return Text(separator.join(f"{{{name}}}" for name in parts), **parts)
    return Text("{by}".join(f"{{{name}}}" for name in parts), by=separator, **parts)


def listed(texts: Iterable[str], last: str = Text(" and ")) -> Text:
    """Several texts as in a sentence: separated by commas, with `last` before the last one."""
    *some, end = (*texts,) or ("",)
    return joined(last, (joined(", ", some), end)) if some else joined("", (end,))


def ended(text: str) -> str:
    """The text with a full stop, unless it ends with punctuation."""
    return text if not text or text.endswith((".", "!", "?")) else joined("", (text, "."))


def shown(value: object) -> str:
    """A value in the form for people: a text or an amount in the current language, a name as it is."""
    return _within(value if isinstance(value, str) else _kept(value), current())


def say(text: object, code: str | None = None) -> str:
    """`text` in a language (by default the current one); unchanged if the catalogue does not have it."""
    code = current() if code is None else code
    if code == ENGLISH or code not in LANGUAGES:
        return str(text)
    if isinstance(text, (Text, Amount)):
        return _within(text, code)
    return _catalogue(code).get(str(text), str(text))


def _within(value: str, code: str) -> str:
    if code == ENGLISH:
        return str(value)
    if isinstance(value, Text):
        return value.said(code)
    return money(value, code) if isinstance(value, Amount) else value


def parts_of(text: Text) -> tuple[str, ...]:
    """The sentences that are joined by spaces in a text; the text itself if it is one."""
    parts = tuple(text.values.values())
    if not parts or text.message != " ".join(f"{{t{place}}}" for place in range(len(parts))):
        return (text,)
    return tuple(part for each in parts for part in (parts_of(each) if isinstance(each, Text) else (each,)))


def replaced(text: str, old: str, new: str) -> str:
    """The text with the value replaced wherever a value contains `old`; also for a plain string."""
    if isinstance(text, Capital):
        return Capital(replaced(text.values["text"], old, new))
    if isinstance(text, Text):
        return Text(text.message, **{name: replaced(value, old, new) for name, value in text.values.items()})
    return text.replace(old, new) if old in text else text


def as_json(text: str) -> Any:
    """The parts of a text, for `from_json`; a plain string is returned unchanged."""
    if isinstance(text, Capital):
        return {"capital": as_json(text.values["text"])}
    if isinstance(text, Text):
        return {"message": text.message, "values": {name: as_json(value) for name, value in text.values.items()}}
    return {"amount": str(text)} if isinstance(text, Amount) else str(text)


def from_json(kept: Any) -> str:
    """The text that was given to `as_json`."""
    if isinstance(kept, str):
        return kept
    if "capital" in kept:
        return Capital(from_json(kept["capital"]))
    if "amount" in kept:
        return Amount(kept["amount"])
    return Text(kept["message"], **{name: from_json(value) for name, value in kept["values"].items()})


def text_in(problem: object) -> str:
    """The text of an exception, or a plain string."""
    found = problem.args[0] if isinstance(problem, Exception) and problem.args else problem
    return found if isinstance(found, str) else str(problem)


def text_of(problem: object) -> str:
    """The message of an exception, in the current language."""
    return say(problem.args[0]) if isinstance(problem, Exception) and problem.args else say(problem)


def gettext(message: str, /, **values: Any) -> str:
    """A literal text in the current language."""
    return say(Text(message, **values))


def ngettext(singular: str, plural: str, number: int, /, **values: Any) -> str:
    """The literal text for a number, ``{n}`` in both, in the current language."""
    return form(singular, plural, number, **values)


def form(singular: str, plural: str, number: int, /, **values: Any) -> str:
    """The same for texts that are already in the catalogue. French uses the singular for zero too."""
    one = number in (0, 1) if current() == "fr" else number == 1
    return say(Text(singular if one else plural, n=count(number), **values))


def count(number: int) -> str:
    """A number with separators between thousands."""
    grouped = f"{number:,}"
    return grouped if current() == ENGLISH else grouped.replace(",", "\u202f")


@cache
def _catalogue(code: str) -> Mapping[str, str]:
    """English text to translation. The file is a gettext catalogue (PO)."""
    from importlib import resources

    from babel.messages.pofile import read_po

    with resources.files(__package__).joinpath(f"{code}.po").open("rb") as file:
        read = read_po(file, locale=code)
    return {str(each.id): str(each.string) for each in read if each.id and each.string and not each.fuzzy}
