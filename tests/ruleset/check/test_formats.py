"""The same findings for people, programs, code hosts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from onedesk_quickbooks.plugin.findings import render_github, render_json, render_sarif, render_text
from onedesk_quickbooks.plugin.ruleset.check import Checked

TEXT = """version: 1
items:
  by_service_type:
    Training: Training
    training: Training, 100%
  otherwise: same_nam
"""


@pytest.fixture
def checked(check_files: Any) -> Checked:
    found: Checked = check_files({"rules.yaml": TEXT})
    return found


def test_text_has_place_caret_related_place_and_remedy(checked: Checked) -> None:
    file = checked.findings[0].file
    assert render_text(checked.findings, checked.summary, color=False) == (
        f'{file}:5:5: error OQ302: "training" means the same as "Training".\n'
        "  5 |     training: Training, 100%\n"
        "    |     ^^^^^^^^\n"
        f"  see {file}:4:5: the first one\n"
        "  remedy: Delete one of the two.\n"
        "\n"
        f'{file}:6:14: error OQ204: "same_nam" is not one of the allowed words.\n'
        "  6 |   otherwise: same_nam\n"
        "    |              ^^^^^^^^\n"
        '  remedy: Did you mean "same_name"? Write one of same_name, hold.\n'
        "\n"
        "2 errors: 1 table, 3 rules, 0 countries, 1 service type."
    )


def test_colour_only_where_asked_for(checked: Checked) -> None:
    assert "\033[" in render_text(checked.findings, checked.summary, color=True)


def test_json(checked: Checked) -> None:
    report = json.loads(render_json(checked.findings, checked.summary))
    assert list(report) == ["findings", "summary"]
    first, second = report["findings"]
    assert list(second) == [
        "code",
        "severity",
        "file",
        "line",
        "column",
        "end_line",
        "end_column",
        "message",
        "remedy",
    ]
    assert (second["code"], second["line"], second["column"], second["end_column"]) == ("OQ204", 6, 14, 22)
    assert first["related"] == [{"file": first["file"], "line": 4, "column": 5, "message": "the first one"}]
    assert report["summary"]["errors"] == 2
    assert report["summary"]["service_types"] == 1


def test_sarif(checked: Checked) -> None:
    report = json.loads(render_sarif(checked.findings, checked.summary))
    assert report["version"] == "2.1.0"
    (run,) = report["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["OQ204", "OQ302"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        (place,) = result["locations"]
        assert place["physicalLocation"]["artifactLocation"]["uri"].startswith("file:///")
    region = run["results"][1]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 6, "startColumn": 14, "endLine": 6, "endColumn": 22}


def test_github_escapes_what_would_end_a_command(checked: Checked, check_files: Any) -> None:
    lines = render_github(checked.findings, checked.summary).splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("::error file=")
    assert ",line=6,col=14,endLine=6,endColumn=22,title=OQ204 Not one of the words that are allowed::" in lines[1]
    percent = check_files({"rules.yaml": "version: 1\nitems: {otherwise: {item: %x}}\n"})
    assert "%25" in render_github(percent.findings, percent.summary)


def test_clean_says_what_was_found(check_files: Any) -> None:
    clean = check_files({"rules.yaml": "version: 1\ntaxes: {by_country: {NO: VAT 25%, SE: x}, otherwise: hold}\n"})
    assert render_text(clean.findings, clean.summary, color=False) == (
        "No findings: 1 table, 3 rules, 2 countries, 0 service types."
    )
    assert render_github(clean.findings, clean.summary) == ""


def test_exit_codes(check_files: Any) -> None:
    warned = check_files({"rules.yaml": "version: 1\ninvoices: {terms: Net 30}\n"})
    assert [each.severity for each in warned.findings] == ["warning"]
    assert (warned.exit_code(), warned.exit_code(strict=True)) == (0, 1)
    noted = check_files({"rules.yaml": "version: 1\ntaxes: {by_country: {NO: hold}, otherwise: hold}\n"})
    assert [each.severity for each in noted.findings] == ["note"]
    assert noted.exit_code(strict=True) == 0
