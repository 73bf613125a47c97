"""A text that can be said in each language, and numbers as a language writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from onedesk_quickbooks.plugin.texts.language import ENGLISH, LANGUAGES, current
from onedesk_quickbooks.plugin.texts.numbers import money


class Amount(str):
    """Digits, perhaps with a currency behind them: `say` writes them as a language does."""

    __slots__ = ()


class Text(str):
    """English by itself; `say` gives it in another language. Values are said in their turn where they are texts or
    amounts; a plain string stays as it is: a name, say."""

    __slots__ = ("message", "values")

    message: str
    values: Mapping[str, str]

    def __new__(cls, message: str, /, **values: object) -> Text:
        """`message` is the English text, with ``{name}`` for each of `values`: a literal, so that it stands in the
        catalogue. A value with a method ``__text__`` is kept as what that gives."""
        kept = {name: value if isinstance(value, str) else _kept(value) for name, value in values.items()}
        made = super().__new__(cls, message.format_map(kept) if kept else message)
        made.message, made.values = message, kept
        return made

    def __add__(self, other: str) -> Text:
        return joined("", (self, other))

    def __radd__(self, other: str) -> Text:
        return joined("", (other, self))

    def said(self, code: str) -> str:
        """In a language that has a catalogue."""
        found = _catalogue(code).get(self.message, self.message)
        if not self.values:
            return found
        return found.format_map({name: _within(value, code) for name, value in self.values.items()})


class Capital(Text):
    """A text as a sentence begins."""

    __slots__ = ()

    def __new__(cls, text: str, /) -> Capital:
        """`text` begins with a small letter."""
        made = str.__new__(cls, capitalized(text))
        made.message, made.values = "{text}", {"text": text}
        return made

    def said(self, code: str) -> str:
        """In a language that has a catalogue."""
        return capitalized(_within(self.values["text"], code))


def capitalized(text: str) -> str:
    """Its first letter as a capital one."""
    return text[:1].upper() + text[1:]


def _kept(value: object) -> str:
    text = getattr(value, "__text__", None)
    return str(value) if text is None else text()


def joined(separator: str, texts: Iterable[str]) -> Text:
    """Several texts in one; its message is none of the catalogue's."""
    parts = {f"t{place}": text for place, text in enumerate(texts)}
    if not isinstance(separator, Text):
        return Text(separator.join(f"{{{name}}}" for name in parts), **parts)
    return Text("{by}".join(f"{{{name}}}" for name in parts), by=separator, **parts)


def listed(texts: Iterable[str], last: str = Text(" and ")) -> Text:
    """Several texts as a sentence names them: commas between them, `last` before the last one."""
    *some, end = (*texts,) or ("",)
    return joined(last, (joined(", ", some), end)) if some else joined("", (end,))


def ended(text: str) -> str:
    """A text as a sentence ends."""
    return text if not text or text.endswith((".", "!", "?")) else joined("", (text, "."))


def shown(value: object) -> str:
    """A value as people read it: a text or an amount in the current language, a name as it is."""
    return _within(value if isinstance(value, str) else _kept(value), current())


def say(text: object, code: str | None = None) -> str:
    """`text` in a language (the current one); as it is where the catalogue lacks it."""
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
    """The sentences that a text joins by a space each; itself where it is one."""
    parts = tuple(text.values.values())
    if not parts or text.message != " ".join(f"{{t{place}}}" for place in range(len(parts))):
        return (text,)
    return tuple(part for each in parts for part in (parts_of(each) if isinstance(each, Text) else (each,)))


def replaced(text: str, old: str, new: str) -> str:
    """The text with another value in each place of a value that holds `old`; a plain string likewise."""
    if isinstance(text, Capital):
        return Capital(replaced(text.values["text"], old, new))
    if isinstance(text, Text):
        return Text(text.message, **{name: replaced(value, old, new) for name, value in text.values.items()})
    return text.replace(old, new) if old in text else text


def as_json(text: str) -> Any:
    """What a text was made of, for `from_json`; a plain string is itself."""
    if isinstance(text, Capital):
        return {"capital": as_json(text.values["text"])}
    if isinstance(text, Text):
        return {"message": text.message, "values": {name: as_json(value) for name, value in text.values.items()}}
    return {"amount": str(text)} if isinstance(text, Amount) else str(text)


def from_json(kept: Any) -> str:
    """A text again, as it was given to `as_json`."""
    if isinstance(kept, str):
        return kept
    if "capital" in kept:
        return Capital(from_json(kept["capital"]))
    if "amount" in kept:
        return Amount(kept["amount"])
    return Text(kept["message"], **{name: from_json(value) for name, value in kept["values"].items()})


def text_in(problem: object) -> str:
    """The text that an exception was made with, a plain string itself."""
    found = problem.args[0] if isinstance(problem, Exception) and problem.args else problem
    return found if isinstance(found, str) else str(problem)


def text_of(problem: object) -> str:
    """What an exception says, in the current language."""
    return say(problem.args[0]) if isinstance(problem, Exception) and problem.args else say(problem)


def gettext(message: str, /, **values: Any) -> str:
    """A literal text in the current language."""
    return say(Text(message, **values))


def ngettext(singular: str, plural: str, number: int, /, **values: Any) -> str:
    """The literal text for a number, which both have as ``{n}``, in the current language."""
    return form(singular, plural, number, **values)


def form(singular: str, plural: str, number: int, /, **values: Any) -> str:
    """The same of texts that are in the catalogue already. French has the singular for zero, too."""
    one = number in (0, 1) if current() == "fr" else number == 1
    return say(Text(singular if one else plural, n=count(number), **values))


def count(number: int) -> str:
    """A number of things, with its thousands apart."""
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
