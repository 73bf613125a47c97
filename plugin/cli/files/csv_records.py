"""Invoices from CSV, one row a line item: rows of one invoice follow each other and share its id (or number).

`COLUMNS` is the whole format. A column may also be called by its full path in schemas/invoice.schema.json
("customer.address.city"); capitals in a heading make no difference, and a space, a dot, a hyphen and an underscore are
the same. The fields of the invoice are in its first row; later rows repeat them or leave them empty. Nothing is
computed: the total is a column.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, TextIO

from onedesk_quickbooks.plugin.cli.files.records import LONGEST, TOO_LONG, UNREAD, BadRecord, Record
from onedesk_quickbooks.plugin.texts import Text, text_in

COLUMNS: dict[str, tuple[str, str]] = {
    "id": ("id", "the host's id of the invoice; the number if empty"),
    "number": ("number", "the invoice number on the document; the id if empty"),
    "status": ("status", "draft, open, paid, void or deleted; open if empty"),
    "type": ("type", "credit: a credit note; else the host's own word"),
    "credits": ("credits", "of a credit note: id or number of the invoice that it credits"),
    "currency": ("currency", "three capital letters: USD"),
    "issue_date": ("issue_date", "2026-11-24"),
    "due_date": ("due_date", "2026-12-24"),
    "send_after": ("send_after", "QuickBooks does not e-mail it before this day"),
    "customer": ("customer.name", "the customer organization"),
    "customer_id": ("customer.id", "the host's id of the customer; its name if empty"),
    "first_name": ("customer.billing_contact.first_name", "the billing contact"),
    "last_name": ("customer.billing_contact.last_name", "the billing contact"),
    "email": ("customer.billing_contact.email", "the address for e-mails, unless the rules name others"),
    "manager_first_name": ("customer.account_manager.first_name", "the account manager, on your side"),
    "manager_last_name": ("customer.account_manager.last_name", ""),
    "manager_email": ("customer.account_manager.email", "who gets an invoice if the rules say account_manager"),
    "phone": ("customer.phone", ""),
    "tax_id": ("customer.tax_id", ""),
    "line1": ("customer.address.line1", "street and number"),
    "line2": ("customer.address.line2", ""),
    "city": ("customer.address.city", ""),
    "region": ("customer.address.region", "state or province"),
    "postal_code": ("customer.address.postal_code", ""),
    "country": ("customer.address.country", "two capital letters: NO"),
    "ship_to_line1": ("ship_to.line1", "where the work was done or the goods went, if elsewhere"),
    "ship_to_line2": ("ship_to.line2", ""),
    "ship_to_city": ("ship_to.city", ""),
    "ship_to_region": ("ship_to.region", "state or province"),
    "ship_to_postal_code": ("ship_to.postal_code", ""),
    "ship_to_country": ("ship_to.country", "two capital letters: NO"),
    "customer_tags": ("customer.tags", "several, separated by ;"),
    "partner": ("partner", "who is billed instead of the customer, if the rules say so"),
    "project": ("project", ""),
    "line_id": ("lines.id", "1, 2, 3... if empty"),
    "service_type": ("lines.service_type", "the product/service in QuickBooks"),
    "work_item": ("lines.work_item.name", "the ticket or task"),
    "work_item_type": ("lines.work_item.type", "ticket or task"),
    "work_item_number": ("lines.work_item.number", ""),
    "team": ("lines.team", "whose work is billed"),
    "user": ("lines.user", "who did the work"),
    "description": ("lines.description", ""),
    "date": ("lines.date", "the day of the work"),
    "quantity": ("lines.quantity", ""),
    "unit_price": ("lines.unit_price", ""),
    "price_per": ("lines.price_per", "the quantity that unit_price is for; 1 if empty"),
    "cost": ("lines.cost", "what a billable expense cost, without its markup"),
    "amount": ("lines.amount", "net amount of the line"),
    "tax_rate": ("lines.tax_rate", "per cent"),
    "taxable": ("lines.taxable", "true or false"),
    "tax_category": ("lines.tax_category", "S, Z, E, AE, K, G, O"),
    "discount": ("discounts.amount", "on the document; subtracted"),
    "discount_name": ("discounts.name", "Discount if empty"),
    "discount_tax_rate": ("discounts.tax_rate", "per cent"),
    "discount_percent": ("discounts.percent", "the percentage of the discount"),
    "discount_after_tax": ("discounts.after_tax", "true or false; US"),
    "charge": ("charges.amount", "on the document, shipping too; added"),
    "charge_name": ("charges.name", "Charge if empty"),
    "charge_tax_rate": ("charges.tax_rate", "per cent"),
    "charge_taxable": ("charges.taxable", "true or false"),
    "charge_tax_category": ("charges.tax_category", "S, Z, E, AE, K, G, O"),
    "tax": ("taxes.amount", "all taxes of the invoice"),
    "tax_name": ("taxes.name", ""),
    "amounts_include_tax": ("amounts_include_tax", "true or false"),
    "subtotal": ("subtotal", "sum of the amounts"),
    "total": ("total", "subtotal - discount + charge + tax"),
    "prepaid": ("prepaid", ""),
    "rounding": ("rounding", ""),
    "payable": ("payable", "total - prepaid + rounding"),
    "memo": ("memo", "text for the customer"),
    "private_note": ("private_note", "text for the bookkeeper"),
    "purchase_order": ("purchase_order", ""),
    "tags": ("tags", "several, separated by ;"),
}
"""Column -> its path in the invoice, and its meaning."""

_MANY = ("discounts", "charges", "taxes")
_LISTS = ("tags", "customer.tags")
_FLAGS = frozenset(path for path, about in COLUMNS.values() if about.startswith("true or false"))
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def plain_heading(heading: str) -> str:
    """A heading without regard to capitals; an underscore replaces spaces, dots and hyphens, or several of them."""
    return re.sub(r"[\s._-]+", "_", heading.strip().lower())


_PATHS = {plain_heading(path): path for path, _ in COLUMNS.values()} | {
    name: path for name, (path, _) in COLUMNS.items()
}
_NAMES = {path: name for name, (path, _) in COLUMNS.items()}


class BadRow(ValueError):
    """Why a row, or an invoice, cannot be read."""


def read_csv(file: str, source: TextIO) -> Iterator[Record | BadRecord]:
    """One record per invoice. A bad heading ends the reading; a bad row affects its own invoice only."""
    try:
        rows = rows_of(source)
        first = next(rows, Row(1, [], 0))
    except BadRow as error:
        yield BadRecord(f"{file}:1", text_in(error))
        return
    except csv.Error as error:
        yield BadRecord(f"{file}:1", Text("the heading cannot be read: {error}", error=error))
        return
    try:
        paths = _heading(first.cells)
    except BadRow as error:
        yield BadRecord(f"{file}:{first.line}", text_in(error))
        return
    yield from _Invoices(file, paths).read(rows)


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the number of its first line, its cells, and its length in characters."""

    line: int
    cells: list[str]
    length: int


