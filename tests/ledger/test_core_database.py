"""The ledger's file: its schema, what is refused with a sentence, and the key beside it."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import threading
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from cryptography.fernet import Fernet
from sqlalchemy import create_engine
from sqlalchemy.dialects import sqlite

from onedesk_quickbooks.plugin.ledger import KeyProblem, Ledger, LedgerProblem, PaymentLook
from onedesk_quickbooks.plugin.ledger.database.schema import HEAD, upgrade
from onedesk_quickbooks.plugin.ledger.database.sqlite import remedy as sqlite_remedy
from onedesk_quickbooks.plugin.ledger.seal import KEY_VARIABLE, seal_for
from onedesk_quickbooks.plugin.ledger.tables import Instant, Json, metadata
from tests.ledger.conftest import REALM, Opener
from tests.support.clock import Clock


def test_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "onedesk_quickbooks.plugin.ledger:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_migrations_make_what_the_tables_say(ledger: Ledger, tmp_path: Path) -> None:
    """And a new ledger, which no migration has made, is the same."""
    made = tables(tmp_path / "ledger.sqlite3")
    engine = create_engine(f"sqlite:///{tmp_path / 'migrated.sqlite3'}")
    with engine.begin() as connection:
        upgrade(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert context.get_current_revision() == HEAD
        assert compare_metadata(context, metadata) == []
    migrated = tables(tmp_path / "migrated.sqlite3")
    assert migrated.keys() == made.keys()
    for name, table in migrated.items():
        assert made[name] == table
    with engine.connect() as connection:
        metadata.tables["payment_look"].drop(connection)
        assert compare_metadata(MigrationContext.configure(connection), metadata) != []
        connection.rollback()
    engine.dispose()


def tables(path: Path) -> dict[str, Any]:
    """Each table's columns, with type, NOT NULL, default and place in the primary key, its indexes and unique columns,
    and whether its ids come again."""
    with closing(sqlite3.connect(path)) as file:
        found = file.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        return {name: (_columns(file, name), _indexes(file, name), "AUTOINCREMENT" in sql) for name, sql in found}


def _columns(file: sqlite3.Connection, table: str) -> list[Any]:
    return sorted(row[1:] for row in file.execute(f"PRAGMA table_info({table})"))


def _indexes(file: sqlite3.Connection, table: str) -> list[Any]:
    found = []
    for _, name, unique, origin, partial in file.execute(f"PRAGMA index_list({table})").fetchall():
        columns = [row[2] for row in file.execute(f"PRAGMA index_info({name})")]
        found.append((name if origin == "c" else "", unique, origin, partial, columns))
    return sorted(found)


def test_a_file_in_a_folder_that_is_not_there_yet(tmp_path: Path, clock: Clock) -> None:
    with closing(Ledger.open(tmp_path / "a" / "b" / "ledger.sqlite3", tmp_path / "c" / "key", {}, clock)) as ledger:
        assert ledger.companies.connected() is None
    assert (tmp_path / "a" / "b" / "ledger.sqlite3").exists()


def test_a_newer_ledger_is_refused(open_ledger: Opener, tmp_path: Path) -> None:
    open_ledger().close()
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
        file.commit()
    with pytest.raises(LedgerProblem, match=rf"newer version \(9999\) than this program \({HEAD}\); update it"):
        open_ledger()


def test_a_file_that_is_no_database_is_refused(open_ledger: Opener, tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite3").write_text("Dear diary, " * 1000, encoding="utf-8")
    with pytest.raises(LedgerProblem) as caught:
        open_ledger()
    assert f"{tmp_path / 'ledger.sqlite3'} cannot be used as the ledger: file is not a database" in str(caught.value)
    assert "restore FILE --yes" in str(caught.value)


@pytest.mark.parametrize("version", ["0000", "a1b2c3d4e5f6", "1"])
def test_a_version_that_never_was_is_refused(open_ledger: Opener, tmp_path: Path, version: str) -> None:
    open_ledger().close()
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as file:
        file.execute("UPDATE alembic_version SET version_num = ?", (version,))
        file.commit()
    refused = rf'its version "{version}" is not a version of this program .* restore it from a backup'
    with pytest.raises(LedgerProblem, match=refused):
        open_ledger()


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM alembic_version", "INSERT INTO alembic_version VALUES ('2')", "DROP TABLE alembic_version"],
)
def test_tables_without_the_one_version_are_refused(open_ledger: Opener, tmp_path: Path, statement: str) -> None:
    open_ledger().close()
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as file:
        file.execute(statement)
        file.commit()
    with pytest.raises(LedgerProblem, match="another program's database, or damaged; set `ledger`"):
        open_ledger()


def test_nothing_is_built_into_another_program_s_database(open_ledger: Opener, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as file:
        file.execute("CREATE TABLE diary (entry TEXT)")
    with pytest.raises(LedgerProblem, match="holds tables \\(diary"):
        open_ledger()
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as file:
        assert file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall() == [("diary",)]


@pytest.mark.parametrize(
    ("cause", "remedy"),
    [
        ("database is locked", "end that one"),
        ("database or disk is full", "make room"),
        ("attempt to write a readonly database", "can write to it"),
        ("database disk image is malformed", "backup"),
    ],
)
def test_every_cause_has_its_remedy(cause: str, remedy: str) -> None:
    assert remedy in sqlite_remedy(cause)


def test_a_folder_is_no_database(open_ledger: Opener, tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite3").mkdir()
    with pytest.raises(LedgerProblem, match="cannot be used as the ledger: unable to open database file"):
        open_ledger()


def test_a_folder_that_is_a_file(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "home").write_text("", encoding="utf-8")
    with pytest.raises(LedgerProblem, match="cannot be used as the ledger"):
        Ledger.open(tmp_path / "home" / "ledger.sqlite3", tmp_path / "key", {}, clock)


def test_what_fails_within_one_transaction_leaves_nothing(ledger: Ledger) -> None:
    at = datetime(2026, 11, 24, tzinfo=timezone.utc)
    with pytest.raises(KeyError), ledger.together() as connection:
        ledger.payment_looks.looked(connection, REALM, at, at, None)
        raise KeyError("anything")
    assert ledger.payment_looks.get(REALM) == PaymentLook()


def test_two_threads_that_write_wait_for_each_other(open_ledger: Opener) -> None:
    """Each adds up in a transaction that reads first: with two ledgers open on the file, no addition is lost."""
    ledgers = [open_ledger(), open_ledger()]
    problems: list[BaseException] = []

    def count(ledger: Ledger) -> None:
        try:
            for number in range(20):
                ledger.call_counts.add(REALM, {"read": 1})
                ledger.queue.ask(REALM, "copy", {"id": f"INV-{number}"}, "Ada")
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=count, args=(each,)) for each in ledgers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert ledgers[0].call_counts.since(REALM, "2026-01-01") == {"read": 40}
    assert ledgers[0].queue_lists.counts(REALM) == {"todo": 20}


@pytest.mark.parametrize("text", ["12.30", "0.1", "-7", "123456789012345678.0000000001", "0E-10", "100.00"])
def test_json_keeps_decimals_exactly(text: str) -> None:
    column, dialect = Json(), sqlite.dialect()
    kept = column.process_bind_param({"amount": [Decimal(text)]}, dialect)
    back = column.process_result_value(kept, dialect)["amount"][0]
    assert type(back) in (Decimal, int)
    assert str(back) == text and Decimal(back) == Decimal(text)


def test_json_keeps_every_script_and_nothing_as_nothing() -> None:
    column, dialect = Json(), sqlite.dialect()
    kept = column.process_bind_param({"name": "Zoë 株式会社"}, dialect)
    assert kept is not None and "株式会社" in kept
    assert column.process_bind_param(None, dialect) is column.process_result_value(None, dialect) is None


def test_instants_sort_as_text_and_come_back_aware() -> None:
    column, dialect = Instant(), sqlite.dialect()
    east = datetime(2026, 11, 24, 1, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))
    kept = column.process_bind_param(east, dialect)
    assert kept == "2026-11-23T23:00:00.000005Z"
    assert column.process_result_value(kept, dialect) == east
    later = column.process_bind_param(east + timedelta(microseconds=1), dialect)
    assert later is not None and later > kept and len(later) == len(kept) <= 27


def test_a_key_is_made_that_only_its_owner_reads(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "key"
    sealed = seal_for(file, {}).encrypt(b"secret", "x")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"secret" not in sealed and seal_for(file, {}).decrypt(sealed, "x") == b"secret"
    assert sealed != seal_for(file, {}).encrypt(b"secret", "x")
    assert [each.name for each in file.parent.iterdir()] == ["key"]


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    """Each of many that make the key at the same time can open what the others sealed."""
    barrier, sealed, problems = threading.Barrier(12), [], []

    def first() -> None:
        barrier.wait()
        try:
            sealed.append(seal_for(tmp_path / "key", {}).encrypt(b"secret", "x"))
        except KeyProblem as problem:
            problems.append(problem)

    threads = [threading.Thread(target=first) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert {seal_for(tmp_path / "key", {}).decrypt(each, "x") for each in sealed} == {b"secret"} and len(sealed) == 12


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "key"
    seal_for(file, {})
    file.chmod(mode)
    with pytest.raises(KeyProblem, match=rf"may be read by others \(mode 0{mode:o}\); run: chmod 600"):
        seal_for(file, {})


@pytest.mark.parametrize(("code", "remedy"), [(errno.ENOSPC, "make room on its disk"), (errno.EACCES, r"\(chown\)")])
def test_a_key_that_cannot_be_made(tmp_path: Path, code: int, remedy: str) -> None:
    class There(type(tmp_path)):  # type: ignore[misc]  # a Path of this system
        def exists(self, **how: Any) -> bool:
            raise OSError(code, os.strerror(code))

    with pytest.raises(KeyProblem, match=rf"key cannot be read or made \({os.strerror(code)}\); .*{remedy}"):
        seal_for(There(tmp_path / "key"), {})


WRONG: list[tuple[Mapping[str, str], str]] = [
    ({KEY_VARIABLE: "short"}, f"the key in the environment variable {KEY_VARIABLE} is not a Fernet key"),
    ({KEY_VARIABLE: "ключ"}, "is not a Fernet key"),
    ({}, "key is not a Fernet key"),
]


@pytest.mark.parametrize(("environ", "sentence"), WRONG)
def test_a_key_that_is_none(tmp_path: Path, environ: Mapping[str, str], sentence: str) -> None:
    (tmp_path / "key").touch(mode=0o600)
    with pytest.raises(KeyProblem, match=sentence) as caught:
        seal_for(tmp_path / "key", environ)
    assert "put the key back that was there" in str(caught.value)


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    environ = {KEY_VARIABLE: Fernet.generate_key().decode()}
    sealed = seal_for(tmp_path / "key", environ).encrypt(b"secret", "x")
    assert not (tmp_path / "key").exists()
    with pytest.raises(KeyProblem, match="does not open the stored tokens; put the key back that sealed them"):
        seal_for(tmp_path / "key", {}).decrypt(sealed, "x")


def test_what_was_meddled_with_is_not_opened(tmp_path: Path) -> None:
    seal = seal_for(tmp_path / "key", {})
    sealed: Any = bytearray(seal.encrypt(b"secret", "x"))
    sealed[20] ^= 1
    with pytest.raises(KeyProblem, match="does not open the stored tokens"):
        seal.decrypt(bytes(sealed), "x")
