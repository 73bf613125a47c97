"""The smallest set of rules that together match everything that another rule matches."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from onedesk_quickbooks.plugin.ruleset.core.columns import Conditions
from onedesk_quickbooks.plugin.ruleset.prove.masks import Point, WorkLimit, members
from onedesk_quickbooks.plugin.ruleset.prove.solver import Solver

_LARGEST = 6
"""The size up to which sets are proved to be the smallest; of larger ones only no member can be left out."""
_SHARE = 10_000
"""Steps for one such proof."""


def smallest_cover(solver: Solver, conditions: Conditions, takers: Callable[[Point], int]) -> list[int]:
    """Indices of the fewest rules that cover the conditions; empty if nothing satisfies the conditions. `takers` gives
    the rules that match a point, as bits.

    The cover is guessed from the points seen so far and proved by a search for a point outside it: either there is
    none, or it is a further point to cover. Raises WorkLimit.
    """
    points: list[int] = []
    cover: list[int] = []
    while True:
        outside = solver.search([conditions], sum(1 << each for each in cover))
        if outside is None:
            return cover
        points.append(takers(outside))
        cover = hitting(points, solver)


def hitting(points: Sequence[int], solver: Solver) -> list[int]:
    """The fewest indices such that each point has one of them; each point has some. A small set, not the smallest, if
    that takes too long."""
    try:
        with solver.at_most(_SHARE):
            for size in range(_apart(points), _LARGEST + 1):
                found = _hit(points, size, solver)
                if found is not None:
                    return sorted(found)
    except WorkLimit:
        if solver.left <= 0:
            raise
    return sorted(_greedy(points))


def _apart(points: Sequence[int]) -> int:
    """How many points are pairwise disjoint: a lower bound on the number of indices."""
    taken = count = 0
    for each in sorted(points, key=int.bit_count):
        if not each & taken:
            taken |= each
            count += 1
    return count


def _hit(points: Sequence[int], size: int, solver: Solver) -> list[int] | None:
    if not points:
        return []
    if size < _apart(points):
        return None
    for index in _best(points, solver):
        found = _hit([each for each in points if not each >> index & 1], size - 1, solver)
        if found is not None:
            return [index, *found]
    return None


def _best(points: Sequence[int], solver: Solver) -> list[int]:
    """The indices of one point, without those that hit a subset of what another one hits."""
    hits: dict[int, int] = {}
    for index in members(min(points, key=int.bit_count)):
        solver.spend(1)
        mask = sum(1 << at for at, each in enumerate(points) if each >> index & 1)
        hits.setdefault(mask, index)
    return [index for mask, index in hits.items() if not any(mask != each and not mask & ~each for each in hits)]


def _greedy(points: Sequence[int]) -> list[int]:
    left, found = list(points), []
    while left:
        counts: dict[int, int] = {}
        for each in left:
            for index in members(each):
                counts[index] = counts.get(index, 0) + 1
        best = max(counts, key=lambda index: (counts[index], -index))
        found.append(best)
        left = [each for each in left if not each >> best & 1]
    for index in list(found):
        rest = sum(1 << each for each in found if each != index)
        if all(each & rest for each in points):
            found.remove(index)
    return found
