"""How often a worker's turn speaks with its database: what a turn costs a processor is mostly that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, event

from onedesk_quickbooks.hooks import QuickBooksPlugin
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.ledger.database.postgres import shared
from tests.sync.conftest import Desk

pytestmark = pytest.mark.postgres
TURN = timedelta(seconds=20)


@contextmanager
def counting() -> Iterator[Counter[str]]:
    """Transactions and statements of PostgreSQL meanwhile."""
    counts: Counter[str] = Counter()

    def count(what: str, connection: Connection) -> None:
        counts[what] += connection.dialect.name == "postgresql"

    listens: list[tuple[str, Callable[..., None]]] = [
        ("begin", lambda connection: count("transactions", connection)),
        ("before_cursor_execute", lambda *arguments: count("statements", arguments[0])),
    ]
    for name, listener in listens:
        event.listen(Engine, name, listener)
    try:
        yield counts
    finally:
        for name, listener in listens:
            event.remove(Engine, name, listener)


def test_a_turn_keeps_its_statements_few(
    desks: Callable[..., Desk], url: str, invoice: Callable[..., dict[str, Any]]
) -> None:
    """Whoever needs more has a reason, and says it here: with every transaction a turn costs a third of a millisecond
    more, with every statement half as much."""
    desk = desks(settings={"ledger": url, "tenant": "acme", "poll_seconds": "0"})
    desk.connect()
    desk.copy(invoice())  # its customer and items are new once
    for name in ("a", "b", "c", "d", "e"):
        desk.save(invoice(id=name, number=name))
        assert desk.host.act(name, "quickbooks.copy", "admin")
    plugin = QuickBooksPlugin(background=False, now=desk.clock.now, sleep=desk.clock.sleep)
    with counting() as opening:
        host = EmbeddedHost.open(desk.home, plugins=[plugin])
    with counting() as turn:
        plugin.application.time_slice(TURN)
    with counting() as idle:
        plugin.application.time_slice(TURN)
    with counting() as looking:
        plugin.application.watch()
    host.close()
    assert desk.application.waiting_counts() == {}
    assert dict(opening) == {"transactions": 1, "statements": 2}
    # One for what the host has reported as withdrawn, also of an idle one; whether an entry was overtaken; and whether
    # a copy replaces a send.
    assert turn["transactions"] <= 11 and turn["statements"] <= 46, turn
    assert idle["transactions"] <= 4 and idle["statements"] <= 13, idle
    assert looking["transactions"] <= 2 and looking["statements"] <= 12, looking


def described(cursor: Any) -> Any:
    return cursor.description


def test_the_columns_of_a_statement_are_described_as_psycopg_does(url: str) -> None:
    asked = "SELECT 1 AS number, 'a' AS text, 2.5::numeric(4, 2) AS amount"
    with psycopg.connect(url) as plain:
        expected = plain.execute(asked).description
    assert expected
    with shared(url).engine.connect() as connection, closing(connection.connection.cursor()) as cursor:
        assert described(cursor) is None
        cursor.execute(asked)
        found = described(cursor)
        assert [tuple(each) for each in found] == [tuple(each) for each in expected]
        assert len(found) == 3 and found[-1].name == "amount"
        assert [each.name for each in found[:2]] == ["number", "text"]
        with pytest.raises(IndexError):
            _ = found[3]
        cursor.execute("SELECT")
        assert described(cursor) == []
        cursor.execute("SET statement_timeout = 0")
        assert described(cursor) is None


def test_the_states_of_more_invoices_than_a_statement_has_values_for(
    desks: Callable[..., Desk], url: str, invoice: Callable[..., dict[str, Any]]
) -> None:
    """The list of a host may ask for all of its invoices."""
    desk = desks(settings={"ledger": url, "tenant": "acme"})
    desk.connect()
    desk.copy(invoice())
    ids = [*map(str, range(65_536)), "INV-1"]
    given = [{"id": each} for each in ids]
    [some] = desk.host.plugins.hook.invoice_states(invoices=given)
    assert [each.invoice_id for each in some] == ids
    assert some[-1].url == "/quickbooks/invoices/INV-1"
