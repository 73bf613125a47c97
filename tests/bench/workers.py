"""200 companies in one PostgreSQL: how long 1, 2 and 4 workers take for what their hosts asked for.

Every company is a tenant of its own; the sandbox, a process of its own, answers each call after 50 ms, as QuickBooks
takes its time. Prints a line for each number of workers; ends with 1 where something was lost or doubled.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from onedesk_quickbooks.hooks import QuickBooksPlugin
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.sync.bridge import Bridge
from onedesk_quickbooks.plugin.sync.settings import write_settings

COMPANIES = int(os.environ.get("BENCH_COMPANIES", "200"))
INVOICES = 5
DELAY = 0.05
WORKERS = (1, 2, 4)
_MAIN = "import sys; from onedesk_quickbooks.plugin.cli import main; main(sys.argv[1:])"


def main() -> int:
    """Runs the benchmark; 0 where all was as it must be."""
    if not list(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")):
        sys.stdout.write("PostgreSQL is not installed here (Debian: apt-get install postgresql): left out.\n")
        return 0
    from tests.postgres.conftest import Server

    server = Server()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    sandbox = context.Process(target=_sandbox, args=(theirs,), daemon=True)
    sandbox.start()
    folder = Path(tempfile.mkdtemp(prefix="onedesk-bench-"))
    try:
        return _measure(folder, server.database(), ours)
    finally:
        ours.send("end")
        sandbox.join(10)
        server.remove()
        shutil.rmtree(folder)


def _sandbox(pipe: Connection) -> None:
    """A user with many companies behind one application; tells the credentials, then counts on request."""
    from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions

    with Sandbox(SandboxOptions(also=("us",) * (COMPANIES - 1))) as sandbox:
        server = import_module("waitress.server").create_server(
            sandbox.wsgi, listen="127.0.0.1:0", threads=64, connection_limit=4 * 2 * COMPANIES + 100
        )
        threading.Thread(target=server.run, daemon=True).start()
        base_url = f"http://127.0.0.1:{server.effective_port}"
        pipe.send([each.credentials(base_url) for each in sandbox.companies])
        sandbox.trouble.order(fault="delay", seconds=DELAY, count=0)
        while pipe.recv() != "end":
            pipe.send([len(each.list("Invoice", "DocNumber LIKE 'B-%'")) for each in sandbox.companies])


def _measure(folder: Path, url: str, pipe: Connection) -> int:
    sys.stdout.write(f"connecting {COMPANIES} companies ...\n")
    sys.stdout.flush()
    tenants = _Tenants(folder, url, pipe.recv())
    took: dict[int, float] = {}
    try:
        for round_number, workers in enumerate(WORKERS, 1):
            tenants.ask(round_number, INVOICES)
            took[workers] = _run(folder, workers, tenants)
            pipe.send("count")
            counts = pipe.recv()
            wrong = [count for count in counts if count != round_number * INVOICES]
            total = COMPANIES * INVOICES
            sys.stdout.write(
                f"{workers} worker{'s' if workers > 1 else ' '}  {total} invoices of {COMPANIES} companies in "
                f"{took[workers]:6.1f} s, {total / took[workers]:6.1f} a second, {len(wrong)} companies wrong\n"
            )
            sys.stdout.flush()
            if wrong:
                return 1
    finally:
        tenants.close()
    return 0


class _Tenants:
    """A data directory for each company, connected, whose host asks for invoices."""

    def __init__(self, folder: Path, url: str, credentials: list[dict[str, str]]) -> None:
        self.desks = []
        for number, given in enumerate(credentials):
            home = folder / f"t{number}"
            home.mkdir()
            chosen = {key: given[key] for key in ("base_url", "client_id", "client_secret", "verifier_token")}
            write_settings(
                home,
                {"environment": "local", "ledger": url, "tenant": f"t{number}", "poll_seconds": "0", **chosen},
            )
            self.desks.append(self._connected(home, given["realm_id"]))

    @staticmethod
    def _connected(home: Path, realm_id: str) -> tuple[EmbeddedHost, Bridge]:
        plugin = QuickBooksPlugin(background=False)
        host = EmbeddedHost.open(home, plugins=[plugin])
        page = plugin.bridge.begin_connect("admin", "http://127.0.0.1/callback")
        agreed = {"decision": "approve", "realmId": realm_id}
        answer = requests.post(page, data=agreed, allow_redirects=False, timeout=30)
        back = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
        plugin.bridge.finish_connect(back["state"], back["code"], back["realmId"])
        plugin.bridge.choose("admin", "default_income_account", "Services")
        return host, plugin.bridge

    def ask(self, turn: int, count: int) -> None:
        """Every host asks for so many invoices; the customer and the item are new in the first turn."""
        for host, _ in self.desks:
            for number in range(count):
                made = _invoice(f"B-{turn}-{number}")
                host.save({**made, "status": "draft"})
                host.open_invoice(made["id"], "admin")
                host.act(made["id"], "quickbooks.copy", "admin")

    def waiting(self) -> bool:
        """Whether anything is still to do anywhere."""
        return any(bridge.waiting_counts().get("todo") for _, bridge in self.desks)

    def close(self) -> None:
        """Let go of all."""
        for host, _ in self.desks:
            host.close()


def _invoice(number: str) -> dict[str, Any]:
    return {
        "id": number,
        "number": number,
        "status": "open",
        "currency": "USD",
        "issue_date": "2026-07-01",
        "customer": {"id": "C-1", "name": "Blue Harbor Ltd", "address": {"region": "CA", "country": "US"}},
        "lines": [{"id": "1", "service_type": "Support", "quantity": "1", "unit_price": "80.00", "amount": "80.00"}],
        "total": "80.00",
    }


def _run(folder: Path, count: int, tenants: _Tenants) -> float:
    """Seconds from the start of the workers until nothing waits."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", _MAIN, "--home", str(folder / "none"), "worker", "--tenants", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(count)
    ]
    begun = time.monotonic()
    try:
        while tenants.waiting():
            time.sleep(0.5)
        return time.monotonic() - begun
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(60)


if __name__ == "__main__":
    raise SystemExit(main())
