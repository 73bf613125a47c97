"""What came of every point, as one line each and as a table."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

EVERY = int(os.environ.get("CRASH_EVERY", "30"))
"""`make crash` takes every point (1); otherwise one in so many is tried, from `FIRST` on: so many runs, each with
another first, have tried all."""
FIRST = int(os.environ.get("CRASH_FIRST", "1"))

PROPERTY = "crash-points"
"""Under this name a test hands its results to whoever prints them."""


@dataclass(frozen=True)
class Result:
    """`kind` says what befell the process, `what` where and how; `how` it came to its end, `wrong` what is not as it
    must be."""

    kind: str
    scenario: str
    point: int
    what: str
    how: str
    wrong: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """For a person."""
        outcome = f"WRONG: {'; '.join(self.wrong)}" if self.wrong else self.how
        return f"{self.kind:20} {self.scenario:14} {self.point:3}  {self.what:46}  {outcome}"


def chosen(most: int, times: int = 1) -> Iterator[int]:
    """Which of the points 1 to `most` are tried; of what takes longer, or is much, `times` fewer in a run that is no
    part of a whole one. At least one."""
    stride = EVERY * times if "CRASH_EVERY" not in os.environ else EVERY
    found = [number for number in range(1, most + 1) if number % stride == FIRST % stride]
    return iter(found or [min(1, most)] * bool(most))


def handed_on(results: Iterable[Result]) -> list[dict[str, object]]:
    """As plain values, which pass from one process to another."""
    return [dataclasses.asdict(each) for each in results]


def wrong(results: Iterable[Result]) -> list[str]:
    """The lines of those that went wrong."""
    return [each.line for each in results if each.wrong]


def table(results: Sequence[Result]) -> Iterator[str]:
    """How many points there were, by scenario and kind, and how many went wrong."""
    kinds = list(dict.fromkeys(each.kind for each in results))
    scenarios = list(dict.fromkeys(each.scenario for each in results))
    counts = Counter((each.scenario, each.kind) for each in results)
    bad = Counter(each.scenario for each in results if each.wrong)
    heads = [*kinds, "all", "wrong"]

    def row(name: str, values: Iterable[object]) -> str:
        columns = [f"{value!s:>{max(len(head), 4) + 2}}" for value, head in zip(values, heads, strict=True)]
        return f"{name:15}{''.join(columns)}"

    yield row("", heads)
    for scenario in scenarios:
        numbers = [counts[scenario, kind] for kind in kinds]
        yield row(scenario, [*numbers, sum(numbers), bad[scenario]])
    totals = [sum(counts[scenario, kind] for scenario in scenarios) for kind in kinds]
    yield row("all", [*totals, sum(totals), sum(bad.values())])
