"""Stores one invoice in the host and runs its action, as a person would; refusals are outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.app.withdrawals import WITHDRAWALS, is_to_undo, withdrawal_sentence
from onedesk_quickbooks.plugin.cli.files import BadRecord
from onedesk_quickbooks.plugin.cli.session import USER, Session, person
from onedesk_quickbooks.plugin.cli.session.gather import Given
from onedesk_quickbooks.plugin.host import HostInvoice, asked
from onedesk_quickbooks.plugin.ledger import DONE_BY_QUEUE, InvoiceLink
from onedesk_quickbooks.plugin.model.host import InvoiceJson
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.planning import paid_already
from onedesk_quickbooks.plugin.texts import Text, joined
from onedesk_quickbooks.plugin.texts.arguments import arguments

COPY = "quickbooks.copy"
"""The action "Copy to QuickBooks Online"."""


def ask(session: Session, given: Given, action: str) -> Outcome | None:
    """Store a file's invoice in the host, then run `action` there. None: it is queued. An invoice that is void, deleted
    or in Draft in the file becomes so in the host: its queue entries are dropped, and its copy in QuickBooks is undone
    by rule, or the queue says what to do."""
    against = refusal(session, given, action)
    if against is not None or given.invoice["status"] in WITHDRAWALS:
        _withdraw(session, given)
        return against
    host = session.embedded
    if host is None:
        taken = _asked(session, given, action)
    else:
        kept = host.invoice(given.id)
        if given.where and (kept is None or kept.json != given.invoice or _is_void(kept)):
            host.save(given.invoice)
        now = host.invoice(given.id)
        if action == "copy":
            taken = host.act(given.id, COPY, USER)
        elif now is not None and now.status == "paid":  # as in a host that allows sending it again
            taken = bool(session.application.send(now.json, USER))
        else:
            taken = host.send(given.id, USER)
    return (
        None
        if taken
        else refused(given, action, Text("The plugin did not accept it; is QuickBooks connected?"), "failed")
    )


def _asked(session: Session, given: Given, action: str) -> bool:
    """Call the hooks as another host does."""
    if action == "send":
        return bool(session.application.send(given.invoice, USER))
    return bool(session.application.act(given.invoice, COPY, USER))


def _kept(session: Session, given: Given) -> HostInvoice | None:
    """The invoice of the embedded host; None if it has none, or if it is another host."""
    return session.embedded.invoice(given.id) if session.embedded else None


def refusal(session: Session, given: Given, action: str) -> Outcome | None:
    """Why `action` is not run in the host, as the outcome for `copy`, `send` and `plan`; None if it is."""
    kept = _kept(session, given)
    status = given.invoice["status"]
    if kept is not None:
        same = {**kept.json, "status": ""} == {**given.invoice, "status": ""}
        again = bool(given.where) and status == "open" and kept.status == "void"  # the file reopens it
        as_kept = same and status in ("open", kept.status)
        taken = as_kept or again or status in WITHDRAWALS or (status == "open" and kept.is_opened_by(given.invoice))
        if given.where and kept.status in ("paid", "void") and not taken:
            return refused(given, action, _not_taken(given, kept, action))
        if as_kept and not again:
            status = kept.status
    if status == "paid" and (kept is not None or session.embedded is None):
        if kept is not None and kept.status != "paid" and _link(session, given) is None:  # from the file only
            return refused(given, action, paid_already(given.id))
        return None  # planning checks whether QuickBooks has it
    if _undone(session, given, kept):
        return None
    withdrawn = _withdrawal_sentence(session, given, kept)
    if withdrawn:
        return refused(given, action, withdrawn)
    if status != "open":
        why = Text(
            "It is {state}: only an Open invoice is copied or sent. {remedy}",
            state=Text(status.capitalize()),
            remedy=_opened(given, status),
        )
        return refused(given, action, why)
    return None


def as_asked(session: Session, given: Given) -> InvoiceJson:
    """The invoice as the host will store it: one that is Paid there stays so, if the file has the same amount due, and
    does not have it void or deleted."""
    kept = _kept(session, given)
    withdrawn = given.invoice["status"] in WITHDRAWALS
    if kept is None or kept.status != "paid" or withdrawn or kept.asked != asked(given.invoice):
        return given.invoice
    return {**given.invoice, "status": kept.status}


def _link(session: Session, given: Given) -> InvoiceLink | None:
    application = session.application
    return application.ledger.links.invoice(application.realm_id(), given.id)


def _opened(given: Given, status: str) -> str:
    """How to change an invoice to Open."""
    if given.where:
        return Text("Give it the status open in the file.")
    if status == "draft":
        return Text("Open it in the host.")
    return Text("A file that has it with the status open opens it again.")


def _not_taken(given: Given, kept: HostInvoice, action: str) -> str:
    """Why a file changes nothing of an invoice that is Paid or void in the host, and the next step."""
    why = Text(
        "The host has this invoice as {state}: the changes in the file were not accepted.",
        state=Text(kept.status.capitalize()),
    )
    status, same = given.invoice["status"], kept.asked == asked(given.invoice)
    if kept.status == "void":
        return joined(" ", (why, Text("To open it again, give it the status open in the file.")))
    if status == "draft" or (status == "paid" and not same):
        return joined(" ", (why, Text("Only an Open invoice is changed: give it the status open in the file.")))
    imported = f"onedesk-quickbooks invoices import {arguments(given.where.rpartition(':')[0])}"
    if same:
        rest = Text(
            "Its amount due is the same, so nothing is left to copy. To have the changes in OneDesk, run: {command}; "
            "to have them in QuickBooks, make them on the invoice there.",
            command=imported,
        )
        return joined(" ", (why, rest))
    rest = Text(
        "It is paid, and its amount due is {kept} in the host and {given} in the file. Bill the difference by another "
        "invoice, or by a credit note; or open this one again, with its payments: {command}; then run: {again}.",
        kept=kept.asked,
        given=asked(given.invoice),
        command=imported,
        again=f"onedesk-quickbooks {action} {arguments(given.id)}",
    )
    return joined(" ", (why, rest))


def _withdraw(session: Session, given: Given) -> None:
    """Report it to the host as if a person had done it there."""
    kept, status, host = _kept(session, given), given.invoice["status"], session.embedded
    if host is None or not withdraws(session, given):
        return
    if status == "draft":
        host.reopen(given.id, USER)
        host.edit(given.id, given.invoice, USER)
    elif status == "paid":
        session.application.forget(given.id, Text("a file has the invoice as Paid"), person())
    elif status == "deleted":
        if kept is not None:
            host.delete(given.id, USER)
    elif not _is_void(kept) and (
        kept is not None or _withdrawal_sentence(session, given, kept) or _undone(session, given, kept)
    ):
        if kept is None:
            host.save({**given.invoice, "status": "open"})
        host.void(given.id, USER)


def withdraws(session: Session, given: Given) -> bool:
    """Whether what waits for the invoice is dropped, because a file has it void, deleted, in Draft or Paid. What the
    host has Paid, void or deleted is not put into Draft, and not paid, by a file: what waits for that goes on."""
    kept, status = _kept(session, given), given.invoice["status"]
    if not given.where or status == "open" or session.embedded is None:
        return False
    here = kept.status if kept is not None else "deleted"
    return status in WITHDRAWALS or here == "open" or (status == "paid" and here == "draft")


def _undone(session: Session, given: Given, kept: HostInvoice | None) -> bool:
    """Whether it is undone in QuickBooks by rule."""
    status, application = given.invoice["status"], session.application
    realm_id = application.realm_id() if status in WITHDRAWALS else ""
    if not realm_id:
        return False
    undoing = application.undoing(given.invoice, WITHDRAWALS[status])
    return is_to_undo(application.ledger, realm_id, given.id, undoing, _already(session, status, kept))


def _already(session: Session, status: str, kept: HostInvoice | None) -> bool:
    return session.embedded is None or (kept is None if status == "deleted" else _is_void(kept))


def _withdrawal_sentence(session: Session, given: Given, kept: HostInvoice | None) -> str:
    """The sentence of the queue, now or later, for an invoice that QuickBooks still has; "" otherwise."""
    status = given.invoice["status"]
    realm_id = session.application.realm_id() if status in WITHDRAWALS else ""
    if not realm_id:
        return ""
    already = _already(session, status, kept)
    return withdrawal_sentence(session.application.ledger, realm_id, given.id, WITHDRAWALS[status], already)


def _is_void(kept: HostInvoice | None) -> bool:
    return kept is not None and kept.status == "void"


def refused(given: Given, action: str, why: str, outcome: str = "held") -> Outcome:
    """An outcome that needed no work."""
    return Outcome(given.id, action, outcome, why, total=_total(given.invoice))


def bad(record: BadRecord, action: str) -> Outcome:
    """The outcome of a record that is no invoice."""
    return Outcome(record.id, action, "failed", record.text)


def unfinished(session: Session, invoice_id: str, action: str, actions: tuple[str, ...] = DONE_BY_QUEUE) -> Outcome:
    """The outcome of an invoice that this process has not finished: another one has (`serve`, for example), or it waits
    for QuickBooks, and the queue says why."""
    work = session.application.ledger.queue.latest(invoice_id, actions)
    if work is not None and work.state != "todo" and work.outcome:
        reason = str(work.outcome["reason"])
        return _read({**work.outcome, "reason": session.application.ledger.sentences.recalled([reason])[reason]})
    given = Given(invoice_id, work.invoice if work else session.host.read_invoice(invoice_id) or {})
    why = session.application.waiting(invoice_id) or Text("QuickBooks did not answer")
    ended = why if why.endswith(".") else joined("", (why, "."))
    connected = session.application.connected
    if connected is not None and connected.stopped_reason:
        return refused(given, action, joined(" ", (ended, Text("It is in the queue."))), "failed")
    waits = Text("It waits in the queue; `serve`, or the next copy or send, continues it.")
    found = refused(given, action, joined(" ", (ended, waits)), "failed")
    done = session.application.unreported(work.id) if work is not None else None
    return _as_done(found, done) if done is not None else found


def _as_done(found: Outcome, done: Outcome) -> Outcome:
    """The same with what was done in QuickBooks, of which the host did not accept the report."""
    reason = found.reason
    if done.outcome not in ("held", "failed", "skipped"):
        word = Text(done.outcome)
        reason = Text("In QuickBooks it is done ({outcome}); {why}", outcome=word, why=found.reason)
    names = ("qbo_id", "qbo_number", "qbo_total", "rule_ids", "calls", "kind")
    return replace(found, reason=reason, **{name: getattr(done, name) for name in names})


def _read(source: Mapping[str, Any]) -> Outcome:
    """An outcome from its form in the ledger."""

    def money(key: str) -> Money | None:
        return Money(Decimal(source[key]), source["currency"]) if source.get(key) else None

    texts = {key: source[key] for key in ("id", "action", "outcome", "reason", "qbo_id", "qbo_number")}
    return Outcome(
        **texts,
        total=money("total"),
        qbo_total=money("qbo_total"),
        rule_ids=tuple(source["rule_ids"]),
        calls=int(source["calls"]),
    )


def _total(invoice: Mapping[str, Any]) -> Money | None:
    if not invoice:
        return None
    read = Invoice.from_json(invoice)
    return read.money(read.total)
