"""Turns of lanes as Procrastinate's jobs, in the ledger's own PostgreSQL.

A job says only that a company is to have a turn: job lock = company, queueing lock = tenant and company. What there is
to do stands in the ledger; a job that is lost is made again by the next sweep. The jobs stand in a schema that carries
the version of Procrastinate, so that an update of it needs no migration: workers of both versions may run meanwhile,
the lane's lock in the ledger keeps them apart.
"""

from __future__ import annotations

import atexit
import contextlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib.metadata import version
from typing import Any

import psycopg
import psycopg_pool
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Status
from procrastinate.schema import SchemaManager

from onedesk_quickbooks.plugin.ledger import LedgerAway
from onedesk_quickbooks.plugin.ledger.database.advisory import key_of

LANE, WEBHOOK = "lane", "webhook"
"""The names of the jobs: a turn, and a notification of QuickBooks that is to be brought to whom it concerns."""
SCHEMA = "onedesk_jobs_" + version("procrastinate").replace(".", "_")


def plain_url(url: str) -> str:
    """The URL as libpq reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def connection_options() -> dict[str, Any]:
    """How Procrastinate connects: to its own schema; a server that is gone is noticed."""
    return {"options": f"-c search_path={SCHEMA}", "connect_timeout": 5, "keepalives_idle": 10}


def prepare(url: str) -> None:
    """Make Procrastinate's schema where it is missing. Raises `psycopg.Error`."""
    with psycopg.connect(plain_url(url), connect_timeout=5) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (key_of(f"create {SCHEMA}"),))
        there = connection.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.procrastinate_jobs",)).fetchone()
        if there is None or there[0] is None:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}".encode())
            connection.execute(f"SET search_path = {SCHEMA}".encode())
            connection.execute(SchemaManager.get_schema().encode())


def worker_app(url: str) -> App:
    """An app for a worker, not opened yet."""
    connector = PsycopgConnector(
        conninfo=plain_url(url), kwargs=connection_options(), min_size=1, max_size=6, timeout=5
    )
    return App(connector=connector)


@cache
def _calling_app(url: str) -> App:
    """An app that only asks for turns; one for all of a process."""
    prepare(url)
    connector = SyncPsycopgConnector(
        conninfo=plain_url(url), kwargs=connection_options(), min_size=0, max_size=2, timeout=3
    )
    app = App(connector=connector)
    app.open()
    atexit.register(app.close)
    return app


def turn_of(tenant: str, realm_id: str, at: datetime | None = None) -> dict[str, Any]:
    """How the job of a turn is deferred: options of Procrastinate's `configure_task`."""
    return {
        "name": LANE,
        "lock": f"company {realm_id}",
        "queueing_lock": f"{tenant} {realm_id}",
        "schedule_at": at,
        "allow_unknown": True,
    }


def arguments(tenant: str, realm_id: str) -> Mapping[str, str]:
    """What the job of a turn is told."""
    return {"tenant": tenant, "realm_id": realm_id}


async def called_now(app: App, now: datetime) -> set[str]:
    """The tenants that have a turn which is only to be begun: they need no other, whatever there is to do."""
    jobs = await app.job_manager.list_jobs_async(task=LANE, status=Status.TODO.value)
    return {str(job.task_kwargs.get("tenant")) for job in jobs if job.scheduled_at is None or job.scheduled_at <= now}


def webhook(at: datetime | None = None) -> dict[str, Any]:
    """How the job of a notification is deferred; its arguments are `body` and `signature`."""
    return {"name": WEBHOOK, "schedule_at": at, "allow_unknown": True}


class Caller:
    """Asks the workers for a turn of a company; one that is asked for already is enough."""

    def __init__(self, url: str, tenant: str) -> None:
        self._url = url
        self._tenant = tenant

    def __call__(self, realm_id: str) -> None:
        """Raises `LedgerAway`."""
        with _reached("what waits is found when it is back"), contextlib.suppress(AlreadyEnqueued):
            app = _calling_app(self._url)
            app.configure_task(**turn_of(self._tenant, realm_id)).defer(**arguments(self._tenant, realm_id))

    def hand_on(self, body: bytes, signature: str) -> None:
        """A notification that tells of other tenants' companies; it is on the disk when this returns. Raises
        `LedgerAway`."""
        with _reached("the notification is to be sent again"):
            app = _calling_app(self._url)
            app.configure_task(**webhook()).defer(body=body.decode(), signature=signature)


@contextlib.contextmanager
def _reached(otherwise: str) -> Iterator[None]:
    """What Procrastinate, its pool and psycopg raise where the database is away, as `LedgerAway`."""
    try:
        yield
    except (ConnectorException, psycopg.Error, psycopg_pool.PoolTimeout) as problem:
        raise LedgerAway(f"The database cannot be reached; {otherwise}.") from problem
