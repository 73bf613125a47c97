"""A mutating byte fuzzer over rule files: shipped, bad and example files, cut, joined, swapped and sprinkled."""

from __future__ import annotations

import random
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from onedesk_quickbooks.plugin.findings import CannotRead, render_github, render_json, render_sarif, render_text
from onedesk_quickbooks.plugin.findings.pages import pages
from onedesk_quickbooks.plugin.ruleset.check import check
from onedesk_quickbooks.plugin.yamlfile.source import split_lines

ROOT = Path(__file__).parents[2]
LIMIT = 2.0
"""Seconds of processor time for one input."""

PIECES = [
    *(text.encode() for text in "[ ] { } : - # & * ! | > ' \" % @ ` , ? << --- ... \\n ~ null".split(" ")),
    b"\n",
    b"  ",
    b"\t",
    b"\r\n",
    b"\x00",
    b"\x07",
    b"\xff\xfe",
    b"\xe9",
    b"\xef\xbb\xbf",
    "\u00a0 \u200b \u2028 \u0085 \uff1a \u0410 “x” \U0001f600".encode(),
    b"!!python/object:os.system",
    b"&a [*a, *a]",
    b"[" * 200,
    b"{a: " * 120,
    b"version: 1\n",
    b"include: [rules.yaml]\n",
    b"exceptions:\n    - {id: a, when: {country: CA, amount: {from: 1, below: 2}}, hold: x}\n",
    b"1e999",
    b"-0",
    b"9" * 5000,
    b"2026-02-30",
    b"by_country: {NO: MVA, no: x, CA: {default: GST, ON: x}}",
]


class Failure(Exception):
    """An input that crashed the check, or exceeded its time."""

    def __init__(self, why: str, data: bytes) -> None:
        super().__init__(why)
        self.data = data


def seeds() -> list[bytes]:
    """The initial files."""
    found = [path.read_bytes() for path in sorted((ROOT / "rules").rglob("*.yaml"))]
    found += [path.read_bytes() for path in sorted((ROOT / "tests" / "ruleset" / "bad").glob("*.yaml"))]
    found += [page.bad["rules.yaml"].encode() for page in pages().values()]
    return [data for data in found if len(data) < 20_000]


def mutated(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """One to six changes of the data."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(made) + 1)
        end = min(len(made), start + chance.choice((0, 1, 2, 5, 20, 200)))
        kind = chance.randrange(6)
        if kind == 0:
            made[start:end] = b""
        elif kind == 1:
            made[start:start] = chance.choice(PIECES)
        elif kind == 2:
            made[start:end] = bytes(chance.randrange(256) for _ in range(end - start))
        elif kind == 3:
            made[start:start] = made[start:end] * chance.choice((1, 3, 50))
        elif kind == 4:
            made[start:end] = chance.choice(PIECES)
        else:
            other = chance.choice(others)
            cut = chance.randrange(len(other) + 1)
            made[start:] = other[cut:]
    return bytes(made[:100_000])


def inputs(count: int, seed: int) -> Iterator[bytes]:
    """`count` inputs; the same for the same seed."""
    chance = random.Random(seed)
    known = seeds()
    for _ in range(count):
        yield mutated(chance.choice(known), known, chance)


def fuzz(count: int, seed: int) -> tuple[float, int]:
    """Check `count` inputs; return the slowest in seconds, and the number of different codes. Raises Failure."""
    slowest, codes = 0.0, set[str]()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rules.yaml"
        for data in inputs(count, seed):
            seconds, found = one(path, data)
            slowest = max(slowest, seconds)
            codes |= found
    return slowest, len(codes)


def one(path: Path, data: bytes) -> tuple[float, set[str]]:
    """Check one input and render the findings in every format."""
    path.write_bytes(data)
    start = time.process_time()
    try:
        checked = check([path])
        for render in (render_json, render_sarif, render_github):
            render(checked.findings, checked.summary)
        render_text(checked.findings, checked.summary, color=True)
    except CannotRead:
        return 0.0, set()
    except Exception as error:
        traceback.print_exc()
        raise Failure(f"{type(error).__name__}: {error}", data) from error
    seconds = time.process_time() - start
    if seconds > LIMIT:
        raise Failure(f"took {seconds:.1f} s", data)
    unusable = any(
        (each.severity == "error" and each.code < "OQ4") or each.code == "OQ405" for each in checked.findings
    )
    if (checked.loaded[0].rules is None) != unusable:
        raise Failure("is unusable without an error, or usable with one", data)
    for each in checked.findings:
        if not each.message.strip() or not each.remedy.strip():
            raise Failure(f"{each.code} says nothing", data)
        if each.file == str(path) and not _inside(each.line, each.column, each.end_line, data):
            raise Failure(f"{each.code} stands outside of the file: {each.line}:{each.column}", data)
    return seconds, {each.code for each in checked.findings}


def _inside(line: int, column: int, end_line: int, data: bytes) -> bool:
    """Whether a place is in the file, including its end."""
    lines = split_lines(data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace"))
    return 1 <= line <= end_line <= len(lines) and 1 <= column <= len(lines[line - 1]) + 1
