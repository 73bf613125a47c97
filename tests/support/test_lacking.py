"""Missing requirements: the same tests are deselected in every worker, counted once, with what to install."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("workers", ["0", "3"])
def test_without_node_its_tests_are_left_out_and_counted(tmp_path: Path, workers: str) -> None:
    chosen = ["-m", "node", "-n", workers, "-p", "no:cacheprovider", "tests/clients"]
    command = [sys.executable, "-m", "pytest", *chosen]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED, done.stdout
    sentence = "Left out: 5 marked 'node', because node and npm are not installed (Debian: apt-get install nodejs npm)."
    assert done.stdout.count(sentence) == 1, done.stdout
