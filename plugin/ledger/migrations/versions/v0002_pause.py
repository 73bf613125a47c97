"""Until when a company queue waits, and why, for every process."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from onedesk_quickbooks.plugin.ledger.tables import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("company", sa.Column("paused_until", Instant(), nullable=True))
    op.add_column("company", sa.Column("paused_because", sa.Text(), nullable=True))
    op.execute("DELETE FROM cursor WHERE name = 'paused'")  # its former place, without the reason
