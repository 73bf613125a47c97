"""What monitors and operators see, whatever the files beside the service are."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from onedesk_quickbooks.plugin.ledger.tables import Instant, Json, metadata
from onedesk_quickbooks.plugin.web import pages

Call = Callable[..., Any]
MONITORED = ("/health", "/ready", "/metrics")


def large(path: Path) -> None:
    """Rules whose proof takes seconds."""
    when = "amount: {{from: {0}, below: {1}}}, date: {{from: 2020-01-01}}"
    rules = [f"    - {{id: r{n}, when: {{{when.format(n, n + 5_000)}}}, item: I{n}}}" for n in range(8_000)]
    path.write_text("\n".join(["version: 1", "items:", "  exceptions:", *rules, "  otherwise: hold"]) + "\n")


def folder(path: Path) -> None:
    path.mkdir()
    for number in range(120):
        large(path / f"{number}.yaml") if number < 3 else (path / f"{number}.yaml").write_text("version: 1\n")


RULES: dict[str, Callable[[Path], object]] = {
    "rules that take long to prove": large,
    "a folder of many": folder,
    "mistakes": lambda path: path.write_text("version: 1\nitems: {otherwise: hold\n"),
    "a file that is too large": lambda path: path.write_bytes(b"a: b\n" * 4_000_000),
    "a FIFO": os.mkfifo,
    "an endless device": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path),
    "nothing": lambda path: None,
}


@pytest.mark.parametrize("name", RULES)
def test_monitors_are_answered_from_what_is_in_force(desk: Any, home: Path, name: str) -> None:
    client, before = Client(pages(desk.application).app), desk.application.status().rules_hash
    RULES[name](home / "rules.yaml")
    assert [client.get(path).status_code for path in MONITORED] == [200, 200, 200]
    assert desk.application.status().rules_hash == before


def test_monitors_are_answered_while_changed_rules_are_read(desk: Any, home: Path) -> None:
    client = Client(pages(desk.application).app)
    before = desk.application.status().rules_hash
    large(home / "rules.yaml")
    reading = threading.Thread(target=lambda: desk.application.rules)
    reading.start()
    time.sleep(0.2)
    assert [client.get(path).status_code for path in MONITORED] == [200, 200, 200]
    assert desk.application.rules.hash == before, "one thread reads, the others go on"
    assert reading.is_alive(), "the rules were read at once, so that nothing was tried"
    reading.join()
    assert desk.application.status().rules_hash != before


def over(path: Path, begin: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(begin)
        file.write(data)


def other(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as file:
        file.execute("CREATE TABLE diary (entry TEXT)")


def replaced(path: Path, data: bytes) -> None:
    new = path.with_name("new")
    new.write_bytes(data)
    new.replace(path)


def values(kind: type, value: object) -> Callable[[Path], None]:
    """Every value of a kind is damaged."""

    def put(path: Path) -> None:
        with closing(sqlite3.connect(path)) as file:
            for table in metadata.sorted_tables:
                for column in table.columns:
                    if isinstance(column.type, kind):
                        name = f'"{column.name}"'
                        file.execute(f'UPDATE "{table.name}" SET {name} = ? WHERE {name} IS NOT NULL', (value,))
            file.commit()

    return put


DAMAGED: dict[str, Callable[[Path], object]] = {
    "overwritten": lambda path: over(path, 0, os.urandom(path.stat().st_size)),
    "overwritten but for its head": lambda path: over(path, 100, os.urandom(path.stat().st_size)),
    "a text": lambda path: path.write_text("Dear diary, " * 1000),
    "cut to nothing": lambda path: os.truncate(path, 0),
    "cut in the middle": lambda path: os.truncate(path, 8192),
    "another file": lambda path: replaced(path, os.urandom(9000)),
    "another program's": other,
    "instants that are none": values(Instant, "yesterday"),
    "instants that are numbers": values(Instant, 7),
    "instants that are bytes": values(Instant, b"\xff\xfe"),
    "JSON that is none": values(Json, "{"),
    "JSON that is not text": values(Json, b"\xff\xfe"),
    "JSON of another shape": values(Json, "[7]"),
    "gone": os.unlink,
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_ledger_that_is_damaged_meanwhile_is_reported(
    desk: Any, home: Path, call: Call, invoice: Callable[..., dict[str, Any]], name: str
) -> None:
    desk.copy(invoice(currency="EUR"))
    client, ledger = Client(pages(desk.application).app), home / "ledger.sqlite"
    assert [client.get(path).status_code for path in MONITORED] == [200, 200, 200]
    with closing(sqlite3.connect(ledger)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    DAMAGED[name](ledger)
    for pool in ("a process that runs", "one that begins"):
        for path in MONITORED:
            answer = client.get(path)
            assert answer.status_code == 503, (pool, path, answer.text)
            assert answer.json == {"ok": False, "ready": False, "error": "The ledger does not answer; see the log."}
        desk.application.ledger.close()
    if name == "cut to nothing":  # as it is before a first start, or after one that was killed
        assert "no; run: onedesk-quickbooks connect" in call("status").out
        return
    said = "is not there" if name == "gone" else "damaged"
    for words in (("status",), ("status", "--json"), ("status", "--calls"), ("queue",), ("queue", "--json")):
        done = call(*words)
        assert (done.code, done.out) == (3, ""), (words, done)
        assert done.err.count("Error: ") == 1 and "Traceback" not in done.err, done.err
        assert said in done.err, done.err


def test_a_ledger_that_another_one_replaces_is_the_ledger(
    desk: Any, home: Path, call: Call, invoice: Callable[..., dict[str, Any]]
) -> None:
    """Nothing is written into a file that nobody finds any more."""
    ledger = home / "ledger.sqlite"
    with closing(sqlite3.connect(ledger)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    replaced(ledger, ledger.read_bytes())
    desk.copy(invoice(currency="EUR"))
    assert call("status", "--json").one["held"] == 1
