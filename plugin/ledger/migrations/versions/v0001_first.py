"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from onedesk_quickbooks.plugin.ledger.tables import Instant, Json

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call",
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("realm_id", "day", "kind"),
    )
    op.create_table(
        "company",
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("environment", sa.String(length=20), nullable=False),
        sa.Column("base_url", sa.String(length=500), nullable=False),
        sa.Column("facts", Json(), nullable=False),
        sa.Column("settings", Json(), nullable=False),
        sa.Column("reference", Json(), nullable=True),
        sa.Column("reference_at", Instant(), nullable=True),
        sa.Column("connected_at", Instant(), nullable=False),
        sa.Column("connected_by", sa.String(length=200), nullable=False),
        sa.Column("disconnected_at", Instant(), nullable=True),
        sa.Column("stopped_reason", sa.Text(), nullable=True),
        sa.Column("last_success_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("realm_id"),
    )
    op.create_table(
        "cursor",
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("instant", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("realm_id", "name"),
    )
    op.create_table(
        "customer_link",
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("od_customer_id", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("qbo_id", sa.String(length=50), nullable=False),
        sa.PrimaryKeyConstraint("realm_id", "od_customer_id", "currency"),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("entity", sa.String(length=50), nullable=False),
        sa.Column("qbo_id", sa.String(length=50), nullable=False),
        sa.Column("operation", sa.String(length=20), nullable=False),
        sa.Column("happened_at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("event_unseen", "event", ["realm_id", "seen_at"], unique=False)
    op.create_table(
        "intent",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("work_id", sa.Integer(), nullable=False),
        sa.Column("od_invoice_id", sa.String(length=200), nullable=False),
        sa.Column("step", sa.String(length=700), nullable=False),
        sa.Column("operation", sa.String(length=20), nullable=False),
        sa.Column("entity", sa.String(length=30), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.Column("context", Json(), nullable=False),
        sa.Column("requestid", sa.String(length=50), nullable=False),
        sa.Column("batch", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("answer", Json(), nullable=True),
        sa.Column("meant_at", Instant(), nullable=False),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("realm_id", "requestid", name="intent_requestid"),
    )
    op.create_index("intent_open", "intent", ["realm_id", "state"], unique=False)
    op.create_index("intent_batch", "intent", ["batch"], unique=False)
    op.create_index("intent_work", "intent", ["work_id"], unique=False)
    op.create_index("intent_step", "intent", ["realm_id", "od_invoice_id", "step"], unique=False)
    op.create_table(
        "invoice_link",
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("od_invoice_id", sa.String(length=200), nullable=False),
        sa.Column("od_number", sa.String(length=200), nullable=False),
        sa.Column("qbo_id", sa.String(length=50), nullable=False),
        sa.Column("qbo_number", sa.String(length=200), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total", sa.String(length=40), nullable=False),
        sa.Column("qbo_total", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("rules_hash", sa.String(length=64), nullable=False),
        sa.Column("trail", Json(), nullable=False),
        sa.Column("copied_at", Instant(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("realm_id", "od_invoice_id"),
        sa.UniqueConstraint("realm_id", "qbo_id", name="invoice_link_qbo"),
    )
    op.create_table(
        "oauth_state",
        sa.Column("state", sa.String(length=100), nullable=False),
        sa.Column("user", sa.String(length=200), nullable=False),
        sa.Column("redirect_uri", sa.String(length=500), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("state"),
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.String(length=300), nullable=False),
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("qbo_payment_id", sa.String(length=50), nullable=False),
        sa.Column("od_invoice_id", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("payment", Json(), nullable=False),
        sa.Column("reversal", Json(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("payment_qbo", "payment", ["realm_id", "qbo_payment_id"], unique=False)
    op.create_index("payment_state", "payment", ["realm_id", "state"], unique=False)
    op.create_table(
        "token",
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("refresh_expires_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("realm_id"),
    )
    op.create_table(
        "work",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("od_invoice_id", sa.String(length=200), nullable=False),
        sa.Column("od_number", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("invoice", Json(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", Instant(), nullable=True),
        sa.Column("outcome", Json(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("work_invoice", "work", ["od_invoice_id", "id"], unique=False)
    op.create_index("work_state", "work", ["realm_id", "state", "id"], unique=False)
