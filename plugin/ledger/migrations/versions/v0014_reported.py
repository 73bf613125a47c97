"""Entries about what a hook has reported, before the host was read again: until then the time of their last change was
also the time before which they were not tried."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from onedesk_quickbooks.plugin.ledger.tables import Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("work", sa.Column("reported_at", Instant(), nullable=True))
    op.execute(
        "UPDATE work SET reported_at = updated_at, not_before = NULL WHERE not_before = updated_at"
        " AND (state = 'held' AND action IN ('voided', 'deleted') OR state = 'dropped' AND action IN ('copy', 'send'))"
    )
    op.drop_index("work_not_before", "work")
    op.create_index("work_reported", "work", ["realm_id", "reported_at"], unique=False)
