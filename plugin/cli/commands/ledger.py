"""`ledger`: the database of what was recorded, sent and answered."""

from __future__ import annotations

from pathlib import Path

import click

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_line, print_table
from onedesk_quickbooks.plugin.texts import Text, joined


@click.group(short_help="Move the ledger to PostgreSQL.")
def ledger() -> None:
    """The ledger: what was recorded, sent and answered."""


@ledger.command(short_help="Move the SQLite ledger to PostgreSQL.")
@click.option(
    "--to", "to", metavar="URL", help="The URL of PostgreSQL, without a password; default: `ledger` of the settings."
)
@click.option(
    "--from",
    "source",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The SQLite ledger, if it is not the one of the data directory.",
)
@click.option(
    "--tenant", default=None, metavar="NAME", help="The tenant in PostgreSQL; default: the setting `tenant`, else main."
)
@json_option
@click.pass_context
def migrate(ctx: click.Context, to: str | None, source: Path | None, tenant: str | None, as_json: bool) -> None:
    """Copy every row to PostgreSQL, compare the rows, and close the SQLite ledger. Stop `serve` and other programs of
    this data directory first. The command refuses if the tenant's ledger in PostgreSQL has other rows.

    The URL is that of `ledger` in settings.yaml, or of ONEDESK_QUICKBOOKS_LEDGER: set it there first, with the
    password. With --to it is written into settings.yaml at the end. After a crash, the same command completes the move;
    after the move it says that nothing is left to do.

    The SQLite file stays where it is, and cannot be written any more. With --json one object: tenant, and rows by
    table; {} after an earlier move.
    """
    from onedesk_quickbooks.plugin.app.opening import is_remote, move_ledger
    from onedesk_quickbooks.plugin.cli.session import plain_errors
    from onedesk_quickbooks.plugin.ledger import LockTaken
    from onedesk_quickbooks.plugin.ledger.database import postgres
    from onedesk_quickbooks.plugin.sync.settings import load_settings, write_settings

    options: Options = ctx.obj
    with plain_errors():
        settings = load_settings(options.home, options.environ)
        remote = is_remote(settings.ledger)
        url = settings.ledger if remote else to or ""
        if not is_remote(url):
            raise CannotRun(
                Text(
                    "Where to? Set `ledger: postgresql://user:password@host/database` in settings.yaml, or the same in"
                    " ONEDESK_QUICKBOOKS_LEDGER, and give the command again"
                )
            )
        if to and postgres.has_password(to):
            raise CannotRun(
                Text(
                    "A password among the arguments is seen by everybody on this machine: set `ledger` in"
                    " settings.yaml to the URL, or ONEDESK_QUICKBOOKS_LEDGER, and leave --to out; then change that"
                    " password"
                )
            )
        if to and remote and postgres.shared(to).name != postgres.shared(settings.ledger).name:
            raise CannotRun(
                Text(
                    "The ledger of the settings is {place} already, and --to names {other}. To move a SQLite ledger to"
                    " the former, leave --to out; to the latter, take `ledger` out of settings.yaml and"
                    " ONEDESK_QUICKBOOKS_LEDGER first",
                    place=postgres.shared(settings.ledger).name,
                    other=postgres.shared(to).name,
                )
            )
        file = source or options.home / ((not remote and settings.ledger) or "ledger.sqlite")
        name = tenant or settings.tenant
        try:
            counts = move_ledger(file, url, name)
        except LockTaken as problem:
            raise CannotRun(
                Text("The company queue is running; stop serve and other commands, then try again")
            ) from problem
        write_settings(options.home, {**({"ledger": url} if to and not remote else {}), "tenant": name})
    if as_json:
        print_json({"tenant": name, "rows": dict(counts)})
        return
    done = Text("Work is done by: onedesk-quickbooks worker")
    if not counts:
        already = Text(
            "The ledger is in {place} already, as tenant {name}: it was moved there before, and nothing is left to do.",
            place=postgres.shared(url).name,
            name=name,
        )
        print_line(joined(" ", (already, done)))
        return
    rows = Text("Rows")
    print_table((Text("Table"), rows), [(table, count) for table, count in counts.items()], right=(rows,))
    print_line(joined(" ", (Text("Moved to tenant {name}.", name=name), done)))
