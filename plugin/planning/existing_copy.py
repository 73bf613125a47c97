"""The copy that QuickBooks already has: created, updated, not changed, or left to a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from onedesk_quickbooks.plugin.model.books import BooksInvoice, Copied
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.plan import EnsureCustomer, Reason
from onedesk_quickbooks.plugin.planning.credits import NAMES
from onedesk_quickbooks.plugin.planning.differences import TAX, described, field_text
from onedesk_quickbooks.plugin.planning.totals.set_tax import undone
from onedesk_quickbooks.plugin.planning.whole import NOT_OPEN
from onedesk_quickbooks.plugin.texts import Text, joined

_REMEDY = Text(
    "correct one of the two and send it again, or have OneDesk's version written there: {settle}.",
    settle="onedesk-quickbooks queue settle ENTRY --keep onedesk",
)
_CHOOSE = Text(
    "Choose the version to keep: {settle}, or set invoices.when_changed_in_quickbooks to overwrite or keep_quickbooks.",
    settle="onedesk-quickbooks queue settle ENTRY --keep onedesk|quickbooks",
)
EDITED = "changed-in-quickbooks"
"""The code of an invoice that waits because it was changed in QuickBooks, now or before OneDesk's version."""
AGREED = "agreed-in-quickbooks"
"""The code of an update that waits because it would undo an edit that was accepted when the totals agreed."""


@dataclass(slots=True)
class ExistingCopy:
    """What to do with the QuickBooks invoice: `action` is create, update or unchanged; `accept` accepts the version
    that was made there; `same`: it equals OneDesk's. `keep`: an edit that was found only now is kept, so a send is
    held; `kept`: the version there is kept as decided before, by a person or by rule; `paid`: it is fully paid in
    QuickBooks with another total, so nothing is e-mailed."""

    action: str
    accept: bool = False
    same: bool = False
    keep: bool = False
    kept: bool = False
    paid: bool = False
    reasons: list[Reason] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)

    @property
    def theirs(self) -> bool:
        """Whether QuickBooks' version is kept as it was made there."""
        return self.keep or self.kept


def existing_copy(
    invoice: Invoice, before: Copied | None, digest: str, when_changed: str, customer: EnsureCustomer
) -> ExistingCopy:
    """`digest` is the hash of the content to write, `when_changed` the rule invoices.when_changed_in_quickbooks."""
    if before is None:
        return ExistingCopy("create")
    found = ExistingCopy("unchanged" if before.content_hash == digest else "update")
    name = Text(
        "The QuickBooks {names} {before_number} of this invoice",
        names=NAMES[before.kind],
        before_number=before.number or before.qbo_id,
    )
    if before.now is None or before.now.voided or before.deleted:
        lost = before.now is None or before.now.voided
        found.reasons.append(_lost(invoice, before, name) if lost else _id_again(invoice, before))
    elif (same := _the_same(invoice, before, before.now, customer, name)) is not None:
        found.action, found.accept, found.same = "unchanged", True, True
        found.notes.append(same)
    elif found.action == "update" and _corrected(invoice, before, before.now.total):
        pass  # it is written with the tax that was set there (set_tax.py)
    elif before.edited or (before.taken and not _decided(before, found.action, when_changed)):
        _changed(invoice, before, before.now.total, when_changed, name, found)
    elif before.taken:
        day = before.kept_on if before.kept_current or found.action == "unchanged" else ""
        found.action, found.kept = "unchanged", True
        found.notes.append(_kept(invoice, before, before.now.total, name, day))
    elif before.agreed and found.action == "update":
        _undone(invoice, before, before.now.total, when_changed, name, found)
    elif before.rewrite and found.action == "update":
        found.notes += _left(before, name)
    elif found.action == "update" and (sentence := undone(invoice, before)):
        _tax_undone(invoice, before, before.now.total, when_changed, name, sentence, found)
    return found


def _id_again(invoice: Invoice, before: Copied) -> Reason:
    """It is another invoice than the one that was copied: that one is not written over."""
    return Reason(
        "id-used-again",
        Text(
            "OneDesk has deleted its invoice {deleted}, which QuickBooks still has as {there}, and has the invoice "
            "{number} under the same id ({id}) now: nothing is written over it. Void or delete {there} in QuickBooks "
            "if it is not owed, and create {number} in OneDesk under another id; if it is the same invoice, give it "
            "the number {deleted} again.",
            deleted=before.deleted,
            there=before.number or before.qbo_id,
            number=invoice.number or invoice.id,
            id=invoice.id,
        ),
    )


def _the_same(
    invoice: Invoice, before: Copied, now: BooksInvoice, customer: EnsureCustomer, name: str
) -> Reason | None:
    """Why QuickBooks' version counts as OneDesk's, so that nothing is written."""
    if before.same:
        return Reason("same-again", Text("{name} was changed there, and is just as OneDesk has it now.", name=name))
    if before.found and invoice.status == "paid" and _is_it(invoice, now, customer):
        sentence = Text(
            "{name} is a copy of it, and is linked: nothing is written of an invoice that is Paid.", name=name
        )
        return Reason("linked", sentence)
    return None


