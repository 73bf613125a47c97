"""A request that was recorded before and not answered is settled before anything new: what plan and run say of it."""

from __future__ import annotations

from datetime import datetime

from onedesk_quickbooks.plugin.model.books import Copied
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.plan import Reason


def written_first(invoice: Invoice, before: Copied | None, held: bool) -> list[Reason]:
    """That QuickBooks has the invoice by then, and as what: whatever becomes of it after that."""
    if before is None or before.first is None:
        return []
    found = before.first
    if found.receiver:
        deed = f"QuickBooks has e-mailed the invoice then to {found.receiver}"
    else:
        number = f" as {found.number}" if found.number else ""
        total = f" over {invoice.money(found.total)}" if found.total is not None else ""
        deed = f"QuickBooks has the invoice then{number}{total}"
    after = "look at it there as well" if held else "what is newer in OneDesk or in the rules is written after it"
    sentence = f"A request that was recorded for it before, and not answered, is settled first: {deed}; {after}."
    return [Reason("written-first", sentence)]


def asked_before(what: str, recorded_at: datetime, done: bool) -> Reason:
    """For who reads a plan: a request for its customer or an item was recorded and not answered; `what` it does as
    a sentence goes on, `done` whether QuickBooks shows it."""
    follows = (
        "QuickBooks has done it by now: the run finds it there and goes on with it"
        if done
        else "QuickBooks shows nothing of it: the run asks again under the same requestid, so that it is done once"
    )
    sentence = f"The request that {what} was recorded on {recorded_at:%Y-%m-%d %H:%M} UTC and not answered. {follows}."
    return Reason("asked-before", sentence)
