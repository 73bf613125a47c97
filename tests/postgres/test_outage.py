"""PostgreSQL stops while the host goes on: hooks return, work waits, nothing is lost or doubled."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from onedesk_quickbooks.plugin.ledger import LedgerAway
from tests.postgres.conftest import Server
from tests.sync.conftest import ADMIN, Desk

pytestmark = pytest.mark.postgres
QUICK = 2.0
"""Seconds that a hook may take at most on a busy machine."""


@pytest.fixture
def desk(desks: Callable[..., Desk], url: str) -> Desk:
    made = desks(settings={"ledger": url, "tenant": "acme"})
    made.connect()
    return made


def test_what_is_asked_while_the_database_is_away_is_done_when_it_is_back(
    desk: Desk, server: Server, invoice: Callable[..., dict[str, Any]]
) -> None:
    desk.copy(invoice())
    server.stop()
    try:
        begun = time.monotonic()
        for number in ("2", "3"):
            desk.save(invoice(id=f"INV-{number}", number=number))
        assert desk.host.act("INV-2", "quickbooks.copy", ADMIN)
        assert desk.host.send("INV-3", ADMIN)
        assert desk.host.act("INV-3", "quickbooks.copy", ADMIN)
        desk.host.reopen("INV-2", ADMIN)
        assert desk.host.actions("INV-3")
        shown = [each for some in desk.host.plugins.hook.settings_to_show(user=ADMIN) for each in some]
        assert "cannot be reached" in shown[0].value
        assert time.monotonic() - begun < 7 * QUICK
        with pytest.raises(LedgerAway):
            desk.bridge.drain()
        assert len(list((desk.home / "spool").glob("*.json"))) == 4
    finally:
        server.start()
    outcomes = {each.id: each.outcome for each in desk.bridge.drain()}
    assert outcomes == {"INV-3": "sent"}  # INV-2 went back to Draft after it was asked for
    assert list((desk.home / "spool").glob("*.json")) == []
    assert len(desk.invoices()) == 2
    assert len(desk.sandbox.outbox()) == 1


def test_an_order_whose_commit_went_unanswered_is_done_once(desk: Desk, invoice: Callable[..., dict[str, Any]]) -> None:
    desk.save(invoice())
    desk.host.send(invoice()["id"], ADMIN)
    folder = desk.home / "spool"
    from onedesk_quickbooks.plugin.sync.workers.intake import Intake, Order

    class Away(Exception):
        pass

    intake = Intake(desk.bridge.ledger, desk.host, desk.home, desk.clock.now)
    connected = desk.bridge.connected
    assert connected is not None
    order = Order(connected.realm_id, "send", desk.host.read_invoice(invoice()["id"]) or {}, ADMIN)
    desk.bridge.drain()
    assert intake.take(order)
    desk.bridge.drain()
    mails = len(desk.sandbox.outbox())
    intake._put_aside(order)  # as a process does that never heard of its commit
    assert list(folder.glob("*.json"))
    assert desk.bridge.drain() == []
    assert len(desk.sandbox.outbox()) == mails
    assert list(folder.glob("*.json")) == []


def test_a_database_that_goes_away_in_the_middle_of_a_lane_doubles_nothing(
    desk: Desk, server: Server, invoice: Callable[..., dict[str, Any]]
) -> None:
    for number in range(1, 4):
        desk.save(invoice(id=f"INV-{number}", number=str(number)))
        desk.host.send(f"INV-{number}", ADMIN)

    class Cut:
        """Stops the database before the answer to the first invoice can be written down."""

        def __init__(self) -> None:
            self.done = False

        def __call__(self, response: Any, *rest: Any, **more: Any) -> None:
            if not self.done and response.request.method == "POST":
                self.done = True
                server.stop()

    cut = Cut()
    desk.bridge.session.hooks["response"].append(cut)
    try:
        with pytest.raises(LedgerAway):
            desk.bridge.drain()
        assert cut.done
    finally:
        if cut.done:
            server.start()
    assert {each.outcome for each in desk.bridge.drain()} == {"sent"}
    assert len(desk.invoices()) == 3
    assert len(desk.sandbox.outbox()) == 3
    assert len(desk.sandbox.list("Customer", "DisplayName = 'Blue Harbor Ltd'")) == 1
