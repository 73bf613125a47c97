"""Shows the state of an invoice in the host: one tag with a link, and a note."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from onedesk_quickbooks.plugin.ledger import InvoiceLink, Ledger, Work
from onedesk_quickbooks.plugin.model.host import OneDeskHost
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO, INVOICE
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.model.state import PAST, TAGS
from onedesk_quickbooks.plugin.sync.settings import Settings
from onedesk_quickbooks.plugin.texts import Text, joined

_log = logging.getLogger("onedesk_quickbooks.sync")

WAITING, COPIED, SENT = TAGS["waiting"], TAGS["copied"], TAGS["sent"]
DIFFERS, HELD, SKIPPED, VOIDED = TAGS["differs"], TAGS["held"], TAGS["skipped"], TAGS["voided"]
"""All tags that this plugin sets; an invoice has one of them at a time. The link of every tag leads to the invoice in
QuickBooks where there is one."""
NOTE = "quickbooks"
"""Key of the note on the last copy or send; payments have their own keys."""


def show_outcome(
    host: OneDeskHost, settings: Settings, outcome: Outcome, sent_to: str, link: InvoiceLink | None
) -> None:
    """Show an outcome in the host; idempotent. `link` is the ledger's link of the invoice. The tag is set last: where
    it is visible, so is the note with the reason."""
    qbo_id = outcome.qbo_id or (link.qbo_id if link else "")
    host.add_note(outcome.id, NOTE, note(outcome, sent_to))
    host.set_tag(outcome.id, tag_of(outcome, link), page(settings, qbo_id, link.kind if link else outcome.kind))


def show_withdrawn(
    host: OneDeskHost, settings: Settings, outcome: Outcome, link: InvoiceLink | None, there: bool
) -> None:
    """Show what happened in QuickBooks to an invoice that the host has voided; `there`: QuickBooks has it, also void.
    Nothing is shown for one that the host has deleted. Raises what the host raises for an existing one."""
    if outcome.action == "deleted" and host.read_invoice(outcome.id) is None:
        return
    try:
        _note_withdrawn(host, settings, outcome, link, there)
    except Exception:
        if host.read_invoice(outcome.id) is not None:
            raise


def _note_withdrawn(
    host: OneDeskHost, settings: Settings, outcome: Outcome, link: InvoiceLink | None, there: bool
) -> None:
    if outcome.outcome in ("held", "failed"):
        host.add_note(outcome.id, NOTE, outcome.reason)
        return
    number = outcome.qbo_number or outcome.qbo_id
    credit = outcome.kind == CREDIT_MEMO
    invoice = Text("Invoice {number} was voided in QuickBooks.", number=number)
    did = Text("Credit memo {number} was voided in QuickBooks.", number=number) if credit else invoice
    ours = outcome.outcome == "voided" or (there and not outcome.reason)  # it was reported before, or is reported again
    said = did if ours else ""
    host.add_note(outcome.id, NOTE, joined(" ", (part for part in (said, outcome.reason) if part)))
    host.set_tag(outcome.id, VOIDED if there else "", page(settings, link.qbo_id, link.kind) if link and there else "")


def show_payment(
    host: OneDeskHost,
    work: Work,
    outcome: Outcome,
    before: Collection[str],
    still: Mapping[str, Money] = MappingProxyType({}),
) -> None:
    """Show the state of a payment that the host has recorded at its invoices: a note where it is held, or differs in
    QuickBooks; none where both agree, nor at invoices that it was for `before`, unless it is held and QuickBooks'
    payment is `still` for them."""
    payment = work.invoice["payment"]
    held = Text("{held}: {reason}", held=HELD, reason=outcome.reason)
    waits = outcome.outcome in ("held", "failed")
    text = held if waits else "" if outcome.outcome == "skipped" else outcome.reason
    notes = {**{each["id"]: text for each in payment["invoices"]}, **dict.fromkeys(before, "")}
    notes |= {od_id: _not_moved(work, amount, outcome.reason) for od_id, amount in still.items() if waits}
    for od_id, said in notes.items():
        if host.read_invoice(od_id) is not None:
            host.add_note(od_id, _payment_key(work), said)


def show_rest(host: OneDeskHost, work: Work, rest: Money) -> None:
    """Show at the invoices of a payment that the host has recorded what is left of it in QuickBooks; in place of the
    note on its outcome, which says what was left then."""
    text = Text(
        "{rest} of the payment {name} stays in QuickBooks as the customer's credit, which is applied to no invoice.",
        rest=rest,
        name=work.od_number or work.invoice["payment"]["id"],
    )
    for each in work.invoice["payment"]["invoices"]:
        if host.read_invoice(each["id"]) is not None:
            host.add_note(each["id"], _payment_key(work), text if rest.amount > 0 else "")


def show_still(host: OneDeskHost, work: Work, od_invoice_id: str, amount: Money, reason: str) -> None:
    """Show how much QuickBooks' payment settles now of an invoice that the host's has paid before its change, which is
    held for this reason."""
    if host.read_invoice(od_invoice_id) is not None:
        text = _not_moved(work, amount, reason) if amount.amount else ""
        host.add_note(od_invoice_id, _payment_key(work), text)


def _payment_key(work: Work) -> str:
    return f"{NOTE}-host-payment-{work.invoice['payment']['id']}"


def _not_moved(work: Work, amount: Money, reason: str) -> Text:
    """The note at an invoice that the host's payment has paid before."""
    return Text(
        "{held}: OneDesk has changed the payment {name}, so that it pays nothing of this invoice; in QuickBooks it "
        "still settles {amount} of it. {reason}",
        held=HELD,
        name=work.od_number or work.invoice["payment"]["id"],
        amount=amount,
        reason=reason,
    )


