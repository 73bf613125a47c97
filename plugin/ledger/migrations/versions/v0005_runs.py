"""The run that asked for a copy or a send, whose entries wait for a person if it was stopped; and repeated errors of a
queue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from onedesk_quickbooks.plugin.ledger.tables import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("work", sa.Column("run", sa.String(length=40), nullable=False, server_default=""))
    op.create_table(
        "queue_error",
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("realm_id", "what"),
    )
