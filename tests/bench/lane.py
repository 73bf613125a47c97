"""How many calls and how much time the lane takes, beside a straightforward loop with python-quickbooks.

`python -m tests.bench.lane` starts the sandbox in a process of its own, with QuickBooks' limits in force and its time
running SCALE times as fast; it prints each figure with its bound and ends with 1 when one is not met.
"""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
import simplejson

from onedesk_quickbooks.hooks import QuickBooksPlugin
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.bench.sandbox import Figure

SCALE = 2
INVOICES = 1000
CUSTOMERS = 200
ADMIN = "admin"
_ROOT = Path(sys.executable).parent


class Clock:
    """Time that runs SCALE times as fast as the machine's, as the sandbox's does."""

    def __init__(self, scale: int) -> None:
        self._scale = scale
        self._began = time.monotonic()
        self._base = datetime.now(timezone.utc)

    def now(self) -> datetime:
        return self._base + timedelta(seconds=(time.monotonic() - self._began) * self._scale)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self._scale)


class Office:
    """A host with the plugin, connected to a sandbox."""

    def __init__(self, home: Path, base_url: str, clock: Clock) -> None:
        self.base_url = base_url
        given = requests.get(f"{base_url}/_control/credentials", timeout=30).json()
        chosen = {key: given[key] for key in ("client_id", "client_secret", "verifier_token")}
        write_settings(home, {"environment": "local", "base_url": base_url, **chosen})
        self.plugin = QuickBooksPlugin(background=False, now=clock.now, sleep=clock.sleep)
        self.host = EmbeddedHost.open(home, plugins=[self.plugin])
        bridge = self.plugin.bridge
        asked = bridge.begin_connect(ADMIN, "http://127.0.0.1/callback")
        answer = requests.post(asked, data={"decision": "approve"}, allow_redirects=False, timeout=30)
        back = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
        bridge.finish_connect(back["state"], back["code"], back["realmId"])
        reference = bridge.reference()
        assert reference is not None
        income = next(account for account in reference.accounts if account.type == "Income")
        bridge.choose(ADMIN, "default_income_account", income.name)
        self.calls()

    def calls(self) -> dict[str, int]:
        """Requests per endpoint since the last time, as the sandbox counted them."""
        found: dict[str, int] = requests.get(f"{self.base_url}/_control/log", timeout=30).json()["calls"]
        requests.delete(f"{self.base_url}/_control/log", timeout=30)
        return {name: count for name, count in found.items() if "/v3/" in name or not name.count("oauth")}

    def ask(self, tag: str, count: int, customers: str, items: str) -> None:
        """So many invoices of three lines, saved, opened and asked to be copied."""
        for n in range(count):
            invoice = _invoice(f"{tag}{n}", f"{customers} {n % CUSTOMERS}", items)
            self.host.save({**invoice, "status": "draft"})
            self.host.open_invoice(invoice["id"], ADMIN)
            self.host.act(invoice["id"], "quickbooks.copy", ADMIN)

    def drain(self) -> tuple[int, float, float]:
        """How many were copied, the seconds it took, and the processor's seconds of this process."""
        wall, own = time.monotonic(), time.process_time()
        outcomes = self.plugin.bridge.drain(patience=timedelta(minutes=10))
        assert all(each.outcome in ("copied", "unchanged") for each in outcomes), outcomes[:3]
        return len(outcomes), time.monotonic() - wall, time.process_time() - own


def _invoice(tag: str, customer: str, items: str) -> dict[str, Any]:
    lines = [
        {"id": str(n), "service_type": f"{items} {n}", "quantity": "2", "unit_price": "40.00", "amount": "80.00"}
        for n in range(3)
    ]
    return {
        "id": f"I-{tag}",
        "number": tag,
        "status": "open",
        "currency": "USD",
        "issue_date": "2026-07-01",
        "customer": {"id": f"C-{customer}", "name": customer, "billing_contact": {"email": "a@customer.example"}},
        "lines": lines,
        "total": "240.00",
    }


