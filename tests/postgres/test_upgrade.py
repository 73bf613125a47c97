"""From every released schema to today's, with what stood in it: ledgers as those releases left them (`sample.py`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, NullPool, create_engine, text

from onedesk_quickbooks.plugin.ledger import Ledger
from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.database.schema import HEAD, VERSIONS
from onedesk_quickbooks.plugin.ledger.seal import KEY_VARIABLE
from onedesk_quickbooks.plugin.ledger.tables import metadata
from onedesk_quickbooks.plugin.qbo import read_invoice
from onedesk_quickbooks.plugin.sync.versions import edited
from tests.postgres.sample import FOLDER, KEY, TENANT

pytestmark = pytest.mark.postgres


def now() -> datetime:
    return datetime.now(timezone.utc)


def script() -> Config:
    config = Config()
    config.set_main_option("script_location", "onedesk_quickbooks.plugin.ledger:migrations")
    return config


class Place:
    """A SQLite file or a PostgreSQL database, into which samples are put and which is opened again and again."""

    def __init__(self, kind: str, path: Path, url: str) -> None:
        self.kind = kind
        self._path = path
        self._url = url

    def put(self, version: str) -> None:
        """The ledger as the release of this schema left it."""
        file = FOLDER / f"{version}.{self.kind}.sql"
        assert file.exists(), f"{file} is missing: check the release out and run: python -m tests.postgres.sample"
        dump = file.read_text(encoding="utf-8")
        if self.kind == "sqlite":
            with closing(sqlite3.connect(self._path)) as connection:
                connection.executescript(dump)
        else:
            with psycopg.connect(self._url, autocommit=True) as server:
                server.execute(dump.encode())

    def database(self) -> Database:
        if self.kind == "sqlite":
            return Database.open(self._path, now)
        return Database.open_url(self._url, TENANT, now)

    def ledger(self) -> Ledger:
        key = self._path.parent / "key"
        if self.kind == "sqlite":
            return Ledger.open(self._path, key, {KEY_VARIABLE: KEY}, now)
        return Ledger.open_url(self._url, TENANT, key, {KEY_VARIABLE: KEY}, now)

    def engine(self) -> Engine:
        """For a look, or a statement, without any upgrade."""
        if self.kind == "sqlite":
            return create_engine(f"sqlite:///{self._path}", poolclass=NullPool)
        options = {"options": f"-c search_path=onedesk_{TENANT}"}
        return create_engine(self._url.replace("://", "+psycopg://", 1), connect_args=options, poolclass=NullPool)

    def reflected(self) -> MetaData:
        """The tables as they are."""
        found = MetaData()
        found.reflect(self.engine())
        return found

    def fresh(self, url: str) -> Place:
        """An empty one beside it."""
        return Place(self.kind, self._path.with_name("fresh.sqlite"), url)

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Every row of every table by the column's name, as the database has it."""
        if self.kind == "sqlite":
            with closing(sqlite3.connect(self._path)) as connection:
                connection.row_factory = sqlite3.Row
                names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
                return {name: [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')] for name in names}
        with psycopg.connect(self._url, row_factory=psycopg.rows.dict_row) as server:
            found = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (f"onedesk_{TENANT}",))
            names = [str(row["tablename"]) for row in found]
            query = f'SELECT * FROM onedesk_{TENANT}."%s"'
            return {name: list(server.execute((query % name).encode())) for name in names}


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    url = request.getfixturevalue("url") if request.param == "postgresql" else ""
    return Place(request.param, tmp_path / "ledger.sqlite", url)


def test_every_migration_is_known_by_its_version() -> None:
    migrations = ScriptDirectory.from_config(script()).walk_revisions()
    assert tuple(each.revision for each in reversed(list(migrations))) == VERSIONS
    assert VERSIONS[-1] == HEAD
    assert sorted(VERSIONS) == list(VERSIONS)


_WAITING = ("todo", "held")
MOVED = ("cursor",)
"""Tables whose rows have homes of their own by now (test_upgrade_rows.py)."""
RENAMED = {
    "intent": {"": "outbox", "meant_at": "recorded_at"},
    "event": {"": "webhook_event"},
    "alert_told": {"": "sent_alert", "told_at": "sent_at"},
    "conflict": {"told_at": "notified_at"},
}
"""{table: {its column, or "" for itself: the name by now}}."""


@pytest.mark.parametrize("version", VERSIONS)
def test_a_ledger_of_every_version_is_brought_up_to_date_with_all_that_is_in_it(version: str, place: Place) -> None:
    place.put(version)
    before = place.rows()
    assert {table: len(rows) for table, rows in before.items() if not rows} == {}, "a sample has something everywhere"
    database = place.database()
    with database.read() as connection:
        context = MigrationContext.configure(connection)
        assert context.get_current_revision() == HEAD
        assert compare_metadata(context, metadata) == []
    database.close()
    after = place.rows()
    for table, rows in before.items():
        if table not in ("alembic_version", *MOVED):
            renamed = RENAMED.get(table, {})
            rows = [row for row in rows if row.get("entity") != "order"]  # commands by now
            kept = [name for name in rows[0] if renamed.get(name, name) in after[renamed.get("", table)][0]]
            found = [{name: row[renamed.get(name, name)] for name in kept} for row in after[renamed.get("", table)]]
            assert sorted(found, key=str) == sorted(({name: row[name] for name in kept} for row in rows), key=str)
            assert set(rows[0]) - set(kept) <= {"qbo_payment_id"}


@pytest.mark.parametrize("version", VERSIONS)
def test_what_stood_in_it_is_read_and_worked_on(version: str, place: Place) -> None:
    place.put(version)
    with closing(place.ledger()) as ledger:
        connected = ledger.companies.connected()
        assert connected is not None
        realm_id = connected.realm_id
        assert (connected.company.country, connected.stopped_reason) == ("US", "")
        assert connected.default_income_account is not None
        tokens = ledger.companies.tokens(realm_id)
        assert tokens is not None and tokens.refresh_token
        known = ledger.companies.reference(realm_id) is not None
        assert known == (version > "0002"), "tax codes without their rates are read again"
        assert ledger.queue_lists.counts(realm_id) == {"todo": 1, "held": 2}
        assert [work.od_invoice_id for work in ledger.queue.next(realm_id, 9)] == ["INV-5"]
        summed = {each.id: (each.total, each.currency) for each in ledger.queue_lists.summaries(realm_id, _WAITING, 9)}
        waiting = ledger.queue_lists.in_states(realm_id, _WAITING)
        assert summed == {each.id: (str(each.invoice["total"]), each.invoice["currency"]) for each in waiting}
        codes = [each.codes.split() for each in ledger.queue_lists.summaries(realm_id, ("held",), 9)]
        assert codes == [list((each.outcome or {}).get("codes", ())) for each in waiting if each.state == "held"]
        link = ledger.links.invoice(realm_id, "INV-1")
        assert link is not None and link.state == "sent"
        assert ledger.outbox.unknown(realm_id) == []
        assert ledger.call_counts.since(realm_id, "2000-01-01")["write"] > 0
        assert ledger.webhook_events.unseen(realm_id) == 1
        ledger.companies.succeeded(realm_id)
        assert ledger.queue.ask(realm_id, "copy", {"id": "INV-6"}, "ada") > max(
            work.id
            for work in ledger.queue_lists.in_states(realm_id, ("todo", "held"))
            if work.od_invoice_id != "INV-6"
        )


@pytest.mark.parametrize("version", VERSIONS)
def test_no_invoice_of_an_earlier_release_looks_edited(version: str, place: Place) -> None:
    place.put(version)
    with closing(place.ledger()) as ledger:
        connected = ledger.companies.connected()
        assert connected is not None
        answers = ledger.outbox.answers(connected.realm_id, ["INV-1", "INV-2", "INV-3"])
        links = ledger.links.invoices(connected.realm_id, list(answers))
        assert links
        for od_id, link in links.items():
            as_written = answers[od_id]
            assert not edited(link, read_invoice(as_written))
            assert edited(link, read_invoice({**as_written, "DocNumber": "9999"}))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_released_migration_is_never_changed(version: str, place: Place, new_database: Callable[[], str]) -> None:
    """What the migrations up to a version make today is what its release had made."""
    place.put(version)
    database = place.fresh(new_database() if place.kind == "postgresql" else "").database()
    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            table.drop(connection)
        connection.execute(text("DELETE FROM alembic_version"))
        config = script()
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    made = MetaData()
    with database.read() as connection:
        made.reflect(connection)
    database.close()
    assert made.tables
    assert _columns(made) == _columns(place.reflected())


def _columns(schema: MetaData) -> dict[str, list[str]]:
    """Every column as text, and every index, by table."""
    return {
        name: sorted(
            [f"{each.name} {each.type} {each.nullable}" for each in table.columns]
            + [f"{each.name} {[column.name for column in each.columns]}" for each in table.indexes]
        )
        for name, table in schema.tables.items()
    }
