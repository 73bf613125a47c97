"""`customers review`, `confirm`, `reject` and `undo`: a person decides which QuickBooks customer a customer is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from onedesk_quickbooks.plugin.cli.errors import Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_line, print_table
from onedesk_quickbooks.plugin.texts import Text, ngettext
from onedesk_quickbooks.plugin.texts.arguments import arguments

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.customers_api import Said
    from onedesk_quickbooks.plugin.model.review import Candidate
    from onedesk_quickbooks.plugin.ops.reviews import OpenReview

_COMMAND = "onedesk-quickbooks customers"
_KINDS = {
    "name": Text("name"),
    "email": Text("e-mail"),
    "tax_id": Text("tax number"),
    "phone": Text("phone"),
    "address": Text("address"),
    "links": Text("linked"),
}
_AGREES = {True: Text("same"), False: Text("differs"), None: ""}
_customer = click.argument("customer_id", metavar="ONEDESK_ID")
_candidate = click.argument("candidate", metavar="QUICKBOOKS_CUSTOMER")


@click.command(short_help="List customers whose QuickBooks customer is not certain.")
@json_option
@click.pass_context
def review(ctx: click.Context, as_json: bool) -> None:
    """List the customers that may already be in QuickBooks, with the evidence for and against each candidate.

    Their invoices are held, and nothing is created, until each candidate is confirmed or rejected; other invoices are
    processed. The score is 100 for the same name; equal e-mail addresses, tax numbers, phone numbers and addresses
    raise it, another country, tax number or linked OneDesk customer lowers it.

    With --json one object a line: customer_id name invoices candidates. The exit code is 1 while there is one.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session

    options: Options = ctx.obj
    with open_session(options) as session:
        found = session.application.customer_reviews()
    for place, each in enumerate(found):
        if place and not as_json:
            click.echo()
        print_json(each.to_json()) if as_json else _print(each)
    if not found and not as_json:
        print_line(Text("No customer waits for a review."))
    ctx.exit(1 if found else 0)


@click.command(short_help="Confirm that a QuickBooks customer is this customer.")
@_customer
@_candidate
@json_option
@click.pass_context
def confirm(ctx: click.Context, customer_id: str, candidate: str, as_json: bool) -> None:
    """Confirm that the customer ONEDESK_ID is QUICKBOOKS_CUSTOMER (its id or its name): they are linked, and its held
    entries are queued again; `serve`, or the next copy or send, processes them.

    With --json one object: customer_id quickbooks_id quickbooks_name again (entries queued again).
    """
    from onedesk_quickbooks.plugin.cli.session import open_session, person

    options: Options = ctx.obj
    _checked(customer_id)
    with open_session(options) as session:
        said = session.application.confirm_customer(customer_id, candidate, person())
    if as_json:
        print_json(_json(said))
        return
    text = Text('The OneDesk customer {customer} is the QuickBooks customer "{name}" (id {id}).', **_names(said))
    print_line(text)
    _again(said)


@click.command(short_help="Reject a QuickBooks customer as not this customer.")
@_customer
@_candidate
@json_option
@click.pass_context
def reject(ctx: click.Context, customer_id: str, candidate: str, as_json: bool) -> None:
    """Reject QUICKBOOKS_CUSTOMER (its id or its name) as the customer ONEDESK_ID. It is no longer a candidate.

    If no candidate is left, the held entries of the customer are queued again, and a new customer is created, if the
    rules allow it (`customers.when_missing`).

    With --json one object: customer_id quickbooks_id quickbooks_name again (entries queued again) left (candidates).
    """
    from onedesk_quickbooks.plugin.cli.session import open_session, person

    options: Options = ctx.obj
    _checked(customer_id)
    with open_session(options) as session:
        said = session.application.reject_customer(customer_id, candidate, person())
    if as_json:
        print_json({**_json(said), "left": said.left})
        return
    print_line(
        Text('The OneDesk customer {customer} is not the QuickBooks customer "{name}" (id {id}).', **_names(said))
    )
    if said.left:
        text = ngettext(
            "{n} candidate left: {command} review", "{n} candidates left: {command} review", said.left, command=_COMMAND
        )
        click.echo(text)
    else:
        _again(said)


@click.command(short_help="Undo the last confirmation or rejection.")
@_customer
@json_option
@click.pass_context
def undo(ctx: click.Context, customer_id: str, as_json: bool) -> None:
    """Undo the last confirmation or rejection for the customer ONEDESK_ID; a second call undoes the one before.

    After a confirmation is undone, the link is as it was before. Invoices and customers that were created since stay.

    With --json one object: customer_id quickbooks_id quickbooks_name again decision (confirmed or rejected).
    """
    from onedesk_quickbooks.plugin.cli.session import open_session, person

    options: Options = ctx.obj
    _checked(customer_id)
    with open_session(options) as session:
        said = session.application.undo_customer(customer_id, person())
    if as_json:
        print_json({**_json(said), "decision": said.decision})
        return
    confirmed = Text(
        'The OneDesk customer {customer} and the QuickBooks customer "{name}" (id {id}): no longer confirmed.',
        **_names(said),
    )
    rejected = Text(
        'The OneDesk customer {customer} and the QuickBooks customer "{name}" (id {id}): no longer rejected.',
        **_names(said),
    )
    print_line(confirmed if said.decision == "confirmed" else rejected)
    _again(said)


def _checked(customer_id: str) -> None:
    if not customer_id.strip() or len(customer_id) > 200:
        raise click.UsageError("ONEDESK_ID is the id of a customer in OneDesk, at most 200 characters")


def _again(said: Said) -> None:
    if said.again:
        click.echo(ngettext("{n} entry queued again.", "{n} entries queued again.", said.again))


def _names(said: Said) -> dict[str, str]:
    return {"customer": said.customer_id, "name": said.name, "id": said.qbo_id}


def _json(said: Said) -> dict[str, Any]:
    return {
        "customer_id": said.customer_id,
        "quickbooks_id": said.qbo_id,
        "quickbooks_name": said.name,
        "again": said.again,
    }


def _print(open_: OpenReview) -> None:
    key = open_.review.key
    numbers = ", ".join(each.number or each.id for each in open_.invoices[:10])
    more = Text(" and {n} more", n=len(open_.invoices) - 10) if len(open_.invoices) > 10 else ""
    values = {"name": open_.review.name, "key": key, "numbers": numbers, "more": more}
    print_line(Text("{name} ({key}), held: {numbers}{more}", **values))
    for each in open_.review.candidates:
        rows = [(_KINDS[one.kind], one.onedesk, one.quickbooks, _agrees(one.kind, one.agrees)) for one in each.evidence]
        score, there = Text("Score {score}", score=each.score), Text("QuickBooks {called}", called=_called(each))
        print_table((score, "OneDesk", there, ""), rows)
        who = arguments(key, each.called)
        print_line(Text(" the same: {command} confirm {who}", command=_COMMAND, who=who))
        print_line(Text(" another:  {command} reject {who}", command=_COMMAND, who=who))


def _agrees(kind: str, agrees: bool | None) -> str:
    if kind == "name":
        return Text("near") if agrees else Text("differs")
    return _AGREES[agrees]


def _called(each: Candidate) -> str:
    if each.made_with:
        return Text("(new with {invoice})", invoice=each.made_with)
    return f"(id {each.id})" if each.active else Text("(id {id}, inactive)", id=each.id)
