"""The payments of an invoice in QuickBooks, and what an update must not do to it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from onedesk_quickbooks.plugin.model.again import COPY_AGAIN
from onedesk_quickbooks.plugin.model.books import BooksInvoice, Copied, Settling
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.plan import EnsureCustomer, Reason, Totals
from onedesk_quickbooks.plugin.texts import Text, joined, listed
from onedesk_quickbooks.plugin.texts.arguments import arguments

ZERO = Decimal(0)


def settled(before: Copied, now: BooksInvoice) -> str:
    """What pays QuickBooks' invoice, each with its name, and QuickBooks' open balance: "110.00 USD of 310.00 USD
    settled in QuickBooks (payment 1042 over 80.00 USD, credit memo CM-7 over 30.00 USD; 200.00 USD is left)"."""

    def money(amount: Decimal) -> Money:
        return Money(amount, now.currency)

    whole = now.total - now.balance
    deposit = (Settling(Text("deposit on the invoice"), now.deposit),) if now.deposit else ()
    parts = (*before.settled, *deposit)
    if sum((each.amount for each in parts), Decimal(0)) > whole:  # a payment was removed since the last look
        parts = deposit
    unknown = whole - sum((each.amount for each in parts), Decimal(0))
    shown = [Text("{name}: {amount}", name=each.name, amount=money(each.amount)) for each in parts]
    shown += (
        [Text("{unknown} not looked at yet: onedesk-quickbooks payments", unknown=money(unknown))] if unknown else []
    )
    left = Text("{balance} is left", balance=money(now.balance))
    return Text(
        "{whole} of {now_total} settled in QuickBooks ({parts}; {left})",
        whole=money(whole),
        now_total=money(now.total),
        parts=joined(", ", shown),
        left=left,
    )


def deposits(invoice: Invoice, before: Copied | None, deposit: Decimal | None) -> tuple[list[Reason], list[Reason]]:
    """The notes on, and the reasons against, an update where a deposit was entered in QuickBooks. `deposit` is the one
    to write; None keeps the present one."""
    now = before.now if before else None
    if before is None or now is None or not now.deposit or now.deposit in (before.deposit, deposit):
        return [], []
    name = Text("the QuickBooks invoice {before_number}", before_number=before.number or now.number or now.id)
    there = Money(now.deposit, now.currency)
    if deposit is None:
        stays = Text(
            "The deposit of {there} that was entered on {name} stays there: it is money that was received.",
            there=there,
            name=name,
        )
        return ([Reason("deposit-stays", stays)] if before.edited or before.rewrite else []), []
    if before.rewrite:  # a person has seen both
        return [], []
    against = Text(
        "OneDesk has {deposit} as prepaid, and a deposit of {there} was entered on {name}. Make the two "
        "the same, in OneDesk or in QuickBooks, then {again}.",
        again=COPY_AGAIN,
        deposit=invoice.money(deposit),
        there=there,
        name=name,
    )
    return [], [Reason("deposit-differs", against)]


def recorded_already(invoice: Invoice, before: Copied | None, deposit: Decimal | None) -> list[Reason]:
    """Against the first deposit on an invoice that payments or credits pay: these may include the prepaid amount."""
    now = before.now if before else None
    if before is None or now is None or now.voided or not deposit or now.deposit or before.rewrite:
        return []
    if now.total == now.balance:
        return []
    prepaid, name = invoice.money(deposit), _number(before, now)
    sentence = Text(
        "OneDesk has {prepaid} as prepaid, which totals.prepaid: deposit would write as a deposit, and "
        "invoice {name} has {settled}. If what was prepaid is among that, set totals.prepaid: note, or "
        "take it off the invoice in QuickBooks; if it is other money, enter the deposit of {prepaid} on "
        "the invoice in QuickBooks. Then {again}.",
        again=COPY_AGAIN,
        prepaid=prepaid,
        name=name,
        settled=settled(before, now),
    )
    return [Reason("prepaid-recorded", sentence)]


def received(now: BooksInvoice, deposit: Decimal) -> Decimal:
    """What others have entered in QuickBooks to pay the invoice; `deposit` is the one that we wrote."""
    return now.total - now.balance - (deposit if now.deposit == deposit else ZERO)