def _is_it(invoice: Invoice, now: BooksInvoice, customer: EnsureCustomer) -> bool:
    """Whether an invoice with our marker also has this customer, currency and total."""
    same = (now.currency or invoice.currency, now.total) == (invoice.currency, invoice.total)
    return same and customer.existing is not None and customer.existing.id == now.customer_id


def _lost(invoice: Invoice, before: Copied, name: str) -> Reason:
    """QuickBooks no longer has the invoice, or it is void: it cannot be restored. Once a person has accepted that, or
    has voided it in the host, there is nothing left to decide."""
    void = before.now is not None
    did = Text("voided") if void else Text("deleted")
    if invoice.status == "void":
        sentence = Text("{name} was {did} in QuickBooks as well; nothing is left to do there.", name=name, did=did)
        return Reason(NOT_OPEN, sentence)
    again = Text("To bill it again, duplicate the invoice in OneDesk under a new number and copy that.")
    if before.undone_run:
        undid = Text(
            "{name} was {did} there on {undone_on}, when the run {undone_run} was undone",
            name=name,
            did=did,
            undone_on=before.undone_on,
            undone_run=before.undone_run,
        )
        return Reason("voided-by-undo", Text("{undid}, and it cannot be restored. {again}", undid=undid, again=again))
    if before.undone_on:
        ours = Text(
            "{name} was {did} there by rule on {undone_on}, since OneDesk had it withdrawn",
            name=name,
            did=did,
            undone_on=before.undone_on,
        )
        sentence = Text("{ours}, and it cannot be restored; void it in OneDesk again. {again}", ours=ours, again=again)
        return Reason("voided-by-rule", sentence)
    if before.taken and before.kept_on:
        values = {"name": name, "day": before.kept_on, "again": again}
        if void:
            sentence = Text(
                "{name} was voided in QuickBooks, and a person accepted the void on {day}. {again}", **values
            )
            return Reason("void-accepted", sentence)
        sentence = Text(
            "{name} was deleted in QuickBooks, and a person accepted the deletion on {day}. {again}", **values
        )
        return Reason("deletion-accepted", sentence)
    if before.taken:
        after = Text("it stays so (invoices.when_changed_in_quickbooks: keep_quickbooks).")
    else:
        accept = "onedesk-quickbooks queue settle ENTRY --keep quickbooks"
        after = (
            Text("void it in OneDesk too, or accept the void: {accept}.", accept=accept)
            if void
            else Text("void it in OneDesk too, or accept the deletion: {accept}.", accept=accept)
        )
    sentence = Text("{name} was {did} in QuickBooks; {after} {again}", name=name, did=did, after=after, again=again)
    return Reason("voided-in-quickbooks", sentence) if void else Reason("deleted-in-quickbooks", sentence)


def _decided(before: Copied, action: str, when_changed: str) -> bool:
    """Whether the decision for QuickBooks' version is still valid: OneDesk has nothing newer, or the rule says so."""
    return action == "unchanged" or before.kept_current or when_changed == "keep_quickbooks"


def _corrected(invoice: Invoice, before: Copied, total: Decimal) -> bool:
    """Whether an edit has only set the tax, so that the totals now agree and did not before."""
    set_tax = before.set_tax is not None and before.same_base
    return before.edited and set_tax and before.differed and total == invoice.total


def _kept(invoice: Invoice, before: Copied, total: Decimal, name: str, day: str) -> Reason:
    how = Text(", as a person decided on {day}", day=day) if day else ""
    what = Text(": {described}.", described=described(before.versions)) if before.versions else "."
    totals = "" if total == invoice.total else Text(" {both}", both=_both(invoice, total))
    return Reason(
        "kept",
        Text(
            "{name} was changed there and stays as it is{how}{what}{totals}",
            name=name,
            how=how,
            what=what,
            totals=totals,
        ),
    )


def _changed(
    invoice: Invoice, before: Copied, total: Decimal, when_changed: str, name: str, found: ExistingCopy
) -> None:
    """It was edited in QuickBooks since: it is never silently overwritten."""
    if before.differed and total == invoice.total and found.action == "unchanged":
        found.accept = True
        found.notes.append(_agree(invoice, before, total, name))
        return
    sentence = Text(
        "{name} was changed there since it was copied: {described}. {choose}",
        name=name,
        described=described(before.versions),
        choose=_CHOOSE,
    )
    held = Reason("changed-in-quickbooks", sentence)
    _by_rule(invoice, before, total, when_changed, name, found, held)


def _undone(
    invoice: Invoice, before: Copied, total: Decimal, when_changed: str, name: str, found: ExistingCopy
) -> None:
    """An edit that was accepted because the totals agreed counts as an edit again, once OneDesk's version would undo
    it."""
    taken = Text("{name} was changed there, which was accepted because its total was equal to OneDesk's", name=name)
    sentence = Text(
        "{taken}, and OneDesk's version would undo it: {described}. {choose}",
        taken=taken,
        described=described(before.versions),
        choose=_CHOOSE,
    )
    _by_rule(invoice, before, total, when_changed, name, found, Reason("agreed-in-quickbooks", sentence))


