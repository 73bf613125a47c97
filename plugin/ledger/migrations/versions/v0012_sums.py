"""What entries are grouped and summed by: the codes of their reasons, and the total of their invoice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from onedesk_quickbooks.plugin.ledger.tables import Json

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ROWS = 1000


def upgrade() -> None:
    op.add_column("work", sa.Column("codes", sa.Text(), server_default="", nullable=False))
    op.add_column("work", sa.Column("total", sa.String(length=40), server_default="", nullable=False))
    op.add_column("work", sa.Column("currency", sa.String(length=10), server_default="", nullable=False))
    names = ("id", "state", "invoice", "outcome", "codes", "total", "currency")
    types = {"id": sa.Integer(), "invoice": Json(), "outcome": Json()}
    work = sa.table("work", *(sa.column(name, types.get(name, sa.Text())) for name in names))
    waiting = work.c.state.not_in(("done", "dropped"))
    query, last = sa.select(work.c.id, work.c.invoice, work.c.outcome).where(waiting).order_by(work.c.id), 0
    settled = sa.update(work).where(work.c.id == sa.bindparam("of"))
    while rows := op.get_bind().execute(query.where(work.c.id > last).limit(_ROWS)).all():
        found = [_columns(row.invoice or {}, row.outcome or {}) for row in rows]
        op.get_bind().execute(settled, [{"of": row.id, **each} for row, each in zip(rows, found, strict=True)])
        last = rows[-1].id


def _columns(invoice: dict[str, object], outcome: dict[str, object]) -> dict[str, str]:
    known = {**outcome, **{name: each for name, each in invoice.items() if each is not None}}
    codes, total = known.get("codes"), known.get("total")
    digits, currency = "" if total is None else str(total), str(known.get("currency") or "")
    return {
        "codes": " ".join(map(str, codes)) if isinstance(codes, list) else "",
        "total": digits if len(digits) <= 40 else "",  # what is longer is no amount
        "currency": currency if len(currency) <= 10 else "",
    }
