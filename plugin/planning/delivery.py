"""Whether QuickBooks e-mails the invoice, and to which addresses: the billing contact's in the host, unless the rules
name others."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from onedesk_quickbooks.plugin.model.books import Copied
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.plan import Reason, SendInvoice
from onedesk_quickbooks.plugin.model.receivers import LONGEST_EMAIL, PEOPLE, receivers
from onedesk_quickbooks.plugin.model.resend_wish import Resend
from onedesk_quickbooks.plugin.planning.accepted_names import addresses
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.texts.arguments import arguments

BILLING_CONTACT, ACCOUNT_MANAGER = PEOPLE


@dataclass(slots=True)
class Delivery:
    """`email`, `email_cc` and `email_bcc` are written into the invoice; `send` is None where nothing is to be
    e-mailed."""

    email: str = ""
    email_cc: tuple[str, ...] = ()
    email_bcc: tuple[str, ...] = ()
    send: SendInvoice | None = None
    reasons: list[Reason] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)


def delivery_of(invoice: Invoice, decisions: InvoiceDecisions, action: str, again: Resend | None = None) -> Delivery:
    """`action` is copy or send; `again`: a person wants one more e-mail, to an address that replaces those of the host,
    or to these."""
    if again is None:
        return _delivery(invoice, decisions, action)
    if not again.to:
        return _delivery(invoice, replace(decisions, when_billing_email_missing="hold"), action)
    found = _delivery(invoice, decisions, "copy")
    found.send = SendInvoice(again.to)
    return found


def _delivery(invoice: Invoice, decisions: InvoiceDecisions, action: str) -> Delivery:
    found = Delivery()
    to = receivers(decisions.to) or (BILLING_CONTACT,)
    named = (*to, *receivers(decisions.cc), *receivers(decisions.bcc))
    people = {each: _addresses(each, invoice) for each in dict.fromkeys(named)}
    partner = decisions.customer.partner if decisions.to is None else ""
    if partner:  # the partner's bill is not for the customer's people
        people[BILLING_CONTACT] = ()
    bad = [each for each in people.values() if isinstance(each, Reason)]
    known = {who: each for who, each in people.items() if not isinstance(each, Reason)}
    if bad:
        _bad(bad, action, found)
    elif BILLING_CONTACT in to and len(known[BILLING_CONTACT]) > 1 and decisions.several_addresses == "hold":
        text, count = invoice.customer.billing_contact.email, len(known[BILLING_CONTACT])
        sentence = Text(
            'The billing e-mail "{text}" holds {count} addresses; leave one of them under Billing '
            "Preferences, or set delivery.several_addresses: cc.",
            text=text,
            count=count,
        )
        found.reasons.append(Reason("several-emails", sentence))
    elif not any(known[each] for each in to):
        if action == "send":
            _missing(partner or invoice.customer.name, decisions, found, PARTNER if partner else to[0])
    else:
        _address(to, known, decisions, found)
        if action == "send" and not found.reasons:
            found.send = SendInvoice(found.email)
            found.notes += [_nobody(who, invoice) for who, each in known.items() if not each]
    return found


def _addresses(who: str, invoice: Invoice) -> tuple[str, ...] | Reason:
    """The addresses of a person whom the host knows, or a fixed one."""
    if who == BILLING_CONTACT:
        return addresses(invoice.customer.billing_contact.email)
    if who == ACCOUNT_MANAGER:
        email = invoice.customer.account_manager.email
        return addresses(email, Text("account manager's e-mail"), Text("on the customer organization in OneDesk"))
    return (who,)


def _address(
    to: tuple[str, ...], known: dict[str, tuple[str, ...]], decisions: InvoiceDecisions, found: Delivery
) -> None:
    """Of the billing contact's addresses the first is To and the others Cc, or all are To. Each address is used
    once."""
    first: list[str] = []
    others: list[str] = []
    for who in to:
        alone = who == BILLING_CONTACT and decisions.several_addresses != "to"
        first += known[who][:1] if alone else known[who]
        others += known[who][1:] if alone else ()
    others += [each for who in receivers(decisions.cc) for each in known[who]]
    blind = [each for who in receivers(decisions.bcc) for each in known[who]]
    seen: set[str] = set()
    listed = [_once(each, seen) for each in (first, others, blind)]
    found.email, found.email_cc, found.email_bcc = ", ".join(listed[0]), listed[1], listed[2]
    for kind, held in (("To", found.email), ("Cc", ", ".join(listed[1])), ("Bcc", ", ".join(listed[2]))):
        if len(held) > LONGEST_EMAIL:
            rules = (
                ""
                if kind == "To" and decisions.to is None
                else Text(", or in the rules (delivery.{key})", key=kind.lower())
            )
            sentence = Text(
                "The {kind} addresses {held} have {length} characters, QuickBooks takes {longest_email}; leave "
                "some out under Billing Preferences{rules}.",
                kind=kind,
                held=held,
                length=len(held),
                longest_email=LONGEST_EMAIL,
                rules=rules,
            )
            found.reasons.append(Reason("emails-too-long", sentence))


def _once(listed: list[str], seen: set[str]) -> tuple[str, ...]:
    """The addresses that are not in `seen`, independent of case; they are added to it."""
    found = {each.casefold(): each for each in reversed(listed) if each.casefold() not in seen}
    seen.update(found)
    return tuple(each for each in listed if found.pop(each.casefold(), None) is not None)


def _bad(bad: list[Reason], action: str, found: Delivery) -> None:
    """A send is held; a copy is written without an address, with a note."""
    if action == "send":
        found.reasons += bad
    else:
        found.notes += [
            Reason(each.code, Text("The copy has no e-mail address. {sentence}", sentence=each.sentence))
            for each in bad
        ]


def _nobody(who: str, invoice: Invoice) -> Reason:
    """One of several receivers is missing."""
    lacks, mend = _LACKING[who]
    return Reason(
        "no-receiver",
        Text(
            "{customer_name} has no {lacks} in OneDesk, so the e-mail is sent to the others; {mend}.",
            customer_name=invoice.customer.name,
            lacks=lacks,
            mend=mend,
        ),
    )


PARTNER = "partner"
_LACKING = {
    PARTNER: (
        Text("billing e-mail"),
        Text("it is a partner who is billed by rule, so name its address under delivery.to"),
    ),
    BILLING_CONTACT: (Text("billing e-mail"), Text("add one under Billing Preferences")),
    ACCOUNT_MANAGER: (Text("account manager with an e-mail address"), Text("set one on the customer organization")),
}


def _missing(name: str, decisions: InvoiceDecisions, found: Delivery, to: str) -> None:
    lacks, mend = _LACKING[to]
    if decisions.when_billing_email_missing == "hold":
        sentence = Text(
            "{name} has no {lacks} in OneDesk; {mend} and send again (the rules hold such an invoice).",
            name=name,
            lacks=lacks,
            mend=mend,
        )
        found.reasons.append(Reason("no-billing-email", sentence))
        return
    sentence = Text(
        "Copied, not e-mailed: {name} has no {lacks} in OneDesk; {mend}.", name=name, lacks=lacks, mend=mend
    )
    found.notes.append(Reason("no-billing-email", sentence))


def send_day(invoice: Invoice, decisions: InvoiceDecisions) -> date | None:
    """The day before which it is not e-mailed; None for none."""
    by_rule = invoice.issue_date if decisions.send_on == "issue_date" else None
    return max((each for each in (by_rule, invoice.send_after) if each), default=None)


def sent_later(day: date) -> Reason:
    """The note that it is e-mailed on that day."""
    sentence = Text(
        "QuickBooks e-mails it automatically on {day}, as OneDesk has it then, if it is still Open.", day=day
    )
    return Reason("send-later", sentence)


def mailed_before() -> Reason:
    """The note that the e-mail which was requested is sent, and the invoice was changed since."""
    sentence = Text(
        "The e-mail that was requested was of the version before, so that this one is not e-mailed. To e-mail it, send "
        "the invoice again."
    )
    return Reason("mailed-before", sentence)


def send_replaced() -> Reason:
    """The note that a copy takes the place of a send that was held or has failed."""
    sentence = Text(
        "This copy replaces a send that was not done, so that it is not e-mailed. To e-mail it, send the invoice again."
    )
    return Reason("send-replaced", sentence)


def not_again(before: Copied | None, action: str, again: Resend, paid: Reason | None) -> list[Reason]:
    """Why an additional e-mail is not sent: QuickBooks has not e-mailed OneDesk's present version. `action` is what to
    do with QuickBooks' invoice, `paid` why a send does not e-mail it."""
    if not again.only:
        return []
    if action != "unchanged":
        sentence = Text(
            "The invoice changed in OneDesk after QuickBooks e-mailed it, so it is not e-mailed again; send the "
            "invoice instead: it is updated in QuickBooks, then e-mailed."
        )
        return [Reason("resend-differs", sentence)]
    if before is None or (not before.sent_on and paid is None):
        sentence = Text(
            "QuickBooks has not e-mailed this version of the invoice, so it is not e-mailed again; check it there, "
            "then send it instead."
        )
        return [Reason("resend-unsent", sentence)]
    return []


