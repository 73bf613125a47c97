"""Cases: what the rules must decide, beside the rules as YAML; run, covered, proposed and mutated."""

from onedesk_quickbooks.plugin.ruleset.cases.classes import InputClass, classes
from onedesk_quickbooks.plugin.ruleset.cases.mutants import Mutant, mutants
from onedesk_quickbooks.plugin.ruleset.cases.propose import propose
from onedesk_quickbooks.plugin.ruleset.cases.read import Case, CaseFile, case_files, read_cases
from onedesk_quickbooks.plugin.ruleset.cases.report import (
    FileReport,
    Report,
    render_junit,
    render_mutants,
    render_text,
    run_paths,
    survivors,
    to_json,
)
from onedesk_quickbooks.plugin.ruleset.cases.run import Difference, Result, run_cases
from onedesk_quickbooks.plugin.ruleset.cases.write import Written, write_cases

__all__ = [
    "Case",
    "CaseFile",
    "Difference",
    "FileReport",
    "InputClass",
    "Mutant",
    "Report",
    "Result",
    "Written",
    "case_files",
    "classes",
    "mutants",
    "propose",
    "read_cases",
    "render_junit",
    "render_mutants",
    "render_text",
    "run_cases",
    "run_paths",
    "survivors",
    "to_json",
    "write_cases",
]
