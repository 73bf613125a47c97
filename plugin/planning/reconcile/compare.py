"""The differences between both sides, invoice by invoice, each with its cause and the next step."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from onedesk_quickbooks.plugin.model.kinds import DROPPED, LEFT, REPLACED
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.name_keys import name_key
from onedesk_quickbooks.plugin.model.state import PAST
from onedesk_quickbooks.plugin.planning.differences import TAX, TOTAL, described
from onedesk_quickbooks.plugin.planning.markers import (
    adopt_command,
    altered_steps,
    marker,
    not_ours_command,
    void_steps,
)
from onedesk_quickbooks.plugin.planning.reconcile import payments
from onedesk_quickbooks.plugin.planning.reconcile.sides import Either, Kept, Own, Pair, Second, Theirs, by_percent
from onedesk_quickbooks.plugin.planning.reconcile.twins import without_twins
from onedesk_quickbooks.plugin.texts import Amount, Text, ended, joined
from onedesk_quickbooks.plugin.texts.arguments import arguments

KINDS = {
    "missing_in_quickbooks": Text("missing in QuickBooks"),
    "missing_in_onedesk": Text("missing in OneDesk"),
    "not_linked": Text("has OneDesk's mark, but no link"),
    "voided_in_quickbooks": Text("voided in QuickBooks"),
    "deleted_in_quickbooks": Text("deleted in QuickBooks"),
    "voided_in_onedesk": Text("voided in OneDesk"),
    "deleted_in_onedesk": Text("deleted in OneDesk"),
    "currency": Text("currency"),
    "customer": Text("customer"),
    "number": Text("number"),
    "date": Text("date"),
    "total": Text("total"),
    "tax": Text("tax"),
    "content": Text("content"),
    "payment": Text("payment"),
    "credit": Text("credit or write-off"),
    "deposit": Text("deposit"),
    "balance": Text("balance"),
    "duplicate_number": Text("number used twice"),
    "unreadable": Text("cannot be read"),
}
"""Every kind of difference, as text for people; in the order in which an invoice's are reported."""
_FIELDS = {"tax by rate": TAX, "tax code of the invoice": TAX, "deposit": "deposit"}
_NOT_ASKED = ("", *LEFT)
"""The states of an entry that nobody waits for, and of none."""
NONE = Text("none")
_BACK_IN_DRAFT = Text("It is back in Draft in OneDesk.")


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference of one invoice: both sides as text for people, and by how much OneDesk's is larger (None where it
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
    twice, alone = _twice(pairs), Alone(_one_number(pairs), _alike(pairs), *_adopted(pairs))
    found = {
        place: [*(_or_undo(pair, each) for each in _one(pair, alone)), *twice.get(place, ())]
        for place, pair in enumerate(pairs)
    }
    return {place: each for place, each in found.items() if each}


@dataclass(frozen=True, slots=True)
class Alone:
    """Invoices that exist on one side only, without a link: by their `number` the ids, OneDesk's and QuickBooks';
    `alike` are pairs with other numbers, by OneDesk's id, and by QuickBooks'. `ours` and `theirs` are pairs that adopt
    has linked and that have two numbers, by the key of either."""

    number: Mapping[str, tuple[str, str]]
    alike: Mapping[tuple[str, str], tuple[Own, Theirs]]
    ours: Mapping[str, Pair]
    theirs: Mapping[str, Pair]


def _adopted(pairs: Sequence[Pair]) -> tuple[dict[str, Pair], dict[str, Pair]]:
    found = [pair for pair in pairs if pair.own and pair.theirs and _has_two_numbers(pair)]
    ours = {_key(pair.own.number): pair for pair in found if pair.own and pair.own.number}
    return ours, {_key(pair.theirs.number): pair for pair in found if pair.theirs and pair.theirs.number}


def _has_two_numbers(pair: Pair) -> bool:
    """Whether adopt has linked invoices with different numbers, because a person said that they are the same."""
    own, theirs = pair.own, pair.theirs
    there = theirs.number if theirs else pair.kept.qbo_number
    return pair.kept.adopted and own is not None and _key(own.number) != _key(there)


