"""The marker: a line in a QuickBooks invoice's private note that identifies the copied invoice, and the remedies
without it."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from onedesk_quickbooks.plugin.model.again import COPY_IT_AGAIN
from onedesk_quickbooks.plugin.model.books import BooksInvoice, Copied
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.plan import EnsureCustomer, Reason, Totals
from onedesk_quickbooks.plugin.model.templates import filled, invoice_texts
from onedesk_quickbooks.plugin.texts import Amount, Text, joined
from onedesk_quickbooks.plugin.texts.arguments import arguments

MARKER = "OneDesk invoice"
PAYMENT_MARKER = "OneDesk payment"
_MENTION = re.compile(r"(?<!\w)onedesk\s+invoice(?!\w)", re.IGNORECASE)
_SIGN = re.compile(
    r"""[:#\u2116="'`\u2018-\u201f\u00ab\u00bb\u2039\u203a(\[{<\u2010-\u2015-]|(?:no|nr|num|number)\b\.?|n[\u00b0\u00ba]""",
    re.IGNORECASE,
)
"""What people write before an id: a colon, a number sign, quotes. An id may begin with it as well."""
_SIGNS = 5
"""How many of these are passed over."""
_LONGEST = 20
"""The words of a mention that an id can have, beside all of it."""


def marker(invoice_id: str) -> str:
    """The line of the private note that marks a QuickBooks invoice as ours, in NFC as every text in QuickBooks."""
    return unicodedata.normalize("NFC", f"{MARKER} {invoice_id}")


def mark_of_id(invoice_id: str) -> str:
    """The id of an invoice as QuickBooks has it in a private note: in NFC."""
    return unicodedata.normalize("NFC", invoice_id)


def marks(private_note: str, invoice_id: str) -> bool:
    """Whether a QuickBooks invoice's private note names this invoice of the host, in whatever Unicode normal form."""
    return marker(marked(private_note)) == marker(invoice_id)


def marks_void(private_note: str, invoice_id: str) -> bool:
    """The same of one that may be void: QuickBooks writes a word in the company's language before the note of such."""
    before, dash, rest = unicodedata.normalize("NFC", private_note).partition(" - ")
    return marks(private_note, invoice_id) or bool(dash and before.isalpha() and marks(rest, invoice_id))


def payment_marker(payment_id: str) -> str:
    """The line of the private note that marks a QuickBooks payment as one that the host has recorded, in NFC."""
    return unicodedata.normalize("NFC", f"{PAYMENT_MARKER} {payment_id}")


def marks_payment(private_note: str, payment_id: str) -> bool:
    """Whether a QuickBooks payment's private note names this payment of the host, in whatever Unicode normal form."""
    return payment_marker(marked_payment(private_note)) == payment_marker(payment_id)


def marked_payment(private_note: str) -> str:
    """The id of the host's payment that a QuickBooks payment's private note names; "" for none."""
    lines = [line for line in private_note.splitlines() if line.startswith(f"{PAYMENT_MARKER} ")]
    return lines[-1].removeprefix(f"{PAYMENT_MARKER} ") if lines else ""


def note_of(invoice: Invoice, decisions: InvoiceDecisions) -> str:
    """The private note of a QuickBooks invoice: the text of the rules, else the host's; and the marker."""
    worded = decisions.private_note
    own = invoice.private_note if worded is None else filled(worded, invoice_texts(invoice))
    return "\n".join(part for part in (own, marker(invoice.id)) if part)


def adopt_command(invoice_id: str, qbo_id: str) -> str:
    """The command by which a person says that an invoice without the marker is the copy of one of the host's."""
    pair = shlex.quote(f"{invoice_id}={qbo_id}")
    return f"onedesk-quickbooks adopt {arguments(invoice_id, options=f'--pair {pair} --yes')}"


def not_ours_command(invoice_id: str, qbo_id: str) -> str:
    """The command by which a person says that an invoice with the marker is that of another installation."""
    return f"onedesk-quickbooks adopt --not {shlex.quote(f'{invoice_id}={qbo_id}')} --yes"


def marked(private_note: str) -> str:
    """The id of the host's invoice that a QuickBooks invoice's private note names; "" for none."""
    lines = [line for line in private_note.splitlines() if line.startswith(f"{MARKER} ")]
    return lines[-1].removeprefix(f"{MARKER} ") if lines else ""


def mentions(private_note: str) -> list[str]:
    """What follows "OneDesk invoice" on its line, in any case and spacing, wherever a note has that: in NFC, with
    single spaces. Also of the marker itself. Where it begins with a sign, also what follows that."""
    return list(dict.fromkeys(each for place in mentioned(private_note) for each in place))


