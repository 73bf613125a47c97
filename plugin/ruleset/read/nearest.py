"""The nearest match for a misspelled name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_LONG = 100


def nearest(text: str, known: Iterable[str]) -> str | None:
    """The known key or word that is most similar to `text`; - and spaces count as _."""
    folded = {each.casefold(): each for each in known}
    found = get_close_matches(text[:_LONG].casefold().replace("-", "_").replace(" ", "_"), folded, 1, 0.6)
    return folded[found[0]] if found else None


def nearest_name(text: str, known: Iterable[str], alike: float = 0.6) -> str | None:
    """The known name that is most similar to `text`, with a similarity of at least `alike` (0 to 1)."""
    folded = {each.casefold()[:_LONG]: each for each in known}
    found = get_close_matches(text[:_LONG].casefold(), folded, 1, alike)
    return folded[found[0]] if found else None
