"""`customers`: the QuickBooks customer for each OneDesk customer's invoices, shown and set by a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from onedesk_quickbooks.plugin.cli.commands.customers_review import confirm, reject, review, undo
from onedesk_quickbooks.plugin.cli.errors import Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_line, print_table
from onedesk_quickbooks.plugin.texts import Text, gettext

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.ledger import CustomerLink

RETRY = Text("Try what was held again: onedesk-quickbooks queue retry --all-held")
_currency = click.option(
    "--currency", metavar="CODE", help="The currency of the invoices (USD), if there is a customer for each currency."
)


@click.group(short_help="Show and set which QuickBooks customer belongs to a customer.")
def customers() -> None:
    """The QuickBooks customers for the invoices of OneDesk customers, for cases that the name does not decide."""


@customers.command("list", short_help="List the customers with their QuickBooks customers.")
@json_option
@click.pass_context
def links(ctx: click.Context, as_json: bool) -> None:
    """List which QuickBooks customer the invoices of each OneDesk customer go to.

    A link is made when an invoice is copied, or by `customers link`. With --json one object a line: customer_id
    currency quickbooks_id quickbooks_name (null if QuickBooks no longer has it).
    """
    from onedesk_quickbooks.plugin.cli.session import open_session

    options: Options = ctx.obj
    with open_session(options) as session:
        found = session.application.customer_links().each()
    if as_json:
        for each in found:
            print_json(_json(each.link, each.name))
    elif not found:
        print_line(Text("No customer is linked yet: the first copy of an invoice links its customer."))
    else:
        rows = [(each.link.od_customer_id, each.link.currency, each.name or "-", each.link.qbo_id) for each in found]
        columns = (Text("OneDesk customer"), Text("Currency"), Text("QuickBooks customer"), Text("QuickBooks id"))
        print_table(columns, rows)


@customers.command(short_help="Link a customer to a QuickBooks customer.")
@click.argument("customer_id", metavar="ONEDESK_ID")
@click.argument("customer", metavar="QUICKBOOKS_CUSTOMER")
@_currency
@json_option
@click.pass_context
def link(ctx: click.Context, customer_id: str, customer: str, currency: str | None, as_json: bool) -> None:
    """Bill the invoices of the customer ONEDESK_ID to QUICKBOOKS_CUSTOMER (its id or its name), whatever the name in
    OneDesk.

    It replaces an earlier link in the same currency; two customers may be linked to one. Invoices that are already
    copied stay where they are. With --json one object as in the list.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session, person

    options: Options = ctx.obj
    if not customer_id.strip() or len(customer_id) > 200:
        raise click.UsageError(gettext("ONEDESK_ID is the id of a customer in OneDesk, at most 200 characters"))
    with open_session(options) as session:
        made = session.application.customer_links(person()).link(customer_id, customer, currency)
    if as_json:
        print_json(_json(made.link, made.name))
        return
    print_line(
        Text(
            'Invoices of the OneDesk customer {customer} in {currency} go to "{name}" (id {id}).',
            customer=customer_id,
            currency=made.link.currency,
            name=made.name,
            id=made.link.qbo_id,
        )
    )
    print_line(RETRY)


@customers.command(short_help="Remove the links of a customer.")
@click.argument("customer_id", metavar="ONEDESK_ID")
@_currency
@json_option
@click.pass_context
def unlink(ctx: click.Context, customer_id: str, currency: str | None, as_json: bool) -> None:
    """Remove the links of the customer ONEDESK_ID: the rules find the QuickBooks customer of its next invoice.

    Invoices that are already copied stay where they are.

    With --json one object a line: customer_id currency quickbooks_id.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session, person

    options: Options = ctx.obj
    with open_session(options) as session:
        gone = session.application.customer_links(person()).unlink(customer_id, currency)
    for each in gone:
        if as_json:
            print_json(_json(each))
        else:
            print_line(
                Text(
                    "The OneDesk customer {customer} is no longer linked to the QuickBooks customer with the id {id} in"
                    " {currency}.",
                    customer=customer_id,
                    id=each.qbo_id,
                    currency=each.currency,
                )
            )
    if not as_json:
        print_line(RETRY)


for _command in (review, confirm, reject, undo):
    customers.add_command(_command)


def _json(link: CustomerLink, name: str | None = None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "customer_id": link.od_customer_id,
        "currency": link.currency,
        "quickbooks_id": link.qbo_id,
    }
    return row if name is None else {**row, "quickbooks_name": name or None}
