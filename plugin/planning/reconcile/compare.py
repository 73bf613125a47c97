"""What differs between both sides, invoice by invoice, each with its cause and the next step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from onedesk_quickbooks.plugin.model.money import Money, plain
from onedesk_quickbooks.plugin.planning.differences import TAX, TOTAL, described
from onedesk_quickbooks.plugin.planning.reconcile import payments
from onedesk_quickbooks.plugin.planning.reconcile.sides import Kept, Own, Pair, Theirs, by_percent

KINDS = {
    "missing_in_quickbooks": "missing in QuickBooks",
    "missing_in_onedesk": "missing in OneDesk",
    "not_linked": "has OneDesk's mark, but no link",
    "voided_in_quickbooks": "voided in QuickBooks",
    "deleted_in_quickbooks": "deleted in QuickBooks",
    "voided_in_onedesk": "voided in OneDesk",
    "deleted_in_onedesk": "deleted in OneDesk",
    "currency": "currency",
    "customer": "customer",
    "number": "number",
    "date": "date",
    "total": "total",
    "tax": "tax",
    "content": "content",
    "payment": "payment",
    "credit": "credit or write-off",
    "deposit": "deposit",
    "balance": "balance",
    "duplicate_number": "number used twice",
    "unreadable": "cannot be read",
}
"""Every kind of difference, as people read it; in the order in which an invoice's are told."""
_FIELDS = {"tax by rate": TAX, "tax code of the invoice": TAX, "deposit": "deposit"}
NONE = "none"
COMMAND = "onedesk-quickbooks"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference of one invoice: both sides as people read them, and by how much OneDesk has more (None where it
    is no amount)."""

    kind: str
    id: str
    qbo_id: str
    name: str
    onedesk: str
    quickbooks: str
    amount: Money | None
    cause: str
    remedy: str


def compare(pairs: Sequence[Pair]) -> dict[int, list[Difference]]:
    """The differences of each pair, by its place in `pairs`; those that agree are left out."""
    twice, alone = _twice(pairs), _alone(pairs)
    found = {place: [*_one(pair, alone), *twice.get(place, ())] for place, pair in enumerate(pairs)}
    return {place: each for place, each in found.items() if each}


Alone = Mapping[str, tuple[str, str]]
"""By number: the ids, OneDesk's and QuickBooks', of two invoices that stand on one side each, without a link."""


def _one(pair: Pair, alone: Alone) -> Iterator[Difference]:
    own, theirs, kept = pair.own, pair.theirs, pair.kept
    if own is not None and own.problem:
        remedy = f"Correct the invoice in OneDesk, then: {COMMAND} copy {own.id}"
        yield _made(pair, "unreadable", own.problem, _told(theirs), "OneDesk's invoice cannot be read.", remedy)
    elif kept.problem:
        remedy = "Open the invoice in QuickBooks, correct it and save it."
        yield _made(pair, "unreadable", _told(own), kept.problem, "QuickBooks' invoice cannot be read.", remedy)
    elif not pair.linked:
        yield from _unlinked(pair, alone)
    elif theirs is None or theirs.voided:
        if own is not None and not own.void:
            yield _gone_there(pair, own, theirs)
    elif own is None or own.void:
        yield _gone_here(pair, own, theirs)
    else:
        yield from _fields(pair, own, theirs)
        yield from (_made(pair, *each) for each in payments.compare(own, theirs, kept))


def _made(
    pair: Pair, kind: str, own: str, theirs: str, cause: str, remedy: str, by: Decimal | None = None
) -> Difference:
    return Difference(
        kind,
        pair.own.id if pair.own else pair.theirs.mark if pair.theirs else "",
        pair.kept.qbo_id or (pair.theirs.id if pair.theirs else ""),
        pair.name,
        own,
        theirs,
        None if by is None else Money(by, pair.currency),
        cause,
        remedy,
    )


def _told(side: Own | Theirs | None) -> str:
    return NONE if side is None or not side.currency else str(Money(side.total, side.currency))


# One side has no such invoice


def _alone(pairs: Sequence[Pair]) -> Alone:
    here = {
        _key(pair.own.number): pair.own.id
        for pair in pairs
        if pair.own and not pair.own.void and pair.theirs is None and not pair.linked
    }
    there = {_key(pair.theirs.number): pair.theirs.id for pair in pairs if pair.theirs and _is_entered(pair)}
    return {key: (here[key], there[key]) for key in here if key and key in there}


def _is_entered(pair: Pair) -> bool:
    theirs = pair.theirs
    return pair.own is None and theirs is not None and not (pair.linked or theirs.mark or theirs.voided)


def _key(number: str) -> str:
    return number.strip().casefold()


def _unlinked(pair: Pair, alone: Alone) -> Iterator[Difference]:
    own, theirs = pair.own, pair.theirs
    if theirs is None and own is not None and not own.void:
        cause, remedy = _not_copied(own, pair.kept)
        if pair.kept.state in ("", "dropped") and _key(own.number) in alone:
            cause, remedy = _twice_entered(own.id, alone[_key(own.number)][1])
        yield _made(pair, "missing_in_quickbooks", _told(own), NONE, cause, remedy, own.total)
    elif theirs is not None and not theirs.voided:
        kind = "not_linked" if theirs.mark else "missing_in_onedesk"
        cause, remedy = _marked(own, theirs, pair.kept) if theirs.mark else _by_hand(theirs, alone)
        by = (own.total if own and not own.void and own.currency == theirs.currency else Decimal(0)) - theirs.total
        yield _made(pair, kind, _told(own), _told(theirs), cause, remedy, by)


def _not_copied(own: Own, kept: Kept) -> tuple[str, str]:
    if kept.state == "todo":
        return (
            f"It waits in the queue as entry {kept.entry}.",
            f"Start {COMMAND} serve, which works on it, or run: {COMMAND} copy {own.id}",
        )
    if kept.state in ("held", "failed"):
        return (
            f"It is {kept.state} as entry {kept.entry}: {kept.reason}",
            f"Do what the sentence says, then: {COMMAND} copy {own.id} (all of it: {COMMAND} queue show {kept.entry})",
        )
    if kept.state == "skipped":
        return (
            f"It is skipped as entry {kept.entry}: {kept.reason}",
            f"Correct one of the two by hand; or change the rule, then: {COMMAND} copy {own.id}",
        )
    if kept.state == "dropped":
        return (
            f"Its entry {kept.entry} was dropped: {kept.reason}",
            f"If QuickBooks is to have it, run: {COMMAND} copy {own.id}",
        )
    return ("It was never copied.", f"Run: {COMMAND} copy {own.id}")


def _marked(own: Own | None, theirs: Theirs, kept: Kept) -> tuple[str, str]:
    name = theirs.number or theirs.id
    if kept.elsewhere:
        return (
            f"QuickBooks invoice {name} has the mark of OneDesk's invoice {theirs.mark}, which is linked to another one"
            f" ({kept.elsewhere}): somebody duplicated it there.",
            f'Void or delete {name} in QuickBooks, or take the line "OneDesk invoice {theirs.mark}" out of its private'
            " note.",
        )
    if own is None or own.void:
        stands = "OneDesk does not have" if own is None else f"is {own.status} in OneDesk"
        return (
            f"QuickBooks invoice {name} has the mark of OneDesk's invoice {theirs.mark}, which {stands}.",
            f"Void or delete {name} in QuickBooks; if OneDesk should have it, restore the invoice there, then:"
            f" {COMMAND} copy {theirs.mark}",
        )
    cause = f"QuickBooks invoice {name} is a copy of it, and the ledger has no link: it was lost, or put back."
    if own.status == "draft":
        return cause, f"Open it in OneDesk, then run: {COMMAND} copy {own.id}, which links the two."
    if own.number == theirs.number:
        return cause, f"Run: {COMMAND} copy {own.id}, which links the two."
    return (
        cause,
        f"Give it the number {own.number} in QuickBooks again, then run: {COMMAND} copy {own.id}, which links the two.",
    )


def _twice_entered(od_id: str, qbo_id: str) -> tuple[str, str]:
    return (
        "OneDesk and QuickBooks have an invoice of this number each, and they are not linked.",
        f"See whether they are the same: {COMMAND} adopt {od_id} (with --yes it links them); if they are not, give one"
        f" of them another number (QuickBooks' has the id {qbo_id}).",
    )


def _by_hand(theirs: Theirs, alone: Alone) -> tuple[str, str]:
    if _key(theirs.number) in alone:
        return _twice_entered(*alone[_key(theirs.number)])
    return (
        "It was entered in QuickBooks, not copied from OneDesk.",
        "If it belongs to QuickBooks alone, leave it out with --ours. If OneDesk is to have it, enter it there under"
        f" number {theirs.number or 'NUMBER'}, open it, and link the two: {COMMAND} adopt ID --pair ID={theirs.id}"
        " --yes",
    )


def _gone_there(pair: Pair, own: Own, theirs: Theirs | None) -> Difference:
    did, deed = ("deleted", "deletion") if theirs is None else ("voided", "void")
    kept = pair.kept
    cause = f"QuickBooks invoice {kept.qbo_number or kept.qbo_id} was {did} there."
    remedy = "Void the invoice in OneDesk too."
    if kept.undone:
        cause = f"{cause[:-1]}, when the run {kept.undone} was undone."
        if theirs is None:
            remedy = f"To bill it, run: {COMMAND} copy {own.id}; else void the invoice in OneDesk."
            return _made(pair, f"{did}_in_quickbooks", _told(own), _told(theirs), cause, remedy, own.total)
    elif kept.accepted:
        cause = f"{cause} That was accepted {kept.accepted}."
    elif kept.waiting:
        remedy += f" Or accept the {deed}: {COMMAND} queue settle {kept.waiting} --keep quickbooks"
    remedy += " To bill it again, duplicate it in OneDesk under a new number and copy that."
    return _made(pair, f"{did}_in_quickbooks", _told(own), _told(theirs), cause, remedy, own.total)


def _gone_here(pair: Pair, own: Own | None, theirs: Theirs) -> Difference:
    kind = "deleted_in_onedesk" if own is None else "voided_in_onedesk"
    remedy = "Void it in QuickBooks."
    if pair.kept.waiting:
        remedy = f'{remedy} Then: {COMMAND} queue drop {pair.kept.waiting} --reason "voided there"'
    if theirs.balance != theirs.total:
        remedy = f"Take what was paid off the invoice in QuickBooks. {remedy}"
    has = "does not have the invoice any more" if own is None else "has the invoice void"
    cause = f"OneDesk {has}, and QuickBooks still has it as {theirs.number or theirs.id}."
    return _made(pair, kind, NONE, _told(theirs), cause, remedy, -theirs.total)


# Both have it


def _fields(pair: Pair, own: Own, theirs: Theirs) -> Iterator[Difference]:
    kept = pair.kept
    rows: dict[str, tuple[str, str]] = {}
    others = []
    for field, here, there in (*kept.versions, *kept.changed):
        kind = _FIELDS.get(field, field)
        if kind in ("number", "date", "customer", TAX):
            rows.setdefault(kind, (here, there))
        elif kind not in (TOTAL, "currency", "deposit"):  # those are compared as they are
            others.append((field, here, there))
    rows |= _amounts(own, theirs)
    if others or (kept.renewed and not rows):
        words = described(others) if others else "what is not shown here"
        rows["content"] = (f"It differs in {words}. ", "")
    for kind in KINDS:
        if kind in rows:
            by = {TOTAL: own.total - theirs.total, TAX: own.tax - theirs.tax}.get(kind)
            if kind == TAX and not own.taxes:
                by = None
            cause, remedy = _why(pair, own, theirs)
            if kind == "content":  # no single value of either side
                yield _made(pair, kind, "", "", rows[kind][0] + cause, remedy)
            else:
                yield _made(pair, kind, *rows[kind], cause, remedy, by)


def _amounts(own: Own, theirs: Theirs) -> dict[str, tuple[str, str]]:
    """Currency, total and tax are compared as they are, whoever changed them."""
    found = {}
    if own.currency != theirs.currency:
        return {"currency": (own.currency, theirs.currency)}
    if own.total != theirs.total:
        found[TOTAL] = (_told(own), _told(theirs))
    if own.taxes and _taxes_differ(own, theirs):
        found[TAX] = (_tax(own), _tax(theirs))
    return found


def _taxes_differ(own: Own, theirs: Theirs) -> bool:
    """By the sum, or at one rate where both say something of every rate that has some tax."""
    if own.tax != theirs.tax:
        return True
    here, there = by_percent(own.taxes), by_percent(theirs.taxes)
    rates = {rate for some in (here, there) for rate, amount in some.items() if amount}
    return rates <= here.keys() & there.keys() and any(here[rate] != there[rate] for rate in rates)


def _tax(side: Own | Theirs) -> str:
    parts = ", ".join(f"{each.code} {plain(each.amount)}" for each in side.taxes)
    return f"{Money(side.tax, side.currency)}" + (f" ({parts})" if parts else "")


def _why(pair: Pair, own: Own, theirs: Theirs) -> tuple[str, str]:
    """Who has changed what, and how the two become one again."""
    kept, again = pair.kept, f"{COMMAND} copy {own.id}"
    if kept.edited:
        both = " It was changed in OneDesk as well." if kept.renewed else ""
        if kept.waiting:
            return (
                f"It was changed in QuickBooks since it was copied.{both}",
                f"Choose the version to keep: {COMMAND} queue settle {kept.waiting} --keep onedesk|quickbooks (then"
                f" {again} writes OneDesk's).",
            )
        return (
            f"It was changed in QuickBooks since it was copied, and the change was not looked at yet.{both}",
            f"Run: {COMMAND} payments, which notes the change; then choose the version to keep: {COMMAND} queue settle"
            " ENTRY --keep onedesk|quickbooks",
        )
    if kept.state in ("todo", "held", "failed", "skipped") or (kept.state == "dropped" and kept.renewed):
        return _not_copied(own, kept)
    if own.status == "draft":
        return ("It is back in Draft in OneDesk.", f"Open it in OneDesk, then: {again}")
    if kept.accepted:
        return (
            f"QuickBooks' version was accepted {kept.accepted}.",
            f"Correct the invoice in OneDesk so that both are the same, then: {again}",
        )
    if kept.renewed:
        return ("It was changed in OneDesk since it was copied.", f"Run: {again}")
    return (
        "It was copied so: the rules under totals let it through with another total or tax than OneDesk's.",
        "Correct the taxes of the invoice in OneDesk or the tax rules (docs/money.md), then: " + again,
    )


# Numbers


def _twice(pairs: Sequence[Pair]) -> dict[int, list[Difference]]:
    found: defaultdict[int, list[Difference]] = defaultdict(list)
    for side in ("OneDesk", "QuickBooks"):
        numbers: defaultdict[str, list[int]] = defaultdict(list)
        for place, pair in enumerate(pairs):
            number = _number(pair, side)
            if number:
                numbers[number].append(place)
        for number, places in numbers.items():
            for place in places if len(places) > 1 else ():
                found[place].append(_same_number(pairs, place, places, number, side))
    return found


def _number(pair: Pair, side: str) -> str:
    if side == "OneDesk":
        return pair.own.number if pair.own and not pair.own.void else ""
    return pair.theirs.number if pair.theirs and not pair.theirs.voided else ""


def _same_number(pairs: Sequence[Pair], place: int, places: Iterable[int], number: str, side: str) -> Difference:
    pair = pairs[place]
    others = ", ".join(_of(pairs[each], side) for each in places if each != place)
    remedy = "Give one of them another number in QuickBooks; one that OneDesk has, in OneDesk, and copy it again."
    if side == "OneDesk":
        remedy = "Put one of them back to Draft in OneDesk, give it another number, open it, and copy it again."
    cause = f"{side} has the number {number} more than once: {others} has it, too."
    here, there = (number, "") if side == "OneDesk" else ("", number)
    return _made(pair, "duplicate_number", here, there, cause, remedy)


def _of(pair: Pair, side: str) -> str:
    found: Own | Theirs | None = pair.own if side == "OneDesk" else pair.theirs
    assert found is not None
    return f"invoice {found.id} of {found.customer or 'another customer'} over {_told(found)}"
