"""Rule files made of texts, checked."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset.check import Against, Checked, check
from onedesk_quickbooks.plugin.ruleset.check.snapshot import read_snapshot

ROOT = Path(__file__).parents[3]

CheckFiles = Callable[..., Checked]


def filled(text: str) -> str:
    """An example with what its {{...}} stand for."""
    text = re.sub(r"\{\{(\d+) lines\}\}", lambda found: "# a line of some other file\n" * int(found[1]), text)
    return re.sub(r"\{\{(\d+) letters\}\}", lambda found: "x" * int(found[1]), text)


@pytest.fixture
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture
def check_files(tmp_path: Path) -> CheckFiles:
    """Writes files by name and checks rules.yaml, against company.json and invoices.json where there are such."""

    def run(files: Mapping[str, str], encoding: str = "utf-8", steps: int | None = None, loader: Any = None) -> Checked:
        for name, text in files.items():
            (tmp_path / name).write_bytes(filled(text).encode(encoding if name == "rules.yaml" else "utf-8"))
        company = read_snapshot(tmp_path / "company.json") if "company.json" in files else None
        invoices = None
        if "invoices.json" in files:
            invoices = [Invoice.from_json(each) for each in json.loads(files["invoices.json"])]
        against = Against(company, invoices, steps=steps, today=datetime.date(2026, 7, 15))
        path = tmp_path / "rules.yaml"
        return check([path], against) if loader is None else check([path], against, loader)

    return run