def _or_undo(pair: Pair, found: Difference) -> Difference:
    """The remedy for a wrong pair of adopt."""
    settles = found.kind in ("payment", "credit", "deposit", "balance")
    if not pair.kept.adopted or pair.own is None or (settles and not _has_two_numbers(pair)):
        return found
    undo = Text(
        "(if adopt has linked the wrong invoice, take the link back first: onedesk-quickbooks adopt {undo})",
        undo=arguments(found.id, options="--undo"),
    )
    return dataclasses.replace(found, remedy=joined(" ", (found.remedy, undo)))


def _one(pair: Pair, alone: Alone) -> Iterator[Difference]:
    own, theirs, kept = pair.own, pair.theirs, pair.kept
    if own is not None and own.problem:
        remedy = Text("Correct the invoice in OneDesk, then: onedesk-quickbooks copy {id}", id=arguments(own.id))
        yield _made(pair, "unreadable", own.problem, _total(theirs), Text("OneDesk's invoice cannot be read."), remedy)
    elif kept.problem:
        remedy = Text("Open the invoice in QuickBooks, correct it and save it.")
        yield _made(pair, "unreadable", _total(own), kept.problem, Text("QuickBooks' invoice cannot be read."), remedy)
    elif not pair.linked:
        yield from _unlinked(pair, alone)
    elif theirs is None or theirs.voided:
        if own is not None and not own.void:
            yield _gone_there(pair, own, theirs)
    elif own is None or own.void:
        yield _gone_here(pair, own, theirs)
    else:
        yield from _fields(pair, own, theirs)
        yield from (_made(pair, *each) for each in payments.compare(*without_twins(own, theirs), kept))


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


def _total(side: Own | Theirs | None) -> str:
    return NONE if side is None or not side.currency else Money(side.total, side.currency).__text__()


# Missing on one side


def _one_number(pairs: Sequence[Pair]) -> Mapping[str, tuple[str, str]]:
    here = {_key(pair.own.number): pair.own.id for pair in pairs if pair.own and _is_missed(pair)}
    there = {_key(pair.theirs.number): pair.theirs.id for pair in pairs if pair.theirs and _is_entered(pair)}
    return {key: (here[key], there[key]) for key in here if key and key in there}


def _alike(pairs: Sequence[Pair]) -> Mapping[tuple[str, str], tuple[Own, Theirs]]:
    """A single invoice on each side with the same customer, day and total."""
    here, there = defaultdict[object, list[Own]](list), defaultdict[object, list[Theirs]](list)
    for pair in pairs:
        if pair.own and _is_missed(pair):
            here[value_of(pair.own)].append(pair.own)
        elif pair.theirs and _is_entered(pair):
            there[value_of(pair.theirs)].append(pair.theirs)
    found: dict[tuple[str, str], tuple[Own, Theirs]] = {}
    for value, some in here.items():
        if len(some) == len(there[value]) == 1:
            both = some[0], there[value][0]
            found[some[0].id, ""] = found["", both[1].id] = both
    return found


def value_of(side: Own | Theirs) -> object:
    """The key by which two may be the same, whatever their numbers are."""
    return side.credit, side.currency, side.total, side.day, name_key(side.customer)


def _is_missed(pair: Pair) -> bool:
    return pair.own is not None and not pair.own.void and pair.theirs is None and not pair.linked


def _is_entered(pair: Pair) -> bool:
    theirs = pair.theirs
    return pair.own is None and theirs is not None and not (pair.linked or theirs.mark or theirs.voided)


def _key(number: str) -> str:
    return number.strip().casefold()


def _unlinked(pair: Pair, alone: Alone) -> Iterator[Difference]:
    own, theirs = pair.own, pair.theirs
    if theirs is None and own is not None and not own.void:
        cause, remedy = _not_copied(own, pair.kept)
        if pair.kept.either is not None:
            cause, remedy = _either(pair.kept.either)
        elif pair.kept.state in _NOT_ASKED and _key(own.number) in alone.number:
            cause, remedy = _twice_entered(own.id, alone.number[_key(own.number)][1])
        elif _key(own.number) in alone.theirs:
            cause, remedy = _anothers(own, alone.theirs[_key(own.number)])
        elif pair.kept.state in _NOT_ASKED and (own.id, "") in alone.alike:
            cause, remedy = _perhaps(*alone.alike[own.id, ""])
        yield _made(pair, "missing_in_quickbooks", _total(own), NONE, cause, remedy, own.total)
    elif theirs is not None and theirs.voided and own is not None and not own.void:
        cause = Text(
            "QuickBooks invoice {name} has the mark of OneDesk's invoice {id} and was voided there, and the ledger has"
            " no link to it.",
            name=theirs.number or theirs.id,
            id=own.id,
        )
        remedy = void_steps(own.id, theirs.id)
        yield _made(pair, "voided_in_quickbooks", _total(own), _total(theirs), cause, remedy, own.total)
    elif theirs is not None and not theirs.voided:
        kind = "not_linked" if theirs.mark else "missing_in_onedesk"
        cause, remedy = _marked(own, theirs, pair.kept) if theirs.mark else _by_hand(theirs, alone)
        by = (own.total if own and not own.void and own.currency == theirs.currency else Decimal(0)) - theirs.total
        yield _made(pair, kind, _total(own), _total(theirs), cause, remedy, by)


