"""Matches QuickBooks' invoices with OneDesk's: by number, customer, currency, total, tax, date and open balance.

A pair that agrees in all of them, and is the only such pair on either side, is the same invoice. The rest is decided by
a person, who may name a pair that differs in number, date or customer; amounts have to agree.
"""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.name_keys import name_key
from onedesk_quickbooks.plugin.planning.adopt.sides import Candidate, Field, Known, Match, Own, Theirs, number_key
from onedesk_quickbooks.plugin.texts import Text, joined
from onedesk_quickbooks.plugin.texts.arguments import arguments

PAIRABLE = frozenset({"number", "customer", "date"})
"""The fields in which a pair that a person names may differ."""
PERSON = Text("a person")
_NONE = Text("none")


def match(own: Sequence[Own], theirs: Sequence[Theirs], known: Known, pairs: Mapping[str, str]) -> list[Match]:
    """The result for each of OneDesk's invoices, in their order. `pairs` {OneDesk's id: QuickBooks' id} name invoices
    of both lists."""
    return _Matching(theirs, known, pairs).of(own)


class _Matching:
    def __init__(self, theirs: Sequence[Theirs], known: Known, pairs: Mapping[str, str]) -> None:
        self._known = known
        self._pairs = pairs
        self._by_id = {each.id: each for each in theirs}
        self._by_number: defaultdict[tuple[str, str], list[Theirs]] = defaultdict(list)
        self._by_value: defaultdict[object, list[Theirs]] = defaultdict(list)
        for each in theirs:
            self._by_number[each.kind, number_key(each.number)].append(each)
            self._by_value[each.kind, each.currency, each.total, each.day].append(each)
        self._claimed = set(pairs.values())

    def of(self, own: Sequence[Own]) -> list[Match]:
        agreeing = {each.id: self._agreeing(each) for each in own if not each.aside and each.id not in self._pairs}
        claims = Counter(found.id for some in agreeing.values() for found in some)
        same = {od_id: found[0] for od_id, found in agreeing.items() if len(found) == 1 and claims[found[0].id] == 1}
        self._claimed |= {each.id for each in same.values()}
        return [self._one(each, same.get(each.id), agreeing.get(each.id, ()), claims) for each in own]

    def _agreeing(self, own: Own) -> list[Theirs]:
        """Those with its number that agree in everything else."""
        return [each for each in self._numbered(own) if each.id not in self._claimed and not self._fields(own, each)]

    def _numbered(self, own: Own) -> Sequence[Theirs]:
        """Those with its kind and number."""
        key = number_key(own.number)
        return self._by_number[own.kind, key] if key else ()

    def _fields(self, own: Own, theirs: Theirs) -> tuple[Field, ...]:
        return tuple(differences(own, theirs, self._known))

    def _one(self, own: Own, same: Theirs | None, agreeing: Iterable[Theirs], claims: Counter[str]) -> Match:
        if own.aside:
            return Match("left_alone", own, why=own.aside)
        if own.id in self._pairs:
            return self._named(own, self._by_id[self._pairs[own.id]])
        if same is not None:
            return Match("same", own, same, by=customer_by(own, same, self._known), why=_to_come(own, same))
        numbered = self._candidates(own, self._numbered(own))
        valued = self._candidates(own, self._by_value[own.kind, own.currency, own.total, own.day])
        others = [each for each in valued if not any(field.name == "customer" for field in each.fields)]
        if numbered:
            candidates = (*numbered, *(each for each in others if each not in numbered))
            why, remedy = _differing(own, candidates[0], agreeing, claims)
            return Match("differs", own, candidates=candidates, why=why, remedy=remedy)
        if others:
            why, remedy = _perhaps(own, others)
            return Match("perhaps", own, candidates=tuple(others), why=why, remedy=remedy)
        why = Text("QuickBooks has no such invoice without a link.")
        if own.is_credit:
            why = Text("QuickBooks has no such credit memo without a link.")
        return Match("only_in_onedesk", own, why=why, remedy=_alone(own))

    def _candidates(self, own: Own, theirs: Iterable[Theirs]) -> list[Candidate]:
        """Those that match no other one, the most similar first."""
        found = [Candidate(each, self._fields(own, each)) for each in theirs if each.id not in self._claimed]
        return sorted(found, key=_distance)

    def _named(self, own: Own, theirs: Theirs) -> Match:
        fields = self._fields(own, theirs)
        against = [each for each in fields if each.name not in PAIRABLE]
        if not against:
            candidates = (Candidate(theirs, fields),)
            return Match("named", own, theirs, by=PERSON, candidates=candidates, why=_to_come(own, theirs))
        why = Text(
            "It differs in {fields}, so that the pair is not adopted though a person named it.",
            fields=joined(Text(" and "), (each.name for each in against)),
        )
        return Match("differs", own, candidates=(Candidate(theirs, fields),), why=why, remedy=against[0].remedy)


