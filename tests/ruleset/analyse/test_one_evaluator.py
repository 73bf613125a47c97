"""What is decided, what `diff` says of two rule sets, and what `check` says may be deleted are of one mind."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.cases.case_invoice import as_json
from onedesk_quickbooks.plugin.ruleset.cases.run import invoice_facts, item_facts
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.diff import exact
from onedesk_quickbooks.plugin.ruleset.load import load
from onedesk_quickbooks.plugin.ruleset.prove import analyse
from onedesk_quickbooks.plugin.ruleset.prove.exact import Change
from tests.fuzz.tables import without
from tests.support.rounds import rounds

ROUNDS = rounds(20)
US = Facts("US", default_income_account="Chosen")
WHEN: dict[str, list[Any]] = {
    "service_type": ["Train", ["Train", "Travel"], "Tra*", "Freight"],
    "charge": ["Freight", "F*"],
    "country": ["CA", "US", ["CA", "US"]],
    "region": ["ON"],
    "tag": ["a", ["a", "b"]],
    "amount": [{"from": "10"}, {"below": "10"}],
}
TARGETS: list[Any] = ["X", "Y", {"item": "X", "income_account": "A"}, {"item": "X", "class": "N"}, {"item": "Train"}]
SAID: list[dict[str, str]] = [
    {"item": "X"},
    {"item": "Y"},
    {"item": "X", "income_account": "A"},
    {"income_account": "A"},
    {"income_account": "B"},
    {"class": "N"},
    {"item": "Y", "class": "S", "income_account": "B"},
    {"hold": "Ask"},
]
OTHERWISE: list[Any] = [
    "same_name",
    "hold",
    {"item": "X"},
    {"item": "X", "income_account": "A"},
    {"item": "Y", "class": "N"},
]


def whens(among: Mapping[str, list[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    fields = st.lists(st.sampled_from(sorted(among)), min_size=1, max_size=2, unique=True)
    found = fields.flatmap(
        lambda chosen: st.fixed_dictionaries({each: st.sampled_from(among[each]) for each in chosen})
    )
    return found.filter(lambda when: "region" not in when or when.get("country") != "US")  # the US has no region ON


def numbered(exceptions: list[tuple[Any, Any]]) -> list[Any]:
    return [{"id": f"r{number}", "when": when, **said} for number, (when, said) in enumerate(exceptions)]


def maps(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(TARGETS))
    return st.lists(pairs, max_size=2, unique_by=lambda each: each[0]).map(dict)


def items() -> st.SearchStrategy[dict[str, Any]]:
    """The section items, with at most three exceptions and two entries in each map."""
    return st.fixed_dictionaries(
        {
            "exceptions": st.lists(st.tuples(whens(WHEN), st.sampled_from(SAID)), max_size=3).map(numbered),
            "by_service_type": maps(["Train", "Travel", "Freight"]),
            "by_charge": maps(["Freight"]),
            "default_income_account": st.sampled_from(["", "A", "B"]),
            "otherwise": st.sampled_from(OTHERWISE),
        }
    ).map(written)


def written(section: dict[str, Any]) -> dict[str, Any]:
    return {key: each for key, each in section.items() if each}


def edited(section: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The section with one of its parts from another one: what people change is little."""
    return st.tuples(
        st.sampled_from(["exceptions", "by_service_type", "by_charge", "default_income_account", "otherwise"]), items()
    ).map(lambda pair: written({**section, pair[0]: pair[1].get(pair[0])}))


