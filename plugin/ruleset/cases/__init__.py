"""Cases: expected decisions in YAML files beside the rules; reading, running, coverage, proposals and mutants."""

from onedesk_quickbooks.plugin.ruleset.cases.report import (
    Report,
    render_junit,
    render_mutants,
    render_text,
    run_paths,
    survivors,
    to_json,
)
from onedesk_quickbooks.plugin.ruleset.cases.write import write_cases

__all__ = [
    "Report",
    "render_junit",
    "render_mutants",
    "render_text",
    "run_paths",
    "survivors",
    "to_json",
    "write_cases",
]
