"""How sentences about the host's payments name them, and the steps that they end with. Pure."""

from __future__ import annotations

from onedesk_quickbooks.plugin.model.books import BooksCredit, BooksPayment
from onedesk_quickbooks.plugin.model.host_payment import HostPayment
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.plan import Held, Reason
from onedesk_quickbooks.plugin.planning.markers import marked_payment
from onedesk_quickbooks.plugin.texts import Text, joined

RETRY = Text("try again ({retry})", retry="onedesk-quickbooks queue retry ENTRY")
DROP = Text("drop this entry ({drop} --reason TEXT)", drop="onedesk-quickbooks queue drop ENTRY")


def held(payment: HostPayment, reasons: list[Reason], outcome: str = "held") -> Held:
    """The plan of a payment that waits for a person, with all reasons."""
    return Held(payment.key, payment.name, tuple(reasons), total=payment.money(payment.amount), outcome=outcome)


def own_figures(payment: HostPayment) -> Text:
    """Amount and day in the host."""
    return Text("{amount} on {day}", amount=payment.money(payment.amount), day=payment.date)


def figures_there(now: BooksPayment) -> Text:
    """Amount and day in QuickBooks."""
    return Text("{amount} on {day}", amount=Money(now.total, now.currency), day=now.date)


def settled_by(there: BooksPayment) -> str:
    """A payment of the invoice; one of the host is named as such. A payment of nothing only applies credits: these."""
    if not there.total and there.credits:
        return joined(", ", (_credit(there, each) for each in there.credits))
    if marked_payment(there.private_note):
        return Text("payment {name} of {there}, from OneDesk", name=called(there), there=figures_there(there))
    return Text("payment {name} of {there}", name=called(there), there=figures_there(there))


def _credit(there: BooksPayment, credit: BooksCredit) -> Text:
    kind = Text(credit.kind.replace("_", " "))  # credit memo, journal entry or other credit
    figures = Text("{amount} on {day}", amount=Money(credit.amount, there.currency), day=there.date)
    return Text("{kind} {name} of {figures}", kind=kind, name=credit.number or credit.id, figures=figures)


def called(there: BooksPayment) -> str:
    """The name of a QuickBooks payment in a sentence: the host's for one of the host."""
    return there.reference or marked_payment(there.private_note) or there.id
