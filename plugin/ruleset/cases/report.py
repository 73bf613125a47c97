"""Results, coverage and mutants of whole case files, as text, JSON and JUnit XML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from onedesk_quickbooks.plugin.findings.finding import Finding
from onedesk_quickbooks.plugin.ruleset.cases.classes import InputClass, classes, covered
from onedesk_quickbooks.plugin.ruleset.cases.mutants import Mutant, differs, mutants
from onedesk_quickbooks.plugin.ruleset.cases.read import Case, CaseFile, case_files, read_cases
from onedesk_quickbooks.plugin.ruleset.cases.run import Result, run_case, run_cases
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.load import load
from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES
from onedesk_quickbooks.plugin.texts import Text, joined


@dataclass(frozen=True, slots=True)
class FileReport:
    """One case file. `rules` is None, and there are no results, if the rules or the cases have findings."""

    cases: CaseFile
    rules: RuleSet | None
    findings: tuple[Finding, ...]
    results: tuple[Result, ...] = ()
    classes: tuple[InputClass, ...] = ()
    uncovered: tuple[InputClass, ...] = ()

    @property
    def failed(self) -> tuple[Result, ...]:
        """The cases that were not decided as expected."""
        return tuple(each for each in self.results if not each.passed)


@dataclass(frozen=True, slots=True)
class Report:
    """All requested case files."""

    files: tuple[FileReport, ...]

    @property
    def ok(self) -> bool:
        """Whether all files could be run and every case passed."""
        return not self.broken and not any(each.failed for each in self.files)

    @property
    def coverage(self) -> float:
        """Percentage of the input classes that a case covers; 100 if there are none. A file that cannot be run counts
        as one uncovered class."""
        total = sum(len(each.classes) for each in self.files) + len(self.broken)
        left = sum(len(each.uncovered) for each in self.files) + len(self.broken)
        return 100.0 if not total else 100 * (total - left) / total

    @property
    def broken(self) -> tuple[FileReport, ...]:
        """The files that could not be run, because they or their rules have findings."""
        return tuple(each for each in self.files if each.rules is None)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of the files themselves."""
        return tuple(finding for each in self.files for finding in each.findings)


def run_paths(paths: Sequence[Path]) -> Report:
    """Run the case files that the paths name: case files, rule files with cases beside them, folders. Raises CannotRead
    for a path that cannot be opened."""
    files = dict.fromkeys(each for path in paths for each in case_files(path))
    return Report(tuple(_file(each) for each in files))


def _file(path: Path) -> FileReport:
    cases = read_cases(path)
    if any(each.severity == "error" for each in cases.findings):
        return FileReport(cases, None, cases.findings)
    loaded = load(cases.rules, cases.within)
    if loaded.rules is None:
        return FileReport(cases, None, loaded.findings)
    results = tuple(run_cases(loaded.rules, cases.cases))
    every = tuple(classes(loaded.rules))
    seen = {key for each in cases.cases for key in covered(loaded.rules, each.invoice, each.facts, expect=each.expect)}
    uncovered = tuple(each for each in every if each.key not in seen)
    return FileReport(cases, loaded.rules, cases.findings, results, every, uncovered)


def survivors(report: FileReport) -> list[Mutant]:
    """The mutants of the rules that no case detects, without those that decide everything as the rules do. Cases that
    fail anyway are left out, since they prove nothing."""
    if report.rules is None:
        return []
    sound = [each for each in report.results if each.passed]
    by_rule: dict[str, list[Case]] = {}
    for each in sound:
        for rule in each.decisions.rule_ids:
            by_rule.setdefault(rule, []).append(each.case)
    found = []
    for mutant in mutants(report.rules, lambda file: file != str(DEFAULT_RULES)):
        likely = by_rule.get(mutant.rule, [])  # a mutant mostly changes what its own rule decides
        missed = any(not run_case(mutant.rules, each).passed for each in likely)
        missed = missed or any(not run_case(mutant.rules, each.case).passed for each in sound)
        if not missed and differs(report.rules, mutant.rules, report.cases.facts):
            found.append(mutant)
    return found


