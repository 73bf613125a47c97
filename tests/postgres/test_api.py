"""The HTTP API with a ledger in PostgreSQL: keys, states, one answer to one request, events, webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.api.conftest import Installation, invoice

__all__ = ["invoice"]
pytestmark = pytest.mark.postgres


@pytest.fixture
def served(url: str, tmp_path: Path) -> Iterator[Installation]:
    """A tenant without a company."""
    write_settings(tmp_path, {"ledger": url, "tenant": "acme"})
    made = Installation(tmp_path)
    with closing(made.host):
        yield made


def test_keys_answers_events_and_webhooks(served: Installation, invoice: Callable[..., dict[str, Any]]) -> None:
    programs = [served.program("invoices", "payments")] * 4
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda each: each.post("opened", invoice(), once="k"), programs))
    assert {each.status_code for each in answers} == {202}
    assert all(each.json == answers[0].json for each in answers)
    program, ledger = programs[0], served.application.ledger
    assert program.get("/invoices/INV-7")["state"] == "none"
    assert program.call("GET", "/invoices/%00").status_code == 404
    assert program.payments() == {"payments": [], "next": "0", "more": False}
    assert program.call("GET", f"/payments?after={2**53}").status_code == 422
    ledger.outgoing_webhooks.put("http://127.0.0.1:9/", b"secret", 0)
    assert served.application.deliver_webhooks() == 0
    assert [ledger.payment_events.ack(number) for number in (2, 1)] == [2, 2]
    assert ledger.api_keys.revoke("program 0")
    assert program.call("GET", "/payments").status_code == 401