def _left(kept: Kept) -> str:
    values = {"n": kept.entry, "why": ended(kept.reason)}
    if kept.state == REPLACED:
        return Text("Its entry {n} was replaced: {why}", **values)
    return Text("Its entry {n} was dropped: {why}", **values)


def _not_copied(own: Own, kept: Kept) -> tuple[str, str]:
    if kept.state == "todo":
        return (
            Text("It waits in the queue as entry {n}.", n=kept.entry),
            Text(
                "A running onedesk-quickbooks serve, or the host, does it automatically. If none runs, start it, or"
                " run: onedesk-quickbooks copy {id}",
                id=arguments(own.id),
            ),
        )
    if kept.state in ("held", "failed"):
        return (
            Text("It is {state} as entry {n}: {why}", state=Text(kept.state), n=kept.entry, why=ended(kept.reason)),
            Text(
                "Follow that step, then: onedesk-quickbooks copy {id} (all of it: onedesk-quickbooks queue show {n})",
                id=arguments(own.id),
                n=kept.entry,
            ),
        )
    if kept.state == "skipped":
        return (
            Text("It is skipped as entry {n}: {why}", n=kept.entry, why=ended(kept.reason)),
            Text(
                "Correct one of the two by hand; or change the rule, then: onedesk-quickbooks copy {id}",
                id=arguments(own.id),
            ),
        )
    if kept.state in LEFT:
        return (
            _left(kept),
            Text(
                "If QuickBooks is to have it, run: onedesk-quickbooks copy {id}; or, if it is there already: "
                "onedesk-quickbooks adopt {id}",
                id=arguments(own.id),
            ),
        )
    if kept.former is not None:
        return (
            Text(
                "It was copied to {company} on {day}, before this company was connected, and was never copied to this"
                " one.",
                company=kept.former.company,
                day=kept.former.day,
            ),
            Text(
                "If it is to stay there, nothing is to be done. If this company is to have it, void or delete it there,"
                " so that it is not billed twice, then: onedesk-quickbooks copy {id}",
                id=arguments(own.id),
            ),
        )
    return (Text("It was never copied."), Text("Run: onedesk-quickbooks copy {id}", id=arguments(own.id)))


