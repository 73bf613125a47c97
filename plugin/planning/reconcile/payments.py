"""Compares the payments of an invoice on both sides one by one, and its open balance."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from onedesk_quickbooks.plugin.model.kinds import DROPPED
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.payment import named
from onedesk_quickbooks.plugin.planning.reconcile.sides import ZERO, Kept, Own, Settled, Theirs, Unbooked
from onedesk_quickbooks.plugin.texts import Capital, Text, ended, joined, listed
from onedesk_quickbooks.plugin.texts.arguments import arguments

Found = tuple[str, str, str, str, str, Decimal]
"""Kind, both sides, cause, remedy, and by how much OneDesk's is larger."""
NOTHING = Text("none")
_RUN = Text("Run: onedesk-quickbooks payments")
KNOWN = ("known", "to_note")
"""States of what paid an invoice before its adoption."""
_OPEN = ("todo", "held", "failed")
"""States of entries of the queue that wait, for processing or for a person."""
_NAMED = 3
"""How many of several payments a sentence names."""
_KIND = {"payment": "payment", "deposit": "deposit"}


def compare(own: Own, theirs: Theirs, kept: Kept) -> Iterator[Found]:
    """What only one side has, and a balance that this does not explain."""
    if own.currency != theirs.currency:
        return
    here, there = _by_key(own.settled), _by_key(theirs.settled)
    overpaid = max(ZERO, _sum(here.values()) - own.total)  # OneDesk shows no negative balance
    too_much = overpaid if own.unbooked else ZERO
    changed = _changed(own, here, there)
    pairs = [(here.pop(key), there.pop(key)) for key in [*here] if here[key].own and key in there and there[key].own]
    corrected = [(record, other) for record, other in pairs if record.amount != other.amount]
    records, known = _before_adoption(here, there, {each.id for each in own.unbooked})
    apart = ZERO  # by how much less is open in QuickBooks because of differing payments
    for entry, ours, other in changed:
        apart += other.amount - (ours.amount if ours else ZERO)
        yield _shown(own, ours, other, _unbooked(own, entry, other))
    for record, other in corrected:
        apart += other.amount - record.amount
        why = _not_applied(own, theirs, record, other)
        yield _shown(own, record, other, why or _corrected(own, theirs, [other], _amounts(own, [other])))
    for key in (*there, *(key for key in here if key not in there)):
        mine, its = here.get(key), there.get(key)
        more = (its.amount if its else ZERO) - (mine.amount if mine else ZERO)
        if more:
            apart += more
            yield _one(own, theirs, mine, its)
    for each in own.unbooked:
        if each.amount.currency != own.currency and not each.taken_back and each.state != DROPPED:
            shown = Text("{name}: {amount}", name=named("payment", each.name), amount=each.amount)
            yield "payment", shown, NOTHING, *_unbooked(own, each), ZERO
    left = own.balance - theirs.balance
    by = _sum(known) - _sum(records)
    versions = {each.id for each in own.unbooked if each.booked}  # they differ also where both sides are paid
    if by and (left != apart or any(each.own in versions for each in records)):
        apart += by
        yield _known(own, theirs, records, known)
    rest = left - apart
    totals = own.total - theirs.total
    if left and rest and rest not in (too_much, totals, totals + overpaid if totals else too_much):
        yield _balance(own, theirs, rest)


def _changed(
    own: Own, here: dict[str, Settled], there: dict[str, Settled]
) -> list[tuple[Unbooked, Settled | None, Settled]]:
    """Remove OneDesk's own payments of which QuickBooks has another version from both sides; those that differ, with
    both versions."""
    found = []
    for each in own.unbooked:
        if each.booked in there and (each.booked in here or each.taken_back):
            mine, its = here.pop(each.booked, None), there.pop(each.booked)
            if mine is None or mine.amount != its.amount:
                found.append((each, mine, its))
    return found


def _before_adoption(
    here: dict[str, Settled], there: dict[str, Settled], unbooked: set[str]
) -> tuple[list[Settled], list[Settled]]:
    """Remove payments from before the adoption, and OneDesk's own payments, from both sides: OneDesk's own records,
    which cannot be matched one by one, and QuickBooks'. One of the `unbooked` stays where the others equal QuickBooks'
    sum."""
    known = [there.pop(key) for key in [*there] if there[key].state in KNOWN]
    if not known:
        return [], []
    if mine := [here.pop(key) for key in [*here] if here[key].state in KNOWN]:
        return mine, known
    by_hand = {key: each for key, each in here.items() if not each.state}
    booked = {key: each for key, each in by_hand.items() if each.own not in unbooked}
    by_hand = booked if _sum(booked.values()) == _sum(known) else by_hand
    for key in by_hand:
        del here[key]
    return [*by_hand.values()], known


