"""Imported by the process that those of the stories are forked from: it loads and compiles what they need, once.

Some stories are run in this very process, on an installation of their own."""

from __future__ import annotations

import gc
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.crash.installation import installation
from tests.crash.scenarios import SCENARIOS, Story

STORIES = (
    "send of three of a project",
    "re-copy",
    "void",
    "undo",
    "reversal",
    "credit note",
    "adopt of a paid",
    "changed payment of the host",
)
"""Between them they do nearly everything."""


class InThisProcess:
    """In the place of a context of multiprocessing: what a process would do is done in this one."""

    pid, exitcode = 0, 0

    def __init__(self, does: Callable[[], object] = gc.collect) -> None:
        self._does = does

    def Process(self, target: Callable[..., None], args: tuple[Any, ...]) -> InThisProcess:
        """Not started yet."""
        return InThisProcess(lambda: target(*args))

    def start(self) -> None:
        """Do it all."""
        self._does()

    def join(self, _seconds: float) -> None:
        """It has ended."""

    def is_alive(self) -> bool:
        """It has ended."""
        return False


def run_stories() -> None:
    """Raises `AssertionError` where a story ends badly, or leaves a thread, which a fork would lose."""
    with tempfile.TemporaryDirectory() as folder, installation(Path(folder, "home"), {}, InThisProcess()) as made:
        for number, name in enumerate(STORIES):
            story = Story(made, SCENARIOS[name], f"w{number}")
            story.prepare()
            story.begin().result()
            found = story.problems(story.recover())
            assert found == [], f"{name}: {found}"
    assert threading.active_count() == 1, [each.name for each in threading.enumerate()]
    gc.collect()
    gc.freeze()
    gc.disable()  # what is forked from it ends before there is much to collect


run_stories()
