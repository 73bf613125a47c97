"""A withdrawn invoice that QuickBooks has: voided or deleted there by rule, or held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from onedesk_quickbooks.plugin.model.books import Books, BooksInvoice, Copied
from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO, INVOICE
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.plan import Held, Reason, Withdrawal
from onedesk_quickbooks.plugin.model.state import PAST
from onedesk_quickbooks.plugin.planning.credits import NAMES
from onedesk_quickbooks.plugin.planning.payments.paid import settled
from onedesk_quickbooks.plugin.planning.settled_by import with_rules
from onedesk_quickbooks.plugin.texts import Text

DID = {"void": "voided", "delete": "deleted"}
"""The state of QuickBooks' invoice after the action of the rules."""
PAID = "withdrawn-paid"
"""The code of a hold because something pays the invoice in QuickBooks."""
DO_THERE: Mapping[str, str] = {"void": Text("void it there"), "delete": Text("delete it there")}
"""The action of a person in QuickBooks."""
CLOSES = Text("this entry closes automatically once the look for payments has seen that.")
"""What happens to the entry after a person has voided or deleted the invoice in QuickBooks."""
_RETRY = "onedesk-quickbooks queue retry ENTRY"


def undoing(decisions: InvoiceDecisions, change: str) -> str:
    """The action on QuickBooks' invoice once the host's is "voided" or "deleted": void, delete, or hold. Nothing is
    written for an invoice that the rules hold or skip."""
    if _left_alone(decisions):
        return "hold"
    return decisions.on_void if change == "voided" else decisions.on_delete


def _left_alone(decisions: InvoiceDecisions) -> bool:
    return bool(decisions.skips) or decisions.hold not in (None, "none")


def plan_withdrawal(
    invoice: Invoice, decisions: InvoiceDecisions, books: Books, change: str, before: Copied | None, unruled: str
) -> Withdrawal | Held:
    """`change` is "voided" or "deleted", `before` QuickBooks' invoice (None: QuickBooks never had it), `unruled` is the
    text where the rules leave it to a person. Pure."""
    now = before.now if before else None
    action, outcome, notes = undoing(decisions, change), "unchanged", []
    if before is None or now is None or now.voided:
        action = ""
        notes = [] if before is None or before.did or before.undone_on else [_gone(before, change)]
        outcome = before.did if before and before.did else outcome
    elif action == "hold":
        setting = "" if _left_alone(decisions) else "invoices.on_void" if change == "voided" else "invoices.on_delete"
        return held(invoice, decisions, with_rules([Reason("withdrawn", unruled)], decisions, setting))
    elif reasons := _against(books, change, action, before, now):
        return held(invoice, decisions, reasons)
    else:
        outcome = DID[action]
    if outcome != "unchanged" and before:
        notes = [*([_found(before)] if before.found else []), *([_already_sent(before)] if before.sent_on else [])]
    return withdrawal(invoice, decisions, before, action, notes, outcome)


def withdrawal(
    invoice: Invoice,
    decisions: InvoiceDecisions,
    before: Copied | None,
    action: str,
    notes: Sequence[Reason],
    outcome: str,
) -> Withdrawal:
    """The plan of this action on QuickBooks' invoice (`before`), "" for none."""
    now = before.now if before else None
    return Withdrawal(
        invoice.id,
        invoice.number,
        invoice.money(invoice.total),
        action,
        Ref(before.qbo_id, before.number) if before else None,
        now.sync_token if now else "",
        Money.in_quickbooks(now.total, now.currency or invoice.currency) if now else None,
        tuple(notes),
        decisions,
        outcome,
        kind=before.kind if before else INVOICE,
    )


def held(invoice: Invoice, decisions: InvoiceDecisions, reasons: Sequence[Reason]) -> Held:
    """It stays as it is, for these reasons."""
    total = invoice.money(invoice.total) if invoice.currency else None
    return Held(invoice.id, invoice.number, tuple(reasons), decisions, total, kind=invoice.kind)


