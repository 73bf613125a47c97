"""What CONTRIBUTING.md and the glossary say of the house is so."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
STEPS = re.findall(r"`([\w/]+\.py):([\w.]+)`", CONTRIBUTING)


def defined(path: Path) -> set[str]:
    """Functions, classes and methods of a file, as `name` and `Class.name`."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
    return found


def test_there_are_two_trips() -> None:
    assert len(STEPS) > 20


@pytest.mark.parametrize(("file", "name"), STEPS)
def test_a_step_of_a_trip_is_there(file: str, name: str) -> None:
    assert name in defined(ROOT / file)


def test_every_package_is_in_the_table_and_no_other() -> None:
    named = set(re.findall(r"^\| `plugin/(\w+)` \|", CONTRIBUTING, re.MULTILINE))
    assert named == {path.parent.name for path in (ROOT / "plugin").glob("*/__init__.py")}


def test_the_glossary_names_places_that_are_there() -> None:
    rows = [line.split("|") for line in GLOSSARY.splitlines() if line.startswith("| ") and "`" in line]
    terms = [cells[1].strip() for cells in rows]
    assert terms == sorted(terms) and len(set(terms)) == len(terms)
    for cells in rows:
        first, *others = re.findall(r"`([^`]+)`", cells[3])
        assert (ROOT / first).exists(), first
        assert all(((ROOT / first).parent / each).exists() for each in others), cells[3]


@pytest.mark.parametrize("page", ["reliability.md", "processes.md"])
def test_the_tests_that_a_page_names_are_there(page: str) -> None:
    named = re.findall(r"`(tests/[\w/.]+)`", (ROOT / "docs" / page).read_text(encoding="utf-8"))
    assert named and not [each for each in named if not (ROOT / each).exists()]


def test_tests_patch_nothing() -> None:
    """Clock, host and transport are arguments; a host that fails is a class of its own kind."""
    patches = re.compile(r"monkeypatch\.(?:set|del)(?:attr|item)\(|mock\.patch|from unittest import mock")
    files = (path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__))
    assert [str(path.relative_to(ROOT)) for path in files if patches.search(path.read_text("utf-8"))] == []