def _sum(settled: Iterable[Settled]) -> Decimal:
    return sum((each.amount for each in settled), ZERO)


def _known(own: Own, theirs: Theirs, records: list[Settled], known: list[Settled]) -> Found:
    changed = [each for each in own.unbooked if each.taken_back or each.id in {one.own for one in records}]
    open_ones = [each for each in changed if each.state in _OPEN]
    if len(open_ones) > 1:
        why = _several(own, open_ones)
    else:
        why = _versions(own, changed[-1], known) if changed else _corrected(own, theirs, known, _amounts(own, known))
    return (
        _KIND.get(known[0].kind, "credit"),
        _amounts(own, records),
        _amounts(own, known),
        *why,
        _sum(records) - _sum(known),
    )


def _amounts(own: Own, some: list[Settled]) -> str:
    names = _few([each.name for each in some])
    return Text("{name}: {amount}", name=names, amount=Money(_sum(some), own.currency)) if some else NOTHING


def _versions(own: Own, changed: Unbooked, known: list[Settled]) -> tuple[str, str]:
    return _unbooked(own, changed, next((each for each in known if each.key == changed.booked), None))


def _few(names: Sequence[str]) -> Text:
    """The first of them, and the number of others."""
    some = joined(", ", names[:_NAMED])
    return Text("{some} and {n} more", some=some, n=len(names) - _NAMED) if len(names) > _NAMED else some


def _several(own: Own, found: Sequence[Unbooked]) -> tuple[str, str]:
    """The same as `_unbooked` for several whose entries wait or are held."""
    cause = Text(
        "What OneDesk has of the payments {names}, {amount} together, was not taken to QuickBooks yet: entries"
        " {entries} in the queue.",
        names=_few([each.name for each in found]),
        amount=listed(Money(each, code).__text__() for code, each in _sums(found).items()),
        entries=_few([str(each.entry) for each in found]),
    )
    stopped = [each for each in found if each.state != "todo"]
    return cause, Text(
        "Run: onedesk-quickbooks queue, which lists them with what each waits for. onedesk-quickbooks serve, or"
        " onedesk-quickbooks copy {id}, works on those that wait; do what the others say, then, for those that the"
        " queue still lists: onedesk-quickbooks queue retry {entries}",
        id=arguments(own.id),
        entries=" ".join(str(each.entry) for each in stopped or found),
    )


