"""Invoices whose total differs from the paid one in QuickBooks: edited in OneDesk since the copy, and not copied again.
A person has to decide."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.ledger import InvoiceLink, Ledger, LedgerProblem, Work, numbered
from onedesk_quickbooks.plugin.model.host import InvoiceJson, OneDeskHost
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text
from onedesk_quickbooks.plugin.planning import EDITED, TOTAL, kind_changed
from onedesk_quickbooks.plugin.sync.host_notes import NOTE, not_taken, see, show_state
from onedesk_quickbooks.plugin.sync.payload import read_invoice
from onedesk_quickbooks.plugin.sync.settings import Settings
from onedesk_quickbooks.plugin.sync.versions import is_about, kept_since, versions_json
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.texts.arguments import arguments

AS_COPIED = Text("OneDesk has reported another total, and has the one of the last copy")
"""The reason of a dropped entry about an edit that the host has rolled back, or taken back."""
_ALIKE = Text("QuickBooks has the total of OneDesk by now")
_UNPAID = Text("no payment or credit is applied to the invoice in QuickBooks any more")
_KEPT = Text("QuickBooks' version of it was kept")
_AMOUNTS: dict[str, Any] = {
    **dict.fromkeys(("lines", "discounts", "charges", "taxes"), ()),
    **dict.fromkeys(("total", "prepaid", "rounding"), Decimal(0)),
    **dict.fromkeys(("subtotal", "payable")),
    "status": "",
}


@dataclass(frozen=True, slots=True)
class Otherwise:
    """Such an invoice: its link, and the sentence for the person who decides. `versions` are the differences where an
    edit in QuickBooks was kept, whose version a copy would keep as well."""

    link: InvoiceLink
    reason: str
    versions: Sequence[Mapping[str, str]] = ()

    @property
    def code(self) -> str:
        """With versions it is one of those for which a person chooses one."""
        return EDITED if self.versions else ""

    def show(
        self, ledger: Ledger, host: OneDeskHost, settings: Settings, entry: Work, source: InvoiceJson | None
    ) -> None:
        """Give it the tag and a note, and the entry this reason and version. Raises what the host raises."""
        reason = numbered(self.reason, entry.id)
        show_state(host, settings, self.link, differs=True)
        host.add_note(self.link.od_invoice_id, NOTE, reason)
        ledger.unconfirmed.read(entry, reason, self.code, self.versions, source)


def otherwise(ledger: Ledger, realm_id: str, source: InvoiceJson | None) -> Otherwise | None:
    """Compare a version of the host: whether it is Open or Paid, its total differs from the last copy's and from
    QuickBooks', or it has become a credit note, and something pays it there. None where a person has kept QuickBooks'
    version of just this one."""
    if source is None or source.get("status") not in ("open", "paid"):
        return None
    link = ledger.links.invoice(realm_id, source["id"])
    invoice = _read(source) if link is not None else None
    if link is None or invoice is None or _passed(ledger, invoice, link) or ledger.conflicts.is_gone(link):
        return None
    kept, applied = kept_since(ledger, link), _applied(ledger, invoice, link)
    if kept is None or invoice.kind != link.kind:
        return Otherwise(link, _sentence(invoice, link, applied))
    return _kept(invoice, link, kept, applied)


def _passed(ledger: Ledger, invoice: Invoice, link: InvoiceLink) -> str:
    """Why such an invoice needs no entry, or needs it no longer; "" where it needs one."""
    if not _differs(invoice, link):
        return AS_COPIED if invoice.total == decimal_from_text(link.total) else _ALIKE
    if not ledger.payments.settling(link.realm_id, invoice.id):
        return _UNPAID
    edit = ledger.conflicts.latest(link.realm_id, [invoice.id]).get(invoice.id)
    if edit is not None and edit.state == "held" and edit.conflict.what == "edited":
        there = decimal_from_text(edit.conflict.qbo_total or link.qbo_total)
        if there != decimal_from_text(link.qbo_total):  # its entry has the present figures
            return see(edit.id)
    kept = kept_since(ledger, link)
    return _KEPT if kept is not None and invoice.kind == link.kind and is_about(kept, invoice) else ""


def passed(ledger: Ledger, realm_id: str, source: InvoiceJson | None) -> str:
    """Why the entry of such an invoice leaves the queue; "" where it does not. An invoice that is not Open or Paid, or
    has no link, leaves it otherwise."""
    if source is None or source.get("status") not in ("open", "paid"):
        return ""
    link, invoice = ledger.links.invoice(realm_id, source["id"]), _read(source)
    return _passed(ledger, invoice, link) if link is not None and invoice is not None else ""


def _waits(ledger: Ledger, realm_id: str, od_invoice_id: str) -> bool:
    return any(work.state != "skipped" for work in ledger.queue.open_of(realm_id, od_invoice_id))


def _shown(ledger: Ledger, realm_id: str, od_invoice_id: str) -> Work | None:
    """The entry that such an invoice has; None for another one, which a command has asked for."""
    entry = ledger.queue.held(realm_id, [od_invoice_id]).get(od_invoice_id)
    return entry if entry is not None and entry.proposed else None


def reported_otherwise(ledger: Ledger, realm_id: str, source: InvoiceJson) -> None:
    """A hook has reported this version: such an invoice gets an entry of the queue, unless one waits already; its own
    has this version then. It is shown in the host when that is read again (reported.py)."""
    found = otherwise(ledger, realm_id, source)
    if (entry := _shown(ledger, realm_id, source["id"])) is not None:
        if found is not None or passed(ledger, realm_id, source):
            _restate(ledger, entry, found, source)
    elif found is not None and not _waits(ledger, realm_id, source["id"]):
        _hold(ledger, found, source)


def show_otherwise(
    ledger: Ledger, host: OneDeskHost, settings: Settings, realm_id: str, source: InvoiceJson | None
) -> None:
    """The host has this version now: such an invoice gets an entry of the queue, a note and the tag, unless an entry
    waits already; its own gets the present figures, or leaves the queue. Raises what the host raises; it is shown then
    when that is read again (reported.py)."""
    if source is None:
        return
    found, entry = otherwise(ledger, realm_id, source), _shown(ledger, realm_id, source["id"])
    if found is None:
        if entry is not None and passed(ledger, realm_id, source):
            _restate(ledger, entry, None, source)
        return
    if entry is not None:
        if numbered(found.reason, entry.id) == entry.reason:
            return
        _restate(ledger, entry, found, source)
    elif _waits(ledger, realm_id, source["id"]):
        return
    entry = ledger.queue.get(entry.id if entry is not None else _hold(ledger, found, source))
    if entry is not None:
        found.show(ledger, host, settings, entry, source)


def follow_quickbooks(ledger: Ledger, host: OneDeskHost, settings: Settings, realm_id: str) -> None:
    """QuickBooks was looked at: the entries of such invoices get the present figures, or leave the queue. One for which
    the host is to be read anyway is left to that, which looks would put off again and again. An exception of the host
    counts for its invoice alone; the next look repeats it."""
    for entry in ledger.unconfirmed.of_edits(realm_id, confirmed=True):
        try:
            found = host.read_invoice(entry.od_invoice_id)
            show_otherwise(ledger, host, settings, realm_id, found)
        except LedgerProblem:
            raise
        except Exception as problem:
            not_taken(f"how invoice {entry.od_invoice_id} differs", problem)


def _restate(ledger: Ledger, entry: Work, found: Otherwise | None, source: InvoiceJson) -> None:
    """The entry is about this version, until the host is read again; without `found` it then leaves the queue."""
    with ledger.together() as connection:
        reason = numbered(found.reason, entry.id) if found is not None else entry.reason
        ledger.unconfirmed.report(connection, entry, source, reason)


def _hold(ledger: Ledger, found: Otherwise, source: InvoiceJson) -> int:
    with ledger.together() as connection:
        return ledger.queue.hold(connection, found.link.realm_id, source, found.reason, found.code, found.versions)


def _read(source: InvoiceJson) -> Invoice | None:
    try:
        return read_invoice(source)
    except ValueError:  # the next copy reports the problem
        return None


def _differs(invoice: Invoice, link: InvoiceLink) -> bool:
    totals = decimal_from_text(link.total), decimal_from_text(link.qbo_total)
    return invoice.kind != link.kind or invoice.total not in totals


@dataclass(frozen=True, slots=True)
class _Applied:
    """The payments and credits that are applied to QuickBooks' invoice, and the most of them that a total leaves room
    for. Neither is below zero; an invoice with a total of zero is paid by none."""

    paid: Money
    most: Money

    @property
    def is_too_much(self) -> bool:
        """QuickBooks would take the excess off the payments: a copy is held."""
        return self.paid.amount > self.most.amount


def _applied(ledger: Ledger, invoice: Invoice, link: InvoiceLink) -> _Applied:
    payments = ledger.payments
    rows = (*payments.settling(link.realm_id, invoice.id), *payments.ignored(link.realm_id, invoice.id))
    paid = abs(sum((each.amount.amount for each in rows), Decimal(0)))
    return _Applied(Money(paid, link.currency), Money(max(invoice.total - invoice.prepaid, Decimal(0)), link.currency))


def _sentence(invoice: Invoice, link: InvoiceLink, applied: _Applied) -> str:
    there, named = Money(decimal_from_text(link.qbo_total), link.currency), arguments(invoice.id)
    own = invoice.money(invoice.total)
    if invoice.kind != link.kind:
        return _converted(invoice, link, applied)
    if not applied.paid.amount:
        return Text(
            "The invoice total is now {total} in OneDesk, but {there} in QuickBooks. To have OneDesk's version "
            "there too, run: onedesk-quickbooks copy {id}. If {there} is right, correct the invoice in OneDesk, then "
            "copy it.",
            total=own,
            there=there,
            id=named,
        )
    if applied.is_too_much:
        return Text(
            "The invoice total is now {total} in OneDesk, but {there} in QuickBooks, where payments or credits of "
            "{paid} are already applied to it, more than {most}. To have OneDesk's version there too, take the excess "
            "off the invoice in QuickBooks, then run: onedesk-quickbooks copy {id}. If {there} is right, correct the "
            "invoice in OneDesk, then copy it.",
            total=own,
            there=there,
            paid=applied.paid,
            most=applied.most,
            id=named,
        )
    return Text(
        "The invoice total is now {total} in OneDesk, but {there} in QuickBooks, where payments or credits are "
        "already applied to it. To have OneDesk's version there too, run: onedesk-quickbooks copy {id}. If {there} is "
        "right, correct the invoice in OneDesk, then copy it.",
        total=own,
        there=there,
        id=named,
    )


def _converted(invoice: Invoice, link: InvoiceLink, applied: _Applied) -> str:
    values: dict[str, Any] = {
        "total": invoice.money(invoice.of_host(invoice.total)),
        "there": Money(decimal_from_text(link.qbo_total), link.currency),
        "changed": kind_changed(invoice, link.kind, link.qbo_number or link.qbo_id),
        "id": arguments(invoice.id),
    }
    if not applied.paid.amount:
        return Text(
            "The total is {total} in OneDesk now and {there} in QuickBooks. {changed} Then copy the restored one: "
            "onedesk-quickbooks copy {id}.",
            **values,
        )
    return Text(
        "The total is {total} in OneDesk now and {there} in QuickBooks, where payments or credits are already "
        "applied to it. {changed} Then copy the restored one: onedesk-quickbooks copy {id}.",
        **values,
    )


def _kept(invoice: Invoice, link: InvoiceLink, kept: Work, applied: _Applied) -> Otherwise:
    own, there = invoice.money(invoice.total), Money(decimal_from_text(link.qbo_total), link.currency)
    values: dict[str, Any] = {"total": own, "there": there}
    values["settle"] = "onedesk-quickbooks queue settle ENTRY --keep onedesk|quickbooks"
    reason = Text(
        "The invoice total is now {total} in OneDesk, but {there} in QuickBooks, whose version was kept and where "
        "payments or credits are already applied to it. Choose the version to keep: {settle}.",
        **values,
    )
    if not applied.paid.amount:
        reason = Text(
            "The invoice total is now {total} in OneDesk, but {there} in QuickBooks, whose version was kept. Choose "
            "the version to keep: {settle}.",
            **values,
        )
    elif applied.is_too_much:
        reason = Text(
            "The invoice total is now {total} in OneDesk, but {there} in QuickBooks, whose version was kept and where "
            "payments or credits of {paid} are already applied to it, more than {most}. Choose the version to keep: "
            "{settle}. OneDesk's is written once the excess is taken off the invoice in QuickBooks.",
            paid=applied.paid,
            most=applied.most,
            **values,
        )
    then = _read(kept.invoice)
    others = [each for each in kept.conflict.versions if then is not None and _is_still(each["field"], then, invoice)]
    return Otherwise(link, reason, (*others, *versions_json([(TOTAL, str(own), str(there))])))


def _is_still(field: str, then: Invoice, now: Invoice) -> bool:
    """Whether OneDesk's value of a difference that was noted for the version `then` is its present one."""
    if field == TOTAL:
        return False
    if field.startswith(("line ", "tax")):
        return dataclasses.replace(then, status="") == dataclasses.replace(now, status="")
    return dataclasses.replace(then, **_AMOUNTS) == dataclasses.replace(now, **_AMOUNTS)
