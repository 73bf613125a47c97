"""A worker: runs time slices of the company queues of all its tenants, beside any number of other workers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import psycopg
import psycopg_pool
from procrastinate import App, JobContext
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, Status

from onedesk_quickbooks.plugin.distributed.alerts import First, watch
from onedesk_quickbooks.plugin.distributed.jobs import (
    LANE,
    WEBHOOK,
    arguments,
    called_now,
    prepare,
    slice_job,
    webhook,
    worker_app,
)
from onedesk_quickbooks.plugin.distributed.tenants import Tenants
from onedesk_quickbooks.plugin.distributed.webhooks import Carrier
from onedesk_quickbooks.plugin.ledger import LedgerProblem
from onedesk_quickbooks.plugin.ledger.database.postgres import shared
from onedesk_quickbooks.plugin.sync.errors import CompanyBusy, NotConnected
from onedesk_quickbooks.plugin.sync.tenancy import working_for

_log = logging.getLogger("onedesk_quickbooks.sync")

LONGEST_SLICE = timedelta(seconds=20)
"""A company with more to do than this lets others run first."""
BUSY = timedelta(seconds=5)
"""When to look again at a company queue that a command runs."""
FAILED = timedelta(seconds=10)
STOP = 8.0
"""Seconds in which current time slices may end."""
AWAY = 2.0
"""Seconds between two tries to reach the database."""


_AWAY = (ConnectorException, psycopg.Error, psycopg_pool.PoolTimeout, OSError)
"""The exceptions for an unreachable database."""


class Worker:
    """Runs until `stop`. `heartbeat` is the interval, in seconds, of its heartbeats: a worker without one for four
    intervals counts as dead, and its time slices are given to others. `leave` ends the process at once."""

    def __init__(
        self,
        url: str,
        tenants: Tenants,
        now: Callable[[], datetime],
        *,
        leave: Callable[[], None],
        ended_by: Iterable[signal.Signals] = (signal.SIGINT, signal.SIGTERM),
        side_by_side: int = 8,
        heartbeat: float = 5.0,
    ) -> None:
        self._url = url
        self._tenants = tenants
        self._now = now
        self._side_by_side = side_by_side
        self._heartbeat = heartbeat
        self._leave = leave
        self._ended_by = ended_by
        self._threads = ThreadPoolExecutor(side_by_side + 1, thread_name_prefix="onedesk-quickbooks time slice")
        self._carrier = Carrier(tenants, now)
        self._away = False

    async def run(self) -> None:
        """Run until a signal to end: then the current chunks are completed. While the database is unreachable the
        worker waits for it, and starts again."""
        loop = asyncio.get_running_loop()
        stopped = asyncio.Event()
        loop.set_exception_handler(_unheard)
        for number in self._ended_by:
            loop.add_signal_handler(number, self._end, stopped)
        watching = asyncio.create_task(watch(self._tenants, First(shared(self._url).locks), stopped))
        try:
            while not stopped.is_set():
                await self._until(stopped)
        finally:
            stopped.set()
            await watching
            self._threads.shutdown()

    async def _until(self, stopped: asyncio.Event) -> None:
        """Serve until stopped, or until the database becomes unreachable."""
        serving = asyncio.create_task(self._serve())
        waiting = asyncio.create_task(stopped.wait())
        await asyncio.wait((serving, waiting), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        serving.cancel()  # Procrastinate completes what runs, then ends
        try:
            await serving
        except asyncio.CancelledError:
            return
        except _AWAY as problem:
            if not self._away:  # once for each outage
                _log.warning("the database cannot be reached, work waits until it is back: %s", _line(problem))
            self._away = True
        if not stopped.is_set():
            await asyncio.sleep(AWAY)

    def _end(self, stopped: asyncio.Event) -> None:
        """End after a signal, whatever the worker does: it may be waiting for an unreachable database."""
        if not stopped.is_set():
            stopped.set()
            self._leave_in_time()
            self._tenants.hurry()

    def _leave_in_time(self) -> None:
        """A time slice that waits for QuickBooks does not delay the end of the worker: the next time slice, of another
        worker, recovers its work."""

        def leave() -> None:
            _log.warning(
                "stopped while a time slice was still waiting for QuickBooks or the host; the next time slice looks up "
                "what was done"
            )
            self._leave()

        timer = threading.Timer(STOP, leave)
        timer.daemon = True  # it does not keep an ended worker alive
        timer.start()

    async def _serve(self) -> None:
        await asyncio.to_thread(prepare, self._url)
        if self._away:
            _log.warning("the database is back, work continues")
        self._away = False
        app = worker_app(self._url)
        self._register(app)
        async with app.open_async():
            await app.run_worker_async(
                concurrency=self._side_by_side,
                install_signal_handlers=False,
                delete_jobs="always",
                fetch_job_polling_interval=1.0,
                update_heartbeat_interval=self._heartbeat,
                stalled_worker_timeout=4 * self._heartbeat,
            )

    def _register(self, app: App) -> None:
        every = cron(max(1, min(10, int(2 * self._heartbeat))))

        @app.task(name=LANE)
        async def company_queue(tenant: str, realm_id: str) -> None:
            await self._run_company_queue(app, tenant, realm_id)

        @app.task(name=WEBHOOK)
        async def notification(body: str, signature: str) -> None:
            if not await asyncio.get_running_loop().run_in_executor(self._threads, self._bring, body, signature):
                again = webhook(self._now() + FAILED)
                await app.configure_task(**again).defer_async(body=body, signature=signature)

        @app.periodic(cron=every)
        @app.task(name="sweep", queueing_lock="sweep", lock="sweep")
        async def sweep(timestamp: int) -> None:
            await self._sweep(app)

        @app.periodic(cron=every)
        @app.task(name="recover", queueing_lock="recover", pass_context=True)
        async def recover(context: JobContext, timestamp: int) -> None:
            await self._recover(app, context)

    async def _run_company_queue(self, app: App, name: str, realm_id: str) -> None:
        loop = asyncio.get_running_loop()
        again = await loop.run_in_executor(self._threads, self._time_slice, name)
        if again is not None:
            await _call(app, name, realm_id, again)

    def _time_slice(self, name: str) -> datetime | None:
        """One time slice; returns when the company's next one is due."""
        with working_for(name):
            return self._slice_of(name)

    def _slice_of(self, name: str) -> datetime | None:
        tenant = self._tenants.get(name)
        if tenant is None:
            return None  # the workers that serve it find it in their sweep
        try:
            return tenant.time_slice(LONGEST_SLICE)
        except NotConnected:
            return None
        except CompanyBusy:
            return self._now() + BUSY
        except LedgerProblem as problem:
            _log.warning("%s", problem)
        except Exception:
            _log.exception("an error in the company queue; it is processed again in 10 s")
        return self._now() + FAILED

    def _bring(self, body: str, signature: str) -> bool:
        try:
            return self._carrier.bring(body, signature)
        except Exception:
            _log.exception("a webhook could not be passed on; the next look for payments finds its payments")
            return True

    async def _sweep(self, app: App) -> None:
        """Give a job to every company that has something to do: commands of hosts that were recorded while no job could
        be created, postponed entries, webhooks, and due looks for payments."""
        loop = asyncio.get_running_loop()

        async def look(name: str) -> None:
            realm_id = await loop.run_in_executor(self._threads, self._due, name)
            if realm_id:
                await _call(app, name, realm_id, None)

        names = await loop.run_in_executor(self._threads, self._names)
        called = await called_now(app, self._now())
        # at the same time: none delays another
        await asyncio.gather(*(look(name) for name in names if name not in called))

    def _names(self) -> list[str]:
        return list(self._tenants.names())

    def _due(self, name: str) -> str:
        with working_for(name):
            try:
                tenant = self._tenants.get(name)
                return tenant.due() if tenant is not None else ""
            except LedgerProblem:
                return ""
            except Exception:
                _log.exception("a tenant could not be checked for work; it is checked again at the next sweep")
                return ""

    async def _recover(self, app: App, context: JobContext) -> None:
        """Give the jobs of dead workers to others."""
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=4 * self._heartbeat):
            about = {"tenant": job.task_kwargs.get("tenant"), "realm": job.task_kwargs.get("realm_id")}
            facts = {name: value for name, value in about.items() if value}
            _log.warning(
                "a worker died during the job %s; another worker starts the job again", job.task_name, extra=facts
            )
            await _give_back(app, job)


def cron(seconds: int) -> str:
    """A cron expression for every so many seconds, 1 to 59, as Procrastinate reads it: its sixth field is the
    seconds."""
    return f"* * * * * */{seconds}"


async def _call(app: App, tenant: str, realm_id: str, at: datetime | None) -> None:
    with contextlib.suppress(AlreadyEnqueued):
        await app.configure_task(**slice_job(tenant, realm_id, at)).defer_async(**arguments(tenant, realm_id))


async def _give_back(app: App, job: Job) -> None:
    try:
        await app.job_manager.retry_job(job)
    except ConnectorException:  # a job for the same time slice waits already
        await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)


def _unheard(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A job whose end could not be recorded because the database became unreachable: it is released once that is
    back."""
    if not isinstance(context.get("exception"), _AWAY):
        loop.default_exception_handler(context)


def _line(problem: Exception) -> str:
    cause = problem.__cause__ or problem
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0]
