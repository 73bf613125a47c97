"""The table of clients that pass: each has a row, with the version that the tests install."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from tests.clients.page import CLIENTS, PAGE, PINNED, rows, written_again

TEXT = PAGE.read_text(encoding="utf-8")


def test_every_client_has_a_row_with_the_version_that_is_installed() -> None:
    table = rows(TEXT)
    assert list(table) == [client.name for client in CLIENTS]
    for client in CLIENTS:
        _, language, version, did, day = table[client.name]
        assert (language, did) == (client.language, client.did)
        assert date.fromisoformat(day)
        assert re.fullmatch(r"\d+(\.\d+)+(, \d+(\.\d+)+)?", version)
    assert {table[name][2] for name in table if name in PINNED} <= set(PINNED.values())


def test_the_tests_that_they_pass_are_there() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [client.name for client in CLIENTS if f"def {client.test}(" not in tests] == []


def test_only_rows_of_what_passed_are_renewed() -> None:
    day = date(2031, 2, 3)
    again = rows(written_again(TEXT, {"test_qbosdk"}, day))
    before = rows(TEXT)
    assert again.pop("qbosdk")[4] == "2031-02-03"
    assert again == {name: row for name, row in before.items() if name != "qbosdk"}
