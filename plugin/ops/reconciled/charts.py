"""The geometry of the page's charts; every length is calculated with Decimals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.planning.reconcile import KINDS, Report, Row
from onedesk_quickbooks.plugin.texts import Text, shown
from onedesk_quickbooks.plugin.texts.numbers import percent

WIDTH, HEIGHT, BASE = 400, 180, 150
_MOST_MONTHS, _LABELS = 12, 6
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of an SVG; `label` is shown beside it, `text` its number or its tooltip."""

    x: str
    y: str
    width: str
    height: str
    side: str
    label: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """The bars of one currency's months."""

    currency: str
    bars: Sequence[Bar]
    labels: Sequence[tuple[str, str]]


def months(found: Report) -> list[Chart]:
    """For each currency both sides' totals by month: the last twelve months with data."""
    sums: defaultdict[str, dict[str, list[Decimal]]] = defaultdict(dict)
    for pair in found.pairs:
        for side, each in enumerate((pair.own if pair.own and not pair.own.void else None, pair.theirs)):
            if each is not None and each.day is not None and each.currency:
                sums[each.currency].setdefault(f"{each.day:%Y-%m}", [_ZERO, _ZERO])[side] += each.total
    return [_chart(currency, dict(sorted(each.items())[-_MOST_MONTHS:])) for currency, each in sorted(sums.items())]


def _chart(currency: str, sums: dict[str, list[Decimal]]) -> Chart:
    most = max((abs(amount) for each in sums.values() for amount in each), default=_ZERO) or Decimal(1)
    slot = Decimal(WIDTH) / len(sums)
    wide = min(slot * 2 / 5, Decimal(64))
    bars, labels, step = [], [], -(-len(sums) // _LABELS)
    for place, (month, both) in enumerate(sums.items()):
        middle = slot * place + slot / 2
        for side, (name, amount) in enumerate(zip(("onedesk", "quickbooks"), both, strict=True)):
            high = abs(amount) * (BASE - 20) / most
            x = middle - wide if side == 0 else middle + 2
            text = shown(
                Text(
                    "{month}, {side}: {amount}",
                    month=month,
                    side="OneDesk" if side == 0 else "QuickBooks",
                    amount=Money(amount, currency),
                )
            )
            bars.append(Bar(_px(x), _px(BASE - high), _px(wide - 2), _px(high), name, text=text))
        if place % step == 0:
            labels.append((_px(middle), month))
    return Chart(currency, bars, labels)


def kinds(found: Report) -> list[Bar]:
    """The number of differences of each kind, the most first."""
    counts = sorted(((found.counts[kind], kind) for kind in KINDS if found.counts[kind]), key=lambda each: -each[0])
    most = counts[0][0] if counts else 1
    return [
        Bar(
            "0",
            _px(Decimal(place * 40 + 18)),
            _px(Decimal(count) * WIDTH / most),
            "14",
            "differs",
            shown(KINDS[kind]),
            str(count),
        )
        for place, (count, kind) in enumerate(counts)
    ]


def agreement(found: Report) -> tuple[str, str]:
    """The ring's share of invoices that agree: the length of its arc of 100, and in per cent (rounded down: 100 % only
    if all agree)."""
    share = Decimal(found.agree) * 100 / len(found.pairs) if found.pairs else Decimal(100)
    return _px(share), percent(int(share))


def gaps(rows: Iterable[Row]) -> list[tuple[Row, str, str]]:
    """Sums, each with the length of both sides' bars of 100."""
    found = []
    for row in rows:
        most = max(abs(row.onedesk), abs(row.quickbooks)) or Decimal(1)
        found.append((row, _px(abs(row.onedesk) * 100 / most), _px(abs(row.quickbooks) * 100 / most)))
    return found


def _px(length: Decimal) -> str:
    return f"{length:.2f}"
