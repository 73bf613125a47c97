"""`worker`: processes the queues of a ledger in PostgreSQL; any number may run, on any number of machines."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.cli.stopping import ends
from onedesk_quickbooks.plugin.clock import utc_now

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.cli.session.tenants import Tenants


@click.command(short_help="Process the queues of a ledger in PostgreSQL; start as many workers as you need.")
@click.option(
    "--tenants",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="FOLDER",
    help="A folder with one data directory for each tenant; default: only the data directory of --home.",
)
@click.option(
    "--side-by-side",
    type=click.IntRange(1, 64),
    default=8,
    show_default=True,
    help="How many companies are processed at the same time.",
)
@click.option(
    "--heartbeat",
    type=click.FloatRange(0.5, 10),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="Seconds between two heartbeats; the same for all workers. A worker without a heartbeat for four times as "
    "long counts as dead, and others take over its work.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Serve /ready, /health and /metrics (Prometheus) on this port; 0 takes a free port. Default: not served.",
)
@click.option("--bind", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.pass_context
def worker(
    ctx: click.Context, tenants: Path | None, side_by_side: int, heartbeat: float, port: int | None, bind: str
) -> None:
    """Process the queues of all tenants until Ctrl-C: copy, send, bring payments back.

    The settings of all tenants name the same ledger (a URL of PostgreSQL), and each names a different tenant. One
    worker at a time processes a company; if a worker dies, the others take over its work within a minute. A data
    directory that is added to the folder later is found automatically. Each alert is sent by one worker.
    """
    import asyncio

    from onedesk_quickbooks.plugin.cli.session import plain_errors
    from onedesk_quickbooks.plugin.cli.session.tenants import open_tenants

    options: Options = ctx.obj
    with plain_errors(), open_tenants(options, tenants) as found:
        try:
            from onedesk_quickbooks.plugin.distributed.worker import Worker
        except ImportError as problem:
            raise CannotRun(
                "A worker needs more packages; run: pip install 'onedesk-quickbooks[postgres]'"
            ) from problem

        made = Worker(
            found.url,
            found,
            utc_now,
            leave=_leave,
            ended_by=(signal.SIGINT, *ends()),
            side_by_side=side_by_side,
            heartbeat=heartbeat,
        )
        with _monitored(found, port, bind):
            click.echo(f"Working for {', '.join(sorted(found.names())) or 'no tenant yet'}. Ctrl-C stops it.")
            asyncio.run(made.run())


def _leave() -> None:
    logging.shutdown()  # flushes the log
    os._exit(0)


@contextmanager
def _monitored(tenants: Tenants, port: int | None, bind: str) -> Iterator[None]:
    """A context with a server for monitors, if a port is given."""
    if port is None:
        yield
        return
    from onedesk_quickbooks.plugin.cli.serving import Server
    from onedesk_quickbooks.plugin.cli.session.monitoring import monitoring

    with Server(monitoring(tenants), port, bind) as server:
        click.echo(f"Metrics at {server.base_url}/metrics")
        yield
