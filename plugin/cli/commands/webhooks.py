"""`webhooks`: the receivers of payments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_line, print_table, say
from onedesk_quickbooks.plugin.texts import Text

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.ledger import OutgoingWebhook
    from onedesk_quickbooks.plugin.ledger.payment_events import PaymentEvents

_LONGEST = 1000
_STATES = {"fine": Text("fine"), "retrying": Text("retrying"), "stopped": Text("stopped")}
_after = click.option("--after", metavar="CURSOR", type=click.IntRange(0), help="Send the payments after this cursor.")


@click.group(short_help="Send payments to programs that are not in Python.")
def webhooks() -> None:
    """The addresses to which payments and reversals are sent, signed by the Standard Webhooks specification
    (docs/api.md)."""


@webhooks.command(short_help="Send payments to an address from now on.")
@click.argument("url")
@_after
@json_option
@click.pass_context
def add(ctx: click.Context, url: str, after: int | None, as_json: bool) -> None:
    """Send payments to URL from now on, or after a cursor. The secret that signs them is printed once.

    A URL that is already in the list gets a new secret, is tried again at once, and continues at its cursor, or after
    that of --after. With --json one object: url secret.
    """
    import base64
    import secrets

    from onedesk_quickbooks.plugin.cli.session import open_session, person
    from onedesk_quickbooks.plugin.sync.settings import is_address

    options: Options = ctx.obj
    if not is_address(url, "http", "https") or len(url) > _LONGEST or not url.isprintable():
        raise click.UsageError(
            Text("URL is an http or https address of at most {longest} characters", longest=_LONGEST)
        )
    secret = secrets.token_bytes(32)
    with open_session(options, connected=False) as session:
        events = session.application.ledger.payment_events
        _check(events, after)
        with (ledger := session.application.ledger).together():
            ledger.outgoing_webhooks.put(url, secret, events.newest(), after)
            ledger.audit.act(person(), "add webhook", host=urlsplit(url).hostname)
    text = "whsec_" + base64.b64encode(secret).decode()
    if as_json:
        print_json({"url": url, "secret": text})
        return
    say(Text("Payments are sent there by `serve`. The secret that signs them; keep it now, it is not shown again:"))
    click.echo(text)


@webhooks.command("list", short_help="Show the addresses with their state and problems.")
@json_option
@click.pass_context
def listed(ctx: click.Context, as_json: bool) -> None:
    """List the addresses: how many payments wait, and why.

    With --json one object a line: url state delivered waiting failures problem next made; state is fine, retrying or
    stopped, next the time of the next try (null for none).
    """
    from onedesk_quickbooks.plugin.cli.session import open_session

    options: Options = ctx.obj
    with open_session(options, connected=False, used=True) as session:
        ledger = session.application.ledger
        found = [(each, ledger.payment_events.count(each.delivered)) for each in ledger.outgoing_webhooks.all()]
        sentences = ledger.sentences.recalled(each.problem for each, _ in found)
    records = [_json(each, waiting) for each, waiting in found]
    if as_json:
        for each in records:
            print_json(each)
    elif not records:
        print_line(Text("Payments are sent nowhere yet. Add an address: onedesk-quickbooks webhooks add URL"))
    else:
        for each in records:
            each["problem"] = sentences[each["problem"]]
        rows = [(each["url"], _STATES[each["state"]], each["waiting"], _why(each)) for each in records]
        waiting = Text("Waiting")
        print_table((Text("Address"), Text("State"), waiting, Text("Why")), rows, right=(waiting,))


@webhooks.command(short_help="Send to a stopped address again, at once.")
@click.argument("url")
@_after
@click.pass_context
def resume(ctx: click.Context, url: str, after: int | None) -> None:
    """Send to URL again at once, after its receiver is repaired; with --after, from another cursor."""
    from onedesk_quickbooks.plugin.cli.session import ledger_transaction, person

    options: Options = ctx.obj
    with ledger_transaction(options) as ledger:
        _check(ledger.payment_events, after)
        if not ledger.outgoing_webhooks.resume(url, after):
            raise _unknown(url)
        ledger.audit.act(person(), "resume webhook", host=urlsplit(url).hostname, after=after)
    print_line(Text("It is tried again by `serve`."))


@webhooks.command(short_help="Remove an address.")
@click.argument("url")
@click.pass_context
def remove(ctx: click.Context, url: str) -> None:
    """Send nothing more to URL, and delete its cursor."""
    from onedesk_quickbooks.plugin.cli.session import ledger_transaction, person

    options: Options = ctx.obj
    with ledger_transaction(options) as ledger:
        if not ledger.outgoing_webhooks.remove(url):
            raise _unknown(url)
        ledger.audit.act(person(), "remove webhook", host=urlsplit(url).hostname)
    print_line(Text("Nothing is sent there any more."))


def _check(events: PaymentEvents, after: int | None) -> None:
    newest = events.newest()
    if after is not None and after > newest:
        raise CannotRun(Text("there is no event {after}; the last one is {newest}", after=after, newest=newest))


def _unknown(url: str) -> CannotRun:
    return CannotRun(Text("nothing is sent to {url}; see: onedesk-quickbooks webhooks list", url=url))


def _json(webhook: OutgoingWebhook, waiting: int) -> dict[str, Any]:
    return {
        "url": webhook.url,
        "state": webhook.state,
        "delivered": str(webhook.delivered),
        "waiting": waiting,
        "failures": webhook.failures,
        "problem": webhook.problem,
        "next": webhook.not_before.isoformat() if webhook.not_before else None,
        "made": webhook.made_at.isoformat(),
    }


def _why(row: dict[str, Any]) -> str:
    if row["state"] == "fine":
        return ""
    then = Text("then: webhooks resume URL")
    if row["next"]:
        then = Text("again {when} UTC", when=row["next"][:19].replace("T", " "))
    if row["failures"] == 1:
        return Text("{problem}; {then}", problem=row["problem"], then=then)
    return Text("{problem}, {n} times; {then}", problem=row["problem"], n=row["failures"], then=then)
