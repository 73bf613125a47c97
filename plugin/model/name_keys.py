"""Keys to compare names, e-mail addresses and item names: one that leaves out invisible differences, and a looser one
for similar names. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_INVISIBLE_FORMS = ("<noBreak>", "<wide>", "<narrow>", "<compat>", "<initial>", "<medial>", "<final>", "<isolated>")
"""Compatibility characters that look like the characters that they replace; ² and ½ do not."""

_PLAIN = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u02b9\u02bb\u0060\u00b4\uff07", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u02ba\uff02", '"'),
    **dict.fromkeys("\u2212\u02d7", "-"),
    **dict.fromkeys("\u034f\u115f\u1160\u3164\uffa0", ""),
}
_VARIATION = range(0xFE00, 0xFE10)

_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "ħ": "h", "ŧ": "t", "þ": "th"}
)
"""Letters that Unicode does not decompose into a plain one and its mark."""

_LEGAL_FORMS = frozenset(
    """ltd limited inc incorporated llc lllp llp lp plc pllc corp corporation co company cos ulc ltee limitee enr
    pty proprietary pte pvt private bhd sdn cic gmbh mbh ag kg kgaa ohg ug gbr ab as asa aps oy oyj hf ehf sa sas sasu
    sarl eurl snc srl spa bv nv vof sl slu lda ltda sro kft zrt doo oo sp kk gk se""".split()
)

_CURRENCY = "(bhd)"
"""The suffix of a customer's name for one more currency: dinars of Bahrain, the one code that is also a legal form."""

SHORT = 2
"""Letters and digits of a short name: leaving out any distinguishing one would leave too little."""

_WORD = re.compile(r"[^\W_]+(?:(?<=\d)[./'](?=\d)[^\W_]+)*(?:[+#]+(?!\w))?")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
_WITHIN_WORDS = re.compile(r"(?<!\d)[.'/]|[.'/](?!\d)")
_RETIRED = re.compile(r"\s*\(deleted(-\d+)?\)\s*$", re.IGNORECASE)


def number_key(number: str) -> str:
    """Numbers with the same key are the same to QuickBooks, which ignores case (qbo-facts F21)."""
    return number.strip().casefold()


def name_key(text: str) -> str:
    """The text by which two names are equal: in one Unicode form and case, any space as one blank, without invisible
    characters (zero width, soft hyphen, direction marks), curly quotes and dashes as the plain ones."""
    if text.isascii():
        return " ".join(text.lower().replace("`", "'").split())
    return " ".join(unicodedata.normalize("NFC", _visible(text).casefold()).split())


def clean_name(text: str) -> str:
    """A name as it is written to QuickBooks: composed, trimmed, single blanks, without invisible characters. Tabs and
    line breaks stay: QuickBooks refuses them, and a person has to see why."""
    if not text.isascii():
        kept = (each for each in unicodedata.normalize("NFC", text) if not _hidden(each))
        text = "".join(" " if unicodedata.category(each) == "Zs" else each for each in kept)
    return re.sub(" +", " ", text).strip()


def _visible(text: str) -> str:
    return "".join(map(_plain, unicodedata.normalize("NFC", text)))


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    """A character as it is compared, "" for an invisible one."""
    if character.isascii():
        return "'" if character == "`" else character
    if character in _PLAIN:
        return _PLAIN[character]
    if _hidden(character):
        return ""
    category = unicodedata.category(character)
    if category in ("Zs", "Zl", "Zp"):
        return " "
    if category == "Pd":
        return "-"
    if unicodedata.decomposition(character).startswith(_INVISIBLE_FORMS):
        return unicodedata.normalize("NFKC", character)
    return character


def _hidden(character: str) -> bool:
    return unicodedata.category(character) == "Cf" or ord(character) in _VARIATION or _PLAIN.get(character) == ""


def similar_key(name: str) -> str:
    """The text by which two customers' names are similar: without accents, punctuation, blanks, "the", "and" and the
    legal form. Never empty for a name that is not."""
    return "".join(company_words(name)) or name_key(name)


def similar_item_key(name: str) -> str:
    """The same for items, which have no legal form."""
    return "".join(words(name)) or name_key(name)


