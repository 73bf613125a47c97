"""The speed of decisions and checks, beside other engines and plain YAML.

`python -m tests.bench.rules` prints each figure with its bound and exits 1 if one is out of bounds. zen-engine,
business-rules and rule-engine are compared if they are installed; the output lists those that are not.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from onedesk_quickbooks.plugin.ruleset.check import check
from onedesk_quickbooks.plugin.ruleset.core.columns import Conditions, Range, Texts
from onedesk_quickbooks.plugin.ruleset.core.table import Table
from onedesk_quickbooks.plugin.ruleset.load import load
from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES
from onedesk_quickbooks.plugin.ruleset.prove import analyse

SIZES = (10, 10_000)
ROUNDS = 5
LINES = 1_000
COUNTRIES = ("CA", "US", "GB", "NO", "SE", "DE", "FR", "NL")
BOUNDS = (Decimal(0), Decimal(100), Decimal(1000))
ENGINES = ("zen", "business_rules", "rule_engine")


class Figure(NamedTuple):
    """A measurement, and its upper (or, with `least`, lower) bound; None: for information only."""

    name: str
    value: float
    unit: str
    bound: float | None = None
    least: bool = False

    @property
    def met(self) -> bool:
        """Whether the figure is within its bound."""
        if self.bound is None:
            return True
        return self.value >= self.bound if self.least else self.value <= self.bound


class Case(NamedTuple):
    """One rule of the table for all engines."""

    service: str
    country: str
    low: Decimal
    high: Decimal
    item: str


def cases(size: int) -> list[Case]:
    """Rules that differ in service type, country and range of amounts."""
    found = []
    for index in range(size):
        step = index % 2
        service = f"Service {index // 16}"
        country = COUNTRIES[index // 2 % len(COUNTRIES)]
        found.append(Case(service, country, BOUNDS[step], BOUNDS[step + 1], f"Item {index}"))
    return found


def lines(size: int) -> list[dict[str, Any]]:
    """Lines that match rules all over the table; one in eight matches none."""
    found = []
    for index in range(LINES):
        case = cases_at(index * 7919 % size)
        service = case.service if index % 8 else "Nothing"
        found.append({"service_type": service, "country": case.country, "amount": case.low + index % 90})
    return found


def cases_at(index: int) -> Case:
    """One rule of `cases` by its place."""
    step = index % 2
    country = COUNTRIES[index // 2 % len(COUNTRIES)]
    return Case(f"Service {index // 16}", country, BOUNDS[step], BOUNDS[step + 1], f"Item {index}")


def timed(act: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Seconds of processor time of the best of some rounds, which other processes affect least."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        act()
        best = min(best, time.process_time() - start)
    return best


def made(size: int) -> Table[str]:
    """The table as compiled by this package."""
    rules: list[tuple[Conditions, str]] = []
    for each in cases(size):
        conditions: Conditions = {
            "service_type": Texts(frozenset((each.service.lower(),))),
            "country": Texts(frozenset((each.country.lower(),))),
            "amount": Range(each.low, each.high),
        }
        rules.append((conditions, each.item))
    return Table(rules)


def ours(size: int) -> tuple[float, float]:
    """Microseconds per decision: the first time a line is seen, and afterwards."""
    given = lines(size)
    made(size).find(given[0])
    colds = []
    for _ in range(ROUNDS):
        table = made(size)
        table.find({"service_type": "", "country": "", "amount": Decimal(0)})  # builds the columns
        colds.append(timed(lambda table=table: [table.find(each) for each in given], 1))  # type: ignore[misc]
    warm = timed(lambda: [table.find(each) for each in given], 20)
    return min(colds) / LINES * 1e6, warm / LINES * 1e6


def zen(size: int) -> float:
    """Microseconds per decision of zen-engine with its static loader."""
    from zen import ZenEngine  # type: ignore[import-not-found,import-untyped,unused-ignore]

    rules = [
        {
            "_id": str(i),
            "a": json.dumps(c.service),
            "b": json.dumps(c.country),
            "c": f"[{c.low}..{c.high})",
            "o": json.dumps(c.item),
        }
        for i, c in enumerate(cases(size))
    ]
    fields = [("a", "service_type"), ("b", "country"), ("c", "amount")]
    table = {
        "hitPolicy": "first",
        "inputs": [{"id": key, "name": name, "field": name} for key, name in fields],
        "outputs": [{"id": "o", "name": "item", "field": "item"}],
        "rules": rules,
    }
    content = {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in"},
            {"id": "table", "type": "decisionTableNode", "name": "table", "content": table},
            {"id": "out", "type": "outputNode", "name": "out"},
        ],
        "edges": [
            {"id": "1", "sourceId": "in", "targetId": "table"},
            {"id": "2", "sourceId": "table", "targetId": "out"},
        ],
    }
    engine = ZenEngine({"loader": {"type": "static", "content": {"rules": content}}})
    given = [{**each, "amount": int(each["amount"])} for each in lines(size)][:100]
    answer = engine.evaluate("rules", given[1])["result"].get("item")
    assert answer == made(size).find(lines(size)[1]), answer
    return timed(lambda: [engine.evaluate("rules", each) for each in given], 3) / len(given) * 1e6


def rule_engine(size: int) -> float:
    """Microseconds per decision of rule-engine, trying one rule after the other."""
    from rule_engine import Rule  # type: ignore[import-not-found,import-untyped,unused-ignore]

    rules = []
    for c in cases(size):
        amounts = f"amount >= {c.low} and amount < {c.high}"
        rules.append((Rule(f'service_type == "{c.service}" and country == "{c.country}" and {amounts}'), c.item))
    given = lines(size)[: 100 if size < 1000 else 6]

    def first(line: dict[str, Any]) -> str | None:
        return next((item for rule, item in rules if rule.matches(line)), None)

    assert first(given[1]) == made(size).find(given[1])
    return timed(lambda: [first(each) for each in given], 2) / len(given) * 1e6


def business_rules(size: int) -> float:
    """Microseconds per decision of business-rules."""
    from business_rules import run_all  # type: ignore[import-not-found,import-untyped,unused-ignore]
    from business_rules.actions import BaseActions, rule_action  # type: ignore[import-not-found,import-untyped,unused-ignore]
    from business_rules.fields import FIELD_TEXT  # type: ignore[import-not-found,import-untyped,unused-ignore]
    from business_rules.variables import (  # type: ignore[import-not-found,import-untyped,unused-ignore]
        BaseVariables,
        numeric_rule_variable,
        string_rule_variable,
    )

    class Variables(BaseVariables):  # type: ignore[misc,unused-ignore]
        def __init__(self, line: dict[str, Any]) -> None:
            self.line = line

        @string_rule_variable()  # type: ignore[untyped-decorator,unused-ignore]
        def service_type(self) -> str:
            return str(self.line["service_type"])

        @string_rule_variable()  # type: ignore[untyped-decorator,unused-ignore]
        def country(self) -> str:
            return str(self.line["country"])

        @numeric_rule_variable()  # type: ignore[untyped-decorator,unused-ignore]
        def amount(self) -> Decimal:
            return Decimal(self.line["amount"])

    class Actions(BaseActions):  # type: ignore[misc,unused-ignore]
        def __init__(self) -> None:
            self.item = ""

        @rule_action(params={"item": FIELD_TEXT})  # type: ignore[untyped-decorator,unused-ignore]
        def take(self, item: str) -> None:
            self.item = item

    rules = [
        {
            "conditions": {
                "all": [
                    {"name": "service_type", "operator": "equal_to", "value": c.service},
                    {"name": "country", "operator": "equal_to", "value": c.country},
                    {"name": "amount", "operator": "greater_than_or_equal_to", "value": c.low},
                    {"name": "amount", "operator": "less_than", "value": c.high},
                ]
            },
            "actions": [{"name": "take", "params": {"item": c.item}}],
        }
        for c in cases(size)
    ]
    given = lines(size)[: 100 if size < 1000 else 6]

    def first(line: dict[str, Any]) -> str:
        actions = Actions()
        run_all(rules, Variables(line), actions, stop_on_first_trigger=True)
        return actions.item

    assert first(given[1]) == made(size).find(given[1])
    return timed(lambda: [first(each) for each in given], 2) / len(given) * 1e6


def big_file(path: Path, size: int = 10_000) -> None:
    """A rule file of `size` lines: half of it maps, half exceptions that overlap as real ones do."""
    keyed = size // 2 - 10
    head = ["version: 1", "items:", "  default_income_account: Services", "  by_service_type:"]
    head += [f"    Service {index}: Category {index % 50}:Item {index}" for index in range(keyed)]
    rules = ["  exceptions:"]
    for index in range(size - len(head) - 10):
        country = COUNTRIES[index % len(COUNTRIES)]
        asks = [f'service_type: "Service {index}*"', f"country: {country}"]
        if index % 3 == 0:
            asks.append(f"amount: {{from: {index % 7 * 100}, below: {index % 7 * 100 + 500}}}")
        if index % 5 == 0:
            asks.append(f"customer: [Customer {index}, Customer {index + 1}]")
        rules.append(f"    - {{id: r{index}, when: {{{', '.join(asks)}}}, item: Special {index % 900}}}")
    tail = ["  otherwise: same_name", "taxes:", "  by_country:", "    US: automatic", "  otherwise: company_default"]
    path.write_text("\n".join([*head, *rules, *tail]) + "\n", encoding="utf-8")


def child(code: str, *arguments: str) -> tuple[float, float]:
    """Seconds and megabytes of a fresh interpreter that runs some code."""
    # Not ru_maxrss, which starts with the value of the parent at the fork.
    whole = f"{code}\nprint([line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')][0])"
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", whole, *arguments], check=True, capture_output=True, text=True)
    return time.perf_counter() - start, int(done.stdout.split()[-1]) / 1024


PEAK = """
try:
    with open("/proc/self/status") as status:  # ru_maxrss counts what the parent had when it forked
        print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
