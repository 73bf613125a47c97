"""Which command asked for a copy or a send: what a stopped one leaves waits for a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("work", sa.Column("run", sa.String(length=40), nullable=False, server_default=""))
