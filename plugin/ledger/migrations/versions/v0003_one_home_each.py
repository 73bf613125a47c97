"""One table or column for each concept: conflicts, commands, alerts, looks for payments, and what requests and payments
are looked up by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from alembic import op

from onedesk_quickbooks.plugin.ledger.tables import Instant, Json

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ROWS = 1000


def upgrade() -> None:
    _outbox()
    _conflicts()
    _alerts()
    _looks()  # the last that reads the cursors
    op.drop_table("cursor")
    _commands_and_events()
    _payments()
    _links()
    op.execute("UPDATE company SET reference_at = NULL WHERE reference_at = '1970-01-01T00:00:00.000000Z'")


def _pages(
    table: sa.TableClause, *columns: sa.ColumnElement[Any], where: sa.ColumnElement[bool]
) -> Iterator[Sequence[sa.Row[Any]]]:
    """`id` and these columns of many rows, not all at once: rows may be written meanwhile."""
    query, last = sa.select(table.c.id, *columns).where(where).order_by(table.c.id).limit(_ROWS), 0
    while rows := op.get_bind().execute(query.where(table.c.id > last)).all():
        yield rows
        last = rows[-1].id


def _set(table: sa.TableClause, rows: list[dict[str, Any]]) -> None:
    """Columns of rows, each by its id (`of`)."""
    if rows:
        op.get_bind().execute(sa.update(table).where(table.c.id == sa.bindparam("of")), rows)


def _outbox() -> None:
    made = op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("work_id", sa.Integer(), nullable=False),
        sa.Column("od_invoice_id", sa.String(length=200), nullable=False),
        sa.Column("step", sa.String(length=700), nullable=False),
        sa.Column("operation", sa.String(length=20), nullable=False),
        sa.Column("entity", sa.String(length=30), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.Column("context", Json(), nullable=False),
        sa.Column("od_customer_id", sa.String(length=200), nullable=False),
        sa.Column("deposit", sa.String(length=40), nullable=False),
        sa.Column("requestid", sa.String(length=50), nullable=False),
        sa.Column("batch", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("answer", Json(), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("realm_id", "requestid", name="outbox_requestid"),
    )
    kept = "id, realm_id, work_id, od_invoice_id, step, operation, entity, body, context, requestid, batch, answer, "
    op.execute(
        f"INSERT INTO outbox ({kept} answered_at, recorded_at, state, od_customer_id, deposit, failures)"  # noqa: S608
        f" SELECT {kept} answered_at, meant_at, CASE state WHEN 'meant' THEN 'recorded' ELSE state END, '', '', 0"
        " FROM intent"
    )
    op.drop_table("intent")
    for rows in _pages(made, made.c.body, made.c.context, where=made.c.step == "invoice"):
        _set(made, [{"of": row.id, **_looked_up(row.body or {}, row.context or {})} for row in rows])
    failed = sa.type_coerce(made.c.context, sa.Text).contains('"failed":')
    for rows in _pages(made, made.c.context, where=failed):
        _set(made, [{"of": row.id, **_failures(row.context)} for row in rows if "failed" in row.context])
    op.create_index("outbox_open", "outbox", ["realm_id", "state"], unique=False)
    op.create_index("outbox_batch", "outbox", ["batch"], unique=False)
    op.create_index("outbox_work", "outbox", ["work_id"], unique=False)
    op.create_index("outbox_step", "outbox", ["realm_id", "od_invoice_id", "step"], unique=False)
    op.create_index("outbox_customer", "outbox", ["realm_id", "od_customer_id", "id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":  # new rows are numbered behind those that came with their numbers
        next_id = "(SELECT coalesce(max(id), 0) + 1 FROM outbox)"
        op.execute(f"SELECT setval(pg_get_serial_sequence('outbox', 'id'), {next_id}, false)")


def _looked_up(body: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    deposit = format(Decimal(str(body["Deposit"] or 0)), "f") if "Deposit" in body else ""
    return {"od_customer_id": str(context.get("od_customer_id") or ""), "deposit": deposit}


def _failures(context: dict[str, Any]) -> dict[str, Any]:
    """They stood in the context."""
    failed = context["failed"]
    rest = {name: value for name, value in context.items() if name != "failed"}
    return {"context": rest, "failures": int(failed["times"]), "failed_at": datetime.fromisoformat(failed["since"])}


# The queue


def _conflicts() -> None:
    made = op.create_table(
        "conflict",
        sa.Column("work_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("qbo_total", sa.String(length=40), nullable=False),
        sa.Column("versions", Json(), nullable=False),
        sa.Column("rule", sa.String(length=20), nullable=False),
        sa.Column("about", Json(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("withdrawn", sa.String(length=20), nullable=False),
        sa.Column("qbo_customer_id", sa.String(length=50), nullable=False),
        sa.Column("sync_token", sa.String(length=50), nullable=False),
        sa.Column("paid", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("only_money", sa.Boolean(), nullable=False),
        sa.Column("told_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("work_id"),
    )
    work = sa.table(
        "work",
        sa.column("id", sa.Integer()),
        sa.column("realm_id", sa.String()),
        sa.column("action", sa.String()),
        sa.column("outcome", Json()),
        sa.column("created_at", Instant()),
    )
    untold = {int(number) for _, number, _ in _cursors("untold:")}
    noted = work.c.action.not_in(("copy", "send"))
    for rows in _pages(work, work.c.realm_id, work.c.action, work.c.outcome, work.c.created_at, where=noted):
        facts = [
            {
                "work_id": row.id,
                "realm_id": row.realm_id,
                "told_at": None if row.id in untold else row.created_at,
                **_facts(row.action, row.outcome or {}),
            }
            for row in rows
        ]
        op.get_bind().execute(sa.insert(made), facts)
    op.execute("UPDATE work SET outcome = NULL WHERE action NOT IN ('copy', 'send')")
    op.create_index("conflict_untold", "conflict", ["realm_id", "told_at"], unique=False)


def _facts(action: str, detail: dict[str, Any]) -> dict[str, Any]:
    """The columns of a conflict, of what stood in its entry's outcome. A version of an invoice was marked there as
    "fingerprint/total", one of a customer by its SyncToken."""
    mark = str(detail.get("fingerprint") or "")
    fingerprint, _, total = ("", "", "") if action == "customer" else mark.rpartition("/")
    return {
        "what": detail.get("what") or "",
        "fingerprint": fingerprint,
        "qbo_total": str(detail.get("qbo_total") or total),
        "versions": detail.get("versions") or [],
        "rule": detail.get("rule") or "",
        "about": detail.get("about"),
        "passed": bool(detail.get("passed")),
        "withdrawn": detail.get("withdrawn") or "",
        "qbo_customer_id": str(detail.get("customer_id") or ""),
        "sync_token": mark if action == "customer" else "",
        "paid": str(detail.get("paid") or ""),
        "currency": detail.get("currency") or "",
        "only_money": detail.get("money", True),
    }


def _commands_and_events() -> None:
    op.create_table(
        "command",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("taken_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute(
        "INSERT INTO command (id, realm_id, action, taken_at)"
        " SELECT substr(id, length('order:') + 1), realm_id, operation, received_at FROM event WHERE entity = 'order'"
    )
    op.execute("DELETE FROM event WHERE entity = 'order'")
    op.drop_index("event_unseen", "event")
    op.rename_table("event", "webhook_event")
    op.create_index("webhook_event_unseen", "webhook_event", ["realm_id", "seen_at"], unique=False)


# The cursors


def _cursors(prefix: str) -> list[tuple[str, str, datetime]]:
    """(realm_id, the rest of the name, instant) of all with this prefix."""
    cursor = sa.table(
        "cursor", sa.column("realm_id", sa.String()), sa.column("name", sa.String()), sa.column("instant", Instant())
    )
    found = op.get_bind().execute(sa.select(cursor).where(cursor.c.name.startswith(prefix, autoescape=True)))
    return [(row.realm_id, row.name.removeprefix(prefix), row.instant) for row in found]


def _alerts() -> None:
    op.create_table(
        "alert_watch",
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("looked_at", Instant(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("realm_id"),
    )
    told = op.create_table(
        "alert_told",
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("alert", sa.String(length=50), nullable=False),
        sa.Column("channel", sa.String(length=50), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("realm_id", "alert", "channel"),
    )
    pause = op.create_table(
        "alert_pause",
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("channel", sa.String(length=50), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("realm_id", "channel"),
    )
    for realm_id, name, at in _cursors("alert:"):
        alert, _, channel = name.partition("/")
        op.execute(sa.insert(told).values(realm_id=realm_id, alert=alert, channel=channel, told_at=at))
    for realm_id, channel, until in _cursors("alert-again:"):
        op.execute(sa.insert(pause).values(realm_id=realm_id, channel=channel, until=until))
    op.execute(
        "INSERT INTO alert_watch (realm_id, looked_at, since) SELECT looked.realm_id, looked.instant, since.instant"
        " FROM cursor looked JOIN cursor since ON since.realm_id = looked.realm_id"
        " WHERE looked.name = 'alerts-looked' AND since.name = 'alerts-since'"
    )


def _looks() -> None:
    op.create_table(
        "payment_look",
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("read_until", Instant(), nullable=True),
        sa.Column("looked_at", Instant(), nullable=True),
        sa.Column("queries_since", Instant(), nullable=True),
        sa.Column("next_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("realm_id"),
    )
    names = ("payments", "payments-looked", "payments-by-queries", "next-poll")
    each = ", ".join(f"max(CASE name WHEN '{name}' THEN instant END)" for name in names)
    op.execute(
        "INSERT INTO payment_look (realm_id, read_until, looked_at, queries_since, next_at)"  # noqa: S608
        f" SELECT realm_id, {each} FROM cursor WHERE name IN {names} GROUP BY realm_id"
    )
    op.add_column("company", sa.Column("slice_ended_at", Instant(), nullable=True))
    op.execute(
        "UPDATE company SET slice_ended_at ="
        " (SELECT instant FROM cursor WHERE cursor.realm_id = company.realm_id AND cursor.name = 'turn-ended')"
    )


# Payments and links


def _payments() -> None:
    """What is from an invoice itself had its kind before the id: "invoice-ID", "balance-ID"."""
    op.drop_index("payment_qbo", "payment")
    with op.batch_alter_table("payment") as batch:
        batch.add_column(sa.Column("source", sa.String(length=20), nullable=True))
        batch.alter_column("qbo_payment_id", new_column_name="qbo_id", existing_type=sa.String(length=50))
    for source in ("invoice", "balance"):
        prefix = f"{source}-"
        op.execute(
            f"UPDATE payment SET source = '{source}', qbo_id = substr(qbo_id, {len(prefix) + 1})"  # noqa: S608
            f" WHERE substr(qbo_id, 1, {len(prefix)}) = '{prefix}'"
        )
    op.execute("UPDATE payment SET source = 'payment' WHERE source IS NULL")
    with op.batch_alter_table("payment") as batch:
        batch.alter_column("source", nullable=False, existing_type=sa.String(length=20))
    op.create_index("payment_source", "payment", ["realm_id", "source", "qbo_id"], unique=False)


def _links() -> None:
    """A link whose invoice was to be written again had no hash."""
    with op.batch_alter_table("invoice_link") as batch:
        batch.add_column(sa.Column("rewrite", sa.Boolean(), nullable=True))
    link = sa.table("invoice_link", sa.column("content_hash", sa.String()), sa.column("rewrite", sa.Boolean()))
    op.execute(sa.update(link).values(rewrite=link.c.content_hash == ""))
    with op.batch_alter_table("invoice_link") as batch:
        batch.alter_column("rewrite", nullable=False, existing_type=sa.Boolean())
