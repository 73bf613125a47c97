"""The table against its own definition: one rule tried after the other."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from onedesk_quickbooks.plugin.ruleset.core import table as tables
from onedesk_quickbooks.plugin.ruleset.core.columns import Range, Texts, holds
from onedesk_quickbooks.plugin.ruleset.core.table import Table

WORDS = ["", "a", "ab", "abc", "B", "ä", "Ä", " a  b ", "ca-on"]
FOLDED = ["a", "ab", "abc", "b", "ä", "a b", "ca-on"]
AMOUNTS = [Decimal("-1"), Decimal(0), Decimal("0.01"), Decimal(10)]
DATES = [date.min, date(2026, 1, 1), date(2026, 1, 2), date.max]

texts = st.builds(
    Texts, st.frozensets(st.sampled_from(FOLDED), max_size=3), st.frozensets(st.sampled_from(FOLDED), max_size=2)
)


def spans(bounds: list[Any]) -> st.SearchStrategy[Range]:
    bound = st.one_of(st.none(), st.sampled_from(bounds))
    return st.builds(Range, bound, bound)


rules = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "service_type": texts,
            "country": texts,
            "tag": texts,
            "amount": spans(AMOUNTS),
            "date": spans(DATES),
        },
    ),
    max_size=6,
)
inputs = st.fixed_dictionaries(
    {
        "service_type": st.sampled_from(WORDS),
        "country": st.sampled_from(WORDS),
        "tag": st.lists(st.sampled_from(WORDS), max_size=3).map(tuple),
        "amount": st.sampled_from([*AMOUNTS, Decimal("0.005"), Decimal(99)]),
        "date": st.sampled_from([*DATES, date(2026, 6, 1)]),
    }
)


def first_match(listed: list[Any], values: Any) -> str | None:
    """One rule tried after the other."""
    for conditions, outcome in listed:
        if all(holds(field, condition, values[field]) for field, condition in conditions.items()):
            return str(outcome)
    return None


@settings(max_examples=500, deadline=None)
@given(rules=rules, values=st.lists(inputs, min_size=1, max_size=5))
def test_find_is_first_match(rules: list[Any], values: list[Any]) -> None:
    listed = [(conditions, f"rule {index}") for index, conditions in enumerate(rules)]
    made = Table(listed)
    for each in [*values, *values]:  # the second time from memory
        assert made.find(each) == first_match(listed, each)


def test_what_is_remembered_has_an_end() -> None:
    made = Table([({"service_type": Texts(frozenset(["x"]))}, "x")])
    for index in range(tables.MEMO + 5):
        assert made.find({"service_type": str(index)}) is None
    assert made.find({"service_type": "X"}) == "x"
    assert len(vars(made)["_memo"]) < 10


def test_conditions_as_people_read_them() -> None:
    assert str(Texts(frozenset(["ca", "us"]), frozenset(["train"]), {"train": "Train"})) == "ca or us or Train*"
    assert str(Range(Decimal(5), Decimal(10))) == "from 5, below 10"
    assert str(Range(None, date(2026, 1, 1))) == "below 2026-01-01"
