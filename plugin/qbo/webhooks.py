"""QuickBooks' notifications: signed, in two shapes, with the names of changed objects only (qbo-api.md 6)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any

import simplejson

from onedesk_quickbooks.plugin.model.connection import WebhookEvent
from onedesk_quickbooks.plugin.model.legible import one_line
from onedesk_quickbooks.plugin.model.text import fit
from onedesk_quickbooks.plugin.qbo.problems import BadWebhook
from onedesk_quickbooks.plugin.qbo.wire.times import read_instant
from onedesk_quickbooks.plugin.texts import Text


def sign(body: bytes, verifier_token: str) -> str:
    """The header intuit-signature that QuickBooks would send with this body (qbo-api.md 6.3)."""
    made = hmac.new(verifier_token.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(made).decode("ascii")


def signed(body: bytes, signature: str, verifier_token: str) -> bool:
    """Whether `signature` (header intuit-signature) is QuickBooks' for exactly these bytes; compared in constant time.
    False where no verifier token is set."""
    if not verifier_token:
        return False
    made = sign(body, verifier_token).encode()
    return hmac.compare_digest(made, signature.strip().encode("utf-8", "replace"))


MOST = 10_000
"""The maximum of events in one notification. Refusing one loses nothing: the next look for changes finds its
objects."""
_SIGNS = 30
"""More commas and brackets than any event has."""
_TOO_MANY = Text("it has more than {most} events", most=f"{MOST:,}")


def read_events(body: bytes) -> tuple[WebhookEvent, ...]:
    """The events of a notification, for one or more companies; unknown kinds are left out, and so are unreadable events
    beside readable ones: the next look for changes finds their objects. Raises `BadWebhook`."""
    if sum(map(body.count, (b",", b"[", b"{"))) > MOST * _SIGNS:  # parsing it would take seconds
        raise BadWebhook(_TOO_MANY)
    try:
        value = simplejson.loads(body.decode("utf-8"), use_decimal=True)
    except (ValueError, ArithmeticError, RecursionError):
        raise BadWebhook(Text("it is not valid JSON")) from None
    reads = list(islice(_each(value), MOST + 1))
    if len(reads) > MOST:
        raise BadWebhook(_TOO_MANY)
    found: list[WebhookEvent] = []
    problem: Exception | None = None
    count = 0
    for read in reads:
        try:
            found += [_fit(event) for event in read()]
        except _SHAPE as error:
            problem, count = error, count + 1
    if problem is not None and not found:
        raise BadWebhook(_another_shape(problem)) from None
    if problem is not None:
        _log.warning(
            "%d events of a notification cannot be read, the others are kept: %s", count, one_line(_short(problem))
        )
    return tuple(found)


_SHAPE = (KeyError, TypeError, AttributeError, ValueError)
_log = logging.getLogger("onedesk_quickbooks.qbo")


def _another_shape(error: Exception) -> str:
    return Text("it has another shape than QuickBooks' notifications ({error})", error=_short(error))


def _short(error: Exception) -> str:
    """A text of the notification, shortened: it may come from others and be very long."""
    said = str(error)
    return said if len(said) <= 200 else f"{said[:200]} ..."


def _each(value: Any) -> Iterator[Callable[[], Iterable[WebhookEvent]]]:
    """Applies the reader of one event to each. Raises `BadWebhook` where there is no list of them."""
    try:
        if isinstance(value, list):
            yield from (partial(_cloud_event, each) for each in value)
            return
        for notification in value["eventNotifications"]:
            changes = (notification.get("dataChangeEvent") or {}).get("entities") or []
            yield from (partial(_change, notification, each) for each in changes)
    except _SHAPE as error:
        raise BadWebhook(_another_shape(error)) from None


_OPERATIONS = {
    **{word: word for word in ("create", "update", "delete", "merge", "void", "emailed")},
    "created": "create",
    "updated": "update",
    "deleted": "delete",
    "merged": "merge",
    "voided": "void",
}
"""Voids come as `void` or `voided` (qbo-api.md 6.2)."""


_LONGEST = {"id": 200, "realm_id": 50, "entity": 50, "qbo_id": 50}
"""The lengths that the ledger can store."""


def _fit(event: WebhookEvent) -> WebhookEvent:
    """Raises ValueError for an event with a text that the ledger cannot store."""
    for name, most in _LONGEST.items():
        text = getattr(event, name)
        fit({name: text})
        if len(text) > most:
            raise ValueError(f"{name} has more than {most} characters")
    return event


def _text(event: Mapping[str, Any], key: str) -> str:
    """An id, which may be written as a number. Raises ValueError for anything else."""
    value = event[key]
    if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
        raise ValueError(f"{key} is not an id")
    return str(value)


def _cloud_event(event: dict[str, Any]) -> Iterator[WebhookEvent]:
    kind = str(event["type"]).lower().split(".")
    if len(kind) != 4 or kind[0] != "qbo" or kind[2] not in _OPERATIONS:
        return
    yield WebhookEvent(
        id=_text(event, "id"),
        realm_id=_text(event, "intuitaccountid"),
        entity=kind[1],
        qbo_id=_text(event, "intuitentityid"),
        operation=_OPERATIONS[kind[2]],
        happened_at=read_instant(str(event["time"])),
    )


def _change(notification: Mapping[str, Any], change: Mapping[str, Any]) -> Iterator[WebhookEvent]:
    """The shape until July 2026, whose events have no id: their content is their id."""
    operation = _OPERATIONS.get(str(change["operation"]).lower())
    if operation is None:
        return
    realm_id, qbo_id = _text(notification, "realmId"), _text(change, "id")
    entity, moment = str(change["name"]).lower(), str(change["lastUpdated"])
    said = "|".join((realm_id, entity, qbo_id, operation, moment))
    digest = hashlib.sha256(said.encode()).hexdigest()[:32]
    yield WebhookEvent(digest, realm_id, entity, qbo_id, operation, read_instant(moment))
