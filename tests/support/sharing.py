"""Distributes tests among the workers of pytest-xdist (`--dist loadfile`): one file at a time, and single tests of some
files. Those that mostly wait, for processes, browsers and databases, run beside those that need the processor, the
longest first, so that no worker is left with a long file at the end. One worker has the crash lab: what comes before
its stories is done once."""

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
        return scope(nodeid)


def scope(nodeid: str) -> str:
    """What one worker runs in one piece."""
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
    """Those that wait and the others alternate, in the same order in every worker; the waiting ones end first."""
    pieces: dict[str, list[pytest.Item]] = {}
    for item in items:
        pieces.setdefault(scope(item.nodeid), []).append(item)
    waiting = sorted((each for each in pieces if each.startswith(LONGEST)), key=_rank)
    others = [each for each in pieces if not each.startswith(LONGEST)]
    places = {each: 0.9 * at / len(waiting) for at, each in enumerate(waiting)}
    places.update((each, at / len(others)) for at, each in enumerate(others))
    items[:] = [item for each in sorted(places, key=places.__getitem__) for item in pieces[each]]


def _rank(piece: str) -> int:
    return next(at for at, each in enumerate(LONGEST) if piece.startswith(each))
