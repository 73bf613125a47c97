"""The speed and the memory of the sandbox, beside an empty Flask view on the same server.

`python -m tests.bench.sandbox` prints each figure with its bound and exits 1 if one is out of bounds.
"""

from __future__ import annotations

import http.client
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

import simplejson
from flask import Flask

from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions
from onedesk_quickbooks.plugin.sandbox.entities import operations

ON_FILE = 100_000
ROUNDS = 5
CALLS = 200
LINE = {
    "Amount": Decimal("100.00"),
    "DetailType": "SalesItemLineDetail",
    "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
}


XML = b"""<Invoice xmlns="http://schema.intuit.com/finance/v3"><Line><Amount>100.00</Amount>
<DetailType>SalesItemLineDetail</DetailType><SalesItemLineDetail><ItemRef>1</ItemRef></SalesItemLineDetail></Line>
<CustomerRef>1</CustomerRef></Invoice>"""


class Figure(NamedTuple):
    """A measurement, and its upper bound."""

    name: str
    value: float
    most: float
    unit: str = "times"

    @property
    def met(self) -> bool:
        return self.value <= self.most

    def __str__(self) -> str:
        mark = "ok " if self.met else "NOT"
        return f"{mark} {self.name:<58} {self.value:8.2f} {self.unit:<5} (at most {self.most:g})"


