"""200 companies in one PostgreSQL: how many invoices a minute 1, 2 and 4 workers copy to QuickBooks.

Every company is a separate tenant, whose host has requested five invoices; customers and items are known. The sandbox,
a separate process, takes half a second for every call, as QuickBooks does: workers share this waiting time. Each line
shows the load of the processors; if they were busy, they were the limit, not the number of workers. A round lasts from
the start of the worker processes until the queues are empty.

python -m tests.bench.workers       BENCH_COMPANIES=50 BENCH_DELAY=0.2 python -m tests.bench.workers

Exits 1 if an invoice was lost or duplicated, or if workers are slower than required.
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
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import psycopg
import requests

from onedesk_quickbooks.hooks import QuickBooksPlugin
from onedesk_quickbooks.plugin.app.application import Application
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.support.invoices import invoice_json, line

if TYPE_CHECKING:
    from tests.postgres.conftest import Server

COMPANIES = int(os.environ.get("BENCH_COMPANIES", "200"))
DELAY = float(os.environ.get("BENCH_DELAY", "0.5"))
INVOICES = 5
AT_LEAST = {1: 1.0, 2: 1.6, 4: 2.4}
"""Workers -> the required throughput relative to one worker. It is limited to what a small machine can reach: two
workers need a third of one processor, four all of it."""
BUSY = 0.75
"""From this load on, the processors are the limit, whatever the cause, and no ratio is required."""
_MAIN = "import sys; from onedesk_quickbooks.plugin.cli import main; main(sys.argv[1:])"


def main() -> int:
    """Run the benchmark; 0 if everything was within bounds."""
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
        return _measure(folder, server, ours)
    finally:
        ours.send(("end",))
        sandbox.join(10)
        server.remove()
        shutil.rmtree(folder)


def _sandbox(pipe: Connection) -> None:
    """A user with many companies behind one application. Sends the credentials; then answers requests."""
    from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions

    with Sandbox(SandboxOptions(also=("us",) * (COMPANIES - 1))) as sandbox:
        server = import_module("waitress.server").create_server(
            sandbox.wsgi, listen="127.0.0.1:0", threads=64, connection_limit=4 * 2 * COMPANIES + 100
        )
        threading.Thread(target=server.run, daemon=True).start()
        pipe.send([each.credentials(f"http://127.0.0.1:{server.effective_port}") for each in sandbox.companies])
        asked: tuple[Any, ...] = ("",)
        while asked[0] != "end":
            asked = pipe.recv()
            if asked[0] == "delay":
                sandbox.faults.inject(fault="delay", seconds=asked[1], count=0)
            elif asked[0] == "cpu":
                pipe.send(time.process_time())
            elif asked[0] == "count":
                pipe.send([len(each.list("Invoice", f"DocNumber LIKE '{asked[1]}%'")) for each in sandbox.companies])


@dataclass(frozen=True)
class Round:
    """The result for a number of workers: seconds, the share of the processors' time that was not idle, and the seconds
    of work for each process."""

    workers: int
    seconds: float
    share: float
    busy: dict[str, float]

    @property
    def a_minute(self) -> float:
        return 60 * COMPANIES * INVOICES / self.seconds

    def met(self, one: Round) -> bool:
        return self.share >= BUSY or self.a_minute >= AT_LEAST[self.workers] * one.a_minute

    def line(self, one: Round) -> str:
        """The line of the report."""
        mark = "ok " if self.met(one) else "NOT"
        ratio = self.a_minute / one.a_minute
        used = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.busy.items())
        limit = "; they were the limit, not the number of workers" if self.share >= BUSY else ""
        return (
            f"{mark} {self.workers} worker{'s' if self.workers > 1 else ' '} {self.seconds:6.1f} s "
            f"{self.a_minute:7.0f} invoices a minute {ratio:5.2f} times (at least {AT_LEAST[self.workers]:g})   "
            f"processors {100 * self.share:.0f} % busy: {used}{limit}"
        )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _measure(folder: Path, server: Server, pipe: Connection) -> int:
    _say(
        f"{COMPANIES} companies, {INVOICES} invoices each; a call takes {DELAY:g} s; 8 companies a worker side by side"
    )
    tenants = Tenants(folder, server.database(), pipe.recv())
    rounds: list[Round] = []
    try:
        tenants.ask("A", 1)  # creates the customers and items
        _run(folder, 4, tenants, server, pipe)
        pipe.send(("delay", DELAY))
        for workers, prefix in zip(AT_LEAST, "BCD"[: len(AT_LEAST)], strict=True):
            tenants.ask(prefix, INVOICES)
            rounds.append(_run(folder, workers, tenants, server, pipe))
            _say(rounds[-1].line(rounds[0]))
            pipe.send(("count", prefix))
            wrong = [count for count in pipe.recv() if count != INVOICES]
            if wrong:
                _say(f"NOT {len(wrong)} companies have another number of invoices than was asked for")
                return 1
    finally:
        tenants.close()
    return 0 if all(each.met(rounds[0]) for each in rounds) else 1


class Tenants:
    """A connected data directory for each company, whose host requests invoices."""

    def __init__(self, folder: Path, url: str, credentials: Sequence[dict[str, str]]) -> None:
        self._folder = folder
        self.url = url
        self._threads = ThreadPoolExecutor(16)  # a company's calls keep a minimum interval
        self.desks = list(self._threads.map(self._made, range(len(credentials)), credentials))

    def _made(self, number: int, given: dict[str, str]) -> tuple[EmbeddedHost, Application]:
        home = self._folder / f"t{number}"
        home.mkdir()
        chosen = {key: given[key] for key in ("base_url", "client_id", "client_secret", "verifier_token")}
        chosen |= {"environment": "local", "ledger": self.url, "tenant": f"t{number}", "poll_seconds": "0"}
        write_settings(home, chosen)
        plugin = QuickBooksPlugin(background=False)
        host = EmbeddedHost.open(home, plugins=[plugin])
        page = plugin.application.begin_connect("admin", "http://127.0.0.1/callback")
        agreed = {"decision": "approve", "realmId": given["realm_id"]}
        answer = requests.post(page, data=agreed, allow_redirects=False, timeout=30)
        back = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
        plugin.application.finish_connect(back["state"], back["code"], back["realmId"])
        plugin.application.choose("admin", "default_income_account", "Services")
        return host, plugin.application

    def ask(self, prefix: str, count: int) -> None:
        """Request `count` invoices in every host."""

        def one(desk: tuple[EmbeddedHost, Application]) -> None:
            for number in range(count):
                made = _invoice(f"{prefix}-{number}")
                desk[0].save({**made, "status": "draft"})
                desk[0].open_invoice(made["id"], "admin")
                desk[0].act(made["id"], "quickbooks.copy", "admin")

        list(self._threads.map(one, self.desks))

    def wait(self) -> None:
        """Wait until all queues are empty, by one small query about one of them at a time, which costs nothing."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for number in range(len(self.desks)):
                query = f"SELECT EXISTS (SELECT 1 FROM onedesk_t{number}.work WHERE state = 'todo')".encode()
                while connection.execute(query).fetchone() == (True,):
                    time.sleep(0.2)

    def close(self) -> None:
        """Close everything."""
        self._threads.shutdown()
        for host, _ in self.desks:
            host.close()


