"""A tax that a person set where QuickBooks calculates it (automated sales tax): no update undoes it unseen.

QuickBooks recalculates it whenever an invoice is written. A stated tax is kept (qbo-api.md 7), so it is stated again
while its basis is unchanged; else it is an edit in QuickBooks that OneDesk's version would undo.
"""

from __future__ import annotations

import dataclasses

from onedesk_quickbooks.plugin.model.again import COPY_IT_AGAIN
from onedesk_quickbooks.plugin.model.books import Copied
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.plan import Reason, Totals
from onedesk_quickbooks.plugin.planning.differences import described
from onedesk_quickbooks.plugin.planning.totals.compare_totals import Settled, is_due
from onedesk_quickbooks.plugin.texts import Text

SET = "tax-set-in-quickbooks"
"""The code of an update that waits because it would undo such a tax."""


def undone(invoice: Invoice, before: Copied) -> str:
    """How an update would change such a tax, as a sentence without its end; "" for no change."""
    found = before.set_tax
    if found is None or before.same_base:
        return ""
    had = (
        Text(", where it had calculated {calculated}", calculated=invoice.money(found.calculated))
        if found.calculated is not None
        else ""
    )
    return Text(
        "The tax of the QuickBooks invoice {before_number} of this invoice was set to {tax} in "
        "QuickBooks{had}; OneDesk's version, for which QuickBooks calculates it again, differs: "
        "{described}",
        before_number=before.number or before.qbo_id,
        tax=invoice.money(found.tax),
        had=had,
        described=described(before.versions),
    )


def restate(invoice: Invoice, before: Copied | None, when_different: str, found: Settled) -> None:
    """An update that does not change the basis of the tax states the tax that was set again."""
    now = before.now if before else None
    if before is None or now is None or before.set_tax is None or not before.same_base:
        return
    tax, totals = before.set_tax.tax, found.totals
    found.draft = dataclasses.replace(found.draft, tax_total=tax)
    found.totals = Totals(totals.subtotal, totals.discount, (), tax)
    compare, found.compare, found.remarks = found.compare, None, ()
    theirs = invoice.money(totals.net + tax)
    name = Text("the QuickBooks invoice {before_number}", before_number=before.number or before.qbo_id)
    stays = Text("The tax of {tax} that was set on {name} in QuickBooks stays", tax=invoice.money(tax), name=name)
    if compare is None or compare == theirs or when_different == "note":
        deposit = now.deposit if found.draft.deposit is None else found.draft.deposit
        due = is_due(now, invoice.money(now.balance + now.deposit - deposit))
        host = compare or invoice.money(invoice.total)
        found.notes.append(Reason("tax-stays", Text("{stays}.{both}", stays=stays, both=_both(theirs, host, due))))
        return
    found.unwritten.append(
        Reason(
            "total-differs",
            Text(
                "{stays}, so the totals differ: QuickBooks has {theirs}, OneDesk has {compare}; nothing is "
                "written. Correct the tax in OneDesk or in QuickBooks, and {again}.",
                again=COPY_IT_AGAIN,
                stays=stays,
                theirs=theirs,
                compare=compare,
            ),
        )
    )


def _both(theirs: Money, host: Money, due: str) -> str:
    return (
        ""
        if theirs == host
        else Text(
            " The total is {theirs} in QuickBooks and {host} in OneDesk{due}.",
            theirs=theirs,
            host=host,
            due=due,
        )
    )