_SEPARATOR = re.compile(r"\"?sep=([,;\t|])\"?", re.IGNORECASE)


def rows_of(source: TextIO) -> Iterator[Row]:
    """The rows that contain text, without a first line such as `sep=;`, by which Excel names the separator. Raises
    `csv.Error`, and `BadRow` for one that is longer than an invoice may be."""
    length = 0

    def lines() -> Iterator[str]:
        nonlocal length
        while line := source.readline(LONGEST + 1):
            length += len(line)
            if length > LONGEST:
                raise BadRow(f"{TOO_LONG}; {UNREAD}")
            yield line

    each = lines()
    first = next(each, "")
    named = _SEPARATOR.fullmatch(first.rstrip("\r\n"))
    first = next(each, "") if named else first
    reader = csv.reader(
        chain([first], each), delimiter=named[1] if named else max(",;\t", key=first.count), strict=True
    )
    above = 2 if named else 1
    while True:
        line = reader.line_num + above
        try:
            cells = next(reader)
        except StopIteration:
            return
        if any(cell.strip() for cell in cells):
            yield Row(line, [cell.strip() for cell in cells], length)
        length = 0


def _heading(cells: list[str]) -> list[str]:
    """The path of each column."""
    if not cells:
        raise BadRow(
            Text(
                "the file is empty; its first row must name the columns: at least number, currency, issue_date,"
                " customer, amount and total"
            )
        )
    names = [plain_heading(cell) for cell in cells]
    unknown = [cell for cell, name in zip(cells, names, strict=True) if name not in _PATHS]
    if unknown:
        near = difflib.get_close_matches(plain_heading(unknown[0]), COLUMNS, 1)
        hint = (
            Text("did you mean {near}?", near=near[0])
            if near
            else Text("take it out; the columns there are: onedesk-quickbooks invoices import --help")
        )
        raise BadRow(Text("there is no column {unknown}; {hint}", unknown=repr(unknown[0]), hint=hint))
    paths = [_PATHS[name] for name in names]
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice:
        raise BadRow(Text("the column {names} appears twice; keep one of them", names=_NAMES[twice]))
    wanted = ["currency", "issue_date", "customer.name", "lines.amount", "total"]
    missing = [_NAMES[path] for path in wanted if path not in paths]
    if "id" not in paths and "number" not in paths:
        missing.insert(0, Text("id (or number)"))
    if missing:
        raise BadRow(Text("the column {missing} is missing; add it to the first row and fill it", missing=missing[0]))
    return paths