def _invoice(number: str) -> dict[str, Any]:
    return invoice_json(
        number,
        line("Support", "80.00", "1"),
        customer={"id": "C-1", "name": "Blue Harbor Ltd", "address": {"region": "CA", "country": "US"}},
    )


def _run(folder: Path, count: int, tenants: Tenants, server: Server, pipe: Connection) -> Round:
    """From the start of the workers until the queues are empty."""
    before = {"PostgreSQL": server.processor_seconds(), "sandbox": _asked(pipe)}
    begun, idle = time.monotonic(), _idle()
    command = [sys.executable, "-c", _MAIN, "--home", str(folder / "none"), "--log-level", "warning", "worker"]
    workers = [
        subprocess.Popen([*command, "--tenants", str(folder)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        for _ in range(count)
    ]
    try:
        tenants.wait()
        took, idle = time.monotonic() - begun, _idle() - idle
    finally:
        for worker in workers:
            worker.terminate()
        used = sum(_ended(workers))
    after = {"PostgreSQL": server.processor_seconds(), "sandbox": _asked(pipe)}
    share = 1 - min(1.0, idle / (took * (os.cpu_count() or 1)))
    return Round(count, took, share, {"workers": used, **{name: after[name] - before[name] for name in before}})


def _idle() -> float:
    """The idle seconds of all processors together since the system's start."""
    fields = Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0].split()
    return (int(fields[4]) + int(fields[5])) / os.sysconf("SC_CLK_TCK")


def _asked(pipe: Connection) -> float:
    pipe.send(("cpu",))
    return float(pipe.recv())


def _ended(workers: Iterable[subprocess.Popen[bytes]]) -> Iterable[float]:
    """The processor seconds of each, from its start to its end."""
    for worker in workers:
        _, status, usage = os.wait4(worker.pid, 0)
        worker.returncode = os.waitstatus_to_exitcode(status)
        yield usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    raise SystemExit(main())
