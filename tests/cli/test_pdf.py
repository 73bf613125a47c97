"""`pdf` as a person and a script call it; docs/accounting.md is run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_reconcile import PAGE, books, invoice

__all__ = ["books"]
Call = Callable[..., Any]


@pytest.fixture
def copied(books: Any, call: Call, tmp_path: Path) -> Iterator[None]:
    """An invoice; commands are given in `tmp_path`."""
    file = tmp_path / "one.json"
    file.write_text(json.dumps([invoice("2046", "95.00")]), encoding="utf-8")
    assert call("copy", file).code == 0
    before = Path.cwd()
    os.chdir(tmp_path)
    yield
    os.chdir(before)


@pytest.mark.usefixtures("copied")
def test_what_docs_accounting_shows(call: Call, tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8").partition("\n## QuickBooks' PDF\n")[2].partition("\n## ")[0]
    ((words, shown),) = re.findall(r"\$ onedesk-quickbooks ([^\n]*)\n(.*?)```", page, re.DOTALL)
    done = call(*words.split())
    assert done.code == 0 and re.sub(r"\d+ bytes", "1420 bytes", done.out) == shown
    assert (tmp_path / "2046.pdf").read_bytes().startswith(b"%PDF-")
    again = call("pdf", "2046")
    assert again.code == 2 and "2046.pdf is there already" in again.err
    assert call("pdf", "INV-2046", "-o", "2046.pdf").code == 0


@pytest.mark.usefixtures("copied")
def test_onto_standard_output_and_where_it_cannot_be(call: Call, tmp_path: Path) -> None:
    assert call("pdf", "2046", "--output", "-").out.startswith("%PDF-")
    refused = call("pdf", "2046", "-o", tmp_path / "none" / "x.pdf")
    assert refused.code == 3 and "x.pdf cannot be written: No such file" in refused.err
    missing = call("pdf", "INV-9")
    assert missing.code == 3 and "QuickBooks does not have the invoice INV-9: copy it first" in missing.err
