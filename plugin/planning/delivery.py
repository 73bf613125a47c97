"""Whether QuickBooks e-mails the invoice, and to whom: the billing contact's addresses in the host, no others."""

from __future__ import annotations

from dataclasses import dataclass, field

from onedesk_quickbooks.plugin.model.books import Copied
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.plan import Reason, SendInvoice
from onedesk_quickbooks.plugin.planning.names import LONGEST_EMAIL, addresses


@dataclass(slots=True)
class Delivery:
    """`email` and `email_cc` go into the invoice; `send` is None where nothing is to be e-mailed."""

    email: str = ""
    email_cc: tuple[str, ...] = ()
    send: SendInvoice | None = None
    reasons: list[Reason] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)


def delivery_of(invoice: Invoice, decisions: InvoiceDecisions, action: str) -> Delivery:
    """`action` is copy or send."""
    found = Delivery()
    text = invoice.customer.billing_contact.email
    good = addresses(text)
    if isinstance(good, Reason):
        _bad(good, action, found)
    elif not good:
        if action == "send":
            _missing(invoice, decisions, found)
    elif len(good) > 1 and decisions.several_addresses == "hold":
        sentence = (
            f'The billing e-mail "{text}" holds {len(good)} addresses; leave one of them under Billing Preferences, or'
            " set delivery.several_addresses: cc."
        )
        found.reasons.append(Reason("several-emails", sentence))
    else:
        _to(good, decisions, found)
        if action == "send" and not found.reasons:
            found.send = SendInvoice(found.email)
    return found


def _to(good: tuple[str, ...], decisions: InvoiceDecisions, found: Delivery) -> None:
    """The first is To and the others Cc, or all To."""
    everybody = decisions.several_addresses == "to"
    found.email = ", ".join(good) if everybody else good[0]
    found.email_cc = () if everybody else good[1:]
    for kind, held in (("To", found.email), ("Cc", ", ".join(found.email_cc))):
        if len(held) > LONGEST_EMAIL:
            sentence = (
                f"The {kind} addresses {held} have {len(held)} characters, QuickBooks takes {LONGEST_EMAIL}; leave some"
                " out under Billing Preferences."
            )
            found.reasons.append(Reason("emails-too-long", sentence))


def _bad(bad: Reason, action: str, found: Delivery) -> None:
    """A send is held; a copy goes without an address, and says so."""
    if action == "send":
        found.reasons.append(bad)
    else:
        found.notes.append(Reason(bad.code, f"The copy has no e-mail address. {bad.sentence}"))


def _missing(invoice: Invoice, decisions: InvoiceDecisions, found: Delivery) -> None:
    name = invoice.customer.name
    if decisions.when_billing_email_missing == "hold":
        sentence = (
            f"{name} has no billing e-mail in OneDesk; add one under Billing Preferences and send again"
            " (the rules hold such an invoice)."
        )
        found.reasons.append(Reason("no-billing-email", sentence))
        return
    sentence = f"Copied, not e-mailed: {name} has no billing e-mail in OneDesk; add one under Billing Preferences."
    found.notes.append(Reason("no-billing-email", sentence))


def bounced(before: Copied | None, to: str) -> list[Reason]:
    """The last e-mail of this very version did not arrive; `to` is whom it goes to once more, "" where it is only
    copied."""
    why = before.now.bounced if before and before.now else ""
    if before is None or not why or not before.sent_on:
        return []
    mend = "correct the billing contact's e-mail address under Billing Preferences"
    then = (
        f"it is sent once more, to {to}; should that not arrive either, {mend}, and send the invoice again"
        if to
        else f"{mend}, then send the invoice again"
    )
    sentence = f"QuickBooks says that its e-mail of {before.sent_on} did not arrive ({why}); {then}."
    return [Reason("bounced", sentence)]
