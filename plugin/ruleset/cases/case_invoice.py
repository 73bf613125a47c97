"""The invoice of a case: a file, single values, or a file with single values replaced."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.findings.contained import inside
from onedesk_quickbooks.plugin.findings.finding import CannotRead, Findings
from onedesk_quickbooks.plugin.findings.refusals import read_json
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, Text, plain

LINE = ("service_type", "amount", "tax_rate", "taxable", "tax_category", "work_item_type", "team", "user")
"""The fields of the invoice's only line in a case."""
_PLAIN = {"currency": "currency", "date": "issue_date", "invoice_type": "type", "project": "project", "tag": "tags"}
_SERVICE = "(any service type)"
"""For a line whose service type does not matter to the case."""


def invoice_of(node: Map | None, folder: Path, findings: Findings) -> Invoice | None:
    """The invoice; None if there are findings. Raises CannotRead for an invalid invoice file."""
    given: dict[str, Any] = {key: plain(each) for key, each in node.items.items()} if node else {}
    for date in [node.text("date"), *_dates(node)] if node else []:
        if date is not None and not _is_day(date.value):
            findings.add("OQ309", date, f"There is no day {date.value}.", "Write a date as YYYY-MM-DD.")
            return None
    return Invoice.from_json(as_json(given, folder))


def _dates(node: Map) -> list[Text | None]:
    return [line.text("date") for line in node.list("lines") if isinstance(line, Map)]


def _is_day(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def as_json(given: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """An invoice in the form of schemas/invoice.schema.json, from the values of a case."""
    made = read_invoice(inside(folder / given["invoice"], folder), folder) if "invoice" in given else _blank()
    for name, key in _PLAIN.items():
        if name in given:
            made[key] = given[name]
    _customer(made["customer"], given)
    if "lines" in given:
        made["lines"] = [_line(index, line) for index, line in enumerate(given["lines"], 1)]
    elif any(key in given for key in LINE):
        made["lines"] = [_line(1, {key: given[key] for key in LINE if key in given})]
    for key in ("charges", "discounts"):
        if key in given:
            made[key] = [{"amount": "1", **_with_booleans(each)} for each in given[key]]
    if "taxes" in given:
        made["taxes"] = [{"amount": "0", **each} for each in given["taxes"]]
    return made | _whole(given)


def _whole(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the invoice itself in a case. The amount of a single line is also the total."""
    found = {key: given[key] for key in ("ship_to", "total") if key in given}
    if "amount" in given and "invoice" not in given:
        found.setdefault("total", given["amount"])
    return found


def _blank() -> dict[str, Any]:
    return {
        "id": "case",
        "number": "case",
        "status": "open",
        "currency": "USD",
        "issue_date": "2026-01-15",
        "customer": {"id": "case", "name": "(any customer)"},
        "lines": [{"id": "1", "amount": "100.00", "service_type": _SERVICE}],
        "total": "100.00",
    }


def _customer(customer: dict[str, Any], given: Mapping[str, Any]) -> None:
    if "customer" in given:
        customer["name"] = given["customer"]
    if "customer_tag" in given:
        customer["tags"] = given["customer_tag"]
    if "has_tax_id" in given:
        customer["tax_id"] = "(any tax id)" if given["has_tax_id"] == "yes" else ""
    for key in ("country", "region"):
        if key in given:
            customer["address"] = {**customer.get("address", {}), key: given[key]}


def _line(number: int, given: Mapping[str, Any]) -> dict[str, Any]:
    made = {"id": str(number), "amount": "100.00", "service_type": _SERVICE, **_with_booleans(given)}
    kind = made.pop("work_item_type", None)
    if kind is not None:
        made["work_item"] = {"type": kind, "name": "a work item"}
    return made


def _with_booleans(given: Mapping[str, Any]) -> dict[str, Any]:
    """The same values with yes and no as booleans."""
    return {**given, "taxable": given["taxable"] == "yes"} if "taxable" in given else dict(given)


SUFFIXES = (".json", ".yaml", ".yml")
"""The suffixes of invoice files."""


def read_invoice(path: Path, folder: Path | None = None) -> dict[str, Any]:
    """Read an invoice file. Raises CannotRead if it cannot be opened or holds no invoice."""
    if folder is not None and not {path.suffix, path.resolve().suffix} <= set(SUFFIXES):
        raise CannotRead(path, f"its name does not end in {', '.join(SUFFIXES)}, so it was not read; name an invoice")
    return read_json(path, "invoice", "invoice", "give the path of an invoice's JSON", folder)
