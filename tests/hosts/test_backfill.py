"""A backfill of a host that is not ours: one that lists its invoices, and one that does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_reconcile import invoice
from tests.hosts.desk import Desk, make_host

Call = Callable[..., Any]
Open = Callable[..., Any]


class ListingDesk(Desk):
    """The desk with the method that a host may have beside."""

    def invoices_dated(self, first: date | None, last: date | None) -> Iterator[str]:
        day, number = "json_extract(json, '$.issue_date')", "json_extract(json, '$.number')"
        query = f"select id from invoice where {day} >= ? and {day} <= ? order by {day}, {number}"
        with self._file() as file:
            rows = file.execute(query, ((first or date.min).isoformat(), (last or date.max).isoformat())).fetchall()
        yield from (row[0] for row in rows)


class NumberingDesk(ListingDesk):
    """The same with the numbers of its database in place of the ids, for example those of Django's `values_list`."""

    def invoices_dated(self, first: date | None, last: date | None) -> Iterator[Any]:
        yield from (int(each.removeprefix("INV-")) for each in super().invoices_dated(first, last))


class LeavingDesk(ListingDesk):
    """The same, but its database is gone after the first."""

    def invoices_dated(self, first: date | None, last: date | None) -> Iterator[str]:
        yield next(super().invoices_dated(first, last))
        raise ConnectionError("the database of Harbor Lights")


def make_numbering_host(directory: Path) -> NumberingDesk:
    return NumberingDesk(make_host(directory).path)


def make_leaving_host(directory: Path) -> LeavingDesk:
    return LeavingDesk(make_host(directory).path)


def make_listing_host(directory: Path) -> ListingDesk:
    return ListingDesk(make_host(directory).path)


def opened(open_books: Open, call: Call, home: Path, host: str) -> tuple[Any, Desk]:
    books = open_books("us")
    assert call("connect", "--sandbox", books.base_url, "--yes", before=("--host", host)).code == 0
    return books, make_host(home)


def test_a_host_that_does_not_list_its_invoices(open_books: Open, call: Call, home: Path) -> None:
    host = "tests.hosts.desk:make_host"
    opened(open_books, call, home, host)
    done = call("backfill", "--from", "2026-07-01", "--yes", before=("--host", host))
    assert (done.code, done.out) == (3, "")
    assert done.err == (
        "Error: Desk does not list its invoices (invoices_dated, see docs/hooks.md); name those to copy:"
        " onedesk-quickbooks --host tests.hosts.desk:make_host copy FILE|ID\n"
    )


def test_a_host_that_lists_its_invoices(open_books: Open, call: Call, home: Path) -> None:
    host = "tests.hosts.test_backfill:make_listing_host"
    books, desk = opened(open_books, call, home, host)
    for number, day, status in (("3", "2026-07-02", "open"), ("2", "2026-07-03", "open"), ("1", "2026-07-02", "paid")):
        desk.keep(invoice(number, "10.00", issue_date=day, status=status))
    done = call("backfill", "--from", "2026-07-01", "--yes", "--json", before=("--host", host))
    assert done.lines[0]["left_out"] == {"paid": 1}
    assert [(each["id"], each["outcome"]) for each in done.lines[1:]] == [("INV-3", "copied"), ("INV-2", "copied")]
    run = call("undo", "--json", before=("--host", host)).lines[0]["run"]
    assert call("undo", run, "--yes", before=("--host", host)).code == 0
    assert books.sandbox.list("Invoice", "TxnDate >= '2026-07-01' AND TxnDate <= '2026-07-31'") == []
    assert desk.shown("INV-3", "tag") == {}


@pytest.mark.parametrize(("factory", "error"), [("numbering", "GaveNoId"), ("leaving", "ConnectionError")])
def test_a_host_whose_list_is_wrong_is_named(
    open_books: Open, call: Call, home: Path, factory: str, error: str
) -> None:
    """Numbers were left out without a word, as if these invoices were gone."""
    host = f"tests.hosts.test_backfill:make_{factory}_host"
    _, desk = opened(open_books, call, home, host)
    desk.keep(invoice("3", "10.00", issue_date="2026-07-02"))
    says = f"Error: The host did not list its invoices ({error}; the log says more): fix that in the host, then try aga"
    for command in (("backfill", "--from", "2026-07-01", "--yes"), ("reconcile",)):
        done = call(*command, before=("--host", host))
        assert (done.code, says in done.err) == (3, True), done.err
