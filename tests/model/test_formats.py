"""A text of a fixed format that ends with a line break has another format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.findings.refusals import refusal
from onedesk_quickbooks.plugin.host.records import InvalidRecord, checked
from onedesk_quickbooks.plugin.texts.schema import regex, validator

SCHEMAS = Path(__file__).parents[2] / "schemas"
INVOICE: dict[str, Any] = {
    "id": "INV-1",
    "number": "2041",
    "status": "open",
    "currency": "USD",
    "issue_date": "2026-11-01",
    "customer": {"id": "C-1", "name": "Larkspur", "address": {"country": "US"}},
    "lines": [{"id": "1", "service_type": "Design", "amount": "160.00"}],
    "total": "160.00",
}


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("currency", {"currency": "USD\n"}),
        ("issue_date", {"issue_date": "2026-11-01\n"}),
        ("total", {"total": "160.00\n"}),
        ("customer.address.country", {"customer": {**INVOICE["customer"], "address": {"country": "US\n"}}}),
    ],
)
def test_an_invoice_is_refused_with_the_field(field: str, changes: dict[str, Any]) -> None:
    assert refusal("invoice", INVOICE) is None and checked(INVOICE) == INVOICE
    found = refusal("invoice", {**INVOICE, **changes})
    assert found is not None and found.field == field
    with pytest.raises(InvalidRecord, match=field):
        checked({**INVOICE, **changes})


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """The parts of a schema that have an ended pattern and an example."""
    if isinstance(value, dict):
        if str(value.get("pattern", "")).endswith("$") and value.get("examples"):
            yield value
        value = [*value.values()]
    for each in value if isinstance(value, list) else ():
        yield from parts(each)


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.name)
def test_every_ended_pattern(path: Path) -> None:
    for part in parts(json.loads(path.read_text(encoding="utf-8"))):
        text = str(part["examples"][0])
        check = validator()({"pattern": part["pattern"]})
        assert check.is_valid(text) and not check.is_valid(text + "\n"), part
        assert regex(part["pattern"]).search(text) and not regex(part["pattern"]).search(text + "\n")
