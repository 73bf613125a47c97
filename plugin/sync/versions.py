"""Both versions of an invoice that was changed in QuickBooks: what we wrote, and its present state."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.ledger import Conflict, InvoiceLink, Ledger, Work
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text, plain
from onedesk_quickbooks.plugin.planning import DEPOSIT_FIELD, NAMES, TAX, TOTAL, Version
from onedesk_quickbooks.plugin.qbo import (
    NONE,
    Difference,
    covered,
    covered_as,
    differences,
    fingerprint_with_deposit,
    is_voided,
    read_deposit,
    read_invoice,
    same_fingerprint,
    version_in,
)
from onedesk_quickbooks.plugin.sync.payload import read_invoice as read_od_invoice
from onedesk_quickbooks.plugin.texts import Text

Raw = Mapping[str, Any]

_AFTER_TOTAL = (DEPOSIT_FIELD, "message to the customer", "private note")
"""Fields that are shown after the total."""


def comparable(
    ledger: Ledger, realm_id: str, pairs: Sequence[tuple[InvoiceLink, BooksInvoice]]
) -> dict[str, BooksInvoice]:
    """Invoices by QuickBooks' id, each with its link, made comparable: their fingerprints cover the same fields as the
    link's, and one that we wrote with a total of zero does not count as void."""
    seen = {now.id: covered_as(now, link.fingerprint) for link, now in pairs}
    empty = {link.od_invoice_id: link for link, now in pairs if now.voided and not decimal_from_text(link.qbo_total)}
    wrote = ledger.outbox.answers(realm_id, list(empty)) if empty else {}
    for od_id, then in wrote.items():
        now = seen[empty[od_id].qbo_id]
        seen[now.id] = dataclasses.replace(now, voided=is_voided(then, now))
    return seen


def edited(link: InvoiceLink, seen: BooksInvoice) -> bool:
    """Whether an invoice differs from QuickBooks' answer to our last write: in what we wrote, or in its total (after a
    tax was set by hand, for example). A payment or an e-mail changes neither."""
    return not same_fingerprint(link.fingerprint, seen) or decimal_from_text(link.qbo_total) != seen.total


def as_written(wrote: Raw | None, seen: BooksInvoice) -> bool:
    """Whether an invoice equals QuickBooks' answer to our last write (`wrote`), whatever version was kept since."""
    if wrote is None:
        return False
    then = covered_as(read_invoice(wrote), seen.fingerprint)
    return then.fingerprint == seen.fingerprint and then.total == seen.total


def only_paid(link: InvoiceLink, wrote: Raw | None, deposit: Decimal, seen: BooksInvoice) -> bool:
    """Whether the only change of an invoice is a deposit that was entered where we wrote none (`deposit` is ours): a
    payment, and no edit."""
    return not deposit and but_for_deposit(link, wrote, deposit, seen)


def but_for_deposit(link: InvoiceLink, wrote: Raw | None, deposit: Decimal, seen: BooksInvoice) -> bool:
    """Whether an invoice is as we wrote it, apart from its deposit (`deposit` is ours)."""
    if decimal_from_text(link.qbo_total) != seen.total:
        return False
    # an update does not change a deposit
    before = {Decimal(0), deposit, read_deposit(wrote) if wrote else Decimal(0)}
    letters = covered(link.fingerprint)
    return any(fingerprint_with_deposit(seen.written, each, letters) == link.fingerprint for each in before)


def mark_of(now: BooksInvoice) -> str:
    """A mark that identifies one version of an invoice in QuickBooks."""
    return f"{now.fingerprint}/{plain(now.total.normalize())}"


def conflict_of(what: str, now: BooksInvoice | None) -> Conflict:
    """A conflict for this version of an invoice; None where it was deleted."""
    if now is None:
        return Conflict(what)
    total = Money(now.total, now.currency).digits
    return Conflict(what, now.fingerprint, total, qbo_customer_id=now.customer_id)


def is_of(conflict: Conflict, now: BooksInvoice) -> bool:
    """Whether a conflict, noted by this or an earlier release, is about this version."""
    if not conflict.fingerprint or not same_fingerprint(conflict.fingerprint, now):
        return False
    return decimal_from_text(conflict.qbo_total) == now.total