@lru_cache(maxsize=4096)
def company_words(name: str) -> tuple[str, ...]:
    """The words of a customer's name that distinguish it. In "Fjord (BHD)" the last is a currency."""
    found = words(name)
    if len(found) > 1 and found[0] == "the":
        del found[0]
    while len(found) > 1 and found[-1] in _LEGAL_FORMS and not name_key(name).endswith(_CURRENCY):
        found.pop()
    return tuple(found)


def words(name: str) -> list[str]:
    """The words of a name without accents, punctuation and "and"; C++ and A/S stay one word, and so do 1.5 and 1,5,
    which are the same, while 1,000 is 1000. Names of up to `SHORT` letters keep their accents: Å is not A."""
    return list(_kept_words(name))


@lru_cache(maxsize=4096)
def _kept_words(name: str) -> tuple[str, ...]:
    key = _DECIMAL_COMMA.sub(".", _THOUSANDS.sub("", name_key(name)))
    found = _words(key)
    return tuple(found if len("".join(found)) <= SHORT else _words(plain_letters(key)))


def plain_letters(key: str) -> str:
    """A `name_key` without accents: å is a."""
    if key.isascii():
        return key
    taken_apart = unicodedata.normalize("NFKD", key)
    return "".join(each for each in taken_apart if not unicodedata.combining(each)).translate(_LETTERS)


def _words(key: str) -> list[str]:
    found = _WORD.findall(_WITHIN_WORDS.sub("", key))
    return [each for each in found if each != "and"] or found


def is_legal_form(text: str) -> bool:
    """Whether a text begins with a legal form, as the part after the comma of "Acme, Inc." does."""
    return next(iter(_words(name_key(text))), "") in _LEGAL_FORMS


def last(name: str) -> str:
    """The name without its parents: "Item" of "Category:Item"."""
    return name.rpartition(":")[2].strip()


def former_names(name: str) -> tuple[str, ...]:
    """The names that an inactive record may have had: QuickBooks renames it "Name (deleted)" or "Name (deleted-1)"
    (qbo-api.md 2.2), again where it was inactive before, and each part of a path. The shortest is the last."""
    *above, own = name.split(":")
    parents = "".join(f"{_bare(each)}:" for each in above)
    found = [own]
    while (shorter := _RETIRED.sub("", found[-1])) != found[-1] and shorter.strip():
        found.append(shorter)
    return tuple(parents + each for each in (found[1:] or found))


def without_retired(name: str) -> str:
    """The shortest of `former_names`."""
    return former_names(name)[-1]


def _bare(part: str) -> str:
    while (shorter := _RETIRED.sub("", part)) != part and shorter.strip():
        part = shorter
    return part


def customer_keys(name: str, emails: str) -> list[str]:
    """The keys by which a look-up finds a customer: of its present and possible former names, of similar ones, of the
    beginnings of its words, and of its e-mail addresses (`mail_keys`)."""
    had = [name_key(each) for each in (name, *former_names(name))]
    return [*had, similar_key(without_retired(name)), *beginnings(name), *mail_keys(emails)]


STEM = 4
"""How many letters at the beginning of a word find similar names."""


def beginnings(name: str) -> list[str]:
    """Keys of the beginning of each word of a name, as it is written, and of its distinguishing parts; they never equal
    keys of names."""
    distinct = marks(company_words(name))
    return [f"~{each[:STEM]} {distinct}" for each in name_key(name).replace("-", " ").split() if len(each) >= STEM]


def marks(found: Sequence[str]) -> str:
    """The distinguishing words of otherwise equal names: numbers, I, II and III."""
    return " ".join(sorted(each for each in found if not each.isalpha() or set(each) == {"i"}))


def item_keys(name: str) -> list[str]:
    """The same for an item: of its whole name, and of the last part of its present and possible former names."""
    had = [name_key(last(each)) for each in (name, *former_names(name))]
    return [name_key(name), *had, similar_item_key(last(without_retired(name)))]


def mail_keys(emails: str) -> list[str]:
    """Keys of e-mail addresses; they never equal keys of names."""
    return [f"@{key}" for key in address_keys(emails)]


@lru_cache(maxsize=4096)
def address_keys(emails: str) -> tuple[str, ...]:
    """The keys of the e-mail addresses in a text that may hold several, separated by commas or semicolons."""
    return tuple(key for key in map(name_key, re.split(r"[,;]", emails)) if key)
