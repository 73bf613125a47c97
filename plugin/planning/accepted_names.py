"""The names, texts, e-mail addresses and numbers that QuickBooks accepts (qbo-api.md 2.1 to 2.3): others are reported
before it refuses them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from email.utils import getaddresses

from onedesk_quickbooks.plugin.model.by_name import Called
from onedesk_quickbooks.plugin.model.name_keys import clean_name
from onedesk_quickbooks.plugin.model.plan import Reason
from onedesk_quickbooks.plugin.model.receivers import is_email
from onedesk_quickbooks.plugin.texts import Text, listed

TOO_LARGE = Decimal(10) ** 10
"""QuickBooks takes ten digits before the point."""
_FORBIDDEN = {":": Text("a colon"), "\t": Text("a tab"), "\n": Text("a line break"), "\r": Text("a line break")}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""Characters that neither XML 1.0 nor QuickBooks allows; and DEL."""
_MAILTO = re.compile(r"mailto:\s*([^\s,;<>?]*)(\?[^\s,;<>]*)?", re.IGNORECASE)


_DELETE = Text("delete it in OneDesk.")
_BILLING_EMAIL, _BILLING = Text("billing e-mail"), Text("under Billing Preferences")


def bad_name(what: str, name: str, limit: int, remedy: str) -> Iterator[Reason]:
    """Reasons why QuickBooks would refuse `name`; `what` begins the sentence, `remedy` ends it."""
    for character, spoken in _FORBIDDEN.items():
        if character in name:
            yield Reason(
                "forbidden-name",
                Text(
                    "{what} contains {spoken}, which QuickBooks forbids in names; {remedy}",
                    what=what,
                    spoken=spoken,
                    remedy=remedy,
                ),
            )
            break
    yield from bad_text(what, name, remedy)
    yield from too_long(what, name, limit, remedy)


def bad_text(what: str, text: str, remedy: str = _DELETE) -> Iterator[Reason]:
    """A reason when `text` has a character that QuickBooks cannot read; it names the first one and the text before it.
    `what` begins the sentence ("The description of line 7"), `remedy` ends it."""
    found = _CONTROL.search(text)
    if found is None:
        return
    before = text[: found.start()].split("\n")[-1][-20:]
    place = Text('after "{before}"', before=before) if before else Text("at the beginning")
    code = f"U+{ord(found[0]):04X}"
    named = Text("the control character {code} {place}", code=code, place=place)
    yield Reason(
        "control-character",
        Text("{what} contains {named}, which QuickBooks cannot read; {remedy}", what=what, named=named, remedy=remedy),
    )


def fits(text: str, limit: int) -> bool:
    """Whether `too_long` and `bad_text` have no reason against it."""
    return len(text) <= limit and _CONTROL.search(text) is None


def too_long(what: str, text: str, limit: int, remedy: str) -> Iterator[Reason]:
    """A reason when `text` is too long for QuickBooks."""
    if len(text) > limit:
        yield Reason(
            "too-long",
            Text(
                "{what} is {length} characters long, QuickBooks takes {limit}; {remedy}",
                what=what,
                length=len(text),
                limit=limit,
                remedy=remedy,
            ),
        )


def unless_several(found: Sequence[Called], wanted: str, missing: Reason) -> Reason:
    """Why no record is chosen for a name of the rules: `missing`, unless several have the same key."""
    return ambiguous(found, wanted) if len(found) > 1 else missing


def ambiguous(found: Sequence[Called], wanted: str) -> Reason:
    """Several records have the same key, and none is spelled exactly as in the rules or the host."""
    return Reason(
        "name-ambiguous",
        Text(
            'QuickBooks has several records "{wanted}": {named}; rename one of them there, or name the right one in the'
            " rules just as it is written there.",
            wanted=wanted,
            named=listed(Text('"{name}"', name=each.name) for each in found),
        ),
    )


def addresses(text: str, what: str = _BILLING_EMAIL, where: str = _BILLING) -> tuple[str, ...] | Reason:
    """The e-mail addresses in a text, each once whatever its case, in order: separated by commas, semicolons or spaces,
    bare or as "Name <address>", with or without `mailto:`. None for an empty text; a reason that names the first one
    which QuickBooks would not accept. `what` names the text, and `where` is the place to correct it in OneDesk."""
    cleaned = _MAILTO.sub(r"\1", clean_name(text))
    once: dict[str, str] = {}
    for each in _apart(cleaned):
        once.setdefault(each.casefold(), each)
    kept = [each for each in once.values() if each]
    bad = next((each for each in kept if not is_email(each)), None)
    if bad is None and (kept or not cleaned):
        return tuple(kept)
    return Reason(
        "bad-email",
        Text(
            'The {what} "{bad}" is not an e-mail address that QuickBooks takes; correct it {where}.',
            what=what,
            bad=bad or cleaned,
            where=where,
        ),
    )


def _apart(text: str) -> list[str]:
    """The addresses in a text; words between two commas without an address among them stay together, unchanged."""
    if "<" in text:
        return [address for _, address in getaddresses([text.replace(";", ",")])]
    found: list[str] = []
    for part in re.split(r"[,;]", text):
        words = part.split()
        found += words if any(map(is_email, words)) else [part.strip()]
    return found
