"""Commands and their requests are kept: what a run has made can be undone, and a backfill can be continued."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from onedesk_quickbooks.plugin.ledger.tables import Instant, Json

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("work", sa.Column("asked_in", sa.String(length=40), nullable=False, server_default=""))
    op.execute("UPDATE work SET asked_in = run WHERE run <> ''")
    op.create_index("work_asked_in", "work", ["realm_id", "asked_in", "id"], unique=False)
    op.create_table(
        "run",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("realm_id", sa.String(length=50), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("begun_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("facts", Json(), nullable=False),
        sa.Column("shown", Json(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index("run_begun", "run", ["realm_id", "begun_at"], unique=False)
