"""The invoice's number in QuickBooks: the host's, unless the rules or a taken number require another."""

from __future__ import annotations

from dataclasses import dataclass, field

from onedesk_quickbooks.plugin.model.again import COPY_AGAIN
from onedesk_quickbooks.plugin.model.books import Books, Copied, TakenNumber
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.name_keys import number_key
from onedesk_quickbooks.plugin.model.plan import EnsureCustomer, Reason
from onedesk_quickbooks.plugin.planning.accepted_names import too_long
from onedesk_quickbooks.plugin.planning.markers import adopt_command, marked, marker, marks
from onedesk_quickbooks.plugin.texts import Text

_LONGEST = 21
_SPACES = {"\t": Text("a tab"), "\n": Text("a line break"), "\r": Text("a line break")}
NUMBER_TAKEN = frozenset({"number-taken", "number-twice", "number-taken-by-the-same"})
"""Why an invoice is held whose number another one in QuickBooks has; such a copy is queued again once that one has the
number no longer."""
_AUTOMATIC = "AUTO_GENERATE"
"""QuickBooks replaces this number by its next one (qbo-api.md 2.1)."""


@dataclass(slots=True)
class Number:
    """`value` None leaves the number to QuickBooks; with `auto` it assigns its next one where it would assign none."""

    value: str | None = None
    auto: bool = False
    reasons: list[Reason] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)


def number_for(
    invoice: Invoice,
    decisions: InvoiceDecisions,
    books: Books,
    before: Copied | None,
    customer: EnsureCustomer | None,
) -> Number:
    """The number to write. No invoice is written without one: with custom numbers on, QuickBooks assigns numbers only
    on request (qbo-facts: AutoDocNumber)."""
    found = Number(auto=before is None and books.company.custom_numbers)
    if decisions.number == "quickbooks" or not invoice.number:
        return found
    if len(invoice.number) > _LONGEST:
        what = Text('The invoice number "{number}"', number=invoice.number)
        shorten = Text("shorten it in OneDesk, or set invoices.number: quickbooks.")
        found.reasons += too_long(what, invoice.number, _LONGEST, shorten)
    found.reasons += _unfit(invoice.number)
    taken = books.taken_numbers.get(number_key(invoice.number))
    altered = books.altered and not before  # then QuickBooks may have it, which is the reason that holds it
    if taken is None or altered or (before and taken.id == before.qbo_id):
        found.value, found.auto = invoice.number, False
    elif before is None and _of_another(invoice, taken):
        found.reasons.append(_in_doubt(invoice, taken))
    elif before is None and _same(invoice, taken, customer):
        found.reasons.append(_perhaps_this_one(invoice, taken))
    elif decisions.when_number_taken == "quickbooks":
        new = before is None or before.did == "copied"
        then = Text("QuickBooks gives its next one") if new else Text("the invoice keeps the one that it has there")
        sentence = Text(
            "The number {number} is taken in QuickBooks ({taken_name}), so {then}.",
            number=invoice.number,
            taken_name=taken.name,
            then=then,
        )
        found.notes.append(Reason("number-taken", sentence))
    else:
        found.reasons.append(_taken(invoice, taken))
    return found


def _unfit(number: str) -> list[Reason]:
    """Why QuickBooks would not accept the number."""
    for character, spoken in _SPACES.items():
        if character in number:
            shown = " ".join(number.split())
            sentence = Text(
                'The invoice number "{shown}" contains {spoken}; correct it in OneDesk.', shown=shown, spoken=spoken
            )
            return [Reason("number-unfit", sentence)]
    if number.strip().upper() == _AUTOMATIC:
        sentence = Text(
            'The invoice number "{number}" makes QuickBooks assign its own number; give the invoice '
            "another number in OneDesk, or set invoices.number: quickbooks.",
            number=number,
        )
        return [Reason("number-unfit", sentence)]
    return []


def _of_another(invoice: Invoice, taken: TakenNumber) -> bool:
    """Whether it has the mark of this invoice, and is linked to another one, whose mark differs."""
    other = taken.owner not in ("", invoice.id) and marker(taken.owner) != marker(invoice.id)
    return other and marks(taken.private_note, invoice.id)


