"""${message}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from onedesk_quickbooks.plugin.ledger.tables import Instant, Json

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
