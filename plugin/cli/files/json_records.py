"""Invoices from JSON: one object, a list of objects, or one object a line. Numbers are kept exactly as written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NoReturn

from onedesk_quickbooks.plugin.cli.files.records import BadRecord, Record

_SPACE = " \t\r\n"


def read_json(file: str, text: str) -> Iterator[Record | BadRecord]:
    """One invoice, or a list. After a syntax error the rest of the file is not read: where it goes on is unknown."""
    reader = _Reader(file, text)
    at = reader.skip(0)
    if at == len(text):
        yield BadRecord(f"{file}:1", "the file is empty; it must hold an invoice or a list of invoices")
        return
    if text[at] != "[":
        yield from reader.one(at, last=True)
        return
    yield from reader.listed(at + 1)


def read_json_lines(file: str, text: str) -> Iterator[Record | BadRecord]:
    """One invoice a line; empty lines are skipped, and a bad line keeps no other from being read."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip(_SPACE):
            yield from _Reader(file, line, number).one(len(line) - len(line.lstrip(_SPACE)), last=True)


class _Reader:
    """Decodes records one after the other; `first` is the number of the text's first line."""

    def __init__(self, file: str, text: str, first: int = 1) -> None:
        self._file, self._text, self._first = file, text, first
        self._seen, self._line = 0, first
        self._decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=Decimal, parse_constant=_constant)
        self.end = 0

    def skip(self, at: int) -> int:
        """The index of the next character that is no space."""
        text = self._text
        while at < len(text) and text[at] in _SPACE:
            at += 1
        return at

    def line(self, at: int) -> int:
        """The line of an index; asked for in ascending order it costs one pass over the text."""
        if at < self._seen:
            self._seen, self._line = 0, self._first
        self._line += self._text.count("\n", self._seen, at)
        self._seen = at
        return self._line

    def one(self, at: int, *, last: bool) -> Iterator[Record | BadRecord]:
        """The record that begins at an index; `self.end` is where it ends, -1 after a syntax error."""
        where = f"{self._file}:{self.line(at)}"
        self.end = -1
        try:
            value, end = self._decoder.raw_decode(self._text, at)
        except json.JSONDecodeError as error:
            yield BadRecord(f"{self._file}:{self.line(error.pos)}", f"is not JSON: {error.msg}, column {error.colno}")
            return
        except RecursionError:
            yield BadRecord(where, "is nested too deep to be an invoice")
            return
        except ValueError as error:
            yield BadRecord(where, str(error))
            return
        rest = self.skip(end)
        if last and rest < len(self._text):
            yield BadRecord(f"{self._file}:{self.line(rest)}", "text after the end of the invoice; put a list in [ ]")
            return
        self.end = rest
        yield Record(where, value) if isinstance(value, dict) else BadRecord(where, "is no invoice, which is a { }")

    def listed(self, at: int) -> Iterator[Record | BadRecord]:
        """The records of a list whose [ stands before the index."""
        text = self._text
        at = self.skip(at)
        while at < len(text) and text[at] != "]":
            yield from self.one(at, last=False)
            if self.end < 0:
                return
            at = self.end
            if at < len(text) and text[at] == ",":
                at = self.skip(at + 1)
            elif at < len(text) and text[at] != "]":
                break
        if at >= len(text) or text[at] != "]":
            yield BadRecord(f"{self._file}:{self.line(at)}", "is not JSON: the list needs a comma or its closing ]")
        elif self.skip(at + 1) < len(text):
            yield BadRecord(f"{self._file}:{self.line(self.skip(at + 1))}", "text after the end of the list")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} appears twice in one object; keep one of them")
    return found


def _constant(name: str) -> NoReturn:
    raise ValueError(f'{name} is no amount; write amounts as text such as "1234.56"')
