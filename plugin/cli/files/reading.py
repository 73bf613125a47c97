"""A file of invoices by its suffix: JSON, JSON Lines or CSV."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from onedesk_quickbooks.plugin.cli.files.csv_records import read_csv
from onedesk_quickbooks.plugin.cli.files.json_records import read_json, read_json_lines
from onedesk_quickbooks.plugin.cli.files.records import BadRecord, Record

SUFFIXES = (".json", ".jsonl", ".csv")
_LIMIT = 200_000_000
"""Bytes: more than this in one file is a mistake, or belongs into several files."""


def read_file(path: Path) -> Iterator[Record | BadRecord]:
    """All records of a file, bad ones among them; reading goes on after a bad one wherever the format allows it.

    Raises OSError where the file cannot be opened.
    """
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
