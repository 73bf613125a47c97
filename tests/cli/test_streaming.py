"""Large files: read record by record, reported as the outcomes come, refused by the length of a record."""

from __future__ import annotations

import json
import signal
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.hooks import InvoiceJson, QuickBooksPlugin
from onedesk_quickbooks.plugin.cli.errors import Options
from onedesk_quickbooks.plugin.cli.files import BadRecord, Record, read_file
from onedesk_quickbooks.plugin.cli.files.records import LONGEST
from onedesk_quickbooks.plugin.cli.ordered_output import HELD_BACK, OrderedOutput
from onedesk_quickbooks.plugin.cli.session import Session, open_session
from onedesk_quickbooks.plugin.cli.session.gather import Given, gather
from onedesk_quickbooks.plugin.cli.session.run import Run
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.problem import NotNow
from tests.cli.test_work import Call, invoice, put
from tests.commands import Connect

LONG = "x" * LONGEST
HEAD = "id,currency,issue_date,customer,service_type,amount,total\n"
ROW = "{},USD,2026-01-31,{},Consulting,5,5\n"


def read(path: Path, text: str) -> list[tuple[str, str]]:
    """Line and id of each record; of a bad one its line and why."""
    path.write_text(text)
    return [
        (each.where.rpartition(":")[2], each.invoice["id"] if isinstance(each, Record) else each.why)
        for each in read_file(path)
    ]


@pytest.mark.parametrize(
    ("name", "text", "lines", "ends"),
    [
        ("a.jsonl", f'{{"id": "1"}}\n{{"id": "{LONG}"}}\n{{"id": "3"}}\n', ["1", "2", "3"], False),
        ("a.json", f'[{{"id": "1"}},\n{{"id": "{LONG * 3}"}},\n{{"id": "3"}}]', ["1", "2"], True),
        ("one.json", f'\n{{"id": "{LONG * 3}"}}', ["2"], True),
        ("a.csv", HEAD + ROW.format(1, "A") + ROW.format(2, LONG) + ROW.format(3, "A"), ["2", "3"], True),
    ],
)
def test_a_record_that_is_too_long(tmp_path: Path, name: str, text: str, lines: list[str], ends: bool) -> None:
    found = read(tmp_path / name, text)
    assert [line for line, _ in found] == lines
    (why,) = [said for _, said in found if "longer than 2,000,000 characters" in said]
    assert why.endswith("the rest of the file was not read") is ends


