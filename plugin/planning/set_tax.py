"""A tax that a person set where QuickBooks calculates it (automated sales tax): no update undoes it unseen.

QuickBooks recalculates it whenever an invoice is written. A tax that is stated is honoured (qbo-api.md 7), so it is
stated again while all that it is taken from stays; else it is an edit in QuickBooks that OneDesk's version would undo.
"""

from __future__ import annotations

import dataclasses

from onedesk_quickbooks.plugin.model.books import Copied
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.plan import Reason, Totals
from onedesk_quickbooks.plugin.planning.differences import described
from onedesk_quickbooks.plugin.planning.totals import Settled

SET = "tax-set-in-quickbooks"
"""The code of an update that waits because it would undo such a tax."""


def undone(invoice: Invoice, before: Copied) -> str:
    """What an update would do to a tax that somebody set, as a sentence without its end; "" where it stays."""
    found = before.set_tax
    if found is None or before.same_base:
        return ""
    had = f", where it had calculated {invoice.money(found.calculated)}" if found.calculated is not None else ""
    return (
        f"The tax of the QuickBooks invoice {before.number or before.qbo_id} of this invoice was set to"
        f" {invoice.money(found.tax)} in QuickBooks{had}; OneDesk's version, for which QuickBooks calculates it again,"
        f" differs: {described(before.versions)}"
    )


def restate(invoice: Invoice, before: Copied | None, when_different: str, found: Settled) -> None:
    """An update that changes nothing of what the tax is taken from writes the tax that somebody set once more."""
    now = before.now if before else None
    if before is None or now is None or before.set_tax is None or not before.same_base:
        return
    tax, totals = before.set_tax.tax, found.totals
    found.draft = dataclasses.replace(found.draft, tax_total=tax)
    found.totals = Totals(totals.subtotal, totals.discount, (), tax)
    compare, found.compare, found.remarks = found.compare, None, ()
    theirs = invoice.money(totals.net + tax)
    name = f"the QuickBooks invoice {before.number or before.qbo_id}"
    stays = f"The tax of {invoice.money(tax)} that was set on {name} in QuickBooks stays"
    if compare is None or compare == theirs or when_different == "note":
        deposit = now.deposit if found.draft.deposit is None else found.draft.deposit
        due = invoice.money(now.balance + now.deposit - deposit)
        host = compare or invoice.money(invoice.total)
        found.notes.append(Reason("tax-stays", f"{stays}.{_both(theirs, host, due)}"))
        return
    found.unwritten.append(
        Reason(
            "total-differs",
            f"{stays}, so the totals differ: QuickBooks has {theirs}, OneDesk has {compare}; nothing is written."
            " Correct the tax in OneDesk or in QuickBooks, and copy it again.",
        )
    )


def _both(theirs: Money, host: Money, due: Money) -> str:
    return "" if theirs == host else f" Its invoice is over {theirs}, OneDesk's over {host}; {due} is due."
