"""What one process finds out about a company, the others know: with either kind of ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from onedesk_quickbooks.plugin.cli import main
from tests.sync.conftest import ADMIN, Desk

pytestmark = pytest.mark.postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, desks: Callable[..., Desk]) -> Desk:
    """A connected installation whose ledger is of this kind."""
    remote = request.param == "postgresql"
    made = desks(settings={"ledger": request.getfixturevalue("url"), "tenant": "acme"} if remote else {})
    made.connect()
    return made


def status(desk: Desk, *more: str) -> str:
    """What the command says, which is another process to the ledger."""
    done = CliRunner().invoke(main, ["--home", str(desk.home), "status", *more])
    return done.output


def test_until_when_a_queue_waits_and_why_is_seen_by_all(desk: Desk, invoice: Callable[..., dict[str, Any]]) -> None:
    desk.sandbox.faults.inject(fault="throttled", count=1)
    desk.save(invoice())
    assert desk.host.act(invoice()["id"], "quickbooks.copy", ADMIN)
    begun = desk.clock.now()
    desk.application.drain(patience=timedelta(0))
    shown = desk.application.status()
    assert shown.paused_until is not None
    assert shown.paused_until - begun >= timedelta(seconds=60)
    answer = json.loads(status(desk, "--json"))
    assert (answer["paused_until"], answer["paused_because"]) == (shown.paused_until.isoformat(), shown.paused_because)
    assert "retry later" in answer["paused_because"]
    desk.clock.pass_by(seconds=75)
    assert [each.outcome for each in desk.application.drain()] == ["copied"]
    remote = desk.application.ledger.remote
    assert f"Queue          {'running' if remote else 'no process is running; nothing is queued'}" in status(desk)


def test_why_a_queue_is_stopped_is_seen_by_all(desk: Desk, invoice: Callable[..., dict[str, Any]]) -> None:
    tokens = desk.application.ledger.companies.tokens(desk.sandbox.realm_id)
    held = desk.sandbox.tokens.find(tokens.refresh_token) if tokens else None
    assert held is not None
    desk.sandbox.tokens.revoke(held)
    desk.save(invoice())
    assert desk.host.act(invoice()["id"], "quickbooks.copy", ADMIN)
    desk.application.drain()
    (line,) = (each for each in status(desk).splitlines() if each.startswith("Queue"))
    assert "STOPPED" in line and "Connect again" in line