def mentioned(private_note: str) -> list[list[str]]:
    """The same by place: with its signs first."""
    note = unicodedata.normalize("NFC", private_note)
    return [found for each in _MENTION.finditer(note) if (found := list(_without_signs(note[each.end() :])))]


def _without_signs(rest: str) -> Iterator[str]:
    text = rest.lstrip()
    if text and text != rest:
        yield _first_line(text)
    for _ in range(_SIGNS):
        sign = _SIGN.match(text)
        text = text[sign.end() :].lstrip() if sign else ""
        if text:
            yield _first_line(text)


def _first_line(text: str) -> str:
    return " ".join(text.partition("\n")[0].split())


def mention_key(text: str) -> str:
    """An id, or a mention, in one case and spacing."""
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).split())


def begins_with_id(mention: str, key: str) -> bool:
    """Whether a mention begins with this id as whole words; both are a `mention_key`."""
    return bool(key) and mention.startswith(key) and not re.match(r"\w", mention[len(key) :])


def ids_of_mention(mention: str) -> list[str]:
    """The texts that can be the id that a mention names: the mention up to the end of a word, and as a whole. The
    shortest is the first."""
    ends = (place for place in range(1, len(mention) + 1) if not re.match(r"\w", mention[place:]))
    found = [mention[:end] for end in ends if not mention[end - 1].isspace()]
    return [*found[:_LONGEST], *found[_LONGEST:][-1:]]


def has_altered_mark(private_note: str, invoice_id: str, has: Callable[[str], bool]) -> bool:
    """Whether a private note names this invoice of the host, but not by the marker: somebody wrote on its line. `has`
    tells whether the host has an invoice of that id: a marker, and a longer id in the same place, name that one."""
    key, exact = mention_key(invoice_id), marked(private_note)
    places = [
        place for place in mentioned(private_note) if any(begins_with_id(mention_key(each), key) for each in place)
    ]
    if not places or marks(private_note, invoice_id) or (exact and has(exact)):
        return False
    return any(not any(map(has, _others(each, invoice_id))) for each in places)


def names_invoice(private_note: str, invoice_id: str, has: Callable[[str], bool]) -> bool:
    """Whether a private note names this invoice of the host, by the marker or by an altered one."""
    return marks(private_note, invoice_id) or has_altered_mark(private_note, invoice_id, has)


def _others(place: Iterable[str], invoice_id: str) -> Iterator[str]:
    """The other ids that a mention of this one (`place`) can name: longer ones, and those that begin with a sign before
    it."""
    key, own = mention_key(invoice_id), mark_of_id(invoice_id)
    for mention in place:
        its = begins_with_id(mention_key(mention), key)
        found = (each for each in ids_of_mention(mention) if not its or begins_with_id(mention_key(each), key))
        yield from (each for each in found if each != own)
        if its:
            return


def altered_mark(invoice: Invoice, there: BooksInvoice) -> Reason:
    """Why an invoice that may be in QuickBooks already is not created: `there` is one whose mark was altered, or that
    is void."""
    if there.voided:
        return Reason("marked-void", seen_void(there, invoice.id))
    return Reason("mark-altered", seen_altered(there, invoice.id))


def seen_altered(there: BooksInvoice, invoice_id: str) -> str:
    """What QuickBooks has, where its mark was altered, and what to do."""
    return joined(" ", (altered_note(there, invoice_id), altered_steps(invoice_id, there.id)))


def seen_void(there: BooksInvoice, invoice_id: str) -> str:
    """What QuickBooks has, where that was voided, and what to do."""
    note = Text(
        'QuickBooks invoice {now_number} (id {qbo_id}) has the mark "{marker}" and was voided in QuickBooks; this'
        " ledger has no link to it.",
        now_number=there.number or "-",
        qbo_id=there.id,
        marker=marker(invoice_id),
    )
    return joined(" ", (note, void_steps(invoice_id, there.id)))


def void_steps(invoice_id: str, qbo_id: str) -> str:
    """What to do where it was voided."""
    return Text(
        "If it is to stay void, void it in OneDesk too. To bill it all the same, under a number that QuickBooks does"
        " not have: {other}; then {again}.",
        again=COPY_IT_AGAIN,
        other=not_ours_command(invoice_id, qbo_id),
    )


def altered_steps(invoice_id: str, qbo_id: str) -> str:
    """What to do where the mark was altered."""
    return Text(
        "If it is this invoice: {pair}; or put the line right in QuickBooks, and {again}. If it is another invoice: "
        "{other}; then {again}.",
        again=COPY_IT_AGAIN,
        pair=adopt_command(invoice_id, qbo_id),
        other=not_ours_command(invoice_id, qbo_id),
    )


