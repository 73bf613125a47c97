"""Merging two objects, as the QuickBooks user does on a page: the API cannot (webhooks report it, qbo-api.md 6)."""

from __future__ import annotations

from typing import Any

from onedesk_quickbooks.plugin.sandbox.books.accounts import move
from onedesk_quickbooks.plugin.sandbox.books.families import REFERENCES
from onedesk_quickbooks.plugin.sandbox.books.ledger import RECEIVABLE, Books, Event
from onedesk_quickbooks.plugin.sandbox.wire.faults import business
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, ref_id

MERGEABLE = ("Customer", "Vendor", "Item", "Account")
_OWN = ("undeposited_account", "discount_account")
_ALIKE = ("CurrencyRef", "Type", "AccountType")


def merge(books: Books, kind: str, entity_id: str, into: str) -> Body:
    """Replace all references to one object by the other, and delete the first; return the other.

    Forms keep their SyncToken, their time of change moves. Raises Refused 610, 6000 (the two cannot be merged).
    """
    gone, kept = books.get(kind, entity_id), books.get(kind, into)
    _check(books, kind, gone, kept)
    label = books.label(kind, into)
    pattern = f'%Ref":{{"value":"{entity_id}"%'
    for name, found in books.store.rows("SELECT kind, id FROM entity WHERE state != 0 AND body LIKE ?", (pattern,)):
        old = books.get(name, found)
        new = _named(old, REFERENCES[kind], entity_id, label)
        if new != old:
            books.save(name, new, old, "", bump=False)
    books.settle()
    if kind == "Account":
        move(books, entity_id, into)
    books.remove(kind, books.get(kind, entity_id), event=False)
    kept = books.get(kind, into)
    kept = books.save(kind, kept, dict(kept), "")
    books.events.append(Event(kind, into, "Merge", books.clock(), entity_id))
    return kept


def _check(books: Books, kind: str, gone: Body, kept: Body) -> None:
    if gone["Id"] == kept["Id"]:
        raise business("You can't merge a name with itself.")
    if any(gone.get(key) != kept.get(key) for key in _ALIKE):
        raise business("You can merge names of the same currency and type only.")
    if kind == "Account" and gone["Id"] in (RECEIVABLE, *map(books.store.meta, _OWN)):
        raise business("You can't merge an account that QuickBooks itself uses.")
    if gone.get("Type") == "Inventory":
        raise business("You can't merge items that are in stock.")
    below = "SELECT 1 FROM entity WHERE kind = ? AND state != 0 AND json_extract(body, '$.ParentRef.value') = ?"
    if books.store.rows(below, (kind, gone["Id"])) or ref_id(kept, "ParentRef") == gone["Id"]:
        raise business("You can't merge a name that others stand below.")


def _named(value: Any, keys: tuple[str, ...], old: str, label: Body) -> Any:
    """A copy in which references to one object are replaced by the other."""
    if isinstance(value, list):
        return [_named(each, keys, old, label) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: dict(label) if key in keys and ref_id(value, key) == old else _named(each, keys, old, label)
        for key, each in value.items()
    }
