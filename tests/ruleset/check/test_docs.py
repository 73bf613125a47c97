"""docs/rules.md: every example in it is run, and every key of the language stands in it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.findings import render_text
from onedesk_quickbooks.plugin.ruleset.cases import run_paths
from onedesk_quickbooks.plugin.ruleset.check import check
from onedesk_quickbooks.plugin.ruleset.keys import settings

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
FILES = {name: block for block in BLOCKS for name in re.findall(r"\A# file: (\S+)$", block, re.MULTILINE)}


def number(block: str) -> str:
    return str(BLOCKS.index(block) + 1)


@pytest.mark.parametrize("block", [each for each in BLOCKS if not each.startswith(("# cases", "# file"))], ids=number)
def test_example_is_what_the_text_says(block: str, tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    path = tmp_path / "rules.yaml"
    path.write_text(block, encoding="utf-8")
    expected = re.findall(r"\A# finds: (.*)$", block, re.MULTILINE)
    assert [f"{each.code} {each.line}:{each.column}" for each in check([path]).findings] == expected


@pytest.mark.parametrize("name", ["rules.md", "rules.fr.md"])
def test_every_setting_and_word_is_in_it(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    known = {word for key in settings().values() for word in (key.name, *key.words)}
    assert {each for each in known if not re.search(rf"\b{each}\b", text)} == set()


def test_each_part_is_included_by_an_example() -> None:
    assert FILES and all(
        any(re.search(rf"^include:.*\b{name}\b", each, re.MULTILINE) for each in BLOCKS) for name in FILES
    )


@pytest.mark.parametrize("block", [each for each in BLOCKS if each.startswith("# cases")], ids=number)
def test_cases_pass(block: str, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(BLOCKS[BLOCKS.index(block) - 1], encoding="utf-8")
    cases = tmp_path / "rules.cases.yaml"
    cases.write_text(block, encoding="utf-8")
    report = run_paths([cases])
    assert report.ok
    assert len(report.files[0].results) == 2


def test_the_messages_shown_are_those_of_the_check(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"

    def shown(block: str) -> str:
        path.write_text(block, encoding="utf-8")
        checked = check([path])
        return render_text(checked.findings, checked.summary, color=False).replace(str(path), "rules.yaml")

    finding = shown(BLOCKS[1]).split("\n\n")[0]
    assert "\n".join(f"    {line}" for line in finding.split("\n")) in TEXT
    assert f"`{shown(BLOCKS[0])}`" in TEXT


def keys(schema: dict[str, Any]) -> set[str]:
    found = set(schema.get("properties", {}))
    for child in (*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()):
        found |= keys(child)
    return found


def test_every_key_is_taught() -> None:
    schema = json.loads((ROOT / "schemas" / "rules.schema.json").read_text(encoding="utf-8"))
    taught = set(re.findall(r"[a-z_]+", TEXT))
    assert keys(schema) - taught == set()


def test_links_lead_somewhere() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (ROOT / "docs" / link).exists(), link
    own = [path for path in (ROOT / "rules" / "examples").glob("*.yaml") if ".cases" not in path.name]
    included = {each for path in own for each in re.findall(r"^include: \[(\S+)\]$", path.read_text(), re.MULTILINE)}
    listed = set(re.findall(r"^\| \[(\S+\.yaml)\]", TEXT, re.MULTILINE))
    assert {path.name for path in own} - included == listed
