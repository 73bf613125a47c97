"""From every released schema to today's, with what stood in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from onedesk_quickbooks.plugin.ledger.database import HEAD, Database
from onedesk_quickbooks.plugin.ledger.tables import metadata

pytestmark = pytest.mark.postgres


def now() -> datetime:
    return datetime.now(timezone.utc)


def script() -> Config:
    config = Config()
    config.set_main_option("script_location", "onedesk_quickbooks.plugin.ledger:migrations")
    return config


RELEASED = [each.revision for each in reversed(list(ScriptDirectory.from_config(script()).walk_revisions()))]


@pytest.fixture(params=["sqlite", "postgresql"])
def open_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Database]:
    """Opens the same database again and again."""
    if request.param == "sqlite":
        return lambda: Database.open(tmp_path / "ledger.sqlite", now)
    url = request.getfixturevalue("url")
    return lambda: Database.open_url(url, "acme", now)


def test_the_newest_migration_is_the_one_that_is_asked_for() -> None:
    assert RELEASED[-1] == HEAD


@pytest.mark.parametrize("version", RELEASED)
def test_a_ledger_of_an_older_version_is_brought_up_to_date(version: str, open_ledger: Callable[[], Database]) -> None:
    database = open_ledger()
    with database.write() as connection:  # back to the day when this version was the newest
        for table in reversed(metadata.sorted_tables):
            table.drop(connection)
        connection.execute(text("DELETE FROM alembic_version"))
        config = script()
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        connection.execute(text("INSERT INTO call (realm_id, day, kind, count) VALUES ('1', '2026-01-01', 'read', 7)"))
    database.close()
    upgraded = open_ledger()
    with upgraded.read() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == HEAD
        assert connection.execute(text("SELECT count FROM call")).scalar_one() == 7
    upgraded.close()
