"""Decisions of people about QuickBooks customers that may be a customer of the host, so that they can be undone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from onedesk_quickbooks.plugin.ledger.tables import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer_decision",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("od_customer_id", sa.String(length=200), nullable=False),
        sa.Column("qbo_id", sa.String(length=50), nullable=False),
        sa.Column("name", sa.String(length=1100), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("before", sa.String(length=50), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("decided_at", Instant(), nullable=False),
        sa.Column("undone_by", sa.String(length=200), nullable=False),
        sa.Column("undone_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("customer_decision_of", "customer_decision", ["realm_id", "od_customer_id", "id"])
