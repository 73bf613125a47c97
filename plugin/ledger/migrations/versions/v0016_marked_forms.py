"""Forms in QuickBooks that have our mark and no link.

They are read once, before the first invoice without a link is written.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("company", sa.Column("marked", sa.Integer()))
    op.create_table(
        "marked_form",
        sa.Column("realm_id", sa.String(50), primary_key=True),
        sa.Column("qbo_id", sa.String(50), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("mark", sa.String(700), nullable=False),
        sa.Column("anothers", sa.Boolean(), nullable=False),
    )
