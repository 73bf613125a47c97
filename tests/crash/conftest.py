"""A place for the stories of one file, and the list of what came of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.crash.installation import Lab
from tests.crash.results import PROPERTY, Result, table, to_plain
from tests.postgres.conftest import server

__all__ = ["server"]


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Installations for the stories, on SQLite."""
    made = Lab(tmp_path_factory.mktemp("crash"))
    yield made
    made.close()


@pytest.fixture
def record(record_property: Callable[[str, object], None]) -> Callable[[list[Result]], None]:
    """Keep results for the list."""
    return lambda results: record_property(PROPERTY, to_plain(results))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """All points of this run with what came of them, wherever they were tried; the list itself where it is asked for
    (`make crash`)."""
    reports = [each for some in terminalreporter.stats.values() for each in some if getattr(each, "when", "") == "call"]
    kept = [value for each in reports for name, value in each.user_properties if name == PROPERTY]
    results = [Result(**{**row, "wrong": tuple(row["wrong"])}) for rows in kept for row in rows]
    if not results:
        return
    results.sort(key=lambda each: (each.kind, each.scenario, each.point))
    terminalreporter.section("crash points")
    if "CRASH_EVERY" in os.environ:
        for each in results:
            terminalreporter.write_line(each.line)
        terminalreporter.write_line("")
    for line in table(results):
        terminalreporter.write_line(line)
