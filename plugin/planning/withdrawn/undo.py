"""The undo of an invoice or credit memo that a run has made in QuickBooks: voided or deleted there as it was made, or
left, with the reasons."""

from __future__ import annotations

from onedesk_quickbooks.plugin.model.books import Books, BooksInvoice, Copied
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.plan import Held, Reason, Withdrawal
from onedesk_quickbooks.plugin.model.state import PAST
from onedesk_quickbooks.plugin.planning.credits import NAMES
from onedesk_quickbooks.plugin.planning.payments.paid import settled
from onedesk_quickbooks.plugin.planning.withdrawn.withdrawal import DID, DO_THERE, held, withdrawal
from onedesk_quickbooks.plugin.texts import Text


def plan_undo(
    invoice: Invoice,
    decisions: InvoiceDecisions,
    books: Books,
    action: str,
    sync_token: str,
    before: Copied | None,
    since: str,
) -> Withdrawal | Held:
    """`action` is void or delete, `sync_token` the version after the run, `before` QuickBooks' invoice; `since` names
    the later request that has written it, "" for none. Pure."""
    now = before.now if before else None
    outcome, notes = DID[action], list[Reason]()
    if before is None or now is None or now.voided:
        outcome = before.did if before and before.did else "unchanged"
        notes = [] if before is None or before.did else [_already(before)]
        action = ""
    elif reasons := _against(books, action, sync_token, before, now, since):
        return held(invoice, decisions, reasons)
    return withdrawal(invoice, decisions, before, action, notes, outcome)


def _against(books: Books, action: str, sync_token: str, before: Copied, now: BooksInvoice, since: str) -> list[Reason]:
    """Why it stays: what has happened to it since the run."""
    name, did, names = before.number or now.number or now.id, PAST[DID[action]], NAMES[before.kind]
    found = []
    if now.balance != now.total and before.kind == CREDIT_MEMO:
        sentence = Text(
            "The QuickBooks credit memo {name} has {used} applied, so that it is not {did}. If it is wrong, first "
            "take it off the invoice in QuickBooks (delete the zero-amount payment that applies it), then {action}.",
            name=name,
            used=Money(now.total - now.balance, now.currency),
            did=did,
            action=DO_THERE[action],
        )
        found.append(Reason("undo-used", sentence))
    elif now.balance != now.total or now.payment_ids or now.deposit:
        sentence = Text(
            "The QuickBooks invoice {name} has {settled}, so that it is not {did}. If the customer does not "
            "owe it, take that off the invoice there first (refund money, or keep it as the customer's "
            "credit), then {action}.",
            name=name,
            settled=settled(before, now),
            did=did,
            action=DO_THERE[action],
        )
        found.append(Reason("undo-paid", sentence))
    sent_on = before.sent_on or now.delivered_at[:10]
    if sent_on:
        sentence = Text(
            "QuickBooks e-mailed the {names} {name} on {sent_on}, so that the customer has it and it is not "
            "{did}. If it is wrong, void it in OneDesk and tell the customer.",
            names=names,
            name=name,
            sent_on=sent_on,
            did=did,
        )
        found.append(Reason("undo-sent", sentence))
    if since:
        sentence = Text(
            "The QuickBooks {names} {name} was written again since the run, by {since}, so that it is not {did}. If "
            "it is wrong, void it in OneDesk.",
            names=names,
            name=name,
            since=since,
            did=did,
        )
        found.append(Reason("undo-written-since", sentence))
    elif before.edited or before.taken or (now.sync_token != sync_token and not found):
        sentence = Text(
            "The QuickBooks {names} {name} was changed there since the run, so that it is not {did} unseen. Look at "
            "it in QuickBooks, and {action} if it is wrong.",
            names=names,
            name=name,
            did=did,
            action=DO_THERE[action],
        )
        found.append(Reason("undo-changed", sentence))
    closed = books.company.closed_through
    if closed is not None and now.issue_date is not None and now.issue_date <= closed:
        sentence = Text(
            "The QuickBooks {names} {name} is dated {issue_date}, and QuickBooks has its books closed "
            "through {closed}, so that it is not {did}. Credit it there, or move the closing date (Account "
            "and settings > Advanced > Accounting) and undo the run again.",
            names=names,
            name=name,
            issue_date=now.issue_date,
            closed=closed,
            did=did,
        )
        found.append(Reason("undo-closed", sentence))
    return found


def _already(before: Copied) -> Reason:
    did = PAST["voided" if before.now is not None else "deleted"]
    sentence = Text(
        "The QuickBooks {names} {name} was {did} there already.",
        names=NAMES[before.kind],
        name=before.number or before.qbo_id,
        did=did,
    )
    return Reason("undo-already", sentence)
