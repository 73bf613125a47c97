"""`queue`: entries that wait, are held or have failed, and those that the rules skip; none is retried blindly or
lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import click

from onedesk_quickbooks.plugin.cli.commands.queue_holds import hold, holds, release
from onedesk_quickbooks.plugin.cli.commands.queue_persons import drop, resume, settle
from onedesk_quickbooks.plugin.cli.entries import entry_json, print_entry, problem_of
from onedesk_quickbooks.plugin.cli.errors import FINDINGS, CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_line, print_table, say
from onedesk_quickbooks.plugin.cli.steps import shown
from onedesk_quickbooks.plugin.model.state import PAST
from onedesk_quickbooks.plugin.ops.queue_list import filed, listed, not_recorded, refused
from onedesk_quickbooks.plugin.texts import Text, gettext, ngettext

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.looks import Looks
    from onedesk_quickbooks.plugin.cli.session import Session
    from onedesk_quickbooks.plugin.ledger import Work

_FOR_A_PERSON = ("held", "failed")
_IN_LEDGER = {
    "held": "held",
    "failed": "failed",
    "waiting": "todo",
    "stopped": "todo",
    "scheduled": "scheduled",
    "skipped": "skipped",
}
"""The states of --state, as in the ledger; those that need a person come first."""


@click.group(
    invoke_without_command=True,
    subcommand_metavar="[COMMAND] [ARGS]...",  # click before 8.3 has no brackets
    short_help="Show entries that wait, are held, failed or skipped; retry or drop them.",
)
@click.option(
    "--limit", type=click.IntRange(1), default=200, show_default=True, help="Show at most this many, as text."
)
@click.option("--state", type=click.Choice(list(_IN_LEDGER)), help="Only entries in this state.")
@json_option
@click.pass_context
def queue(ctx: click.Context, limit: int, state: str | None, as_json: bool) -> None:
    """List entries that are held or failed, then those that wait, then those to be e-mailed on a later day (scheduled),
    the oldest first; then requests of the host that wait in files for the ledger, or that it could not record, and
    payments that the host did not accept.
    Entries that the rules skip are listed only with --state skipped.

    With --json all of them, the oldest first, one object a line: entry id number action state reason run attempts since
    tried. Entries left by a stopped command have the state stopped, and run is its name. A request in a file has no
    entry (null) and the state filed, or refused if it could not be recorded; a payment has no entry, the action payment
    and the state untold. Exit code 1 if something is held, failed, stopped or refused; with --state, only if such an
    entry is listed.
    """
    if ctx.invoked_subcommand is not None:
        return
    from onedesk_quickbooks.plugin.cli.session import open_look

    options: Options = ctx.obj
    with open_look(options, earlier=True) as looks:
        _name_earlier(looks)
        runs, unanswered = {each.run for each in looks.stopped_runs()}, looks.unanswered()
        counts, others = _counts(looks), [] if state else _without_entry(looks)
        chosen = [state] if state else [each for each in _IN_LEDGER if each != "skipped"]
        found = (listed(work, runs, unanswered) for work in _works(looks, chosen, as_json))
        wanted = (each for each in found if state in (None, _STATES.get(each["state"], each["state"])))
        if as_json:
            for each in chain(wanted, others):
                print_json(each)
        else:
            some = list(islice(wanted, limit))
            made = looks.ledger.sentences.recalled(each["reason"] for each in some)
            some = [{**each, "reason": made[each["reason"]]} for each in some]
            _print(some, sum(counts[each] for each in chosen), others, state)
    unwell = any(counts[each] for each in chosen if each in (*_FOR_A_PERSON, "stopped"))
    if unwell or any(each["state"] == "refused" for each in others):
        ctx.exit(FINDINGS)


_NOTHING = {
    "held": Text("Nothing is held."),
    "failed": Text("Nothing is failed."),
    "waiting": Text("Nothing is waiting."),
    "stopped": Text("Nothing is stopped."),
    "scheduled": Text("Nothing is scheduled."),
    "skipped": Text("Nothing is skipped."),
}
_STATES = {"todo": "waiting"}
"""States of the list with another name in --state."""


def _counts(looks: Looks) -> dict[str, int]:
    """How many entries are in each state of --state."""
    counts = looks.waiting_counts()
    stopped = sum(each.waiting for each in looks.stopped_runs())
    found = {name: counts.get(kept, 0) for name, kept in _IN_LEDGER.items()}
    return {**found, "waiting": found["waiting"] - stopped, "stopped": stopped}


def _works(looks: Looks, chosen: Iterable[str], together: bool) -> Iterator[Work]:
    """The entries, oldest first: of all states `together`, or state by state."""
    states = tuple(dict.fromkeys(_IN_LEDGER[each] for each in chosen))
    each = partial(looks.ledger.queue_lists.each, looks.queue_of)
    return each(states) if together else chain.from_iterable(each((state,)) for state in states)


def _without_entry(looks: Looks) -> list[dict[str, Any]]:
    commands = (*map(filed, looks.filed_commands()), *map(refused, looks.refused_commands()))
    former = _former(looks)
    return [*commands, *(not_recorded(each, former) for each in looks.untold_payments())]


def _print(found: list[dict[str, Any]], count: int, others: list[dict[str, Any]], state: str | None) -> None:
    if not found and not others:
        click.echo(shown(_NOTHING[state] if state else Text("The queue is empty.")))
        return
    rows: list[tuple[object, ...]] = [
        (
            each["entry"],
            each["number"] or each["id"],
            Text(each["action"]),
            Text(_state(each["state"])),
            _since(each["since"]),
            each["reason"],
        )
        for each in found
    ]
    rows += [
        (
            "-",
            each["number"] or each["id"] or "?",
            Text(each["action"]),
            Text(each["state"]),
            _since(each["since"]),
            each["reason"],
        )
        for each in others
    ]
    columns = (Text("Entry"), Text("Invoice"), Text("Action"), Text("State"), Text("Since"), Text("Why"))
    print_table(columns, rows, right=columns[:1])
    if count > len(found):
        click.echo(gettext("{n} more; see them with --limit, or with --json", n=count - len(found)))


@queue.command(short_help="Show one entry with all its details.")
@click.argument("entry", type=int)
@json_option
@click.pass_context
def show(ctx: click.Context, entry: int, as_json: bool) -> None:
    """Show all details of one ENTRY: why it is in the queue, both totals, what the rules decided, and every request
    that was made for it, with its requestid, its state and QuickBooks' answer, and the intuit_tid that Intuit's support
    asks for.

    With --json one object: the fields of the list, and totals, decisions, requests, outcome (of a copy or send),
    conflict (of a change in QuickBooks, or an invoice withdrawn in OneDesk), invoice. A refused request has QuickBooks'
    faults.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session

    options: Options = ctx.obj
    with open_session(options, earlier=True) as session:
        row = entry_json(session.application, _entry(session, entry))
        recalled = session.application.ledger.sentences.recalled
        made = recalled([row["reason"], *filter(None, map(problem_of, row["requests"]))])
    if as_json:
        print_json(row)
    else:
        print_entry(row, made)


