"""One finding, and the list that collects them while files are read and compiled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from onedesk_quickbooks.plugin.findings.codes import CODES, Severity
from onedesk_quickbooks.plugin.findings.regular import NotRegular
from onedesk_quickbooks.plugin.model.problem import Problem
from onedesk_quickbooks.plugin.texts import Text

MOST = 1000
"""The maximum number of stored findings: a file that is no rule file has one in every line."""
LONGEST, _VALUE = 4000, 200
"""The maximum length of a sentence, and of each value in a longer one: the author sees the whole value in the file."""


class CannotRead(Problem):
    """A rule file or folder that cannot be opened. `path`, `why` and the remedy form one sentence."""

    def __init__(self, path: Path | str, why: str) -> None:
        super().__init__(Text("{path}: {why}", path=path, why=why))
        self.path = Path(path)
        self.why = why


def unreadable(path: Path, error: Exception, remedy: str = Text("check the path and its permissions")) -> CannotRead:
    """The `CannotRead` for an OSError, or for the ValueError of an invalid path."""
    if isinstance(error, NotRegular):
        return CannotRead(path, error.text)
    if isinstance(error, OSError):
        return CannotRead(
            path,
            Text("cannot be read ({lower}); {remedy}", lower=(error.strerror or str(error)).lower(), remedy=remedy),
        )
    return CannotRead(path, Text("is not a valid path ({error}); give the path of a rule file", error=error))


class Span(Protocol):
    """Anything with a place in a file: a node, a key, a text. Lines and columns count from 1, the end is exclusive."""

    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...
    @property
    def end_line(self) -> int: ...
    @property
    def end_column(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Place:
    """A span without a node: a byte or a character."""

    file: str
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1


@dataclass(frozen=True, slots=True)
class Related:
    """A second place of a finding, such as the first of two equal keys."""

    file: str
    line: int
    column: int
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One error, warning or note. Lines and columns count from 1 (columns in characters); `end_column` is the column
    after the last character. `text` is the source line, for the caret."""

    code: str
    severity: Severity
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    remedy: str
    related: tuple[Related, ...] = ()
    text: str = ""

    def to_json(self) -> dict[str, Any]:
        """The object of `check --format json`; `related` only if there is such a place."""
        found = asdict(self)
        del found["text"]
        if not self.related:
            del found["related"]
        return found


def _within(sentence: str) -> str:
    if len(sentence) <= LONGEST:
        return sentence
    return _cut(sentence)


def _cut(value: str) -> str:
    if isinstance(value, Text) and value.values:
        return Text(value.message, **{name: _cut(each) for name, each in value.values.items()})
    return value if len(value) <= _VALUE else f"{value[:_VALUE]}..."


class Findings:
    """Collects findings; knows the lines of each file, so that every finding can show its source line."""

    def __init__(self) -> None:
        self._found: dict[Severity, list[Finding]] = {"error": [], "warning": [], "note": []}
        self._errors = 0
        self._lines: dict[str, list[str]] = {}

    def knows(self, file: str, lines: list[str]) -> None:
        """Store the lines of a file, so that findings can show them."""
        self._lines[file] = lines

    def add(self, code: str, at: Span, message: str, remedy: str, related: Iterable[Related] = ()) -> None:
        """A finding of `code` at `at`; its severity comes from the list of codes."""
        severity = CODES[code][0]
        self._errors += severity == "error"
        if len(self._found[severity]) >= MOST:
            return
        lines = self._lines.get(at.file, [])
        text = lines[at.line - 1] if 0 < at.line <= len(lines) else ""
        self._found[severity].append(
            Finding(
                code,
                severity,
                at.file,
                at.line,
                at.column,
                at.end_line,
                at.end_column,
                _within(message),
                _within(remedy),
                tuple(related),
                text[:2000],
            )
        )

    def extend(self, found: Iterable[Finding]) -> None:
        """Add findings that were collected elsewhere."""
        for each in found:
            self._errors += each.severity == "error"
            if len(self._found[each.severity]) < MOST:
                self._found[each.severity].append(each)

    @property
    def errors(self) -> int:
        """How many errors there were, stored or not."""
        return self._errors

    @property
    def full(self) -> bool:
        """Whether MOST errors are stored: checks may stop, since nobody reads further."""
        return len(self._found["error"]) >= MOST

    def sorted(self) -> tuple[Finding, ...]:
        """The findings by file, line, column and code; the most severe if there are more than MOST. If a text cannot be
        read as intended (OQ1xx), its consequences at the same place are left out."""
        found = [each for severity in self._found.values() for each in severity][:MOST]
        unread = {_start(each) for each in found if each.code < "OQ2" and each.severity == "error"}
        kept = [each for each in found if each.code < "OQ2" or _start(each) not in unread]
        return tuple(sorted(set(kept), key=lambda each: (each.file, each.line, each.column, each.code, each.message)))


def _start(finding: Finding) -> tuple[str, int, int]:
    return finding.file, finding.line, finding.column


def related(at: Span, message: str) -> Related:
    """`at` as a related place."""
    return Related(at.file, at.line, at.column, message)