def render_text(report: Report, *, coverage: bool = False) -> Text:
    """The report as text: each failing case with its differences, then a summary. `coverage` lists uncovered
    classes."""
    return joined("\n", [*_failures(report), *(_uncovered(report) if coverage else ()), _sentence(report), ""])


def _failures(report: Report) -> Iterator[str]:
    for file in report.files:
        for result in file.failed:
            yield Text("{at}: failed: {name}", at=result.case.at, name=result.case.name)
            for each in result.differences:
                by = Text("   by {rule} at {at}", rule=each.rule, at=each.rule_at) if each.rule else ""
                yield f"  {each.what}"
                yield f"    - {each.expected}"
                yield joined("", (f"    + {each.got}", by))


def _uncovered(report: Report) -> Iterator[str]:
    for file in report.files:
        for each in file.uncovered:
            yield Text("{at}: no case covers {each}", at=each.at, each=each)


def _sentence(report: Report) -> str:
    total = sum(len(each.results) for each in report.files)
    failed = sum(len(each.failed) for each in report.files)
    passed = Text("{total} of {total2} cases passed", total=total - failed, total2=total)
    broken = Text(", of which {broken} cannot be run", broken=len(report.broken)) if report.broken else ""
    files = Text("1 file") if len(report.files) == 1 else Text("{n} files", n=len(report.files))
    covered = int(report.coverage)  # rounded down: 100 % only if all are covered
    return Text(
        "{passed} in {files}{broken}; {covered} % of the input classes are covered.",
        passed=passed,
        files=files,
        broken=broken,
        covered=covered,
    )


def render_mutants(found: Sequence[Mutant]) -> Text:
    """The rules that no case would miss, as text."""
    lines = [
        Text("{at}: no case notices when {rule} is {how}", at=each.at, rule=each.rule, how=each.how) for each in found
    ]
    return joined("\n", [*lines, Text("{n} changes of the rules would go unnoticed.", n=len(found)), ""])


def to_json(report: Report) -> dict[str, Any]:
    """As JSON: {"files": [{"file", "rules", "hash", "cases": [...], "findings", "classes", "uncovered": [...]}],
    "summary"}."""
    return {
        "files": [_file_json(each) for each in report.files],
        "summary": {
            "cases": sum(len(each.results) for each in report.files),
            "failed": sum(len(each.failed) for each in report.files),
            "coverage": round(report.coverage, 1),
        },
    }


def _file_json(file: FileReport) -> dict[str, Any]:
    return {
        "file": str(file.cases.path),
        "rules": str(file.cases.rules),
        "hash": file.rules.hash if file.rules else None,
        "cases": [
            {
                "name": each.case.name,
                "line": each.case.at.line,
                "passed": each.passed,
                "differences": [difference.to_json() for difference in each.differences],
            }
            for each in file.results
        ],
        "findings": [each.to_json() for each in file.findings],
        "classes": len(file.classes),
        "uncovered": [str(each) for each in file.uncovered],
    }


def render_junit(report: Report) -> str:
    """JUnit XML for build servers: a suite for each file, a testcase for each case."""
    root = ElementTree.Element("testsuites")
    for file in report.files:
        errors = 1 if file.rules is None else 0
        counts = {"tests": len(file.results) + errors, "failures": len(file.failed), "errors": errors}
        suite = _element(root, "testsuite", name=file.cases.path, **counts)
        if errors:
            messages = "; ".join(f"{each.code} {each.file}:{each.line}: {each.message}" for each in file.findings)
            _element(_element(suite, "testcase", name="the files"), "error", message=messages)
        for result in file.results:
            case = result.case
            made = _element(suite, "testcase", name=case.name, file=case.at.file, line=case.at.line)
            if not result.passed:
                lines = [f"{each.what}: expected {each.expected}, got {each.got}" for each in result.differences]
                _element(made, "failure", message=lines[0]).text = _clean("\n".join(lines))
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text.decode() + "\n"


def _element(parent: ElementTree.Element, tag: str, **attributes: object) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, {name: _clean(str(value)) for name, value in attributes.items()})


def _clean(text: str) -> str:
    """The text without control characters, U+FFFE and U+FFFF, which XML does not allow."""
    return "".join(char if (char >= " " and char not in "\ufffe\uffff") or char in "\n\t" else "?" for char in text)
