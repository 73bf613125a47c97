"""The form of an invoice in QuickBooks: all earlier copies are invoices there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("invoice_link", sa.Column("kind", sa.String(length=20), nullable=False, server_default="invoice"))
