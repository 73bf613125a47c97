"""What was read from other columns before: whether nobody has asked for a copy, and whether the host has accepted a
payment that another plugin refuses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from onedesk_quickbooks.plugin.ledger.tables import Json

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_COPIES = ("copy", "send")
_WAITING = ("to_record", "to_reverse", "to_note")


def upgrade() -> None:
    op.add_column("work", sa.Column("proposed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("payment", sa.Column("taken", sa.Boolean(), server_default=sa.false(), nullable=False))
    _propose()
    _take()


def _propose() -> None:
    texts = (sa.column(name, sa.Text()) for name in ("state", "action", "outcome"))
    work = sa.table("work", *texts, sa.column("proposed", sa.Boolean()))
    untried = (work.c.state == "held") & work.c.action.in_(_COPIES) & work.c.outcome.is_(None)
    op.execute(sa.update(work).where(untried).values(proposed=True))


def _take() -> None:
    """Out of the JSON of `reversal`, which has nothing else where a payment is to be recorded."""
    texts = (sa.column(name, sa.Text()) for name in ("id", "state"))
    payment = sa.table("payment", *texts, sa.column("reversal", Json()), sa.column("taken", sa.Boolean()))
    marked = sa.type_coerce(payment.c.reversal, sa.Text).contains('"taken"')
    query = sa.select(payment.c.id, payment.c.state, payment.c.reversal).where(marked)
    for row in op.get_bind().execute(query).all():
        rest = {name: value for name, value in row.reversal.items() if name != "taken"}
        taken = "taken" in row.reversal and row.state in _WAITING
        values = {"reversal": rest or None, "taken": taken}
        op.execute(sa.update(payment).where(payment.c.id == row.id).values(values))
