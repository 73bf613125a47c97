"""What a proxy between the plugin and QuickBooks may make of an answer."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable
from typing import Any

from tests.crash.proxy import Exchange, drip, unchanged

Make = Callable[[Any], Any]
"""JSON to other JSON, or to text."""


def batch(change: Callable[[list[Any]], list[Any]]) -> Make:
    """Of the items of a batch."""
    return lambda answer: {**answer, "BatchItemResponse": change(answer["BatchItemResponse"])}


def _swapped(found: list[Any]) -> list[Any]:
    bids = [each["bId"] for each in found]
    return [{**each, "bId": bid} for each, bid in zip(found, [*bids[1:], *bids[:1]], strict=True)]


def _lists(change: Callable[[list[Any]], list[Any]]) -> Make:
    """Of every list of objects."""

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: changed(each) for key, each in value.items()}
        if isinstance(value, list) and all(isinstance(each, dict) and "Id" in each for each in value):
            return change(value)
        return [changed(each) for each in value] if isinstance(value, list) else value

    return changed


def _objects(**fields: Callable[[Any], Any]) -> Make:
    """Of every object that has these fields and an Id."""

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            found = {key: changed(each) for key, each in value.items()}
            if "Id" in found and "SyncToken" in found:
                found |= {name: change(found[name]) for name, change in fields.items() if name in found}
            return found
        return [changed(each) for each in value] if isinstance(value, list) else value

    return changed


def _kinds(value: Any) -> Any:
    """Invoices are called estimates, and so on."""
    names = {"Invoice": "Estimate", "Customer": "Vendor", "Item": "Class", "Payment": "Invoice"}
    if isinstance(value, dict):
        return {names.get(key, key): _kinds(each) for key, each in value.items()}
    return [_kinds(each) for each in value] if isinstance(value, list) else value


OF_BATCHES: dict[str, Make] = {
    "batch: swapped": batch(_swapped),
    "batch: the first missing": batch(lambda found: found[1:]),
    "batch: none": batch(lambda _: []),
    "batch: the first doubled": batch(lambda found: [found[0], *found]),
    "batch: one bId": batch(lambda found: [{**each, "bId": found[0]["bId"]} for each in found]),
    "batch: null items": batch(lambda found: [None for _ in found]),
}
OF_OBJECTS: dict[str, Make] = {
    "null rows": _lists(lambda rows: [None for _ in rows]),
    "rows of words": _lists(lambda rows: ["row" for _ in rows]),
    "wrong types": _objects(
        Line=lambda _: "none", CurrencyRef=lambda _: 7, TxnDate=lambda _: [], DisplayName=lambda _: 1
    ),
    "amounts of 1e300": _objects(TotalAmt=lambda _: 1e300, Balance=lambda _: 1e300),
    "no date": _objects(TxnDate=lambda _: None),
    "another id": _objects(Id=lambda found: f"9{found}"),
    "another number": _objects(DocNumber=lambda _: "9999"),
    "another customer": _objects(CustomerRef=lambda _: {"value": "9999"}),
    "a SyncToken of words": _objects(SyncToken=lambda _: "first"),
    "no SyncToken": _objects(SyncToken=lambda _: None),
    "another kind": _kinds,
}
OF_ANY: dict[str, Make] = {
    "HTML": lambda _: "<html>",
    "a number": lambda _: "7",
    "nothing": lambda _: "",
    "null": lambda _: "null",
    "an empty object": lambda _: "{}",
    "deep": lambda _: '{"a":' * 100_000 + "1" + "}" * 100_000,
}
MAKES = {**OF_BATCHES, **OF_OBJECTS, **OF_ANY}


def bomb(exchange: Exchange) -> Iterable[bytes]:
    """Seventy megabytes of blanks, packed."""
    packed = gzip.compress(b'{"a": "' + b" " * (70 << 20) + b'"}', 1)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    return [head.encode(), packed]


ON_THE_WIRE = {"drips": drip, "seventy megabytes": bomb}
WRONG_ANSWERS = (*MAKES, *ON_THE_WIRE)


def pieces(kind: str, exchange: Exchange) -> Iterable[bytes] | None:
    """The pieces of the changed answer; None where this kind changes nothing of it."""
    if kind in ON_THE_WIRE:
        return ON_THE_WIRE[kind](exchange)
    answer = exchange.json
    if kind == "another id" and exchange.writes and b'"Id"' not in exchange.asked:
        return None  # what is made gets its id by the answer alone
    if kind in ("another id", "no date") and exchange.path == "cdc":
        return None  # a payment of another id is another one, and of one that is unreadable the balance is reported
    if answer is None or (kind in OF_BATCHES and not answer.get("BatchItemResponse")):
        return None
    changed = MAKES[kind](answer)
    return None if changed == answer else unchanged(exchange.answering(changed))
