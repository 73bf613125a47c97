"""Distributes tests among the workers of pytest-xdist (`--dist loadfile`): one file at a time, the longest first, and
single tests of some files, so that no worker is left with a long file at the end. One worker has the crash lab: what
comes before its stories is done once."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

CRASH = "tests/crash/"
LONGEST = (
    CRASH,
    "tests/cli/test_undo_processes.py",
    "tests/ruleset/analyse/",
    "tests/postgres/",
    "tests/sync/test_many.py",
    "tests/cli/test_paused_reader.py",
    "tests/operate/",
    "tests/hosts/",
    "tests/host/",
    "tests/clients/",
    "tests/sync/test_machine.py",
)
APART = (
    "tests/cli/test_undo_processes.py",
    "tests/crash/test_traffic.py",
    "tests/ruleset/analyse/",
    "tests/operate/breaking/",
)


class Sharing(LoadScopeScheduling):  # type: ignore[misc]
    """A scheduler in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(APART):
            return nodeid
        return CRASH if nodeid.startswith(CRASH) else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing | None:
    """The scheduler of this run; None for the default of pytest-xdist."""
    if config.getoption("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    return Sharing(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the longest first, in the same order in every worker."""
    items.sort(
        key=lambda item: next((n for n, each in enumerate(LONGEST) if item.nodeid.startswith(each)), len(LONGEST))
    )
