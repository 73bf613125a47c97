"""A served sandbox, and a way to run a client against it as its user does: as a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions
from onedesk_quickbooks.plugin.sandbox.http.server import Server

CLIENTS = ("node-quickbooks@2.0.50", "intuit-oauth@4.2.5")


FOLDER = Path(sys.prefix) / "node-clients"
WHY: list[str] = []


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where node is missing or npm cannot get the clients, the tests that need them are left out and counted so."""
    wanting = [item for item in items if item.get_closest_marker("node")]
    lacking = _lacking() if wanting else ""
    if lacking:
        WHY.append(f"{len(wanting)} tests with node-quickbooks are left out: {lacking}")
        items[:] = [item for item in items if item not in wanting]
        config.hook.pytest_deselected(items=wanting)


def pytest_report_collectionfinish() -> list[str]:
    """Says why."""
    return WHY


def _lacking() -> str:
    """Why node cannot run the clients; empty when it can. They are installed once, beside the Python environment."""
    if not (shutil.which("node") and shutil.which("npm")):
        return "node and npm are not installed"
    done = FOLDER / "installed.txt"
    if done.is_file() and done.read_text(encoding="utf-8") == "\n".join(CLIENTS):
        return ""
    FOLDER.mkdir(exist_ok=True)
    npm = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(FOLDER), *CLIENTS]
    try:
        ran = subprocess.run(npm, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        return "npm did not answer within two minutes"
    if ran.returncode:
        return f"npm could not install {', '.join(CLIENTS)}: {ran.stderr.strip()[-300:]}"
    done.write_text("\n".join(CLIENTS), encoding="utf-8")
    return ""


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Where node finds the clients."""
    return FOLDER / "node_modules"


@pytest.fixture
def served() -> Iterator[Server]:
    """A US company over HTTP."""
    with Sandbox(SandboxOptions()) as sandbox, Server(sandbox) as server:
        yield server


@pytest.fixture
def run() -> Callable[..., Any]:
    """Runs a command, gives what it printed as JSON; `env` is added to the environment."""

    def _run(*command: str | Path, cwd: Path | None = None, **env: str) -> Any:
        done = subprocess.run(
            [str(each) for each in command],
            cwd=cwd,
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout)

    return _run
