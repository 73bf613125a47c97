"""`python -m tests.fuzz.whole_tables [COUNT] [SEED]`: the same as `tables` for rules on whole invoices: which are
copied, held and skipped, by which rule; the rules that can never win, and the changes of `diff`."""

from __future__ import annotations

import itertools
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset.cases.case_invoice import as_json
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.decided import decided_word
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.diff import exact, replay
from onedesk_quickbooks.plugin.ruleset.keys import settings
from onedesk_quickbooks.plugin.ruleset.load import load
from onedesk_quickbooks.plugin.ruleset.prove import analyse
from tests.fuzz import naive
from tests.fuzz.tables import COUNT, DAYS, Wrong

US = Facts("US", default_income_account="Chosen")
WHEN: dict[str, list[Any]] = {
    "country": ["CA", "US", ["CA", "GB"], {"not": ["CA", "US"]}],
    "currency": ["EUR", {"not": "EUR"}, {"not": ["EUR", "NOK"]}],
    "customer": ["Acme", "Acme*", ["Acme", "Bolt"], {"not": "Acme*"}, {"not": "Bolt"}],
    "tag": ["a", ["a", "b"], "a*", {"all": ["a*", "b"]}, {"not": "b"}, {"all": "b", "not": "a"}],
    "amount": [{"from": "10"}, {"below": "10"}, {"from": "10", "below": "20"}],
    "date": [{"from": "2027-01-01"}, {"below": "2027-02-01"}],
}
_ASKED = ("id", "when", "from", "until")
SAID: list[dict[str, Any]] = [
    {"hold": "Ask"},
    {"hold": "Ask Maria"},
    {"hold": "none"},
    {"skip": "By hand"},
    {"skip": "By hand"},
    {"skip": "none"},
    {"on_open": "copy"},
    {"on_open": "send"},
    {"number": "quickbooks"},
    {"hold": "Ask", "number": "quickbooks"},
    {"hold": "Ask", "skip": "none"},
    {"due": {"days": "30"}, "memo": "{memo} (project {project})"},
    {"due": {"days": "1", "end_of_month": "yes"}, "private_note": "{invoice_id}"},
    {"private_note": "{invoice_id}", "on_open": "copy"},
    {"location": "North"},
    {"class": "South", "location": "North"},
    {"location": "none", "online_card_payment": "yes"},
    {"custom_fields": {"PO": "{purchase_order}", "Job": "{project}"}},
    {"custom_fields": {"Job": "{project}"}, "online_card_payment": "no"},
]
VALUES: dict[str, list[Any]] = {
    "country": ["CA", "US", "GB", "NO", ""],
    "currency": ["EUR", "NOK", "SEK"],
    "customer": ["Acme", "Acme Inc", "Bolt", "Other"],
    "tag": [each for size in range(4) for each in itertools.combinations(("a", "b", "ax"), size)],
    "amount": [Decimal(each) for each in ("5", "10", "15", "20")],
    "date": ["2026-12-31", "2027-01-01", "2027-02-01", "2027-07-01"],
}


def section(chance: random.Random, fields: Sequence[str]) -> dict[str, Any]:
    """The section invoices."""
    made: dict[str, Any] = {"number": "onedesk"}
    for key, words in (
        ("hold", ["Ask", "none"]),
        ("skip", ["By hand", "none"]),
        ("location", ["North", "none"]),
        ("class", ["South", "none"]),
    ):
        if chance.random() < 0.15:
            made[key] = chance.choice(words)
    rules = []
    for number in range(chance.randint(0, 5)):
        when = {each: chance.choice(WHEN[each]) for each in chance.sample(fields, chance.choice([1, 1, 2]))}
        days = chance.choice(DAYS) if "date" in fields and "date" not in when else {}
        rules.append({"id": f"r{number}", "when": when, **days, **chance.choice(SAID)})
    return {**made, **({"exceptions": rules} if rules else {})}


Inputs = list[tuple[Invoice, dict[str, Any]]]


@lru_cache
def inputs(fields: tuple[str, ...]) -> Inputs:
    """Invoices that differ in these fields, each in the form of the slow implementation."""
    found = []
    for values in itertools.product(*(each if name in fields else each[-1:] for name, each in VALUES.items())):
        known = dict(zip(VALUES, values, strict=True))
        given = {**known, "tag": [*known["tag"]], "amount": str(known["amount"])}
        given = {key: each for key, each in given.items() if each != ""}
        found.append((Invoice.from_json(as_json(given, Path())), {**known, "invoice_date": known["date"]}))
    return found


def loaded(made: Mapping[str, Any], path: Path) -> RuleSet:
    path.write_text(json.dumps({"version": "1", "invoices": made}), encoding="utf-8")
    found = load(path)
    if found.rules is None:
        raise Wrong(f"does not load: {found.findings}")
    return found.rules


def compare(inputs: Inputs, made: dict[str, Any], other: dict[str, Any], path: Path) -> None:
    """Compare all results for one section, and its differences to another. Raises Wrong."""
    rules, new = loaded(made, path), loaded(other, path)
    table = [naive.invoices(made, known) for _, known in inputs]
    after = [naive.invoices(other, known) for _, known in inputs]
    _decisions(inputs, rules, table)
    _dead(rules, made, table)
    _useless(inputs, rules, made)
    _diff(inputs, rules, new, table, after)


