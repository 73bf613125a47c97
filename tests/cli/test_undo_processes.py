"""`backfill` and `undo` as processes that are killed or stopped in the middle, and go on."""

from __future__ import annotations

import json
import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_processes import started
from tests.cli.test_reconcile import invoice

Call = Callable[..., Any]
Connect = Callable[[Any], None]
Open = Callable[..., Any]
MANY = 65
"""A little more than two batches."""


@pytest.fixture
def books(open_books: Open, call: Call, connect: Connect, tmp_path: Path) -> Any:
    """A US company, connected, that takes a while for a batch; the host has many Open invoices."""
    books = open_books("us")
    connect(books)
    file = tmp_path / "many.json"
    rows = [invoice(f"B-{number}", "10.00") for number in range(1000, 1000 + MANY)]
    file.write_text(json.dumps(rows), encoding="utf-8")
    assert call("invoices", "import", file).code == 0
    books.sandbox.faults.inject(fault="delay", seconds=0.8, path="batch", count=0)
    return books


def numbers(books: Any) -> Counter[str]:
    return Counter(each["DocNumber"] for each in books.sandbox.list("Invoice", "DocNumber LIKE 'B-%'"))


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def interrupted(home: Path, how: int, when: Callable[[], bool], *words: str) -> tuple[int, str]:
    """A command that gets a signal once that holds; its exit code and what it said."""
    with started(home, *words) as process:
        until(when)
        process.send_signal(how)
        _, err = process.communicate(timeout=60)
    return process.returncode, err


@pytest.mark.parametrize(
    ("how", "undone"),
    [(signal.SIGKILL, signal.SIGINT), (signal.SIGTERM, signal.SIGKILL), (signal.SIGINT, signal.SIGHUP)],
)
def test_a_backfill_goes_on_and_is_undone_as_one_run(
    books: Any, call: Call, home: Path, how: signal.Signals, undone: signal.Signals
) -> None:
    words = ("backfill", "--from", "2026-07-01", "--yes", "--json")
    code, err = interrupted(home, how, lambda: 0 < sum(numbers(books).values()) < MANY, *words)
    before = sum(numbers(books).values())
    assert 0 < before < MANY
    if how == signal.SIGKILL:
        assert code == -how
    else:
        assert code == 3 and "`backfill --resume` " in err and "Stopped: " in err
    done = call("backfill", "--resume", "--yes", "--json")
    assert done.code == 0 and done.lines[0]["run"] and done.lines[0]["open"] >= MANY - before
    assert set(numbers(books).values()) == {1} and len(numbers(books)) == MANY
    assert call("status", "--json").one["waiting"] == 0
    assert call("backfill", "--resume").code == 3
    run = done.lines[0]["run"]
    assert call("undo", "--json").lines[0] | {"begun_at": "", "ended_at": ""} == {
        "run": run,
        "action": "backfill",
        "asked_by": call("undo", "--json").lines[0]["asked_by"],
        "begun_at": "",
        "ended_at": "",
        "made": MANY,
    }
    undo_it(books, call, home, run, undone)


def undo_it(books: Any, call: Call, home: Path, run: str, how: signal.Signals) -> None:
    """Of which the undo is interrupted as well."""
    plan = call("undo", run).out
    assert f"{MANY} invoices: {MANY} to delete ({MANY}0.00 USD in total)." in plan
    code, err = interrupted(home, how, lambda: sum(numbers(books).values()) < MANY, "undo", run, "--yes")
    left = sum(numbers(books).values())
    assert 0 < left < MANY
    if how == signal.SIGKILL:
        assert code == -how
    else:
        assert code == 3 and re.search(rf"Stopped: [0-9]+ of {MANY} were undone", err)
    done = call("undo", run, "--yes", "--json")
    assert done.code in (0, 3), done
    done = done if done.code == 0 else call("undo", run, "--yes", "--json")
    assert done.code == 0 and numbers(books) == Counter()
    assert call("status", "--json").one["waiting"] == 0
    again = call("undo", run, "--json").one
    assert again["counts"]["gone"] == MANY and again["counts"]["delete"] == 0
    assert call("audit", "verify").code == 0


def test_an_undo_while_serve_works(books: Any, call: Call, home: Path) -> None:
    """The company queue is shared: `serve` does what waits, the undo what it was asked to."""
    done = call("backfill", "--from", "2026-07-01", "--yes", "--json")
    assert done.code == 0
    run = call("undo", "--json").lines[0]["run"]
    with started(home, "serve", "--port", "0", "--json") as serving:
        assert serving.stdout is not None
        serving.stdout.readline()
        done = call("undo", run, "--yes", "--json")
        serving.send_signal(signal.SIGTERM)
        serving.communicate(timeout=30)
    assert done.code == 0 and numbers(books) == Counter()
    assert {each["outcome"] for each in done.one["invoices"]} == {"deleted"}
