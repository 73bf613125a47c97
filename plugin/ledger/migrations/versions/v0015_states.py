"""States and facts that were read from other columns before.

What no person has taken out of the queue was "dropped" too: it is "replaced", or "done" where nothing was left to
decide. Its reason shows it, in the words of the release that wrote it. That nobody has asked for a copy was concluded
from its missing outcome; that the host has accepted a payment which another plugin refuses was in the JSON of its
reversal.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from onedesk_quickbooks.plugin.ledger.tables import Json

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_COPIES = ("copy", "send")
_WITHDRAWN = ("voided", "deleted")
_DETECTED = ("changed", "customer", "bounced")
_WAITING = ("to_record", "to_reverse", "to_note")
_REPLACED = (
    " (asked again)",
    " (asked for again)",
    " (it was changed again)",
    " (adopted)",
    " It is asked for again in OneDesk, so that this entry left the queue by itself.",
    " It was requested again in OneDesk, so this entry was removed from the queue automatically.",
)
"""The ends of the reasons of entries that another one, or a newer request, has replaced."""
_COPY_REPLACED = (
    "% It waits as entry % of the queue.",
    "% was voided in QuickBooks; it stays so.",
    "% was voided in QuickBooks; it stays so, % decided.",
    "% was deleted in QuickBooks; it stays so.",
    "% was deleted in QuickBooks; it stays so, % decided.",
    "% It stays so (%).",
    "the invoice was sent from another company, which was connected in the meantime",
    "OneDesk has e-mailed the invoice itself, because no company was connected",
    "OneDesk has reported another total, and has the one of the last copy",
)
"""The reasons of copies and sends in whose place an entry about QuickBooks' invoice is, or that are done otherwise."""
_RUN_UNDONE = "% (the run % was undone)"
_SETTLED = (
    " Both sides are the same again.",
    " so that this entry left the queue by itself.",
    "; the entry was closed automatically.",
    " It is in use again, or was merged.",
)
"""The ends of the reasons of changes in QuickBooks that were undone there, or that something else has settled."""
_BOTH_GONE = (
    "the invoice was voided in OneDesk, and in QuickBooks",
    "the invoice was deleted in OneDesk, and in QuickBooks",
)


def upgrade() -> None:
    op.add_column("work", sa.Column("proposed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("payment", sa.Column("taken", sa.Boolean(), server_default=sa.false(), nullable=False))
    _name_states()
    _propose()
    _take()


def _name_states() -> None:
    texts = (sa.column(name, sa.Text()) for name in ("state", "action", "reason"))
    work = sa.table("work", sa.column("id", sa.Integer()), *texts)
    copied = work.c.action.in_(_COPIES)
    ends = [work.c.reason.endswith(each, autoescape=True) for each in _REPLACED]
    replaced = sa.or_(
        *ends,
        work.c.action.in_((*_COPIES, *_WITHDRAWN)) & work.c.reason.like(_RUN_UNDONE),
        *(copied & work.c.reason.like(each) for each in _COPY_REPLACED),
    )
    settled = sa.or_(*(work.c.reason.endswith(each, autoescape=True) for each in _SETTLED))
    gone = work.c.action.in_(_WITHDRAWN) & work.c.reason.in_(_BOTH_GONE)
    done = work.c.action.in_(_DETECTED) & settled | gone
    _pass(sa.select(work.c.id).where(work.c.state == "dropped", work.c.action == "changed", settled))
    for state, found in (("replaced", replaced), ("done", done)):
        op.execute(sa.update(work).where(work.c.state == "dropped", found).values(state=state))


def _pass(changes: sa.Select[tuple[int]]) -> None:
    """Of a change that is done without this QuickBooks' version is the accepted one; the first releases did not write
    it."""
    conflict = sa.table("conflict", sa.column("work_id", sa.Integer()), sa.column("passed", sa.Boolean()))
    op.execute(sa.update(conflict).where(conflict.c.work_id.in_(changes)).values(passed=True))


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
