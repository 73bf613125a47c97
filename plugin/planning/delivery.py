"""Whether QuickBooks e-mails the invoice, and to whom: the billing contact's addresses in the host, no others."""

from __future__ import annotations

from dataclasses import dataclass, field

from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.plan import Reason, SendInvoice
from onedesk_quickbooks.plugin.planning.names import addresses

_LONGEST = 100
"""Characters that BillEmail takes in all (qbo-api.md 2.1)."""


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
    if good is None:
        _bad(text, action, found)
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
        if len(held) > _LONGEST:
            sentence = (
                f"The {kind} addresses {held} have {len(held)} characters, QuickBooks takes {_LONGEST}; leave some out"
                " under Billing Preferences."
            )
            found.reasons.append(Reason("emails-too-long", sentence))


def _bad(text: str, action: str, found: Delivery) -> None:
    sentence = f'The billing e-mail "{text}" is not an e-mail address'
    if action == "send":
        found.reasons.append(Reason("bad-email", f"{sentence}; correct it under Billing Preferences."))
    else:
        note = f"{sentence}, so the copy has none; correct it under Billing Preferences and copy it again."
        found.notes.append(Reason("bad-email", note))


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