def _sums(found: Iterable[Unbooked]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for each in found:
        sums[each.amount.currency] = sums.get(each.amount.currency, ZERO) + each.amount.amount
    return sums


def _corrected(own: Own, theirs: Theirs, known: list[Settled], what: str) -> tuple[str, str]:
    if all(each.own for each in known):
        return (
            Text("What OneDesk has recorded itself was changed in QuickBooks, where it is {what} now.", what=what),
            Text(
                "Correct it in one of the two, so that both have the same left ({left} in QuickBooks).",
                left=Money(theirs.balance, own.currency),
            ),
        )
    return (
        Text(
            "What settled the invoice before it was adopted is now {what} in QuickBooks, and OneDesk has its own "
            "record of it.",
            what=what,
        ),
        Text(
            "Correct that record in OneDesk by hand, so that {left} is left.",
            left=Money(theirs.balance, own.currency),
        ),
    )


def _not_applied(own: Own, theirs: Theirs, record: Settled, other: Settled) -> tuple[str, str] | None:
    """Where QuickBooks has left of the payment what the invoice lacks: no second payment is due."""
    amount = Money(record.amount - other.amount, own.currency)
    if not ZERO < amount.amount <= min(other.unapplied, theirs.balance):
        return None
    cause = Text(
        "QuickBooks has {amount} of {what} (id {qbo_id}) as the customer's credit, which is applied to no invoice.",
        amount=amount,
        what=_the(other),
        qbo_id=other.qbo_id,
    )
    remedy = Text(
        "Apply {amount} of {what} (id {qbo_id}) to invoice {name} in QuickBooks, without a second payment, then:"
        " onedesk-quickbooks payments",
        amount=amount,
        what=_the(other),
        qbo_id=other.qbo_id,
        name=theirs.number or theirs.id,
    )
    return cause, remedy


def _off(own: Own, theirs: Theirs, mine: Settled) -> tuple[str, str]:
    """Where a payment of the host is in QuickBooks and pays nothing of the invoice: to record it there again would be
    the same money twice."""
    found = _not_applied(own, theirs, mine, dataclasses.replace(mine, amount=ZERO))
    if found is not None:
        return found
    name = theirs.number or theirs.id
    if mine.pays:
        cause = Text(
            "{what} was recorded in QuickBooks (id {qbo_id}), where it pays {invoices} now.",
            what=Capital(_the(mine)),
            qbo_id=mine.qbo_id,
            invoices=joined(", ", mine.pays),
        )
        return cause, Text(
            "Apply it to invoice {name} in QuickBooks again; or, if it is right there, correct in OneDesk which"
            " invoices it pays. Do not record it a second time. Then: onedesk-quickbooks payments",
            name=name,
        )
    cause = Text(
        "QuickBooks has {amount} of {what} (id {qbo_id}) as the customer's credit, which is applied to no invoice, and"
        " {left} is open on invoice {name}.",
        amount=Money(mine.unapplied, own.currency),
        what=_the(mine),
        qbo_id=mine.qbo_id,
        left=Money(theirs.balance, own.currency),
        name=name,
    )
    return cause, Text(
        "Take it back in OneDesk, and drop the entry that is held for that: the money stays the customer's credit in"
        " QuickBooks."
    )


def _by_key(settled: tuple[Settled, ...]) -> dict[str, Settled]:
    return {each.key: each for each in settled if each.amount}


def _one(own: Own, theirs: Theirs, mine: Settled | None, its: Settled | None) -> Found:
    return _shown(own, mine, its, _missing_here(its) if its else _missing_there(own, theirs, mine))


def _shown(own: Own, mine: Settled | None, its: Settled | None, why: tuple[str, str]) -> Found:
    shown = its or mine
    assert shown is not None
    kind = _KIND.get(shown.kind, "credit")
    amounts = [
        Text("{name}: {amount}", name=each.name, amount=Money(each.amount, own.currency)) if each else NOTHING
        for each in (mine, its)
    ]
    by = (mine.amount if mine else ZERO) - (its.amount if its else ZERO)
    return kind, amounts[0], amounts[1], *why, by


def _missing_here(its: Settled) -> tuple[str, str]:
    if its.state == "ignored":
        return (
            Text(
                "The rules leave {what} out (payments.apply or payments.direction), so OneDesk was not notified of it.",
                what=_the(its),
            ),
            Text("If OneDesk is to have it, record it there by hand; the rule applies only to later payments."),
        )
    if its.state == "to_record":
        return (
            Text("OneDesk has not taken {what} yet.", what=_the(its)),
            Text(
                "Run: onedesk-quickbooks payments, which reports it again; {queue} says why it was not accepted.",
                queue="onedesk-quickbooks queue",
            ),
        )
    if its.state in ("recorded", "to_reverse"):
        return (Text("QuickBooks has changed {what} since it was brought back.", what=_the(its)), _RUN)
    return (Text("{what} was entered in QuickBooks, and not brought back yet.", what=Capital(_the(its))), _RUN)


def _missing_there(own: Own, theirs: Theirs, mine: Settled | None) -> tuple[str, str]:
    assert mine is not None
    found = next((each for each in own.unbooked if mine.own and each.id == mine.own), None)
    if found is not None:
        return _unbooked(own, found)
    if mine.state and not mine.own:
        gone = Text(
            "{what} is no longer in QuickBooks, and was not yet taken back in OneDesk.", what=Capital(_the(mine))
        )
        return (gone, _RUN)
    if mine.unapplied or mine.pays:
        return _off(own, theirs, mine)
    if mine.own and theirs.balance < mine.amount:
        left = Money(theirs.balance, own.currency)
        return (
            Text(
                "{what} was recorded in OneDesk, and QuickBooks does not have it: {left} is left there without it.",
                what=Capital(_the(mine)),
                left=left,
            ),
            Text(
                "Take it back in OneDesk, if invoice {name} was paid otherwise in QuickBooks; if this money came in as"
                " well, receive it there as the customer's credit.",
                name=theirs.number or theirs.id,
            ),
        )
    if mine.qbo_id:
        return (
            Text(
                "{what} was recorded in QuickBooks (id {qbo_id}), and voided or deleted there.",
                what=Capital(_the(mine)),
                qbo_id=mine.qbo_id,
            ),
            Text(
                "Take it back in OneDesk. If the money was received, record it there again under another id, which"
                " brings it to QuickBooks."
            ),
        )
    return (
        Text(
            "{what} was recorded in OneDesk alone; nothing in QuickBooks settles the invoice by it.",
            what=Capital(_the(mine)),
        ),
        Text(
            "Receive {amount} on invoice {name} in QuickBooks, run onedesk-quickbooks payments, and take back in"
            " OneDesk the one that was recorded there by hand. If it is wrong, only take it back; if no money has come"
            " in, enter a credit note in its place.",
            amount=Money(mine.amount, own.currency),
            name=theirs.number or theirs.id,
        ),
    )


def _unbooked(own: Own, found: Unbooked, its: Settled | None = None) -> tuple[str, str]:
    """Why a payment of the host differs in QuickBooks, in the words of the queue; `its`: QuickBooks has another version
    of it."""
    values = {"n": found.entry, "why": ended(found.why), "state": Text(found.state)}
    if found.state == "todo":
        cause = Text("Its entry {n} in the queue waits to be done.", **values)
        if found.taken_back:
            cause = Text(
                "It was taken back in OneDesk, and the entry {n} of that in the queue waits to be done.", **values
            )
        return cause, Text(
            "A running onedesk-quickbooks serve, or the host, does it automatically. If none runs, start it, or run:"
            " onedesk-quickbooks copy {id}",
            id=arguments(own.id),
        )
    cause = Text("Its entry {n} in the queue is {state}: {why}", **values)
    if found.state == DROPPED:
        cause = Text("Its entry {n} was dropped: {why}", **values)
    elif found.taken_back:
        cause = Text("It was taken back in OneDesk, and the entry {n} of that in the queue is {state}: {why}", **values)
    if found.state in ("skipped", DROPPED) and its is not None:
        return cause, _by_hand(found)
    if found.state in ("skipped", DROPPED):
        return cause, Text(
            "If QuickBooks is to have what OneDesk has, enter it there by hand, or record it in OneDesk once more; if"
            " it is wrong, correct it in OneDesk."
        )
    return cause, Text(
        "Follow that step, then, if the queue still lists the entry: onedesk-quickbooks queue retry {n} (all of it:"
        " onedesk-quickbooks queue show {n})",
        n=found.entry,
    )


def _by_hand(found: Unbooked) -> str:
    if found.taken_back:
        return Text(
            "If QuickBooks is to have what OneDesk has, void this payment there by hand; if it is wrong, record it in "
            "OneDesk again."
        )
    return Text(
        "If QuickBooks is to have what OneDesk has, correct this payment there by hand to {amount} for the invoice, "
        "without a second payment; if it is wrong, correct it in OneDesk.",
        amount=found.amount,
    )


def _the(what: Settled) -> Text:
    return Text("the {what}", what=what.name)


def _balance(own: Own, theirs: Theirs, rest: Decimal) -> Found:
    here, there = (Money(each, own.currency).__text__() for each in (own.balance, theirs.balance))
    by, name = Money(abs(rest), own.currency), theirs.number or theirs.id
    apart = own.rounding - own.prepaid
    if apart and rest - (own.total - theirs.total) == apart:
        parts = ((Text("{amount} prepaid"), own.prepaid), (Text("{amount} rounding"), own.rounding))
        named = listed(Text(shown, amount=Money(amount, own.currency)) for shown, amount in parts if amount)
        cause = Text("OneDesk has {what}, which QuickBooks' invoice has not (rules: totals).", what=named)
        remedy = Text(
            "Record {amount} on invoice {name} in QuickBooks as a payment or a credit, then: onedesk-quickbooks"
            " payments",
            amount=by,
            name=name,
        )
        return "balance", here, there, cause, remedy, rest
    if own.status == "paid" and not own.balance:
        cause = Text("OneDesk has the invoice as Paid, without a payment for what is left in QuickBooks.")
        remedy = Text(
            "Receive {amount} on invoice {name} in QuickBooks, then: onedesk-quickbooks payments", amount=by, name=name
        )
        return "balance", here, there, cause, remedy, rest
    cause = Text("The balance last reported to OneDesk differs from QuickBooks' current balance.")
    return "balance", here, there, cause, _RUN, rest
