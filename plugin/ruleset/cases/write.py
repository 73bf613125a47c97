"""Puts proposed cases into the file beside the rules."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from onedesk_quickbooks.plugin.findings.finding import CannotRead
from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.ruleset.cases.classes import classes
from onedesk_quickbooks.plugin.ruleset.cases.propose import head, propose
from onedesk_quickbooks.plugin.ruleset.cases.read import read_cases
from onedesk_quickbooks.plugin.ruleset.cases.report import FileReport, run_paths
from onedesk_quickbooks.plugin.ruleset.load import load
from onedesk_quickbooks.plugin.ruleset.read.editor import put_beside
from onedesk_quickbooks.plugin.ruleset.read.files import CASES


@dataclass(frozen=True, slots=True)
class Written:
    """A case file that was extended or begun, and how many cases were added to it."""

    path: Path
    added: int


def write_cases(path: Path, facts: Facts) -> list[Written]:
    """Add a case for every input class that no case covers. `path` is a case file, a rule file or a folder of case
    files; `facts` are for a file that is begun. Files with findings are left alone. Raises CannotRead."""
    if not path.is_dir() and not path.name.endswith(CASES):
        beside = path.with_name(path.name.removesuffix(path.suffix) + CASES)
        if not os.path.lexists(beside):  # what a link leads to is not begun
            return _begin(path, beside, facts)
        path = beside
    return [_extend(file) for file in run_paths([path]).files if file.rules is not None]


def _begin(rules_path: Path, path: Path, facts: Facts) -> list[Written]:
    rules = load(rules_path).rules
    if rules is None:
        return []
    proposed = propose(rules, classes(rules), facts)
    path.write_text("".join(head(facts)) + proposed, encoding="utf-8")
    put_beside(path, "cases")
    return [Written(path, len(read_cases(path).cases))]


def _extend(file: FileReport) -> Written:
    path, rules = file.cases.path, file.rules
    proposed = propose(rules, file.uncovered, file.cases.facts) if rules else ""
    if not proposed:
        return Written(path, 0)
    before = path.read_text(encoding="utf-8")
    path.write_text(before.rstrip("\n") + "\n" + proposed, encoding="utf-8")
    now = read_cases(path)
    added = len(now.cases) - len(file.cases.cases)
    if now.findings or added <= 0:
        path.write_text(before, encoding="utf-8")
        raise CannotRead(
            path, "cannot be extended; let `cases:` be its last key, with one `- name:` a line for each case"
        )
    return Written(path, added)
