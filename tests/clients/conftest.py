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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without node and npm the tests that need them are left out, and counted as deselected."""
    if shutil.which("node") and shutil.which("npm"):
        return
    left_out = [item for item in items if item.get_closest_marker("node")]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Where node finds the clients: installed once, beside the Python environment."""
    folder = Path(sys.prefix) / "node-clients"
    done = folder / "installed.txt"
    if not done.is_file() or done.read_text(encoding="utf-8") != "\n".join(CLIENTS):
        folder.mkdir(exist_ok=True)
        npm = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), *CLIENTS]
        ran = subprocess.run(npm, capture_output=True, text=True, timeout=300, check=False)
        assert ran.returncode == 0, f"npm could not install the clients:\n{ran.stderr}"
        done.write_text("\n".join(CLIENTS), encoding="utf-8")
    return folder / "node_modules"


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
