"""Several processes of one host on one data directory: together they ask QuickBooks as one."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.cli.test_work import invoice
from tests.hosts.desk import make_host

Call = Callable[..., Any]
Open = Callable[..., Any]
ROOT = Path(__file__).parents[2]
HOST = ("--host", "tests.hosts.desk:make_host")
EVERY = 2
"""Seconds between two looks for payments."""

COMMAND = "from onedesk_quickbooks.plugin.cli import main; main()"
PROGRAM = """
import sys
import time
from pathlib import Path
from tests.cli.test_work import invoice
from tests.hosts.desk import make_host

home = Path(sys.argv[1])
with make_host(home).started(home, background=True):
    print("started", flush=True)
    sys.stdin.read()
"""


@contextmanager
def processes(home: Path, count: int) -> Iterator[None]:
    """So many, each with the plugin's thread; they end when their standard input does."""
    words = [sys.executable, "-c", PROGRAM, str(home)]
    with ExitStack() as stack:
        made = []
        for _ in range(count):
            made.append(stack.enter_context(_process(words)))
        for each in made:
            assert each.stdout is not None and each.stdout.readline() == "started\n"
        yield


@contextmanager
def _process(words: list[str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            yield process
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(30) == 0
        finally:
            process.kill()


def connected(open_books: Open, call: Call, home: Path) -> Any:
    books = open_books("us")
    write_settings(home, {"poll_seconds": str(EVERY)})
    with make_host(home).started(home):
        pass
    assert call("connect", "--sandbox", books.base_url, "--yes", before=HOST).code == 0
    return books


def looks(books: Any) -> list[datetime]:
    return [datetime.fromisoformat(each["at"]) for each in books.sandbox.log() if each["path"].endswith("cdc")]


def test_processes_poll_as_one(open_books: Open, call: Call, home: Path) -> None:
    books = connected(open_books, call, home)
    with processes(home, 3):
        while len(looks(books)) < 5:
            time.sleep(0.1)
    times = looks(books)
    assert all((later - earlier).total_seconds() > EVERY - 0.5 for earlier, later in itertools.pairwise(times))


def test_a_429_holds_every_process(open_books: Open, call: Call, home: Path) -> None:
    books = connected(open_books, call, home)
    make_host(home).keep(invoice("N-1"))
    with processes(home, 3):
        while len(looks(books)) < 2:
            time.sleep(0.1)
        books.sandbox.faults.inject(fault="throttled")
        while not books.sandbox.faults.state()[0]["hits"]:
            time.sleep(0.1)
        time.sleep(0.5)  # what was under way beside it
        books.sandbox.clear_log()
        words = [sys.executable, "-c", COMMAND, "--home", str(home), *HOST, "copy", "N-1"]
        with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as command:
            try:
                time.sleep(3 * EVERY)
                assert books.sandbox.log() == []
                assert command.poll() is None, "it waits as well"
            finally:
                command.kill()
    assert "retry later" in call("status", "--json", before=HOST).one["paused_because"]
