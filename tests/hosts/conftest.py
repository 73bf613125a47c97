"""What the tests of other hosts need."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.commands import call, home, open_books

__all__ = ["call", "home", "open_books"]
ROOT = Path(__file__).parents[2]
Open = Callable[..., Any]


@pytest.fixture
def books(open_books: Open, home: Path) -> Any:
    """A US company; the data directory is set up for it, and not connected. The Django desk has its tables."""
    books = open_books("us")
    given = books.sandbox.credentials(books.base_url)
    chosen = {name: given[name] for name in ("client_id", "client_secret", "verifier_token")}
    write_settings(home, {"environment": "local", "base_url": books.base_url, "poll_seconds": "1", **chosen})
    words = [sys.executable, "-c", "from tests.hosts import django_desk; django_desk.make_tables()"]
    subprocess.run(words, cwd=ROOT, env={**os.environ, "DESK_HOME": str(home)}, timeout=60, check=True)
    return books