def _to_come(own: Own, theirs: Theirs) -> str:
    if not own.lacks(theirs):
        return ""
    return Text(
        "QuickBooks does not have {amount} yet that was paid in OneDesk ({payments}): it follows once they are linked.",
        amount=Money(own.to_come, own.currency),
        payments=", ".join(own.payments),
    )


def _alone(own: Own) -> str:
    if own.status == "paid" and not own.to_come:
        return Text(
            "It is Paid in OneDesk, and no longer copied; enter it in QuickBooks if it belongs there, then adopt again."
        )
    return Text("A copy would create it there; {command} shows that before.", command="onedesk-quickbooks plan")


def _distance(found: Candidate) -> tuple[bool, int, int, str]:
    return found.theirs.voided, len(found.fields), len(found.theirs.id), found.theirs.id


def customer_by(own: Own, theirs: Theirs, known: Known) -> str:
    """How the customer is known to be the same: link, name or e-mail; "" where it is not. A link decides alone; a
    customer that is linked to another one of OneDesk does not match."""
    linked = known.links.get((own.project or own.customer_id, own.currency))
    if linked is not None:
        return "link" if linked == theirs.customer_id else ""
    if known.owners.get(theirs.customer_id, frozenset()) - {own.customer_id, own.project}:
        return ""
    if name_key(theirs.customer) in map(name_key, own.names):
        return "name"
    return "e-mail" if set(own.emails) & set(theirs.emails) else ""


def differences(own: Own, theirs: Theirs, known: Known) -> Iterator[Field]:
    """The fields in which an invoice of each side differ."""
    name = theirs.number or theirs.id
    if theirs.voided:
        remedy = Text(
            "Void the invoice in OneDesk too; to bill it again, duplicate it there under a new number and copy that."
        )
        yield Field(Text("state"), Text(own.status), Text("void"), remedy)
        return
    if number_key(own.number) != number_key(theirs.number):
        change = Text("Give both the same number, then adopt again.")
        if own.number:
            change = Text("Give it the number {number} in QuickBooks, then adopt again.", number=own.number)
        yield Field(Text("number"), own.number or _NONE, theirs.number or _NONE, change)
    if not customer_by(own, theirs, known):
        key = own.project or own.customer_id
        remedy = Text(
            "If both are the same customer, say so: {command}; else choose the right one on the invoice in QuickBooks.",
            command=f"onedesk-quickbooks customers link {arguments(key, theirs.customer_id)}",
        )
        yield Field(Text("customer"), own.names[0], theirs.customer or f"id {theirs.customer_id}", remedy)
    if own.currency != theirs.currency:
        remedy = Text("They are two invoices: give one of them another number, then adopt again.")
        yield Field(Text("currency"), own.currency, theirs.currency, remedy)
        return
    if own.day != theirs.day:
        there = theirs.day.isoformat() if theirs.day else _NONE
        here = own.day.isoformat() if own.day else _NONE
        yield Field(Text("date"), here, there, Text("Correct it on one side, then adopt again."))
    yield from _money(own, theirs, name)


