"""What settles an invoice on both sides, thing by thing, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.planning.reconcile.sides import ZERO, Kept, Own, Settled, Theirs

Found = tuple[str, str, str, str, str, Decimal]
"""Kind, both sides, cause, remedy, and by how much OneDesk has more."""
NOTHING = "none"
COMMAND = "onedesk-quickbooks"
_BRING = f"{COMMAND} payments"
_RUN = f"Run: {_BRING}"
KNOWN = ("known", "to_note")
"""States of what settled an invoice before it was adopted."""
_KIND = {"payment": "payment", "deposit": "deposit"}


def compare(own: Own, theirs: Theirs, kept: Kept) -> Iterator[Found]:
    """What one side has and the other has not, and a balance that this does not explain."""
    if own.currency != theirs.currency:
        return
    here, there = _by_key(own.settled), _by_key(theirs.settled)
    records, known = _before_adoption(here, there)
    apart = ZERO  # by how much less is left in QuickBooks for what is not the same
    for key in (*there, *(key for key in here if key not in there)):
        mine, its = here.get(key), there.get(key)
        more = (its.amount if its else ZERO) - (mine.amount if mine else ZERO)
        if more:
            apart += more
            yield _one(own, theirs, mine, its)
    left = own.balance - theirs.balance
    by = _sum(known) - _sum(records)
    if by and left != apart:
        apart += by
        yield _known(own, theirs, records, known)
    rest = left - apart
    if left and rest and rest != own.total - theirs.total:
        yield _balance(own, theirs, kept, rest)


def _before_adoption(here: dict[str, Settled], there: dict[str, Settled]) -> tuple[list[Settled], list[Settled]]:
    """What settles an invoice since before it was adopted, taken out of both: OneDesk's own records of it, which nobody
    knows one by one, and what QuickBooks has."""
    known = [there.pop(key) for key in [*there] if there[key].state in KNOWN]
    mine = [here.pop(key) for key in [*here] if here[key].state in KNOWN]
    if not known:
        return [], []
    by_hand = [here.pop(key) for key in [*here] if not here[key].state]
    return by_hand or mine, known


def _sum(settled: Iterable[Settled]) -> Decimal:
    return sum((each.amount for each in settled), ZERO)


def _known(own: Own, theirs: Theirs, records: list[Settled], known: list[Settled]) -> Found:
    def told(some: list[Settled]) -> str:
        names = ", ".join(each.name for each in some)
        return f"{names}: {Money(_sum(some), own.currency)}" if some else NOTHING

    return (
        _KIND.get(known[0].kind, "credit"),
        told(records),
        told(known),
        f"What settled the invoice before it was adopted is {told(known)} in QuickBooks by now, and OneDesk has a"
        " record of its own for it.",
        f"Correct that record in OneDesk by hand, so that {Money(theirs.balance, own.currency)} is left.",
        _sum(records) - _sum(known),
    )


def _by_key(settled: tuple[Settled, ...]) -> dict[str, Settled]:
    return {each.key: each for each in settled if each.amount}


def _one(own: Own, theirs: Theirs, mine: Settled | None, its: Settled | None) -> Found:
    told = its or mine
    assert told is not None
    kind = _KIND.get(told.kind, "credit")
    amounts = [f"{each.name}: {Money(each.amount, own.currency)}" if each else NOTHING for each in (mine, its)]
    by = (mine.amount if mine else ZERO) - (its.amount if its else ZERO)
    cause, remedy = _missing_here(its) if its else _missing_there(own, theirs, mine)
    return kind, amounts[0], amounts[1], cause, remedy, by


def _missing_here(its: Settled) -> tuple[str, str]:
    if its.state == "ignored":
        return (
            f"The rules leave {_the(its)} out (payments.apply), so that OneDesk was not told of it.",
            "If OneDesk is to have it, record it there by hand; the rule goes for what comes later.",
        )
    if its.state == "to_record":
        return (
            f"OneDesk has not taken {_the(its)} yet.",
            f"Run: {_BRING}, which tells it again; {COMMAND} queue says why it was not taken.",
        )
    if its.state in ("recorded", "to_reverse"):
        return (f"QuickBooks has changed {_the(its)} since it was brought back.", _RUN)
    return (f"{_the(its, capital=True)} was entered in QuickBooks, and not brought back yet.", _RUN)


def _missing_there(own: Own, theirs: Theirs, mine: Settled | None) -> tuple[str, str]:
    assert mine is not None
    if mine.state:
        return (f"{_the(mine, capital=True)} is in QuickBooks no more, and was not taken back in OneDesk yet.", _RUN)
    return (
        f"{_the(mine, capital=True)} was recorded in OneDesk alone; nothing in QuickBooks settles the invoice by it.",
        f"Receive {Money(mine.amount, own.currency)} on invoice {theirs.number or theirs.id} in QuickBooks, run"
        f" {_BRING}, and take back in OneDesk the one that was recorded there by hand. If it is wrong, only take it"
        " back.",
    )


def _the(what: Settled, *, capital: bool = False) -> str:
    text = f"the {what.name}"
    return text[0].upper() + text[1:] if capital else text


def _balance(own: Own, theirs: Theirs, kept: Kept, rest: Decimal) -> Found:
    here, there = (str(Money(each, own.currency)) for each in (own.balance, theirs.balance))
    by = Money(abs(rest), own.currency)
    apart = own.rounding - own.prepaid
    if apart and rest - (own.total - theirs.total) == apart:
        parts = [("prepaid", own.prepaid), ("rounding", own.rounding)]
        named = " and ".join(f"{Money(amount, own.currency)} {name}" for name, amount in parts if amount)
        cause = f"OneDesk has {named}, which QuickBooks' invoice has not (rules: totals)."
        name = theirs.number or theirs.id
        remedy = f"Record {by} on invoice {name} in QuickBooks as a payment or a credit, then: {_BRING}"
        return "balance", here, there, cause, remedy, rest
    if own.status == "paid" and not own.balance:
        cause = "OneDesk has the invoice as Paid, without a payment for what is left in QuickBooks."
        remedy = f"Receive {by} on invoice {theirs.number or theirs.id} in QuickBooks, then: {_BRING}"
        return "balance", here, there, cause, remedy, rest
    cause = "OneDesk was told another balance than QuickBooks has now."
    return "balance", here, there, cause, _RUN, rest