def _marked(own: Own | None, theirs: Theirs, kept: Kept) -> tuple[str, str]:
    name = theirs.number or theirs.id
    if kept.either is not None:
        return _either(kept.either)
    if theirs.altered:
        return theirs.altered, _altered(own, theirs)
    if kept.elsewhere:
        return (
            Text(
                "QuickBooks invoice {name} has the mark of OneDesk's invoice {id}, which is linked to another one"
                " ({other}): somebody duplicated it there.",
                name=name,
                id=theirs.mark,
                other=kept.elsewhere,
            ),
            Text(
                'Void or delete {name} in QuickBooks, or take the line "{line}" out of its private note.',
                name=name,
                line=f"OneDesk invoice {theirs.mark}",
            ),
        )
    if own is None and kept.second is not None and not kept.second.of.void:
        return _second_one(theirs, kept, kept.second)
    own = kept.second.of if kept.second else own
    if own is None or own.void:
        cause = Text(
            "QuickBooks invoice {name} has the mark of OneDesk's invoice {id}, which OneDesk does not have.",
            name=name,
            id=theirs.mark,
        )
        if own is not None:
            cause = Text(
                "QuickBooks invoice {name} has the mark of OneDesk's invoice {id}, which is {state} in OneDesk.",
                name=name,
                id=theirs.mark,
                state=Text(own.status),
            )
        return cause, Text(
            "Void or delete {name} in QuickBooks; if OneDesk should have it, restore the invoice there, then:"
            " onedesk-quickbooks copy {id}",
            name=name,
            id=arguments(theirs.mark),
        )
    cause = Text(
        "QuickBooks invoice {name} is a copy of it, and the ledger has no link: the link was lost, or the ledger was "
        "restored.",
        name=name,
    )
    if theirs.credit:
        cause = Text(
            "QuickBooks credit memo {name} is a copy of it, and the ledger has no link: the link was lost, or the "
            "ledger was restored.",
            name=name,
        )
    cause = joined(" ", (cause, *_differs(kept)))
    if own.status == "draft" and kept.apart.fields:
        return cause, joined(" ", (Text("Open it in OneDesk first."), kept.apart.steps(own.id, theirs.id)))
    if own.status == "draft":
        return cause, Text(
            "Open it in OneDesk, then run: onedesk-quickbooks copy {id}, which links the two.", id=arguments(own.id)
        )
    return cause, kept.apart.steps(own.id, theirs.id)


def _differs(kept: Kept) -> list[str]:
    fields = kept.apart.fields
    return [Text("Its content differs: {apart}.", apart=joined("; ", fields.values()))] if fields else []


def _second_one(theirs: Theirs, kept: Kept, second: Second) -> tuple[str, str]:
    """Two in QuickBooks have the mark of an invoice that has no link; this one is not the one that a copy links."""
    name, od_id = f"{theirs.number or '-'} (id {theirs.id})", second.of.id
    values = {"name": name, "first": second.first, "line": marker(od_id)}
    cause = Text(
        "QuickBooks invoice {name} has the mark of OneDesk's invoice {id}, as {first} has, and the ledger has no link"
        " to either. A copy looks at {first}, not at this one.",
        id=od_id,
        **values,
    )
    cause = joined(" ", (cause, *_differs(kept)))
    if "total" not in kept.apart.fields:
        return cause, Text(
            "Compare the two. If {first} is the right one, void or delete {name} in QuickBooks, or take the line"
            ' "{line}" out of its private note. If {name} is the right one, link it: {pair}; then do so with {first}.',
            pair=adopt_command(od_id, theirs.id),
            **values,
        )
    return cause, Text(
        'Compare the two, and void or delete the wrong one in QuickBooks, or take the line "{line}" out of its private'
        " note. If {name} is the invoice of another installation, which copies into this company as well: {other}",
        other=not_ours_command(od_id, theirs.id),
        **values,
    )


def _either(either: Either) -> tuple[str, str]:
    return (
        Text(
            "OneDesk's invoices {names} have ids that differ only in their Unicode form, so the mark in QuickBooks "
            "({forms}) fits each of them: it may be the copy of either.",
            names=joined(", ", either.names),
            forms=joined(", ", either.forms),
        ),
        Text(
            "Compare them, and link what belongs together: {commands}",
            commands=joined(", ", (adopt_command(*pair) for pair in either.pairs)),
        ),
    )


def _altered(own: Own | None, theirs: Theirs) -> str:
    if own is None or not own.void:
        return altered_steps(theirs.mark, theirs.id)
    return Text(
        "OneDesk's invoice {id} is {state}: if QuickBooks' is a copy of it, void it there; if not, leave it.",
        id=theirs.mark,
        state=Text(own.status),
    )


def _twice_entered(od_id: str, qbo_id: str) -> tuple[str, str]:
    return (
        Text("OneDesk and QuickBooks have an invoice of this number each, and they are not linked."),
        Text(
            "See whether they are the same: onedesk-quickbooks adopt {id} (with --yes it links them); if they are not,"
            " give one of them another number (QuickBooks' has the id {qbo_id}).",
            id=arguments(od_id),
            qbo_id=qbo_id,
        ),
    )