@pytest.mark.parametrize("suffix", ["json", "jsonl", "csv"])
def test_a_record_of_a_hundred_megabytes_is_refused_by_its_length(tmp_path: Path, suffix: str) -> None:
    """Without a hundred megabytes of memory."""
    path = tmp_path / f"a.{suffix}"
    begin, end = (HEAD + "1,USD,2026-01-31,", ",Consulting,5,5\n") if suffix == "csv" else ('{"id": "', '"}\n')
    with path.open("w") as file:
        file.write(begin)
        for _ in range(100):
            file.write("x" * 1_000_000)
        file.write(end)
    tracemalloc.start()
    found = list(read_file(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    (only,) = found
    assert isinstance(only, BadRecord) and "longer than 2,000,000 characters" in only.why
    assert peak < 40_000_000


@pytest.mark.parametrize("suffix", ["json", "jsonl", "csv"])
def test_what_is_in_memory_does_not_grow_with_the_file(tmp_path: Path, suffix: str) -> None:
    """But by the ids of a CSV file."""
    path, count, memo = tmp_path / f"a.{suffix}", 20_000, "x" * 1000
    with path.open("w") as file:
        file.write({"json": "[", "jsonl": "", "csv": HEAD}[suffix])
        for number in range(count):
            record = ROW.format(number, "Acme") if suffix == "csv" else f'{{"id": "{number}", "memo": "{memo}"}}'
            file.write(f",{record}\n" if suffix == "json" and number else f"{record}\n")
        file.write("]" if suffix == "json" else "")
    tracemalloc.start()
    assert sum(isinstance(each, Record) for each in read_file(path)) == count
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000


def test_rows_of_one_invoice_that_are_too_many(tmp_path: Path) -> None:
    rows = ROW.format(2, "Ada") * (LONGEST // len(ROW.format(2, "Ada")) + 2)
    found = read(tmp_path / "a.csv", HEAD + ROW.format(1, "A") + rows + ROW.format(3, "A"))
    assert [said for _, said in found][::2] == ["1", "3"] and "longer than" in found[1][1]


@pytest.mark.parametrize("indent", [None, 1])
def test_a_list_that_is_read_in_pieces_has_the_places_of_the_whole(tmp_path: Path, indent: int | None) -> None:
    texts = [json.dumps({"id": str(n), "memo": 'é "\\ 😀' * n, "total": -1.5}, indent=indent) for n in range(400)]
    path = tmp_path / "a.json"
    path.write_text("[" + ",\n".join(texts) + ",\n  {oops}]", encoding="utf-8")
    *good, last = read_file(path)
    line = 1
    for each, text in zip(good, texts, strict=True):
        assert isinstance(each, Record) and each.where == f"{path}:{line}"
        assert each.invoice["memo"] == json.loads(text)["memo"]
        line += text.count("\n") + 1
    assert isinstance(last, BadRecord) and last.where == f"{path}:{line}" and last.why.endswith("column 4")


def test_what_is_reported_keeps_its_order_and_keeps_little_back() -> None:
    shown: list[tuple[int, bool]] = []
    in_order: OrderedOutput[int] = OrderedOutput(lambda each, along: shown.append((each, along)))
    first, second, third = in_order.place(), in_order.place(), in_order.place()
    in_order.went_along(9)
    in_order.fill(second, 2)
    assert shown == []
    in_order.fill(first, 1)
    assert shown == [(1, False), (2, False)]
    for number in range(HELD_BACK + 1):
        in_order.fill(in_order.place(), 10 + number)
    assert len(shown) == HELD_BACK + 3
    in_order.fill(third, 3)
    in_order.end()
    in_order.end_along()
    assert shown[-2:] == [(3, False), (9, True)]


@pytest.fixture
def books(open_books: Callable[..., Any], connect: Connect) -> Any:
    books = open_books("us")
    connect(books)
    return books


def test_outcomes_are_reported_before_the_file_is_at_its_end(books: Any, home: Path, tmp_path: Path) -> None:
    file = put(tmp_path / "a.jsonl", *(invoice(f"S-{n}") for n in range(6)))
    shown: list[str] = []
    shown_before: list[int] = []
    with open_session(Options(home, None)) as session:

        def given() -> Iterator[Given | BadRecord]:
            for each in gather([str(file)], session.host):
                shown_before.append(len(shown))
                yield each

        in_order: OrderedOutput[Outcome] = OrderedOutput(lambda each, along: shown.append(f"{each.id} {each.outcome}"))
        assert Run(session, given(), "copy", in_order, lot=2).work() == ""
    assert shown_before == [0, 0, 2, 2, 4, 4]
    assert shown == [f"S-{n} copied" for n in range(6)]


def test_what_is_not_asked_for_when_it_is_stopped_is_named(books: Any, home: Path, tmp_path: Path) -> None:
    file = put(tmp_path / "a.jsonl", *(invoice(f"S-{n}") for n in range(6)))
    with open_session(Options(home, None)) as session:

        def show(outcome: Outcome, along: bool) -> None:
            if outcome.id == "S-0":
                signal.raise_signal(signal.SIGINT)

        stopped = Run(session, gather([str(file)], session.host), "copy", OrderedOutput(show), lot=2).work()
        assert session.host.read_invoice("S-2") is None
    assert stopped == (
        f"Stopped: 2 of 2 invoices finished; invoices after {file}:2 were not requested. `copy` of the same continues."
    )


class Away(EmbeddedHost):
    """A host that takes so many invoices, and then cannot now."""

    takes = 0

    def save(self, invoice: InvoiceJson) -> None:
        if not self.takes:
            raise NotNow("the host's disk is full")
        self.takes -= 1
        super().save(invoice)


def read_until(count: int, given: Iterator[Given | BadRecord]) -> Iterator[Given | BadRecord]:
    """A file that cannot be read any further."""
    yield from islice(given, count)
    raise OSError("the disk gives no more")


def failed(run: Run, error: type[Exception]) -> str:
    with pytest.raises(error):
        run.work()
    return run.taken()


@pytest.mark.parametrize("takes", [0, 1, 5])
def test_an_error_while_invoices_are_asked_for_takes_nothing_that_was_not_read(
    books: Any, home: Path, tmp_path: Path, call: Call, takes: int
) -> None:
    file = put(tmp_path / "a.jsonl", *(invoice(f"S-{n}") for n in range(8)))
    plugin = QuickBooksPlugin(background=False)
    with closing(Away.open(home, plugins=[plugin])) as host:
        assert isinstance(host, Away)
        host.takes = takes
        run = Run(
            Session(host, plugin.application, host),
            gather([str(file)], host),
            "copy",
            OrderedOutput(lambda *_: None),
            lot=2,
        )
        error = failed(run, NotNow)
    done, waits = takes - takes % 2, takes % 2
    counted = "1 invoice" if takes == 1 else f"{takes} invoices"
    waiting = ", 1 waits: `serve`, or the next copy or send, continues with that (onedesk-quickbooks status)" * waits
    taken = (
        f"{done} of {counted} finished{waiting}; invoices after {file}:{takes} were not requested."
        " Run `copy` of the same again: it requests all of it, and creates no duplicates."
    )
    assert error == (taken if takes else "")
    status = call("status", "--json").one
    assert (status["waiting"], status["stopped_runs"]) == (waits, [])
    again = call("copy", file, "--json").lines
    assert [each["outcome"] for each in again] == ["unchanged"] * done + ["copied"] * (8 - done)


def test_a_file_that_cannot_be_read_any_further(books: Any, home: Path, tmp_path: Path, call: Call) -> None:
    file = put(tmp_path / "a.jsonl", *(invoice(f"S-{n}") for n in range(8)))
    with open_session(Options(home, None)) as session:
        given = read_until(3, gather([str(file)], session.host))
        error = failed(Run(session, given, "copy", OrderedOutput(lambda *_: None), lot=2), OSError)
        assert error.startswith("2 of 3 invoices finished, 1 waits")
        assert session.host.read_invoice("S-3") is None


def test_an_error_between_two_lots_asks_for_no_more(books: Any, home: Path, tmp_path: Path, call: Call) -> None:
    file = put(tmp_path / "a.jsonl", *(invoice(f"S-{n}") for n in range(8)))
    with open_session(Options(home, None)) as session:

        def show(outcome: Outcome, along: bool) -> None:
            raise RuntimeError("an error of the program")

        error = failed(
            Run(session, gather([str(file)], session.host), "copy", OrderedOutput(show), lot=2), RuntimeError
        )
        assert f"invoices after {file}:2 were not requested" in error
        assert session.host.read_invoice("S-2") is None
