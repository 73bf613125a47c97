"""Findings for machines: JSON, SARIF 2.1.0, GitHub annotations."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.findings.codes import CODES
from onedesk_quickbooks.plugin.findings.finding import Finding

_LEVELS = {"error": "error", "warning": "warning", "note": "note"}
_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def render_json(findings: Sequence[Finding], summary: Mapping[str, int]) -> str:
    """`{"findings": [...], "summary": {...}}`; the summary also counts errors, warnings and notes."""
    counted = {f"{level}s": sum(each.severity == level for each in findings) for level in _LEVELS}
    report = {"findings": [each.to_json() for each in findings], "summary": {**summary, **counted}}
    return json.dumps(report, ensure_ascii=False, indent=1)


def render_sarif(findings: Sequence[Finding], summary: Mapping[str, int]) -> str:
    """One run of the tool in SARIF, for code hosts and editors; columns count characters."""
    codes = sorted({each.code for each in findings})
    run = {
        "tool": {
            "driver": {
                "name": "onedesk-quickbooks check",
                "rules": [
                    {
                        "id": code,
                        "shortDescription": {"text": CODES[code][1]},
                        "defaultConfiguration": {"level": _LEVELS[CODES[code][0]]},
                        "help": {"text": f"onedesk-quickbooks check --explain {code}"},
                    }
                    for code in codes
                ],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, codes) for each in findings],
        "properties": dict(summary),
    }
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1)


def _result(finding: Finding, codes: list[str]) -> dict[str, Any]:
    region = {"startLine": finding.line, "startColumn": finding.column}
    region |= {"endLine": finding.end_line, "endColumn": finding.end_column}
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message} {finding.remedy}"},
        "locations": [_location(finding.file, region)],
    }
    if finding.related:
        result["relatedLocations"] = [
            {
                "id": number,
                **_location(each.file, {"startLine": each.line, "startColumn": each.column}),
                "message": {"text": each.message},
            }
            for number, each in enumerate(finding.related, 1)
        ]
    return result


def _location(file: str, region: dict[str, int]) -> dict[str, Any]:
    path = Path(file)
    uri = path.as_uri() if path.is_absolute() else _uri(path.as_posix())
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}


def _uri(path: str) -> str:
    from urllib.parse import quote  # 5 ms, needed for this format only

    return quote(path)


def render_github(findings: Sequence[Finding], summary: Mapping[str, int]) -> str:
    """Workflow commands that GitHub shows beside the lines of a pull request."""
    lines = []
    for each in findings:
        level = "notice" if each.severity == "note" else each.severity
        place = f"file={_property(each.file)},line={each.line},col={each.column}"
        if each.end_line == each.line:
            place += f",endLine={each.end_line},endColumn={each.end_column}"
        title = f"{each.code} {CODES[each.code][1]}"
        lines.append(f"::{level} {place},title={_property(title)}::{_data(f'{each.message} {each.remedy}')}")
    return "\n".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