def _by_rule(
    invoice: Invoice, before: Copied, total: Decimal, when_changed: str, name: str, found: ExistingCopy, held: Reason
) -> None:
    """`held` is why a person has to choose, where the rule says hold."""
    if when_changed == "hold":
        found.reasons.append(held)
        return
    if when_changed == "keep_quickbooks":
        found.action, found.keep = "unchanged", True
        found.notes.append(_kept(invoice, before, total, name, ""))
        return
    found.action = "update"
    sentence = Text(
        "{name} was changed there and was written over: {described}.", name=name, described=described(before.versions)
    )
    found.notes.append(Reason("overwritten", sentence))
    found.notes += _left(before, name)


def _agree(invoice: Invoice, before: Copied, total: Decimal, name: str) -> Reason:
    more = [each for each in before.versions if not each[0].startswith(TAX)]
    stays = Text(" What else was changed stays as it is there: {described}.", described=described(more)) if more else ""
    sentence = Text(
        "{name} was changed there, and its total is now that of OneDesk, {total}.{stays}",
        name=name,
        total=invoice.money(total),
        stays=stays,
    )
    return Reason("totals-agree", sentence)


def _left(before: Copied, name: str) -> list[Reason]:
    """Fields that OneDesk's version does not state keep QuickBooks' values when that version is written again."""
    if not before.left:
        return []
    fields = joined(
        "; ", (Text("{field}: {value}", field=field_text(field), value=value) for field, value in before.left)
    )
    sentence = Text(
        "{name} keeps what OneDesk does not state ({fields}); where that is not right, enter it in "
        "OneDesk, or correct it in QuickBooks.",
        name=name,
        fields=fields,
    )
    return [Reason("left-as-it-is", sentence)]


def _tax_undone(
    invoice: Invoice, before: Copied, total: Decimal, when_changed: str, name: str, sentence: str, found: ExistingCopy
) -> None:
    """A tax that was set in QuickBooks, and accepted since, counts as an edit once OneDesk's version would undo it."""
    if when_changed == "keep_quickbooks":
        found.action, found.keep = "unchanged", True
        found.notes.append(_kept(invoice, before, total, name, ""))
    elif when_changed == "overwrite":
        found.notes.append(Reason("overwritten", Text("{sentence}.", sentence=sentence)))
    else:
        found.reasons.append(
            Reason("tax-set-in-quickbooks", Text("{sentence}. {choose}", sentence=sentence, choose=_CHOOSE))
        )


def kept_total(invoice: Invoice, before: Copied, now: BooksInvoice) -> Reason:
    """An edit in QuickBooks was accepted, and its total differs from the host's."""
    changed = Text(": {described}.", described=described(before.versions)) if before.versions else "."
    return Reason(
        "kept-total",
        Text(
            "The QuickBooks invoice {before_number} of this invoice was changed there and stays as it "
            "is{changed} {both} It is not e-mailed; {remedy}",
            before_number=before.number or before.qbo_id,
            changed=changed,
            both=_both(invoice, now.total),
            remedy=_REMEDY,
        ),
    )


def paid_in_full(now: BooksInvoice) -> bool:
    """Whether nothing is open in QuickBooks."""
    return now.total > 0 and now.balance == 0


def paid_anyway(invoice: Invoice, now: BooksInvoice) -> Reason:
    """The totals differ, and the customer has paid QuickBooks' total."""
    return Reason(
        "paid-anyway",
        Text(
            "The total is {now_total} in QuickBooks and {total} in OneDesk; it is paid in full there, so that it is "
            "not e-mailed and nothing is left to decide.",
            now_total=invoice.money(now.total),
            total=invoice.money(invoice.total),
        ),
    )


def unsent(kept: Reason, differs: bool) -> Reason:
    """An edit that is kept and was found only now is not e-mailed before a person has read of it; `differs`: its amount
    differs from OneDesk's, so that it is never e-mailed."""
    again = Text("It is not e-mailed; {remedy}", remedy=_REMEDY)
    if not differs:
        again = Text(
            "It is not e-mailed, because the change was only just found: check it in QuickBooks, then send it again."
        )
    return Reason("kept-unsent", Text("{sentence} {again}", sentence=kept.sentence, again=again))


def kept_deposit(invoice: Invoice, before: Copied, now: BooksInvoice, deposit: Decimal) -> Reason:
    """An edit in QuickBooks was accepted, and its prepaid amount differs from the host's."""
    return Reason(
        "kept-deposit",
        Text(
            "The QuickBooks invoice {before_number} of this invoice was changed there and stays as it is. It "
            "has a deposit of {there} there, and {deposit} is prepaid in OneDesk. It is not e-mailed; {remedy}",
            before_number=before.number or before.qbo_id,
            there=invoice.money(now.deposit),
            deposit=invoice.money(deposit),
            remedy=_REMEDY,
        ),
    )


def _both(invoice: Invoice, total: Decimal) -> str:
    return Text(
        "Its total is {theirs} there and {own} in OneDesk.",
        theirs=invoice.money(total),
        own=invoice.money(invoice.total),
    )
