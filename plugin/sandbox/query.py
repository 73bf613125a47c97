"""The query language: parsed into SQL over the store (qbo-api.md 3.8)."""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from onedesk_quickbooks.plugin.sandbox.books.currency import exchange_rate
from onedesk_quickbooks.plugin.sandbox.books.ledger import TXNS, Books
from onedesk_quickbooks.plugin.sandbox.books.operations import KINDS, NOT_IMITATED
from onedesk_quickbooks.plugin.sandbox.wire.faults import Refused, refusal
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, cents

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<number>-?\d+(?:\.\d+)?(?![\w.]))|(?P<word>[A-Za-z_][\w.]*)"""
    r"""|(?P<op><=|>=|=|<|>)|(?P<mark>[(),*]))"""
)
_OPERATORS = ("=", "<", ">", "<=", ">=", "IN", "LIKE")
_LIMIT = 1000

_COLUMNS = {
    "MetaData.LastUpdatedTime": "changed",
    "MetaData.CreateTime": "created",
    "DocNumber": "number",
    "TxnDate": "txndate",
    "DueDate": "duedate",
    "TotalAmt": "total",
    "CustomerRef": "customer",
    "FullyQualifiedName": "fullname",
    "SyncToken": "sync",
}
_SHORT = {"PrimaryEmailAddr": "PrimaryEmailAddr.Address"}
"""Objects that a query may ask by as if they were what they hold."""

_NAMES = {
    **dict.fromkeys(("Customer", "Vendor", "Employee", "TaxAgency"), "DisplayName"),
    "CompanyCurrency": "Code",
}
_BALANCED = ("Invoice", "CreditMemo", "SalesReceipt", "RefundReceipt", "Customer", "Vendor")
_SINGLE = ("CompanyInfo", "Preferences")
_EXTRA = {
    "TaxCode": ("SalesTaxRateList", "PurchaseTaxRateList", "TaxGroup", "TaxCodeConfigType"),
    "TaxRate": ("AgencyRef", "TaxReturnLineRef", "EffectiveTaxRate", "SpecialTaxType", "DisplayType"),
    "CompanyInfo": ("CompanyName", "LegalName", "Country", "Email", "CompanyAddr", "FiscalYearStartMonth"),
}


class Token(NamedTuple):
    """A word of a statement: its kind, its text, the column it starts at (from 1)."""

    kind: str
    text: str
    column: int


class Condition(NamedTuple):
    """`field operator values`, values as text."""

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
    """Raises Refused 4000 (grammar) and 4001 (unknown entity, numbers out of range)."""
    return _Parser(_tokens(text)).statement()


def run(books: Books, text: str) -> Body:
    """The QueryResponse of a statement. Raises Refused 4000, 4001."""
    asked = parse(text)
    if asked.kind in NOT_IMITATED:
        return {"totalCount": 0} if asked.fields == ["count(*)"] else {}
    if asked.kind == "ExchangeRate":
        return _rates(books, asked)
    sql, args = _where(asked)
    if asked.fields == ["count(*)"]:
        found = books.store.rows(f"SELECT count(*) FROM entity WHERE {sql}", args)  # noqa: S608
        return {"totalCount": int(found[0][0])}
    order = ", ".join(f"{_ordinal(asked.kind, name)} {'DESC' if down else 'ASC'}" for name, down in asked.order)
    tail = f"ORDER BY {order}{',' if order else ''} ord LIMIT {asked.limit} OFFSET {asked.start - 1}"
    rows = books.store.select(sql, args, tail)
    if not rows:
        return {}
    bodies = [_project(row.body, asked) for row in rows]
    return {asked.kind: bodies, "startPosition": asked.start, "maxResults": len(bodies)}


def _rates(books: Books, asked: Statement) -> Body:
    """The exchange rates of the company's currencies, on the day that is asked for."""
    day, wanted = books.today().isoformat(), None
    for each in asked.where:
        if each.field == "AsOfDate" and each.operator == "=":
            day = str(_read("date", each.values[0]))
        elif each.field == "SourceCurrencyCode" and each.operator in ("=", "IN"):
            wanted = each.values
        else:
            raise _invalid(f"Property {each.field} not found for Entity ExchangeRate")
    codes = [
        row.body["Code"] for row in books.store.select("kind = 'CompanyCurrency' AND state = 2", (), "ORDER BY ord")
    ]
    bodies = [exchange_rate(books, code, day) for code in codes if wanted is None or code in wanted]
    if asked.fields == ["count(*)"]:
        return {"totalCount": len(bodies)}
    page = bodies[asked.start - 1 :][: asked.limit]
    return {"ExchangeRate": page, "startPosition": asked.start, "maxResults": len(page)} if page else {}


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


def _invalid(detail: str) -> Refused:
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
                start = self.count(1, None)
            elif limit is None and self.maybe("MAXRESULTS"):
                limit = self.count(1, _LIMIT)
            else:
                raise self.unexpected()
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
            found = [self.word()]
        while self.mark(","):
            found.append("*" if self.mark("*") else self.word())
        return ["*"] if "*" in found else found

    def entity(self) -> str:
        token = self.here()
        name = self.word()
        for kind in (*KINDS, *NOT_IMITATED):
            if kind.lower() == name.lower():
                return kind
        raise _invalid(f"Invalid entity {name} at line 1, column {token.column}")

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

    def count(self, least: int, most: int | None) -> int:
        token = self.take()
        text = token.text.strip("'")
        if not re.fullmatch(r"-?\d+", text):
            self.at -= 1
            raise self.unexpected()
        if int(text) < least:
            raise _invalid(f"value {text} is too small. Min allowed value is {least}")
        if most is not None and int(text) > most:
            raise _invalid(f"value {text} is too large. Max allowed value is {most}")
        return int(text)


