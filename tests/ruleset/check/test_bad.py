"""The default rules, broken in every way that people break them: one file for each mistake.

Each file says at its top what is found where, and the words of the message that tell how to mend it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from onedesk_quickbooks.plugin.ruleset.check import check

BAD = Path(__file__).parents[1] / "bad"
FILES = sorted(BAD.glob("*.yaml"))


def headers(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()[:2]
    found = [re.fullmatch(r"# (\w+): (.*)", line) for line in lines]
    return {each[1]: each[2] for each in found if each}


def test_there_are_more_than_twenty() -> None:
    assert len(FILES) > 20


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("loader", [yaml.CSafeLoader, yaml.SafeLoader], ids=["C", "pure"])
def test_one_mistake_one_finding(path: Path, loader: type) -> None:
    expected = headers(path)
    findings = check([path], loader=loader).findings
    assert [f"{each.code} {each.line}:{each.column}" for each in findings] == [expected["finds"]]
    assert expected["says"] in f"{findings[0].message} {findings[0].remedy}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_caret_is_under_the_mistake(path: Path) -> None:
    (finding,) = check([path]).findings
    line = path.read_text(encoding="utf-8").split("\n")[finding.line - 1]
    assert finding.text == line
    assert (finding.line, finding.column) < (finding.end_line, finding.end_column) or finding.column <= len(line) + 1
