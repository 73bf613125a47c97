"""A file of invoices as records that know their place; what cannot be read is a value with its place, too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUFFIXES = (".json", ".jsonl", ".csv")
_LIMIT = 200_000_000
"""Bytes: more than this in one file is a mistake, or belongs into several files."""


@dataclass(frozen=True, slots=True)
class Record:
    """One invoice as the file has it, its shape not checked yet. `where` is file:line of its beginning."""

    where: str
    invoice: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BadRecord:
    """What could not be read as an invoice: where (file:line), why and what to do; `id` where it was legible."""

    where: str
    why: str
    id: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


def read_file(path: Path) -> Iterator[Record | BadRecord]:
    """All records of a file, bad ones among them; reading goes on after a bad one wherever the format allows it.

    Raises OSError where the file cannot be opened.
    """
    from onedesk_quickbooks.plugin.cli.files.csv_records import read_csv
    from onedesk_quickbooks.plugin.cli.files.json_records import read_json, read_json_lines

    suffix = path.suffix.lower()
    readers = {".json": read_json, ".jsonl": read_json_lines, ".ndjson": read_json_lines, ".csv": read_csv}
    if suffix not in readers:
        yield BadRecord(f"{path}:1", f"is no invoice file; its name must end in {', '.join(SUFFIXES[:-1])} or .csv")
        return
    if path.stat().st_size > _LIMIT:
        yield BadRecord(f"{path}:1", f"is larger than {_LIMIT // 1_000_000} MB; split it into several files")
        return
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = "CSV UTF-8" if suffix == ".csv" else "UTF-8"
        yield BadRecord(f"{path}:{line}", f"byte {data[error.start]:#04x} is not UTF-8; save the file as {hint}")
        return
    yield from readers[suffix](str(path), text)
