"""`payments`: what was paid in QuickBooks, into the host, now."""

from __future__ import annotations

import click

from onedesk_quickbooks.plugin.cli.errors import Options
from onedesk_quickbooks.plugin.cli.output import counted, json_option, print_json, print_table, say

_COUNTED = {
    "payment": ("payment", "payments"),
    "credit_memo": ("credit memo", "credit memos"),
    "journal_entry": ("journal entry", "journal entries"),
    "other_credit": ("credit", "credits"),
    "deposit": ("deposit", "deposits"),
    "zero_total": ("invoice with nothing to pay", "invoices with nothing to pay"),
    "balance": ("invoice changed after a payment", "invoices changed after a payment"),
}
"""What each kind is called where it is counted: credits are no payments."""


@click.command(short_help="Bring payments back from QuickBooks now.")
@json_option
@click.pass_context
def payments(ctx: click.Context, as_json: bool) -> None:
    """Ask QuickBooks what was paid, credited, changed or taken back since the last time, and tell the host. Invoices
    that somebody changed there are noted, and stand in the queue where the rules leave them to a person.

    With --json one object a payment: payment_id invoice_id number kind reference what amount balance currency; kind is
    payment, credit_memo, journal_entry, other_credit, deposit, zero_total or balance; what is recorded, reversed, or
    ignored where the rules leave it out.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session

    options: Options = ctx.obj
    with open_session(options) as session:
        news = session.application.bring_payments()
        changed = len(session.application.changes())
    if changed:
        say(f"{counted(changed, 'invoice')} changed in QuickBooks, waiting for you: onedesk-quickbooks queue")
    if as_json:
        for each in news:
            print_json(
                {
                    "payment_id": each.payment_id,
                    "invoice_id": each.invoice_id,
                    "number": each.number,
                    "kind": each.kind,
                    "reference": each.reference,
                    "what": each.what,
                    "amount": each.amount.digits,
                    "balance": each.balance.digits,
                    "currency": each.amount.currency,
                }
            )
        return
    if not news:
        click.echo("Nothing new was paid in QuickBooks.")
        return
    rows = [(each.number or each.invoice_id, each.name, each.what, each.amount, each.balance) for each in news]
    print_table(("Invoice", "By", "Outcome", "Amount", "Left to pay"), rows, right=("Amount", "Left to pay"))
    kinds = [each.kind for each in news]
    click.echo(", ".join(counted(kinds.count(kind), *_COUNTED[kind]) for kind in _COUNTED if kind in kinds) + ".")
