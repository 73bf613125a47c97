"""Plans as data: cases/*.yaml say what is given and what the plan, or the list of reasons against it, has in it."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from onedesk_quickbooks.plugin.model.legible import one_line
from onedesk_quickbooks.plugin.model.plan import Held
from onedesk_quickbooks.plugin.planning import Needs, needs, plan_json, plan_text
from tests.planning.conftest import HERE, Case, Make, read

ROOT = HERE.parents[1]
FILES = (
    *(
        "names",
        "customers",
        "items",
        "taxes",
        "lines",
        "papers",
        "existing_copy",
        "inclusive",
        "totals",
        "set_tax",
        "withdrawal",
    ),
    *("named", "undo", "credits", "grouping", "projects", "host_payments"),
)
SCHEMA = Draft202012Validator(json.loads((ROOT / "schemas" / "plan.schema.json").read_text(encoding="utf-8")))
CODE = re.compile(r"[a-z]+(-[a-z]+)*")


def filled(value: Any) -> Any:
    """A case with what {{12 letters}} stands for."""
    if isinstance(value, Mapping):
        return {key: filled(each) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each) for each in value]
    return re.sub(r"\{\{(\d+) letters\}\}", lambda found: "x" * int(found[1]), value)


CASES: list[Any] = [
    pytest.param(filled(case), id=f"{name}: {case['name']}") for name in FILES for case in read(f"cases/{name}.yaml")
]


def differences(expected: Any, found: Any, at: str = "") -> Iterator[str]:
    """Where `found` lacks something of `expected`; lists are of equal length, texts stand for plain values."""
    if isinstance(expected, Mapping):
        if not isinstance(found, Mapping):
            yield f"{at}: {found!r} has no {sorted(expected)}"
            return
        for key, each in expected.items():
            yield from differences(each, found.get(key, "(not there)"), f"{at}.{key}")
    elif isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            yield f"{at}: expected {len(expected)} in {found!r}"
            return
        for position, (each, other) in enumerate(zip(expected, found, strict=True)):
            yield from differences(each, other, f"{at}[{position}]")
    else:
        spoken = found if isinstance(found, str) else json.dumps(found)
        if spoken != expected:
            yield f"{at}: {found!r} is not {expected!r}"


def parts(made: Mapping[str, Any]) -> dict[str, Any]:
    """The printed plan by what cases call its parts."""
    steps = made["steps"]
    named = {"steps": steps, "review": made.get("review", {})}
    if any("customer" in each["step"] for each in steps):
        named["customer"] = next(each for each in steps if "customer" in each["step"])
        named["items"] = [each for each in steps if " item" in each["step"]]
        named["invoice"] = next(each["invoice"] for each in steps if "invoice" in each)
    return named


def said(expected: Mapping[str, list[str]], found: list[dict[str, str]]) -> Iterator[str]:
    """Where reasons are others than expected: each code, and each text in one of its sentences."""
    if {each["code"] for each in found} != set(expected):
        yield f"{found} has other codes than {sorted(expected)}"
    for code, texts in expected.items():
        sentences = [each["sentence"] for each in found if each["code"] == code]
        yield from (f"no {code} says {text!r}: {sentences}" for text in texts if text not in "\n".join(sentences))


@pytest.mark.parametrize("case", CASES)
def test_case(make: Make, case: Case) -> None:
    given = make(case)
    made = plan_json(given.plan())
    expected = dict(case["expect"])
    outcome = "held" if "reasons" in expected else "skipped" if "skipped" in expected else "planned"
    assert made["outcome"] == outcome, made["reasons"]
    against = expected.pop("reasons", expected.pop("withhold", expected.pop("skipped", {})))
    problems = list(said(against, made["reasons"]))
    problems += said(expected.pop("notes", {}), made["notes"])
    count = int(expected.pop("count", len(made["reasons"])))
    assert count == len(made["reasons"]), made["reasons"]
    assert problems + list(differences(expected, parts(made))) == []


@pytest.mark.parametrize("case", CASES)
def test_what_is_printed_of_it(make: Make, case: Case) -> None:
    """The JSON is as the schema says, the text holds every reason and note in one line, and both are the same again."""
    given = make(case)
    plan = given.plan()
    made = plan_json(plan)
    assert [error.message for error in SCHEMA.iter_errors(made)] == []
    assert json.loads(json.dumps(made)) == made
    text = plan_text(plan)
    assert all(one_line(each["sentence"]) in text for each in (*made["reasons"], *made["notes"]))
    again = make(case).plan()
    assert again == plan == given.plan()
    assert not floats(dataclasses.asdict(plan))


def floats(value: Any) -> list[Any]:
    """Every float that stands anywhere in a value."""
    if isinstance(value, Mapping):
        return [each for one in value.values() for each in floats(one)]
    if isinstance(value, (list, tuple)):
        return [each for one in value for each in floats(one)]
    return [value] if isinstance(value, float) else []


def codes_in_source() -> set[str]:
    """The first argument of every Reason(...) and ._refuse(...) under plugin/planning."""
    found = set()
    for path in sorted((ROOT / "plugin" / "planning").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in ("Reason", "_refuse"):
                    found.add(str(node.args[0].value))
    return found


_PARTS = ("reasons", "withhold", "skipped", "notes")


def texts_by_code(case: Case) -> dict[str, list[str]]:
    """Code to texts of everything that a case expects to be reported."""
    expected = case["expect"]
    return {key: each for part in _PARTS for key, each in expected.get(part, {}).items()}


def test_every_reason_has_a_case_that_names_place_and_remedy() -> None:
    known = codes_in_source()
    assert len(known) > 25 and all(CODE.fullmatch(code) for code in known)
    pinned: dict[str, int] = {}
    for param in CASES:
        for code, texts in texts_by_code(param.values[0]).items():
            pinned[code] = max(pinned.get(code, 0), len(texts))
    assert set(pinned) == known
    assert {code for code, texts in pinned.items() if texts < 2} == set()


def test_a_sentence_is_one_a_person_can_act_on(make: Make) -> None:
    """Every reason to hold ends as a sentence, and beside where it stands says what to do."""
    seen = 0
    for param in CASES:
        plan = make(param.values[0]).plan()
        for reason in plan.reasons if isinstance(plan, Held) else ():
            seen += 1
            assert (
                str(reason) == reason.sentence and re.match('[A-Z"]', reason.sentence) and reason.sentence.endswith(".")
            )
            assert re.search(r"[;(]|\. [A-Z]", reason.sentence), f"{reason} names no remedy"
    assert seen > 40


@pytest.mark.parametrize("name", ["created", "sent", "held", "adjusted"])
def test_plan_text_is_as_it_was(make: Make, name: str) -> None:
    """golden/*.yaml give the case, golden/*.txt the text."""
    case = read(f"golden/{name}.yaml")
    golden = Path(HERE / "golden" / f"{name}.txt").read_text(encoding="utf-8")
    assert plan_text(make(case).plan()) + "\n" == golden


def test_what_is_looked_up(make: Make) -> None:
    given = make(
        {
            "base": "gb",
            "rules": {
                "customers": {"when_currency_differs": "separate", "match": ["link", "billing_email"]},
                "items": {"by_service_type": {"Consulting": "Work:Advice"}},
            },
            "given": {"invoice": {"discounts": [{"name": "Friend", "amount": "1.00"}], "number": "7"}},
        }
    )
    assert needs(given.invoice, given.decisions) == Needs(
        customer_names=("Acme", "Acme (GBP)"),
        customer_emails=("ada@acme.example",),
        item_names=("Work:Advice", "Discount"),
        number="7",
        currency="GBP",
        customer_keys=("C-7",),
        near="Acme",
        near_emails=("ada@acme.example",),
    )


def test_no_more_is_looked_up_than_the_rules_ask_for(make: Make) -> None:
    given = make(
        {
            "rules": {"invoices": {"number": "quickbooks"}},
            "given": {"invoice": {"discounts": [{"name": "Nothing", "amount": "0.00"}]}},
        }
    )
    found = needs(given.invoice, given.decisions)
    assert (found.customer_names, found.customer_emails, found.number) == (("Acme",), (), "")
    assert found.item_names == ("Consulting",)
    assert given.invoice.discounts[0].amount == Decimal("0.00")