def _anothers(own: Own, pair: Pair) -> tuple[str, str]:
    """QuickBooks has one with its number, which adopt has linked to another of OneDesk's."""
    other = pair.own.id if pair.own else ""
    return (
        Text(
            "QuickBooks has an invoice {number} (id {qbo_id}), which adopt has linked to OneDesk's invoice {name}.",
            number=own.number,
            qbo_id=pair.kept.qbo_id,
            name=pair.name,
        ),
        Text(
            "If it is this one, take that link back, and adopt it: onedesk-quickbooks adopt {undo}, then {adopt}; if"
            " not, give this one another number in OneDesk, and copy it.",
            undo=arguments(other, options="--undo --yes"),
            adopt=adopt_command(own.id, pair.kept.qbo_id),
        ),
    )


def _perhaps(own: Own, theirs: Theirs) -> tuple[str, str]:
    return (
        Text(
            "OneDesk's invoice {number} and QuickBooks' {other} have the same customer, date and total, and they are"
            " not linked.",
            number=own.number or own.id,
            other=theirs.number or theirs.id,
        ),
        Text(
            "If they are the same, link them, so that no copy duplicates it: {adopt}; if they are not, run:"
            " onedesk-quickbooks copy {id}",
            adopt=adopt_command(own.id, theirs.id),
            id=arguments(own.id),
        ),
    )


def _by_hand(theirs: Theirs, alone: Alone) -> tuple[str, str]:
    if _key(theirs.number) in alone.number:
        return _twice_entered(*alone.number[_key(theirs.number)])
    if (pair := alone.ours.get(_key(theirs.number))) and pair.own:
        return (
            Text(
                "It was entered in QuickBooks under number {number}, and adopt has linked OneDesk's invoice of this"
                " number to another one ({other}).",
                number=theirs.number,
                other=pair.kept.qbo_number or pair.kept.qbo_id,
            ),
            Text(
                "If this is the right one, take the link back, and adopt it: onedesk-quickbooks adopt {id} --undo"
                " --yes, then onedesk-quickbooks adopt {id} --pair {id}={qbo_id} --yes; if not, give it another number"
                " in QuickBooks.",
                id=arguments(pair.own.id),
                qbo_id=theirs.id,
            ),
        )
    if ("", theirs.id) in alone.alike:
        return _perhaps(*alone.alike["", theirs.id])
    return (
        Text("It was entered in QuickBooks, not copied from OneDesk."),
        Text(
            "If it belongs to QuickBooks alone, leave it out with --ours. If OneDesk is to have it, enter it there"
            " under number {number}, open it, and link the two: onedesk-quickbooks adopt ID --pair ID={qbo_id} --yes",
            number=theirs.number or "NUMBER",
            qbo_id=theirs.id,
        ),
    )


def _gone_there(pair: Pair, own: Own, theirs: Theirs | None) -> Difference:
    did, kept = "deleted" if theirs is None else "voided", pair.kept
    values = {"name": kept.qbo_number or kept.qbo_id, "did": PAST[did]}
    cause = Text("QuickBooks invoice {name} was {did} there.", **values)
    remedies = [Text("Void the invoice in OneDesk too.")]
    again = Text("To bill it again, duplicate it in OneDesk under a new number and copy that.")
    if own.credit:
        cause = Text("QuickBooks credit memo {name} was {did} there.", **values)
        remedies = [Text("Void the credit note in OneDesk too.")]
        again = Text("To credit it again, duplicate it in OneDesk under a new number and copy that.")
    if kept.undone:
        values["run"] = kept.undone
        cause = Text("QuickBooks invoice {name} was {did} there, when the run {run} was undone.", **values)
        remedy = Text(
            "To bill it, run: onedesk-quickbooks copy {id}; else void the invoice in OneDesk.", id=arguments(own.id)
        )
        if own.credit:
            cause = Text("QuickBooks credit memo {name} was {did} there, when the run {run} was undone.", **values)
            remedy = Text(
                "To credit it, run: onedesk-quickbooks copy {id}; else void the credit note in OneDesk.",
                id=arguments(own.id),
            )
        if theirs is None:
            return _made(pair, f"{did}_in_quickbooks", _total(own), _total(theirs), cause, remedy, own.total)
    elif kept.accepted:
        cause = joined(" ", (cause, Text("That was accepted {how}.", how=kept.accepted)))
    elif kept.waiting and theirs is None:
        remedies.append(
            Text("Or accept the deletion: onedesk-quickbooks queue settle {n} --keep quickbooks", n=kept.waiting)
        )
    elif kept.waiting:
        remedies.append(
            Text("Or accept the void: onedesk-quickbooks queue settle {n} --keep quickbooks", n=kept.waiting)
        )
    remedies.append(again)
    return _made(pair, f"{did}_in_quickbooks", _total(own), _total(theirs), cause, joined(" ", remedies), own.total)


