"""A request that was recorded before and not answered is recovered before anything new: the sentences for plan and
run."""

from __future__ import annotations

from collections.abc import Sequence

from onedesk_quickbooks.plugin.model.books import Copied, Elsewhere
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.plan import Reason
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.texts.arguments import arguments

OF_WRITING = frozenset({"overwritten", "left-as-it-is", "deposit-stays", "item-moves"})
"""Codes of notes on what a write overwrites, or leaves: QuickBooks does not show that afterwards, so they are stored
with its request."""


def undone_first(before: Copied | None, notes: Sequence[Reason]) -> list[Reason]:
    """What that request has overwritten, without what `notes` already say."""
    sentences = before.first.undone if before and before.first else ()
    known = {each.sentence for each in notes}
    return [Reason("written-first", each) for each in sentences if each not in known]


def written_first(invoice: Invoice, before: Copied | None, held: bool) -> list[Reason]:
    """That QuickBooks will have the invoice by then, and in which form; whatever happens to it later."""
    if before is None or before.first is None:
        return []
    found = before.first
    if found.receiver:
        result = Text("QuickBooks has e-mailed the invoice then to {receiver}", receiver=found.receiver)
    else:
        number = Text(" as {number}", number=found.number) if found.number else ""
        total = Text(" with the total {total}", total=invoice.money(found.total)) if found.total is not None else ""
        result = Text("QuickBooks has the invoice then{number}{total}", number=number, total=total)
    after = (
        Text("look at it there as well")
        if held
        else Text("what is newer in OneDesk or in the rules is written after it")
    )
    sentence = Text(
        "An earlier request without a response is resolved first: {result}; {after}.",
        result=result,
        after=after,
    )
    return [Reason("written-first", sentence)]


def billed_meanwhile(invoice: Invoice, action: str, elsewhere: Elsewhere | None) -> list[Reason]:
    """Why nothing is created for an earlier request (`action`): another company has got the invoice since."""
    if elsewhere is None or not elsewhere.since_asked:
        return []
    words = {
        "company": elsewhere.company,
        "day": elsewhere.day,
        "again": f"onedesk-quickbooks {action} {arguments(invoice.id)}",
        "drop": "onedesk-quickbooks queue drop ENTRY --reason TEXT",
    }
    sentence = Text(
        "It was copied to {company} on {day}, after it was requested here, and a second copy would bill it twice. To "
        "have it in this company as well, request it again: {again}; if it is not to be billed here: {drop}.",
        **words,
    )
    return [Reason("copied-elsewhere-since", sentence)]


def billed_twice(elsewhere: Elsewhere | None) -> list[Reason]:
    """That another company has what is created in this one."""
    if elsewhere is None:
        return []
    sentence = Text(
        "It was copied to {company} on {day}: with this second copy it is billed twice unless one of the two is voided "
        "or deleted.",
        company=elsewhere.company,
        day=elsewhere.day,
    )
    return [Reason("copied-elsewhere", sentence)]
