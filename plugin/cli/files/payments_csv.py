"""Payments of the host from CSV, one row for each invoice paid: rows of one payment follow each other and share its id.
The fields of the payment are in its first row; later rows repeat them or leave them empty. Nothing is computed: the
amount is a column."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, TextIO

from onedesk_quickbooks.plugin.cli.files.csv_records import BadRow, plain_heading, rows_of, too_many_cells
from onedesk_quickbooks.plugin.cli.files.records import BadRecord, Record
from onedesk_quickbooks.plugin.texts import Text, text_in

COLUMNS: dict[str, str] = {
    "id": "the host's own id of the payment",
    "date": "2026-11-24",
    "currency": "three capitals: USD",
    "amount": "all that was paid",
    "method": "the host's own word for how it was paid",
    "reference": "what the bank or the customer calls it",
    "kind": "payment or write_off; payment where empty",
    "invoice": "the host's id of an invoice that it pays; empty for none",
    "invoice_amount": "what of it is for this invoice; the whole amount where empty, with one invoice",
}
_WANTED = ("id", "date", "currency", "amount", "invoice")
_OF_INVOICE = ("invoice", "invoice_amount")


def read_payments_csv(file: str, source: TextIO) -> Iterator[Record | BadRecord]:
    """One record a payment; an error ends the reading, since the payments of a file are accepted all or none."""
    line = 1
    try:
        rows = rows_of(source)
        heading = next(rows, None)
        line = heading.line if heading is not None else line
        names = _heading(heading)
        values: list[tuple[int, dict[str, str]]] = []
        for row in rows:
            line = row.line
            if len(row.cells) > len(names):
                raise BadRow(too_many_cells(len(row.cells), len(names)))
            values.append((row.line, dict(zip(names, row.cells, strict=False))))
        seen: set[str] = set()
        for payment_id, group in groupby(values, key=lambda each: each[1].get("id", "")):
            found = list(group)
            line = found[0][0]
            if not payment_id or payment_id in seen:
                why = Text("the row has no id; every row must name its payment")
                if payment_id:
                    why = Text("the rows of payment {id} must follow each other", id=payment_id)
                raise BadRow(why)
            seen.add(payment_id)
            yield Record(f"{file}:{line}", _payment([row for _, row in found]))
    except BadRow as error:
        yield BadRecord(f"{file}:{line}", text_in(error))
    except csv.Error as error:
        yield BadRecord(f"{file}:{line}", Text("is not CSV: {error}", error=error))


def _heading(row: Any) -> list[str]:
    names = [plain_heading(cell) for cell in row.cells] if row is not None else []
    known = ", ".join(COLUMNS)
    unknown = next((name for name in names if name not in COLUMNS or names.count(name) > 1), None)
    if unknown is not None:
        raise BadRow(
            Text("there is no column {name}, or it appears twice; there are {known}", name=unknown, known=known)
        )
    missing = next((name for name in _WANTED if name not in names), None)
    if missing is not None:
        raise BadRow(Text("the column {missing} is missing; add it to the first row and fill it", missing=missing))
    return names


def _payment(rows: list[Mapping[str, str]]) -> dict[str, Any]:
    """The payment in the schema's form; missing fields are left for the validation to report."""
    first = rows[0]
    found: dict[str, Any] = {name: text for name, text in first.items() if text and name not in _OF_INVOICE}
    parts = []
    for row in rows:
        differs = next((name for name in found if row.get(name) not in ("", None, found[name])), None)
        added = next((name for name, text in row.items() if text and name not in (*_OF_INVOICE, *found)), None)
        if differs or added:
            raise BadRow(
                Text(
                    "{name} is {value} here and otherwise in the first row of payment {id}; its first row counts",
                    name=differs or added,
                    value=row[differs or added or ""],
                    id=found["id"],
                )
            )
        if row.get("invoice"):
            whole = found.get("amount", "") if len(rows) == 1 else ""
            parts.append({"id": row["invoice"], "amount": row.get("invoice_amount") or whole})
        elif row.get("invoice_amount"):
            raise BadRow(Text("invoice_amount without invoice; name the invoice that it is for"))
    return {**found, "invoices": parts}