def _gone_here(pair: Pair, own: Own | None, theirs: Theirs) -> Difference:
    kind = "deleted_in_onedesk" if own is None else "voided_in_onedesk"
    deletes = Text("Delete it in QuickBooks, or void it there; a void one keeps its number.")
    remedies = [deletes if own is None else Text("Void it in QuickBooks.")]
    if pair.kept.waiting:
        remedies.append(
            Text("Then: onedesk-quickbooks payments, which closes entry {n} of the queue.", n=pair.kept.waiting)
        )
    name = theirs.number or theirs.id
    cause = Text("OneDesk has the invoice void, and QuickBooks still has it as {name}.", name=name)
    used = Text("Take what was paid off the invoice in QuickBooks.")
    if theirs.credit:
        cause = Text("OneDesk has the credit note void, and QuickBooks still has it as {name}.", name=name)
        used = Text("Take what is used of the credit memo off the invoice in QuickBooks.")
    if theirs.balance != theirs.total:
        remedies.insert(0, used)
    if own is None and theirs.credit:
        cause = Text(
            "OneDesk does not have the credit note any more, and QuickBooks still has it as {name}.", name=name
        )
    elif own is None:
        cause = Text("OneDesk does not have the invoice any more, and QuickBooks still has it as {name}.", name=name)
    return _made(pair, kind, NONE, _total(theirs), cause, joined(" ", remedies), -theirs.total)


# On both sides


def _fields(pair: Pair, own: Own, theirs: Theirs) -> Iterator[Difference]:
    kept = pair.kept
    rows: dict[str, tuple[str, str]] = {}
    others = []
    for field, here, there in (*kept.changed, *kept.versions):
        kind = _FIELDS.get(field, field)
        if kind in ("number", "date", "customer", TAX):
            rows.setdefault(kind, (here, there))
        elif kind not in (TOTAL, "currency", "deposit"):  # those are compared independently of the cause
            others.append((field, here, there))
    rows |= _amounts(own, theirs)
    if others or (kept.renewed and not rows):
        words = described(others) if others else Text("what is not shown here")
        rows["content"] = (Text("It differs in {fields}.", fields=words), "")
    for kind in KINDS:
        if kind in rows:
            by = {TOTAL: own.total - theirs.total, TAX: own.tax - theirs.tax}.get(kind)
            if kind == TAX and not own.taxes:
                by = None
            cause, remedy = _why(pair, own)
            if kind == "content":  # no single value of either side
                yield _made(pair, kind, "", "", joined(" ", (rows[kind][0], cause)), remedy)
            else:
                yield _made(pair, kind, *rows[kind], cause, remedy, by)


def _amounts(own: Own, theirs: Theirs) -> dict[str, tuple[str, str]]:
    """Currency, total and tax are compared directly, whichever side was changed."""
    found = {}
    if own.currency != theirs.currency:
        return {"currency": (own.currency, theirs.currency)}
    if own.total != theirs.total:
        found[TOTAL] = (_total(own), _total(theirs))
    if own.taxes and _taxes_differ(own, theirs):
        found[TAX] = (_tax(own), _tax(theirs))
    return found


def _taxes_differ(own: Own, theirs: Theirs) -> bool:
    """By the sum, or at one rate where both state every rate that has a tax."""
    if own.tax != theirs.tax:
        return True
    here, there = by_percent(own.taxes), by_percent(theirs.taxes)
    rates = {rate for some in (here, there) for rate, amount in some.items() if amount}
    return rates <= here.keys() & there.keys() and any(here[rate] != there[rate] for rate in rates)


def _tax(side: Own | Theirs) -> str:
    total = Money(side.tax, side.currency).__text__()
    parts = joined(
        ", ", (joined(" ", (each.code, Amount(Money(each.amount, side.currency).digits))) for each in side.taxes)
    )
    return Text("{total} ({parts})", total=total, parts=parts) if side.taxes else total


def _open(own: Own) -> Text:
    return Text("Open it in OneDesk, then: onedesk-quickbooks copy {id}", id=arguments(own.id))


