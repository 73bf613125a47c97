"""`python -m tests.fuzz.tax_tables [COUNT] [SEED]`: the same as `tables` for rules on taxes: the code of each line and
its rule, in the US and elsewhere; and the rules that can never win."""

from __future__ import annotations

import itertools
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset.cases.case_invoice import as_json
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.load import load
from onedesk_quickbooks.plugin.ruleset.prove import analyse
from tests.fuzz import naive
from tests.fuzz.tables import COUNT, Wrong

WHEN: dict[str, list[Any]] = {
    "country": ["CA", "US", ["CA", "GB"]],
    "tag": ["a", ["a", "b"]],
    "taxable": ["yes", "no"],
    "tax_category": ["S", "E", ["E", "Z"], "Z"],
    "service_type": ["Train", "Tra*"],
}
CODES: list[Any] = [
    *("X", "Y", "Z", "none"),
    {"by_rate": {"20": "X", "5": "Y"}, "without_rate": "X"},
    {"by_rate": {"20": "X"}},
]
PLACES = ["", "CA", "CA-ON", "CA-QC", "US", "US-WA", "US-OR", "GB", "NO"]
LINE = {"tax_category": ("", "S", "E", "Z", "AE"), "taxable": ("", "yes", "no"), "tax_rate": ("", "20", "5", "7")}


def section(chance: random.Random) -> dict[str, Any]:
    """The section taxes."""
    fields = ["country", *chance.sample(["tag", "taxable", "tax_category", "service_type"], 2)]
    rules = []
    for number in range(chance.randint(0, 4)):
        when = {each: chance.choice(WHEN[each]) for each in chance.sample(fields, chance.choice([1, 1, 2, 3]))}
        said = {"hold": "Ask"} if chance.random() < 0.15 else {"code": chance.choice(CODES)}
        rules.append({"id": f"r{number}", "when": when, **said})
    made: dict[str, Any] = {"exceptions": rules}
    made["by_category"] = {each: chance.choice("XYZ") for each in "SEZ" if chance.random() < 0.35}
    made["by_country"] = {each: _country(chance, each) for each in ("CA", "US", "GB") if chance.random() < 0.6}
    otherwise = chance.choice(["hold", "none", {"code": "X"}, {"code": "Y"}])
    return {key: each for key, each in made.items() if each} | {"otherwise": otherwise}


def _country(chance: random.Random, country: str) -> Any:
    regions = sorted(naive.REGIONS.get(country, ()))
    if not regions or chance.random() < 0.5:
        return chance.choice(["X", "Y", "hold", *CODES[4:]])
    named = chance.sample(regions, chance.randint(1, len(regions)))
    return {"default": chance.choice(["X", "Y", "hold"]), **{each: chance.choice("XY") for each in named}}


def inputs(rules: Mapping[str, Any]) -> Iterator[tuple[Invoice, list[dict[str, Any]]]]:
    """Invoices, each with its lines in the form of the slow implementation."""
    asked = {field for each in rules.get("exceptions", ()) for field in each["when"]}
    names = ("Train", "Trax", "Other") if "service_type" in asked else ("Other",)
    tags: list[tuple[str, ...]] = [(), ("a",), ("b",), ("a", "b")] if "tag" in asked else [()]
    for place, tag in itertools.product(PLACES, tags):
        country, _, region = place.partition("-")
        whole = {"country": country, "region": region, "tag": tag, "amount": Decimal(5), "charge": False}
        lines = [dict(zip(("name", *LINE), each, strict=True)) for each in itertools.product(names, *LINE.values())]
        given = [{"service_type": each["name"], **{key: each[key] for key in LINE if each[key]}} for each in lines]
        address = {key: each for key, each in (("country", country), ("region", region)) if each}
        made = Invoice.from_json(as_json({**address, "tag": [*tag], "lines": given}, Path()))
        yield made, [{**whole, **each} for each in lines]


def compare(rules: RuleSet, taxes: Mapping[str, Any]) -> None:
    """Compare the results. Raises Wrong."""
    wins: set[str] = set()
    for (invoice, lines), us in itertools.product(inputs(taxes), (False, True)):
        decided = decide(rules, invoice, Facts("US" if us else "CA", uses_sales_tax=True))
        for made, line in zip(decided.lines, lines, strict=True):
            want = naive.taxes(taxes, line, us)["tax_code"]
            found = made.tax.code if made.tax.kind == "code" else made.tax.kind
            if found != _word(want.outcome) or (want.rule and want.rule != made.tax.decision.rule):
                raise Wrong(f"{line} in {'US' if us else 'CA'}: {made.tax}, not {want}")
            if not us and want.outcome != "bears no tax":
                wins.add(want.rule.partition(".by_rate")[0].removesuffix(".without_rate"))
    dead = {each.rule for each in analyse(rules) if each.code == "OQ401"}
    if dead != set(_named(taxes)) - wins:
        raise Wrong(f"OQ401 {dead}, not {set(_named(taxes)) - wins}")


def _word(outcome: Any) -> str:
    held = isinstance(outcome, tuple) or outcome == "bears no tax" or outcome.startswith("hold")
    return "hold" if held else str(outcome)


def _named(taxes: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"taxes.exceptions.{each['id']}" for each in taxes.get("exceptions", ()))
    yield from (f"taxes.by_category.{each}" for each in taxes.get("by_category", ()))
    for country, each in taxes.get("by_country", {}).items():
        regions = isinstance(each, dict) and "default" in each
        yield from (
            (f"taxes.by_country.{country}.{region}" for region in each) if regions else [f"taxes.by_country.{country}"]
        )


def run(count: int, seed: int) -> Iterator[str]:
    """Compare `count` tables; yield each error."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rules.yaml"
        for number in range(seed, seed + count):
            taxes = section(random.Random(number))
            path.write_text(json.dumps({"version": "1", "taxes": taxes}), encoding="utf-8")
            rules = load(path).rules
            try:
                if rules is None:
                    raise Wrong("does not load")
                compare(rules, taxes)
            except Wrong as wrong:
                yield f"taxes {number}: {wrong}\n  {json.dumps(taxes)}"


if __name__ == "__main__":
    words = [int(each) for each in sys.argv[1:]]
    wrong = list(run(*(words + [COUNT, 0][len(words) :])))
    sys.stdout.write("\n".join([*wrong, f"{len(wrong)} wrong"]) + "\n")
    sys.exit(bool(wrong))