def show_undone(host: OneDeskHost, settings: Settings, link: InvoiceLink, action: str, run: str) -> None:
    """Show that QuickBooks' invoice was voided or deleted (`action`), because the run that had made it was undone."""
    name = link.qbo_number or link.qbo_id
    if action == "delete":
        after = Text("It is not copied again automatically: copy it to bring it to QuickBooks.")
    else:
        after = Text("It stays there with amounts of zero; to bill it, duplicate it under a new number and copy that.")
    did = PAST["deleted" if action == "delete" else "voided"]
    values: dict[str, Any] = {"name": name, "did": did, "run": run, "after": after}
    said = Text("Invoice {name} was {did} in QuickBooks: the run {run} was undone. {after}", **values)
    if link.kind == CREDIT_MEMO:
        said = Text("Credit memo {name} was {did} in QuickBooks: the run {run} was undone. {after}", **values)
    host.add_note(link.od_invoice_id, NOTE, said)
    if action == "delete":
        host.set_tag(link.od_invoice_id, "", "")
    else:
        show_state(host, settings, link, differs=True)


def show_waiting(host: OneDeskHost, settings: Settings, od_invoice_id: str, link: InvoiceLink | None) -> None:
    """Show that QuickBooks could not be reached, and that the plugin tries again automatically."""
    host.set_tag(od_invoice_id, WAITING, page_of_link(settings, link))


def show_state(host: OneDeskHost, settings: Settings, link: InvoiceLink, differs: bool, gone: bool = False) -> None:
    """Show whether QuickBooks' invoice agrees with OneDesk's; `gone`: it was deleted there."""
    tag = DIFFERS if differs else SENT if link.state == "sent" else COPIED
    host.set_tag(link.od_invoice_id, tag, "" if gone else page_of_link(settings, link))


def show_left(ledger: Ledger, host: OneDeskHost, settings: Settings, link: InvoiceLink, status: str) -> None:
    """Show what QuickBooks has of an invoice of which nothing waits any more. `status` is that of the host's."""
    there = ledger.conflicts.differing(link)
    if status != "void" or there not in ("voided", "deleted"):
        show_state(host, settings, link, differs=bool(there), gone=there == "deleted")
    elif there == "voided":
        host.set_tag(link.od_invoice_id, VOIDED, page_of_link(settings, link))
    else:
        host.set_tag(link.od_invoice_id, "", "")


def page(settings: Settings, qbo_id: str, kind: str = INVOICE) -> str:
    """The address of the invoice, or the credit memo, in QuickBooks' pages; "" for none."""
    from onedesk_quickbooks.plugin.qbo import page_of

    return page_of(kind, settings.environment, settings.base_url, qbo_id) if qbo_id else ""


def page_of_link(settings: Settings, link: InvoiceLink | None) -> str:
    """The same for a link; "" for none."""
    return page(settings, link.qbo_id, link.kind) if link else ""


def tag_of(outcome: Outcome, link: InvoiceLink | None) -> str:
    """The tag for an outcome. A held invoice that QuickBooks has is tagged as different, unless both totals are known
    and equal: then only the e-mail is held. For other outcomes the plan says whether it differs."""
    if outcome.outcome in ("held", "failed"):
        there = bool(outcome.qbo_id or link)
        same = outcome.qbo_total is not None and outcome.qbo_total == outcome.total
        return DIFFERS if there and not same else HELD
    if outcome.outcome == "skipped":
        return SKIPPED
    if outcome.differs and outcome.outcome != "sent":
        return DIFFERS
    sent = outcome.outcome == "sent" or (link is not None and link.state == "sent")
    return SENT if sent else COPIED


def note(outcome: Outcome, sent_to: str) -> str:
    """The note for the users of the invoice; "" where there is nothing to report."""
    if outcome.outcome in ("held", "skipped"):
        return Text("{held}: {reason}", held=HELD if outcome.outcome == "held" else SKIPPED, reason=outcome.reason)
    if outcome.outcome == "failed":
        undone = (
            Text("The invoice in QuickBooks was not updated") if outcome.qbo_id else Text("Not copied to QuickBooks")
        )
        return Text("{undone}: {reason}", undone=undone, reason=outcome.reason)
    values = {"number": outcome.qbo_number or outcome.qbo_id, "address": sent_to}
    credit = outcome.kind == CREDIT_MEMO
    invoice = Text("QuickBooks e-mailed invoice {number} to {address}.", **values)
    sent = Text("QuickBooks e-mailed credit memo {number} to {address}.", **values) if credit else invoice
    return joined(" ", (part for part in (sent if sent_to else "", outcome.reason) if part))


def see(entry: int) -> str:
    """The sentence of a row that another entry has replaced."""
    return Text("It waits as entry {entry} of the queue.", entry=entry)


def not_taken(what: str, problem: Exception) -> None:
    """Log that the host did not accept something and gets it again; without a traceback where it raised `NotNow`."""
    known = isinstance(problem, NotNow)
    _log.error(
        "the host did not accept %s; it is reported again: %s", what, problem, exc_info=None if known else problem
    )
