"""Time slices of company queues as Procrastinate's jobs, in the ledger's own PostgreSQL.

A job says only that a company gets a time slice: job lock = company, queueing lock = tenant and company. The work is in
the ledger; a lost job is created again by the next sweep. The jobs are in a schema whose name has the version of
Procrastinate, so that an update needs no migration: workers of both versions may run meanwhile, and the company queue's
lock in the ledger separates them.
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
"""The names of the jobs: a time slice, and a notification of QuickBooks for the tenants concerned."""
SCHEMA = "onedesk_jobs_" + version("procrastinate").replace(".", "_")


def plain_url(url: str) -> str:
    """The URL for libpq."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def connection_options() -> dict[str, Any]:
    """How Procrastinate connects: to its own schema; a lost server is detected."""
    return {"options": f"-c search_path={SCHEMA}", "connect_timeout": 5, "keepalives_idle": 10}


def prepare(url: str) -> None:
    """Create Procrastinate's schema if it is missing. Raises `psycopg.Error`."""
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
    """An app that only creates jobs; one for all of a process."""
    prepare(url)
    connector = SyncPsycopgConnector(
        conninfo=plain_url(url), kwargs=connection_options(), min_size=0, max_size=2, timeout=3
    )
    app = App(connector=connector)
    app.open()
    atexit.register(app.close)
    return app


def slice_job(tenant: str, realm_id: str, at: datetime | None = None) -> dict[str, Any]:
    """Options of Procrastinate's `configure_task` for the job of a time slice."""
    return {
        "name": LANE,
        "lock": f"company {realm_id}",
        "queueing_lock": f"{tenant} {realm_id}",
        "schedule_at": at,
        "allow_unknown": True,
    }


def arguments(tenant: str, realm_id: str) -> Mapping[str, str]:
    """The arguments of the job of a time slice."""
    return {"tenant": tenant, "realm_id": realm_id}


async def called_now(app: App, now: datetime) -> set[str]:
    """The tenants with a waiting time slice: they need no other, whatever there is to do."""
    jobs = await app.job_manager.list_jobs_async(task=LANE, status=Status.TODO.value)
    return {str(job.task_kwargs.get("tenant")) for job in jobs if job.scheduled_at is None or job.scheduled_at <= now}


def webhook(at: datetime | None = None) -> dict[str, Any]:
    """Options for the job of a notification; its arguments are `body` and `signature`."""
    return {"name": WEBHOOK, "schedule_at": at, "allow_unknown": True}


class Caller:
    """Requests a time slice of a company from the workers; a waiting one is enough."""

    def __init__(self, url: str, tenant: str) -> None:
        self._url = url
        self._tenant = tenant

    def __call__(self, realm_id: str) -> None:
        """Raises `LedgerAway`."""
        with _reached("what waits is found when it is back"), contextlib.suppress(AlreadyEnqueued):
            app = _calling_app(self._url)
            app.configure_task(**slice_job(self._tenant, realm_id)).defer(**arguments(self._tenant, realm_id))

    def hand_on(self, body: bytes, signature: str) -> None:
        """Pass on a notification of other tenants' companies; it is stored when this returns. Raises `LedgerAway`."""
        with _reached("the notification is to be sent again"):
            app = _calling_app(self._url)
            app.configure_task(**webhook()).defer(body=body.decode(), signature=signature)


@contextlib.contextmanager
def _reached(otherwise: str) -> Iterator[None]:
    """Raises `LedgerAway` for what Procrastinate, its pool and psycopg raise where the database is unreachable."""
    try:
        yield
    except (ConnectorException, psycopg.Error, psycopg_pool.PoolTimeout) as problem:
        raise LedgerAway(f"The database cannot be reached; {otherwise}.") from problem
