"""The tables of the embedded host's SQLite file. Amounts and instants are texts: decimal strings, ISO 8601 in UTC."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    inspect,
    text,
)

tables = MetaData()

invoices = Table(
    "invoice",
    tables,
    Column("position", Integer, primary_key=True),  # the order of creation
    Column("id", String, nullable=False, unique=True),
    Column("number", String, nullable=False, index=True),
    Column("customer_id", String, nullable=False, index=True),
    Column("customer_name", String, nullable=False),
    Column("status", String, nullable=False, index=True),  # draft, open, paid, void, deleted
    Column("json", Text, nullable=False),
    Column("balance", String),  # from QuickBooks; NULL before the first report
    Column("balance_of", String),  # the invoice's total when QuickBooks took the version of this balance
    Column("totals", Text),  # all totals of the invoice in its currency, as JSON
    Column("sent_by_host", Boolean, nullable=False, default=False),
    Column("changed_at", String, nullable=False),
    Column("since", String, nullable=False, server_default=""),  # waiting | changed: since a plugin set the tag
    Column("state", String, nullable=False, server_default=""),  # hooks.state_of of all data of the invoice; or deleted
)
by_state = Index(  # lists, filters and searches read this index only
    "invoice_state",
    *(invoices.c.state, invoices.c.position, invoices.c.number, invoices.c.customer_name, invoices.c.id),
)
customers = Table(
    "customer", tables, Column("id", String, primary_key=True), Column("name", String), Column("json", Text)
)
service_types = Table("service_type", tables, Column("name", String, primary_key=True))
kept_secrets = Table(
    "secret", tables, Column("name", String, primary_key=True), Column("value", String, nullable=False)
)
users = Table(  # of the host's pages
    "user",
    tables,
    Column("id", String, primary_key=True),  # the sign-in name
    Column("name", String, nullable=False),
    Column("may_administer", Boolean, nullable=False),
    Column("password", String, nullable=False),  # argon2id hash; "" if sign-in needs no password
    Column("failures", Integer, nullable=False),  # wrong passwords since the last right one
    Column("waits_until", String, nullable=False),
)
sessions = Table(
    "session",
    tables,
    Column("hash", String, primary_key=True),
    Column("user", String),
    Column("ends_at", String, nullable=False),
)
tags = Table(  # one for each invoice
    "tag",
    tables,
    Column("invoice_id", String, primary_key=True),
    Column("tag", String, primary_key=True),
    Column("link", String, nullable=False),
)
notes = Table(
    "note",
    tables,
    Column("invoice_id", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("text", Text, nullable=False),
)
payments = Table(
    "payment",
    tables,
    Column("id", String, primary_key=True),
    Column("invoice_id", String, nullable=False, index=True),
    Column("amount", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("date", String, nullable=False),
    Column("method", String, nullable=False),
    Column("reference", String, nullable=False),
    Column("link", String, nullable=False),
    Column("reversed", String, nullable=False),
    Column("kind", String, nullable=False, server_default="payment"),  # hooks.Payment.kind
)
attachments = Table(  # files of invoices; other content is another row
    "attachment",
    tables,
    Column("position", Integer, primary_key=True),
    Column("invoice_id", String, nullable=False, index=True),
    Column("id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("content", LargeBinary, nullable=False),
)


def make_tables(connection: Connection) -> bool:
    """Create all tables, and columns that a file of an earlier version lacks: the kind of payments, the total for a
    balance, the user of a session, and the state of invoices. Returns whether the state is new and has to be filled in.
    """
    if _schema(connection) in _WHOLE:
        return False
    lacks_state = _lacks_state(connection)
    if lacks_state:
        for name in ("since", "state"):
            connection.execute(text(f"ALTER TABLE invoice ADD COLUMN {name} VARCHAR NOT NULL DEFAULT ''"))
        by_state.create(connection)
    tables.create_all(connection)
    columns = {column["name"] for column in inspect(connection).get_columns(payments.name)}
    if payments.c.kind.name not in columns:
        connection.execute(text("ALTER TABLE payment ADD COLUMN kind VARCHAR NOT NULL DEFAULT 'payment'"))
    columns = {column["name"] for column in inspect(connection).get_columns(invoices.name)}
    for column in (invoices.c.balance_of, invoices.c.totals):
        if column.name not in columns:
            connection.execute(text(f"ALTER TABLE invoice ADD COLUMN {column.name} VARCHAR"))
    columns = {column["name"] for column in inspect(connection).get_columns(sessions.name)}
    if sessions.c.user.name not in columns:
        connection.execute(text("ALTER TABLE session ADD COLUMN user VARCHAR"))
    _WHOLE.add(_schema(connection))
    return lacks_state


def _schema(connection: Connection) -> tuple[str, ...]:
    found = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
    return tuple(found.scalars())


_WHOLE: set[tuple[str, ...]] = set()
"""Schemas that lack nothing, as SQLite tells them: a process with many companies looks closely at the first file."""


def _lacks_state(connection: Connection) -> bool:
    found = inspect(connection)
    if not found.has_table(invoices.name):
        return False
    return invoices.c.state.name not in {column["name"] for column in found.get_columns(invoices.name)}
