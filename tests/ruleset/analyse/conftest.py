"""Small random tables, and every class of input there is for them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import strategies as st

from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset.core.chains import Chain, Row
from onedesk_quickbooks.plugin.ruleset.core.columns import MANY, Conditions, Range, Texts, holds
from onedesk_quickbooks.plugin.ruleset.core.places import known_region, region_of
from onedesk_quickbooks.plugin.ruleset.core.words import fold

WORDS = {
    "service_type": (["train", "training", "travel"], ["tra", "train", "traine"]),
    "charge": (["train", "travel"], ["tra", "t"]),
    "work_item_type": (["ticket"], []),
    "country": (["ca", "us", "no"], []),
    "region": (["ca-on", "on", "oslo"], []),
    "tag": (["a", "ab", "b"], ["a"]),
    "customer": (["acme", "acme inc"], ["acme", "acme "]),
    "has_tax_id": (["yes", "no"], []),
    "taxable": (["yes", "no"], []),
    "tax_category": (["s", "e", "ae"], []),
}
AMOUNTS = [Decimal(0), Decimal(10), Decimal("10.5"), Decimal(20)]
DATES = [date(2026, 1, 1), date(2026, 1, 2), date(2026, 3, 1)]
EMPTY: dict[str, Any] = {
    **dict.fromkeys(("service_type", "charge", "work_item_type", "country", "region", "currency"), ""),
    **dict.fromkeys(("customer", "invoice_type", "project"), ""),
    **dict.fromkeys(("taxable", "tax_category"), ""),
    "has_tax_id": "no",
    "tag": (),
    "customer_tag": (),
    "amount": Decimal(-5),
    "date": date(2020, 1, 1),
}


def texts(field: str) -> st.SearchStrategy[Texts]:
    exact, prefixes = WORDS[field]
    some = st.frozensets(st.sampled_from(exact), max_size=2)
    begun = st.frozensets(st.sampled_from(prefixes), max_size=1) if prefixes else st.just(frozenset[str]())
    return st.builds(Texts, some, begun).filter(lambda made: bool(made.exact or made.prefixes))


def ranges(bounds: Sequence[Any]) -> st.SearchStrategy[Range]:
    bound = st.one_of(st.none(), st.sampled_from(bounds))
    return st.builds(Range, bound, bound).filter(
        lambda made: (
            (made.start or made.below) is not None
            and (made.start is None or made.below is None or made.start < made.below)
        )
    )


def conditions(among: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    fields: dict[str, st.SearchStrategy[Any]] = {field: texts(field) for field in WORDS}
    fields |= {"amount": ranges(AMOUNTS), "date": ranges(DATES)}
    names = st.lists(st.sampled_from(among), max_size=3, unique=True)
    made = names.flatmap(lambda chosen: st.fixed_dictionaries({field: fields[field] for field in chosen}))
    return made.filter(_somewhere)


def _somewhere(rule: dict[str, Any]) -> bool:
    """Whether a rule asks for a place that there is; OQ312 tells of the others."""
    if not {"country", "region"} <= rule.keys():
        return True
    pairs = itertools.product(rule["country"].exact, rule["region"].exact)
    return any(_possible({**EMPTY, "country": country, "region": region}) for country, region in pairs)


def tables() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Up to five rules over the same three fields: few enough to try every input."""
    fields = st.lists(st.sampled_from([*WORDS, "amount", "date"]), min_size=1, max_size=3, unique=True)
    return fields.flatmap(lambda among: st.lists(conditions(among), min_size=1, max_size=5))


def chain(rules: Sequence[Conditions], effects: Sequence[str], otherwise: str | None) -> Chain:
    rows = [
        Row(f"r{index}", Where("f", index + 1, 1), "exception", when, effect, effect)
        for index, (when, effect) in enumerate(zip(rules, effects, strict=False))
    ]
    if otherwise is not None:
        rows.append(Row("otherwise", Where("f", 99, 1), "otherwise", {}, otherwise, otherwise))
    return Chain("item", tuple(rows))


def inputs(rules: Sequence[Conditions]) -> Iterator[dict[str, Any]]:
    """One input for each class that these rules can tell apart, and no impossible ones."""
    asked = sorted({field for each in rules for field in each})
    if "charge" in asked and "service_type" not in asked:
        asked.append("service_type")
    if "region" in asked and "country" not in asked:
        asked.append("country")
    spaces = [list(_values(field, asked)) for field in asked]
    for combination in itertools.product(*spaces):
        values = {**EMPTY, **dict(zip(asked, combination, strict=True))}
        if _possible(values):
            yield values


def _values(field: str, asked: Sequence[str]) -> Iterator[Any]:
    if field == "amount":
        yield from [Decimal(-1), *AMOUNTS, Decimal("10.2")]
    elif field == "date":
        yield from [DATES[0] - timedelta(1), *DATES]
    elif field == "has_tax_id":
        yield from ("yes", "no")  # a customer has one or not
    elif field == "taxable":
        yield from ("", "yes", "no")
    else:
        sources = ("charge", "service_type") if field in ("charge", "service_type") else (field,)
        exact = [each for source in sources for each in WORDS[source][0]]
        prefixes = [each for source in sources for each in WORDS[source][1]]
        atoms = list(dict.fromkeys([*exact, *(f"{each}zz" for each in prefixes), "other"]))
        if field not in MANY:
            yield from ["", *atoms]
        else:
            for size in range(3):
                yield from itertools.combinations(atoms, size)


def _possible(values: dict[str, Any]) -> bool:
    country, region = values["country"], values["region"]
    if fold(region_of(country.upper(), region)) != region or (
        region and known_region(country.upper(), region) is False
    ):
        return False
    return not values["charge"] or (values["service_type"] == values["charge"] and not values["work_item_type"])


def matches(rule: Conditions, values: dict[str, Any]) -> bool:
    return all(holds(field, condition, values[field]) for field, condition in rule.items())


class Brute:
    """Answers by trying every class of input."""

    tables = staticmethod(tables)
    chain = staticmethod(chain)
    inputs = staticmethod(inputs)
    matches = staticmethod(matches)
    empty = EMPTY

    @staticmethod
    def winners(rules: Sequence[Conditions], without: int | None = None) -> Iterator[tuple[dict[str, Any], int | None]]:
        """Each input with the index of the rule that wins it."""
        for values in inputs(rules):
            hits = (i for i, each in enumerate(rules) if i != without and matches(each, values))
            yield values, next(hits, None)


@pytest.fixture(scope="session")
def brute() -> Brute:
    return Brute()


__all__ = ["Brute", "Callable"]