def _edited_there(own: Own, kept: Kept) -> tuple[str, str]:
    """The same where QuickBooks' version has an edit that nobody has accepted."""
    again = f"onedesk-quickbooks copy {arguments(own.id)}"
    both = [Text("It was changed in OneDesk as well.")] if kept.renewed else []
    if entry := kept.waiting or (kept.entry if kept.state == "held" and not kept.dropped else 0):
        return (
            joined(" ", (Text("It was changed in QuickBooks since it was copied."), *both)),
            Text(
                "Choose the version to keep: onedesk-quickbooks queue settle {n} --keep onedesk|quickbooks (then"
                " {command} writes OneDesk's).",
                n=entry,
                command=again,
            ),
        )
    if kept.dropped and kept.state == "held" and kept.entry > kept.dropped:
        return _not_copied(own, kept)
    if own.status == "draft":
        changed = Text("It was changed in QuickBooks since it was copied.")
        return joined(" ", (changed, *both, _BACK_IN_DRAFT)), _open(own)
    if kept.accepted:  # `overwrite`, and it could not be copied since
        return (
            Text("It was changed in QuickBooks since it was copied, and OneDesk's version is not written again yet."),
            Text("Run: onedesk-quickbooks copy {id}", id=arguments(own.id)),
        )
    if kept.dropped:
        dropped = Text(
            "It was changed in QuickBooks since it was copied, and the entry {n} of that change was dropped.",
            n=kept.dropped,
        )
        return (
            joined(" ", (dropped, *both)),
            Text(
                "Run: {command}, whose entry is held by the change; then choose the version to keep, with that"
                " entry: onedesk-quickbooks queue settle ENTRY --keep onedesk|quickbooks",
                command=again,
            ),
        )
    unseen = Text("It was changed in QuickBooks since it was copied, and the change was not looked at yet.")
    return (
        joined(" ", (unseen, *both)),
        Text(
            "Run: onedesk-quickbooks payments, which notes the change; then choose the version to keep:"
            " onedesk-quickbooks queue settle ENTRY --keep onedesk|quickbooks (ENTRY: see onedesk-quickbooks queue)"
        ),
    )


def _why(pair: Pair, own: Own) -> tuple[str, str]:
    """Which side has changed what, and how to make them agree again."""
    kept = pair.kept
    if kept.edited:
        return _edited_there(own, kept)
    if kept.state in ("todo", "held", "failed", "skipped") or (kept.state == DROPPED and kept.renewed):
        return _not_copied(own, kept)
    if own.status == "draft":
        return _BACK_IN_DRAFT, _open(own)
    if kept.accepted:
        return (
            Text("QuickBooks' version was accepted {how}.", how=kept.accepted),
            Text(
                "Correct the invoice in OneDesk so that both are the same, then: onedesk-quickbooks copy {id}",
                id=arguments(own.id),
            ),
        )
    if kept.renewed:
        run = Text("Run: onedesk-quickbooks copy {id}", id=arguments(own.id))
        return (Text("It was changed in OneDesk since it was copied."), run)
    return (
        Text("It was copied so: the rules under totals let it through with another total or tax than OneDesk's."),
        Text(
            "Correct the taxes of the invoice in OneDesk or the tax rules (docs/money.md), then: onedesk-quickbooks"
            " copy {id}",
            id=arguments(own.id),
        ),
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
    others = joined(", ", (_of(pairs[each], side) for each in places if each != place))
    remedy = Text("Give one of them another number in QuickBooks; one that OneDesk has, in OneDesk, and copy it again.")
    if side == "OneDesk":
        remedy = Text("Put one of them back to Draft in OneDesk, give it another number, open it, and copy it again.")
    cause = Text(
        "{side} has the number {number} more than once: {others} has it, too.",
        side=side,
        number=number,
        others=others,
    )
    here, there = (number, "") if side == "OneDesk" else ("", number)
    return _made(pair, "duplicate_number", here, there, cause, remedy)


def _of(pair: Pair, side: str) -> str:
    found: Own | Theirs | None = pair.own if side == "OneDesk" else pair.theirs
    assert found is not None
    return Text(
        "invoice {id} of {customer} for {total}",
        id=found.id,
        customer=found.customer or Text("another customer"),
        total=_total(found),
    )
