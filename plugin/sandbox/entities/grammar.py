"""The grammar of the query language: tokens and parsed statements (qbo-api.md 3.8)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from onedesk_quickbooks.plugin.sandbox.entities.kinds import KINDS, NOT_IMITATED
from onedesk_quickbooks.plugin.sandbox.wire.faults import Refused, refusal
from onedesk_quickbooks.plugin.sandbox.wire.tables import canonical

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*')"""
    r"""|(?P<number>-?\d+(?:\.\d+)?(?![\w.])|\d+(?=(?i:startposition|maxresults)\b))"""
    r"""|(?P<word>[A-Za-z_][\w.]*)|(?P<op><=|>=|!=|=|<|>)|(?P<mark>[(),*]))"""
)
_OPERATORS = ("=", "!=", "<", ">", "<=", ">=", "IN", "LIKE")
_LIMIT = 1000
_LAST = 2**31 - 1


class Token(NamedTuple):
    """A token of a statement: its kind, its text, the column where it starts (from 1)."""

    kind: str
    text: str
    column: int


class Condition(NamedTuple):
    """`field operator values`, with values as text."""

    field: str
    operator: str
    values: list[str]


class Statement(NamedTuple):
    """A parsed query. `fields` is `["*"]`, `["count(*)"]` or property names."""

    fields: list[str]
    kind: str
    where: list[Condition]
    order: list[tuple[str, bool]]
    start: int
    limit: int


def parse(text: str) -> Statement:
    """The parsed statement. Raises Refused 4000 (grammar) and 4001 (unknown entity, numbers out of range)."""
    return _Parser(_tokens(text)).statement()


def _tokens(text: str) -> list[Token]:
    found, at = [], 0
    text = text.strip().rstrip(";")
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            column = at + 1
            raise _syntax(f'Lexical error at line 1, column {column}.  Encountered: "{text[at:].strip()[:1]}"')
        found.append(Token(match.lastgroup, match.group(match.lastgroup), match.start(match.lastgroup) + 1))
        at = match.end()
    return [*found, Token("end", "", len(text) + 1)]


def _syntax(detail: str) -> Refused:
    return refusal("4000", f"QueryParserError: {detail}")


def invalid(detail: str) -> Refused:
    """4001: a valid statement that cannot be answered."""
    return refusal("4001", f"QueryValidationError: {detail}")


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def statement(self) -> Statement:
        self.keyword("SELECT")
        fields = self.fields()
        self.keyword("FROM")
        kind = self.entity()
        where = self.conditions() if self.maybe("WHERE") else []
        order = self.ordering()
        start = limit = None
        while self.here().kind != "end":
            if start is None and self.maybe("STARTPOSITION"):
                start = self.count(1, _LAST)
            elif limit is None and self.maybe("MAXRESULTS"):
                limit = self.count(1, _LIMIT)
            else:
                raise self.unexpected()
        fields = [canonical(kind, each) for each in fields]
        where = [each._replace(field=canonical(kind, each.field)) for each in where]
        order = [(canonical(kind, name), down) for name, down in order]
        return Statement(fields, kind, where, order, start or 1, limit or 100)

    def here(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def unexpected(self) -> Refused:
        token = self.here()
        what = "<EOF>" if token.kind == "end" else f'" <ID> "{token.text} ""'
        return _syntax(f"Encountered {what} at line 1, column {token.column}.")

    def maybe(self, *words: str) -> bool:
        got = [each.text.upper() for each in self.tokens[self.at : self.at + len(words)] if each.kind == "word"]
        if got != list(words):
            return False
        self.at += len(words)
        return True

    def keyword(self, word: str) -> None:
        if not self.maybe(word):
            raise self.unexpected()

    def mark(self, text: str) -> bool:
        if self.here().kind == "mark" and self.here().text == text:
            self.at += 1
            return True
        return False

    def word(self) -> str:
        if self.here().kind != "word":
            raise self.unexpected()
        return self.take().text

    def fields(self) -> list[str]:
        if self.mark("*"):
            found = ["*"]
        elif self.maybe("COUNT"):
            if not (self.mark("(") and self.mark("*") and self.mark(")")):
                raise self.unexpected()
            return ["count(*)"]
        else:
            found = [self.property()]
        while self.mark(","):
            found.append("*" if self.mark("*") else self.property())
        return ["*"] if "*" in found else found

    def property(self) -> str:
        """A property; `Line.*` means all of its parts, which are returned anyway."""
        name = self.word()
        if name.endswith(".") and not self.mark("*"):
            raise self.unexpected()
        return name.rstrip(".")

    def entity(self) -> str:
        name = self.word()
        for kind in (*KINDS, *NOT_IMITATED):
            if kind.lower() == name.lower():
                return kind
        raise invalid(f"invalid context declaration: {name}")

    def conditions(self) -> list[Condition]:
        found = [self.condition()]
        while self.maybe("AND"):
            found.append(self.condition())
        return found

    def condition(self) -> Condition:
        name = self.word()
        token = self.here()
        operator = self.take().text.upper() if token.kind in ("op", "word") else ""
        if operator not in _OPERATORS:
            self.at -= 1 if operator else 0
            raise self.unexpected()
        if operator != "IN":
            return Condition(name, operator, [self.value()])
        if not self.mark("("):
            raise self.unexpected()
        values = [self.value()]
        while self.mark(","):
            values.append(self.value())
        if not self.mark(")"):
            raise self.unexpected()
        return Condition(name, operator, values)

    def value(self) -> str:
        token = self.here()
        if token.kind == "text":
            self.at += 1
            return re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL)
        if token.kind == "number" or (token.kind == "word" and token.text.lower() in ("true", "false")):
            self.at += 1
            return token.text.lower()
        raise self.unexpected()

    def ordering(self) -> list[tuple[str, bool]]:
        if not (self.maybe("ORDERBY") or self.maybe("ORDER", "BY")):
            return []
        found = []
        while True:
            name = self.word()
            down = self.maybe("DESC")
            if not down:
                self.maybe("ASC")
            found.append((name, down))
            if not self.mark(","):
                return found

    def count(self, least: int, most: int) -> int:
        token = self.take()
        text = token.text.strip("'")
        if not re.fullmatch(r"-?\d+", text):
            self.at -= 1
            raise self.unexpected()
        value = Decimal(text)
        if value < least:
            raise invalid(f"value {text} is too small. Min allowed value is {least}")
        if value > most:
            raise invalid(f"value {text} is too large. Max allowed value is {most}")
        return int(value)
