"""Files that are none, and files that others write while they are read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.cli.files import Record, read_file
from tests.cli.test_work import Call, Open, invoice
from tests.commands import Connect

RUN = [sys.executable, "-c", "from onedesk_quickbooks.plugin.cli import main; main()"]
SUFFIXES = ("json", "jsonl", "csv")
HEAD = "number,currency,issue_date,customer,amount,total\n"


def fifo(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def terminal(path: Path) -> None:
    path.symlink_to("/dev/ptmx")


@pytest.mark.parametrize("make", [fifo, device, terminal])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_no_file_is_refused_unread(home: Path, tmp_path: Path, suffix: str, make: Any) -> None:
    path = tmp_path / f"many.{suffix}"
    make(path)
    restore = [["restore", path, "--yes"]] if suffix == "json" else []  # which looks at no ending
    for words in (["invoices", "import", path], *restore):
        done = subprocess.run(
            [*RUN, "--home", str(home), *map(str, words)], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 3 and "not a file, so it was not read" in done.stderr, done
        assert "Traceback" not in done.stderr


def test_a_key_that_comes_twice_among_many(tmp_path: Path) -> None:
    """To look at each against all others would take minutes."""
    path = tmp_path / "many.json"
    keys = ",".join(f'"k{number}":1' for number in range(130_000))
    path.write_text(f'{{{keys},"k129999":1}}')
    began = time.monotonic()
    (found,) = read_file(path)
    assert "the key 'k129999' appears twice" in str(found)
    assert time.monotonic() - began < 20


@contextmanager
def growing(path: Path, piece: str) -> Iterator[None]:
    """Somebody writes into it all the time."""
    stop = threading.Event()

    def write() -> None:
        with path.open("a", encoding="utf-8") as file:
            while not stop.is_set() and file.tell() < 500_000_000:
                file.write(piece)
                file.flush()

    writing = threading.Thread(target=write)
    writing.start()
    try:
        yield
    finally:
        stop.set()
        writing.join()


TEXTS = {
    "json": ("[" + ", ".join('{"id": "1"}' for _ in range(5)), ', {"id": "2"}' * 50_000),
    "jsonl": ('{"id": "1"}\n' * 5, '{"id": "2"}\n' * 50_000),
    "csv": (HEAD + "".join(f"{n},USD,2026-01-15,Acme,1,1\n" for n in range(5)), "9,USD,2026-01-15,Acme,1,1\n" * 50_000),
}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_grows_has_the_end_that_it_had(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"many.{suffix}"
    begin, more = TEXTS[suffix]
    path.write_text(begin)
    found, records = read_file(path), []
    records.append(next(found))
    with path.open("a", encoding="utf-8") as file:
        file.write(more)
    records += found
    assert [isinstance(each, Record) for each in records] == [True] * 5 + [False] * (suffix == "json")
    path.write_text(begin)
    with growing(path, more[: len(more) // 50]):
        count = sum(isinstance(each, Record) for each in read_file(path))
    assert count >= 5


@pytest.mark.parametrize("char", ["\0", "x", '"', "{", "\n"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_line_without_an_end_is_one_bad_record(tmp_path: Path, suffix: str, char: str) -> None:
    path = tmp_path / f"many.{suffix}"
    path.write_text(char * 5_000_001)
    found = list(read_file(path))
    assert len(found) <= 1 and not any(isinstance(each, Record) for each in found)


def test_what_was_written_meanwhile_is_copied_the_next_time(
    open_books: Open, call: Call, connect: Connect, tmp_path: Path
) -> None:
    connect(open_books("us"))
    path = tmp_path / "many.jsonl"
    path.write_text(json.dumps(invoice("M-1")) + "\n" + json.dumps(invoice("M-2"))[:50])
    done = call("copy", path, "--json")
    assert [each["outcome"] for each in done.lines] == ["copied", "failed"] or done.code == 1
    path.write_text(json.dumps(invoice("M-1")) + "\n" + json.dumps(invoice("M-2")) + "\n")
    done = call("copy", path, "--json")
    assert [each["id"] for each in done.lines] == ["M-1", "M-2"] and done.code == 0
