"""A withdrawn invoice that QuickBooks has with its mark, though the ledger has no link to it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.name_keys import name_key
from onedesk_quickbooks.plugin.model.plan import Reason
from onedesk_quickbooks.plugin.model.state import PAST
from onedesk_quickbooks.plugin.planning.credits import NAMES
from onedesk_quickbooks.plugin.planning.markers import (
    adopt_command,
    altered_note,
    apart_from,
    marker,
    not_ours_command,
)
from onedesk_quickbooks.plugin.texts import Text, joined

_RETRY = "onedesk-quickbooks queue retry ENTRY"


def in_doubt(
    invoice: Invoice,
    change: str,
    there: Sequence[BooksInvoice],
    altered: BooksInvoice | None,
    customer_id: str,
    twin: str = "",
) -> list[Reason]:
    """Why nothing is done in QuickBooks for an invoice that was "voided" or "deleted" (`change`); none where just one
    has its mark (`there`) and the same content. `altered` is one whose mark was altered, where none has it as it was
    written; `customer_id` is that of the QuickBooks customer that is linked to its customer, "" for none; `twin` is the
    id of another invoice of the host without a link that the mark fits as well, "" for none."""
    either = bool(twin) and len(there) == 1
    doubt = _either(invoice, there[0], twin) if either else _doubt(invoice, there, altered, customer_id)
    if not doubt:
        return []
    named = [*there, *([altered] if altered else [])]
    steps = _steps_of_either(there[0], twin) if either else _steps(invoice, named)
    sentence = Text(
        "The invoice was {change} in OneDesk. {doubt} So nothing is changed in QuickBooks. {steps}",
        change=PAST[change],
        doubt=doubt,
        steps=steps,
    )
    return [Reason("withdrawn-unlinked", sentence)]


def _steps(invoice: Invoice, named: Sequence[BooksInvoice]) -> str:
    others = joined("; ", (not_ours_command(invoice.id, each.id) for each in named))
    return (
        Text(
            "If it is this invoice, void it there; if it is the invoice of another installation, which copies into "
            "this company as well, run: {others}. Then run: {retry}.",
            others=others,
            retry=_RETRY,
        )
        if len(named) == 1
        else Text(
            "Void there those that are this invoice; for one of another installation, which copies into this company "
            "as well, run its command: {others}. Then run: {retry}.",
            others=others,
            retry=_RETRY,
        )
    )


def _either(invoice: Invoice, there: BooksInvoice, twin: str) -> str:
    return Text(
        "OneDesk's invoices {own} and {twin} have ids that differ only in their Unicode form, so that the mark of "
        "QuickBooks' {names} {number} (id {id}) fits each of them: it may be the copy of either.",
        own=invoice.id,
        twin=twin,
        names=NAMES[there.kind],
        number=there.number or "-",
        id=there.id,
    )


def _steps_of_either(there: BooksInvoice, twin: str) -> str:
    return Text(
        "If it is the copy of this invoice, void it there; if it is that of the other one, link the two: {command}. "
        "Then run: {retry}.",
        command=adopt_command(twin, there.id),
        retry=_RETRY,
    )


def _doubt(invoice: Invoice, there: Sequence[BooksInvoice], altered: BooksInvoice | None, customer_id: str) -> str:
    if not there:
        return altered_note(altered, invoice.id) if altered else ""
    names = joined(
        ", ",
        (
            Text("the {names} {number} (id {id})", names=NAMES[each.kind], number=each.number or "-", id=each.id)
            for each in there
        ),
    )
    if len(there) > 1:
        return Text(
            'QuickBooks has several with the mark "{marker}", to none of which this ledger has a link: {names}.',
            marker=marker(invoice.id),
            names=names,
        )
    [now] = there
    if not invoice.customer.id:
        return Text(
            'QuickBooks has {name} with the mark "{marker}", but this ledger has no link to it, and OneDesk has not '
            "passed what the deleted invoice contained.",
            name=names,
            marker=marker(invoice.id),
        )
    same = (
        now.customer_id == customer_id
        if customer_id
        else name_key(now.customer_name) == name_key(invoice.customer.name)
    )
    apart = list(apart_from(invoice, now, same, invoice.total, invoice.total).values())
    if now.kind != invoice.kind:
        kinds = {"own": NAMES[invoice.kind], "theirs": NAMES[now.kind]}
        apart.insert(0, Text("kind: OneDesk {own}, QuickBooks {theirs}", **kinds))
    if not apart:
        return ""
    return Text(
        'QuickBooks has {name} with the mark "{marker}", but this ledger has no link to it, and its content differs: '
        "{apart}.",
        name=names,
        marker=marker(invoice.id),
        apart=joined("; ", apart),
    )
