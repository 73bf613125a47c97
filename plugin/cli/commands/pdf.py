"""`pdf`: an invoice as a PDF from QuickBooks."""

from __future__ import annotations

import os
from pathlib import Path

import click

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import print_line
from onedesk_quickbooks.plugin.texts import Text, gettext, text_in


@click.command(short_help="Fetch the PDF of an invoice from QuickBooks.")
@click.argument("invoice")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="The file to write, replaced if it exists; - is standard output. Default: NUMBER.pdf in the current folder.",
)
@click.pass_context
def pdf(ctx: click.Context, invoice: str, output: Path | None) -> None:
    """Fetch the PDF of INVOICE (its id in OneDesk, or its number) as QuickBooks would e-mail it now.

    Without --output an existing file is not replaced.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session
    from onedesk_quickbooks.plugin.sync.errors import CannotDecide

    options: Options = ctx.obj
    with open_session(options) as session:
        try:
            found = session.application.pdf(session.application.id_of(invoice))
        except CannotDecide as problem:
            raise CannotRun(text_in(problem)) from None
    if str(output) == "-":
        with click.open_file("-", "wb") as out:
            out.write(found.content)
        return
    file = output or Path(found.name)
    try:
        with file.open("wb" if output else "xb") as out:
            out.write(found.content)
    except FileExistsError:
        raise click.UsageError(gettext("{file} is there already; name a file with --output", file=str(file))) from None
    except OSError as problem:
        reason = os.strerror(problem.errno or 0)
        raise CannotRun(Text("{file} cannot be written: {reason}", file=str(file), reason=reason)) from None
    print_line(Text("{file}: {n} bytes", file=str(file), n=len(found.content)))
