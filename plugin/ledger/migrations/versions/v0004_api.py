"""For programs that are not in Python: payments as a list of events, keys of the HTTP API with stored answers, and
outgoing webhooks. And whether a company waits because QuickBooks requires it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from onedesk_quickbooks.plugin.ledger.tables import Instant, Json

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("company", sa.Column("throttled", sa.Boolean(), nullable=True))
    _payment_events()
    _keys()
    _webhooks()


def _payment_events() -> None:
    """Earlier reports to the host are added to the list."""
    op.create_table(
        "payment_event",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("payment_id", sa.String(length=300), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("payment", Json(), nullable=False),
        sa.Column("reversal", Json(), nullable=True),
        sa.Column("happened_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.execute(
        "INSERT INTO payment_event (realm_id, payment_id, what, payment, reversal, happened_at)"
        " SELECT realm_id, id, CASE state WHEN 'reversed' THEN 'reversed' ELSE 'recorded' END, payment,"
        " CASE state WHEN 'reversed' THEN reversal END, updated_at"
        " FROM payment WHERE state IN ('recorded', 'reversed', 'to_reverse') ORDER BY updated_at, id"
    )
    op.create_table(
        "payment_ack",
        sa.Column("reader", sa.String(length=50), nullable=False),
        sa.Column("cursor", sa.Integer(), nullable=False),
        sa.Column("acked_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("reader"),
    )


def _keys() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("starts", sa.String(length=20), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.String(length=100), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash", name="api_key_hash"),
    )
    op.create_table(
        "api_answer",
        sa.Column("key_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", Json(), nullable=False),
        sa.Column("answered_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", "idempotency_key"),
    )
    op.create_index("api_answer_age", "api_answer", ["answered_at"], unique=False)


def _webhooks() -> None:
    op.create_table(
        "outgoing_webhook",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("url", sa.String(length=1000), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("not_before", Instant(), nullable=True),
        sa.Column("stopped_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("url", name="outgoing_webhook_url"),
    )
