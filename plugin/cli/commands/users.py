"""`users`: the users of the embedded host's pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

import click

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_line, print_table
from onedesk_quickbooks.plugin.texts import Text, text_in

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.host.records import User
    from onedesk_quickbooks.plugin.host.users import Users

_password = click.option(
    "--password-file",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="Read the password from the first line of FILE (- is standard input); otherwise the command asks for it.",
)


@click.group(short_help="Make and remove users of the host's pages.")
def users() -> None:
    """Who may sign in to the pages of `serve`. They are users of the embedded host; another host has its own."""


@users.command(short_help="Make a user.")
@click.argument("name")
@click.option("--full-name", metavar="TEXT", help="The name on the pages.  [default: NAME]")
@click.option("--administrator", is_flag=True, help="May connect QuickBooks, choose accounts and see Administration.")
@_password
@json_option
@click.pass_context
def add(
    ctx: click.Context,
    name: str,
    full_name: str | None,
    administrator: bool,
    password_file: TextIO | None,
    as_json: bool,
) -> None:
    """Make a user who signs in as NAME.

    With --json one object: name full_name administrator.
    """
    from onedesk_quickbooks.plugin.host.records import User

    made = User(name, name if full_name is None else full_name, administrator)
    with _users(ctx.obj) as known:
        known.add(made, _read(password_file))
    if as_json:
        print_json(_json(made))
    else:
        print_line(
            Text(
                "{name} signs in as {id}{value}.",
                name=made.name,
                id=made.id,
                value=Text(", and may administer") if administrator else "",
            )
        )


@users.command("list", short_help="Show all users.")
@json_option
@click.pass_context
def listed(ctx: click.Context, as_json: bool) -> None:
    """List the users.

    With --json one object a line: name full_name administrator.
    """
    with _users(ctx.obj) as known:
        found = known.each()
    if as_json:
        for each in found:
            print_json(_json(each))
    elif not found:
        print_line(Text("There are no users yet. Make one: onedesk-quickbooks users add NAME --administrator"))
    else:
        rows = [(each.id, each.name, "administers" if each.may_administer else "invoices") for each in found]
        print_table((Text("Name"), Text("Full name"), Text("For")), rows)


@users.command(short_help="Set a new password.")
@click.argument("name")
@_password
@click.pass_context
def password(ctx: click.Context, name: str, password_file: TextIO | None) -> None:
    """Set a new password for NAME. This ends the user's sessions, and the waiting time after wrong passwords."""
    with _users(ctx.obj) as known:
        known.change_password(name, _read(password_file))
    print_line(Text("{name} has a new password.", name=name))


@users.command(short_help="Remove a user.")
@click.argument("name")
@click.pass_context
def remove(ctx: click.Context, name: str) -> None:
    """Remove the user NAME, from the next request on. The last administrator cannot be removed."""
    with _users(ctx.obj) as known:
        known.remove(name)
    print_line(Text("The user {name} was removed.", name=name))


@contextmanager
def _users(options: Options) -> Iterator[Users]:
    from onedesk_quickbooks.plugin.cli.session import open_session
    from onedesk_quickbooks.plugin.host.users import UserProblem

    with open_session(options, connected=False) as session:
        try:
            yield session.needs_embedded(Text("Users are those of")).users
        except UserProblem as problem:
            raise CannotRun(text_in(problem)) from problem


def _read(file: TextIO | None) -> str:
    if file is None:
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return file.readline().rstrip("\r\n")


def _json(user: User) -> dict[str, Any]:
    return {"name": user.id, "full_name": user.name, "administrator": user.may_administer}
