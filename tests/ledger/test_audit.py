"""The audit trail: rows are added, chained, and what becomes of them otherwise is named."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from onedesk_quickbooks.plugin.ledger import AuditRow, Ledger
from onedesk_quickbooks.plugin.ledger.audit import canonical
from tests.ledger.conftest import REALM, Opener
from tests.support.clock import Clock

Tamper = Callable[[sqlite3.Connection], object]


def fill(ledger: Ledger, count: int = 5) -> None:
    """So many rows, two in a transaction."""
    for start in range(0, count, 2):
        rows = [
            AuditRow("outcome", REALM, f"INV-{number}", {"total": Decimal("12.30"), "note": "é\x9b"})
            for number in range(start + 1, min(start + 2, count) + 1)
        ]
        with ledger.together() as connection:
            ledger.audit.add(connection, rows)


def tampered(tmp_path: Path, tamper: Tamper) -> None:
    """As somebody does who may write the file."""
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as connection, connection:
        tamper(connection)


def wrong(ledger: Ledger) -> tuple[int, str]:
    """The first broken row, and why."""
    broken = ledger.audit.verify().broken
    assert broken is not None
    return broken.id, broken.why


def test_rows_are_numbered_and_chained_whoever_adds_them(open_ledger: Opener) -> None:
    one, other = open_ledger(), open_ledger()
    assert one.audit.verify() == other.audit.verify()
    assert (one.audit.verify().rows, one.audit.verify().broken) == (0, None)
    for ledger in (one, other, one, one, other):
        fill(ledger, 3)
    rows = list(other.audit.each())
    assert [each.id for each in rows] == list(range(1, 16))
    found = one.audit.verify()
    assert (found.rows, found.hash, found.broken) == (15, rows[-1].hash, None)
    assert [each.id for each in one.audit.of_invoice("INV-2")] == [2, 5, 8, 11, 14]


def test_what_is_undone_leaves_no_row(ledger: Ledger) -> None:
    fill(ledger, 2)
    with pytest.raises(RuntimeError), ledger.together() as connection:
        ledger.audit.add(connection, [AuditRow("act", REALM, "", {})])
        raise RuntimeError
    fill(ledger, 1)
    assert ledger.audit.verify().rows == 3
    assert ledger.audit.verify().broken is None


def test_an_exported_line_is_what_is_hashed(ledger: Ledger) -> None:
    """Whoever has the export and no program of ours can check it."""
    fill(ledger)
    before = ""
    for each in ledger.audit.each():
        start, _, end = each.line.rpartition(',"hash":"')
        text = "{" + start.partition(",")[2] + "}"
        before = hashlib.sha256((before + text).encode()).hexdigest()
        assert end == f'{before}"}}'
        assert each.line.isascii()
        entry = json.loads(each.line)
        assert list(entry) == ["id", "at", "kind", "company", "invoice", "actor", "content", "hash"]
        assert entry["content"] == {"note": "é\x9b", "total": 12.3}
        assert each.values["total"] == Decimal("12.30")


def test_rows_of_a_period(ledger: Ledger, clock: Clock) -> None:
    fill(ledger, 2)
    clock.pass_by(seconds=60)
    middle = clock.now()
    fill(ledger, 4)
    assert [each.id for each in ledger.audit.each(since=middle)] == [3, 4, 5, 6]
    assert [each.id for each in ledger.audit.each(before=middle)] == [1, 2]
    assert not list(ledger.audit.each(middle, middle + timedelta(microseconds=1)))


@pytest.mark.parametrize("column", ["at", "kind", "realm_id", "od_invoice_id", "actor", "content", "hash"])
@pytest.mark.parametrize("row", [1, 3, 5])
def test_a_changed_column_is_found(ledger: Ledger, tmp_path: Path, column: str, row: int) -> None:
    fill(ledger)
    changed = '{"total":12.31}' if column == "content" else "0" * 64 if column == "hash" else "x"
    tampered(tmp_path, lambda sql: sql.execute(f"UPDATE audit SET {column} = ? WHERE id = ?", (changed, row)))
    id, why = wrong(ledger)
    assert id == row
    assert why.startswith("it was changed since it was recorded")
    assert ledger.audit.verify().rows == row - 1


def test_a_changed_id_is_a_missing_row(ledger: Ledger, tmp_path: Path) -> None:
    fill(ledger)
    tampered(tmp_path, lambda sql: sql.execute("UPDATE audit SET id = 9 WHERE id = 3"))
    assert wrong(ledger) == (3, "it is missing")


@pytest.mark.parametrize(("gone", "why"), [("3", "it is missing"), ("2, 3", "it is missing, with all up to row 3")])
def test_a_removed_row_is_found(ledger: Ledger, tmp_path: Path, gone: str, why: str) -> None:
    fill(ledger)
    tampered(tmp_path, lambda sql: sql.execute(f"DELETE FROM audit WHERE id IN ({gone})"))
    assert wrong(ledger) == (int(gone[0]), why)


def test_a_removed_row_whose_place_the_others_take_is_found(ledger: Ledger, tmp_path: Path) -> None:
    fill(ledger)

    def closed_up(sql: sqlite3.Connection) -> None:
        sql.execute("DELETE FROM audit WHERE id = 3")
        sql.execute("UPDATE audit SET id = id - 1 WHERE id > 3")
        sql.execute("UPDATE audit_head SET number = 4")

    tampered(tmp_path, closed_up)
    assert wrong(ledger) == (3, "it was changed since it was recorded, or a row between it and row 2 is gone")


@pytest.mark.parametrize(("one", "two", "behind"), [(2, 3, "row 3"), (1, 5, "row 4"), (2, 5, "row 4"), (1, 2, "row 2")])
def test_swapped_rows_are_found(ledger: Ledger, tmp_path: Path, one: int, two: int, behind: str) -> None:
    fill(ledger)

    def swap(sql: sqlite3.Connection) -> None:
        for now, then in ((one, 100), (two, one), (100, two)):
            sql.execute("UPDATE audit SET id = ? WHERE id = ?", (then, now))

    tampered(tmp_path, swap)
    assert wrong(ledger) == (one, f"the order was changed: it was recorded behind {behind}")


def test_a_row_that_is_there_twice_is_found(ledger: Ledger, tmp_path: Path) -> None:
    fill(ledger, 2)
    tampered(tmp_path, lambda sql: sql.execute("DELETE FROM audit WHERE id = 2"))

    def doubled(sql: sqlite3.Connection) -> None:
        columns = "at, kind, realm_id, od_invoice_id, actor, content, hash"
        sql.execute(f"INSERT INTO audit SELECT 2, {columns} FROM audit WHERE id = 1")

    tampered(tmp_path, doubled)
    assert wrong(ledger) == (2, "the order was changed: it was recorded behind row 0")


def test_a_cut_end_is_found(ledger: Ledger, tmp_path: Path) -> None:
    fill(ledger)
    tampered(tmp_path, lambda sql: sql.execute("DELETE FROM audit WHERE id > 3"))
    assert wrong(ledger) == (4, "it is missing, with all up to row 5")
    tampered(tmp_path, lambda sql: sql.execute("DELETE FROM audit"))
    assert wrong(ledger) == (1, "it is missing, with all up to row 5")


@pytest.mark.parametrize(
    ("head", "broken"),
    [
        ("number = 4", (5, "the head says that row 4 is the last one")),
        ("number = 6", (6, "it is missing")),
        ("hash = 'x'", (5, "the head has another hash for it")),
    ],
)
def test_a_changed_head_is_found(ledger: Ledger, tmp_path: Path, head: str, broken: tuple[int, str]) -> None:
    fill(ledger)
    tampered(tmp_path, lambda sql: sql.execute(f"UPDATE audit_head SET {head}"))
    assert wrong(ledger) == broken


def test_a_removed_head_is_found(ledger: Ledger, tmp_path: Path) -> None:
    fill(ledger)
    tampered(tmp_path, lambda sql: sql.execute("DELETE FROM audit_head"))
    assert wrong(ledger) == (1, "the head says that row 0 is the last one")


def test_what_was_rewritten_to_the_end_shows_by_what_was_noted_before_alone(
    open_ledger: Opener, tmp_path: Path
) -> None:
    """This is what a chain cannot prove by itself."""
    ledger = open_ledger()
    fill(ledger, 3)
    noted = ledger.audit.verify()
    rows = [(each.kind, each.realm_id, each.od_invoice_id, each.values) for each in ledger.audit.each()]
    tampered(tmp_path, lambda sql: sql.executescript("DELETE FROM audit; DELETE FROM audit_head"))
    forger = open_ledger()
    with forger.together() as connection:
        forger.audit.add(connection, [AuditRow(*each[:3], {**each[3], "total": 99}) for each in rows])
    assert ledger.audit.verify().broken is None
    broken = ledger.audit.verify({noted.rows: noted.hash}).broken
    assert broken is not None
    assert (broken.id, broken.why) == (3, "its hash differs from the recorded one")
    fill(ledger, 2)
    assert ledger.audit.verify({noted.rows: noted.hash}).broken == broken
    ahead = ledger.audit.verify({9: noted.hash}).broken
    assert ahead is not None
    assert (ahead.id, ahead.why) == (6, "it is missing, with all up to row 9")


def test_an_act_is_of_the_host_where_nobody_is_named(ledger: Ledger) -> None:
    ledger.audit.act("", "retry", realm_id=REALM, od_invoice_id="INV-1", entry=3)
    ledger.audit.act("a" * 300, "resume", run="ab12")
    first, second = ledger.audit.each()
    assert (first.actor, first.kind, first.values) == ("host", "act", {"act": "retry", "entry": 3})
    assert (second.actor, second.realm_id) == ("a" * 200, "")


def test_the_same_is_the_same_text_whatever_its_order() -> None:
    assert canonical({"b": Decimal("1.10"), "a": ["ü", None]}) == '{"a":["\\u00fc",null],"b":1.10}'
    assert canonical({"a": ["ü", None], "b": Decimal("1.10")}) == canonical({"b": Decimal("1.10"), "a": ["ü", None]})


def test_a_walk_keeps_nothing_in_memory(ledger: Ledger) -> None:
    big = {"text": "x" * 2000}
    for _ in range(8):
        with ledger.together() as connection:
            ledger.audit.add(connection, [AuditRow("outcome", REALM, "INV-1", big)] * 500)
    ledger.audit.verify()
    tracemalloc.start()
    try:
        assert ledger.audit.verify().rows == 4000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6_000_000, "4000 rows have 8 MB"