def loaded(sections: Mapping[str, Any], path: Path) -> RuleSet:
    """Of a file whose name is in the sentences of what it holds."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"version": "1", **sections}), encoding="utf-8")
    found = load(path)
    assert found.rules is not None, found.findings
    return found.rules


def invoices() -> Iterator[Invoice]:
    """One for each class of input that such rules can tell apart."""
    places = [{"country": "CA"}, {"country": "CA", "region": "ON"}, {"country": "US"}, {"country": "GB"}, {}]
    for place, tags, amount in itertools.product(places, ([], ["a"], ["b"], ["a", "b"]), ("5", "10")):
        names = ["", "Train", "Travel", "Tractor", "Freight", "Other"]
        lines = [{"amount": amount, **({"service_type": name} if name else {})} for name in names]
        lines[0]["service_type"] = " "
        charges = [{"name": name, "amount": amount} for name in ("Freight", "Fee", "Train", "Other")]
        yield Invoice.from_json(as_json({**place, "tag": tags, "lines": lines, "charges": charges}, Path()))


EVERY = list(invoices())
WHOLE = [
    Invoice.from_json(as_json({**place, "tag": tags}, Path()))
    for place in (
        {},
        *({"country": each} for each in ("CA", "US", "GB")),
        *({"country": each, "region": "ON"} for each in ("CA", "GB")),  # the United States have no ON
    )
    for tags in ([], ["a"], ["b"], ["a", "b"])
]
"""The same of what may be asked of a whole invoice."""


def said(rules: RuleSet, invoice: Invoice) -> list[dict[str, Any]]:
    """What was decided of each line and charge, without the rules that did; held lines have no account and class."""
    found = []
    decided = decide(rules, invoice, US)
    for line in (*decided.lines, *decided.charges):
        assert line.item is not None
        item, held = line.item, re.sub(r" \(rule .*\)", "", line.item.hold)
        account = (item.income_account, bool(item.account_rule))
        found.append(
            {"item": (item.name, item.from_rule, held)}
            | ({} if held else {"income_account": account, "class": item_facts(item)["class"]})
        )
    return found


def moved(old: RuleSet, new: RuleSet) -> set[str]:
    """The decisions of which some line has another one."""
    return {
        decision
        for invoice in EVERY
        for before, after in zip(said(old, invoice), said(new, invoice), strict=True)
        for decision in before.keys() & after.keys()
        if before[decision] != after[decision]
    }


def shown(change: Change) -> Invoice:
    """The invoice that a change names as its example."""
    given: dict[str, Any] = dict(change.witness)
    if "tag" in given:
        given["tag"] = given["tag"].split(", ")
    if "charge" in given:
        given.pop("service_type", None)
        extra = {"name": given.pop("charge"), **({"amount": given.pop("amount")} if "amount" in given else {})}
        given |= {"charges": [extra], "lines": []}
    if "region" in given:
        given["region"] = given["region"].removeprefix("CA-")
    return Invoice.from_json(as_json(given, Path()))


@ROUNDS
@given(data=st.data())
def test_two_rule_sets_differ_where_decisions_do(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("rules")
    first = data.draw(items())
    second = data.draw(st.one_of(edited(first), items()))
    old, new = (
        loaded({"items": first}, folder / "old" / "rules.yaml"),
        loaded({"items": second}, folder / "new" / "rules.yaml"),
    )
    changes = exact(old, new)
    assert {each.decision for each in changes} == moved(old, new)
    for each in changes:
        before, after = said(old, shown(each)), said(new, shown(each))
        assert any(one.get(each.decision) != other.get(each.decision) for one, other in zip(before, after, strict=True))


@ROUNDS
@given(section=items())
def test_what_changes_nothing_may_be_deleted(section: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    rules = loaded({"items": section}, path)
    for problem in analyse(rules):
        if problem.code == "OQ403":
            shorter = loaded({"items": without(section, [(problem.rule, problem.parts)])}, path)
            assert moved(rules, shorter) == set(), problem
            assert exact(rules, shorter) == []


EXCEPTED = [each for each in keys.settings().values() if each.excepted]


def value(key: keys.Key) -> st.SearchStrategy[Any]:
    if key.several:
        return st.sampled_from([[], [key.words[0]], [*key.words]])
    if key.mapped:
        return st.sampled_from([{"One": "X"}, {"Two": "X"}, {"One": "1", "Two": "2"}])
    if keys.sections()[key.section][key.name].get("x-receivers"):
        return st.sampled_from(["account_manager", "a@b.example", "billing_contact, a@b.example"])
    return st.sampled_from(list(key.words) or (["1", "2"] if key.amount else ["One", "Two"]))


@rounds(5)
@given(data=st.data())
@pytest.mark.parametrize("key", EXCEPTED, ids=lambda key: str(key.id))
def test_settings_differ_where_decisions_do(
    data: st.DataObject, key: keys.Key, tmp_path_factory: pytest.TempPathFactory
) -> None:
    among = {field: WHEN[field] for field in ("country", "tag", "region")}
    listed = st.lists(st.tuples(whens(among), st.builds(lambda each: {key.name: each}, value(key))), max_size=3)
    parts = st.fixed_dictionaries({"exceptions": listed.map(numbered)}, optional={key.name: value(key)})
    folder = tmp_path_factory.mktemp("rules")
    first, second = data.draw(parts), data.draw(parts)
    fixed = {"totals": {"rounding": {"item": "Cents"}}} if key.name == "when_different" else {}
    sets = []
    for name, part in (("old", first), ("new", second)):
        own = {key.section: {**fixed.get(key.section, {}), **written(part)}}
        sets.append(loaded(own if own[key.section] else {}, folder / f"{name}.yaml"))
    before = [facts(sets[0], each) for each in WHOLE]
    differ = [each[key.case] for each in before] != [facts(sets[1], each)[key.case] for each in WHOLE]
    changes = exact(*sets)
    assert {each.decision for each in changes} == ({key.id} if differ else set())
    useless = {each.rule for each in analyse(sets[0]) if each.code == "OQ403"}
    for number, exception in enumerate(first["exceptions"]):
        left = [each for other, each in enumerate(first["exceptions"]) if other != number]
        if f"{key.section}.exceptions.{exception['id']}" in useless:
            own = {**fixed.get(key.section, {}), **written({**first, "exceptions": left})}
            shorter = loaded({key.section: own} if own else {}, folder / "shorter.yaml")
            assert [facts(shorter, each) for each in WHOLE] == before


def facts(rules: RuleSet, invoice: Invoice) -> Mapping[str, str]:
    return invoice_facts(decide(rules, invoice, US))


BEFORE = "{default_income_account: Fees, otherwise: {item: Work}}"
AFTER = "{default_income_account: Fees, otherwise: {item: Work, income_account: Fees}}"


def test_an_account_by_rule_is_another_one_than_that_of_new_items(tmp_path: Path) -> None:
    """QuickBooks has the item on another account: by rule the invoice is held, as the account of new items not."""
    sets = []
    for items_ in (BEFORE, AFTER):
        (tmp_path / "rules.yaml").write_text(f"version: 1\nitems: {items_}\n", encoding="utf-8")
        rules = load(tmp_path / "rules.yaml").rules
        assert rules is not None
        sets.append(rules)
    (change,) = exact(*sets)
    assert str(change) == "income_account: everything else: Fees for a new item -> Fees"


@pytest.mark.parametrize(
    "items_",
    [
        # The account is that which follows; the item is not.
        "{exceptions: [{id: a, when: {tag: x}, item: Y, income_account: A}], otherwise: {item: X, income_account: A}}",
        # The item is that which follows; its account is the one of new items, not that of otherwise.
        "{exceptions: [{id: a, when: {tag: x}, item: X}], otherwise: {item: X, income_account: A}}",
        "{by_service_type: {Train: {item: X, class: N}}, otherwise: {item: X}}",
        "{default_income_account: A, exceptions: [{id: a, when: {tag: x}, income_account: A}], otherwise: same_name}",
    ],
)
def test_no_rule_is_said_to_change_nothing_that_changes_another_decision(tmp_path: Path, items_: str) -> None:
    (tmp_path / "rules.yaml").write_text(f"version: 1\nitems: {items_}\n", encoding="utf-8")
    rules = load(tmp_path / "rules.yaml").rules
    assert rules is not None
    assert [each.code for each in analyse(rules)] == []


def test_two_rule_sets_that_hold_alike_differ_in_nothing(tmp_path: Path) -> None:
    old, new = (loaded({"items": {"otherwise": "hold"}}, tmp_path / each / "rules.yaml") for each in ("old", "new"))
    assert (moved(old, new), exact(old, new)) == (set(), [])