def _in_doubt(invoice: Invoice, taken: TakenNumber) -> Reason:
    if number_key(taken.owner_number) in ("", number_key(invoice.number)):
        step = Text("give one of the two invoices another number in OneDesk")
    else:
        step = Text("give it the number {number} again", number=taken.owner_number)
    return Reason(
        "marked-and-linked",
        Text(
            'QuickBooks invoice {number} (id {qbo_id}) has the mark "{marker}", but it is linked to the OneDesk '
            "invoice {owner}, so it is in doubt which of the two it is, and nothing is written. In QuickBooks, "
            'replace the mark in its private note by "{owner_marker}"; {step}, and then {again}.',
            again=COPY_AGAIN,
            number=invoice.number,
            qbo_id=taken.id,
            marker=marker(invoice.id),
            owner=taken.owner,
            owner_marker=marker(taken.owner),
            step=step,
        ),
    )


def _same(invoice: Invoice, taken: TakenNumber, customer: EnsureCustomer | None) -> bool:
    """Whether customer and amount agree as well: then it may be this invoice, entered by hand."""
    if (
        invoice.is_credit
        or taken.kind != "invoice"
        or taken.owner
        or marked(taken.private_note)
        or customer is None
        or customer.existing is None
    ):
        return False
    return taken.customer_id == customer.existing.id and taken.total == invoice.total


def _perhaps_this_one(invoice: Invoice, taken: TakenNumber) -> Reason:
    day = Text(" of {taken_date}", taken_date=taken.date) if taken.date else ""
    return Reason(
        "number-taken-by-the-same",
        Text(
            "QuickBooks has an invoice {number}{day} of the same customer with the same amount, {total}: it may be "
            "this invoice, entered by hand. If it is, link the two: {adopt_command}; if it is another one, give this "
            "invoice another number in OneDesk.",
            number=invoice.number,
            day=day,
            total=invoice.money(invoice.total),
            adopt_command=adopt_command(invoice.id, taken.id),
        ),
    )


def _anothers_copy(invoice: Invoice, taken: TakenNumber) -> Reason:
    """QuickBooks' invoice of another one of the host has this number there, and another one in the host."""
    values = {"number": invoice.number, "taken_name": taken.name, "other": taken.owner, "own": taken.owner_od_number}
    values["again"] = COPY_AGAIN
    sentence = Text(
        "The number {number} is taken in QuickBooks by {taken_name}, the copy of the OneDesk invoice {other}, which "
        "has the number {own} in OneDesk. If it was renumbered in QuickBooks, give it the number {own} there again, "
        "then {again}. If not, give this invoice another number in OneDesk, or set "
        "invoices.when_number_taken: quickbooks.",
        **values,
    )
    if not taken.owner_od_number:
        sentence = Text(
            "The number {number} is taken in QuickBooks by {taken_name}, the copy of the OneDesk invoice {other}, "
            "which has no number in OneDesk; give this invoice another number in OneDesk, or set "
            "invoices.when_number_taken: quickbooks.",
            **values,
        )
    return Reason("number-taken", sentence)


def _taken(invoice: Invoice, taken: TakenNumber) -> Reason:
    other = taken.owner or marked(taken.private_note)
    if taken.owner and number_key(taken.owner_od_number) != number_key(invoice.number):
        return _anothers_copy(invoice, taken)
    if taken.owner or (other and marker(other) != marker(invoice.id)):  # else it is another installation's
        return Reason(
            "number-twice",
            Text(
                "The number {number} is the number of the OneDesk invoice {other} as well; give one of the two "
                "another number in OneDesk. If {other} was deleted there, delete it in QuickBooks as well. Once "
                "QuickBooks has {other} under another number, or no longer, this one follows automatically.",
                number=invoice.number,
                other=other,
            ),
        )
    return Reason(
        "number-taken",
        Text(
            "The number {number} is taken in QuickBooks by {taken_name}; give the invoice another number in "
            "OneDesk, or set invoices.when_number_taken: quickbooks.",
            number=invoice.number,
            taken_name=taken.name,
        ),
    )
