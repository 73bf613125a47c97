"""The response times of the pages with a hundred thousand invoices in the host.

`python -m tests.bench.pages` copies and holds some invoices, fills the host's list up to INVOICES, and requests each
page as a browser does, over WSGI. It prints each page's median with its bound and exits 1 if one is out of bounds.
BENCH_INVOICES shortens the list.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from werkzeug.test import Client

from onedesk_quickbooks.plugin.host.pages import make_app
from tests.bench.parts.figures import shown
from tests.bench.parts.installed import ADMIN, Clock, Installed, sandbox
from tests.bench.sandbox import Figure

INVOICES = int(os.environ.get("BENCH_INVOICES", "100000"))
COPIED, HELD = 200, 5000
UNPACED = 20
ROUNDS = 9
BOUND = 100


def figures(home: Path) -> Iterator[Figure]:
    """The list at both ends, filtered and searched, one invoice, and the plugin's pages for it and for those held."""
    with sandbox("--time-scale", str(UNPACED)) as base_url:
        installed = Installed(home, base_url, Clock(UNPACED))
        installed.ask("copied-", COPIED, "Customer", "Service")
        installed.drain()
        installed.ask("held-", HELD, "Customer", "Service", subtotal="250.00")
        installed.plugin.application.drain()
        fill(home)
        browser = Client(make_app(installed.host, passwordless=True))
        token = browser.get("/sign-in").text.split('name="form_token" value="', 1)[1].split('"', 1)[0]
        assert browser.post("/sign-in", data={"form_token": token, "user": ADMIN}).status_code == 303
        for name, address in {
            "the newest invoices": "/invoices",
            "the invoices in the middle": f"/invoices?before={INVOICES // 2}",
            "those that are copied": "/invoices?state=copied",
            "those that are held": "/invoices?state=held",
            "a search for a number": "/invoices?search=N99",
            "a search for a letter": "/invoices?search=c",
            "a search that finds none": "/invoices?search=nobody",
            "one invoice": "/invoices/I-copied-0",
            "the story of one invoice": "/quickbooks/invoices/I-copied-0",
            "needs attention": "/quickbooks/attention",
        }.items():
            yield Figure(f"{name} of {INVOICES}", median(browser, address), BOUND, "ms")


def fill(home: Path) -> None:
    """Rows of the host's table up to INVOICES, every tenth of them held and the others copied or paid."""
    with closing(sqlite3.connect(home / "onedesk.sqlite")) as file:
        columns = "customer_id, customer_name, status, json, sent_by_host, changed_at, since, state"
        rows = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {INVOICES})"
        states = "CASE i % 10 WHEN 0 THEN 'held' WHEN 1 THEN 'copied' ELSE 'paid' END"
        file.execute(
            f"INSERT INTO invoice (id, number, {columns}) {rows} SELECT 'I' || i, 'N' || i, customer_id,"
            f" customer_name || i, status, json, sent_by_host, changed_at, since, {states}"
            " FROM n, invoice WHERE id = 'I-copied-0'"
        )
        file.commit()


def median(browser: Client, address: str) -> float:
    """The median time of several responses in milliseconds, after one that fills the caches."""
    taken = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        answer = browser.get(address)
        taken.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (address, answer.status_code)
    return statistics.median(taken[1:])


def main() -> int:
    """Print every figure."""
    return shown(figures)


if __name__ == "__main__":
    raise SystemExit(main())
