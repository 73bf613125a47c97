"""Whoever reads the output of a command has paused: the pipe is full, and nobody else waits for them."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.cli.logs import END, MOST, written
from tests.cli.test_work import Call, Open, invoice, put
from tests.commands import Connect

if sys.platform != "linux":
    pytest.skip("the size of a pipe can be set on Linux alone", allow_module_level=True)

import fcntl
import termios

RUN = [sys.executable, "-c", "from onedesk_quickbooks.plugin.cli import main; main()"]
COUNT = 70
"""Three chunks; the rows of the first are more than the pipe holds."""
PIPE = 4096
ROW = 600
"""Bytes that no row is longer than: one that does not fit waits as a whole."""


@pytest.fixture
def books(open_books: Open, connect: Connect) -> Any:
    books = open_books("us")
    connect(books)
    return books


@contextmanager
def paused(
    home: Path, file: Path, *words: str, together: bool = False, does: str = "copy"
) -> Iterator[subprocess.Popen[str]]:
    """A command whose output nobody reads, once its pipe is full; with its log `together`: 2>&1."""
    log = ["--log-level", "debug"] if together else []
    command = [*RUN, "--home", str(home), *log, does, str(file), *words]
    stderr = subprocess.STDOUT if together else subprocess.PIPE
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True) as process:
        try:
            assert process.stdout is not None
            fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, PIPE)
            began = time.monotonic()
            while unread(process.stdout.fileno()) < PIPE - ROW:
                assert time.monotonic() - began < 300 and process.poll() is None
                time.sleep(0.05)
            yield process
        finally:
            process.kill()


def unread(handle: int) -> int:
    return int.from_bytes(fcntl.ioctl(handle, termios.FIONREAD, bytes(4)), sys.byteorder)


@pytest.mark.parametrize("together", [False, True])
def test_other_commands_work_while_nobody_reads_and_nothing_is_lost(
    books: Any, call: Call, home: Path, tmp_path: Path, together: bool
) -> None:
    file = put(tmp_path / "many.jsonl", *(invoice(f"M-{n}") for n in range(COUNT)))
    with paused(home, file, "--json", together=together) as process:
        other = call("copy", put(tmp_path / "other.jsonl", invoice("O-1")), "--json")
        assert [(each["id"], each["outcome"]) for each in other.lines] == [("O-1", "copied")]
        assert call("payments").code == 0
        status = call("status", "--json")
        assert (status.code, status.one["running"], status.one["stopped_runs"]) == (0, True, [])
        assert 0 < status.one["waiting"] < COUNT or together
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    outcomes = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    assert len(outcomes) == len(out.splitlines()) or together
    assert [(each["id"], each["outcome"]) for each in outcomes] == [(f"M-{n}", "copied") for n in range(COUNT)]
    assert len(books.sandbox.list("Invoice", "DocNumber LIKE 'M-%'")) == COUNT


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("words", [["--json"], []])
def test_a_command_that_nobody_reads_ends_when_it_is_stopped(
    books: Any, call: Call, home: Path, tmp_path: Path, words: list[str], together: bool
) -> None:
    count = COUNT if words else 160  # a line of text is short
    file = put(tmp_path / "many.jsonl", *(invoice(f"M-{n}", memo="x" * 50) for n in range(count)))
    with paused(home, file, *words, together=together) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 3
        errors = "" if process.stderr is None else process.stderr.read()
    (run,) = call("status", "--json").one["stopped_runs"]
    assert together or (f"{run['waiting']} wait for a person" in errors and "Traceback" not in errors)


def test_a_log_that_nobody_reads_keeps_no_invoice_from_being_done(
    books: Any, call: Call, home: Path, tmp_path: Path
) -> None:
    file = put(tmp_path / "many.jsonl", *(invoice(f"M-{n}") for n in range(COUNT)))
    command = [*RUN, "--home", str(home), "--log-level", "debug", "copy", str(file), "--json"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            fcntl.fcntl(process.stderr, fcntl.F_SETPIPE_SZ, PIPE)
            assert process.wait(120) == 0
            read = process.stderr.read()
        finally:
            process.kill()
    assert len(read) <= PIPE and read.count("\n") > 5
    assert len(books.sandbox.list("Invoice", "DocNumber LIKE 'M-%'")) == COUNT


@contextmanager
def pipe() -> Iterator[int]:
    """stderr is a pipe that nobody reads yet; gives its other end."""
    reads, writes = os.pipe()
    with os.fdopen(writes, "w") as out, redirect_stderr(out):
        yield reads


def test_what_finds_no_room_in_the_log_is_counted() -> None:
    """Nobody who logs waits; what is kept is in its order."""
    log, count = logging.getLogger("onedesk_quickbooks.tests"), 12_000
    found: list[str] = []
    with pipe() as reads:

        def read() -> None:
            with os.fdopen(reads) as lines:
                found.extend(lines)

        reader = threading.Thread(target=read)
        with written("text", "info"):
            for number in range(count):
                log.info("record %d %s", number, "x" * 500)
            reader.start()
            time.sleep(1)
            log.info("record %d", count)
    reader.join(30)
    (left_out_line,) = [each for each in found if "left out here" in each]
    numbers = [int(each.split("record ")[1].split()[0]) for each in found if each is not left_out_line]
    left_out = int(left_out_line.split("cli ")[1].split()[0])
    assert numbers == sorted(numbers) and numbers[-1] == count
    assert len(numbers) + left_out == count + 1 and left_out > 1000
    assert sum(map(len, found)) < MOST + 200_000


def test_the_end_waits_no_longer_than_so_for_who_reads_the_log() -> None:
    with pipe() as reads:
        began = time.monotonic()
        with written("json", "info"):
            for _ in range(2000):
                logging.getLogger("onedesk_quickbooks.tests").info("x" * 100)
        assert END <= time.monotonic() - began < END + 5
        os.close(reads)
