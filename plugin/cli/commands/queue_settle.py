"""`queue settle`: which version of an invoice stays that somebody changed in QuickBooks."""

from __future__ import annotations

import click

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import tell


@click.command(short_help="Decide about an invoice that was changed in QuickBooks.")
@click.argument("entry", type=int)
@click.option(
    "--keep",
    type=click.Choice(["quickbooks", "onedesk"]),
    required=True,
    help="quickbooks: its version is taken as it is. onedesk: its version is written there again.",
)
@click.pass_context
def settle(ctx: click.Context, entry: int, keep: str) -> None:
    """Decide which version stays of an invoice that somebody changed in QuickBooks; `queue show ENTRY` has both.

    What was held because of the change goes back in line; `serve`, or the next copy or send, works on it. QuickBooks
    is asked first whether it still has the version that the entry shows.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session
    from onedesk_quickbooks.plugin.sync.errors import CannotDecide

    options: Options = ctx.obj
    with open_session(options) as session:
        try:
            told = session.application.settle_change(entry, keep)
        except CannotDecide as problem:
            raise CannotRun(str(problem)) from None
    tell(told)
