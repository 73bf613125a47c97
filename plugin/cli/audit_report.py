"""An entry of the audit trail as lines of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from onedesk_quickbooks.plugin.cli.steps import shown
from onedesk_quickbooks.plugin.texts import Text, gettext

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.ledger import AuditEntry

_INDENT = " " * 32
_KINDS = {
    "taken": Text("taken"),
    "decided": Text("decided"),
    "planned": Text("planned"),
    "request": Text("request"),
    "answer": Text("answer"),
    "outcome": Text("outcome"),
    "payment": Text("payment"),
    "entry": Text("entry"),
    "act": Text("act"),
}


def lines_of(entry: AuditEntry, recalled: Callable[[list[str]], Mapping[str, str]]) -> Iterator[str]:
    """Time, kind, person, and the details below; `recalled` gives sentences of the ledger as texts."""
    from onedesk_quickbooks.plugin.ops.trail import sentences

    said = sentences(entry)
    made = recalled(said)
    first, *rest = (shown(made[each]) for each in said)
    yield gettext(
        "{at} UTC {kind} {actor}: {what}",
        at=f"{entry.at[:10]} {entry.at[11:19]}",
        kind=f"{shown(_KINDS.get(entry.kind, entry.kind)):8}",
        actor=entry.actor,
        what=first,
    )
    yield from (f"{_INDENT} {each}" for each in rest)
