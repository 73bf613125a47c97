"""docs/tutorial.md: each step is a rule file without findings, the steps together are the example, and commands print
what stands below them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from onedesk_quickbooks.plugin.cli import main
from onedesk_quickbooks.plugin.findings.render import sentence
from onedesk_quickbooks.plugin.ruleset.check import check
from onedesk_quickbooks.plugin.ruleset.load import EXAMPLES
from tests.commands import RUNNER

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
STEPS = re.findall(r"^```yaml\n([^#].*?)^```\n\n {4}([^\n]*)$", TEXT, re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^ {4}onedesk-quickbooks (.*)\n((?: {4}(?!onedesk-quickbooks).*\n)+)", TEXT, re.MULTILINE)

RULES = "it-services.yaml"
NEXT_YEAR = "it-services-2027.yaml"
CASES = "it-services.cases.yaml"


def block(first_line: str) -> str:
    """The one that begins so."""
    (found,) = (each for each in BLOCKS if each.startswith(first_line + "\n"))
    return str(found)


def test_each_block_is_a_step_or_a_file_of_its_own() -> None:
    own = (block(f"# file: {NEXT_YEAR}"), block("# cases"))
    assert [each for each in BLOCKS if each not in own] == [each for each, _ in STEPS]


@pytest.mark.parametrize(("step", "said"), STEPS)
def test_a_step_is_clean(step: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(step, encoding="utf-8")
    (tmp_path / NEXT_YEAR).write_text(block(f"# file: {NEXT_YEAR}"), encoding="utf-8")
    checked = check([tmp_path / "rules.yaml"])
    assert checked.findings == ()
    assert sentence(checked.findings, checked.summary) == said


def test_the_steps_together_are_the_example() -> None:
    whole = parts(read((EXAMPLES / RULES).read_text(encoding="utf-8")))
    steps = [parts(read(step)) for step, _ in STEPS]
    assert set().union(*steps) == whole


def test_the_file_of_next_year_is_that_of_the_example() -> None:
    assert read(block(f"# file: {NEXT_YEAR}")) == read((EXAMPLES / NEXT_YEAR).read_text(encoding="utf-8"))


def test_the_cases_are_some_of_the_example() -> None:
    whole = read((EXAMPLES / CASES).read_text(encoding="utf-8"))
    some = read(block("# cases"))
    assert some["company"] == whole["company"]
    assert [each for each in some["cases"] if each not in whole["cases"]] == []


def test_both_languages_say_how_many_rules_there_are() -> None:
    rules = check([EXAMPLES / RULES]).summary["rules"]
    assert f"its {rules} rules in" in beginning(DOCS / "tutorial.md", "##")
    assert f"ses {rules} règles en" in beginning(DOCS / "tutorial.fr.md", "##")
    assert f"its {rules} rules, with" in beginning(EXAMPLES / RULES, "version:")


@pytest.mark.parametrize(("command", "said"), COMMANDS)
def test_a_command_prints_what_is_below_it(command: str, said: str, tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / RULES, tmp_path / "rules.yaml")
    shutil.copy(EXAMPLES / NEXT_YEAR, tmp_path)
    shutil.copy(EXAMPLES / CASES, tmp_path / "rules.cases.yaml")
    before = (EXAMPLES / RULES).read_text(encoding="utf-8").replace(f"include: [{NEXT_YEAR}]\n", "")
    (tmp_path / "before.yaml").write_text(before, encoding="utf-8")
    words = [str(tmp_path / each) if each.endswith(".yaml") else each for each in command.split()]
    printed = RUNNER.invoke(main, words).stdout.splitlines()
    shown = [line.removeprefix("    ") for line in said.splitlines()]
    assert [line for line in printed if line in shown] == shown
    assert shown == printed or command.startswith("diff "), "only of `diff` a part is shown"


def beginning(file: Path, end: str) -> str:
    """What stands before the first line that begins with `end`, in one line."""
    return " ".join(file.read_text(encoding="utf-8").partition(f"\n{end}")[0].split())


def read(text: str) -> Any:
    """The file with all values as texts."""
    return yaml.load(text, getattr(yaml, "CBaseLoader", yaml.BaseLoader))


def parts(node: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """Each value with the keys that lead to it; an exception is one value."""
    if isinstance(node, dict) and "id" not in node:
        return set().union(*(parts(each, (*path, key)) for key, each in node.items()))
    if isinstance(node, list):
        return set().union(*(parts(each, path) for each in node))
    return {(*path, str(node))}
