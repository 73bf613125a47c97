"""The number of calls and the time of the company queue, beside a straightforward loop with python-quickbooks.

`python -m tests.bench.company_queue` starts the sandbox in a separate process: once with QuickBooks' limits and SCALE
times faster, once without limits and so much faster that our own pacing (40 batches a minute, whatever QuickBooks would
accept) has no effect. It prints each figure with its bound and exits 1 if one is out of bounds. BENCH_INVOICES shortens
the long run.
"""

from __future__ import annotations

import os
import resource
import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import requests

from tests.bench.parts.figures import shown
from tests.bench.parts.installed import Clock, Installed, sandbox
from tests.bench.parts.loop import LOOPED, loop
from tests.bench.sandbox import Figure

SCALE = 2
UNPACED = 20
INVOICES = 1000
MANY = int(os.environ.get("BENCH_INVOICES", "100000"))
LONG, STEADY = 4800, 3600
"""The number of invoices at once, and of the last ones that show the lasting throughput: three minutes of batches."""
OWN = 500
"""The maximum number of payments in one request of the HTTP API."""
OWN_RULES = "version: 1\npayments: {direction: host}\ntaxes: {otherwise: company_default}\n"


def limited(home: Path) -> Iterator[Figure]:
    """With QuickBooks' limits."""
    with sandbox("--limits", "--time-scale", str(SCALE)) as base_url:
        clock = Clock(SCALE)
        installed = Installed(home, base_url, clock)
        installed.ask("new-", INVOICES, "Customer", "Service")
        count, _, _ = installed.drain()
        fresh = sum(installed.calls().values()) / count
        yield Figure("calls an invoice, all customers and items new", fresh, 0.15, "calls")
        installed.ask("known-", INVOICES, "Customer", "Service")
        installed.calls()
        count, seconds, _ = installed.drain()
        throttled = installed.throttled()
        known = sum(installed.calls().values()) / count
        yield Figure("calls an invoice, known customers and items", known, 0.06, "calls")
        granted = 60 / (40 * 30)  # seconds per invoice at the allowed 40 batches of 30 a minute
        yield Figure("time against what the batch limit grants", seconds * SCALE / count / granted, 1 / 0.95)
        yield from _single(installed)
        installed.calls()
        installed.seed("known-0", LONG)
        installed.drain()
        batches = installed.batches()
        last = len(batches) - 1
        seconds = (batches[last] - batches[last - STEADY // 30]) / STEADY
        yield Figure(f"the same in the steady state, {STEADY} invoices", seconds * SCALE / granted, 1 / 0.95)
        yield Figure("calls that were throttled (429)", throttled + installed.throttled(), 0, "calls")
        yield from _beside(installed, known, seconds)


def _beside(installed: Installed, calls: float, seconds: float) -> Iterator[Figure]:
    """The loop with python-quickbooks, within the same limits."""
    time.sleep(60 / SCALE)  # the loop starts with an unused limit
    installed.calls()
    looped = loop(installed.base_url, 1 / SCALE)
    theirs = sum(installed.calls().values()) / LOOPED
    yield Figure("calls an invoice against python-quickbooks' loop", calls / theirs, 1)
    yield Figure("time an invoice against it, with limits", seconds / looped, 1)


def _single(installed: Installed) -> Iterator[Figure]:
    installed.ask("one-", 1, "Customer", "Service")
    installed.calls()
    installed.drain()
    yield Figure("a single copy, warm", sum(installed.calls().values()), 1, "calls")
    installed.ask("fresh-", 1, "Somebody new", "Something new")
    installed.drain()
    yield Figure("a new customer and three new items", sum(installed.calls().values()), 4, "calls")
    installed.calls()
    installed.ask("one-", 1, "Customer", "Service")
    installed.drain()
    yield Figure("writes of an unchanged re-copy", installed.writes(), 0, "calls")


def payments(home: Path) -> Iterator[Figure]:
    """Bringing back a payment."""
    with sandbox("--limits") as base_url:
        installed = Installed(home, base_url, Clock(1))
        installed.ask("paid-", 20, "Customer", "Service", of=1)
        installed.drain()
        yield Figure("one payment on 20 invoices brought back", _paid(installed, 20), 2, "calls")


def _paid(installed: Installed, count: int) -> float:
    """The number of calls to bring back one payment on `count` invoices."""
    application = installed.plugin.application
    application.bring_payments()
    realm = application.connected.realm_id if application.connected else ""
    links = application.ledger.links.invoices(realm, [f"I-paid-{n}" for n in range(count)])
    paid = {"do": "pay", "invoices": {each.qbo_id: "240.00" for each in links.values()}}
    answer = requests.post(f"{installed.base_url}/_control/deed", json=paid, timeout=30)
    answer.raise_for_status()
    installed.calls()
    news = application.bring_payments()
    assert len(news) == len(links) == count, news
    return sum(installed.calls().values())


def own_payments(home: Path) -> Iterator[Figure]:
    """Payments that the host has recorded, each for one invoice, with QuickBooks' limits."""
    home.mkdir(exist_ok=True)
    (home / "rules.yaml").write_text(OWN_RULES, encoding="utf-8")
    with sandbox("--limits", "--time-scale", str(SCALE)) as base_url:
        installed = Installed(home, base_url, Clock(SCALE))
        installed.ask("own-", OWN, "Customer", "Service")
        installed.drain()
        time.sleep(60 / SCALE)  # starts with an unused limit
        for n in range(OWN):
            made = {"id": f"P-{n}", "date": "2026-07-10", "currency": "USD", "amount": "240.00"}
            installed.host.record_own({**made, "invoices": [{"id": f"I-own-{n}", "amount": "240.00"}]})
        installed.calls()
        began = time.monotonic()
        outcomes = installed.plugin.application.drain(patience=timedelta(minutes=10))
        minutes = (time.monotonic() - began) * SCALE / 60
        assert [each.outcome for each in outcomes] == ["recorded"] * OWN, outcomes[:3]
        throttled = installed.throttled()
        yield Figure(f"calls a payment of the host, {OWN} at once", sum(installed.calls().values()) / OWN, 0.2, "calls")
        yield Figure("the same that were throttled (429)", throttled, 0, "calls")
        yield Figure("minutes that they take", minutes, 1.5, "min")


def unlimited(home: Path) -> Iterator[Figure]:
    """Without limits: our own work, and the same by a loop with python-quickbooks."""
    with sandbox("--time-scale", str(UNPACED)) as base_url:
        # The sandbox's time is not scaled: looks for payments overlap by five real minutes, and have the same interval.
        installed = Installed(home, base_url, Clock(UNPACED), poll_seconds=300 * UNPACED)
        installed.ask("warm-", 150, "Customer", "Service")
        installed.drain()
        installed.ask("own-", INVOICES, "Customer", "Service")
        count, seconds, own = installed.drain()
        yield Figure("our own work an invoice", own / count * 1000, 5, "ms")
        yield Figure("time an invoice against python-quickbooks' loop", (seconds / count) / loop(base_url, 0), 1)
        before = _resident()
        installed.seed("own-0", MANY - INVOICES)
        began = time.process_time()
        while installed.waiting():
            installed.plugin.application.time_slice(timedelta(days=1))
        own = (time.process_time() - began) / (MANY - INVOICES)
        yield Figure(f"our own work an invoice, {MANY} in all", own * 1000, 5, "ms")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        yield Figure(f"memory at most, with {MANY} invoices", peak, 200, "MB")
        yield Figure(f"memory after {MANY} against {INVOICES} invoices", _resident() / before, 1.25)


def _resident() -> float:
    """The current memory of this process in megabytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def large(home: Path) -> Iterator[Figure]:
    """A ledger with a million invoices."""
    with sandbox() as base_url:
        installed = Installed(home, base_url, Clock(1))
        installed.ask("seed-", 1, "Customer", "Service")
        installed.drain()
        with sqlite3.connect(home / "ledger.sqlite") as connection:
            for table, key in (("work", "od_invoice_id"), ("invoice_link", "od_invoice_id")):
                names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
                own = {key: f"{key} || '-' || n", "id": "n + 1000", "qbo_id": "'x' || n"}
                columns = ", ".join(names)
                values = ", ".join(own.get(name, name) for name in names)
                connection.execute(
                    f"WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 1000000) "
                    f"INSERT INTO {table} ({columns}) SELECT {values} FROM many, (SELECT * FROM {table} LIMIT 1)"
                )
        application = installed.plugin.application
        began = time.monotonic()
        application.status()
        yield Figure("status of a ledger with 1,000,000 invoices", (time.monotonic() - began) * 1000, 200, "ms")
        connected = application.connected
        assert connected is not None
        began = time.monotonic()
        application.ledger.queue_lists.in_states(connected.realm_id, ("todo", "held", "failed"))
        yield Figure("queue of a ledger with 1,000,000 invoices", (time.monotonic() - began) * 1000, 200, "ms")


def main() -> int:
    """Print every figure."""
    return shown(payments, own_payments, limited, unlimited, large)


if __name__ == "__main__":
    sys.exit(main())
