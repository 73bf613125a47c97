"""Invoice files: what is read, and where what cannot be read stands."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.cli.files import BadRecord, Record, read_file
from onedesk_quickbooks.plugin.cli.files.csv_records import COLUMNS, plain_heading
from onedesk_quickbooks.plugin.findings.finding import CannotRead
from onedesk_quickbooks.plugin.findings.not_json import cause_with_place
from onedesk_quickbooks.plugin.findings.refusals import read_json
from onedesk_quickbooks.plugin.sync.payload import read_invoice

ROOT = Path(__file__).parents[2]
HEAD = "id,currency,issue_date,customer,service_type,amount,total\n"


def read(tmp_path: Path, name: str, text: str | bytes) -> list[Record | BadRecord]:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    found = list(read_file(path))
    for each in found:
        assert each.where.startswith(f"{path}:")
    return found


def places(found: list[Record | BadRecord]) -> list[str]:
    """`ok 1` or `bad 3 why` of each record."""
    return [
        f"ok {each.where.rpartition(':')[2]}"
        if isinstance(each, Record)
        else f"bad {each.where.rpartition(':')[2]} {each.why}"
        for each in found
    ]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("one.json", '\n {"id": "1"}\n', ["ok 2"]),
        ("list.json", '[\n{"id": "1"},\n\n{"id": "2"}]', ["ok 2", "ok 4"]),
        ("none.json", "[ ]", []),
        ("bom.json", b'\xef\xbb\xbf{"id": "1"}', ["ok 1"]),
        ("empty.json", " \n", ["bad 1 the file is empty"]),
        ("text.json", "hello", ["bad 1 is not JSON: a value is expected"]),
        ("number.json", "[1, {}]", ["bad 1 is not an invoice", "ok 1"]),
        ("cut.json", '[{"id": "1"},\n{"id": ', ["ok 1", "bad 2 is not JSON"]),
        ("comma.json", '[{"id": "1"}\n{"id": "2"}]', ["ok 1", "bad 2 is not JSON: the list needs a comma"]),
        ("more.json", '{"id": "1"}\n{"id": "2"}', ["bad 2 text after the end"]),
        ("twice.json", '[\n{"id": "1", "id": "2"}]', ["bad 2 the key 'id' appears twice"]),
        ("nan.json", '{"total": NaN}', ["bad 1 NaN is not an amount"]),
        ("deep.json", "[" * 200_000, ["bad 1 is nested too deep"]),
        ("long.json", '{"total": ' + "9" * 5000 + "}", ["bad 1 a number has too many digits"]),
        ("exponent.json", '{"total": 1e99999999999999999999}', ["bad 1 a number has an exponent"]),
        ("latin.json", b'{\n"id": "\xe9"}', ["bad 2 byte 0xe9 is not UTF-8"]),
        ("some.jsonl", '{"id": "1"}\n\n{"id": }\r\n{"id": "3"}\r\n', ["ok 1", "bad 3 is not JSON", "ok 4"]),
        ("other.txt", "{}", ["bad 1 is not an invoice file; its name must end in .json"]),
    ],
)
def test_json(tmp_path: Path, name: str, text: str | bytes, expected: list[str]) -> None:
    found = places(read(tmp_path, name, text))
    assert len(found) == len(expected), found
    assert all(is_.startswith(wanted) for is_, wanted in zip(found, expected, strict=True)), found


@pytest.mark.parametrize(
    ("text", "why", "place"),
    [
        ('{"id": "1",\n "total": x}', "a value is expected: a text in double quotes", (2, 11)),
        ('{"id": "1",\n total: "5"}', "a name in double quotes is expected", (2, 2)),
        ('{"id": "1",\n "total" "5"}', "a colon is expected after the name", (2, 10)),
        ('{"id": "1"\n "total": "5"}', "a comma or a closing bracket is expected", (2, 2)),
        ('{"id": "1",\n "total": "5}', "a text has no closing quotes", (2, 11)),
        ('{"id": "1",\n "memo": "\n"}', "a text contains a line break, a tab or another control character", (2, 11)),
        ('{"id": "1",\n "memo": "C:\\x"}', "a backslash is followed by what JSON does not know; write two", (2, 13)),
    ],
)
def test_what_is_not_json_is_said_in_our_words_with_line_and_column(
    tmp_path: Path, text: str, why: str, place: tuple[int, int]
) -> None:
    line, column = place
    [bad] = read(tmp_path, "one.json", text)
    assert isinstance(bad, BadRecord) and bad.where.endswith(f":{line}"), bad
    assert re.fullmatch(rf"is not JSON: {re.escape(why)}.*, column {column}", bad.why), bad.why
    with pytest.raises(CannotRead) as refused:
        read_json(tmp_path / "one.json", "invoice", "invoice", "correct it")
    whole = rf".*one\.json: is not JSON \({re.escape(why)}.*, line {line}, column {column}\); correct it"
    assert re.fullmatch(whole, str(refused.value)), refused.value


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"id": "1"} {}', "text follows after the end, line 1, column 13"),
        ('{"id": "é",\n"n": "'.encode() + b"\xe9", "byte 0xe9 is not UTF-8, line 2, column 7"),
        (b"[" * 200_000, "it is nested too deep"),
    ],
)
def test_a_file_that_is_one_object_is_refused_in_our_words_too(tmp_path: Path, data: bytes, why: str) -> None:
    (file := tmp_path / "one.json").write_bytes(data)
    with pytest.raises(CannotRead) as refused:
        read_json(file, "invoice", "invoice", "correct it")
    assert str(refused.value).endswith(f"is not JSON ({why}); correct it")


def test_a_comma_too_many_as_newer_pythons_say_it() -> None:
    error = json.JSONDecodeError("Illegal trailing comma before end of object", "{,}", 1)
    assert cause_with_place(error) == "a comma is followed by a closing bracket, line 1, column 2"


def row(invoice: str = "1", amount: str = "5", total: str = "5", customer: str = "Ada") -> str:
    return f"{invoice},USD,2026-01-31,{customer},Consulting,{amount},{total}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + row() + row("2"), ["ok 2", "ok 3"]),
        ("\ufeff" + HEAD + row(), ["ok 2"]),
        ((HEAD + row()).replace(",", ";"), ["ok 2"]),
        ((HEAD + row()).replace(",", "\t"), ["ok 2"]),
        ("sep=;\r\n" + (HEAD + row() + row("2")).replace(",", ";"), ["ok 3", "ok 4"]),
        ('\ufeff"SEP=|"\n' + (HEAD + row()).replace(",", "|"), ["ok 3"]),
        ("sep=;\n" + HEAD.replace("amount", "amuont").replace(",", ";"), ["bad 2 there is no column 'amuont'"]),
        ("sep=;\n", ["bad 1 the file is empty"]),
        (HEAD + row() + "\n,,,\n" + row("2"), ["ok 2", "ok 5"]),
        (HEAD + row() + row(total="6") + row("2"), ["bad 3 total is '6' here and is '5' at line 2", "ok 4"]),
        (HEAD + row(customer='"A\nB"') + row("2"), ["ok 2", "ok 4"]),
        (HEAD + row() + row("2") + row(), ["ok 2", "ok 3", "bad 4 the rows of invoice 1 must follow each other"]),
        (HEAD + row("") + row("2"), ["bad 2 the row has neither id nor number", "ok 3"]),
        (HEAD + row(customer="A, B") + row("2"), ["bad 2 the row has 8 cells for 7 columns", "ok 3"]),
        (HEAD + row() + '2,"open', ["ok 2", "bad 3 is not CSV"]),
        ("", ["bad 1 the file is empty"]),
        (HEAD.replace("amount", "amuont"), ["bad 1 there is no column 'amuont'; did you mean amount?"]),
        (HEAD.replace("id,", "id,ID,"), ["bad 1 the column id appears twice"]),
        (HEAD.replace(",total", ""), ["bad 1 the column total is missing"]),
        (HEAD.replace("id,", ""), ["bad 1 the column id (or number) is missing"]),
    ],
)
def test_csv(tmp_path: Path, text: str, expected: list[str]) -> None:
    found = places(read(tmp_path, "some.csv", text))
    assert len(found) == len(expected), found
    assert all(is_.startswith(wanted) for is_, wanted in zip(found, expected, strict=True)), found


def test_rows_of_one_invoice_become_its_lines(tmp_path: Path) -> None:
    text = (
        "Number,Currency,Issue date,Customer,Country,Email,Work item,Service-Type,Quantity,Unit price,amount,"
        "lines.tax_rate,Taxable,Discount,Tax,Total,Tags\n"
        'A-7,EUR,2026-11-24,"Zoë, Ltd",NO,pay@zoe.example,Repair,Consulting,2,50,100,25,yes,10.00,22.50,112.50,a; b\n'
        "A-7,,,,,,,Travel,,,0.00,,,,,,\n"
    )
    (record,) = read(tmp_path, "two.csv", text)
    assert isinstance(record, Record)
    expected: dict[str, Any] = {
        "id": "A-7",
        "number": "A-7",
        "status": "open",
        "currency": "EUR",
        "issue_date": "2026-11-24",
        "customer": {
            "id": "Zoë, Ltd",
            "name": "Zoë, Ltd",
            "address": {"country": "NO"},
            "billing_contact": {"email": "pay@zoe.example"},
        },
        "lines": [
            {
                "id": "1",
                "work_item": {"name": "Repair"},
                "service_type": "Consulting",
                "quantity": "2",
                "unit_price": "50",
                "amount": "100",
                "tax_rate": "25",
                "taxable": True,
            },
            {"id": "2", "service_type": "Travel", "amount": "0.00"},
        ],
        "discounts": [{"name": "Discount", "amount": "10.00"}],
        "taxes": [{"amount": "22.50"}],
        "total": "112.50",
        "tags": ["a", "b"],
    }
    assert record.invoice == expected
    assert read_invoice(record.invoice).lines[0].work_item is not None


def test_what_counts_in_a_heading() -> None:
    same = ("issue_date", "Issue Date", "ISSUE-DATE", "issue.date", " issue \t- date ", "issue__date")
    assert {plain_heading(each) for each in same} == {"issue_date"}
    assert plain_heading("Customer Address City") == plain_heading("customer.address.city")
    for other in ("IssueDate", "issue_date.", "issue/date", "issue date*"):
        assert plain_heading(other) != "issue_date", "nothing is left out"


def test_every_column_is_a_field_of_the_invoice_and_the_other_way_round() -> None:
    schema = json.loads((ROOT / "schemas" / "invoice.schema.json").read_text(encoding="utf-8"))

    def leaves(node: dict[str, Any], path: str) -> set[str]:
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rpartition("/")[2]]
        if "properties" in node:
            return set().union(*(leaves(each, f"{path}.{name}") for name, each in node["properties"].items()))
        return leaves(node["items"], path) if node.get("items", {}).get("$ref") else {path[1:]}

    left_out = {
        *(f"taxes.{name}" for name in ("category", "rate", "taxable")),
        *(f"discounts.{name}" for name in ("taxable", "tax_category")),
        *(f"charges.{name}" for name in ("percent", "after_tax")),
    }
    assert {path for path, _ in COLUMNS.values()} == leaves(schema, "") - left_out
