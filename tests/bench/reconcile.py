"""The number of calls for reconciling, and the time of our own work.

`python -m tests.bench.reconcile` copies INVOICES invoices to the sandbox, has PAID of them paid, and compares both
sides. It prints each figure with its bound and exits 1 if one is out of bounds. BENCH_INVOICES shortens it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import requests

from onedesk_quickbooks.plugin.sync.reconcile import listed
from tests.bench.parts.figures import shown
from tests.bench.parts.installed import Clock, Installed, sandbox
from tests.bench.sandbox import Figure

INVOICES = min(10_000, int(os.environ.get("BENCH_INVOICES", "10000")))
PAID = INVOICES // 4
UNPACED = 20


def figures(home: Path) -> Iterator[Figure]:
    """Both sides have the same invoices; the payments were not brought back."""
    with sandbox("--time-scale", str(UNPACED)) as base_url:
        installed = Installed(home, base_url, Clock(UNPACED), poll_seconds=300 * UNPACED)
        installed.ask("own-", 200, "Customer", "Service")
        installed.seed("own-0", INVOICES - 200)
        installed.drain()
        application = installed.plugin.application
        realm = application.connected.realm_id if application.connected else ""
        for link in application.ledger.links.every(realm)[:PAID]:
            paid = {"do": "pay", "invoices": {link.qbo_id: "240.00"}}
            requests.post(f"{base_url}/_control/deed", json=paid, timeout=30).raise_for_status()
        installed.calls()
        began = time.process_time()
        report = application.reconcile(None, None, listed(installed.host), ours=True)
        seconds = time.process_time() - began
        assert (len(report.pairs), len(report.differences)) == (INVOICES, PAID), report.counts
        calls = sum(installed.calls().values())
        yield Figure(f"calls to reconcile {INVOICES} invoices", calls, 60, "calls")
        yield Figure("our own work to reconcile an invoice", seconds / INVOICES * 1000, 5, "ms")


def main() -> int:
    """Print every figure."""
    return shown(figures)


if __name__ == "__main__":
    sys.exit(main())
