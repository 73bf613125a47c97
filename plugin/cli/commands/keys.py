"""`keys`: the API keys of the HTTP API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_line, print_table, say
from onedesk_quickbooks.plugin.texts import Text, text_in
from onedesk_quickbooks.plugin.texts import listed as in_words

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.ledger import ApiKey

SCOPES = ("invoices", "payments", "record")
_LONGEST = 100


@click.group(short_help="Make and revoke keys of the HTTP API.")
def keys() -> None:
    """The keys of the HTTP API that `serve` provides below /api (docs/api.md)."""


@keys.command(short_help="Make a key, and show it once.")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    show_default="all",
    help="What the key allows: invoices (pass and read invoices, with files), payments (read), record (pass your own "
    "payments); may be repeated.",
)
@json_option
@click.pass_context
def add(ctx: click.Context, name: str, scopes: tuple[str, ...], as_json: bool) -> None:
    """Make a key for the program NAME. It is printed once: the ledger has only a hash of it.

    With --json one object: name scopes key starts made.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session, person
    from onedesk_quickbooks.plugin.ledger import NameTaken

    options: Options = ctx.obj
    if not name.isprintable() or not name.strip() or len(name) > _LONGEST:
        raise click.UsageError(Text("NAME is 1 to {longest} printable characters", longest=_LONGEST))
    with open_session(options, connected=False) as session:
        try:
            with (ledger := session.application.ledger).together():
                made, text = ledger.api_keys.add(name, sorted(set(scopes or SCOPES)))
                ledger.audit.act(person(), "add key", key=name, scopes=list(made.scopes))
        except NameTaken as problem:
            raise CannotRun(text_in(problem)) from problem
    if as_json:
        print_json({"name": made.name, "scopes": made.scopes, "key": text, **_json(made)})
        return
    say(
        Text(
            "The key {name} is for {join}. Keep it now: it is not shown again.",
            name=repr(made.name),
            join=in_words(made.scopes),
        )
    )
    click.echo(text)


@keys.command("list", short_help="Show all keys.")
@json_option
@click.pass_context
def listed(ctx: click.Context, as_json: bool) -> None:
    """List the keys by their first characters, including revoked ones.

    With --json one object a line: name scopes starts made revoked (null while it is valid).
    """
    from onedesk_quickbooks.plugin.cli.session import open_session

    options: Options = ctx.obj
    with open_session(options, connected=False, used=True) as session:
        found = session.application.ledger.api_keys.all()
    if as_json:
        for each in found:
            row = {"name": each.name, "scopes": each.scopes, **_json(each)}
            print_json({**row, "revoked": each.revoked_at.isoformat() if each.revoked_at else None})
    elif not found:
        print_line(Text("There are no keys yet. Make one: onedesk-quickbooks keys add NAME"))
    else:
        rows = [(each.name, ", ".join(each.scopes), f"{each.starts}…", _day(each), _state(each)) for each in found]
        print_table((Text("Name"), Text("For"), Text("Begins with"), Text("Made"), Text("State")), rows)


@keys.command(short_help="Revoke a key.")
@click.argument("name")
@click.pass_context
def revoke(ctx: click.Context, name: str) -> None:
    """Revoke the key NAME, from the next request on."""
    from onedesk_quickbooks.plugin.cli.session import ledger_transaction, person

    options: Options = ctx.obj
    with ledger_transaction(options) as ledger:
        if not ledger.api_keys.revoke(name):
            raise CannotRun(Text("there is no valid key {name}; see: onedesk-quickbooks keys list", name=repr(name)))
        ledger.audit.act(person(), "revoke key", key=name)
    print_line(Text("The key {name} was revoked.", name=repr(name)))


def _json(key: ApiKey) -> dict[str, Any]:
    return {"starts": key.starts, "made": key.made_at.isoformat()}


def _day(key: ApiKey) -> str:
    return f"{key.made_at:%Y-%m-%d}"


def _state(key: ApiKey) -> str:
    if key.revoked_at is None:
        return Text("works")
    return Text("revoked {day}", day=f"{key.revoked_at:%Y-%m-%d}")
