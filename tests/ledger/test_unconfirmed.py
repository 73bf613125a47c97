"""What the host has reported as withdrawn, before it is read again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine, event

from onedesk_quickbooks.plugin.ledger import Ledger
from tests.ledger.conftest import REALM


def test_a_dropped_copy_is_unconfirmed_until_the_host_was_read(ledger: Ledger) -> None:
    for name in ("a", "b"):
        ledger.queue.ask(REALM, "copy", {"id": name}, "admin")
    assert not ledger.unconfirmed.any(REALM)
    ledger.queue.forget("a", "the invoice was voided in OneDesk", "voided")
    ledger.queue.forget("b", "dropped by a person")
    assert [each.od_invoice_id for each in ledger.unconfirmed.all(REALM)] == ["a"]
    ledger.unconfirmed.confirm(REALM, "a")
    assert not ledger.unconfirmed.any(REALM)


def test_it_is_found_by_an_index_however_many_entries_were_dropped(ledger: Ledger, tmp_path: Path) -> None:
    """A hook asks for it, and every time slice."""
    asked: list[tuple[str, tuple[object, ...]]] = []

    def keep(_connection: object, _cursor: object, statement: str, values: tuple[object, ...], *_: object) -> None:
        asked.append((statement, values))

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        ledger.unconfirmed.any(REALM)
        ledger.unconfirmed.all(REALM)
    finally:
        event.remove(Engine, "before_cursor_execute", keep)
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as connection:
        for statement, values in asked:
            plan = [str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
            assert any("work_reported" in each for each in plan), plan
    assert len(asked) == 2