def paid_there(invoice: Invoice, before: Copied, action: str, totals: Totals, deposit: Decimal | None) -> Reason | None:
    """Why no e-mail asks the customer to pay it: it is paid in full in QuickBooks, by more than the deposit that we
    wrote, and would still be after an update to these totals and this deposit (`action` is update)."""
    now = before.now
    if now is None or invoice.is_credit or now.voided or now.total <= 0 or now.balance != 0:
        return None
    if received(now, before.deposit) <= 0:
        return None
    if action == "update":
        calculated = now.total if before.same_base else invoice.total
        after = totals.total if totals.total is not None else calculated
        if after > now.total - now.deposit + (now.deposit if deposit is None else deposit):
            return None
    sentence = Text(
        "It is settled in QuickBooks: nothing of {total} is open there, so that it is not e-mailed. "
        "What settles it comes to OneDesk with the next look for payments (onedesk-quickbooks payments). If the "
        "customer needs the e-mail all the same, run after this: onedesk-quickbooks resend {id}",
        total=invoice.money(now.total),
        id=arguments(invoice.id),
    )
    return Reason("paid-there", sentence)


@dataclass(frozen=True, slots=True)
class _Paid:
    """`elsewhere` is what payments and credits pay, `there` the deposit on the invoice, `ours`: we wrote it; `deposit`
    is the one after the update."""

    elsewhere: Decimal
    there: Decimal
    ours: bool
    deposit: Decimal

    @property
    def whole(self) -> Decimal:
        """The least total of the invoice after the update."""
        return self.elsewhere + self.deposit


def against_payments(
    invoice: Invoice, before: Copied | None, customer: EnsureCustomer | None, totals: Totals, deposit: Decimal | None
) -> list[Reason]:
    """Reasons against an update of an invoice that has payments, credits or a deposit that was entered there. `totals`
    are those that QuickBooks will calculate; `deposit` replaces the present one; None keeps it."""
    now = before.now if before else None
    if before is None or now is None or now.voided:
        return []
    after = now.deposit if deposit is None else deposit
    paid = _Paid(now.total - now.balance - now.deposit, now.deposit, now.deposit == before.deposit, after)
    if received(now, before.deposit) <= 0:
        return []
    return _another(before, now, customer) or _too_much(invoice, before, now, paid, totals)


def _another(before: Copied, now: BooksInvoice, customer: EnsureCustomer | None) -> list[Reason]:
    existing = customer.existing if customer else None
    if customer is None or (existing is not None and existing.id == now.customer_id):
        return []
    return [
        Reason(
            "paid-by-another",
            Text(
                "Invoice {before} has {settled}, so it keeps its customer there and cannot go to "
                '"{customer_name}"; take that off the invoice in QuickBooks first, or correct the customer in '
                "OneDesk.",
                before=_number(before, now),
                settled=settled(before, now),
                customer_name=customer.name,
            ),
        )
    ]


def _too_much(invoice: Invoice, before: Copied, now: BooksInvoice, paid: _Paid, totals: Totals) -> list[Reason]:
    """More is paid than the total: QuickBooks would remove the excess from the invoice's payments and credits."""
    most = totals.total if totals.total is not None else now.total if before.same_base else totals.net
    if paid.whole <= most:
        return []
    comes = Text("the {most} that it would come to", most=invoice.money(most))
    if totals.total is None and not before.same_base:
        comes = Text(
            "the {most} before tax that it would come to, and QuickBooks' sales tax is unknown until it is written",
            most=invoice.money(most),
        )
    return [
        Reason(
            "paid-more",
            Text(
                "Invoice {before} has {settled}{with_deposit}, more than {comes}; {remedy}.",
                before=_number(before, now),
                settled=settled(before, now),
                with_deposit=_with_deposit(invoice, paid),
                comes=comes,
                remedy=_remedy(paid),
            ),
        )
    ]


def _with_deposit(invoice: Invoice, paid: _Paid) -> str:
    """The effect of another deposit."""
    if paid.deposit == paid.there:
        return ""
    place = Text(", in the place of that deposit of {there},", there=invoice.money(paid.there)) if paid.there else ""
    return Text(
        "; with the {deposit} that OneDesk has as prepaid{place} it would be {whole}",
        deposit=invoice.money(paid.deposit),
        place=place,
        whole=invoice.money(paid.whole),
    )


def _remedy(paid: _Paid) -> str:
    """The remedy that reduces it: our own deposit is corrected in OneDesk, all else in QuickBooks."""
    parts = [Text("payments or credits")] if paid.elsewhere else []
    parts += [Text("the deposit")] if paid.there and not paid.ours else []
    remedies = [Text("take {parts} off the invoice in QuickBooks first", parts=listed(parts, Text(" or ")))]
    remedies += [Text("correct what is prepaid in OneDesk")] if paid.deposit and (paid.ours or not paid.there) else []
    return joined(", ", [*remedies, Text("or issue a credit note in OneDesk")])


def _number(before: Copied, now: BooksInvoice) -> str:
    return before.number or now.number or now.id
