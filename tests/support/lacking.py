"""What the tests need from the machine is looked for, or installed, once: before the workers of pytest-xdist start.

So no two processes install into one folder, and all workers collect the same tests. Tests whose mark names something
that is not there are left out; the end of the run says how many, and why.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

CLIENTS = ("node-quickbooks@2.0.50", "intuit-oauth@4.2.5")
NODE_CLIENTS = Path(sys.prefix) / "node-clients"
"""Where npm puts them: beside the Python environment."""

_USERS = Path(__file__).parents[1] / "clients"
_WHY = pytest.StashKey[dict[str, str]]()
_LEFT_OUT = pytest.StashKey[dict[str, int]]()


def node_lacks() -> str:
    """Why node cannot run the clients; empty when it can. Installs them where they are not installed yet."""
    if not (shutil.which("node") and shutil.which("npm")):
        return "node and npm are not installed (Debian: apt-get install nodejs npm)"
    with FileLock(f"{NODE_CLIENTS}.lock"):  # two runs may share one environment
        done = NODE_CLIENTS / "installed.txt"
        if done.is_file() and done.read_text(encoding="utf-8") == "\n".join(CLIENTS):
            return ""
        shutil.rmtree(NODE_CLIENTS, ignore_errors=True)  # what an interrupted installation left
        NODE_CLIENTS.mkdir(parents=True)
        problem = _npm("install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(NODE_CLIENTS))
        if not problem:
            done.write_text("\n".join(CLIENTS), encoding="utf-8")
        return problem


def _npm(*arguments: str) -> str:
    try:
        ran = subprocess.run(["npm", *arguments, *CLIENTS], capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        return "npm did not answer within five minutes"
    return f"npm could not install {', '.join(CLIENTS)}: {ran.stderr.strip()[-300:]}" if ran.returncode else ""


def _browser_lacks() -> str:
    if shutil.which("chromium") and shutil.which("chromedriver"):
        return ""
    return "Chromium is not installed (Debian: apt-get install chromium chromium-driver)"


def _postgres_lacks() -> str:
    if any(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")):
        return ""
    return "PostgreSQL is not installed (Debian: apt-get install postgresql)"


def _uwsgi_lacks() -> str:
    if Path(sys.executable).with_name("uwsgi").exists():
        return ""
    return "uWSGI is not in this environment (pip install uwsgi; it is compiled)"


LOOKS: Mapping[str, Callable[[], str]] = {
    "browser": _browser_lacks,
    "node": node_lacks,
    "postgres": _postgres_lacks,
    "uwsgi": _uwsgi_lacks,
}
"""By mark: why its tests cannot run here, or nothing."""


def pytest_configure(config: pytest.Config) -> None:
    """A worker is told what the first process found out."""
    given = getattr(config, "workerinput", None)
    if given is not None:
        config.stash[_WHY] = given["lacking"]
        return
    wanted = [mark for mark in LOOKS if mark != "node" or _reaches(config, _USERS)]
    config.stash[_WHY] = {mark: why for mark in wanted if (why := LOOKS[mark]())}


def _reaches(config: pytest.Config, folder: Path) -> bool:
    """Whether the command line lets pytest collect from a folder; nothing is installed for tests that do not run."""
    paths = [(config.invocation_params.dir / each.partition("::")[0]).resolve() for each in config.args]
    return any(folder.is_relative_to(path) or path.is_relative_to(folder) for path in paths)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """pytest-xdist is about to start a worker."""
    node.workerinput["lacking"] = node.config.stash[_WHY]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what cannot run here, after `-m` and `-k` have chosen."""
    why = config.stash[_WHY]
    cause = {item: next((mark for mark in why if item.get_closest_marker(mark)), "") for item in items}
    left_out = [item for item in items if cause[item]]
    config.stash[_LEFT_OUT] = dict(Counter(cause[item] for item in left_out))
    if left_out:
        items[:] = [item for item in items if not cause[item]]
        config.hook.pytest_deselected(items=left_out)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands its figures to the first process."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = session.config.stash.get(_LEFT_OUT, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """All workers collect the same tests: the figures of one are those of the run."""
    if hasattr(node, "workeroutput"):  # one that crashed has none
        node.config.stash[_LEFT_OUT] = node.workeroutput["left_out"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """How many tests did not run, and why."""
    for mark, count in sorted(config.stash.get(_LEFT_OUT, {}).items()):
        terminalreporter.write_line(f"Left out: {count} marked {mark!r}, because {config.stash[_WHY][mark]}.")