def _decisions(inputs: Inputs, rules: RuleSet, table: list[naive.Decided]) -> None:
    for (invoice, known), want in zip(inputs, table, strict=True):
        decided = decide(rules, invoice, US)
        trail = {each.table: each.rule for each in decided.trail}
        for name, each in want.items():
            if name == "outcome":
                continue
            key = settings()[f"invoices.{name}"]
            if decided_word(decided, key) != each.outcome or trail.get(key.explained, "") != each.rule:
                raise Wrong(
                    f"{known}: {key.id} is {decided_word(decided, key)} by {trail.get(key.explained)}, not {each}"
                )


def _dead(rules: RuleSet, made: Mapping[str, Any], table: list[naive.Decided]) -> None:
    """Check the rules that can never win: a hold can win if the invoice is not skipped."""
    wins = {
        (name, each.rule)
        for want in table
        for name, each in want.items()
        if name != "hold" or want["outcome"].outcome != "skipped"
    }
    want: set[tuple[str, tuple[str, ...]]] = set()
    for rule in made.get("exceptions", ()):
        name = f"invoices.exceptions.{rule['id']}"
        parts = [each for each in rule if each not in _ASKED]
        lost = [each for each in parts if (each, name) not in wins]
        want |= {(name, ())} if lost == parts else {(name, (each,)) for each in lost}
    found = {(each.rule, each.parts) for each in analyse(rules) if each.code == "OQ401"}
    if found != want:
        raise Wrong(f"OQ401 {found}, not {want}")


def _useless(inputs: Inputs, rules: RuleSet, made: Mapping[str, Any]) -> None:
    """Check that what is reported as deletable is deletable in any selection, and that all of it is reported."""
    problems = analyse(rules)
    deletable = [
        (p.rule, p.parts) for p in problems if p.code == "OQ403" or (p.code == "OQ401" and "delete" in p.remedy)
    ]
    want = _known(inputs, made)

    def same(left_out: Sequence[tuple[str, Sequence[str]]]) -> bool:
        return _known(inputs, _without(made, left_out)) == want

    sets = [each for size in range(1, len(deletable) + 1) for each in itertools.combinations(deletable, size)]
    if wrong := [each for each in sets if not same(each)]:
        raise Wrong(f"deletable {wrong[0]}, and is not")
    said = {rule for rule, parts in deletable if not parts} | {p.rule for p in problems if p.code == "OQ401"}
    for each in made.get("exceptions", ()):
        mine: tuple[str, Sequence[str]] = (f"invoices.exceptions.{each['id']}", ())
        if mine[0] not in said and all(same([mine, *others]) for others in [(), *sets]):
            raise Wrong(f"{mine[0]} is deletable, and it is not said")


def _known(inputs: Inputs, made: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The outcome of each invoice; nothing else is decided for a skipped one."""
    found = []
    for _, known in inputs:
        each = {name: made.outcome for name, made in naive.invoices(made, known).items()}
        found.append(each | ({"hold": ""} if each["outcome"] == "skipped" else {}))
    return found


def _without(made: Mapping[str, Any], left_out: Sequence[tuple[str, Sequence[str]]]) -> dict[str, Any]:
    rules = [dict(each) for each in made.get("exceptions", ())]
    for rule, parts in left_out:
        mine = next(each for each in rules if rule == f"invoices.exceptions.{each['id']}")
        for part in parts or [each for each in mine if each not in _ASKED]:
            mine.pop(part, None)
    return {**made, "exceptions": rules}


def _diff(inputs: Inputs, rules: RuleSet, new: RuleSet, table: list[naive.Decided], after: list[naive.Decided]) -> None:
    """Check that for an invoice that one of the two skips, `diff` reports only decisions that are made anyway, and
    that the new rules hold what the old ones have skipped."""
    want, moved = set[str](), 0
    for one, two in zip(table, after, strict=True):
        moot = "skipped" in (one["outcome"].outcome, two["outcome"].outcome)
        others = [each for each in one if one[each].outcome != two[each].outcome]
        reported = [each for each in others if each in ("outcome", "skip", "on_open") or not moot]
        moved += len(reported)
        want |= {f"invoices.{each}" for each in reported if each != "outcome"}
        if (one["outcome"].outcome, two["outcome"].outcome) == ("skipped", "held"):
            want.add("invoices.hold")
    found = {each.decision for each in exact(rules, new)}
    if found != want:
        raise Wrong(f"diff {found}, not {want}")
    moves = replay(rules, new, [invoice for invoice, _ in inputs], US).moves
    if len(moves) != moved:
        raise Wrong(f"replay finds {len(moves)} moves, not {moved}")
    became = [(each.old, each.new) for each in moves if each.what == "outcome"]
    pairs = [(one["outcome"].outcome, two["outcome"].outcome) for one, two in zip(table, after, strict=True)]
    if became != [each for each in pairs if each[0] != each[1]]:
        raise Wrong(f"replay tells other outcomes: {became}")


def run(count: int, seed: int) -> Iterator[str]:
    """Compare `count` sections; yield each error."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(seed, seed + count):
            chance = random.Random(number)
            fields = tuple(chance.sample(list(WHEN), 2))
            made, other = section(chance, fields), section(chance, fields)
            try:
                compare(inputs(fields), made, other, Path(folder) / "rules.yaml")
            except Wrong as wrong:
                yield f"section {number}: {wrong}\n  {json.dumps(made)}\n  {json.dumps(other)}"


if __name__ == "__main__":
    words = [int(each) for each in sys.argv[1:]]
    wrong = list(run(*(words + [COUNT, 0][len(words) :])))
    sys.stdout.write("\n".join([*wrong, f"{len(wrong)} wrong"]) + "\n")
    sys.exit(bool(wrong))
