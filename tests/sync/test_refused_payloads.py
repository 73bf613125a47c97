"""What a schema refuses, of an invoice or of the settings, is said in one sentence: the place, and what to write."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.findings.refusals import refusal
from onedesk_quickbooks.plugin.sync.errors import InvalidInvoice, SettingsProblem
from onedesk_quickbooks.plugin.sync.payload import read_invoice
from onedesk_quickbooks.plugin.sync.settings import KEYS, load_settings

Make = Callable[..., dict[str, Any]]
LINE = {"id": "1", "amount": "310.00"}

CASES: dict[str, tuple[dict[str, Any], str]] = {
    "missing": ({"status": None}, '"status" is missing; add it; one of draft, open, paid, void, deleted'),
    "missing amount": ({"lines": [{"id": "1"}]}, 'lines[0]: "amount" is missing; add it; for example 1234.56'),
    "comma": ({"total": "310,00"}, "total: '310,00' has the wrong format; for example 1234.56, -7, 0.00"),
    "number": ({"total": 310}, "total: 310 must be text in quotes; for example 1234.56, -7, 0.00"),
    "decimals": ({"total": Decimal("310.0")}, "total: 310.0 must be text in quotes; for example 1234.56, -7, 0.00"),
    "date": ({"issue_date": date(2026, 11, 20)}, "issue_date: datetime.date(2026, 11, 20) must be text in quotes; "),
    "object": ({"lines": {"a": Decimal("1.0")}}, 'lines: {"a": 1.0} is not of the type array'),
    "unknown field": ({"lines": [{**LINE, "hours": "2"}]}, 'lines[0]: unknown field "hours"; there are id, '),
    "status": ({"status": "sent"}, "status: 'sent' is not one of draft, open, "),
}


@pytest.mark.parametrize("name", CASES)
def test_one_clear_sentence(invoice: Make, name: str) -> None:
    fields, sentence = CASES[name]
    source = {key: value for key, value in invoice(**fields).items() if value is not None}
    with pytest.raises(InvalidInvoice) as caught:
        read_invoice(source)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("end", ["\n", "\r", "\u2028", "\u2029"])
def test_an_id_with_a_line_break_is_refused(invoice: Make, end: str) -> None:
    """Its mark would be read as that of the invoice "a", and a person be told to delete it in QuickBooks."""
    with pytest.raises(InvalidInvoice) as caught:
        read_invoice(invoice(id=f"a{end}b"))
    assert caught.value.field == "id" and f"(U+{ord(end):04X})" in caught.value.sentence


def test_a_tuple_is_a_list(invoice: Make) -> None:
    given = invoice()
    assert read_invoice({**given, "lines": tuple(given["lines"])}) == read_invoice(given)


@pytest.mark.parametrize("given", [None, "INV-1", ["INV-1"]])
def test_what_is_no_mapping_is_refused(given: Any) -> None:
    with pytest.raises(InvalidInvoice, match=f"it is of the type {type(given).__name__}, and not a mapping"):
        read_invoice(given)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            "poll_seconds: often",
            "poll_seconds: 'often' has the wrong format; how often payments are asked for",
        ),
        ("environment: prod", "environment: 'prod' is not one of production, sandbox, local."),
        ("polls: 300", 'unknown field "polls"; there are environment, '),
    ],
)
def test_settings_have_a_line_as_well(tmp_path: Path, line: str, sentence: str) -> None:
    (tmp_path / "settings.yaml").write_text(f"tenant: main\n{line}\n", encoding="utf-8")
    with pytest.raises(SettingsProblem) as caught:
        load_settings(tmp_path, {})
    assert str(caught.value).startswith(f"{tmp_path / 'settings.yaml'}:2:1: {sentence}")


_SETTINGS = json.loads((Path(__file__).parents[2] / "schemas" / "settings.schema.json").read_text(encoding="utf-8"))
_VALUES = (
    "production",
    "at_once",
    "fr",
    "300",
    "0",
    "2026-07-01",
    "https://a.example",
    "main",
    "a@b.example",
    "smtp://a",
)


@pytest.mark.parametrize("key", KEYS)
def test_settings_are_read_without_jsonschema_as_with_it(tmp_path: Path, key: str) -> None:
    """Of the schema's words those are known that it uses."""
    schema = _SETTINGS["properties"][key]
    assert schema.keys() <= {"type", "enum", "pattern", "default", "description", "examples"}
    for value in (*_VALUES, *schema.get("examples", ()), "", " ", "\n", "x" * 99):
        try:
            load_settings(tmp_path, {f"ONEDESK_QUICKBOOKS_{key.upper()}": value})
            refused = False
        except SettingsProblem as problem:
            refused = not any(word in str(problem) for word in ("needs", "calendar", "is not a valid address"))
        assert refused == (bool(value) and refusal("settings", {key: value}) is not None), value
