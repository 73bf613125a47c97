"""QuickBooks' notifications find the tenant whose company they tell of, and outlive the database's absence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import requests

from onedesk_quickbooks.plugin.distributed.jobs import Caller
from onedesk_quickbooks.plugin.ledger import LedgerAway
from onedesk_quickbooks.plugin.sandbox.controls.webhooks import sign
from tests.postgres.conftest import Server
from tests.postgres.crew import Crew, numbered
from tests.sync.conftest import Desk

pytestmark = pytest.mark.postgres
QUIET = {"poll_seconds": "0"}
"""Payments are asked for when a webhook comes, and never else."""


@pytest.fixture
def two(crew: Crew, invoice: Callable[..., dict[str, Any]]) -> tuple[Desk, Desk]:
    """Two tenants with a company each behind one Intuit app, whose webhooks go to the first's `serve`. Each has copied
    an invoice by a worker."""
    sandbox, base_url = crew.quickbooks(also=("us",))
    sandbox.webhooks.stop()  # they come when a test says so
    acme, beta = (
        crew.join(name, company, base_url, QUIET)
        for name, company in zip(("acme", "beta"), sandbox.companies, strict=True)
    )
    crew.run(acme.home, "serve", "--port", "0")
    sandbox.webhooks.url = crew.address("OneDesk-style host   ") + "/quickbooks/webhooks"
    crew.start()
    for desk, name in ((acme, "acme"), (beta, "beta")):
        crew.ask(desk, "copy", numbered(invoice, name, 1))
    crew.wait(lambda: crew.rest(acme) and crew.rest(beta))
    delivered(acme)
    return acme, beta


def delivered(desk: Desk) -> list[int]:
    """What the address answered to all that was waiting to be delivered."""
    return [each.status for each in desk.sandbox.webhooks.deliver()]


def pay(desk: Desk) -> None:
    """The customer pays the invoice."""
    (made,) = desk.invoices()
    desk.sandbox.pay({made["Id"]: made["TotalAmt"]})


def events(crew: Crew, tenant: str) -> set[str]:
    """The companies that this tenant's ledger keeps events of."""
    with psycopg.connect(crew.url) as connection:
        found = connection.execute(f"SELECT realm_id FROM onedesk_{tenant}.webhook_event".encode())
        return {str(row[0]) for row in found}


def test_a_payment_is_reported_to_the_tenant_whose_company_it_is(crew: Crew, two: tuple[Desk, Desk]) -> None:
    acme, beta = two
    for desk in (beta, acme):
        pay(desk)
    assert delivered(acme) == [200], "one address, one notification of both companies"
    crew.wait(lambda: beta.shown("beta-1").status == "paid" and acme.shown("acme-1").status == "paid")
    assert events(crew, "acme") == {acme.sandbox.realm_id}
    assert events(crew, "beta") == {beta.sandbox.realm_id}


def test_each_tenant_checks_the_signature_with_its_own_token(
    crew: Crew, two: tuple[Desk, Desk], invoice: Callable[..., dict[str, Any]]
) -> None:
    """A tenant that knows the verifier token of its own app alone cannot make another believe anything."""
    acme, _ = two
    other = crew.tenant("other", QUIET)
    crew.ask(other, "copy", numbered(invoice, "other", 1))
    crew.wait(lambda: crew.rest(other))
    body = (
        '[{"specversion":"1.0","id":"forged","source":"x","type":"qbo.payment.created.v1","time":"2026-07-02T10:00:00Z",'
        f'"intuitentityid":"1","intuitaccountid":"{other.sandbox.realm_id}","data":{{}}}}]'
    ).encode()
    assert acme.application.receive_webhook(body, sign(acme.application.settings.verifier_token, body)) == 0
    crew.wait(lambda: "a webhook that another tenant had received was not kept" in crew.logs())
    assert events(crew, "other") == set()


def test_a_worker_that_cannot_be_called_is_a_database_that_is_away(crew: Crew, server: Server) -> None:
    crew.tenant("acme", QUIET)
    call = Caller(crew.url, "acme")
    call("9341000000000001")
    server.stop()
    try:
        with pytest.raises(LedgerAway, match="what waits is found when it is back"):
            call("9341000000000001")
    finally:
        server.start()


def test_while_the_database_is_away_it_is_to_be_sent_again(crew: Crew, two: tuple[Desk, Desk], server: Server) -> None:
    acme, beta = two
    for desk in (acme, beta):
        pay(desk)
    server.stop()
    try:
        assert delivered(acme) == [503]
        for path in ("/ready", "/health", "/metrics"):
            answer = requests.get(crew.address("OneDesk-style host   ") + path, timeout=30)
            assert (answer.status_code, answer.json()["ready"], "postgresql" in answer.text) == (503, False, False)
        assert delivered(acme) == [503]
    finally:
        server.start()
    crew.wait(lambda: delivered(acme) == [200])
    crew.wait(lambda: acme.shown("acme-1").status == "paid" and beta.shown("beta-1").status == "paid")
    logs = crew.logs()
    at = logs.find("Traceback")
    assert at < 0, logs[max(0, at - 1000) : at + 6000]
