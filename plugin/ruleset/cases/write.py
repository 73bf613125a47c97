"""Adds proposed cases to the file beside the rules."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from onedesk_quickbooks.plugin.findings.contained import read_text_inside, write_inside
from onedesk_quickbooks.plugin.findings.finding import CannotRead
from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.ruleset.cases.classes import classes
from onedesk_quickbooks.plugin.ruleset.cases.propose import head, propose, propose_missing
from onedesk_quickbooks.plugin.ruleset.cases.read import read_cases
from onedesk_quickbooks.plugin.ruleset.cases.report import FileReport, run_paths, survivors
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.load import load
from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES
from onedesk_quickbooks.plugin.ruleset.read.editor import put_beside
from onedesk_quickbooks.plugin.ruleset.read.files import CASES
from onedesk_quickbooks.plugin.texts import Text

MOST = 300
"""Rules for which mutants are tested, which takes quadratic time."""


@dataclass(frozen=True, slots=True)
class Written:
    """A case file that was extended or created, with the number of added cases; or a file, of rules or of cases, that
    has errors and was left unchanged."""

    path: Path
    added: int
    broken: bool = False


def write_cases(path: Path, facts: Facts) -> list[Written]:
    """Add a case for every uncovered input class and, for up to MOST rules, for every mutant that no case detects.
    `path` is a case file, a rule file, or a folder of case files or of rules alone; `facts` are for a new file. Files
    with errors are left unchanged. Raises CannotRead."""
    if path.is_dir() and not any(path.rglob(f"*{CASES}")):
        return _begin(path, path / f"all{CASES}", facts)
    if not path.is_dir() and not path.name.endswith(CASES):
        beside = path.with_name(path.name.removesuffix(path.suffix) + CASES)
        if not os.path.lexists(beside):  # never create the target of a dangling link
            return _begin(path, beside, facts)
        path = beside
    return [
        _extend(file) if file.rules is not None else Written(Path(file.findings[0].file), 0, broken=True)
        for file in run_paths([path]).files
    ]


def _begin(rules_path: Path, path: Path, facts: Facts) -> list[Written]:
    rules = load(rules_path).rules
    if rules is None:
        return [Written(rules_path, 0, broken=True)]
    proposed = propose(rules, classes(rules), facts)
    write_inside(path, path.parent, "".join(head(facts, "." if rules_path.is_dir() else "")) + proposed)
    put_beside(path, "cases")
    (file,) = run_paths([path]).files
    return [Written(path, len(file.results) + _add(file, _missing(file)))]


def _extend(file: FileReport) -> Written:
    path = file.cases.path
    before = read_text_inside(path, path.parent)
    added = _add(file, propose(file.rules, file.uncovered, file.cases.facts) if file.rules else "")
    (now,) = run_paths([path]).files
    try:
        return Written(path, added + _add(now, _missing(now)))
    except CannotRead:
        write_inside(path, path.parent, before)
        raise


def _missing(file: FileReport) -> str:
    rules = file.rules
    if rules is None or _count(rules) > MOST:
        return ""
    return propose_missing(rules, survivors(file), file.cases.facts)


def _count(rules: RuleSet) -> int:
    """The number of rules in the user's files."""
    rows = (row for chain in rules.chains.values() for row in chain.rows)
    return len({row.rule for row in rows if row.at.file != str(DEFAULT_RULES)})


def _add(file: FileReport, proposed: str) -> int:
    """Add cases at the end of a file; return their number."""
    path = file.cases.path
    if not proposed:
        return 0
    before = read_text_inside(path, path.parent)
    write_inside(path, path.parent, before.rstrip("\n") + "\n" + proposed)
    now = read_cases(path)
    added = len(now.cases) - len(file.cases.cases)
    if now.findings or added <= 0:
        write_inside(path, path.parent, before)
        raise CannotRead(
            path, Text("cannot be extended; let `cases:` be its last key, with one `- name:` a line for each case")
        )
    return added
