"""`invoices`: the invoices of the embedded host, from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from onedesk_quickbooks.plugin.cli.errors import FINDINGS, CannotRun, Options
from onedesk_quickbooks.plugin.cli.files.csv_records import COLUMNS
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_line, print_table
from onedesk_quickbooks.plugin.texts import Text, counted, joined, ngettext, text_in

_FILES = f"""
A file is .json (one invoice or a list), .jsonl (one a line) or .csv (one row a line item). A bad record is reported
with file and line; the others continue.

With --json one object a line: id number outcome reason; outcome is opened, kept, edited, reopened, voided, deleted,
unchanged or failed.

Columns of a CSV file (explained in docs/commands.md): {", ".join(COLUMNS)}.
"""


@click.group(short_help="Import invoices from files into the embedded host.")
def invoices() -> None:
    """The invoices of the embedded host, for a program that passes them as files."""


@invoices.command("import", short_help="Import invoices from files into the embedded host.", epilog=_FILES)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, dir_okay=False))
@json_option
@click.pass_context
def import_(ctx: click.Context, files: tuple[str, ...], as_json: bool) -> None:
    """Store invoices as they are in the files, and report to the plugins what has changed since the last import: a new
    Open invoice was opened (and is copied if the rules say on_open: copy or send and a company is connected), another
    was edited, set back to Draft, voided or deleted.

    Sends no request to QuickBooks: `serve`, `copy` or `send` does the rest.
    """
    from onedesk_quickbooks.plugin.cli.session import USER, open_session
    from onedesk_quickbooks.plugin.cli.session.bringing import brought

    options: Options = ctx.obj
    with open_session(options, connected=False) as session:
        host = session.needs_embedded(Text("Invoices of files are put into"))
        found = list(brought(host, map(Path, files), USER, session.application.lost_on_open))
    if as_json:
        for each in found:
            print_json(each)
    else:
        _show(found)
    if any(each["outcome"] == "failed" for each in found):
        ctx.exit(FINDINGS)


@invoices.command(short_help="Attach files to an invoice of the embedded host.")
@click.argument("invoice")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.pass_context
def attach(ctx: click.Context, invoice: str, files: tuple[Path, ...]) -> None:
    """Store FILEs with INVOICE (its id) in the embedded host; the same file is stored once.

    With the rule invoices.attachments: keep, or send, the next copy or send of the invoice attaches them to it in
    QuickBooks.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session
    from onedesk_quickbooks.plugin.host.records import NoSuchInvoice
    from onedesk_quickbooks.plugin.planning import is_as_named

    options: Options = ctx.obj
    contents = {each: each.read_bytes() for each in files}
    for each, content in contents.items():
        if not is_as_named(each.name, content):
            raise CannotRun(
                Text(
                    "{file} does not begin as a file of its type, so nothing was attached. Attach the file itself, or "
                    "name it by what it is.",
                    file=each,
                )
            )
    with open_session(options, connected=False) as session:
        host = session.needs_embedded(Text("Files are attached in"))
        try:
            for each, content in contents.items():
                host.attach(invoice, each.name, content)
        except NoSuchInvoice as problem:
            raise CannotRun(text_in(problem)) from None
    print_line(ngettext("{n} file attached.", "{n} files attached.", len(files)))


def _show(found: list[dict[str, Any]]) -> None:
    from onedesk_quickbooks.plugin.host.imports import OUTCOMES

    rows = [(each["id"] or "?", each["number"], OUTCOMES[each["outcome"]], each["reason"]) for each in found]
    print_table((Text("Invoice"), Text("Number"), Text("Outcome"), Text("Why")), rows)
    if not found:
        print_line(Text("The files hold no invoices."))
        return
    outcomes = [each["outcome"] for each in found]
    counts = ((outcomes.count(each), OUTCOMES[each]) for each in dict.fromkeys(outcomes))
    summary = joined(", ", (counted(number, name) for number, name in counts))
    invoices = ngettext("{n} invoice", "{n} invoices", len(found))
    print_line(Text("{invoices}: {counts}.", invoices=invoices, counts=summary))
