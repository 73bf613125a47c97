"""The time to store a burst of webhooks, for which Intuit waits three seconds (qbo-api.md, webhooks), and to refuse too
many.

`python -m tests.bench.webhooks` signs one body of EVENTS events and passes it to the plugin, on SQLite. It prints the
figure with its bound and exits 1 if it is out of bounds.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import requests

from onedesk_quickbooks.plugin.qbo import BadWebhook, read_events
from onedesk_quickbooks.plugin.sandbox.controls.webhooks import sign
from tests.bench.parts.figures import shown
from tests.bench.parts.installed import Clock, Installed, sandbox
from tests.bench.sandbox import Figure
from tests.qbo.test_webhooks import HEAVY

EVENTS = 2000


def figures(home: Path) -> Iterator[Figure]:
    """New events, then the same body again."""
    with sandbox() as base_url:
        application = Installed(home, base_url, Clock(1)).plugin.application
        verifier = requests.get(f"{base_url}/_control/credentials", timeout=30).json()["verifier_token"]
        connected = application.connected
        assert connected is not None
        entities = [
            {"name": "Payment", "id": str(number), "operation": "Create", "lastUpdated": "2026-11-27T10:00:00Z"}
            for number in range(EVENTS)
        ]
        notification = {"realmId": connected.realm_id, "dataChangeEvent": {"entities": entities}}
        body = json.dumps({"eventNotifications": [notification]}).encode()
        for name, new in (("new", EVENTS), ("that were seen", 0)):
            began = time.monotonic()
            assert application.receive_webhook(body, sign(verifier, body)) == new
            yield Figure(f"to keep {EVENTS} events {name}", time.monotonic() - began, 3, "s")
    for name, refused in HEAVY.items():
        began_at = time.process_time()
        try:
            read_events(refused)
        except BadWebhook:
            yield Figure(f"to refuse a notification: {name}", time.process_time() - began_at, 0.3, "s")


def main() -> int:
    """Print every figure."""
    return shown(figures)


if __name__ == "__main__":
    sys.exit(main())
