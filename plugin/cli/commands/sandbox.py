"""`sandbox`: a QuickBooks Online company of our own to develop and try against."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.errors import CannotRun
from onedesk_quickbooks.plugin.cli.output import json_option, print_json

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.sandbox.http.server import Server

EDITIONS = ("us", "ca", "gb", "au", "intl")


@click.command(short_help="Serve a QuickBooks company to try things on.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where to listen; 0 takes a free port.")
@click.option("--company", type=click.Choice(EDITIONS), default="us", show_default=True, help="The company's country.")
@click.option("--currency", metavar="CODE", help="Home currency of an intl company: EUR, NOK...  [default: EUR]")
@click.option(
    "--data",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the company in this SQLite file; without it, it is gone in the end.",
)
@click.option("--client-id", metavar="ID", help="Of the registered application; made up where missing.")
@click.option("--client-secret", metavar="SECRET", help="Of the registered application; made up where missing.")
@click.option("--webhook-url", metavar="URL", help="Send signed webhooks there.")
@click.option("--limits", is_flag=True, help="Keep QuickBooks' limits: 500 calls a minute, 10 a second.")
@click.option(
    "--time-scale", type=click.FloatRange(0.001), default=1, help="With --limits: 60 makes a minute a second."
)
@click.option("--language", type=click.Choice(["en", "fr"]), default="en", help="Of the texts in faults.")
@json_option
def sandbox(
    port: int,
    company: str,
    currency: str | None,
    data: Path | None,
    client_id: str | None,
    client_secret: str | None,
    webhook_url: str | None,
    limits: bool,
    time_scale: float,
    language: str,
    as_json: bool,
) -> None:
    """Serve a QuickBooks Online company of our own, until Ctrl-C.

    It has Intuit's OAuth pages, the Accounting API, signed webhooks and a page on which a customer pays an invoice.
    With --json the first line is one object: base_url realm_id client_id client_secret access_token refresh_token
    verifier_token.
    """
    import sqlite3

    from onedesk_quickbooks.plugin.cli.serving import ends_on_signals
    from onedesk_quickbooks.plugin.sandbox import SandboxOptions
    from onedesk_quickbooks.plugin.sandbox.http.server import serve

    try:
        options = SandboxOptions(
            company=company,
            currency=currency,
            data=data,
            client_id=client_id,
            client_secret=client_secret,
            webhook_url=webhook_url,
            limits=limits,
            time_scale=Decimal(str(time_scale)),
            language=language,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    ready = _as_json if as_json else _announce
    try:
        with ends_on_signals():
            serve(options, port=port, ready=ready)
    except sqlite3.DatabaseError as error:
        raise CannotRun(f"{data} cannot be used as the file of a sandbox: {error}; name another one") from error
    except OSError as error:
        raise CannotRun(f"cannot listen on port {port}: {error.strerror}; take another --port, or 0") from error


def _as_json(server: Server) -> None:
    print_json(server.sandbox.credentials(server.base_url))


def _announce(server: Server) -> None:
    box, base = server.sandbox, server.base_url
    given = box.credentials(base)
    click.echo(f"""\
QuickBooks sandbox  {base}
  company           {box.company_name} ({box.options.company}), realm {box.realm_id}
  look at it        {base}/
  client id         {box.client_id}
  client secret     {box.client_secret}
  webhook verifier  {box.verifier_token}

Connect this plugin to it:
  onedesk-quickbooks connect --sandbox {base} --yes

Or get a token for your own client:
  curl -s {base}/_control/credentials
  curl -s -H 'Accept: application/json' -H 'Authorization: Bearer {given["access_token"]}' \\
    {base}/v3/company/{box.realm_id}/companyinfo/{box.realm_id}

Ctrl-C stops it.""")
    sys.stdout.flush()
