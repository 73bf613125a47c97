"""`queue`: what waits, is held or has failed, in one list; nothing is retried blindly, nothing is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from onedesk_quickbooks.plugin.cli.errors import FINDINGS, CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import counted, json_option, print_json, print_table

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.cli.desk import Desk
    from onedesk_quickbooks.plugin.ledger import Work

_STATES = ("todo", "held", "failed")
_LIMIT = 100_000


@click.group(invoke_without_command=True, short_help="Show what waits, is held or has failed; try again or drop it.")
@json_option
@click.pass_context
def queue(ctx: click.Context, as_json: bool) -> None:
    """List what waits, is held or has failed, the oldest first.

    With --json one object a line: entry id number action state reason attempts since. Exit code 1 where something is
    held or has failed.
    """
    if ctx.invoked_subcommand is not None:
        return
    from onedesk_quickbooks.plugin.cli.desk import at_desk

    options: Options = ctx.obj
    with at_desk(options) as desk:
        found = _standing(desk)
    if as_json:
        for work in found:
            print_json(_json(work))
    elif not found:
        click.echo("Nothing waits, nothing is held.")
    else:
        rows = [
            (work.id, work.od_number or work.od_invoice_id, work.action, _state(work), _why(work)) for work in found
        ]
        print_table(("Entry", "Invoice", "Action", "Outcome", "Why"), rows, right=("Entry",))
    if any(work.state != "todo" for work in found):
        ctx.exit(FINDINGS)


@queue.command(short_help="Show one entry with all that is known of it.")
@click.argument("entry", type=int)
@click.pass_context
def show(ctx: click.Context, entry: int) -> None:
    """Show one ENTRY as JSON, with the invoice as it was asked for and the outcome."""
    import simplejson

    from onedesk_quickbooks.plugin.cli.desk import at_desk

    options: Options = ctx.obj
    with at_desk(options) as desk:
        work = _entry(desk, entry)
    told = {**_json(work), "outcome": work.outcome, "invoice": work.invoice}
    click.echo(simplejson.dumps(told, use_decimal=True, ensure_ascii=False, indent=1))


@queue.command(short_help="Try held or failed entries again.")
@click.argument("entries", type=int, nargs=-1, required=True, metavar="ENTRY...")
@click.pass_context
def retry(ctx: click.Context, entries: tuple[int, ...]) -> None:
    """Put held or failed entries back in line; `serve`, or the next copy or send, works on them."""
    from onedesk_quickbooks.plugin.cli.desk import at_desk

    options: Options = ctx.obj
    with at_desk(options) as desk:
        for entry in entries:
            _entry(desk, entry)
        left = [entry for entry in entries if not desk.bridge.ledger.queue.retry(entry)]
    if left:
        raise CannotRun(f"entry {left[0]} is not held and has not failed; see: onedesk-quickbooks queue")
    click.echo(f"{counted(len(entries), 'entry', 'entries')} back in line.")


@queue.command(short_help="Take an entry out, and say how it was settled.")
@click.argument("entry", type=int)
@click.option("--reason", required=True, help="How it was settled otherwise; it is kept.")
@click.pass_context
def drop(ctx: click.Context, entry: int, reason: str) -> None:
    """Take an ENTRY out of the queue because a person has settled it otherwise."""
    from onedesk_quickbooks.plugin.cli.desk import at_desk

    options: Options = ctx.obj
    with at_desk(options) as desk:
        _entry(desk, entry)
        if not desk.bridge.ledger.queue.drop(entry, reason):
            raise CannotRun(f"entry {entry} waits for nobody any more; see: onedesk-quickbooks queue")
    click.echo(f"Entry {entry} was dropped.")


def _standing(desk: Desk) -> list[Work]:
    connected = desk.bridge.connected
    return desk.bridge.ledger.queue.standing(connected.realm_id, _STATES, _LIMIT) if connected else []


def _entry(desk: Desk, entry: int) -> Work:
    connected = desk.bridge.connected
    found = desk.bridge.ledger.queue.get(entry)
    if found is None or connected is None or found.realm_id != connected.realm_id:
        raise click.UsageError(f"there is no entry {entry}; see: onedesk-quickbooks queue")
    return found


def _state(work: Work) -> str:
    return "waits" if work.state == "todo" else work.state


def _why(work: Work) -> str:
    return work.reason or str((work.outcome or {}).get("reason", ""))


def _json(work: Work) -> dict[str, Any]:
    return {
        "entry": work.id,
        "id": work.od_invoice_id,
        "number": work.od_number,
        "action": work.action,
        "state": work.state,
        "reason": _why(work),
        "attempts": work.attempts,
        "since": work.created_at.isoformat(),
    }