@queue.command(short_help="Try held, failed or skipped entries again.")
@click.argument("entries", type=int, nargs=-1, metavar="[ENTRY]...")
@click.option("--all-held", is_flag=True, help="All entries that are held or failed, and can be tried again.")
@click.option("--all-skipped", is_flag=True, help="All entries that the rules skipped.")
@click.pass_context
def retry(ctx: click.Context, entries: tuple[int, ...], all_held: bool, all_skipped: bool) -> None:
    """Queue held, failed or skipped entries again; `serve`, or the next copy or send, works on them.

    Fix the cause first, or change the rule: otherwise the entry is held or skipped for the same reason again.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session, person

    options: Options = ctx.obj
    if bool(entries) == (all_held or all_skipped):
        raise click.UsageError(gettext("name entries, or say --all-held, --all-skipped or both"))
    with open_session(options) as session:
        for entry in entries:
            _entry(session, entry)
        states = (*(_FOR_A_PERSON if all_held else ()), *(("skipped",) if all_skipped else ()))
        tried = entries or tuple(
            work.id for work in session.application.ledger.queue_lists.each(session.application.queue_of, states)
        )
        again = {entry for entry in tried if session.application.retry(entry, person())}
        left = [_entry(session, entry) for entry in tried if entry not in again]
    if again or not (left and entries):
        click.echo(ngettext("{n} entry queued again.", "{n} entries queued again.", len(again)))
    if left and entries:
        raise CannotRun(_not_again(left[0]))
    _print_left(left)


def _print_left(left: list[Work]) -> None:
    """How many of all entries are not tried again, and why."""
    waiting = sum(each.state in (*_FOR_A_PERSON, "skipped") for each in left)
    if waiting:
        print_line(
            ngettext(
                "{n} entry only a person can settle; see: onedesk-quickbooks queue",
                "{n} entries only a person can settle; see: onedesk-quickbooks queue",
                waiting,
            )
        )
    if gone := len(left) - waiting:
        print_line(ngettext("{n} entry was settled meanwhile.", "{n} entries were settled meanwhile.", gone))


def _not_again(work: Work) -> str:
    """Why an entry cannot be tried again, and the command that ends it."""
    from onedesk_quickbooks.plugin.ledger import WITHDRAWN

    if work.state == "held" and work.action in WITHDRAWN:
        return Text(
            "entry {n} is about an invoice that was {action} in OneDesk, and only a person can settle it: do what the "
            "entry says; if it does not close automatically: onedesk-quickbooks queue drop {n} --reason TEXT",
            n=work.id,
            action=PAST[work.action],
        )
    if work.state == "held":
        return Text(
            "entry {n} is held, and only a person can settle it: do what the entry says; see: onedesk-quickbooks queue "
            "show {n}",
            n=work.id,
        )
    return Text("entry {n} is not held or skipped and has not failed; see: onedesk-quickbooks queue", n=work.id)


for _command in (drop, resume, settle, hold, release, holds):
    queue.add_command(_command)


def _name_earlier(looks: Looks) -> None:
    """Say on stderr whose queue it is if no company is connected."""
    former = _former(looks)
    if former:
        say(
            Text(
                "No QuickBooks company is connected. This is the queue of {company}; it continues when that company is "
                "connected again.",
                company=former,
            )
        )


def _former(looks: Looks) -> str:
    """The company whose queue it is, if no company is connected; "" for none."""
    last = looks.ledger.former_companies.last() if looks.connected is None else None
    return last.company if last is not None else ""


def _entry(session: Session, entry: int) -> Work:
    found = session.application.ledger.queue.get(entry)
    if found is None or found.realm_id != session.application.queue_of:
        raise click.UsageError(gettext("there is no entry {n}; see: onedesk-quickbooks queue", n=entry))
    return found


def _state(state: str) -> str:
    return "waits" if state == "todo" else state


def _since(instant: str) -> str:
    return instant[:16].replace("T", " ")
