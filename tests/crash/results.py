"""What came of every point, as one line each and as a table."""

from __future__ import annotations

import dataclasses
import os
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

EVERY = int(os.environ.get("CRASH_EVERY", "60"))
"""`make crash` takes every point (1); otherwise one in so many is tried, from `FIRST` on: so many runs, each with
another first, have tried all. Each scenario begins at another place, so that a sample has points of all kinds."""
SAMPLE = "CRASH_EVERY" not in os.environ
"""Whether this run tries a sample, and is no part of a whole one."""
FIRST = int(os.environ.get("CRASH_FIRST", "1"))

PROPERTY = "crash-points"
"""Under this name a test hands its results to whoever prints them."""


@dataclass(frozen=True)
class Result:
    """`kind` says what happened to the process, `what` where and how; `how` it came to its end, `wrong` what is not as
    it must be."""

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


LEAVING = ("after COMMIT", "after POST", "without an answer")
"""How the points are called at which something has left the process: a transaction, or a request that may write."""


def distinct_points(names: Sequence[str]) -> list[int]:
    """The points, by their numbers from 1, at which a kill leaves something else than at any other: of those between
    which nothing leaves the process the last, with everything under way. All, with `CRASH_POINTS=all`."""
    if os.environ.get("CRASH_POINTS") == "all":
        return list(range(1, len(names) + 1))
    return [number for number, name in enumerate([*names[1:], LEAVING[0]], 1) if name.startswith(LEAVING)]


def lock_points(names: Sequence[str]) -> list[int]:
    """The same for a process that is stopped and may hold a lock: of such points the first and the last."""
    last = distinct_points(names)
    return sorted({1, *last, *(number + 1 for number in last[:-1])})


def sample_of(scenario: str, points: Sequence[int], times: float = 0.25) -> list[int]:
    """Those of the scenario's points that are tried."""
    return [points[place - 1] for place in sample(scenario, len(points), times)]


def sample(scenario: str, most: int, times: float = 1) -> list[int]:
    """Which of the points 1 to `most` of a scenario are tried; of what takes longer, or is much, `times` fewer in a
    sample. At least one."""
    stride = round(EVERY * times) if SAMPLE else EVERY
    shift = zlib.crc32(scenario.encode())
    found = [number for number in range(1, most + 1) if (number + shift) % stride == FIRST % stride]
    return found or ([1 + shift % most] if most else [])


def to_plain(results: Iterable[Result]) -> list[dict[str, object]]:
    """As plain values, which pass from one process to another."""
    return [dataclasses.asdict(each) for each in results]


def wrong_lines(results: Iterable[Result]) -> list[str]:
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
