"""A served sandbox, and a way to run a client against it as its user does: as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.sandbox.http.server import Server
from tests.support.clients import NODE_CLIENTS, PYTHON_CLIENTS
from tests.support.sandboxes import serving


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Where node finds the clients."""
    return NODE_CLIENTS / "node_modules"


@pytest.fixture(scope="session")
def python_clients() -> Path:
    """Where clients from PyPI are, each in a folder."""
    return PYTHON_CLIENTS


@pytest.fixture
def served() -> Iterator[Server]:
    """A US company over HTTP."""
    with serving() as books:
        yield books.server


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