def taken(link: InvoiceLink, now: BooksInvoice | None, latest: Work) -> bool:
    """Whether QuickBooks' version of the invoice was accepted: an edit, which later changes in OneDesk must not
    overwrite unseen, or its void or deletion. Changes made while it was void in OneDesk were not decided about."""
    conflict = latest.conflict
    if latest.state != "done" or latest.created_at < link.copied_at or conflict.withdrawn or conflict.passed:
        return False
    if now is None or now.voided:
        return conflict.what == ("deleted" if now is None else "voided")
    return not link.rewrite and is_of(conflict, now)


def is_about(found: Work, invoice: Invoice) -> bool:
    """Whether OneDesk's invoice is the one that the person decided about, whatever its status is now."""
    about = found.conflict.about
    if about is None:
        return False
    try:
        then = read_od_invoice(about)
    except ValueError:
        return False
    return dataclasses.replace(then, status="") == dataclasses.replace(invoice, status="")


def kept_since(ledger: Ledger, link: InvoiceLink) -> Work | None:
    """The decision of a person or of the rules for an edit in QuickBooks, where the link has that version; None where
    OneDesk's was written last, or is going to be."""
    found = ledger.conflicts.latest(link.realm_id, [link.od_invoice_id]).get(link.od_invoice_id)
    if found is None or link.rewrite:
        return None
    conflict = found.conflict
    if conflict.what != "edited" or conflict.withdrawn or conflict.passed:
        return None
    same = conflict.fingerprint == link.fingerprint and bool(conflict.qbo_total)
    return found if same and decimal_from_text(conflict.qbo_total) == decimal_from_text(link.qbo_total) else None


def kept_on(found: Work) -> str:
    """The day on which a person decided for QuickBooks' version; "" where a rule did."""
    lost = found.conflict.what in ("voided", "deleted")  # which `overwrite` leaves to a person
    by_rule = found.conflict.rule == "keep_quickbooks" or (found.conflict.rule == "overwrite" and not lost)
    return "" if by_rule else found.updated_at.date().isoformat()


def state_of(now: BooksInvoice | None) -> str:
    """The same with the paid amount: the state that an invoice was held against."""
    return f"{mark_of(now)}/{plain(now.balance.normalize())}" if now else ""


def accepted(now: BooksInvoice) -> dict[str, str]:
    """The link's columns once this version is accepted."""
    return {"fingerprint": now.fingerprint, "qbo_number": now.number, "qbo_total": plain(now.total)}


def versions(
    link: InvoiceLink, then: Raw | None, now: Raw, wrote: Raw | None, own: Invoice | None = None
) -> list[Version]:
    """The differences. `then` is QuickBooks' answer to `wrote`, our last write; without it number and total come from
    the link. Total and tax are those of `own`, OneDesk's invoice, which QuickBooks' answer need not have; without it
    the total is that of the last copy. Fields that OneDesk leaves open show QuickBooks' value."""
    before = then or version_in(now, link.qbo_number, decimal_from_text(link.qbo_total))
    theirs = read_invoice(now)
    last = Money(decimal_from_text(link.total), link.currency)
    total = own.money(own.total) if own else last
    shown = {TOTAL: str(total)}
    if own and own.taxes:
        shown[TAX] = str(own.money(sum((each.amount for each in own.taxes), Decimal(0))))
    found = [(each.field, shown.get(each.field) or _before(each), each.now) for each in differences(before, now, wrote)]
    found = [each for each in found if each[1] != each[2] and each[0] != TOTAL]
    there = Money(theirs.total, theirs.currency or total.currency)
    places = [place for place, (field, _, _) in enumerate(found) if field in _AFTER_TOTAL]
    place = places[0] if places else len(found)
    differs = [(TOTAL, str(total), str(there))] if total != there else []
    return [*found[:place], *differs, *found[place:]]


def _before(found: Difference) -> str:
    """OneDesk's value of the row, if it differs from QuickBooks'."""
    if not found.filled_in:
        return found.then
    own = "open" if found.now == NONE else "none"
    return f"{own} (QuickBooks had {found.then} at the last copy)"


def versions_json(found: Iterable[Version]) -> tuple[dict[str, str], ...]:
    """The differences, as the queue stores them."""
    return tuple(dict(zip(("field", "onedesk", "quickbooks"), each, strict=True)) for each in found)


def name_of(link: InvoiceLink) -> str:
    """The name of the invoice at the beginning of a sentence."""
    return Text("The QuickBooks {kind} {number}", kind=NAMES[link.kind], number=link.qbo_number or link.qbo_id)
