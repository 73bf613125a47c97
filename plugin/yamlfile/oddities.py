"""Texts that look like something else: invisible characters, letters of another alphabet, a # that cuts off a name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from onedesk_quickbooks.plugin.model.name_keys import name_key
from onedesk_quickbooks.plugin.texts import Text

SPACES = "\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
"""Spaces that YAML, and QuickBooks' names, do not treat as one."""

_ODD_COLON = re.compile(
    f"^[^:\uff1a\ufe13\"'#]{{1,80}}(?::(?P<space>[{SPACES}\u200b\ufeff])|(?P<colon>[\uff1a\ufe13]))"
)
_DASH = re.compile("^([\u2010-\u2015\u2212\u2022\u00b7]) ")
_NO_BREAK = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f]")
_OPENING, _CLOSING = "“”„‟‘’‚«»‹›", "“”‟‘’«»‹›"
_CUT = re.compile(r" +(#[^\s#!][^\r\n]*)")
_UNTIL = re.compile(r"(?:\{[^{},]*\}|[^,}\]])*")
_CUTTING = re.compile(r"[ \t]#[^\s#!]")

_ALIKE = dict(
    zip(
        "АВЕКМНОРСТУХаеорсухіјѕԁһԛԝЅІЈΑΒΕΖΗΙΚΜΝΟΡΤΥΧονɡıⅼ",
        "ABEKMHOPCTYXaeopcyxijsdhqwSIJABEZHIKMNOPTYXovgil",
        strict=True,
    )
)
"""Letters of other alphabets that look like a Latin one."""


LONGEST = 1_000
"""The maximum length of a line for suggestions."""
ODD_DASH = Text("Type the dash again, and a space after it; put a text that begins with this character in quotes.")


def odd_dash(text: str) -> str:
    """What is wrong with the dash at the start of a line or value, "" if nothing is."""
    found = _DASH.match(text)
    return Text("The dash here is another character ({point}) than -", point=_point(found[1])) if found else ""


def odd_indent(text: str) -> str:
    """What is wrong with the space at the start of a line, "" if nothing is."""
    if not _NO_BREAK.match(text):
        return ""
    return Text("The line begins with {space}, not a space, so YAML sees no indentation.", space=_named(text[0]))


def odd_colon(text: str) -> tuple[int, str] | None:
    """A character like a colon that YAML does not read as one, at the start of a line or value: its index, and what is
    wrong."""
    found = _ODD_COLON.match(text)
    if found is None:
        return None
    if found.group("colon"):
        return found.start("colon"), Text(
            "The colon here is another character ({found}) than :", found=_point(found["colon"])
        )
    return found.start("space"), Text("After the colon there is {found}, not a space", found=_named(found["space"]))


def cutting_lines(text: str, lines: list[str]) -> frozenset[int]:
    """The lines, from 0, in which a # directly before a word may cut off a value."""
    if not _CUTTING.search(text):
        return frozenset()
    return frozenset(number for number, line in enumerate(lines) if _CUTTING.search(line))


def cut_off(text: str, index: int) -> str:
    """The part of a plain value that a # cuts off at `index`; "" if there is none."""
    found = _CUT.match(text, index)
    return found.group(1).rstrip() if found else ""


def until(text: str) -> str:
    """The part of a text in braces before the comma or bracket that ends it, not counting those of its fields."""
    found = _UNTIL.match(text)
    return found[0] if found else ""


def oddities(text: str) -> Iterator[tuple[str, int, str, str]]:
    """For a text that is not ASCII: code, index of the character, problem and remedy. Each kind once."""
    found = _NO_BREAK.search(text)
    if found:
        yield (
            "OQ122",
            found.start(),
            Text(
                "This text contains {group}, which counts as a plain space where names are compared.",
                group=_named(found.group()),
            ),
            Text("Type the space again, unless QuickBooks' name has the same character."),
        )
    for index, char in enumerate(text):
        if unicodedata.category(char) in ("Cf", "Cn", "Co") and not _joins(text, index):
            yield (
                "OQ123",
                index,
                Text(
                    "This text contains the invisible character {char}, which does not count where names are compared.",
                    char=_point(char),
                )
                if name_key(text) == name_key(text.replace(char, ""))
                else Text(
                    "This text contains the invisible character {char}; the same name without it is another.",
                    char=_point(char),
                ),
                Text("Delete it: type the name again, or paste it through a plain text editor."),
            )
            break
    yield from _mixed(text)
    if text[0] in _OPENING and text[-1] in _CLOSING and len(text) > 1:
        yield (
            "OQ125",
            0,
            Text(
                "The quotes {text} and {text2} are letters to YAML: they become part of the name.",
                text=text[0],
                text2=text[-1],
            ),
            Text("Type straight quotes, or none."),
        )


def _mixed(text: str) -> Iterator[tuple[str, int, str, str]]:
    for word in re.finditer(r"\w+", text):
        letters = word.group()
        if any(_is_latin(char) and char not in _ALIKE for char in letters):
            for offset, char in enumerate(letters):
                if char in _ALIKE:
                    yield (
                        "OQ124",
                        word.start() + offset,
                        Text(
                            'The letter "{char}" ({lower}) only looks like "{alike}"; this is another name than'
                            ' "{text}".',
                            char=char,
                            lower=unicodedata.name(char, _point(char)).lower(),
                            alike=_ALIKE[char],
                            text=latin(text),
                        ),
                        Text("Type the name again: {text}", text=latin(text)),
                    )
                    return


def latin(text: str) -> str:
    """The text with every letter that only looks Latin replaced by the Latin one."""
    return "".join(_ALIKE.get(char, char) for char in text)


def _is_latin(char: str) -> bool:
    return char.isalpha() and unicodedata.name(char, "").startswith("LATIN ")


def _joins(text: str, index: int) -> bool:
    """Whether a joiner is where scripts need one: beside a non-Latin letter, or in an emoji."""
    beside = text[max(0, index - 1) : index] + text[index + 1 : index + 2]
    return text[index] in "\u200c\u200d" and any(not char.isascii() and not _is_latin(char) for char in beside)


def _point(char: str) -> str:
    return f"U+{ord(char):04X}"


def _named(char: str) -> str:
    return {
        "\xa0": Text("a no-break space"),
        "\u202f": Text("a narrow no-break space"),
        "\u200b": Text("an invisible space"),
    }.get(char, Text("the character {char}", char=_point(char)))
