"""The ledger in PostgreSQL is the same ledger."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import ProgrammingError

from onedesk_quickbooks.plugin.ledger import Conflict, Ledger, LedgerAway, LedgerProblem, LockTaken
from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.database.postgres import Shared, shared
from onedesk_quickbooks.plugin.ledger.database.schema import upgrade
from onedesk_quickbooks.plugin.ledger.tables import metadata, work
from onedesk_quickbooks.plugin.model.connection import WebhookEvent
from tests.ledger.test_reading import of_one_state_until_something_is_written

pytestmark = pytest.mark.postgres


_END_ALL = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"


def now() -> datetime:
    return datetime.now(timezone.utc)


def opened(url: str, home: Path, tenant: str = "acme") -> Ledger:
    return Ledger.open_url(url, tenant, home / "key", {}, now)


def test_migrations_make_what_the_tables_say(url: str) -> None:
    """And a new ledger, which no migration has made, is the same."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        upgrade(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        migrated = tables(connection, "public")
    Database.open_url(url, "acme", now)
    with engine.connect() as connection:
        assert tables(connection, "onedesk_acme") == migrated
    engine.dispose()


def tables(connection: Connection, schema: str) -> dict[str, list[str]]:
    """Columns, indexes and constraints, as PostgreSQL writes them."""
    columns = (
        "SELECT table_name, column_name || ' ' || data_type || ' ' || coalesce(character_maximum_length, 0) || ' '"
        " || is_nullable || ' ' || coalesce(column_default, '') FROM information_schema.columns"
        " WHERE table_schema = :schema"
    )
    indexes = "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = :schema"
    found: dict[str, list[str]] = {}
    for query in (columns, indexes):
        for table, text_ in connection.execute(text(query), {"schema": schema}):
            defined = re.sub(
                r"INDEX \w+_pkey", "INDEX", text_.replace(f"{schema}.", "")
            )  # a renamed table keeps its name
            found.setdefault(table, []).append(defined)
    return {table: sorted(each) for table, each in found.items()}


def test_opened_by_many_at_once_the_schema_is_made_once(url: str, tmp_path: Path) -> None:
    problems: list[Exception] = []

    def open_one() -> None:
        try:
            opened(url, tmp_path).queue_lists.counts("1")
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=open_one) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert problems == []


def test_threads_that_come_together_have_the_same_pools() -> None:
    came = threading.Barrier(8)

    def ask() -> Shared:
        came.wait()
        return shared("postgresql://nobody@127.0.0.1:1/together")

    with ThreadPoolExecutor(8) as threads:
        found = [each.result() for each in [threads.submit(ask) for _ in range(8)]]
    assert all(each is found[0] for each in found)


def test_many_tenants_are_opened_at_once(url: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda number: Database.open_url(url, f"t{number}", now), range(16)))
    for database in made:
        with database.read() as connection:
            assert connection.execute(work.select()).all() == []


def test_reads_share_a_state(url: str, tmp_path: Path) -> None:
    of_one_state_until_something_is_written(opened(url, tmp_path))


