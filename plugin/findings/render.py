"""Findings as text: place, sentence, source line with a caret, remedy."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from onedesk_quickbooks.plugin.findings.finding import Finding
from onedesk_quickbooks.plugin.model.legible import one_line
from onedesk_quickbooks.plugin.texts import Text, gettext, joined, ngettext

_WIDTH = 160
_BOLD = "\033[1m"
_COLOURS = {"error": "\033[1;31m", "warning": "\033[1;33m", "note": "\033[1;36m"}


_SEE, _REMEDY = Text("see"), Text("remedy")
SEVERITIES = {"error": Text("error"), "warning": Text("warning"), "note": Text("note")}


def render_findings(findings: Iterable[Finding], *, color: bool, say: Callable[[str], str] = str) -> str:
    """All findings, one paragraph each; "" for none. `color` adds terminal colours, `say` translates each text to the
    reader's language; English by default."""
    return "\n".join("\n".join(_paragraph(each, color, say)) + "\n" for each in findings)


def findings_text(findings: Iterable[Finding]) -> Text:
    """The same as a `Text`, to be translated when it is read."""
    return joined("\n", (joined("\n", (*_lines(each), "")) for each in findings))


def _lines(finding: Finding) -> Iterator[str]:
    _, *shown, _ = _paragraph(finding, False, str)
    place = f"{finding.file}:{finding.line}:{finding.column}: "
    yield joined("", (place, SEVERITIES[finding.severity], f" {finding.code}: ", finding.message))
    yield from shown
    yield joined("", ("  ", Text("{field}: {sentence}", field=_REMEDY, sentence=finding.remedy)))


def render_text(
    findings: Sequence[Finding], summary: Mapping[str, int], *, color: bool, say: Callable[[str], str] = str
) -> str:
    """The findings and a summary, in the current language; without a final line break."""
    shown = render_findings(findings, color=color, say=say)
    return f"{shown}\n{sentence(findings, summary)}" if shown else sentence(findings, summary)


def sentence(findings: Sequence[Finding], summary: Mapping[str, int]) -> str:
    """'No findings: 3 tables, 41 rules, 12 countries, 18 service types.'"""
    errors, warnings, notes = (sum(each.severity == level for each in findings) for level in SEVERITIES)
    bad = [
        *([ngettext("{n} error", "{n} errors", errors)] if errors else []),
        *([ngettext("{n} warning", "{n} warnings", warnings)] if warnings else []),
        *([ngettext("{n} note", "{n} notes", notes)] if notes else []),
    ]
    found = []
    if summary.get("files", 1) > 1:
        found.append(ngettext("{n} file", "{n} files", summary["files"]))
    if "tables" in summary:
        found += [
            ngettext("{n} table", "{n} tables", summary["tables"]),
            ngettext("{n} rule", "{n} rules", summary.get("rules", 0)),
            ngettext("{n} country", "{n} countries", summary.get("countries", 0)),
            ngettext("{n} service type", "{n} service types", summary.get("service_types", 0)),
        ]
    if "cases" in summary:
        found.append(ngettext("{n} case", "{n} cases", summary["cases"]))
    return gettext("{found}: {read}.", found=", ".join(bad) or Text("No findings"), read=", ".join(found))


def _paragraph(finding: Finding, color: bool, say: Callable[[str], str]) -> Iterator[str]:
    def paint(text: str, code: str) -> str:
        return f"{code}{text}\033[0m" if color else text

    head = paint(f"{say(SEVERITIES[finding.severity])} {finding.code}", _COLOURS[finding.severity])
    yield f"{finding.file}:{finding.line}:{finding.column}: {head}: {one_line(say(finding.message))}"
    if finding.text.strip():
        source, caret = _excerpt(finding)
        margin = " " * len(str(finding.line))
        yield f"  {finding.line} | {source}"
        yield f"  {margin} | {paint(caret, _COLOURS[finding.severity])}"
    for each in finding.related:
        yield f"  {say(_SEE)} {each.file}:{each.line}:{each.column}: {one_line(say(each.message))}"
    yield f"  {paint(say(_REMEDY), _BOLD)}: {one_line(say(finding.remedy))}"


def _excerpt(finding: Finding) -> tuple[str, str]:
    """The part of the source line around the finding, and carets below it."""
    start = min(finding.column - 1, len(finding.text))
    end = finding.end_column - 1 if finding.end_line == finding.line else len(finding.text)
    end = max(start + 1, min(end, len(finding.text)))
    cut = 0 if start < _WIDTH - 40 else start - 40
    shown, room = finding.text[cut : cut + _WIDTH], _WIDTH
    left, right = ("..." if cut else ""), ("..." if cut + room < len(finding.text) else "")
    before = left + _visible(finding.text[cut:start])
    marked = _visible(finding.text[start : min(end, cut + room)])
    return left + _visible(shown) + right, " " * _cells(before) + "^" * max(1, _cells(marked))


def _visible(text: str) -> str:
    """The text with characters that affect a terminal replaced by a middle dot."""
    return "".join("·" if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") else char for char in text)


def _cells(text: str) -> int:
    """The width of the text in columns of a terminal."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)
