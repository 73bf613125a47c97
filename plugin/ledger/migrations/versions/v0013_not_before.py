"""Entries with a time before which they are not tried are found by it: few of those that were dropped have one."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("work_not_before", "work", ["realm_id", "not_before"], unique=False)
