"""Case files to cases with their places; errors become findings, as with rule files."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.findings.contained import inside, must_be_inside
from onedesk_quickbooks.plugin.findings.finding import CannotRead, Finding, Findings
from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset.cases.case_invoice import invoice_of
from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES
from onedesk_quickbooks.plugin.ruleset.read.check_shape import check_shape
from onedesk_quickbooks.plugin.ruleset.read.files import CASES, read_file
from onedesk_quickbooks.plugin.ruleset.read.shape import Compiler, Shape
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, plain, where

SCHEMA = Path(__file__).parents[3] / "schemas" / "cases.schema.json"


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `expect` is what the file says; `at` the place of its name."""

    name: str
    at: Where
    invoice: Invoice
    facts: Facts
    expect: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A file of cases and the rules that it tests; without cases if there are findings. `within` is the folder of the
    rules, None if the file does not name them."""

    path: Path
    rules: Path
    facts: Facts
    cases: tuple[Case, ...]
    findings: tuple[Finding, ...] = ()
    within: Path | None = None


def case_files(path: Path) -> list[Path]:
    """The case files for a path: the file itself, those in a folder and below it, or the one beside a rule file. Raises
    CannotRead if there is none, or if one is a link that leads out of its folder."""
    if path.is_dir():
        found = sorted(each for each in path.rglob(f"*{CASES}") if each.exists() and not each.is_dir())
        if not found:
            raise CannotRead(
                path,
                Text(
                    "the folder holds no case file; name one X{cases} beside the rules X.yaml, or let test --write"
                    " begin one for all of its rules",
                    cases=CASES,
                ),
            )
        for each in found:
            must_be_inside(each, each.parent)
        return found
    if path.name.endswith(CASES):
        must_be_inside(path, path.parent)
        return [path]
    beside = path.with_name(path.name.removesuffix(path.suffix) + CASES)
    if not os.path.lexists(beside):
        raise CannotRead(
            path, Text("has no cases; write them into {name} beside it (test --write proposes some)", name=beside.name)
        )
    must_be_inside(beside, path.parent)
    return [beside]


def read_cases(path: Path) -> CaseFile:
    """Read one file. Raises CannotRead if it, or a file that a case names, cannot be opened."""
    findings = Findings()
    root = read_file(path, findings, folder=path.parent)
    if root is not None:
        check_shape(root, _shape(), findings)
    if root is None or findings.errors:
        return CaseFile(path, path, Facts("US"), (), findings.sorted())
    facts = _facts(root.map("company"), Facts("US"))
    cases = [_case(node, path, facts, findings) for node in root.list("cases") if isinstance(node, Map)]
    kept = tuple(case for case in cases if case is not None)
    rules = _rules(root, path)
    within = None if root.text("rules") is None or rules == DEFAULT_RULES else path.parent
    return CaseFile(path, rules, facts, kept, findings.sorted(), within)


@lru_cache(maxsize=1)
def _shape() -> Shape:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return Compiler(schema).shape(schema)


def _rules(root: Map, path: Path) -> Path:
    named = root.text("rules")
    if named is not None:
        found = path.parent / named.value
        return found if found == DEFAULT_RULES else inside(found, path.parent)
    return path.with_name(path.name.removesuffix(CASES) + ".yaml")


def _facts(node: Map | None, above: Facts) -> Facts:
    found: dict[str, Any] = {key: plain(item) for key, item in node.items.items()} if node else {}
    if "uses_sales_tax" in found:
        found["uses_sales_tax"] = found["uses_sales_tax"] == "yes"
    return replace(above, **found)


def _case(node: Map, path: Path, facts: Facts, findings: Findings) -> Case | None:
    name, expect = node.text("name"), node.map("expect")
    if name is None or expect is None:
        raise ValueError("the schema lets no case pass without name and expect")
    invoice = invoice_of(node.map("given"), path.parent, findings)
    if invoice is None:
        return None
    expected: Any = plain(expect)
    return Case(name.value, where(name), invoice, _facts(node.map("company"), facts), expected)