except OSError:
    import resource, sys
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1))
"""

CHECK = """
import sys
from pathlib import Path
from onedesk_quickbooks.plugin.ruleset.check import check
check([Path(sys.argv[1])])
"""


def checking() -> list[Figure]:
    """Checking a large file, its memory, and a cold start."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rules.yaml"
        big_file(path)
        text = path.read_text(encoding="utf-8")
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        yaml_time = timed(lambda: yaml.load(text, Loader=loader))
        check_time = timed(lambda: check([path]), 3)
        rules = load(path).rules
        assert rules is not None
        analysis = timed(lambda: analyse(rules), 3)
        _, memory = child(CHECK, str(path))
    cold = min(child(CHECK, str(DEFAULT_RULES))[0] for _ in range(ROUNDS))
    imports = min(child("import yaml, jsonschema")[0] for _ in range(ROUNDS))
    return [
        Figure("yaml.CSafeLoader, 10,000 lines", yaml_time * 1e3, "ms"),
        Figure("check, 10,000 lines", check_time * 1e3, "ms"),
        Figure("  of it the exact analysis", analysis * 1e3, "ms"),
        Figure("check / CSafeLoader", check_time / yaml_time, "times", 8),
        Figure("memory of check, 10,000 lines", memory, "MB", 150),
        Figure("cold check of the default rules", cold * 1e3, "ms"),
        Figure("cold check / import yaml, jsonschema", cold / imports, "times", 3),
    ]


