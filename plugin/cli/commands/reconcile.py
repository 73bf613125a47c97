"""`reconcile`: compares both sides, by invoice and in total."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.days import DAY
from onedesk_quickbooks.plugin.cli.errors import FINDINGS, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, say
from onedesk_quickbooks.plugin.texts import Text, gettext

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.planning.reconcile import Report

_FILE = click.Path(path_type=Path, dir_okay=False, writable=True)


@click.command(short_help="Compare both sides: every invoice, every sum, every difference with its remedy.")
@click.option("--from", "first", type=DAY, metavar="DAY", help="Invoices dated on this day or later.")
@click.option("--to", "last", type=DAY, metavar="DAY", help="Invoices dated on this day or earlier.")
@click.option(
    "--ours",
    is_flag=True,
    help="Leave out invoices that were entered in QuickBooks under a number that OneDesk does not have.",
)
@click.option("--csv", "csv_file", type=_FILE, metavar="FILE", help="Also write a table of all invoices.")
@click.option("--html", "html_file", type=_FILE, metavar="FILE", help="Also write a page with charts.")
@json_option
@click.pass_context
def reconcile(
    ctx: click.Context,
    first: datetime | None,
    last: datetime | None,
    ours: bool,
    csv_file: Path | None,
    html_file: Path | None,
    as_json: bool,
) -> None:
    """Compare OneDesk's invoices with those of QuickBooks: totals, tax by code, open balances, payments. Each
    difference is shown with its cause and the next step. Nothing is written to either side.

    An invoice is included if it is dated in the period on either side. The embedded host lists its invoices, and
    another host does if it has invoices_dated (docs/hooks.md); otherwise only the invoices are read that the host has
    passed to the plugin, and an invoice that was never passed cannot be reported as missing.

    With --json one object: company from to host_lists_invoices drafts_left_out skipped_left_out agree differ sums
    settled taxes invoices; each invoice has both sides and its differences: kind onedesk quickbooks amount cause
    remedy.

    Exit code 1 if something differs.
    """
    days = first.date() if first else None, last.date() if last else None
    if days[0] and days[1] and days[0] > days[1]:
        problem = gettext(
            "--from {first} is after --to {last}; give the earlier day as --from", first=days[0], last=days[1]
        )
        raise click.UsageError(problem)
    found = _report(ctx.obj, *days, ours)
    _write(found, csv_file, html_file)
    if as_json:
        print_json(found.to_json())
    else:
        from onedesk_quickbooks.plugin.cli.reconcile_report import print_report

        print_report(found)
    for file in filter(None, (csv_file, html_file)):
        say(Text("Written: {file}", file=file))
    if found.differences:
        ctx.exit(FINDINGS)


def _write(found: Report, csv_file: Path | None, html_file: Path | None) -> None:
    from onedesk_quickbooks.plugin.cli.session import plain_errors

    with plain_errors():
        if csv_file:
            from onedesk_quickbooks.plugin.ops.reconciled.table import as_csv

            csv_file.write_bytes(as_csv(found))
        if html_file:
            from onedesk_quickbooks.plugin.web.reconciled_page import page

            html_file.write_text(page(found), encoding="utf-8")


def _report(options: Options, first: date | None, last: date | None, ours: bool) -> Report:
    from onedesk_quickbooks.plugin.cli.session import open_session

    with open_session(options) as session:
        return session.application.reconcile(first, last, session.application.records(), ours)
