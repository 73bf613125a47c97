"""From bytes to texts: values as they were written, places as an editor counts them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.ruleset.check import check
from onedesk_quickbooks.plugin.yamlfile.build import build
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, Text, plain

LOADERS = pytest.mark.parametrize("loader", [yaml.CSafeLoader, yaml.SafeLoader], ids=["C", "pure"])

AS_WRITTEN = ["NO", "ON", "Yes", "off", "y", "0400", "1.10", "1_000", "22:30", "1e3", ".nan", "2026-01-02", "null", "~"]


@LOADERS
@pytest.mark.parametrize("value", AS_WRITTEN)
def test_every_value_and_key_stays_as_written(value: str, loader: Any) -> None:
    findings = Findings()
    root = build("rules.yaml", f"{value}: {value}\nlist: [{value}]\nquoted: '{value}'\n", findings, loader)
    assert findings.sorted() == ()
    assert root is not None
    assert plain(root) == {value: value, "list": [value], "quoted": value}


@LOADERS
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_places_do_not_depend_on_line_ends(ending: str, loader: Any) -> None:
    text = ending.join(["# Größe 👩", "a: Ünï👍x", "b: {c: '👍', d: e}", ""])
    root = build("rules.yaml", text, Findings(), loader)
    assert root is not None
    first, second = root.text("a"), root.map("b")
    assert first is not None
    assert second is not None
    assert (first.line, first.column, first.end_line, first.end_column) == (2, 4, 2, 9)
    last = second.text("d")
    assert last is not None
    assert (last.line, last.column) == (3, 16)


@LOADERS
@pytest.mark.parametrize(
    "written",
    [r"a\x1b[2Jb", r"\0", r"\a", r"a\u0085", r"\x9bm", r"line\nand\x07", r"\ud800", r"\U0000dfff", r"\U00110000"],
)
def test_an_escape_brings_no_character_that_a_file_may_not_hold(written: str, loader: Any) -> None:
    """It would come into terminals, notes, e-mails, and a ledger that cannot keep it."""
    for text in (f'key: "{written}"\n', f'"{written}": text\n', f'key: [a, "{written}"]\n'):
        findings = Findings()
        build("rules.yaml", text, findings, loader)
        (found,) = findings.sorted()
        assert found.code == "OQ103" or (found.code == "OQ108" and "\\" + written[1].upper() == r"\U")
        assert found.severity == "error" and not any(ord(each) < 0x20 for each in found.message)


@LOADERS
def test_tabs_and_line_breaks_of_a_text_stay(loader: Any) -> None:
    findings = Findings()
    root = build("rules.yaml", 'key: "a\\tb\\nc"\nother: |\n  d\n  e\n', findings, loader)
    assert root is not None and plain(root) == {"key": "a\tb\nc", "other": "d\ne\n"} and not findings.sorted()


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_the_shown_line_is_the_right_one(ending: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    lines = ["version: 1", "# 👩", "items:", "  otherwise: hodl", "totals: {tolerance: x}", ""]
    path.write_bytes(ending.join(lines).encode())
    assert [(each.line, each.text) for each in check([path]).findings] == [(4, lines[3]), (5, lines[4])]


def test_a_byte_order_mark_at_the_beginning_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(b"\xef\xbb\xbfversion: 1\nitems: {otherwise: hold}\n")
    assert check([path]).findings == ()


@pytest.mark.parametrize(
    ("data", "line", "column", "said"),
    [
        (b"version: 1\nitems: {otherwise: {item: Caf\xe9}}\n", 2, 30, '0xE9 ("é" in Windows-1252)'),
        ("version: 1\n# Größe\n".encode() + b"\xff", 3, 1, "0xFF"),
        (b"\xef\xbb\xbf# \xc3\xa9 \x80", 1, 5, '0x80 ("€" in Windows-1252)'),
        (b"version: 1\r\n\xed\xa0\x80", 2, 1, "0xED"),
    ],
)
def test_the_bad_byte_has_its_place(tmp_path: Path, data: bytes, line: int, column: int, said: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(data)
    (finding,) = check([path]).findings
    assert (finding.code, finding.line, finding.column) == ("OQ101", line, column)
    assert said in finding.message


@LOADERS
def test_equal_keys_are_equal_whatever_their_quotes(loader: Any) -> None:
    findings = Findings()
    root = build("rules.yaml", "1: a\n'1': b\n\"1\": c\n", findings, loader)
    found = findings.sorted()
    assert [(each.code, each.line, each.related[0].line) for each in found] == [("OQ110", 2, 1), ("OQ110", 3, 1)]
    assert isinstance(root, Map)
    assert isinstance(root.items["1"], Text)
    assert root.items["1"].value == "a"


@LOADERS
@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("a: x # a comment\n", []),
        ("a: x #1\n", ["OQ120"]),
        ("a: 'x' #1\n", []),
        ("a: #1\n", ["OQ120"]),
        ("#1 a comment\na: x\n", []),
        ("a: x#1\n", []),
        ("a: |\n  x #1\n", []),
        ("a: [x #1\n  ]\n", ["OQ120"]),
        ("- a: &b c\n  d: *b\n", ["OQ111", "OQ112", "OQ115"]),
        ("a: “x”\n", ["OQ125"]),
        ("a: “x” and “y”, both\n", []),
    ],
)
def test_what_cuts_or_changes_a_value(text: str, codes: list[str], loader: Any) -> None:
    findings = Findings()
    build("rules.yaml", text, findings, loader)
    assert sorted(each.code for each in findings.sorted()) == codes


@LOADERS
@pytest.mark.parametrize(
    ("before", "key", "after"),
    [
        ("", "{}", ": 3\n"),
        ("a: 1\n", "{}", ": 3\n"),
        ("a:\n  b: 1\n  ", "{}", ": 3\n"),
        ("a:\n  ", '"{}"', ": 3\n"),
        ("a:\n  - ", "{}", ": 3\n"),
        ("a: {b: 1, ", "{}", ": 3}\n"),
        ("a: {", "'{}, c'", ": 3}\n"),
    ],
)
def test_a_key_that_is_too_long_is_named_as_such(before: str, key: str, after: str, loader: Any) -> None:
    for length in (1_000, 1_100):
        findings, written = Findings(), key.format("k" * length)
        build("rules.yaml", f"{before}{written}{after}", findings, loader)
        found = [(each.code, each.message) for each in findings.sorted()]
        said = f"The key here has {len(written)} characters before its colon; YAML takes 1024 at most."
        assert found == ([("OQ108", said)] if length > 1_024 else [])
        assert all(each.column == len(before.split("\n")[-1]) + 1 for each in findings.sorted())


def test_a_long_text_with_a_second_colon_is_no_long_key() -> None:
    findings = Findings()
    build("rules.yaml", f"a:\n  b: {'k' * 1_100}: c\n", findings)
    assert [each.message for each in findings.sorted()] == [
        "This line contains a second colon, so YAML cannot separate key and value."
    ]


def test_a_map_is_not_empty_where_a_key_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("version: 1\ncustomers:\n  by_name:\n    ? [a, b]\n    : Acme\n", encoding="utf-8")
    assert [each.code for each in check([path]).findings] == ["OQ116"]
