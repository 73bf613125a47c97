"""Bulk calls: batch and change data capture (qbo-api.md 3.9, 3.10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from onedesk_quickbooks.plugin.sandbox.books.accounts import bring_up_to_date
from onedesk_quickbooks.plugin.sandbox.books.ledger import Books, Saved
from onedesk_quickbooks.plugin.sandbox.entities import operations, query
from onedesk_quickbooks.plugin.sandbox.entities.kinds import BY_PATH, KINDS, NOT_IMITATED
from onedesk_quickbooks.plugin.sandbox.store import DELETED
from onedesk_quickbooks.plugin.sandbox.wire.answers import fault_value
from onedesk_quickbooks.plugin.sandbox.wire.faults import Refused, missing, refusal, too_long
from onedesk_quickbooks.plugin.sandbox.wire.values import ILLEGAL, Body, check_sent, dumps, read_moment

_MOST = 30
_LONGEST_ID = 50
_LOOK_BACK = timedelta(days=30)
_ROWS = 1000
_NOT_CAPTURED = ("TaxAgency", "TaxCode", "TaxRate", "CompanyCurrency", "CompanyInfo", "ExchangeRate")
_NONE_OF = {name.lower() for name in NOT_IMITATED - {"JournalCode", "TimeActivity"}}


def batch(books: Books, body: Body) -> list[str]:
    """The answers of a batch's items as JSON, independent of each other. Raises Refused 400, 1040."""
    items = body.get("BatchItemRequest") or []
    if not isinstance(items, list) or not items:
        raise refusal("400", "MalformedRequest : Batch Request is Empty")
    if len(items) > _MOST:
        raise refusal("1040", f"Batch size exceeds allowed limit : Max allowed batch size is {_MOST}")
    seen: set[str] = set()
    return [_item(books, item, seen) for item in items]


def _item(books: Books, item: Any, used: set[str]) -> str:
    """One item's answer. `used` are the ids of the items before it; a repeated id is 2030."""
    bid = str(item.get("bId", "")) if isinstance(item, dict) else ""
    before, seen = books.pending(), len(books.events)
    shown = ILLEGAL.sub("\ufffd", bid)
    try:
        check_sent(item)
        if bid and bid in used:
            raise refusal("2030", f"Invalid ID : the bId {bid} is used twice", "bId")
        used.add(bid)
        if len(bid) > _LONGEST_ID:
            raise too_long("bId", _LONGEST_ID, bid)
        with books.store.transaction():
            kind, body = _perform(books, item)
        text = body.text if isinstance(body, Saved) else dumps(body)
    except Refused as error:
        books.take_back(before, seen)
        kind, text = "Fault", dumps(fault_value(error, books.store.meta("language", "en")))
    return f'{{"{kind}":{text},"bId":{dumps(shown)}}}'


def _perform(books: Books, item: Any) -> tuple[str, Body | list[Body]]:
    if not isinstance(item, dict):
        raise refusal("2010", "Property Name:BatchItemRequest specified is unsupported or invalid")
    if item.get("Query"):
        return "QueryResponse", query.run(books, str(item["Query"]))
    if isinstance(item.get("CDCQuery"), dict):
        asked = item["CDCQuery"]
        found = changes(books, str(asked.get("Entities", "")), str(asked.get("ChangedSince", "")))
        return "CDCResponse", [{"QueryResponse": found}]
    kind = next((key for key in item if key in KINDS), "")
    if not kind:
        raise refusal("400", "MalformedRequest : the batch item holds no known entity")
    operation = str(item.get("operation", "")).lower()
    options = frozenset(str(item.get("optionsData", "")).replace(" ", "").split(","))
    books.include = options
    body = item[kind]
    if not isinstance(body, dict):
        raise refusal("2010", f"Property Name:{kind} specified is unsupported or invalid")
    if operation == "send":
        return kind, operations.send(books, kind, str(body.get("Id", "")), "")
    if operation in ("merge", "revert"):
        raise refusal("500", f"Unsupported Operation : Operation {operation} is not supported for {kind}")
    if operation not in ("create", "update", "delete", "void"):
        raise refusal("2170", f"Invalid Enumeration : {operation}", "operation")
    if operation == "void" or (operation == "update" and "void" in options):
        return kind, operations.void(books, kind, body)
    perform = {"create": operations.create, "update": operations.update, "delete": operations.delete}[operation]
    return kind, perform(books, kind, body)


def changes(books: Books, entities: str, since: str) -> list[Body]:
    """The changes since a moment, entity by entity; deleted rows last. Raises Refused 2020, 2060, 2170, 2090."""
    names = [each.strip() for each in entities.split(",") if each.strip()]
    if not names:
        raise missing("entities")
    if not since:
        raise missing("changedSince")
    try:
        moment = read_moment(since)
    except ValueError:
        raise refusal("2060", f"Invalid Date format. Supplied value:{since}", "changedSince") from None
    if moment < books.clock() - _LOOK_BACK - timedelta(minutes=1):
        raise refusal(
            "500",
            f"Unsupported Operation : Operation cdc with changedSince date {since} which is older than fixed days is "
            "not supported",
        )
    left = _ROWS
    found: list[Body] = []
    for name in names:
        kind = BY_PATH.get(name.lower())
        if name.lower() in _NONE_OF:
            found.append({})
            continue
        if kind is None or kind in _NOT_CAPTURED:
            raise refusal("2170", f"Invalid Enumeration : {name} is not supported by change data capture", "entities")
        answer = _changed(books, kind, int(moment.timestamp()), left)
        left -= int(answer.get("maxResults", 0))
        found.append(answer)
    return found


def _changed(books: Books, kind: str, since: int, most: int) -> Body:
    if kind == "Account":
        bring_up_to_date(books)
    order = f"ORDER BY state = {DELETED}, changed, ord LIMIT {most}"
    rows = books.store.select("kind = ? AND changed >= ?", (kind, since), order)
    bodies = [row.body for row in rows]
    return {kind: bodies, "startPosition": 1, "maxResults": len(bodies), "totalCount": len(bodies)} if bodies else {}