def _money(own: Own, theirs: Theirs, name: str) -> Iterator[Field]:
    """The first of the amounts in which they differ."""
    correct = Text("Correct the invoice on the side that is wrong, then adopt again.")
    if own.total != theirs.total:
        yield _amounts(Text("total"), own.currency, own.total, theirs.total, correct)
    elif own.tax is not None and own.tax != theirs.tax:
        yield _amounts(Text("tax"), own.currency, own.tax, theirs.tax, correct)
    elif own.prepaid != theirs.deposit and own.prepaid:
        remedy = Text(
            "Have the same amount as a deposit on invoice {name} in QuickBooks and as prepaid in OneDesk, then adopt"
            " again.",
            name=name,
        )
        yield _amounts(Text("deposit"), own.currency, own.prepaid, theirs.deposit, remedy)
    elif own.balance != theirs.balance and not own.lacks(theirs):
        yield _amounts(Text("open balance"), own.currency, own.balance, theirs.balance, _balance(own, theirs, name))


def _balance(own: Own, theirs: Theirs, name: str) -> str:
    by = Money(abs(own.balance - theirs.balance), own.currency)
    if own.is_credit and own.balance > theirs.balance:
        return Text(
            "Record in OneDesk that {amount} of the credit is used, so that {left} of it is left, then adopt again.",
            amount=by,
            left=Money(theirs.balance, own.currency),
        )
    if own.is_credit:
        return Text(
            "Use {amount} of the credit memo {name} in QuickBooks, or take back in OneDesk that it is used, then adopt"
            " again.",
            amount=by,
            name=name,
        )
    if own.balance > theirs.balance:
        if not theirs.balance:
            return Text(
                "Record in OneDesk what was paid in QuickBooks ({amount}), so that it is Paid, then adopt again.",
                amount=by,
            )
        return Text(
            "Record in OneDesk what was paid in QuickBooks ({amount}), so that {left} is left, then adopt again.",
            amount=by,
            left=Money(theirs.balance, own.currency),
        )
    return Text(
        "Receive {amount} on invoice {name} in QuickBooks, or take it back in OneDesk, then adopt again.",
        amount=by,
        name=name,
    )


def _amounts(name: str, currency: str, own: Decimal, theirs: Decimal, remedy: str) -> Field:
    return Field(name, Money(own, currency).__text__(), Money(theirs, currency).__text__(), remedy)


def _pair(own: Own, candidate: Candidate) -> str:
    """The remedy for a person who knows that they are the same; "" where that is not sufficient."""
    if {each.name for each in candidate.fields} - PAIRABLE:
        return ""
    return "--pair " + shlex.quote(f"{own.id}={candidate.theirs.id}")


def _differing(own: Own, nearest: Candidate, agreeing: Iterable[Theirs], claims: Counter[str]) -> tuple[str, str]:
    """Why it does not match, and what to do."""
    found = list(agreeing)
    pair = _pair(own, nearest)
    if found:
        several = len(found) > 1
        why = Text(
            "{side} has {n} invoices of this number that agree in everything.",
            side="QuickBooks" if several else "OneDesk",
            n=len(found) if several else claims[found[0].id],
        )
        return why, Text("Void the ones that are too many, or name the pair: the same command with {pair}", pair=pair)
    remedy = joined(" ", (each.remedy for each in nearest.fields))
    if not pair:
        return "", remedy
    return "", Text(
        "{remedy} Or, if it is the same invoice, say so: the same command with {pair}", remedy=remedy, pair=pair
    )


def _perhaps(own: Own, candidates: Sequence[Candidate]) -> tuple[str, str]:
    """The same for candidates with another number, or without one."""
    pairs = [pair for each in candidates if (pair := _pair(own, each))]
    why = Text("Customer, total and date agree, the number does not.")
    if pairs:
        return why, Text("If it is the same invoice, say so: the same command with {pair}", pair=pairs[0])
    return why, joined(" ", (each.remedy for each in candidates[0].fields if each.name not in PAIRABLE))
