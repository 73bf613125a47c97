"""What QuickBooks takes as a name, a number or a text (qbo-api.md 2.1 to 2.3): said before it is refused there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from onedesk_quickbooks.plugin.model.plan import Reason

_FORBIDDEN = {":": "a colon", "\t": "a tab", "\n": "a line break", "\r": "a line break"}
_ADDRESS = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]+")


def bad_name(what: str, name: str, limit: int, remedy: str) -> Iterator[Reason]:
    """Reasons why QuickBooks would refuse `name`; `what` begins the sentence, `remedy` ends it."""
    for character, spoken in _FORBIDDEN.items():
        if character in name:
            yield Reason("forbidden-name", f"{what} contains {spoken}, which QuickBooks forbids in names; {remedy}")
            break
    yield from too_long(what, name, limit, remedy)


def too_long(what: str, text: str, limit: int, remedy: str) -> Iterator[Reason]:
    """A reason when `text` is longer than QuickBooks takes."""
    if len(text) > limit:
        yield Reason("too-long", f"{what} is {len(text)} characters long, QuickBooks takes {limit}; {remedy}")


def is_email(address: str) -> bool:
    """Whether QuickBooks would take this as one e-mail address (code 2210; at most 100 characters)."""
    return len(address) <= 100 and _ADDRESS.fullmatch(address) is not None


def addresses(text: str) -> tuple[str, ...] | None:
    """The e-mail addresses in a text; () for none, None where a part of it is no address."""
    return () if not text else (text,) if is_email(text) else None


def bad_text(what: str, text: str) -> Iterator[Reason]:
    """A reason where a text has a character that QuickBooks cannot read."""
    yield from ()
