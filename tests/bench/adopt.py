"""The number of calls for adopting invoices, and the time of our own work.

`python -m tests.bench.adopt` enters INVOICES invoices in the sandbox and in the host, has PAID of them paid in both,
and adopts them all. It prints each figure with its bound and exits 1 if one is out of bounds. BENCH_INVOICES shortens
it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from onedesk_quickbooks.plugin.planning.adopt import Asked
from onedesk_quickbooks.plugin.sync.reconcile import listed
from tests.bench.parts.figures import shown
from tests.bench.parts.installed import CUSTOMERS, Clock, Installed, invoice, sandbox
from tests.bench.sandbox import Figure

INVOICES = min(10_000, int(os.environ.get("BENCH_INVOICES", "10000")))
PAID = INVOICES // 4


class Bookkeeper:
    """Enters records in QuickBooks."""

    def __init__(self, base_url: str) -> None:
        self._url = f"{base_url}/_control/deed"
        self._session = requests.Session()

    def enter(self, kind: str, **fields: Any) -> str:
        """Enter an object; return its id."""
        return str(self._done({"do": "create", "kind": kind, "fields": fields})[kind]["Id"])

    def pay(self, qbo_id: str) -> None:
        """Pay an invoice in full."""
        self._done({"do": "pay", "invoices": {qbo_id: "240.00"}})

    def _done(self, action: dict[str, Any]) -> dict[str, Any]:
        answer = self._session.post(self._url, json=action, timeout=30)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


def enter(installed: Installed) -> None:
    """Enter the same invoices on both sides, three lines in the host, one in QuickBooks."""
    books = Bookkeeper(installed.base_url)
    customers = [{"value": books.enter("Customer", DisplayName=f"Customer {n}")} for n in range(CUSTOMERS)]
    line = {"Amount": 240, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
    for n in range(INVOICES):
        own = invoice(f"own-{n}", f"Customer {n % CUSTOMERS}", "Service")
        installed.host.save({**own, "status": "paid" if n < PAID else "open"})
        fields = {"DocNumber": own["number"], "TxnDate": own["issue_date"], "Line": [line]}
        qbo_id = books.enter("Invoice", CustomerRef=customers[n % CUSTOMERS], **fields)
        if n < PAID:
            books.pay(qbo_id)


def figures(home: Path) -> Iterator[Figure]:
    """The figures of a report, and of the adoption."""
    with sandbox() as base_url:
        installed = Installed(home, base_url, Clock(1))
        enter(installed)
        application = installed.plugin.application
        installed.calls()
        report = application.adopt(Asked(listed(installed.host) or ()))
        assert report.counts["same"] == INVOICES, report.counts
        yield Figure(f"calls to match {INVOICES} invoices", sum(installed.calls().values()), 30, "calls")
        began = time.process_time()
        report = application.adopt(Asked(listed(installed.host) or ()), keep=True)
        seconds = time.process_time() - began
        assert (len(report.adopted), report.failed) == (INVOICES, {}), report.counts
        yield Figure(f"calls to adopt {INVOICES} invoices", sum(installed.calls().values()), 60, "calls")
        yield Figure("our own work to adopt an invoice", seconds / INVOICES * 1000, 12, "ms")


def main() -> int:
    """Print every figure."""
    return shown(figures)


if __name__ == "__main__":
    sys.exit(main())
