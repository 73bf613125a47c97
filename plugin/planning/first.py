"""A request that was recorded before and not answered is settled before anything new: what plan and run say of it."""

from __future__ import annotations

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
