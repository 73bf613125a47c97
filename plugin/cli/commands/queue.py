"""`queue`: what waits, is held or has failed, in one list; nothing is retried blindly, nothing is forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from onedesk_quickbooks.plugin.cli.commands.queue_persons import drop, resume, settle
from onedesk_quickbooks.plugin.cli.entries import entry_told, listed, print_entry
from onedesk_quickbooks.plugin.cli.errors import FINDINGS, CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import counted, json_option, print_json, print_table

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.cli.session import Session
    from onedesk_quickbooks.plugin.ledger import Work

_FOR_A_PERSON, _STATES = ("held", "failed"), ("held", "failed", "todo")


@click.group(
    invoke_without_command=True,
    subcommand_metavar="[COMMAND] [ARGS]...",  # click before 8.3 has no brackets
    short_help="Show what waits, is held or has failed; try again or drop it.",
)
@click.option("--limit", type=click.IntRange(1), default=200, show_default=True, help="Show so many at most, as text.")
@json_option
@click.pass_context
def queue(ctx: click.Context, limit: int, as_json: bool) -> None:
    """List what is held or has failed, then what waits, the oldest first; then orders that could not be recorded, and
    payments that the host did not take.

    With --json all of it, the oldest first, one object a line: entry id number action state reason run attempts since
    tried. The state of what a stopped command has left is stopped, and run is its name. An order that could not be
    recorded has no entry (null) and the state refused, a payment no entry, the action payment and the state untold.
    Exit code 1 where something is held, has failed, was stopped or refused.
    """
    if ctx.invoked_subcommand is not None:
        return
    from onedesk_quickbooks.plugin.cli.session import open_session

    options: Options = ctx.obj
    with open_session(options) as session:
        counts = session.application.waiting_counts()
        runs = {each.run for each in session.application.stopped_runs()}
        unanswered = session.application.unanswered()
        if as_json:
            for work in session.application.ledger.queue.each(_realm(session), _STATES):
                print_json(listed(work, runs, unanswered))
            for without in _without_entry(session):
                print_json(without)
        else:
            found = [listed(work, runs, unanswered) for work in _first(session, limit)]
            _print(found, sum(counts.values()), _without_entry(session))
        refused = session.application.refused_orders()
    if refused or runs or any(counts.get(state) for state in _FOR_A_PERSON):
        ctx.exit(FINDINGS)


def _first(session: Session, limit: int) -> list[Work]:
    """What a person has to look at first, state by state."""
    found: list[Work] = []
    for state in _STATES:
        if len(found) < limit:
            found += session.application.ledger.queue.standing(_realm(session), (state,), limit - len(found))
    return found


def _untold(payment: Mapping[str, Any]) -> dict[str, Any]:
    """A payment that the host did not take, as the list has it: it has no entry, for it is told again by itself."""
    return {
        "entry": None,
        "id": payment["invoice_id"],
        "number": payment["number"],
        "action": "payment",
        "state": "untold",
        "reason": f"{payment['amount']} {payment['currency']} is to be {payment['what']} in OneDesk, which did not take"
        " it. It is reported again with each look for payments; the log says why it is not taken.",
        "run": None,
        "attempts": 0,
        "since": payment["since"],
        "tried": payment["since"],
    }


def _refused(order: Mapping[str, Any]) -> dict[str, Any]:
    """An order that waited in a file, and that the ledger refused: it has no entry."""
    return {
        "entry": None,
        "id": order["id"],
        "number": order["number"],
        "action": order["action"] or "?",
        "state": "refused",
        "reason": f"It waited for the database in {order['file']}, and could not be recorded; the log says why. Ask for"
        " it again in OneDesk, then delete the file.",
        "run": None,
        "attempts": 1,
        "since": order["since"],
        "tried": order["since"],
    }


def _without_entry(session: Session) -> list[dict[str, Any]]:
    application = session.application
    return [*map(_refused, application.refused_orders()), *map(_untold, application.untold_payments())]


def _print(found: list[dict[str, Any]], count: int, others: list[dict[str, Any]]) -> None:
    if not found and not others:
        click.echo("Nothing waits, nothing is held.")
        return
    rows: list[tuple[object, ...]] = [
        (
            each["entry"],
            each["number"] or each["id"],
            each["action"],
            _state(each["state"]),
            _since(each["since"]),
            each["reason"],
        )
        for each in found
    ]
    rows += [
        ("-", each["number"] or each["id"] or "?", each["action"], each["state"], _since(each["since"]), each["reason"])
        for each in others
    ]
    print_table(("Entry", "Invoice", "Action", "State", "Since", "Why"), rows, right=("Entry",))
    if count > len(found):
        click.echo(f"{count - len(found)} more; see them with --limit, or with --json")


@queue.command(short_help="Show one entry with all that is known of it.")
@click.argument("entry", type=int)
@json_option
@click.pass_context
def show(ctx: click.Context, entry: int, as_json: bool) -> None:
    """Show everything of one ENTRY: why it stands there, both totals, what the rules decided, and every request that
    was made for it, with its requestid, its state and QuickBooks' answer, and the intuit_tid that Intuit's support asks
    for.

    With --json one object: that of the list, and totals, decisions, requests, outcome (of a copy or send), conflict (of
    a change in QuickBooks, or an invoice withdrawn in OneDesk), invoice. A refused request has QuickBooks' faults.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session

    options: Options = ctx.obj
    with open_session(options) as session:
        told = entry_told(session.application, _entry(session, entry))
    if as_json:
        print_json(told)
    else:
        print_entry(told)


@queue.command(short_help="Try held or failed entries again.")
@click.argument("entries", type=int, nargs=-1, metavar="[ENTRY]...")
@click.option("--all-held", is_flag=True, help="All that are held or have failed, and can be tried again.")
@click.pass_context
def retry(ctx: click.Context, entries: tuple[int, ...], all_held: bool) -> None:
    """Put held or failed entries back in line; `serve`, or the next copy or send, works on them.

    Mend the cause first: what is held for the same reason is held again.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session, person

    options: Options = ctx.obj
    if bool(entries) == all_held:
        raise click.UsageError("name entries, or say --all-held")
    with open_session(options) as session:
        for entry in entries:
            _entry(session, entry)
        tried = entries or tuple(
            work.id for work in session.application.ledger.queue.each(_realm(session), _FOR_A_PERSON)
        )
        left = [entry for entry in tried if not session.application.retry(entry, person())]
    if left and not all_held:
        raise CannotRun(f"entry {left[0]} is not held and has not failed; see: onedesk-quickbooks queue")
    click.echo(f"{counted(len(tried) - len(left), 'entry', 'entries')} back in line.")
    if left:
        click.echo(f"{counted(len(left), 'entry', 'entries')} only a person can settle; see: onedesk-quickbooks queue")


for _command in (drop, resume, settle):
    queue.add_command(_command)


def _realm(session: Session) -> str:
    connected = session.application.connected
    return connected.realm_id if connected else ""


def _entry(session: Session, entry: int) -> Work:
    connected = session.application.connected
    found = session.application.ledger.queue.get(entry)
    if found is None or connected is None or found.realm_id != connected.realm_id:
        raise click.UsageError(f"there is no entry {entry}; see: onedesk-quickbooks queue")
    return found


def _state(state: str) -> str:
    return "waits" if state == "todo" else state


def _since(instant: str) -> str:
    return instant[:16].replace("T", " ")
