"""Adopting of a host that is not ours: it lists nothing, and does not say what is left of an invoice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_adopt import enter
from tests.cli.test_reconcile import invoice
from tests.hosts.desk import Desk, make_host

Call = Callable[..., Any]
Open = Callable[..., Any]
HOST = ("--host", "tests.hosts.desk:make_host")


@pytest.fixture
def books(open_books: Open, call: Call) -> Any:
    books = open_books("us")
    assert call("connect", "--sandbox", books.base_url, "--yes", before=HOST).code == 0
    return books


@pytest.fixture
def desk(home: Path) -> Desk:
    return make_host(home)


def test_a_file_names_the_invoices_of_the_host(books: Any, desk: Desk, call: Call, tmp_path: Path) -> None:
    """One is Open, one is Paid and paid in QuickBooks, one is Open and paid in part, one the host does not have."""
    ids = {number: enter(books, number, "310.00") for number in ("2051", "2052", "2053", "2054")}
    books.sandbox.pay({ids["2052"]: "310.00"})
    books.sandbox.pay({ids["2053"]: "100.00"})
    desk.keep(invoice("2051", "310.00"))
    desk.keep(invoice("2052", "310.00", status="paid"))
    desk.keep(invoice("2053", "310.00"))
    file = tmp_path / "names.json"
    file.write_text(json.dumps([invoice(number, "310.00") for number in ids]), encoding="utf-8")
    done = call("adopt", file, "--yes", "--json", before=HOST)
    found = {each["id"]: each for each in done.one["invoices"]}
    assert (done.code, {od_id: each["match"] for od_id, each in found.items()}) == (
        1,
        {"INV-2051": "same", "INV-2052": "same", "INV-2053": "differs", "INV-2054": "left_alone"},
    )
    assert found["INV-2053"]["remedy"] == (
        "Record in OneDesk what was paid in QuickBooks (100.00 USD), so that 210.00 USD is left, then adopt again."
    )
    assert found["INV-2054"]["reason"] == "The host does not have it: enter it there, and adopt again."
    for od_id in ("INV-2051", "INV-2052"):
        assert list(desk.shown(od_id, "tag")) == ["Copied to QuickBooks"]
    assert call("payments", before=HOST).out == "Nothing new was paid in QuickBooks.\n"
    assert desk.shown("INV-2052", "payment") == {}
    report = call("reconcile", "--ours", "--json", before=HOST).one
    adopted = [each for each in report["invoices"] if each["id"] in ("INV-2051", "INV-2052")]
    assert [each["differences"] for each in adopted] == [[], []]
    (sums,) = [each for each in report["settled"] if each["what"] == "payments"]
    assert sums["onedesk"] == "310.00"


def test_an_id_names_one(books: Any, desk: Desk, call: Call) -> None:
    enter(books, "2051", "310.00")
    desk.keep(invoice("2051", "310.00"))
    assert call("adopt", "INV-2051", "--yes", before=HOST).code == 0
    assert call("copy", "INV-2051", "--json", before=HOST).one["outcome"] == "unchanged"


def test_without_a_name_it_says_what_is_lacking(books: Any, call: Call) -> None:
    done = call("adopt", before=HOST)
    assert (done.code, "Desk does not list its invoices; name those that are in both systems" in done.err) == (
        3,
        True,
    )


def test_a_link_is_taken_back_as_the_host_sees(books: Any, desk: Desk, call: Call) -> None:
    for number in ("2051", "2052"):
        enter(books, number, "310.00")
        desk.keep(invoice(number, "310.00"))
    assert call("adopt", "INV-2051", "INV-2052", "--yes", before=HOST).code == 0
    done = call("adopt", "2051", "INV-2052", "--undo", "--yes", before=HOST)
    assert done.code == 0 and "2 links: 2 taken back." in done.out
    for od_id in ("INV-2051", "INV-2052"):
        assert list(desk.shown(od_id, "tag")) == []
        assert any("has taken back its link" in text for text in desk.shown(od_id, "note").values())
    assert call("adopt", "INV-2051", "--yes", "--json", before=HOST).one["adopted"] == 1
    assert call("adopt", "INV-77", "--undo", before=HOST).code == 1
