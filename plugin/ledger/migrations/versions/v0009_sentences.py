"""The parts of sentences are stored beside them, so that they can be shown in another language."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from onedesk_quickbooks.plugin.ledger.tables import Json

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sentence",
        sa.Column("digest", sa.String(length=40), nullable=False),
        sa.Column("said", Json(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
