"""Sentences of the pages: whole, with named values, so that a catalogue can have them in another language."""

from __future__ import annotations


def said(count: int, one: str, many: str, **values: object) -> str:
    """The sentence for so many; `{count}` and the values stand in it."""
    return (one if count == 1 else many).format(count=f"{count:,}", **values)
