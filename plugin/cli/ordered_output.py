"""Reports the outcomes of many invoices while others are in progress, in the order of the input."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

HELD_BACK = 1000
"""The maximum number of outcomes that are kept until the earlier ones are known."""


class OrderedOutput(Generic[T]):
    """Shows each outcome when those before it are known, and after all of them those of entries that were queued
    before. If more than `HELD_BACK` would have to wait, they are shown as they come."""

    def __init__(self, show: Callable[[T, bool], None], show_again: Callable[[T], None] = lambda _: None) -> None:
        """`show` is called with each outcome, and whether it is of an entry queued before, `show_again` with one that
        replaces an outcome that was shown."""
        self._show = show
        self._show_again = show_again
        self._places: deque[list[T]] | None = deque()
        self._along: list[T] | None = []
        self._known = 0

    def place(self) -> list[T]:
        """The next place in the order, to be filled by `fill`."""
        place: list[T] = []
        if self._places is not None:
            self._places.append(place)
        return place

    def fill(self, place: list[T], found: T) -> None:
        """Set the outcome for a place."""
        if self._places is None:
            self._show(found, False)
            return
        place.append(found)
        self._known += 1
        while self._places and self._places[0]:
            self._show(self._places.popleft().pop(), False)
            self._known -= 1
        if self._known > HELD_BACK:
            self.end()

    def again(self, place: list[T], found: T) -> None:
        """Set a later outcome for a place that was filled."""
        if place:
            place[0] = found
        else:
            self._show_again(found)

    def went_along(self, found: T) -> None:
        """Add the outcome of an entry that was not in the input."""
        if self._along is None:
            self._show(found, True)
            return
        self._along.append(found)
        if len(self._along) > HELD_BACK:
            self.end_along()

    def end(self) -> None:
        """Show all known outcomes of the input; unfilled places are left out."""
        for place in self._places or ():
            while place:
                self._show(place.pop(), False)
        self._places = None

    def end_along(self) -> None:
        """Then show those of entries queued before."""
        for each in self._along or ():
            self._show(each, True)
        self._along = None
