"""Random kills of `serve`, workers, commands and PostgreSQL in the middle of mixed traffic; then both sides are
counted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.crash.installation import installation
from tests.crash.results import EVERY
from tests.crash.traffic import Traffic
from tests.postgres.conftest import Server

SEEDS = range(1, 9 if EVERY == 1 else 2)
STEPS = 60 if EVERY == 1 else 8
"""`make crash` runs eight long stories with each kind of ledger, `make test` one that is short."""


def traffic(folder: Path, seed: int, settings: Mapping[str, str], database: Any = None) -> list[str]:
    """What is wrong in the end."""
    with installation(folder / "home", settings) as running:
        made = Traffic(running, folder, seed, database)
        made.open()
        try:
            for _ in range(STEPS):
                made.next_event()
            made.finish()
        finally:
            made.close()
        return made.problems()


@pytest.mark.parametrize("seed", SEEDS)
def test_kills_in_the_middle_of_traffic(tmp_path: Path, seed: int) -> None:
    assert traffic(tmp_path, seed, {}) == []


@pytest.mark.postgres
@pytest.mark.skipif(EVERY != 1, reason="make crash takes it")
@pytest.mark.parametrize("seed", SEEDS)
def test_kills_with_the_ledger_in_postgresql(tmp_path: Path, seed: int) -> None:
    database = Server()
    try:
        assert traffic(tmp_path, seed, {"ledger": database.database(), "tenant": "acme"}, database) == []
    finally:
        database.remove()
