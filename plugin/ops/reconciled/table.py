"""A reconciliation as a CSV file: one row for each difference, and one for each invoice that agrees."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from onedesk_quickbooks.plugin.model.legible import in_cell, one_line
from onedesk_quickbooks.plugin.planning.reconcile import Difference, Pair, Report
from onedesk_quickbooks.plugin.planning.reconcile.report import pair_json
from onedesk_quickbooks.plugin.texts import shown

_SIDES = ("number", "total", "tax", "balance")
COLUMNS = (
    "id",
    "name",
    "customer",
    "date",
    "currency",
    *(f"onedesk_{name}" for name in ("status", *_SIDES)),
    *(f"quickbooks_{name}" for name in ("id", *_SIDES)),
    "differs_in",
    "onedesk",
    "quickbooks",
    "amount",
    "cause",
    "remedy",
)
_AMOUNTS = frozenset(each for each in COLUMNS if each.endswith(("_total", "_tax", "_balance"))) | {"amount"}


def as_csv(found: Report) -> bytes:
    """UTF-8 with a byte order mark, as spreadsheets want it."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    for place, pair in enumerate(found.pairs):
        for each in found.differences.get(place, (None,)):
            writer.writerow({name: _cell(name, value) for name, value in _row(pair, each)})
    return out.getvalue().encode("utf-8-sig")


def _row(pair: Pair, each: Difference | None) -> Iterator[tuple[str, Any]]:
    row = pair_json(pair)
    yield from ((name, row[name]) for name in COLUMNS[:5])
    for side, own in (("onedesk", "status"), ("quickbooks", "id")):
        yield from ((f"{side}_{name}", (row[side] or {}).get(name)) for name in (own, *_SIDES))
    if each is not None:
        yield "differs_in", each.kind
        yield from (("onedesk", each.onedesk), ("quickbooks", each.quickbooks))
        yield "amount", each.amount.digits if each.amount else None
        yield from (("cause", shown(each.cause)), ("remedy", shown(each.remedy)))


def _cell(name: str, value: Any) -> str:
    text = "" if value is None else str(value)
    return one_line(text) if name in _AMOUNTS else in_cell(text)
