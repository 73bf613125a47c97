"""What changed since a moment, by change data capture (qbo-api.md 3.10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from onedesk_quickbooks.plugin.qbo.client.batches import rows_of
from onedesk_quickbooks.plugin.qbo.problems import AnswerUnknown
from onedesk_quickbooks.plugin.qbo.transport import Answer, Transport
from onedesk_quickbooks.plugin.qbo.wire.times import read_instant
from onedesk_quickbooks.plugin.texts import Text

_YEARS = 2000, 9000
MOST_CHANGES = 1000
"""The maximum of objects in one answer, over all entities; QuickBooks does not report that more were cut off."""


@dataclass(frozen=True, slots=True)
class Changes:
    """`entities` has the changed objects by entity, whole; `deleted` the ids of deleted ones; `time` is QuickBooks'
    own, the start of the next window. `incomplete` names entities of which more than 1000 changed: their changed
    objects are complete, but deletions may be missing; compare with the recorded objects."""

    entities: dict[str, list[dict[str, Any]]]
    deleted: dict[str, list[str]]
    time: datetime
    incomplete: tuple[str, ...] = ()


def capture(transport: Transport, entities: Sequence[str], since: datetime) -> Changes:
    """The changes of `entities`, in as many requests as needed: an answer that may have been cut off is requested again
    for each entity. A single entity that is still too large is in `incomplete`, its objects cut off."""
    params = {"entities": ",".join(entities), "changedSince": since.isoformat(timespec="milliseconds")}
    answer = transport.request("GET", "cdc", params=params)
    changes = _read(answer)
    count = sum(map(len, changes.entities.values())) + sum(map(len, changes.deleted.values()))
    if count < MOST_CHANGES:
        return changes
    if len(entities) == 1:
        return Changes(changes.entities, changes.deleted, changes.time, tuple(entities))
    return _joined([capture(transport, [entity], since) for entity in entities], changes.time)


def _read(answer: Answer) -> Changes:
    try:
        responses = [each for part in answer.json["CDCResponse"] for each in part.get("QueryResponse") or []]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise AnswerUnknown(
            Text("its list of changes cannot be read ({name})", name=type(error).__name__), answer.tid
        ) from None
    time = time_of(answer)
    entities: dict[str, list[dict[str, Any]]] = {}
    deleted: dict[str, list[str]] = {}
    for response in responses:
        for entity, rows in response.items():
            for row in rows_of(response, entity) if isinstance(rows, list) else ():
                if row.get("status") == "Deleted":
                    deleted.setdefault(entity, []).append(row["Id"])
                else:
                    entities.setdefault(entity, []).append(row)
    return Changes(entities, deleted, time)


def time_of(answer: Answer) -> datetime:
    """QuickBooks' own time of its answer. Raises `AnswerUnknown`."""
    try:
        found = read_instant(answer.json["time"])
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError):
        raise AnswerUnknown(Text("its answer says no time"), answer.tid) from None
    if not _YEARS[0] <= found.year <= _YEARS[1]:  # calculations with it would leave the calendar
        raise AnswerUnknown(Text("its answer says the year {year}", year=found.year), answer.tid)
    return found


def _joined(parts: Sequence[Changes], time: datetime) -> Changes:
    """`time` is that of the first, whole request: what happens between the others is then found again, not missed."""
    return Changes(
        entities={name: rows for part in parts for name, rows in part.entities.items()},
        deleted={name: ids for part in parts for name, ids in part.deleted.items()},
        time=time,
        incomplete=tuple(name for part in parts for name in part.incomplete),
    )