def test_asked_by_many_at_once_an_invoice_is_in_the_queue_once(
    url: str, tmp_path: Path, invoice: Callable[..., dict[str, Any]]
) -> None:
    ledger = opened(url, tmp_path)
    threads = [threading.Thread(target=ledger.queue.ask, args=("1", "copy", invoice(), "ada")) for _ in range(12)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert ledger.queue_lists.counts("1") == {"todo": 1}


def test_calls_counted_by_many_at_once_are_all_counted(url: str, tmp_path: Path) -> None:
    ledger = opened(url, tmp_path)
    threads = [threading.Thread(target=ledger.call_counts.add, args=("1", {"read": 1})) for _ in range(12)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert ledger.call_counts.since("1", "2000-01-01") == {"read": 12}


def test_an_event_that_came_before_is_not_kept_again(url: str, tmp_path: Path) -> None:
    ledger = opened(url, tmp_path)
    event = WebhookEvent("e1", "1", "Payment", "7", "create", now())
    assert ledger.webhook_events.receive([event, event]) == 1
    assert ledger.webhook_events.receive([event]) == 0
    assert ledger.webhook_events.unseen("1") == 1


def test_no_tenant_sees_what_another_has(url: str, tmp_path: Path, invoice: Callable[..., dict[str, Any]]) -> None:
    acme, zenith = opened(url, tmp_path), opened(url, tmp_path, "zenith")
    number = acme.queue.ask("1", "copy", invoice(), "ada")
    acme.webhook_events.receive([WebhookEvent("e1", "1", "Payment", "7", "create", now())])
    acme.companies.remember_state("s", "ada", "http://here")
    assert zenith.queue_lists.counts("1") == {}
    assert zenith.queue.get(number) is None
    assert zenith.queue.latest(invoice()["id"]) is None
    assert zenith.webhook_events.unseen("1") == 0
    assert zenith.companies.take_state("s") is None
    zenith.queue.forget(invoice()["id"], "gone")
    assert acme.queue_lists.counts("1") == {"todo": 1}
    assert acme.companies.take_state("s") == ("ada", "http://here")


def test_a_query_that_forgets_its_tenant_fails(url: str, tmp_path: Path) -> None:
    opened(url, tmp_path)
    with shared(url).engine.begin() as connection, pytest.raises(ProgrammingError):
        connection.execute(work.select())


def test_a_reading_transaction_cannot_write(url: str) -> None:
    database = Database.open_url(url, "acme", now)
    with pytest.raises(Exception, match="read-only"), database.read() as connection:
        connection.execute(work.delete())


def test_a_write_within_a_write_is_undone_with_it(
    url: str, tmp_path: Path, invoice: Callable[..., dict[str, Any]]
) -> None:
    ledger = opened(url, tmp_path)

    class Falls(Exception):
        pass

    with pytest.raises(Falls), ledger.together():
        ledger.queue.ask("1", "copy", invoice(), "ada")
        assert ledger.queue_lists.counts("1") == {"todo": 1}
        raise Falls
    assert ledger.queue_lists.counts("1") == {}


def test_a_lock_is_held_by_one_whatever_its_tenant(url: str, tmp_path: Path) -> None:
    acme, zenith = opened(url, tmp_path), opened(url, tmp_path, "zenith")
    with acme.locks.hold("lane", "1", 0) as held:
        held.check()
        with pytest.raises(LockTaken), zenith.locks.hold("lane", "1", 0.1):
            pass
        with zenith.locks.hold("lane", "2", 0), zenith.locks.hold("refresh", "1", 0):
            held.check()
    with zenith.locks.hold("lane", "1", 0):
        pass


def test_a_lock_whose_connection_ended_is_known_to_be_lost(url: str, tmp_path: Path) -> None:
    ledger = opened(url, tmp_path)
    with ledger.locks.hold("lane", "1", 0) as held:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'")
        with pytest.raises(LedgerProblem):
            held.check()
        with pytest.raises(LedgerProblem), ledger.locks.hold("lane", "1", 0):  # somebody may have it by now
            held.check()
    with ledger.locks.hold("lane", "1", 0) as again:
        again.check()


def test_connections_that_ended_while_nobody_used_them_are_replaced(url: str, tmp_path: Path) -> None:
    ledger = opened(url, tmp_path)
    for use in (lambda: ledger.queue_lists.counts("1"), lambda: ledger.call_counts.add("1", {"read": 1})):
        use()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            )
        use()
    assert ledger.call_counts.since("1", "2000-01-01") == {"read": 2}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_END_ALL)
    assert opened(url, tmp_path, "zenith").queue_lists.counts("1") == {}


def test_reads_that_share_a_connection_which_ends_say_that_the_server_is_away(url: str, tmp_path: Path) -> None:
    ledger = opened(url, tmp_path)
    with ledger.reading():
        assert ledger.queue_lists.counts("1") == {}
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_END_ALL)
        with pytest.raises(LedgerAway, match="cannot be reached"):
            ledger.queue_lists.counts("1")
        assert ledger.queue_lists.counts("1") == {}, "the next read begins another transaction"


def test_history_that_is_read_in_part_holds_no_transaction(url: str, tmp_path: Path) -> None:
    ledger = opened(url, tmp_path)
    for number in ("1", "2"):
        ledger.queue.ask("1", "copy", {"id": number, "number": number}, "")
    history = ledger.queue_lists.seen("1")
    assert next(history).od_invoice_id == "1"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_END_ALL)
    assert [each.od_invoice_id for each in history] == ["2"]


@pytest.mark.parametrize("bad", ["postgresql://nobody@127.0.0.1:1/none", "postgresql:/no url", "postgresql://h:port/x"])
def test_what_cannot_be_opened_is_one_sentence(bad: str, tmp_path: Path) -> None:
    with pytest.raises(LedgerProblem, match="ledger") as caught:
        opened(bad, tmp_path)
    assert "\n" not in str(caught.value)


def test_an_invoice_that_nobody_checked_is_noted_whatever_its_total_says(url: str, tmp_path: Path) -> None:
    ledger = opened(url, tmp_path)
    odd = {"id": "INV-1", "number": "2041", "total": "9" * 60, "currency": "US dollars, in cash"}
    ledger.conflicts.withdraw("1", "voided", odd, "It was voided.", Conflict())
    [found] = ledger.queue_lists.summaries("1", ("held",), 9)
    assert (found.od_invoice_id, found.total, found.currency) == ("INV-1", "", "")
    ledger.close()
