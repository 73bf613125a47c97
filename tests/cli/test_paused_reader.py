"""Whoever reads the output of a command has paused: the pipe is full, and nobody else waits for them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_work import Call, Open, invoice, put

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
def books(open_books: Open, call: Call) -> Any:
    books = open_books("us")
    assert call("connect", "--sandbox", books.base_url, "--yes").code == 0
    return books


@contextmanager
def paused(home: Path, file: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A copy whose output nobody reads, once its pipe is full."""
    command = [*RUN, "--home", str(home), "copy", str(file), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
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


def unread(pipe: int) -> int:
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def test_other_commands_work_while_nobody_reads_and_nothing_is_lost(
    books: Any, call: Call, home: Path, tmp_path: Path
) -> None:
    file = put(tmp_path / "many.jsonl", *(invoice(f"M-{n}") for n in range(COUNT)))
    with paused(home, file, "--json") as process:
        other = call("copy", put(tmp_path / "other.jsonl", invoice("O-1")), "--json")
        assert [(each["id"], each["outcome"]) for each in other.lines] == [("O-1", "copied")]
        assert call("payments").code == 0
        status = call("status", "--json")
        assert (status.code, status.one["running"], status.one["stopped_runs"]) == (0, True, [])
        assert 0 < status.one["waiting"] < COUNT
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    told = [json.loads(line) for line in out.splitlines()]
    assert [(each["id"], each["outcome"]) for each in told] == [(f"M-{n}", "copied") for n in range(COUNT)]
    assert len(books.sandbox.list("Invoice", "DocNumber LIKE 'M-%'")) == COUNT


@pytest.mark.parametrize("words", [["--json"], []])
def test_a_command_that_nobody_reads_ends_when_it_is_stopped(
    books: Any, call: Call, home: Path, tmp_path: Path, words: list[str]
) -> None:
    file = put(tmp_path / "many.jsonl", *(invoice(f"M-{n}", memo="x" * 50) for n in range(330)))
    with paused(home, file, *words) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 3
        assert process.stderr is not None
        told = process.stderr.read()
    (run,) = call("status", "--json").one["stopped_runs"]
    assert f"{run['waiting']} wait for a person" in told and "Traceback" not in told
