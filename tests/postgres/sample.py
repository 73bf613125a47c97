"""Stores a ledger of today's schema with something in every table, for `test_upgrade.py`; run before a release.

    python -m tests.postgres.sample

writes tests/postgres/released/VERSION.sqlite.sql and VERSION.postgresql.sql. A file of an older version stays as it is.
"""

from __future__ import annotations

import copy
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.ledger import CHANGED, Change, Conflict, KeptAnswer, Ledger, MarkedForm
from onedesk_quickbooks.plugin.ledger.database import HEAD
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.postgres.conftest import Server
from tests.support.sandboxes import serving
from tests.sync.conftest import ADMIN, INVOICE, Desk

ROOT = Path(__file__).parent.parent.parent
FOLDER = Path(__file__).parent / "released"
KEY = "b25lZGVzay1xdWlja2Jvb2tzLXRlc3RzLW9ubHktLS0="
"""What seals the tokens of the samples; they belong to a sandbox that is gone."""
TENANT = "acme"


def main() -> int:
    """Writes both files."""
    server = Server()
    try:
        url = server.database()
        for name, ledger in (("sqlite", ""), ("postgresql", url)):
            with tempfile.TemporaryDirectory() as folder:
                home = Path(folder)
                _fill(home, ledger)
                lines = _of_sqlite(home / "ledger.sqlite") if not ledger else _of_postgresql(server, url)
                text = "\n".join(lines).replace(str(ROOT), "/srv/desk")  # no path of the machine that made it
                (FOLDER / f"{HEAD}.{name}.sql").write_text(f"{text}\n", encoding="utf-8")
    finally:
        server.remove()
    return 0


def _fill(home: Path, ledger: str) -> None:
    """A company with work in every state: sent and paid, copied, held, waiting, refused and unanswered requests."""
    with serving() as books:
        given = books.sandbox.credentials(books.base_url)
        chosen = {key: given[key] for key in ("client_id", "client_secret", "verifier_token")}
        if ledger:
            chosen |= {"ledger": ledger, "tenant": TENANT}
        write_settings(home, {"environment": "local", "base_url": books.base_url, **chosen})
        (home / "key").write_text(KEY, encoding="utf-8")
        (home / "key").chmod(0o600)
        desk = Desk(home, books.sandbox, books.base_url)
        try:
            _work(desk)
        finally:
            desk.host.close()


def _work(desk: Desk) -> None:
    desk.connect()
    assert desk.send(_invoice("INV-1", "2041")).outcome == "sent"
    with desk.application.as_command("5a3b1e00", "copy", "ada, command line"):
        assert desk.copy(_invoice("INV-2", "2042", lines=1)).outcome == "copied"
    sent = next(row for row in desk.invoices() if row["DocNumber"] == "2041")
    desk.sandbox.pay({sent["Id"]: sent["TotalAmt"]})
    assert desk.application.bring_payments()
    assert desk.copy(_invoice("INV-3", "2043", lines=1, currency="EUR")).outcome == "held"
    desk.application.hold("INV-2", "Wait for the order number.", ADMIN)
    desk.application.reject_customer("C-8", "1", ADMIN)
    desk.sandbox.faults.inject(fault="closed_books", path="invoice", method="POST", count=1)
    assert desk.copy(_invoice("INV-4", "2044", lines=1)).outcome == "held"
    desk.save(_invoice("INV-5", "2045", lines=1))
    assert desk.host.act("INV-5", "quickbooks.copy", ADMIN)
    connected = desk.application.connected
    assert connected is not None
    body = _event(connected.realm_id)
    from onedesk_quickbooks.plugin.sandbox.controls.webhooks import sign

    assert desk.application.receive_webhook(body, sign(desk.application.settings.verifier_token, body)) == 1
    _now_and_then(desk.application.ledger, connected.realm_id, desk.clock.now())
    far = datetime(2100, 1, 1, tzinfo=timezone.utc) - datetime.now(timezone.utc)
    desk.clock.pass_by(seconds=far / timedelta(seconds=1))  # a state that does not expire before the test looks
    desk.application.begin_connect(ADMIN, "http://127.0.0.1/callback")


def _now_and_then(ledger: Ledger, realm_id: str, at: datetime) -> None:
    """What comes about only in time: a change that was decided, alerts, a command that the database was away for."""
    conflict = Conflict(
        "edited", "f2:abc", "170.00", ({"field": "total", "onedesk": "160.00", "quickbooks": "170.00"},)
    )
    change = Change("INV-2", "2042", CHANGED, "done", "It was changed.", {"id": "INV-2", "number": "2042"}, conflict)
    with ledger.together() as connection:
        ledger.conflicts.put(connection, realm_id, [change])
        ledger.commands.first_time(connection, "sample-command", realm_id, "copy")
        ledger.alerts.watched(connection, realm_id, at, at)
        ledger.marked_forms.say(connection, realm_id, [MarkedForm("77", "invoice", "INV-77", True)])
    _for_other_programs(ledger)
    ledger.alerts.add_sent(realm_id, "held", "log", at)
    ledger.alerts.pause(realm_id, "mail", at)
    ledger.queue_errors.failed(realm_id, "payments", "KeyError at plugin/sync/runner.py:1")


def _for_other_programs(ledger: Ledger) -> None:
    """A key of the HTTP API with an answer, a webhook, and what a reader has taken."""
    key, _ = ledger.api_keys.add("billing", ("invoices", "payments"))
    ledger.api_answers.keep(key.id, "sample-request", KeptAnswer("c" * 64, 202, {"id": "INV-1"}))
    ledger.outgoing_webhooks.put("https://desk.example/payments", b"sample-secret", 0)
    ledger.payment_events.ack(1)


def _invoice(number: str, shown: str, lines: int = 2, **fields: Any) -> dict[str, Any]:
    made = {**copy.deepcopy(INVOICE), "id": number, "number": shown, **fields}
    made["lines"] = made["lines"][:lines]
    if lines == 1:
        made |= {"subtotal": "160.00", "total": "160.00"}
    return made


def _event(realm_id: str) -> bytes:
    return (
        '[{"specversion":"1.0","id":"sample-event","source":"intuit.sample","type":"qbo.payment.created.v1",'
        '"datacontenttype":"application/json","time":"2026-07-02T10:00:00Z","intuitentityid":"901",'
        f'"intuitaccountid":"{realm_id}","data":{{}}}}]'
    ).encode()


def _of_sqlite(path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(path)) as connection:
        yield from connection.iterdump()


def _of_postgresql(server: Server, url: str) -> list[str]:
    dump = [
        str(server.programs / "pg_dump"),
        "--inserts",
        "--no-owner",
        "--no-privileges",
        f"--schema=onedesk_{TENANT}",
    ]
    done = subprocess.run([*dump, url], stdout=subprocess.PIPE, text=True, check=True, timeout=60)
    return [
        line
        for line in done.stdout.splitlines()
        if line and not line.startswith(("--", "\\", "SET ", "SELECT pg_catalog.set_config"))
    ]


if __name__ == "__main__":
    sys.exit(main())
