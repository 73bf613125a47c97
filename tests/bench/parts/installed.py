"""A host with the plugin and a large queue, connected to a sandbox in a separate process."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
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
from tests.support.invoices import invoice_json

CUSTOMERS = 200
ADMIN = "admin"
_BIN = Path(sys.executable).parent


class Clock:
    """Time that runs SCALE times as fast as the machine's, like the sandbox's."""

    def __init__(self, scale: int) -> None:
        self._scale = scale
        self._began = time.monotonic()
        self._base = datetime.now(timezone.utc)

    def now(self) -> datetime:
        return self._base + timedelta(seconds=(time.monotonic() - self._began) * self._scale)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self._scale)


class Installed:
    """A host with the plugin, connected to a sandbox."""

    def __init__(self, home: Path, base_url: str, clock: Clock, poll_seconds: int = 300) -> None:
        self.base_url = base_url
        self.home = home
        given = requests.get(f"{base_url}/_control/credentials", timeout=30).json()
        chosen = {key: given[key] for key in ("client_id", "client_secret", "verifier_token")}
        write_settings(
            home, {"environment": "local", "base_url": base_url, "poll_seconds": str(poll_seconds), **chosen}
        )
        self.plugin = QuickBooksPlugin(background=False, now=clock.now, sleep=clock.sleep)
        self.host = EmbeddedHost.open(home, plugins=[self.plugin])
        application = self.plugin.application
        asked = application.begin_connect(ADMIN, "http://127.0.0.1/callback")
        answer = requests.post(asked, data={"decision": "approve"}, allow_redirects=False, timeout=30)
        back = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
        application.finish_connect(back["state"], back["code"], back["realmId"])
        reference = application.reference()
        assert reference is not None
        income = next(account for account in reference.accounts if account.type == "Income")
        application.choose(ADMIN, "default_income_account", income.name)
        self.calls()

    def calls(self) -> dict[str, int]:
        """Requests per endpoint since the last call, as counted by the sandbox."""
        found: dict[str, int] = requests.get(f"{self.base_url}/_control/log", timeout=30).json()["calls"]
        requests.delete(f"{self.base_url}/_control/log", timeout=30)
        return {name: count for name, count in found.items() if "/v3/" in name or not name.count("oauth")}

    def ask(self, tag: str, count: int, customers: str, items: str, of: int = CUSTOMERS, **fields: str) -> None:
        """Create `count` invoices of three lines for `of` customers, open them and request copies; `fields` replace
        fields of each."""
        for n in range(count):
            asked = invoice(f"{tag}{n}", f"{customers} {n % of}", items)
            self.host.save({**asked, **fields, "status": "draft"})
            self.host.open_invoice(asked["id"], ADMIN)
            self.host.act(asked["id"], "quickbooks.copy", ADMIN)

    def drain(self) -> tuple[int, float, float]:
        """The number of copied invoices, the seconds, and the processor seconds of this process."""
        wall, own = time.monotonic(), time.process_time()
        outcomes = self.plugin.application.drain(patience=timedelta(minutes=10))
        assert all(each.outcome in ("copied", "unchanged") for each in outcomes), outcomes[:3]
        return len(outcomes), time.monotonic() - wall, time.process_time() - own

    def waiting(self) -> int:
        """The number of invoices still to be copied."""
        application = self.plugin.application
        realm = application.connected.realm_id if application.connected else ""
        return application.ledger.queue_lists.counts(realm).get("todo", 0)

    def throttled(self) -> int:
        """The number of calls that the sandbox has answered with 429 since the last `calls()`."""
        return sum(entry["status"] == 429 for entry in self._log())

    def writes(self) -> int:
        """The number of writing calls since the last `calls()`: a batch of queries does not count."""
        asked = [each for each in self._log() if each["method"] == "POST" and not each["path"].endswith("/query")]
        items = [json.loads(each["request"]).get("BatchItemRequest", [{}]) for each in asked]
        return sum(any("Query" not in item for item in some) for some in items)

    def batches(self) -> list[float]:
        """When the sandbox received each batch since the last `calls()`, in seconds by its clock."""
        taken = [each for each in self._log() if each["path"].endswith("/batch") and each["status"] == 200]
        return [datetime.fromisoformat(each["at"]).timestamp() for each in taken]

    def _log(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = requests.get(f"{self.base_url}/_control/log", timeout=30).json()["requests"]
        return found

    def seed(self, tag: str, count: int) -> None:
        """Create `count` invoices like the one of `tag`, open and queued: the same result as `ask`, but faster."""
        self._multiply("onedesk", "invoice", "id", "json", tag, count)
        self._multiply("ledger", "work", "od_invoice_id", "invoice", tag, count)
        with sqlite3.connect(self.home / "ledger.sqlite") as connection:
            connection.execute(f"UPDATE work SET state = 'todo', outcome = NULL WHERE od_invoice_id LIKE 'I-{tag}-%'")

    def _multiply(self, name: str, table: str, key: str, record: str, tag: str, count: int) -> None:
        with sqlite3.connect(self.home / f"{name}.sqlite") as connection:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if not row[5]]
            one = f"SELECT * FROM {table} WHERE {key} = 'I-{tag}'"
            named = {each: f"replace({each}, '{tag}', '{tag}-' || n)" for each in (key, record)}
            values = ", ".join(named.get(each, each) for each in columns)
            connection.execute(
                f"WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < {count}) "
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM many, ({one})"
            )


def invoice(tag: str, customer: str, items: str) -> dict[str, Any]:
    """An invoice of three lines."""
    lines = [
        {"id": str(n), "service_type": f"{items} {n}", "quantity": "2", "unit_price": "40.00", "amount": "80.00"}
        for n in range(3)
    ]
    return invoice_json(
        f"I-{tag}",
        *lines,
        number=tag,
        customer={"id": f"C-{customer}", "name": customer, "billing_contact": {"email": "a@customer.example"}},
        total="240.00",
    )


@contextmanager
def sandbox(*options: str) -> Iterator[str]:
    """A context with a sandbox in a separate process; gives its address."""
    command = [str(_BIN / "onedesk-quickbooks"), "sandbox", "--port", "0", "--json", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield str(simplejson.loads(process.stdout.readline())["base_url"])
    finally:
        process.terminate()
        process.wait(30)