def _against(books: Books, change: str, action: str, before: Copied, now: BooksInvoice) -> list[Reason]:
    """All reasons why a person has to do it: after removing a payment the person must not find the books closed."""
    name = before.number or now.number or now.id
    was = Text("The invoice was {change} in OneDesk, but", change=PAST[change])
    if before.kind == CREDIT_MEMO:
        was = Text("The credit note was {change} in OneDesk, but", change=PAST[change])
    found = []
    closed = books.company.closed_through
    if closed is not None and now.issue_date is not None and now.issue_date <= closed:
        sentence = Text(
            "{was} the QuickBooks {names} {name} is dated {issue_date}, and QuickBooks has its books closed "
            "through {closed}, so that nothing is changed. Move the closing date in QuickBooks (Account and "
            "settings > Advanced > Accounting) and try again ({retry}), or credit the "
            "invoice there, then drop this entry.",
            was=was,
            names=NAMES[before.kind],
            name=name,
            issue_date=now.issue_date,
            closed=closed,
            retry=_RETRY,
        )
        found.append(Reason("withdrawn-closed", sentence))
    if now.balance != now.total or now.payment_ids or now.deposit:
        found.append(_paid(was, name, action, before, now))
    if before.edited or before.taken:
        sentence = Text(
            "{was} the QuickBooks {names} {name} was changed there since it was copied, so that it is not "
            "{did} unseen. Look at it in QuickBooks, and {action}: {closes}",
            was=was,
            names=NAMES[before.kind],
            name=name,
            did=PAST[DID[action]],
            action=DO_THERE[action],
            closes=CLOSES,
        )
        found.append(Reason("withdrawn-changed", sentence))
    return found


def _paid(was: str, name: str, action: str, before: Copied, now: BooksInvoice) -> Reason:
    """QuickBooks does not void an invoice that is paid, even in part; nor is it deleted."""
    if before.kind == CREDIT_MEMO:
        used = Money(now.total - now.balance, now.currency)
        return Reason(
            "withdrawn-paid",
            Text(
                "{was} the QuickBooks credit memo {name} has {used} applied, so that it is not {did}. First take it "
                "off the invoice in QuickBooks (delete the zero-amount payment that applies it): then it is {did} "
                "once the look for payments has seen it, or at once by {retry}. If the credit "
                "is valid after all, leave QuickBooks as it is and drop this entry.",
                was=was,
                name=name,
                used=used,
                did=PAST[DID[action]],
                retry=_RETRY,
            ),
        )
    return Reason(
        "withdrawn-paid",
        Text(
            "{was} the QuickBooks invoice {name} has {settled}, so that it is not {did}. First take that off "
            "the invoice in QuickBooks (refund money, or keep it as the customer's credit): then it is {did} "
            "once the look for payments has seen it, or at once by {retry}. If the "
            "customer owes the amount after all, leave QuickBooks as it is and drop this entry.",
            was=was,
            name=name,
            settled=settled(before, now),
            did=PAST[DID[action]],
            retry=_RETRY,
        ),
    )


def _gone(before: Copied, change: str) -> Reason:
    """Nothing is left to do."""
    name = before.number or before.qbo_id
    did = PAST["voided" if before.now is not None else "deleted"]
    sentence = Text(
        "The invoice was {change} in OneDesk; the QuickBooks {names} {name} was {did} there already.",
        change=PAST[change],
        names=NAMES[before.kind],
        name=name,
        did=did,
    )
    if before.kind == CREDIT_MEMO:
        sentence = Text(
            "The credit note was {change} in OneDesk; the QuickBooks credit memo {name} was {did} there already.",
            change=PAST[change],
            name=name,
            did=did,
        )
    return Reason("withdrawn-already", sentence)


def _found(before: Copied) -> Reason:
    """The ledger had no link to it."""
    sentence = Text(
        "This ledger had no link to the QuickBooks {names} {name}; it was found by its mark.",
        names=NAMES[before.kind],
        name=before.number or before.qbo_id,
    )
    return Reason("withdrawn-found", sentence)


def _already_sent(before: Copied) -> Reason:
    sentence = Text("QuickBooks had e-mailed it on {sent_on}; tell the customer.", sent_on=before.sent_on)
    return Reason("withdrawn-sent", sentence)