def mailed_there(invoice: Invoice, before: Copied) -> Reason:
    """The e-mail is not sent: QuickBooks sent it before, without a request that the ledger has."""
    sentence = Text(
        "QuickBooks e-mailed this invoice on {day} already, by hand there or before this ledger knew of it{perhaps}, "
        "so it is not e-mailed again. If the customer needs it once more, run after this: onedesk-quickbooks resend "
        "{id}",
        day=before.mailed_on,
        perhaps=Text(", perhaps before it was changed there")
        if before.edited and not (before.now and before.now.mailed_as_is)
        else "",
        id=arguments(invoice.id),
    )
    return Reason("sent-already", sentence)


def once_more(before: Copied, again: Resend) -> Reason:
    """A person wants one more e-mail."""
    values = {"sent_on": before.sent_on, "by": again.by or Text("a person")}
    return Reason(
        "sent-again",
        Text("QuickBooks e-mailed this invoice on {sent_on}; {by} has asked for one more e-mail.", **values),
    )


def bounced(before: Copied | None, to: str) -> list[Reason]:
    """The last e-mail of this version was not delivered; `to` is the address for the next one, "" where it is only
    copied."""
    why = before.now.bounced if before and before.now else ""
    sent_on = before.sent_on or before.mailed_on if before else ""
    if not why or not sent_on:
        return []
    mend = Text("correct the billing contact's e-mail address under Billing Preferences")
    then = (
        Text(
            "it is sent once more, to {to}; should that not arrive either, {mend}, and send the invoice again",
            to=to,
            mend=mend,
        )
        if to
        else Text("{mend}, then send the invoice again", mend=mend)
    )
    sentence = Text(
        "QuickBooks says that its e-mail of {sent_on} did not arrive ({why}); {then}.",
        sent_on=sent_on,
        why=why,
        then=then,
    )
    return [Reason("bounced", sentence)]
