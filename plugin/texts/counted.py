"""Counts of outcomes in sentences: many languages have another form for several."""

from __future__ import annotations

from collections.abc import Mapping

from onedesk_quickbooks.plugin.texts.language import ENGLISH, current
from onedesk_quickbooks.plugin.texts.message import Text, count

_VERBS: Mapping[str, Text] = {
    "differs": Text("differ"),
    "stays": Text("stay"),
    "waits": Text("wait"),
    "only updated, stays": Text("only updated, stay"),
}
"""Words with another English plural form."""
_OTHERS: Mapping[str, Text] = {
    "copied": Text("copied (several)"),
    "sent": Text("sent (several)"),
    "updated": Text("updated (several)"),
    "unchanged": Text("unchanged (several)"),
    "recorded": Text("recorded (several)"),
    "voided": Text("voided (several)"),
    "deleted": Text("deleted (several)"),
    "held": Text("held (several)"),
    "skipped": Text("skipped (several)"),
    "dropped": Text("dropped (several)"),
    "replaced": Text("replaced (several)"),
    "opened": Text("opened (several)"),
    "kept": Text("kept (several)"),
    "edited": Text("edited (several)"),
    "reopened": Text("reopened (several)"),
    "same": Text("same (several)"),
    "named by a person": Text("named by a person (several)"),
    "perhaps the same": Text("perhaps the same (several)"),
    "left alone": Text("left alone (several)"),
    "gone already": Text("gone already (several)"),
}
"""Words that other languages inflect, and English does not."""


def in_queue(waiting: int = 0, held: int = 0, failed: int = 0, scheduled: int = 0) -> list[Text]:
    """How many entries wait, are held, have failed and are scheduled, each in the form for its number; none for 0."""
    found = [Text("{n} waiting", n=waiting)] if waiting else []
    if held:
        found.append(Text("1 held") if held == 1 else Text("{n} held", n=held))
    if failed:
        found.append(Text("{n} failed", n=failed))
    if scheduled:
        found.append(Text("1 scheduled") if scheduled == 1 else Text("{n} scheduled", n=scheduled))
    return found


def counted(number: int, what: str) -> Text:
    """The number with `what` in the matching form, in the current language."""
    several = number > 1 if current() != ENGLISH else number != 1
    words = {**_VERBS, **_OTHERS} if current() != ENGLISH else _VERBS
    return Text("{n} {outcome}", n=count(number), outcome=words.get(str(what), what) if several else what)
