"""The tables of a ledger: created at once in an empty database, migrated in an older one."""

from __future__ import annotations

import threading

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, insert

from onedesk_quickbooks.plugin.ledger.tables import metadata

VERSIONS = tuple(f"{number:04}" for number in range(1, 18))
"""All migrations, the oldest first; a test compares them with migrations/versions."""
HEAD = VERSIONS[-1]

_version = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""As Alembic creates it."""
_ALEMBIC = threading.Lock()
"""Alembic keeps its state in its modules: one migration at a time in a process, whatever the database."""


def make(connection: Connection) -> None:
    """Create all tables in an empty database, as all migrations together do."""
    metadata.create_all(connection, checkfirst=False)
    _version.create(connection)
    connection.execute(insert(_version).values(version_num=HEAD))


def upgrade(connection: Connection) -> None:
    """Migrate from its version to the present one."""
    from alembic import command  # Alembic is slow to import and needed once per upgrade
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "onedesk_quickbooks.plugin.ledger:migrations")
    config.attributes["connection"] = connection
    with _ALEMBIC:
        command.upgrade(config, "head")
