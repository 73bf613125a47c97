"""Invoices from JSON: one object, a list of objects, or one object a line. Numbers are read exactly as written.

A file is read in pieces: only the current record is in memory.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, NoReturn, TextIO

from onedesk_quickbooks.plugin.cli.files.records import LONGEST, TOO_LONG, UNREAD, BadRecord, Record
from onedesk_quickbooks.plugin.findings.not_json import cause
from onedesk_quickbooks.plugin.texts import Text

_SPACE = " \t\r\n"
_PIECE = 1 << 16
_WORD = len("-Infinity")
"""The longest token in JSON's grammar except texts and numbers."""


def read_json(file: str, source: TextIO) -> Iterator[Record | BadRecord]:
    """One invoice, or a list. After a syntax error the rest of the file is not read, since the start of the next record
    is unknown."""
    reader = _Reader(file, source)
    first = reader.peek()
    if not first:
        yield BadRecord(f"{file}:1", Text("the file is empty; it must hold an invoice or a list of invoices"))
    elif first == "[":
        yield from reader.listed()
    else:
        yield reader.one(last=True)


def read_json_lines(file: str, source: TextIO) -> Iterator[Record | BadRecord]:
    """One invoice a line; empty lines are skipped, and a bad line does not prevent others from being read."""
    for number, line in enumerate(iter(partial(source.readline, LONGEST + 1), ""), 1):
        if len(line) > LONGEST:
            while line and not line.endswith("\n"):
                line = source.readline(_PIECE)
            yield BadRecord(f"{file}:{number}", TOO_LONG)
        elif line.strip(_SPACE):
            yield _Reader(file, None, line, number).one(last=True)


class _Reader:
    """Decodes records one after the other. `line` is the number of the first line in the buffer."""

    def __init__(self, file: str, source: TextIO | None, text: str = "", line: int = 1) -> None:
        self._file, self._source, self._text, self._line = file, source, text, line
        self._at, self._counted, self._column = 0, 0, 0
        self._decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_constant=_constant)
        self._lost = False

    def peek(self) -> str:
        """The next character that is not white space; "" at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more(_PIECE):
                return ""

    def _more(self, count: int) -> bool:
        """Replace the processed characters by the next `count`; False if there are none."""
        piece = self._source.read(count) if self._source else ""
        if not piece:
            self._source = None
            return False
        self._place(self._at)
        before = self._text.rfind("\n", 0, self._at)
        self._column = self._at - before - 1 + (self._column if before < 0 else 0)
        self._text, self._at, self._counted = self._text[self._at :] + piece, 0, 0
        return True

    def _place(self, at: int) -> str:
        """file:line of an index, which must not be before the last one requested."""
        self._line += self._text.count("\n", self._counted, at)
        self._counted = at
        return f"{self._file}:{self._line}"

    def one(self, *, last: bool) -> Record | BadRecord:
        """The record that begins at the next character that is not white space."""
        self.peek()
        self._lost = True
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                cut = error.pos > len(self._text) - _WORD or error.msg.startswith("Unterminated")
                if not (cut and self._fits()):
                    return self._wrong(error, cut)
            except RecursionError:
                return BadRecord(self._place(self._at), Text("is nested too deep to be an invoice"))
            except ValueError as error:
                return BadRecord(self._place(self._at), cause(error))
            else:
                if end < len(self._text) or not self._fits():
                    break
        where, too_long = self._place(self._at), end - self._at > LONGEST
        self._at = end
        if last and self.peek():
            return BadRecord(self._place(self._at), Text("text after the end of the invoice; put a list in [ ]"))
        self._lost = False
        if too_long:
            return BadRecord(where, TOO_LONG)
        return (
            Record(where, value)
            if isinstance(value, dict)
            else BadRecord(where, Text("is not an invoice; write a JSON object { }"))
        )

    def _fits(self) -> bool:
        """Whether the record has more data, and may grow to the maximum length."""
        have = len(self._text) - self._at
        return have <= LONGEST and self._more(max(have, _PIECE))

    def _wrong(self, error: json.JSONDecodeError, cut: bool) -> BadRecord:
        if cut and len(self._text) - self._at > LONGEST:
            return BadRecord(self._place(self._at), f"{TOO_LONG}; {UNREAD}")
        column = error.colno + (0 if error.lineno > 1 else self._column)
        return BadRecord(
            self._place(error.pos), Text("is not JSON: {why}, column {column}", why=cause(error), column=column)
        )

    def listed(self) -> Iterator[Record | BadRecord]:
        """The records of the list that begins here."""
        self._at += 1
        while self.peek() not in ("]", ""):
            yield self.one(last=False)
            if self._lost:
                return
            if self.peek() == ",":
                self._at += 1
            elif self.peek() not in ("]", ""):
                break
        if self.peek() != "]":
            yield BadRecord(self._place(self._at), Text("is not JSON: the list needs a comma or its closing ]"))
            return
        self._at += 1
        if self.peek():
            yield BadRecord(self._place(self._at), Text("text after the end of the list"))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise ValueError(Text("the key {key} appears twice in one object; keep one of them", key=repr(twice[:100])))
    return found


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        why = Text('a number has an exponent that no amount has; write amounts as text such as "1234.56"')
        raise ValueError(why) from None


def _constant(name: str) -> NoReturn:
    raise ValueError(Text('{name} is not an amount; write amounts as text such as "1234.56"', name=name))
