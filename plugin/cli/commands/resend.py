"""`resend`: has QuickBooks e-mail an invoice once more."""

from __future__ import annotations

import secrets

import click

from onedesk_quickbooks.plugin.cli.commands.invoices import Shown
from onedesk_quickbooks.plugin.cli.commands.plans import ShownPlans
from onedesk_quickbooks.plugin.cli.errors import FINDINGS, CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import json_option
from onedesk_quickbooks.plugin.cli.stopping import stoppable
from onedesk_quickbooks.plugin.texts import text_in


@click.command(short_help="Have QuickBooks e-mail an invoice once more.")
@click.argument("invoice")
@click.option("--to", default="", metavar="ADDRESS", help="Send to this address instead of the billing contact.")
@click.option("--dry-run", is_flag=True, help="Show what would be done; send no e-mail.")
@json_option
@click.pass_context
def resend(ctx: click.Context, invoice: str, to: str, dry_run: bool, as_json: bool) -> None:
    """Have QuickBooks e-mail INVOICE (its id in OneDesk, or its number) once more. QuickBooks must have e-mailed it
    before. `send` does not do this: an invoice that was sent and has not changed is not sent again.

    Each call sends one e-mail, even after a crash or a lost answer. The invoice is held if OneDesk or QuickBooks now
    has another version than the one that was e-mailed, or if it is void. QuickBooks keeps ADDRESS as the billing e-mail
    of the invoice until the invoice is written again. Entries that are already in the queue are processed, too;
    --dry-run shows them.

    With --json one object a line, as in `send --json`; with --dry-run the plan, as defined in schemas/plan.schema.json.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session, person
    from onedesk_quickbooks.plugin.cli.session.asking import unfinished
    from onedesk_quickbooks.plugin.sync.errors import CannotDecide

    options: Options = ctx.obj
    shown = Shown(as_json)
    with open_session(options) as session:
        application = session.application
        try:
            invoice_id = application.id_of(invoice)
            if dry_run:
                plans = ShownPlans(as_json)
                plans(application.plan_resend(invoice_id, person(), to), False)
                for each, waits in application.plan_run((), "send"):
                    plans(each, waits)
                ctx.exit(0 if plans.fine else FINDINGS)
            seen = application.sent_at(invoice_id)
            run = secrets.token_hex(4)
            with application.as_command(run, "send", person()), stoppable(application.hurry):
                application.resend(invoice_id, person(), to, seen)
                outcomes = application.drain()
        except CannotDecide as problem:
            raise CannotRun(text_in(problem)) from None
        application.end_run(run)
        named = [each for each in outcomes if each.id == invoice_id]
        for outcome in named or [unfinished(session, invoice_id, "send")]:
            shown(outcome, False)
        shown.sums(False)
        for outcome in outcomes:
            if outcome.id != invoice_id:
                shown(outcome, True)
        shown.sums(True)
    shown.complain()
    if shown.unwell:
        ctx.exit(FINDINGS)