def _where(asked: Statement) -> tuple[str, list[Any]]:
    parts, args = ["kind = ?"], [asked.kind]
    shown = any(each.field.lower() == "active" for each in asked.where)
    parts.append("state != 0" if shown else "state = 2")
    for each in asked.where:
        sql, values = _condition(asked.kind, each)
        parts.append(sql)
        args.extend(values)
    return " AND ".join(parts), args


def _condition(kind: str, asked: Condition) -> tuple[str, list[Any]]:
    column, read = _sql(kind, asked.field)
    if column == "id" and asked.operator in ("<", ">", "<=", ">="):
        column, read = "ord", "number"
    if asked.operator == "LIKE":
        return f"{column} LIKE ? ESCAPE '\\'", [_pattern(asked.values[0])]
    values = [_read(read, each) for each in asked.values]
    sql = f"{column} IN ({', '.join('?' * len(values))})" if asked.operator == "IN" else f"{column} {asked.operator} ?"
    if column in ("name", "fullname") and asked.operator in ("=", "IN"):
        # The index knows no case; the comparison does.
        same = " OR ".join([f"{column} = ? COLLATE BINARY"] * len(values))
        return f"({sql} AND ({same}))", values * 2
    return sql, values


def _ordinal(kind: str, name: str) -> str:
    """What a property is sorted by: ids as numbers."""
    column = _sql(kind, name)[0]
    return "ord" if column == "id" else column


def _pattern(text: str) -> str:
    return re.sub(r"([\\_])", r"\\\1", text)


def _sql(kind: str, name: str) -> tuple[str, str]:
    """A property's column and how its values are read. Raises Refused 4001."""
    name = _SHORT.get(name, name)
    column = _COLUMNS.get(name, "")
    if name == "Id":
        return "id", "text"
    if column in ("changed", "created"):
        return column, "moment"
    if kind == "Attachable" and name.startswith("AttachableRef.EntityRef."):
        return _attached(name)
    if name == "Active":
        return "(state = 2)", "bool"
    if name == _NAMES.get(kind, "Name"):
        return "name", "text"
    if (name == "TotalAmt" and kind in TXNS) or (name == "Balance" and kind in _BALANCED):
        return ("total" if name == "TotalAmt" else "balance"), "cents"
    first = name.split(".")[0]
    field = KINDS[kind].shape.get(first)
    if (field is None and first not in _EXTRA.get(kind, ()) and kind not in _SINGLE) or first in (
        "Line",
        "TxnTaxDetail",
    ):
        raise _invalid(f"Property {name} not found for Entity {kind}")
    if column:
        return column, "date" if column in ("txndate", "duedate") else "text"
    sort = field.kind if field else "text"
    if first in ("RateValue", "UnappliedAmt", "RemainingCredit", "QtyOnHand", "CurrentBalance"):
        sort = "number"
    path = name if sort != "ref" or "." in name else f"{name}.value"
    held = f"json_extract(body, '$.{path}')"
    return (f"CAST({held} AS NUMERIC)", "number") if sort == "number" else (held, "bool" if sort == "bool" else "text")


def _attached(name: str) -> tuple[str, str]:
    """What the first reference of an attachment names: its kind as words compare, or its id."""
    part = name.rpartition(".")[2].lower()
    if part not in ("type", "value"):
        raise _invalid(f"Property {name} not found for Entity Attachable")
    held = f"json_extract(body, '$.AttachableRef[0].EntityRef.{part}')"
    return held + (" COLLATE NOCASE" if part == "type" else ""), "text"


def _read(sort: str, text: str) -> Any:
    """A value of a statement as its column holds it. Raises Refused 4001."""
    try:
        if sort == "moment":
            return int(read_moment(text).timestamp())
        if sort == "cents":
            return cents(Decimal(text))
        if sort == "number":
            # A comparison within SQLite, which has no decimals; nothing is computed from it.
            return float(Decimal(text))
        if sort == "date":
            return date.fromisoformat(text[:10]).isoformat()
    except (ValueError, InvalidOperation):
        raise _invalid(f"value {text} is not valid") from None
    if sort == "bool":
        return int(text.lower() == "true")
    return text


def read_moment(text: str) -> datetime:
    """A date, or a time with or without offset (then UTC). Raises ValueError."""
    text = re.sub(r"(\.\d{1,6})\d*", r"\1", text.strip().replace(" ", "+") if "T" in text else text.strip())
    text = re.sub(r"[Zz]$", "+00:00", text)
    text = re.sub(r"\.(\d+)", lambda match: f".{match.group(1):0<6}", text)
    text = re.sub(r"([+-]\d{2})(\d{2})$", r"\1:\2", text) if "T" in text else text
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _project(body: Body, asked: Statement) -> Body:
    """The asked properties; `Id`, `domain` and `sparse` come along as in real answers."""
    if asked.fields == ["*"]:
        return body
    found: Body = {"domain": "QBO", "sparse": True}
    for name in asked.fields:
        first = name.split(".")[0]
        _sql(asked.kind, name) if first not in body else None
        if first in body:
            found[first] = body[first]
    if "Id" in body:
        found["Id"] = body["Id"]
    return found
