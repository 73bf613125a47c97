"""`ledger`: where what was recorded, sent and answered is kept."""

from __future__ import annotations

import os

import click

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_table


@click.group(short_help="Move the ledger to PostgreSQL.")
def ledger() -> None:
    """The ledger: what was recorded, sent and answered."""


@ledger.command(short_help="Move the SQLite ledger to PostgreSQL.")
@click.option("--to", "url", metavar="URL", required=True, help="Where to: postgresql://user:password@host/database.")
@click.option(
    "--tenant", default=None, metavar="NAME", help="The tenant there; default: the setting `tenant`, else main."
)
@json_option
@click.pass_context
def migrate(ctx: click.Context, url: str, tenant: str | None, as_json: bool) -> None:
    """Copy every row to PostgreSQL, compare the counts, and set `ledger` and `tenant` in settings.yaml. End `serve`
    and other programs of this data directory before. Refused where the tenant's ledger there is not empty.

    The SQLite file stays where it is, and takes no more writes. With --json one object: tenant, and rows by table.
    """
    from onedesk_quickbooks.plugin.app.opening import is_remote, move_ledger
    from onedesk_quickbooks.plugin.cli.session import plain_errors
    from onedesk_quickbooks.plugin.ledger import LockTaken
    from onedesk_quickbooks.plugin.sync.settings import load_settings, write_settings

    options: Options = ctx.obj
    with plain_errors():
        settings = load_settings(options.home, os.environ)
        if is_remote(settings.ledger):
            raise CannotRun("The ledger of this data directory is in PostgreSQL already (`ledger` in settings.yaml)")
        if not is_remote(url):
            raise CannotRun("--to takes a URL of PostgreSQL: postgresql://user:password@host/database")
        name = tenant or settings.tenant
        try:
            counts = move_ledger(options.home, settings, url, name)
        except LockTaken as problem:
            raise CannotRun("The lane is at work; end serve and other commands, then try again") from problem
        write_settings(options.home, {"ledger": url, "tenant": name})
    if as_json:
        print_json({"tenant": name, "rows": dict(counts)})
        return
    print_table(("Table", "Rows"), [(table, count) for table, count in counts.items()], right=("Rows",))
    click.echo(f"Moved to tenant {name}. Work is done by: onedesk-quickbooks worker")
