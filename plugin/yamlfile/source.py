"""The bytes of a rule file to text: bounded, strict UTF-8, without invisible characters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from onedesk_quickbooks.plugin.findings.contained import read_inside
from onedesk_quickbooks.plugin.findings.finding import CannotRead, Findings, Place, unreadable
from onedesk_quickbooks.plugin.findings.regular import read_regular
from onedesk_quickbooks.plugin.texts import Text

LIMIT = 2_000_000
"""Bytes of one file: some ten thousand lines. Larger files are not read."""

_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_BREAKS = re.compile("[\x85\u2028\u2029]")
_LINES = re.compile("\r\n|\r|\n")
_MANY = 20

_REFUSED = (
    (
        re.compile("\ufeff"),
        "OQ104",
        Text("The file contains a byte order mark (U+FEFF, invisible) here."),
        Text("Delete the character: put the cursor after it and press Backspace."),
    ),
    (_FORBIDDEN, "OQ103", Text("This line contains the control character {point}."), Text("Delete the character.")),
    (
        _BREAKS,
        "OQ117",
        Text("This line contains the character {point}, which YAML takes for the end of the line."),
        Text("Put a space in its place."),
    ),
)
"""Pattern, code, message and remedy of what is not allowed anywhere in a file; at most _MANY of each are reported."""


_UNSAVED: ContextVar[Mapping[Path, str]] = ContextVar("unsaved", default=MappingProxyType({}))


@contextmanager
def unsaved(texts: Mapping[Path, str]) -> Iterator[None]:
    """A context in which, for this thread, these texts replace those of files that an editor has open."""
    before = _UNSAVED.set({path.resolve(): text for path, text in texts.items()})
    try:
        yield
    finally:
        _UNSAVED.reset(before)


def read_bytes(path: Path, folder: Path | None = None) -> bytes:
    """At most LIMIT + 1 bytes of the file, which must be in the `folder` if one is given. Raises CannotRead."""
    texts = _UNSAVED.get()
    text = texts.get(path.resolve()) if texts else None
    if text is not None:
        return text.encode("utf-8", "surrogatepass")[: LIMIT + 1]
    try:
        return read_regular(path, LIMIT + 1) if folder is None else read_inside(path, folder, LIMIT + 1)
    except FileNotFoundError:
        raise CannotRead(path, Text("there is no such file or folder; give the path of a rule file")) from None
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error


def decode(file: str, data: bytes, findings: Findings) -> str | None:
    """The text of a file, or None if a finding gives the reason why it cannot be read."""
    if len(data) > LIMIT:
        findings.add(
            "OQ106",
            Place(file),
            Text("The file is larger than {limit} MB, so it is not read.", limit=LIMIT // 1000000),
            Text("Is it a rule file at all? If so, split it into several files of one folder."),
        )
        return None
    if data.startswith(_WIDE_MARKS):
        findings.add(
            "OQ102",
            Place(file),
            Text("The file is stored as UTF-16 or UTF-32."),
            Text('Save it as UTF-8 (in Windows Notepad: "Save as", Encoding: UTF-8).'),
        )
        return None
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        _not_utf8(file, data, error, findings)
        return None
    findings.knows(file, _LINES.split(text))
    return text if _readable(file, text, findings) else None


def split_lines(text: str) -> list[str]:
    """The lines as YAML counts them."""
    return _LINES.split(text)


def _not_utf8(file: str, data: bytes, error: UnicodeDecodeError, findings: Findings) -> None:
    marked = data.removeprefix(b"\xef\xbb\xbf")
    before = marked[: error.start].decode("utf-8")
    line, column = position(before, len(before))
    guess = marked[error.start : error.start + 1].decode("cp1252", errors="replace")
    likely = f' ("{guess}" in Windows-1252)' if guess.isprintable() and guess != "\ufffd" else ""
    findings.knows(file, _LINES.split(marked.decode("utf-8", errors="replace")))
    findings.add(
        "OQ101",
        Place(file, line, column, line, column + 1),
        Text("The byte 0x{marked}{likely} is not UTF-8.", marked=f"{marked[error.start]:02X}", likely=likely),
        Text('Save the file as UTF-8 (in Windows Notepad: "Save as", Encoding: UTF-8).'),
    )


def position(text: str, index: int) -> tuple[int, int]:
    """Line and column, from 1, of a character."""
    line, start = 1, 0
    for match in _LINES.finditer(text, 0, index):
        line, start = line + 1, match.end()
    return line, index - start + 1


def _readable(file: str, text: str, findings: Findings) -> bool:
    """Whether the text has no characters that YAML forbids, or that are invisible and change the meaning; adds a
    finding."""
    before = findings.errors

    def at(index: int) -> Place:
        line, column = position(text, index)
        return Place(file, line, column, line, column + 1)

    zero = text.find("\x00")
    if zero >= 0:
        message = Text("There is a zero byte here: the file may be UTF-16, or no text at all.")
        findings.add("OQ103", at(zero), message, Text("Save it as UTF-8 text."))
        return False
    for pattern, code, message, remedy in _REFUSED:
        for match in islice(pattern.finditer(text), _MANY):
            point = f"U+{ord(match.group()):04X}"
            findings.add(code, at(match.start()), Text(message, point=point), remedy)
    _tabs(file, text, findings)
    return findings.errors == before


def _tabs(file: str, text: str, findings: Findings) -> None:
    if "\t" not in text:
        return
    for number, line in enumerate(_LINES.split(text), 1):
        if findings.full:
            return
        column = line.find("\t")
        if column < 0 or re.search(r"(?:^|\s)#", line[:column]):
            continue
        where = Text("indents the line") if not line[:column].strip() else Text("is in this line")
        findings.add(
            "OQ105",
            Place(file, number, column + 1, number, column + 2),
            Text("A tab {where}; YAML wants spaces.", where=where),
            Text("Put spaces in its place (most editors: Convert indentation to spaces)."),
        )
