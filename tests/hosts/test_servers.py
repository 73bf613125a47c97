"""The whole story over HTTP, with desks in real servers of two processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.hosts.serving import until
from tests.hosts.story import GUNICORN, UVICORN, UWSGI, connected, one_each, opened

SERVERS = {
    "gunicorn": (GUNICORN, "now"),
    "post_fork": ((*GUNICORN, "--preload", "-c", "post_fork.py"), "later"),
    "uvicorn": ((*UVICORN, "--workers", "2"), "now"),
    "uwsgi": ((*UWSGI, "--lazy-apps"), "now"),
}


def marked(name: str) -> Any:
    return pytest.param(*SERVERS[name], id=name, marks=pytest.mark.uwsgi if name == "uwsgi" else ())


@pytest.mark.parametrize(("command", "start"), [marked(name) for name in SERVERS])
def test_the_whole_story(books: Any, home: Path, command: tuple[str, ...], start: str) -> None:
    with connected(command, home, start) as (_, gus):
        opened(gus, "H-1")
        assert gus.shown("H-1")["actions"] == ["Copy to QuickBooks Online"]
        gus.do("H-1", "act", action="quickbooks.copy")
        until(lambda: gus.tag("H-1") == "Copied to QuickBooks")
        gus.do("H-1", "send")
        until(lambda: gus.tag("H-1") == "Sent by QuickBooks")
        books.sandbox.pay({one_each(books, "H-1")["Id"]: "40.00"})
        until(lambda: gus.shown("H-1")["payments"])
        seen = gus.shown("H-1")
        assert (seen["status"], float(seen["left"]), len(seen["payments"])) == ("open", 60, 1)
        books.sandbox.pay({one_each(books, "H-1")["Id"]: "60.00"})
        until(lambda: gus.shown("H-1")["status"] == "paid")
        assert len(gus.shown("H-1")["payments"]) == 2