class _Invoices:
    """Gathers rows into invoices."""

    def __init__(self, file: str, paths: list[str]) -> None:
        self._file, self._paths = file, paths
        self._seen: dict[str, int] = {}

    def read(self, rows: Iterator[Row]) -> Iterator[Record | BadRecord]:
        group: list[tuple[int, dict[str, str]]] = []
        key, line, length = "", 1, 0
        try:
            for row in rows:
                line, cells = row.line, row.cells
                values = dict(zip(self._paths, cells, strict=False))
                extra = len(cells) > len(self._paths)
                found = values.get("id") or values.get("number") or ""
                if extra or not found:
                    yield from self._whole(key, group, length)
                    group, key = [], ""
                    yield BadRecord(f"{self._file}:{line}", _why(extra, len(cells), len(self._paths)), found)
                    continue
                if found != key:
                    yield from self._whole(key, group, length)
                    group, key, length = [], found, 0
                length += row.length
                if length <= LONGEST or not group:
                    group.append((line, values))
        except (csv.Error, BadRow) as error:
            yield from self._whole(key, group, length)
            why = (
                text_in(error)
                if isinstance(error, BadRow)
                else Text("is not CSV: {error}; {unread}", error=error, unread=UNREAD)
            )
            yield BadRecord(f"{self._file}:{line + 1}", why)
            return
        yield from self._whole(key, group, length)

    def _whole(self, key: str, group: list[tuple[int, dict[str, str]]], length: int) -> Iterator[Record | BadRecord]:
        """The invoice of a group of rows with this length in characters."""
        if not group:
            return
        start = group[0][0]
        if length > LONGEST:
            yield BadRecord(f"{self._file}:{start}", TOO_LONG, key)
            return
        if key in self._seen:
            why = Text(
                "the rows of invoice {key} must follow each other: it began at line {seen} already",
                key=key,
                seen=self._seen[key],
            )
            yield BadRecord(f"{self._file}:{start}", why, key)
            return
        self._seen[key] = start
        invoice: dict[str, Any] = {"lines": []}
        line = start
        try:
            for line, values in group:
                _put_row(invoice, values, start, first=line == start)
        except BadRow as error:
            yield BadRecord(f"{self._file}:{line}", text_in(error), key)
            return
        yield Record(f"{self._file}:{start}", _finished(invoice))


def _why(extra: bool, cells: int, columns: int) -> str:
    if extra:
        return too_many_cells(cells, columns)
    return Text("the row has neither id nor number; every row must name its invoice")


def too_many_cells(cells: int, columns: int) -> Text:
    """Why a row with more cells than there are columns cannot be read."""
    return Text(
        "the row has {cells} cells for {columns} columns; put text that holds the separator into quotes",
        cells=cells,
        columns=columns,
    )


def _put_row(invoice: dict[str, Any], values: Mapping[str, str], start: int, *, first: bool) -> None:
    """Add a row's line item and fields of the invoice."""
    line: dict[str, Any] = {}
    for path, text in values.items():
        if not text:
            continue
        if path.startswith("lines."):
            _set(line, path.removeprefix("lines."), _value(path, text))
        else:
            _say(invoice, path, _value(path, text), start, first)
    line.setdefault("id", str(len(invoice["lines"]) + 1))
    if "work_item" in line and "name" not in line["work_item"]:
        raise BadRow(Text("work_item_type or work_item_number without work_item; name the ticket or task"))
    invoice["lines"].append(line)


def _value(path: str, text: str) -> Any:
    if path in _LISTS:
        return [each.strip() for each in text.split(";") if each.strip()]
    if path in _FLAGS:
        if text.lower() not in _TRUTH:
            raise BadRow(Text("{names} is {text}; write true or false", names=_NAMES[path], text=repr(text)))
        return _TRUTH[text.lower()]
    return text


def _say(invoice: dict[str, Any], path: str, value: Any, start: int, first: bool) -> None:
    """Set a field of the invoice: a later row may repeat it, not change it."""
    before = _get(invoice, path)
    if first or before == value:
        _set(invoice, path, value)
        return
    name = _NAMES[path]
    was = (
        Text("is {before} at line {start}", before=repr(before), start=start)
        if before is not None
        else Text("is empty at line {start}", start=start)
    )
    raise BadRow(
        Text(
            "{name} is {value} here and {was}; rows of one invoice must agree (its first row counts)",
            name=name,
            value=repr(value),
            was=was,
        )
    )


def _get(target: Mapping[str, Any], path: str) -> Any:
    found: Any = target
    for part in path.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found


def _set(target: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for part in parents:
        target = target.setdefault(part, {})
    target[last] = value


def _finished(invoice: dict[str, Any]) -> dict[str, Any]:
    """The invoice in the schema's form; missing fields are left for the validation to report."""
    invoice.setdefault("id", invoice.get("number"))
    invoice.setdefault("number", invoice["id"])
    invoice.setdefault("status", "open")
    customer = invoice.setdefault("customer", {})
    if "name" in customer:
        customer.setdefault("id", customer["name"])
    for name in _MANY:
        if name in invoice:
            extra = invoice[name]
            if name != "taxes":
                extra.setdefault("name", name[:-1].capitalize())
            invoice[name] = [extra]
    return invoice
