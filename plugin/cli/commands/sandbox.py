"""`sandbox`: a simulated QuickBooks Online company to develop and test against."""

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


@click.command(short_help="Serve a simulated QuickBooks company for trials.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port to listen on; 0 takes a free port.")
@click.option("--company", type=click.Choice(EDITIONS), help="The company's country.  [default: us]")
@click.option(
    "--also",
    type=click.Choice(EDITIONS),
    multiple=True,
    help="A further company of the same user, to choose from on the consent page; may be repeated.",
)
@click.option("--currency", metavar="CODE", help="Home currency of an intl company: EUR, NOK...  [default: EUR]")
@click.option(
    "--data",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the company in this SQLite file; without it, the company is deleted at the end.",
)
@click.option(
    "--seed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='JSON file of further objects of a new company: {"Customer": [{...}], "Item": [...]}.',
)
@click.option(
    "--client-id", metavar="ID", help="The client id of the registered application; generated if it is not given."
)
@click.option(
    "--client-secret", metavar="SECRET", help="The client secret of the application; generated if it is not given."
)
@click.option(
    "--redirect-uri",
    "redirect_uris",
    metavar="URL",
    multiple=True,
    help="An address registered for the application; may be repeated. Without any, every address is accepted.",
)
@click.option("--webhook-url", metavar="URL", help="Send signed webhooks to this address.")
@click.option("--verifier-token", metavar="TOKEN", help="The token that signs webhooks; generated if it is not given.")
@click.option("--limits", is_flag=True, help="Apply QuickBooks' limits: 500 calls a minute, 10 a second.")
@click.option(
    "--time-scale",
    type=click.FloatRange(0.001),
    default=1,
    help="For limits and webhooks: at 60, a minute takes a second.",
)
@click.option("--tls", is_flag=True, help="Serve https, with a certificate made at the start; its path is printed.")
@click.option("--language", type=click.Choice(["en", "fr"]), help="The language of the texts in faults.  [default: en]")
@json_option
def sandbox(
    port: int,
    company: str | None,
    also: tuple[str, ...],
    currency: str | None,
    data: Path | None,
    seed: Path | None,
    client_id: str | None,
    client_secret: str | None,
    redirect_uris: tuple[str, ...],
    webhook_url: str | None,
    verifier_token: str | None,
    limits: bool,
    time_scale: float,
    tls: bool,
    language: str | None,
    as_json: bool,
) -> None:
    """Serve a QuickBooks Online company of our own, until Ctrl-C.

    It has Intuit's OAuth pages, the Accounting API, signed webhooks and a page on which a customer pays an invoice.
    With --json the first line is one object: base_url realm_id client_id client_secret access_token refresh_token
    verifier_token, with --tls also certificate.
    """
    import sqlite3

    from onedesk_quickbooks.plugin.cli.serving import ends_on_signals
    from onedesk_quickbooks.plugin.sandbox import SandboxOptions
    from onedesk_quickbooks.plugin.sandbox.http.server import serve

    try:
        options = SandboxOptions(
            company=company or "us",
            also=also,
            currency=currency,
            data=data,
            seed=seed,
            client_id=client_id,
            client_secret=client_secret,
            redirect_uris=redirect_uris,
            webhook_url=webhook_url,
            verifier_token=verifier_token,
            limits=limits,
            time_scale=Decimal(str(time_scale)),
            language=language,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error

    def ready(server: Server) -> None:
        held = server.sandbox.books.edition
        if company not in (None, held):
            raise CannotRun(
                f"{data} holds a company {held!r}, not {company!r}; leave --company out, or name another file"
            )
        (_as_json if as_json else _announce)(server)

    try:
        with ends_on_signals():
            serve(options, port=port, ready=ready, tls=tls)
    except ValueError as error:
        raise CannotRun(f"{seed} cannot be used as seed: {error}") from error
    except sqlite3.Error as error:
        raise CannotRun(f"{data} cannot be used as the file of a sandbox: {error}; name another one") from error
    except OSError as error:
        raise CannotRun(f"cannot listen on port {port}: {error.strerror}; take another --port, or 0") from error


def _as_json(server: Server) -> None:
    trusted = {"certificate": str(server.certificate)} if server.certificate else {}
    print_json({**server.sandbox.credentials(server.base_url), **trusted})


def _announce(server: Server) -> None:
    box, base = server.sandbox, server.base_url
    given = box.credentials(base)
    companies = "\n".join(
        f"  {word:<16}  {each.company_name} ({each.books.edition}), realm {each.realm_id}"
        for word, each in zip(["company", *["and"] * len(box.companies)], box.companies, strict=False)
    )
    kept = f"in {box.options.data}" if box.options.data else "in memory: gone in the end (--data FILE keeps it)"
    trust = f"--cacert {server.certificate} " if server.certificate else ""
    ours = f"REQUESTS_CA_BUNDLE={server.certificate} " if server.certificate else ""
    certificate = f"\n  certificate       {server.certificate}" if server.certificate else ""
    click.echo(f"""\
QuickBooks sandbox  {base}
{companies}
  kept              {kept}{certificate}
  look at it        {base}/
  client id         {box.client_id}
  client secret     {box.client_secret}
  webhook verifier  {box.verifier_token}

Connect this plugin to it:
  {ours}onedesk-quickbooks connect --sandbox {base} --yes

Or get a token for your own client:
  curl -s {trust}{base}/_control/credentials
  curl -s {trust}-H 'Accept: application/json' -H 'Authorization: Bearer {given["access_token"]}' \\
    {base}/v3/company/{box.realm_id}/companyinfo/{box.realm_id}

Ctrl-C stops it.""")
    sys.stdout.flush()