@contextmanager
def sandbox(*options: str) -> Iterator[str]:
    """A sandbox in a process of its own; its address."""
    command = [str(_ROOT / "onedesk-quickbooks"), "sandbox", "--port", "0", "--json", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield str(simplejson.loads(process.stdout.readline())["base_url"])
    finally:
        process.terminate()
        process.wait(30)


def limited(home: Path) -> Iterator[Figure]:
    """With QuickBooks' limits in force."""
    with sandbox("--limits", "--time-scale", str(SCALE)) as base_url:
        clock = Clock(SCALE)
        office = Office(home, base_url, clock)
        office.ask("new-", INVOICES, "Customer", "Service")
        count, _, _ = office.drain()
        yield Figure(
            "calls an invoice, all customers and items new", sum(office.calls().values()) / count, 0.15, "calls"
        )
        office.ask("known-", INVOICES, "Customer", "Service")
        office.calls()
        count, seconds, _ = office.drain()
        yield Figure("calls an invoice, known customers and items", sum(office.calls().values()) / count, 0.06, "calls")
        granted = 40 * 30 / 60  # invoices a second that 40 batches of 30 a minute allow
        yield Figure("time against what the batch limit grants", seconds * SCALE / (count / granted), 1 / 0.95)
        yield from _single(office)


def _single(office: Office) -> Iterator[Figure]:
    office.ask("one-", 1, "Customer", "Service")
    office.calls()
    office.drain()
    yield Figure("a single copy, warm", sum(office.calls().values()), 1, "calls")
    office.ask("fresh-", 1, "Somebody new", "Something new")
    office.drain()
    yield Figure("a new customer and three new items", sum(office.calls().values()), 4, "calls")
    office.ask("one-", 1, "Customer", "Service")
    office.drain()
    writes = sum(count for name, count in office.calls().items() if name.startswith("POST") and "query" not in name)
    yield Figure("writes of an unchanged re-copy", writes, 0, "calls")


def unlimited(home: Path) -> Iterator[Figure]:
    """Without limits: what we do ourselves, and the same by a loop with python-quickbooks."""
    with sandbox() as base_url:
        office = Office(home, base_url, Clock(1))
        office.ask("warm-", 150, "Customer", "Service")
        office.drain()
        office.ask("own-", INVOICES, "Customer", "Service")
        office.calls()
        count, seconds, own = office.drain()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        yield Figure("our own work an invoice", own / count * 1000, 5, "ms")
        loop = _loop(base_url)
        yield Figure("time an invoice against python-quickbooks' loop", (seconds / count) / loop, 1)
        office.ask("more-", 3 * INVOICES, "Customer", "Service")
        office.drain()
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        yield Figure("memory after four times as many invoices", after / 1024, 200, "MB")
        yield Figure("memory grown by it", after / before, 1.15)


def _loop(base_url: str) -> float:
    """Seconds an invoice of the straightforward loop: look the customer and the items up, create, go on."""
    from intuitlib.client import AuthClient
    from quickbooks import QuickBooks
    from quickbooks.objects.customer import Customer
    from quickbooks.objects.detailline import SalesItemLine, SalesItemLineDetail
    from quickbooks.objects.invoice import Invoice
    from quickbooks.objects.item import Item

    given = requests.get(f"{base_url}/_control/credentials", timeout=30).json()
    discovery = f"{base_url}/.well-known/openid_sandbox_configuration"
    auth = AuthClient(given["client_id"], given["client_secret"], "http://127.0.0.1/callback", discovery)
    auth.access_token = given["access_token"]
    client = QuickBooks(auth_client=auth, company_id=given["realm_id"])
    client.sandbox, client.api_url_v3 = False, f"{base_url}/v3"
    began, count = time.monotonic(), 100
    for n in range(count):
        customer = Customer.filter(DisplayName=f"Customer {n % CUSTOMERS}", qb=client)[0]
        invoice = Invoice()
        invoice.CustomerRef = customer.to_ref()
        for number in range(3):
            line = SalesItemLine()
            line.Amount = 80
            line.SalesItemLineDetail = SalesItemLineDetail()
            line.SalesItemLineDetail.Qty, line.SalesItemLineDetail.UnitPrice = 2, 40
            line.SalesItemLineDetail.ItemRef = Item.filter(Name=f"Service {number}", qb=client)[0].to_ref()
            invoice.Line.append(line)
        invoice.save(qb=client)
    return (time.monotonic() - began) / count


def large(home: Path) -> Iterator[Figure]:
    """A ledger with a million invoices."""
    with sandbox() as base_url:
        office = Office(home, base_url, Clock(1))
        office.ask("seed-", 1, "Customer", "Service")
        office.drain()
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
        bridge = office.plugin.bridge
        began = time.monotonic()
        bridge.status()
        yield Figure("status of a ledger with 1,000,000 invoices", (time.monotonic() - began) * 1000, 200, "ms")
        connected = bridge.connected
        assert connected is not None
        began = time.monotonic()
        bridge.ledger.queue.standing(connected.realm_id, ("todo", "held", "failed"))
        yield Figure("queue of a ledger with 1,000,000 invoices", (time.monotonic() - began) * 1000, 200, "ms")


def main() -> int:
    """Print every figure."""
    met = True
    for part in (limited, unlimited, large):
        with tempfile.TemporaryDirectory() as folder:
            for figure in part(Path(folder)):
                sys.stdout.write(f"{figure}\n")
                sys.stdout.flush()
                met = met and figure.met
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
