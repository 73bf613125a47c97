"""Two rule sets compared, exactly and by invoices."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset.cases.case_invoice import as_json
from onedesk_quickbooks.plugin.ruleset.core.columns import Range, Texts
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.diff import exact, render_text, replay
from onedesk_quickbooks.plugin.ruleset.load import EXAMPLES, load
from onedesk_quickbooks.plugin.ruleset.prove.cut import meet, without
from onedesk_quickbooks.plugin.texts import say

FACTS = Facts("CA")
BASE = """\
version: 1
customers:
  by_name: {ACME: Acme Inc.}
items:
  by_service_type: {Training: Train, Travel: Travel}
  exceptions:
    - {id: ca, when: {service_type: Training, country: [CA, US]}, item: T2}
  otherwise: same_name
taxes:
  by_country: {CA: {default: GST, ON: HST ON}, GB: {by_rate: {"20": S20, "5": R5}}}
  otherwise: hold
"""


def rule_set(folder: Path, text: str) -> RuleSet:
    path = folder / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    loaded = load(path)
    assert loaded.rules is not None, loaded.findings
    return loaded.rules


EDITS = [
    ("T2", "T3", ["item: service_type Training, country CA or US: T2 -> T3"]),
    (
        "country: [CA, US]",
        "country: [CA]",
        ["item: service_type Training, country US: T2 -> Train"],
    ),
    (
        "when: {service_type: Training, country: [CA, US]}",
        "from: 2027-01-01, when: {service_type: Training, country: [CA, US]}",
        ["item: service_type Training, country CA or US, invoice_date below 2027-01-01: T2 -> Train"],
    ),
    ("Travel: Travel}", "Travel: Trips}", ["item: service_type Travel: Travel -> Trips"]),
    ("HST ON", "HST", ["tax_code: country CA, region CA-ON: HST ON -> HST"]),
    ('"20": S20', '"20": S21', ["tax_code: country GB, tax_rate 20: S20 -> S21"]),
    (', "5": R5', "", ["tax_code: country GB, tax_rate 5: R5 -> hold"]),
    ("Acme Inc.", "Acme Ltd", ["customer: customer ACME: Acme Inc. -> Acme Ltd"]),
    ("otherwise: hold", "otherwise: none", ["tax_code: everything else: hold -> none"]),
    (
        "version: 1",
        "version: 1\npayments:\n  overpayment: ignore",
        ["payments.overpayment: everything else: note -> ignore"],
    ),
    (
        "version: 1",
        "version: 1\ninvoices:\n  exceptions:\n    - {id: x, when: {tag: a}, on_open: copy}",
        ["invoices.on_open: tag a: offer -> copy"],
    ),
    (
        "version: 1",
        "version: 1\ntotals:\n  rounding: {item: Rounding}",
        ['totals.rounding: everything else: hold -> a line with the item "Rounding"'],
    ),
    (
        "version: 1",
        "version: 1\ndiscounts:\n  account: Discounts given",
        ["discounts.account: everything else: nothing -> Discounts given"],
    ),
    (
        "version: 1",
        "version: 1\ndiscounts:\n  exceptions: [{id: a, when: {tag: x}, account: Given}]",
        ["discounts.account: tag x: nothing -> Given"],
    ),
    (
        "version: 1",
        "version: 1\ndelivery:\n  several_addresses: to",
        ["delivery.several_addresses: everything else: cc -> to"],
    ),
    (
        "otherwise: same_name",
        "otherwise: same_name\n  when_similar: create",
        ["items.when_similar: everything else: hold -> create"],
    ),
    ("item: T2}", "item: T2, class: North}", ["class: service_type Training, country CA or US: no class -> North"]),
    (
        "Travel: Travel}",
        "Travel: {item: Travel, class: East}}",
        ["class: service_type Travel: no class -> East"],
    ),
    ("version: 1", "version: 1  # a comment", []),
    ("[CA, US]", "[US, CA]", []),
]


SKIPS = "    - {id: nz, when: {country: NZ}, skip: Not ours}\n"
HOLDS = '    - {id: big, when: {country: NZ, amount: {from: 500}}, hold: "Not ours"}\n'
SKIPS_BIG = "    - {id: nz, when: {country: NZ, amount: {from: 700}}, skip: Not ours}\n"


@pytest.mark.parametrize(
    ("before", "after", "classes"),
    [
        (
            SKIPS,
            HOLDS,
            [
                "invoices.hold: country NZ, amount from 500: nothing -> Not ours",
                "invoices.skip: country NZ: Not ours -> nothing",
            ],
        ),
        (
            SKIPS_BIG + HOLDS,
            HOLDS,
            [
                "invoices.hold: country NZ, amount from 700: nothing -> Not ours",
                "invoices.skip: country NZ, amount from 700: Not ours -> nothing",
            ],
        ),
        (HOLDS, SKIPS, ["invoices.skip: country NZ: nothing -> Not ours"]),
        (SKIPS, SKIPS.replace("NZ}", "[NZ, AU]}"), ["invoices.skip: country AU: nothing -> Not ours"]),
    ],
)
def test_what_is_held_once_it_is_not_skipped(tmp_path: Path, before: str, after: str, classes: list[str]) -> None:
    head = "version: 1\ninvoices:\n  exceptions:\n"
    old, new = rule_set(tmp_path, head + before), rule_set(tmp_path, head + after)
    found = exact(old, new)
    assert sorted(str(each).split(" (for example")[0] for each in found) == classes
    for change in found:
        given = {**change.witness, "amount": change.witness.get("amount", "500")}
        made = Invoice.from_json(as_json(given, Path()))
        left, right = (decide(rules, made, FACTS) for rules in (old, new))
        assert (left.skip, left.hold) != (right.skip, right.hold)


def test_a_rounding_line_with_another_item_or_code_is_a_change(tmp_path: Path) -> None:
    lines = ["{item: Rounding}", "{item: Cents}", "{item: Cents, tax_code: Exempt}"]
    sets = [rule_set(tmp_path, f"version: 1\ntotals: {{rounding: {line}}}\n") for line in lines]
    assert [[each.new.says for each in exact(old, new)] for old, new in itertools.pairwise(sets)] == [
        ['a line with the item "Cents"'],
        ['a line with the item "Cents", tax code Exempt'],
    ]
    moved = replay(sets[0], sets[2], [Invoice.from_json({**as_json({}, Path()), "rounding": "0.01"})], FACTS).moves
    assert [(each.what, each.new) for each in moved] == [
        ("totals.rounding", 'a line with the item "Cents", tax code Exempt')
    ]


def test_a_setting_moves_the_invoices_that_need_it_alone(tmp_path: Path) -> None:
    """A credit note, one with a line that is not its quantity at its price, one with a part prepaid; and what becomes
    of a credit note is an outcome."""
    plain = {**as_json({"amount": "100.00"}, Path()), "id": "plain", "number": "plain"}
    line = {**plain["lines"][0], "quantity": "3", "unit_price": "30.00"}
    given = {
        "plain": plain,
        "credit": {**as_json({"amount": "-100.00"}, Path()), "total": "-100.00"},
        "line": {**plain, "lines": [line]},
        "prepaid": {**plain, "prepaid": "40.00"},
    }
    invoices = [Invoice.from_json({**each, "id": name, "number": name}) for name, each in given.items()]
    text = "version: 1\ninvoices: {negative: credit_memo}\ntotals: {when_line_differs: amount_only, prepaid: note}\n"
    taxes = "taxes: {otherwise: {code: X}}\n"
    old, new = rule_set(tmp_path, f"version: 1\n{taxes}"), rule_set(tmp_path, text + taxes)
    assert [(each.invoice, each.what, each.old, each.new) for each in replay(old, new, invoices, FACTS).moves] == [
        ("credit", "outcome", "held", "copied"),
        ("credit", "invoices.negative", "hold", "credit_memo"),
        ("line", "totals.when_line_differs", "hold", "amount_only"),
        ("prepaid", "totals.prepaid", "hold", "note"),
    ]


@pytest.mark.parametrize(("before", "after", "classes"), EDITS, ids=[f"{a} to {b[:30]}" for a, b, _ in EDITS])
def test_exactly_the_classes_that_change(tmp_path: Path, before: str, after: str, classes: list[str]) -> None:
    found = exact(rule_set(tmp_path, BASE), rule_set(tmp_path, BASE.replace(before, after, 1)))
    assert [str(each).split(" (for example")[0] for each in found] == classes


TAXED = """\
version: 1
taxes: {by_category: {E: Exempt}, by_country: {GB: {by_rate: {20: S20, 0: Z0}}}, otherwise: {code: X}}
"""
TAX_EDITS = [
    ("E: Exempt", "E: Free", ["tax_category E: Exempt -> Free"]),
    (
        "E: Exempt",
        "E: Exempt, AE: RC",
        [
            "taxable no, tax_category AE: hold: not taxable -> RC",
            "tax_category AE: hold: no code for the tax category -> RC",
        ],
    ),
    (
        "{by_category: {E: Exempt}, ",
        "{",
        [
            "tax_category E, taxable no: Exempt -> hold: not taxable",
            "tax_category E: Exempt -> hold: no code for the tax category",
        ],
    ),
    (
        "taxes: {",
        "taxes: {exceptions: [{id: x, when: {has_tax_id: yes, country: IE}, code: X}], ",
        [
            "tax_category E, has_tax_id yes, country IE: Exempt -> X",
            "taxable no, has_tax_id yes, country IE: hold: not taxable -> X",
            "tax_category other than S, has_tax_id yes, country IE: hold: no code for the tax category -> X",
        ],
    ),
]


@pytest.mark.parametrize(("before", "after", "classes"), TAX_EDITS, ids=[after[:40] for _, after, _ in TAX_EDITS])
def test_edits_of_tax_rules(tmp_path: Path, before: str, after: str, classes: list[str]) -> None:
    found = exact(rule_set(tmp_path, TAXED), rule_set(tmp_path, TAXED.replace(before, after, 1)))
    assert [str(each).split(" (for example")[0].removeprefix("tax_code: ") for each in found] == classes


CUTS = [
    ("amount: {from: 10, below: 20}", "amount: {from: 10, below: 15}", "amount from 15, below 20"),
    ("amount: {from: 10, below: 20}", "amount: {from: 12, below: 20}", "amount from 10, below 12"),
    ("amount: {from: 10}", "amount: {from: 30}", "amount from 10, below 30"),
    ("amount: {below: 10}", "amount: {below: 30}", "amount from 10, below 30"),
    ("amount: {from: 10, below: 40}", "amount: {from: 20, below: 30}", "amount from 10, below 40"),
    ('team: {not: "Field*"}', 'team: {not: ["Field*", Desk]}', "team Desk"),
    ('team: {not: "Field*"}', 'team: {not: "Fi*"}', "team Fi*, but not Field*"),
    ('team: "Field*"', "team: [Field East, Fieldwork]", "team Field*, but not Field East nor Fieldwork"),
    ('team: {any: "F*", not: Field}', 'team: {any: "F*", not: [Field, Fi]}', "team Fi"),
    ("customer: {not: A}", "customer: A", "customer not A / customer A"),
    ("has_tax_id: yes, country: IE", "country: IE", "country IE, has_tax_id no"),
    ("country: IE", "country: [IE, GB]", "country GB"),
    ("tag: a", "tag: [a, b]", "tag a or b"),
    ("country: IE, currency: EUR", "country: IE", "country IE, currency not EUR"),
]


@pytest.mark.parametrize(("before", "after", "classes"), CUTS)
@pytest.mark.parametrize("back", [False, True])
def test_a_class_is_cut_to_what_changes(tmp_path: Path, before: str, after: str, classes: str, back: bool) -> None:
    """Where one condition tells it; a class has at least what changes."""
    head = "version: 1\nitems: {{otherwise: hold, exceptions: [{{id: a, when: {{{}}}, item: X}}]}}\n"
    sets = [rule_set(tmp_path, head.format(when)) for when in (before, after)]
    found = exact(*(reversed(sets) if back else sets))
    assert {str(each).split(": ")[1] for each in found} == set(classes.split(" / "))


some = st.frozensets(st.sampled_from(["a", "ab", "abc", "b"]), max_size=3)
simple = st.builds(Texts, some, st.frozensets(st.sampled_from(["", "a", "ab"]), max_size=2))
texts = st.builds(lambda one, no: Texts(one.exact, one.prefixes, but=no), simple, st.none() | simple)
bounds = st.none() | st.integers(0, 6)


@settings(max_examples=200, deadline=None)
@given(one=texts, both=texts, other=texts)
def test_a_cut_loses_nothing_of_what_changes(one: Texts, both: Texts, other: Texts) -> None:
    (left,) = without(meet([{"team": one}, {"team": both}]), [{"team": other}])["team"]
    for value in ("a", "ab", "abc", "abd", "b", "c"):
        asked = one.holds(value) and both.holds(value) and not other.holds(value)
        assert left.holds(value) or not asked


@given(one=st.builds(Range, bounds, bounds), other=st.builds(Range, bounds, bounds))
def test_a_cut_of_a_range_loses_nothing_of_what_changes(one: Range, other: Range) -> None:
    (left,) = without({"amount": (one,)}, [{"amount": other}])["amount"]
    assert isinstance(left, Range)
    assert all(left.holds(each) or not one.holds(each) or other.holds(each) for each in range(-1, 8))


def test_what_is_skipped_either_way_is_not_held_instead(tmp_path: Path) -> None:
    rules = "version: 1\ninvoices: {exceptions: [{id: b, when: {amount: {from: 10, below: %s}}, skip: Q}], hold: Ask}\n"
    found = exact(*(rule_set(tmp_path, rules % below) for below in (20, 15)))
    assert [str(each).split(" (")[0] for each in found] == [
        "invoices.hold: amount from 15, below 20: nothing -> Ask",
        "invoices.skip: amount from 15, below 20: Q -> nothing",
    ]


def test_each_witness_is_decided_otherwise(tmp_path: Path) -> None:
    old = rule_set(tmp_path, BASE)
    new = rule_set(tmp_path, BASE.replace("[CA, US]", "[CA, GB]").replace("ON: HST ON", "QC: QST"))
    changes = exact(old, new)
    assert len(changes) == 4
    for change in changes:
        witness = dict(change.witness)
        witness["region"] = witness.get("region", "").removeprefix("CA-")
        made = Invoice.from_json(as_json({key: value for key, value in witness.items() if value}, Path()))
        left, right = (decide(rules, made, FACTS).lines[0] for rules in (old, new))
        assert left != right


sets = st.lists(
    st.tuples(st.sampled_from(["A", "B", "A*", "AB"]), st.sampled_from(["CA", "US", ""]), st.sampled_from("xy")),
    max_size=3,
)


def written(rules: list[tuple[str, str, str]]) -> str:
    lines = []
    for index, (name, country, item) in enumerate(rules):
        when = f'service_type: "{name}"' + (f", country: {country}" if country else "")
        lines.append(f"    - {{id: r{index}, when: {{{when}}}, item: {item}}}\n")
    listed = "  exceptions:\n" + "".join(lines) if lines else ""
    return f"version: 1\nitems:\n{listed}  otherwise: hold\n"


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(old=sets, new=sets)
def test_it_says_nothing_exactly_where_nothing_changes(
    old: list[tuple[str, str, str]], new: list[tuple[str, str, str]], tmp_path: Path
) -> None:
    left, right = rule_set(tmp_path, written(old)), rule_set(tmp_path, written(new))

    def items(rules: RuleSet) -> list[str]:
        found = []
        for name in ["A", "B", "AB", "AC", "C"]:
            for country in ["CA", "US", "GB"]:
                made = Invoice.from_json(as_json({"service_type": name, "country": country}, Path()))
                choice = decide(rules, made, FACTS).lines[0].item
                found.append(choice.name if choice else "")
        return found

    assert bool(exact(left, right)) == (items(left) != items(right))


def test_replay_sums_money_by_currency(tmp_path: Path) -> None:
    old = rule_set(tmp_path, BASE)
    new = rule_set(
        tmp_path,
        BASE.replace("HST ON", "HST").replace("Travel: Travel", "Travel: {item: Travel, income_account: Trips}"),
    )

    def made(given: Mapping[str, Any]) -> Invoice:
        return Invoice.from_json(as_json({"country": "CA", "region": "ON", "service_type": "Travel", **given}, Path()))

    invoices = [made({"amount": "10.10"}), made({"amount": "0.20"}), made({"amount": "5", "currency": "CAD"})]
    found = replay(old, new, invoices, FACTS)
    sums = {(each.what, each.new, each.amount.currency): (each.lines, each.amount.amount) for each in found.sums()}
    assert sums == {
        ("income_account", "Trips", "USD"): (2, Decimal("10.30")),
        ("income_account", "Trips", "CAD"): (1, Decimal(5)),
        ("tax_code", "HST", "USD"): (2, Decimal("10.30")),
        ("tax_code", "HST", "CAD"): (1, Decimal(5)),
    }
    assert "10.30 USD" in render_text(exact(old, new), found)
    assert found.to_json()["sums"][0]["amount"] == "5"


def test_replay_lists_classes(tmp_path: Path) -> None:
    old, new = (
        rule_set(tmp_path, BASE.replace("Travel: Travel}", f"Travel: {{item: Travel{named}}}}}"))
        for named in ("", ", class: East")
    )
    made = [Invoice.from_json(as_json({"country": "CA", "service_type": name}, Path())) for name in ("Travel", "Other")]
    (move,) = replay(old, new, made, FACTS).moves
    assert (move.subject, move.what, move.old, move.new) == ("line 1", "class", "none", "East")


def test_replay_lists_customers_and_delivery(tmp_path: Path) -> None:
    old = rule_set(tmp_path, BASE)
    new = rule_set(tmp_path, BASE.replace("Acme Inc.", "Acme Ltd") + "delivery: {when_billing_email_missing: hold}\n")
    made = Invoice.from_json(as_json({"customer": "acme", "discounts": [{"name": "D"}]}, Path()))
    assert {each.what for each in replay(old, new, [made], FACTS).moves} == {
        "customer",
        "delivery.when_billing_email_missing",
    }


@pytest.mark.parametrize(
    "path", sorted(each.with_name(each.name.replace(".cases", "")) for each in EXAMPLES.glob("*.cases.yaml")), ids=str
)
def test_a_rule_set_does_not_differ_from_itself(path: Path) -> None:
    old, new = load(path).rules, load(path).rules
    assert old is not None
    assert new is not None
    assert exact(old, new) == []
    assert render_text([]).startswith("Nothing changes")


def test_one_class_is_counted_in_the_singular(tmp_path: Path) -> None:
    old, new = (rule_set(tmp_path, BASE.replace("Travel: Travel", f"Travel: {item}")) for item in ("Travel", "Trip"))
    change = exact(old, new)[0]
    assert render_text([change]).endswith("\n1 input class changes.\n")
    assert render_text([change, change]).endswith("\n2 input classes change.\n")


@pytest.mark.parametrize(
    ("taken", "english", "french"),
    [
        (0, "Of 1 invoice, no decision would be another.", "Sur 1 facture, aucune décision ne serait autre."),
        (1, "Of 1 invoice, 1 decision would be another.", "Sur 1 facture, 1 décision serait autre."),
        (2, "Of 2 invoices, 2 decisions would be others.", "Sur 2 factures, 2 décisions seraient autres."),
    ],
)
def test_decisions_are_counted_in_both_languages(tmp_path: Path, taken: int, english: str, french: str) -> None:
    trip = BASE.replace("Travel: Travel", "Travel: Trip") if taken else BASE
    old, new = rule_set(tmp_path, BASE), rule_set(tmp_path, trip)
    made = [Invoice.from_json(as_json({"country": "CA", "service_type": "Travel"}, Path()))] * max(taken, 1)
    text = render_text([], replay(old, new, made, FACTS))
    assert english in text and french in say(text, "fr")


def test_conditions_are_said_in_french(tmp_path: Path) -> None:
    rules = "version: 1\ninvoices: {exceptions: [{id: a, when: {customer_tag: {any: [x, y], not: z}}, hold: %s}]}\n"
    (change,) = exact(*(rule_set(tmp_path, rules % text) for text in ("Ask", "Look")))
    assert change.where == {"customer_tag": "x or y, but not z"}
    assert "customer_tag x ou y" in say(change.__text__(), "fr") and "but" not in say(change.__text__(), "fr")


def test_outcomes_of_invoices_are_said_in_french(tmp_path: Path) -> None:
    skip, hold = (f"invoices: {{{key}: why}}\n" for key in ("skip", "hold"))
    made = [Invoice.from_json(as_json({"country": "CA", "service_type": "Travel"}, Path()))]
    for more, english, french in (
        (skip, "copied -> skipped", "copiée -> laissée de côté"),
        (hold, "copied -> held", "copiée -> retenue"),
    ):
        old, new = rule_set(tmp_path, BASE), rule_set(tmp_path, BASE + more)
        text = render_text([], replay(old, new, made, FACTS))
        assert any(each.startswith("outcome: 1 invoice, ") and each.endswith(english) for each in text.split("\n"))
        assert any(
            each.startswith("résultat\N{NO-BREAK SPACE}: 1") and each.endswith(french)
            for each in say(text, "fr").split("\n")
        )
