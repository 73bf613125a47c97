"""A reconciliation as sentences."""

from __future__ import annotations

from onedesk_quickbooks.plugin.planning.reconcile import KINDS, Difference, Report
from onedesk_quickbooks.plugin.texts import Text, count, joined, ngettext

NO_LIST = Text(
    "The host does not list its invoices: only invoices that were copied, sent or adopted are compared; others cannot "
    "be reported as missing."
)


def period(found: Report) -> str:
    """The days of the period."""
    if not found.first and not found.last:
        return Text("all invoices")
    if not found.last:
        return Text("from {first}", first=found.first)
    if not found.first:
        return Text("to {last}", last=found.last)
    return Text("from {first} to {last}", first=found.first, last=found.last)


def summary(found: Report) -> str:
    """How many invoices agree, and the kinds of the differences."""
    kinds = [joined(" ", (KINDS[kind], count(found.counts[kind]))) for kind in KINDS if found.counts[kind]]
    both = Text(
        "{invoices}: {agree}, {differ}{kinds}.",
        invoices=ngettext("{n} invoice", "{n} invoices", len(found.pairs)),
        agree=ngettext("{n} agrees", "{n} agree", found.agree),
        differ=ngettext("{n} differs", "{n} differ", len(found.differences)),
        kinds=joined("", (" (", joined(", ", kinds), ")")) if kinds else "",
    )
    sentences: list[str] = [both]
    if found.drafts:
        sentences.append(ngettext("{n} draft left out.", "{n} drafts left out.", found.drafts))
    if found.skipped:
        sentences.append(
            ngettext("{n} invoice skipped by rule left out.", "{n} invoices skipped by rule left out.", found.skipped)
        )
    return joined(" ", sentences)


def sentence(each: Difference) -> str:
    """Both sides, the cause, and what to do."""
    both = (("OneDesk", each.onedesk), ("QuickBooks", each.quickbooks))
    sides = [joined(" ", side) for side in both if side[1]]
    text = joined(" ", (each.cause, each.remedy))
    return Text("{sides}. {text}", sides=joined(", ", sides), text=text) if sides else text