def altered_note(there: BooksInvoice, invoice_id: str) -> str:
    """What QuickBooks has, where its mark was altered."""
    note = " ".join(there.private_note.split())
    return Text(
        'QuickBooks invoice {now_number} (id {qbo_id}) names this invoice in its private note ("{note}"), but has no '
        'line that is exactly "{marker}", so it is in doubt whether it is this one.',
        now_number=there.number or "-",
        qbo_id=there.id,
        note=note if len(note) <= 200 else f"{note[:200]}…",
        marker=marker(invoice_id),
    )


def not_this_one(invoice: Invoice, before: Copied | None, customer: EnsureCustomer, totals: Totals) -> list[Reason]:
    """Why an invoice with the marker, and without a link here, is another one, where customer, day, currency or total
    differ: for example that of another installation for the same company."""
    now = before.now if before else None
    if before is None or not before.found or now is None or now.voided:
        return []
    id_there = customer.existing.id if customer.existing else ""
    apart = apart_from(invoice, now, id_there == now.customer_id, totals.total, totals.net)
    if not apart:
        return []
    sentence = Text(
        'QuickBooks invoice {now_number} (id {qbo_id}) has the mark "{marker}", but this ledger has no link to it, and '
        "its content differs: {apart}. If it is this invoice, make both the same in one of the two and {again}. "
        "If it is the invoice of another installation, which copies into this company as well: {command}; then "
        "{again}.",
        again=COPY_IT_AGAIN,
        now_number=now.number or "-",
        qbo_id=now.id,
        marker=marker(invoice.id),
        apart=joined("; ", apart.values()),
        command=not_ours_command(invoice.id, now.id),
    )
    return [Reason("marked-by-another", sentence)]


def apart_from(
    invoice: Invoice, now: BooksInvoice, same_customer: bool, total: Decimal | None, net: Decimal
) -> dict[str, str]:
    """What makes QuickBooks' invoice another one though it has the marker, as text by its field: customer, date, total
    (or, where only QuickBooks knows the tax, that without it) or currency. `total` and `net` are what it would have."""
    has, wanted = (now.total, total) if total is not None else (now.total - now.tax, net)
    rows = [
        ("customer", Text("customer"), invoice.customer.name, now.customer_name, not same_customer),
        (
            "date",
            Text("date"),
            str(invoice.issue_date),
            str(now.issue_date) if now.issue_date else Text("none"),
            invoice.issue_date != now.issue_date,
        ),
        (
            "total",
            Text("total") if total is not None else Text("total without tax"),
            _money(wanted, invoice.currency),
            _money(has, now.currency or invoice.currency),
            has != wanted or (now.currency or invoice.currency) != invoice.currency,
        ),
    ]
    return {
        key: Text("{field}: OneDesk {own}, QuickBooks {theirs}", field=name, own=own, theirs=theirs)
        for key, name, own, theirs, differs in rows
        if differs
    }


@dataclass(frozen=True, slots=True)
class Apart:
    """What differs (`apart_from`) between an invoice and that in QuickBooks which has its marker, and no link. `noted`:
    the rules let another total through."""

    fields: Mapping[str, str] = field(default_factory=dict)
    noted: bool = False

    def steps(self, invoice_id: str, qbo_id: str) -> str:
        """What to do, so that the two are linked, or are two invoices."""
        values = {"id": arguments(invoice_id), "other": not_ours_command(invoice_id, qbo_id)}
        if not self.fields:
            return Text("Run: onedesk-quickbooks copy {id}, which links the two.", **values)
        if self.noted and self.fields.keys() == {"total"}:
            return Text(
                "Run: onedesk-quickbooks copy {id}, which links the two if QuickBooks' total is the one that the rules "
                "let through (totals.when_different: note); if not, it is held, and its reason names the steps.",
                **values,
            )
        if "total" in self.fields:
            return Text(
                "If it is this invoice, make both the same in one of the two, then: onedesk-quickbooks copy {id}, "
                "which links them. If it is the invoice of another installation, which copies into this company as "
                "well: {other}; then: onedesk-quickbooks copy {id}",
                **values,
            )
        return Text(
            "If it is this invoice, link the two as they are: {pair}; or make both the same in one of the two, then: "
            "onedesk-quickbooks copy {id}. If it is the invoice of another installation, which copies into this "
            "company as well: {other}; then: onedesk-quickbooks copy {id}",
            pair=adopt_command(invoice_id, qbo_id),
            **values,
        )


def _money(amount: Decimal, currency: str) -> str:
    return Amount(Money(amount, currency))
