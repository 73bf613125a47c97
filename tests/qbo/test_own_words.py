"""QuickBooks' names of properties stay in plugin/qbo: what plans, carries out and keeps knows none of them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("planning", "ledger", "sync", "cli")
SHOWN = ("cli",)
"""Folders with titles that a person reads: there a plain word such as Amount counts only as a key."""
_WORD = re.compile(r"[A-Za-z0-9]+")


def properties(schema: Any) -> Iterator[str]:
    """Every property that a schema names, however deep."""
    if isinstance(schema, dict):
        held = schema.get("properties")
        yield from held if isinstance(held, dict) else ()
        for each in schema.values():
            yield from properties(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from properties(each)


def quickbooks_names() -> frozenset[str]:
    """Those with a capital letter; entities are named wherever something is done with them, and so is the type of an
    item that is a category."""
    schemas = [json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "schemas" / "qbo").glob("*.json")]
    others = {name for schema in schemas for name in schema["$defs"] if name[0].isupper()} | {"Category"}
    return frozenset(name for schema in schemas for name in properties(schema) if name.lower() != name) - others


NAMES = quickbooks_names()


def keys(tree: ast.AST) -> set[int]:
    """The texts by which something is taken: `raw["Id"]`, `raw.get("Id")`."""
    taken = (node.slice for node in ast.walk(tree) if isinstance(node, ast.Subscript))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)
    got = (node.args[0] for node in calls if isinstance(node.func, ast.Attribute) and node.func.attr == "get")
    return {id(each) for each in (*taken, *got)}


def spoken(source: str, shown: bool = False) -> Iterator[tuple[int, str]]:
    """Line and name of every property that a text of the code is, or names among other words (in a statement of the
    query language); a plain word counts only where it is the whole text, and with `shown` a key. Docstrings may
    explain."""
    tree = ast.parse(source)
    own = keys(tree)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):  # classes of our own may have such a name
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            prose |= {id(each) for each in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            among = {word for word in _WORD.findall(node.value) if word[1:].lower() != word[1:] and word != "URI"}
            words = among if shown and id(node) not in own else {node.value, *among}
            yield from ((node.lineno, word) for word in sorted(words & NAMES))


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_property_of_quickbooks_is_named_outside(folder: str) -> None:
    files = sorted((ROOT / "plugin" / folder).rglob("*.py"))
    assert files
    found = [
        (path.relative_to(ROOT), *each)
        for path in files
        for each in spoken(path.read_text(encoding="utf-8"), folder in SHOWN)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('raw["Id"]', ["Id"]),
        ('{"SyncToken": token}', ["SyncToken"]),
        ('f"DocNumber = {number}"', ["DocNumber"]),
        ('"Active IN (true)"', []),
        ('query("Invoice", "Line")', ["Line"]),
        ('__all__ = ["InvoiceLink"]', []),
        ('"""What DocNumber means."""', []),
        ('note("The Line of thought")', []),
    ],
)
def test_what_counts_as_named(source: str, names: list[str]) -> None:
    assert [name for _, name in spoken(source)] == names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('columns = ("Name", "Amount")', []),
        ('raw["Amount"]', ["Amount"]),
        ('raw.get("Balance", 0)', ["Balance"]),
        ('books.find("Customer", "DisplayName", name)', ["DisplayName"]),
        ("f\"{raw['TotalAmt']}\"", ["TotalAmt"]),
        ('metavar="URI"', []),
    ],
)
def test_what_counts_among_titles(source: str, names: list[str]) -> None:
    assert [name for _, name in spoken(source, shown=True)] == names


def test_the_schemas_name_what_is_looked_for() -> None:
    assert {"Id", "SyncToken", "DocNumber", "BillAddr", "TxnTaxDetail"} <= NAMES
    assert not {"Invoice", "Customer", "value"} & NAMES
