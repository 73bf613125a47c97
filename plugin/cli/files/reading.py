"""A file of invoices by its suffix: JSON, JSON Lines or CSV. It is read record by record, whatever its size."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from onedesk_quickbooks.plugin.cli.files.csv_records import read_csv
from onedesk_quickbooks.plugin.cli.files.json_records import read_json, read_json_lines
from onedesk_quickbooks.plugin.cli.files.records import UNREAD, BadRecord, Record

SUFFIXES = (".json", ".jsonl", ".csv")
_BLOCK = 1 << 20


def read_file(path: Path) -> Iterator[Record | BadRecord]:
    """All records of a file, bad ones among them; reading goes on after a bad one wherever the format allows it.

    Raises OSError where the file cannot be opened.
    """
    suffix = path.suffix.lower()
    readers = {".json": read_json, ".jsonl": read_json_lines, ".ndjson": read_json_lines, ".csv": read_csv}
    if suffix not in readers:
        yield BadRecord(f"{path}:1", f"is no invoice file; its name must end in {', '.join(SUFFIXES[:-1])} or .csv")
        return
    foreign = _foreign(path, "CSV UTF-8" if suffix == ".csv" else "UTF-8")
    if foreign is not None:
        yield foreign
        return
    with path.open(encoding="utf-8-sig", newline="" if suffix == ".csv" else "\n") as text:
        try:
            yield from readers[suffix](str(path), text)
        except UnicodeDecodeError:
            yield BadRecord(f"{path}:1", f"was changed while it was read; {UNREAD}")


def _foreign(path: Path, wanted: str) -> BadRecord | None:
    """The first byte that is not UTF-8: then nothing of the file is read."""
    decoder, line = codecs.getincrementaldecoder("utf-8")(), 1
    with path.open("rb") as file:
        try:
            for block in iter(partial(file.read, _BLOCK), b""):
                decoder.decode(block)
                line += block.count(b"\n")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            line += error.object.count(b"\n", 0, error.start)
            why = f"byte {error.object[error.start]:#04x} is not UTF-8; save the file as {wanted}"
            return BadRecord(f"{path}:{line}", why)
    return None
