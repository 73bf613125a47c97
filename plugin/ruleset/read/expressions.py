"""Texts that look like an expression: `not Acme`, `Acme or Bolt`, `^Acme`, `any`. Rules have no expressions: a
condition compares the whole text."""

from __future__ import annotations

import json
import re

from onedesk_quickbooks.plugin.model.name_keys import is_legal_form
from onedesk_quickbooks.plugin.texts import Text as Said

_ALL = frozenset({"any", "all", "anyone", "everyone", "everything", "tous", "toutes", "tout"})
_NOT = re.compile(r"(?:(?:not|except|sauf)\s+|(?:<>|=)\s*)(?=\S)", re.IGNORECASE)
_EITHER = re.compile(r"\s+(?:or|ou)\s+|\s*\|+\s*", re.IGNORECASE)
_COMMA = re.compile(r"\s*,\s+|,(?=\D)")
_PATTERN = re.compile(r"\^(?P<begin>.+?)(?P<end>\$?)|/\^?(?P<between>.+?)/|(?P<dot>.+)\.\*")
_SAFE = re.compile(r"[A-Za-z0-9(][A-Za-z0-9 ._/()+%-]*(?<! )")


def scalar(text: str) -> str:
    """The text as YAML: quoted if it would be read back differently, or looks like an expression."""
    safe = _SAFE.fullmatch(text) and not expression(text, listed=True, mapped=True)
    return text if safe else json.dumps(text, ensure_ascii=False)


def alternatives(text: str, commas: bool = True) -> list[str]:
    """The values if the text looks like several; empty if it is one value. A comma before a legal form (Acme, Inc.) is
    part of a name."""
    found = [each.strip() for each in _EITHER.split(text)]
    if len(found) < 2 and commas:
        found = [each.strip() for each in _COMMA.split(text)]
        if is_legal_form(found[-1]):
            return []
    return found if len(found) > 1 and all(found) else []


def expression(text: str, listed: bool, mapped: bool) -> tuple[Said, Said] | None:
    """What the value of a condition looks like, and what to write instead; None if it is a plain value. `listed` allows
    a list in its place, `mapped` allows `{not: ...}`. A * within a text is reported elsewhere (OQ304)."""
    if "*" in text[:-1]:
        return None
    either, negated, pattern = alternatives(text), _NOT.match(text), _PATTERN.fullmatch(text)
    if text.casefold() in _ALL:
        return Said("as any value"), Said("Delete the condition: what is left out does not matter")
    if negated:
        rest = text[negated.end() :].strip()
        if negated[0].strip() == "=":
            return Said("as a comparison"), Said("Write {written}", written=scalar(rest))
        inner = ", ".join(map(scalar, alternatives(rest))) or scalar(rest)
        written = f"{{not: {f'[{inner}]' if alternatives(rest) else inner}}}"
        if mapped:
            return Said("as any value but one"), Said("Write {written}", written=written)
        return Said("as any value but one"), Said("Write the whole condition as {written}", written=written)
    if either:
        values = ", ".join(map(scalar, either))
        if listed:
            return Said("as one of several values"), Said("Write {written}", written=f"[{values}]")
        return Said("as one of several values"), Said("Write each as an entry of the list: {values}", values=values)
    if pattern:
        begin = (pattern["begin"] or pattern["between"] or pattern["dot"]).removesuffix(".*")
        value = begin if pattern["end"] else f"{begin}*"
        return Said("as a regular expression"), Said("Write {written}", written=json.dumps(value, ensure_ascii=False))
    return None
