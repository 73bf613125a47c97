"""Runs the rounds of the clients, and writes those that passed into docs/test-your-client.md."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest

from tests.clients.page import PAGE, written_again


class Passed:
    """A plugin of pytest that notes the names of the tests that passed."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase of a test is over."""
        if report.when == "call" and report.passed:
            self.names.add(report.nodeid.rpartition("::")[2])


passed = Passed()
here = Path(__file__).parent
code = pytest.main(["-n", "0", str(here), "--ignore", str(here / "test_page.py")], plugins=[passed])
text = PAGE.read_text(encoding="utf-8")
PAGE.write_text(written_again(text, passed.names, datetime.now(timezone.utc).date()), encoding="utf-8")
sys.exit(code)
