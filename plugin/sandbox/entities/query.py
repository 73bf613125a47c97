"""Answers statements of the query language, by SQL over the store (qbo-api.md 3.8)."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from onedesk_quickbooks.plugin.sandbox.books.accounts import bring_up_to_date
from onedesk_quickbooks.plugin.sandbox.books.currency import exchange_rate
from onedesk_quickbooks.plugin.sandbox.books.ledger import TXNS, Books
from onedesk_quickbooks.plugin.sandbox.entities.grammar import Condition, Statement, invalid, parse
from onedesk_quickbooks.plugin.sandbox.entities.kinds import KINDS, NOT_IMITATED
from onedesk_quickbooks.plugin.sandbox.store import Row, folded
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, cents, check_sent, number, read_day, read_moment

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
"""Objects that a query may name instead of their property."""

_NAMES = {
    **dict.fromkeys(("Customer", "Vendor", "Employee", "TaxAgency"), "DisplayName"),
    "CompanyCurrency": "Code",
}
_FOLDED = ("name", "fullname", "number", "customer", "sync")
"""Columns that are stored in the form for comparison: case-insensitive, or as numbers."""

_LARGEST = 2**63 - 1
_PSEUDO = ("TAX", "NON", "CustomSalesTax")
_COUNTED = ("Invoice", "Deposit")
"""Entities whose lists also have the number of rows as totalCount."""

_BALANCED = ("Invoice", "CreditMemo", "SalesReceipt", "RefundReceipt", "Customer", "Vendor")
_SINGLE = ("CompanyInfo", "Preferences")
_EXTRA = {
    "TaxCode": ("SalesTaxRateList", "PurchaseTaxRateList", "TaxGroup", "TaxCodeConfigType"),
    "TaxRate": ("AgencyRef", "TaxReturnLineRef", "EffectiveTaxRate", "SpecialTaxType", "DisplayType"),
    "CompanyInfo": ("CompanyName", "LegalName", "Country", "Email", "CompanyAddr", "FiscalYearStartMonth"),
}


def run(books: Books, text: str) -> Body:
    """The QueryResponse of a statement. Raises Refused 2040, 4000, 4001."""
    check_sent(text, "query")
    asked = parse(text)
    if asked.kind in NOT_IMITATED:
        return {"totalCount": 0} if asked.fields == ["count(*)"] else {}
    if asked.kind == "Account":
        bring_up_to_date(books)
    if asked.kind == "ExchangeRate":
        return _rates(books, asked)
    sql, args = _where(asked)
    if asked.fields == ["count(*)"]:
        found = books.store.rows(f"SELECT count(*) FROM entity WHERE {sql}", args)  # noqa: S608
        return {"totalCount": int(found[0][0])}
    tail = f"ORDER BY {_order(asked)} LIMIT {asked.limit} OFFSET {asked.start - 1}"
    rows = _pseudo(books, asked, sql, args) if asked.kind == "TaxCode" else []
    rows += books.store.select(f"{sql} AND id NOT IN {_PSEUDO}" if asked.kind == "TaxCode" else sql, args, tail)
    if not rows:
        return {}
    bodies = [_project(row.body, asked) for row in rows]
    answer: Body = {asked.kind: bodies, "startPosition": asked.start, "maxResults": len(bodies)}
    if asked.kind in _COUNTED:
        answer["totalCount"] = len(bodies)
    return answer


def _pseudo(books: Books, asked: Statement, sql: str, args: list[Any]) -> list[Row]:
    """The pseudo codes of a US company, which the first page has in addition to MAXRESULTS."""
    return books.store.select(f"{sql} AND id IN {_PSEUDO}", args, "ORDER BY rowid") if asked.start == 1 else []


def _rates(books: Books, asked: Statement) -> Body:
    """The exchange rates of the company's currencies, on the requested day."""
    day, wanted = books.today().isoformat(), None
    for each in asked.where:
        if each.field == "AsOfDate" and each.operator == "=":
            day = str(_read("date", each.values[0]))
        elif each.field == "SourceCurrencyCode" and each.operator in ("=", "IN"):
            wanted = each.values
        else:
            raise invalid(f"Property {each.field} not found for Entity ExchangeRate")
    codes = [
        row.body["Code"] for row in books.store.select("kind = 'CompanyCurrency' AND state = 2", (), "ORDER BY ord")
    ]
    bodies = [exchange_rate(books, code, day) for code in codes if wanted is None or code in wanted]
    if asked.fields == ["count(*)"]:
        return {"totalCount": len(bodies)}
    page = bodies[asked.start - 1 :][: asked.limit]
    return {"ExchangeRate": page, "startPosition": asked.start, "maxResults": len(page)} if page else {}


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
    if read == "text" and column not in _FOLDED:
        column = f"folded({column})"
    if asked.operator == "LIKE":
        return f"{column} LIKE ? ESCAPE '\\'", [folded(_pattern(asked.values[0]))]
    # White space around a name is ignored, as when it is stored.
    texts = [each.strip(" ") for each in asked.values] if column in ("name", "fullname") else asked.values
    values = [_read(read, each) for each in texts]
    if asked.operator == "IN":
        return f"{column} IN ({', '.join('?' * len(values))})", values
    # A missing property differs from every value.
    return f"{column} {'IS NOT' if asked.operator == '!=' else asked.operator} ?", values


