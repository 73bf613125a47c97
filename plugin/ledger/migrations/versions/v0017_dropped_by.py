"""Who has dropped an entry, and the details of a payment that were changed before the host has accepted it.

Both were read from other columns: from the reason of the entry, and from the JSON of the payment's reversal. `told` is
no word of this program any more.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from onedesk_quickbooks.plugin.ledger.tables import Json

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_BY_HOST = {
    "the invoice was voided in OneDesk": "voided",
    "the invoice was deleted in OneDesk": "deleted",
    "the invoice was reopened in OneDesk": "reopened",
    "the invoice was reopened in OneDesk; nobody had asked for a copy of the edit": "reopened",
    "the invoice was reopened or voided in OneDesk, and then opened again": "opened",
}
"""By the reason of the entry."""


def upgrade() -> None:
    op.execute("ALTER TABLE conflict RENAME COLUMN told_at TO notified_at")
    op.drop_index("conflict_untold", "conflict")
    op.create_index("conflict_unnotified", "conflict", ["realm_id", "notified_at"])
    op.rename_table("alert_told", "sent_alert")
    op.execute("ALTER TABLE sent_alert RENAME COLUMN told_at TO sent_at")
    op.add_column("work", sa.Column("dropped_by", sa.String(20), server_default="", nullable=False))
    op.add_column("payment", sa.Column("details", Json()))
    _name()
    _take_out()


def _name() -> None:
    texts = (sa.column(name, sa.Text()) for name in ("state", "reason", "dropped_by"))
    work = sa.table("work", *texts)
    by = sa.case(_BY_HOST, value=work.c.reason, else_="person")
    op.execute(sa.update(work).where(work.c.state == "dropped").values(dropped_by=by))


def _take_out() -> None:
    texts = (sa.column(name, sa.Text()) for name in ("id", "state"))
    columns = (sa.column(name, Json()) for name in ("reversal", "details"))
    payment = sa.table("payment", *texts, *columns)
    marked = sa.type_coerce(payment.c.reversal, sa.Text).contains('"details"')
    query = sa.select(payment.c.id, payment.c.reversal).where(marked, payment.c.state == "to_record")
    for row in op.get_bind().execute(query).all():
        rest = {name: value for name, value in row.reversal.items() if name != "details"}
        values = {"reversal": rest or None, "details": row.reversal.get("details")}
        op.execute(sa.update(payment).where(payment.c.id == row.id).values(values))
