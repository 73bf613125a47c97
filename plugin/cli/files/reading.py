"""A file of invoices by its suffix: JSON, JSON Lines or CSV. It is read record by record, so its size does not
matter."""

from __future__ import annotations

import codecs
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from onedesk_quickbooks.plugin.cli.files.csv_records import read_csv
from onedesk_quickbooks.plugin.cli.files.json_records import read_json, read_json_lines
from onedesk_quickbooks.plugin.cli.files.records import UNREAD, BadRecord, Record
from onedesk_quickbooks.plugin.findings.regular import open_regular
from onedesk_quickbooks.plugin.texts import Text

Read = Callable[[str, TextIO], Iterator[Record | BadRecord]]
SUFFIXES = (".json", ".jsonl", ".csv")
_BLOCK = 1 << 20


def read_file(
    path: Path, as_csv: Callable[[str, TextIO], Iterator[Record | BadRecord]] = read_csv
) -> Iterator[Record | BadRecord]:
    """All records of a file, including bad ones; reading continues after a bad one if the format allows it. Data that
    is appended meanwhile is not read. `as_csv` reads .csv files.

    Raises OSError if the file cannot be opened, or is no regular file (a FIFO, a device).
    """
    suffix = path.suffix.lower()
    readers = {".json": read_json, ".jsonl": read_json_lines, ".ndjson": read_json_lines, ".csv": as_csv}
    if suffix not in readers:
        yield BadRecord(
            f"{path}:1",
            Text("is not an invoice file; its name must end in {join} or .csv", join=", ".join(SUFFIXES[:-1])),
        )
        return
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        foreign = _foreign(path, _Beginning(file, size), "CSV UTF-8" if suffix == ".csv" else "UTF-8")
        if foreign is not None:
            yield foreign
            return
        file.seek(0)
        beginning = io.BufferedReader(_Beginning(file, size), _BLOCK)
        text = io.TextIOWrapper(beginning, encoding="utf-8-sig", newline="" if suffix == ".csv" else "\n")
        try:
            yield from readers[suffix](str(path), text)
        except UnicodeDecodeError:
            yield BadRecord(f"{path}:1", Text("was changed while it was read; {unread}", unread=UNREAD))


class _Beginning(io.RawIOBase):
    """The first bytes of a file, up to a limit, so that a file that grows while it is read has an end."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._left = file, size

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        data = self._file.read(min(len(into), self._left))
        into[: len(data)] = data
        self._left -= len(data)
        return len(data)


def _foreign(path: Path, file: io.RawIOBase, wanted: str) -> BadRecord | None:
    """The error for the first byte that is not UTF-8: then nothing of the file is read."""
    decoder, line = codecs.getincrementaldecoder("utf-8")(), 1
    try:
        while block := file.read(_BLOCK):
            decoder.decode(block)
            line += block.count(b"\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        line += error.object.count(b"\n", 0, error.start)
        why = Text(
            "byte {object} is not UTF-8; save the file as {wanted}",
            object=f"{error.object[error.start]:#04x}",
            wanted=wanted,
        )
        return BadRecord(f"{path}:{line}", why)
    return None
