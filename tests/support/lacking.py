"""The requirements of tests are checked, or installed, once: before the workers of pytest-xdist start.

So no two processes install into one folder, and all workers collect the same tests. Tests whose mark names a missing
requirement are skipped; the end of the run shows how many, and why.
"""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.clients import editor_lacks, node_lacks, own_tests_lack, php_lacks, python_lacks, ruby_lacks
from tests.support.java_sdk import java_sdk_lacks

_TESTS = Path(__file__).parents[1]
_WHY = pytest.StashKey[dict[str, str]]()
_LEFT_OUT = pytest.StashKey[dict[str, int]]()


def _browser_lacks() -> str:
    if shutil.which("chromium") and shutil.which("chromedriver"):
        return ""
    return "Chromium is not installed (Debian: apt-get install chromium chromium-driver)"


def _postgres_lacks() -> str:
    if any(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")):
        return ""
    return "PostgreSQL is not installed (Debian: apt-get install postgresql)"


def _program(name: str, package: str) -> Callable[[], str]:
    """The check for a language that only needs Debian's package."""
    return lambda: "" if shutil.which(name) else f"{name} is not installed (Debian: apt-get install {package})"


def _uwsgi_lacks() -> str:
    if Path(sys.executable).with_name("uwsgi").exists():
        return ""
    return "uWSGI is not in this environment (pip install uwsgi; it is compiled)"


LOOKS: Mapping[str, Callable[[], str]] = {
    "browser": _browser_lacks,
    "consolibyte": partial(php_lacks, "QUICKBOOKS_PHP"),
    "curl": _program("curl", "curl"),
    "editor": editor_lacks,
    "go": _program("go", "golang-go"),
    "java": _program("javac", "default-jdk-headless"),
    "java_sdk": java_sdk_lacks,
    "node": node_lacks,
    "own_tests": own_tests_lack,
    "php_sdk": partial(php_lacks, "QUICKBOOKS_PHP_SDK"),
    "postgres": _postgres_lacks,
    "pypi": python_lacks,
    "ruby": ruby_lacks,
    "uwsgi": _uwsgi_lacks,
}
"""By mark: why its tests cannot run here, or an empty text."""
_USERS = {**dict.fromkeys(("java_sdk", "node", "own_tests", "pypi"), "clients"), "editor": "ruleset"}
"""These are installed, which takes long: checked only if tests of their folder may run."""


def pytest_configure(config: pytest.Config) -> None:
    """Pass the results of the first process to the workers."""
    given = getattr(config, "workerinput", None)
    if given is not None:
        config.stash[_WHY] = given["lacking"]
        return
    wanted = [mark for mark in LOOKS if mark not in _USERS or _reaches(config, _TESTS / _USERS[mark])]
    with ThreadPoolExecutor() as pool:  # most of it waits for registries
        found = zip(wanted, pool.map(lambda mark: LOOKS[mark](), wanted), strict=True)
        config.stash[_WHY] = {mark: why for mark, why in found if why}


def _reaches(config: pytest.Config, folder: Path) -> bool:
    """Whether the command line lets pytest collect from a folder; nothing is installed for tests that do not run."""
    paths = [(config.invocation_params.dir / each.partition("::")[0]).resolve() for each in config.args]
    return any(folder.is_relative_to(path) or path.is_relative_to(folder) for path in paths)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Pass the results to a worker that pytest-xdist is about to start."""
    node.workerinput["lacking"] = node.config.stash[_WHY]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests that cannot run here, after `-m` and `-k` were applied."""
    why = config.stash[_WHY]
    cause = {item: next((mark for mark in why if item.get_closest_marker(mark)), "") for item in items}
    left_out = [item for item in items if cause[item]]
    config.stash[_LEFT_OUT] = dict(Counter(cause[item] for item in left_out))
    if left_out:
        items[:] = [item for item in items if not cause[item]]
        config.hook.pytest_deselected(items=left_out)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Pass a worker's counts to the first process."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = session.config.stash.get(_LEFT_OUT, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """All workers collect the same tests, so the counts of one are those of the run."""
    if hasattr(node, "workeroutput"):  # a worker that crashed has none
        node.config.stash[_LEFT_OUT] = node.workeroutput["left_out"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """How many tests did not run, and why."""
    for mark, count in sorted(config.stash.get(_LEFT_OUT, {}).items()):
        terminalreporter.write_line(f"Left out: {count} marked {mark!r}, because {config.stash[_WHY][mark]}.")
