"""The notes of all invoices are read from QuickBooks, which can take minutes and can fail: meanwhile the ledger is free
for other processes, and what was recorded on the way stays."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from werkzeug import Request, Response

from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_marked_forms import renumber_there
from tests.sync.test_reinstalled import again

Make = Callable[..., dict[str, Any]]
EXPIRED = '{"fault": {"error": [{"message": "token expired", "code": "3200"}], "type": "AUTHENTICATION"}}'


class Notes:
    """Answers the requests for the notes: with `answers`, then as QuickBooks does. `meanwhile` is done before each."""

    def __init__(self) -> None:
        self.meanwhile: Callable[[], object] | None = None
        self.answers: list[Response] = []

    def __call__(self, request: Request, answered: Response) -> Response:
        if "Id, PrivateNote FROM" not in request.args.get("query", ""):
            return answered
        if self.meanwhile is not None:
            self.meanwhile()
        return self.answers.pop(0) if self.answers else answered


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def desk(desks: Callable[..., Desk], notes: Notes, invoice: Make) -> Desk:
    """QuickBooks has INV-1 under another number, and the ledger is a new one."""
    made = desks(tamper=notes)
    made.connect()
    renumber_there(made, made.send(invoice()).qbo_id)
    again(made)
    made.predicts = False
    return made


def test_other_processes_write_meanwhile(desk: Desk, notes: Notes, invoice: Make) -> None:
    written: list[bool] = []

    def write() -> None:
        other = sqlite3.connect(desk.home / "ledger.sqlite", timeout=0)
        try:
            other.execute("BEGIN IMMEDIATE")
            written.append(True)
        finally:
            other.close()

    notes.meanwhile = write
    assert desk.copy(invoice(memo="Newer")).outcome == "updated"
    assert written == [True, True], "invoices and credit memos"


def test_tokens_that_were_renewed_meanwhile_stay(desk: Desk, notes: Notes, invoice: Make) -> None:
    def tokens() -> list[Any]:
        other = sqlite3.connect(desk.home / "ledger.sqlite")
        try:
            return other.execute("SELECT * FROM token").fetchall()
        finally:
            other.close()

    before = tokens()
    expired = Response(EXPIRED, 401, content_type="application/json")
    notes.answers = [expired, *(Response("", 500) for _ in range(2))]
    desk.save(invoice(memo="Newer"))
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    assert desk.application.time_slice(timedelta(minutes=5)) is not None
    assert tokens() != before and not desk.application.ledger.marked_forms.known(desk.sandbox.realm_id)
    desk.clock.sleep(600)
    assert desk.outcome("INV-1").outcome == "updated" and len(desk.invoices()) == 1