def _order(asked: Statement) -> str:
    """The sort order; by default forms have the time of change, newest first, names the full name."""
    if not asked.order:
        if asked.kind not in TXNS:
            return "coalesce(fullname, name), ord"
        # "+": rows that a condition finds by its own index are sorted, instead of all rows searched in order.
        few = any(each.operator in ("=", "IN") and each.field in _COLUMNS for each in asked.where)
        return f"{'+' if few else ''}changed DESC, ord DESC"
    wanted = [f"{_ordinal(asked.kind, name)} {'DESC' if down else 'ASC'}" for name, down in asked.order]
    return ", ".join([*wanted, "ord"])


def _ordinal(kind: str, name: str) -> str:
    """The sort key of a property: ids as numbers, texts regardless of case."""
    column, read = _sql(kind, name)
    if read == "text" and column not in _FOLDED:
        return f"folded({column})"
    return "ord" if column == "id" else column


def _pattern(text: str) -> str:
    return re.sub(r"([\\_])", r"\\\1", text)


def _sql(kind: str, name: str) -> tuple[str, str]:
    """A property's column and the type of its values. Raises Refused 4001."""
    name = _SHORT.get(name, name)
    column = _COLUMNS.get(name, "")
    if name == "Id":
        return "id", "id"
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
        raise invalid(f"Property {name} not found for Entity {kind}")
    if column:
        return column, "date" if column in ("txndate", "duedate") else "text"
    sort = field.kind if field else "text"
    if first in ("RateValue", "UnappliedAmt", "RemainingCredit", "QtyOnHand", "CurrentBalance"):
        sort = "number"
    path = name if sort != "ref" or "." in name else f"{name}.value"
    held = f"json_extract(body, '$.{path}')"
    return (f"CAST({held} AS NUMERIC)", "number") if sort == "number" else (held, "bool" if sort == "bool" else "text")


def _attached(name: str) -> tuple[str, str]:
    """The column for the first reference of an attachment: its kind, or its id."""
    part = name.rpartition(".")[2].lower()
    if part not in ("type", "value"):
        raise invalid(f"Property {name} not found for Entity Attachable")
    return f"json_extract(body, '$.AttachableRef[0].EntityRef.{part}')", "text"


def _read(sort: str, text: str) -> Any:
    """A value of a statement in the form of its column. Raises Refused 4001."""
    try:
        if sort == "moment":
            return int(read_moment(text).timestamp())
        if sort == "cents":
            return _bounded(Decimal(text))
        if sort == "number":
            # A comparison within SQLite, which has no decimals; no calculation uses it.
            return float(_finite(Decimal(text)))
        if sort == "date":
            return read_day(text)
    except (ValueError, InvalidOperation):
        raise invalid(f"value {text} is not valid") from None
    if sort == "bool":
        return int(text.lower() == "true")
    if sort == "id" and not text.isdigit() and text not in _PSEUDO:
        raise invalid(f"value {text} is not valid for Id")
    return folded(text) if sort == "text" else text


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError(f"{value} is not a number")
    return value


def _bounded(value: Decimal) -> int | None:
    """An amount in hundredths, limited to the largest number of a column."""
    if number(_finite(value)).adjusted() < 16:
        return cents(value)
    return 0 if not value else _LARGEST if value > 0 else -_LARGEST


def _project(body: Body, asked: Statement) -> Body:
    """The requested properties; `Id`, `domain` and `sparse` are included as in real answers."""
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