def deciding() -> list[Figure]:
    """Decisions of this package and of other engines at both sizes."""
    small, large = (ours(size) for size in SIZES)
    found = [
        Figure("a decision among 10 rules, first time", small[0], "us"),
        Figure("a decision among 10,000 rules, first time", large[0], "us"),
        Figure("a decision among 10 rules", small[1], "us"),
        Figure("a decision among 10,000 rules", large[1], "us"),
        Figure("10,000 rules / 10 rules", large[1] / small[1], "times", 2),
    ]
    least = {"zen": 20.0, "rule_engine": 1000.0, "business_rules": None}
    for name in ENGINES:
        if importlib.util.find_spec(name) is None:
            sys.stdout.write(
                f"{name.replace('_', '-')} is not installed and is left out (pip install it to compare).\n"
            )
            continue
        engine: Callable[[int], float] = globals()[name]
        for size, own in zip(SIZES, (small, large), strict=True):
            took = engine(size)
            bound = least[name] if size == SIZES[-1] else None
            found.append(Figure(f"{name} among {size:,} rules", took, "us"))
            found.append(Figure(f"{name} / ours among {size:,} rules", took / own[1], "times", bound, least=True))
    return found


def report(figures: Sequence[Figure]) -> int:
    """Print the figures; 1 if one is out of bounds."""
    for each in figures:
        bound = "" if each.bound is None else f"  {'at least' if each.least else 'at most'} {each.bound:g}"
        met = "" if each.met else "  NOT MET"
        sys.stdout.write(f"{each.name:45} {each.value:12,.2f} {each.unit:5}{bound}{met}\n")
    return int(not all(each.met for each in figures))


def main() -> int:
    """Measure and print everything."""
    return report([*deciding(), *checking()])


if __name__ == "__main__":
    sys.exit(main())