class Caller:
    """One keep-alive connection to one server."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = headers

    def __call__(self, method: str, path: str, body: bytes | None = None) -> bytes:
        self._connection.request(method, path, body, self._headers)
        response = self._connection.getresponse()
        data = response.read()
        if response.status != 200:
            raise RuntimeError(f"{method} {path} was answered with {response.status}: {data[:300]!r}")
        return data


@contextmanager
def served(app: Callable[..., Any]) -> Iterator[int]:
    """An application under waitress on a free port."""
    sockets: dict[int, Any] = {}
    create = import_module("waitress.server").create_server
    server: Any = create(app, map=sockets, host="127.0.0.1", port=0, threads=4)
    stopping = threading.Event()

    def run() -> None:
        while not stopping.is_set():
            server.asyncore.loop(timeout=1, map=sockets, count=1)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield int(server.effective_port)
    finally:
        stopping.set()
        server.pull_trigger()
        thread.join()
        server.task_dispatcher.shutdown(timeout=1)
        server.asyncore.close_all(sockets, ignore_all=True)


def seconds(calls: int, work: Callable[[], Any]) -> float:
    """The median time of one call."""
    taken = []
    for _ in range(calls):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def empty_app() -> Flask:
    """A Flask application with one view, which does nothing."""
    app = Flask("empty")
    app.add_url_rule("/", view_func=lambda: "")
    return app


class Bench:
    """One sandbox, and calls of it over one connection."""

    def __init__(self, sandbox: Sandbox, port: int) -> None:
        self.sandbox = sandbox
        token = sandbox.credentials("http://127.0.0.1")["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "Content-Type": "application/json"}
        self._api = Caller(port, headers)
        self._xml = Caller(port, {**headers, "Accept": "application/xml", "Content-Type": "application/xml"})
        self._base = f"/v3/company/{sandbox.realm_id}"
        form = {"CustomerRef": {"value": "1"}, "Line": [LINE]}
        invoice = simplejson.dumps(form, use_decimal=True).encode()
        items = [{"bId": str(each), "operation": "create", "Invoice": form} for each in range(30)]
        batch = simplejson.dumps({"BatchItemRequest": items}, use_decimal=True).encode()
        read = sandbox.list("Invoice", "DocNumber = '1037'")[0]["Id"]
        self.calls: dict[str, Callable[[], Any]] = {
            "create an invoice": lambda: self._api("POST", f"{self._base}/invoice?minorversion=75", invoice),
            "create an invoice in XML": lambda: self._xml("POST", f"{self._base}/invoice?minorversion=75", XML),
            "read an invoice": lambda: self._api("GET", f"{self._base}/invoice/{read}?minorversion=75"),
            "create 30 in a batch": lambda: self._api("POST", f"{self._base}/batch?minorversion=75", batch),
            "query by DocNumber": lambda: self._query("DocNumber%20%3D%20%271037%27"),
            "query by customer": lambda: self._query("CustomerRef%20%3D%20%2729%27"),
        }

    def _query(self, where: str) -> bytes:
        return self._api("GET", f"{self._base}/query?query=select%20*%20from%20Invoice%20where%20{where}")

    def fill(self) -> None:
        """Create invoices until there are ON_FILE, for customers in turn."""
        customers = [str(each) for each in range(2, 29)]
        for start in range(0, ON_FILE, 500):
            self.sandbox.change(partial(self._some, start, customers))

    def _some(self, start: int, customers: list[str]) -> None:
        for each in range(start, start + 500):
            customer = {"value": customers[each % len(customers)]}
            operations.create(self.sandbox.books, "Invoice", {"CustomerRef": customer, "Line": [LINE]})


def compared(empty: Callable[[], Any], small: Bench, full: Bench) -> tuple[float, dict[str, tuple[float, float]]]:
    """Seconds of the empty view's call, and of each call on both companies, alternating, since other processes use the
    machine too.

    Each is the best of some rounds' medians.
    """
    idle: list[float] = []
    found: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in small.calls}
    for _ in range(ROUNDS):
        idle.append(seconds(CALLS, empty))
        for name, taken in found.items():
            count = CALLS // 10 if "30" in name else CALLS
            for bench, times in zip((small, full), taken, strict=True):
                times.append(seconds(count, bench.calls[name]))
    return min(idle), {name: (min(one), min(other)) for name, (one, other) in found.items()}


def start_ratio() -> float:
    """The time from start to first answer, relative to importing Flask alone."""
    answer = (
        "from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions\n"
        "from werkzeug.test import Client\n"
        "with Sandbox(SandboxOptions()) as sandbox:\n"
        "    token = sandbox.credentials('http://x')['access_token']\n"
        "    found = Client(sandbox.wsgi).get(f'/v3/company/{sandbox.realm_id}/customer/1',\n"
        "        headers={'Authorization': f'Bearer {token}', 'Accept': 'application/json'})\n"
        "    assert found.status_code == 200\n"
    )

    def run(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - began

    return min(run(answer) for _ in range(ROUNDS)) / min(run("import flask") for _ in range(ROUNDS))


def megabytes() -> float:
    """The peak memory of this process in megabytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def figures() -> list[Figure]:
    """Measure everything; takes a minute or two."""
    found = [Figure("start to first answer, in imports of Flask", start_ratio(), 3)]
    with ExitStack() as open_:
        benches = []
        for _ in range(2):
            sandbox = open_.enter_context(Sandbox(SandboxOptions()))
            benches.append(Bench(sandbox, open_.enter_context(served(sandbox.wsgi))))
        beside = Caller(open_.enter_context(served(empty_app())), {})
        benches[1].fill()
        empty, taken = compared(lambda: beside("GET", "/"), *benches)
    bounds = {"create an invoice": 3.0, "read an invoice": 1.5, "create 30 in a batch": 30.0}
    found += [
        Figure(f"{name}, in calls of an empty view", taken[name][0] / empty, most) for name, most in bounds.items()
    ]
    in_xml = taken["create an invoice in XML"][0] / taken["create an invoice"][0]
    found.append(Figure("create an invoice in XML, of one in JSON", in_xml, 1.5))
    for name, (few, many) in taken.items():
        found.append(Figure(f"{name}: with {ON_FILE:,} on file, of before", many / few, 1.2))
    return [*found, Figure(f"memory with {ON_FILE:,} invoices on file", megabytes(), 200, "MB")]


def main() -> int:
    """Print the figures; 1 if one is out of bounds."""
    found = figures()
    sys.stdout.write("".join(f"{figure}\n" for figure in found))
    return 0 if all(figure.met for figure in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
