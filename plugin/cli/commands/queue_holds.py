"""`queue hold`, `queue release` and `queue holds`: invoices that are not to be written for now."""

from __future__ import annotations

import click

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_line, print_table
from onedesk_quickbooks.plugin.cli.reason import required_text
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.texts.arguments import arguments


@click.command(short_help="Hold an invoice: nothing of it is written to QuickBooks.")
@click.argument("invoice")
@click.option("--reason", required=True, callback=required_text, help="Why; it is shown with the invoice.")
@click.pass_context
def hold(ctx: click.Context, invoice: str, reason: str) -> None:
    """Hold INVOICE (its id in OneDesk, or its number): until `queue release` it is not copied, e-mailed or voided,
    whoever requests it; payments are still brought back. A request that was already sent to QuickBooks is not
    undone."""
    from onedesk_quickbooks.plugin.cli.session import open_session, person
    from onedesk_quickbooks.plugin.sync.errors import CannotDecide

    options: Options = ctx.obj
    with open_session(options) as session:
        try:
            number = session.application.hold(session.application.id_of(invoice), reason, person())
        except CannotDecide as problem:
            raise CannotRun(str(problem)) from None
    print_line(
        Text(
            "Invoice {number} is held. To release it: onedesk-quickbooks queue release {id}",
            number=number,
            id=arguments(number),
        )
    )


@click.command(short_help="Release an invoice that somebody holds; its entries are tried again.")
@click.argument("invoice")
@click.pass_context
def release(ctx: click.Context, invoice: str) -> None:
    """Release INVOICE (its id in OneDesk, or its number); `serve`, or the next copy or send, processes its held
    entries."""
    from onedesk_quickbooks.plugin.cli.session import open_session, person

    options: Options = ctx.obj
    with open_session(options) as session:
        application = session.application
        if not application.release(application.id_of(invoice), person()):
            raise CannotRun(
                Text("nobody holds the invoice {invoice}; see: onedesk-quickbooks queue holds", invoice=invoice)
            )
    print_line(Text("Invoice {number} is released.", number=invoice))


@click.command(short_help="List the invoices that somebody holds.")
@json_option
@click.pass_context
def holds(ctx: click.Context, as_json: bool) -> None:
    """List the invoices that somebody holds, the oldest first.

    With --json one object a line: id number by since reason.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session

    options: Options = ctx.obj
    with open_session(options) as session:
        found = session.application.holds()
    if as_json:
        for each in found:
            since = each.since.isoformat()
            row = {"id": each.od_invoice_id, "number": each.od_number, "by": each.by, "since": since}
            print_json({**row, "reason": each.reason})
    elif found:
        rows = [(each.od_number or each.od_invoice_id, each.by, each.since.date(), each.reason) for each in found]
        print_table((Text("Invoice"), Text("By"), Text("Since"), Text("Why")), rows)
    else:
        print_line(Text("Nobody holds an invoice."))
