"""The audit trail in PostgreSQL: one chain a tenant, whoever adds rows; what was changed there is named."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from onedesk_quickbooks.plugin.ledger import AuditRow, Ledger
from tests.postgres.test_ledger import opened
from tests.postgres.test_moving import run
from tests.support.trail import unlike
from tests.sync.conftest import Desk

pytestmark = pytest.mark.postgres

REALM = "9341"


def fill(ledger: Ledger, number: int, count: int) -> None:
    for _ in range(count):
        with ledger.together() as connection:
            rows = [AuditRow("act", REALM, f"INV-{number}", {"act": "retry"}, f"worker {number}")] * 2
            ledger.audit.add(connection, rows)


def test_many_workers_make_one_chain(url: str, tmp_path: Path) -> None:
    """Each with a ledger of its own; the tenant's write lock puts their rows into an order."""
    ledgers = [opened(url, tmp_path) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda each: fill(each[1], each[0], 15), enumerate(ledgers)))
    found = ledgers[0].audit.verify()
    assert (found.rows, found.broken) == (180, None)
    for number in range(6):
        assert len(list(ledgers[0].audit.of_invoice(f"INV-{number}"))) == 30


def test_tenants_have_chains_of_their_own(url: str, tmp_path: Path) -> None:
    one, other = opened(url, tmp_path, "acme"), opened(url, tmp_path, "zeta")
    fill(one, 1, 2)
    fill(other, 2, 1)
    assert (one.audit.verify().rows, other.audit.verify().rows) == (4, 2)


@pytest.mark.parametrize(
    ("tamper", "row"),
    [
        ("UPDATE {0}.audit SET content = '{{}}' WHERE id = 3", 3),
        ("DELETE FROM {0}.audit WHERE id = 4", 4),
        ("DELETE FROM {0}.audit WHERE id > 4", 5),
        ("UPDATE {0}.audit_head SET number = 5", 6),
    ],
)
def test_what_was_changed_is_named(url: str, tmp_path: Path, tamper: str, row: int) -> None:
    ledger = opened(url, tmp_path)
    fill(ledger, 1, 3)
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(tamper.format("onedesk_acme").encode())
    broken = ledger.audit.verify().broken
    assert broken is not None
    assert broken.id == row


def test_the_chain_goes_on_after_a_move(
    desks: Callable[..., Desk], url: str, invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = desks()
    desk.connect()
    desk.copy(invoice())
    before = desk.application.ledger.audit.verify()
    desk.host.close()
    code, shown = run(desk.home, "--to", url, "--tenant", "acme")
    assert code == 0, shown
    desk.restart()
    ledger = desk.application.ledger
    assert ledger.remote
    assert ledger.audit.verify() == before
    assert desk.copy(invoice(memo="Changed.")).outcome == "updated"
    after = ledger.audit.verify({before.rows: before.hash})
    assert (after.broken, after.rows > before.rows) == (None, True)
    assert unlike(ledger) == []
