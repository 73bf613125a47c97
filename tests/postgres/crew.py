"""Worker processes for a folder of tenants, what they work on, and what is asked of them."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import pytest

from onedesk_quickbooks.plugin.sandbox import Sandbox
from onedesk_quickbooks.plugin.sandbox.company.company import Company
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.support.sandboxes import serving
from tests.sync.conftest import ADMIN, Desk

_MAIN = "import sys; from onedesk_quickbooks.plugin.cli import main; main(sys.argv[1:])"


class Crew:
    """Worker processes for a folder of tenants, and what they work on."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.desks: dict[str, Desk] = {}
        self._stack = ExitStack()
        self.processes: list[subprocess.Popen[bytes]] = []

    def quickbooks(self, **options: Any) -> tuple[Sandbox, str]:
        """A QuickBooks of its own, and its address."""
        books = self._stack.enter_context(serving(**options))
        return books.sandbox, books.base_url

    def tenant(self, name: str, settings: dict[str, str] | None = None, **options: Any) -> Desk:
        """A connected installation of its own company, in a QuickBooks of its own."""
        return self.join(name, *self.quickbooks(**options), settings)

    def join(self, name: str, company: Company, base_url: str, settings: dict[str, str] | None = None) -> Desk:
        """An installation connected to this company."""
        home = self.folder / name
        home.mkdir(parents=True)
        given = company.credentials(base_url)
        chosen = {key: given[key] for key in ("client_id", "client_secret", "verifier_token")}
        chosen |= {"environment": "local", "base_url": base_url, "ledger": self.url, "tenant": name}
        write_settings(home, {**chosen, **(settings or {})})
        # A further company of a user has no faults and webhooks of its own: a test asks the first for them.
        desk = Desk(home, cast(Sandbox, company), base_url)
        desk.connect()
        self.desks[name] = desk
        return desk

    def start(self, *more: str) -> subprocess.Popen[bytes]:
        """One more worker; it ends with the test."""
        return self.run(self.folder / "none", "worker", "--tenants", str(self.folder), "--heartbeat", "1", *more)

    def run(self, home: Path, *command: str) -> subprocess.Popen[bytes]:
        """A command as a process of its own, whose log is JSON."""
        log = (self.folder.parent / f"process{len(self.processes):02}.log").open("wb")
        with log:
            process = subprocess.Popen(
                [sys.executable, "-c", _MAIN, "--home", str(home), "--log-format", "json", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def address(self, after: str) -> str:
        """The URL that a process tells behind these words."""
        self.wait(lambda: f"{after} http" in self.logs())
        found = re.search(rf"{after} (http://[0-9.]+:[0-9]+)", self.logs())
        assert found is not None
        return found[1]

    def ask(self, desk: Desk, action: str, made: dict[str, Any]) -> None:
        """As a person does, in the host."""
        desk.save(made)
        if action == "send":
            assert desk.host.send(made["id"], ADMIN)
        else:
            assert desk.host.act(made["id"], "quickbooks.copy", ADMIN)

    def wait(self, done: Callable[[], bool], seconds: float = 60) -> None:
        """Until it is so."""
        until = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < until, self.logs()
            time.sleep(0.2)

    def logs(self) -> str:
        return "\n".join(each.read_text() for each in sorted(self.folder.parent.glob("process*.log")))

    def rest(self, desk: Desk) -> bool:
        """Nothing waits for this company."""
        return desk.application.waiting_counts().get("todo", 0) == 0

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        for desk in self.desks.values():
            desk.host.close()
        self._stack.close()


@pytest.fixture
def crew(tmp_path: Path, url: str) -> Iterator[Crew]:
    made = Crew(tmp_path / "tenants", url)
    yield made
    made.close()


def numbered(invoice: Callable[..., dict[str, Any]], tenant: str, number: int) -> dict[str, Any]:
    """An invoice of a customer and an item that may be new."""
    made = invoice(id=f"{tenant}-{number}", number=f"{tenant}-{number}")
    made["customer"] |= {"id": f"C-{tenant}-{number % 5}", "name": f"Customer {tenant} {number % 5}"}
    made["lines"][0]["service_type"] = f"Support {number % 3}"
    return made
