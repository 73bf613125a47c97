"""Half-open ranges that nearly touch: below 1000, then from 1000.01."""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.ruleset.core.chains import Row
from onedesk_quickbooks.plugin.ruleset.core.columns import RANGES, Range

_UNIT: dict[type, Any] = {Decimal: Decimal(1), datetime.date: datetime.timedelta(days=1)}


def between(rows: Sequence[Row]) -> Iterator[tuple[Row, Row, str, Range]]:
    """Pairs of rules that differ only in one range, of which the second begins at most one unit, or one day, after the
    first ends (any number of days for days of whole rules): with the field, and the range between the two."""
    for field in sorted(RANGES):
        ending: dict[Any, list[Row]] = {}
        for row in rows:
            if isinstance(row.when.get(field), Range):
                ending.setdefault(_others(row, field), []).append(row)
        for group in ending.values():
            yield from _pairs(group, field)


def _others(row: Row, field: str) -> frozenset[Any]:
    return frozenset((name, each) for name, each in row.when.items() if name != field)


def _pairs(rows: Sequence[Row], field: str) -> Iterator[tuple[Row, Row, str, Range]]:
    starting: list[tuple[Any, Row]] = []
    for row in rows:
        start = getattr(row.when[field], "start", None)
        if start is not None:
            starting.append((start, row))
    starting.sort(key=lambda each: each[0])
    for row in rows:
        end = getattr(row.when[field], "below", None)
        if end is None:
            continue
        after = bisect_right(starting, end, key=lambda each: each[0])
        if after == len(starting):
            continue
        start, second = starting[after]
        if start - end <= _UNIT[type(end)] or (_whole(row, field) and _whole(second, field)):
            yield row, second, field, Range(end, start)


def _whole(row: Row, field: str) -> bool:
    """Whether the range is the days on which the rule applies."""
    return bool(getattr(row.when[field], "says", ""))
