"""Real servers for the desks of this folder, each in a process of its own, and a browser for their pages."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
_ADDRESS = re.compile(r"(?:Listening at: http://|running on http://|bound to TCP address )(127\.0\.0\.1:\d+)")
"""As gunicorn, uvicorn and uWSGI say where they are."""


def until(seen: Callable[[], Any], seconds: float = 30) -> Any:
    """What `seen` gives once it is something; AssertionError with what it gave last."""
    end = time.monotonic() + seconds
    while not (found := seen()):
        assert time.monotonic() < end, f"not within {seconds} seconds"
        time.sleep(0.2)  # what is asked may be a page
    return found


@dataclass(frozen=True)
class Served:
    """A server that runs."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def workers(self) -> list[int]:
        """The processes that it has made."""
        pid = self.process.pid
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def served(command: Sequence[str], home: Path, *, cwd: Path = ROOT, **environ: str) -> Iterator[Served]:
    """A server of this environment, for the data directory; it has ended afterwards, with all its processes."""
    log = home.with_suffix(".log")
    words = [str(BIN / command[0]), *command[1:]]
    given = {**os.environ, "PYTHONUNBUFFERED": "1", "DESK_HOME": str(home), "DESK_START": "now", **environ}
    with (
        log.open("wb") as out,
        subprocess.Popen(words, cwd=cwd, env=given, stdout=out, stderr=out, start_new_session=True) as process,
    ):
        try:
            address = until(lambda: _address(process, log))
            until(lambda: _answers(address))
            yield Served(f"http://{address}", process, log)
            process.send_signal(signal.SIGINT if "uwsgi" in command[0] else signal.SIGTERM)
            process.wait(60)  # gunicorn kills a worker that has not ended after 30 s
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    text = log.read_text(errors="replace")
    assert process.poll() is None, f"it ended at once:\n{text}"
    found = _ADDRESS.search(text)
    return found[1] if found else ""


def _answers(address: str) -> bool:
    """Some say where they are before they listen."""
    host, _, port = address.partition(":")
    with socket.socket() as tried:
        return tried.connect_ex((host, int(port))) == 0


class Browser:
    """A person in front of a desk."""

    def __init__(self, url: str, user: str = "") -> None:
        self.url = url
        self._session = requests.Session()
        if user:
            self.post("/sign-in", user=user)

    def returning(self) -> Browser:
        """The same browser back from QuickBooks: with the plugin's cookie, without the desk's session."""
        back = Browser(self.url)
        for cookie in self._session.cookies:
            if cookie.name.startswith("onedesk_quickbooks"):
                back._session.cookies.set_cookie(cookie)
        return back

    def get(self, path: str, follow: bool = True) -> requests.Response:
        return self._session.get(self.url + path, timeout=60, allow_redirects=follow)

    def post(self, path: str, **form: str) -> requests.Response:
        return self._session.post(self.url + path, data=form, timeout=60)

    def keep(self, invoice: Mapping[str, Any]) -> None:
        """Make a draft."""
        kept = self._session.put(f"{self.url}/invoices/{invoice['id']}", json=dict(invoice), timeout=60)
        assert kept.status_code == 200, kept.text

    def do(self, invoice_id: str, name: str, **form: str) -> None:
        """An action, which must succeed."""
        done = self.post(f"/invoices/{invoice_id}/{name}", **form)
        assert done.status_code == 200, done.text

    def shown(self, invoice_id: str) -> Any:
        """The invoice's page."""
        return self.get(f"/invoices/{invoice_id}").json()

    def tag(self, invoice_id: str) -> str:
        """The invoice's tag, "" for none."""
        return next(iter(self.shown(invoice_id)["tags"]), "")


def holder(lock: Path) -> int:
    """The process that holds a lock on this file; 0 where none does."""
    inode = lock.stat().st_ino if lock.exists() else 0
    for line in Path("/proc/locks").read_text().splitlines():
        words = line.split()
        if words[-3].endswith(f":{inode}"):
            return int(words[-4])
    return 0
