"""Sentences of the pages that depend on a number."""

from __future__ import annotations

from onedesk_quickbooks.plugin.texts import Text, form


def said(number: int, one: str, many: str, **values: object) -> str:
    """The sentence for a number, in the current language, with `{n}` and the values filled in."""
    return form(Text(one), Text(many), number, **values)
