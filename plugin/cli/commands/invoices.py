"""`copy` and `send`: invoices of files, or of the host, into QuickBooks."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.errors import FINDINGS, CannotRun, Options
from onedesk_quickbooks.plugin.cli.files.csv_records import COLUMNS
from onedesk_quickbooks.plugin.cli.output import (
    counted,
    is_wide,
    json_option,
    print_json,
    print_sentences,
    print_table,
    progress,
)
from onedesk_quickbooks.plugin.cli.stopping import Stop, stoppable

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.cli.files import BadRecord
    from onedesk_quickbooks.plugin.cli.session import Session
    from onedesk_quickbooks.plugin.cli.session.gather import Given
    from onedesk_quickbooks.plugin.model.outcome import Outcome

_FILES = f"""
A file is .json (one invoice or a list), .jsonl (one a line) or .csv (one row a line item); an ID is that of an invoice
which the host has already. A bad record is told with file and line, the others go on.

What waits in the queue from before goes along, and is told behind the invoices that are named; not what a command
that was stopped has left.

Ctrl-C or SIGTERM ends the command after the invoices at hand, within ten seconds. It says how many are done; the others
wait for a person under the name of its run: `queue resume RUN`, or `queue drop --run RUN`.

With --json one object a line: id action outcome reason qbo_id qbo_number total qbo_total currency rule_ids calls
waited; outcome is one of copied, updated, unchanged, sent, held, failed; waited is true where it went along.

Columns of a CSV file (docs/commands.md tells more): {", ".join(COLUMNS)}.
"""


@click.command(short_help="Copy invoices to QuickBooks Online.", epilog=_FILES)
@click.argument("invoices", nargs=-1, required=True, metavar="FILE|ID...")
@json_option
@click.pass_context
def copy(ctx: click.Context, invoices: tuple[str, ...], as_json: bool) -> None:
    """Copy Open invoices to QuickBooks Online. None is e-mailed but those whose send waits in the queue from before:
    `plan` shows them."""
    _run(ctx, invoices, "copy", as_json)


@click.command(short_help="Copy invoices, and have QuickBooks Online e-mail them.", epilog=_FILES)
@click.argument("invoices", nargs=-1, required=True, metavar="FILE|ID...")
@json_option
@click.pass_context
def send(ctx: click.Context, invoices: tuple[str, ...], as_json: bool) -> None:
    """Copy Open invoices and have QuickBooks e-mail them to the billing contact that the host has.

    Without a billing e-mail in the host an invoice is only copied, or held where the rules say so.
    """
    _run(ctx, invoices, "send", as_json)


def _run(ctx: click.Context, words: Sequence[str], action: str, as_json: bool) -> None:
    from onedesk_quickbooks.plugin.cli.session import open_session
    from onedesk_quickbooks.plugin.cli.session.gather import Given, gather

    options: Options = ctx.obj
    with open_session(options) as session:
        given = list(gather(words, session.host))
        if any(not isinstance(each, Given) or each.where for each in given):
            session.needs_embedded("Invoices of files are put into")
        outcomes, waited, stopped = _work(session, given, action)
    if as_json:
        for outcome in outcomes:
            print_json({**outcome.to_json(), "waited": False})
        for outcome in waited:
            print_json({**outcome.to_json(), "waited": True})
    else:
        _show(outcomes, waited)
    if stopped:
        raise CannotRun(stopped)
    if any(outcome.outcome in ("held", "failed") for outcome in (*outcomes, *waited)):
        ctx.exit(FINDINGS)


def _work(
    session: Session, given: Sequence[Given | BadRecord], action: str
) -> tuple[list[Outcome], list[Outcome], str]:
    """One outcome for each of `given`, in its order; those of what waited from before and went along; and, where the
    command was stopped, what is left. Then invoices without an outcome are left out."""
    from onedesk_quickbooks.plugin.cli.session.asking import bad, unfinished
    from onedesk_quickbooks.plugin.cli.session.gather import Given

    application, made = session.application, _Made()
    with (
        suppress(KeyboardInterrupt),
        application.as_command(secrets.token_hex(4)) as run,
        stoppable(application.hurry) as stop,
    ):
        made.stop, made.run = stop, run
        _ask_and_drain(session, given, action, made)
        if stop.asked and made.waiting:
            raise KeyboardInterrupt  # what is left waits for a person
    stopped = made.left(action, [each.id for each in given if isinstance(each, Given)])
    outcomes = [
        bad(each, action)
        if not isinstance(each, Given)
        else made.found.get(each.id) or unfinished(session, each, action)
        for each in given
        if not stopped or not isinstance(each, Given) or each.id in made.found
    ]
    return outcomes, list(made.waited.values()), stopped


class _Made:
    """How far a command has come: `asked`, and of these `found`, by id; `waited` of what went along."""

    def __init__(self) -> None:
        self.stop = Stop()
        self.run = ""
        self.asked: set[str] = set()
        self.found: dict[str, Outcome] = {}
        self.waited: dict[str, Outcome] = {}

    @property
    def waiting(self) -> set[str]:
        """What was asked for and has no outcome."""
        return self.asked - set(self.found)

    def left(self, action: str, given: Sequence[str]) -> str:
        """What a person has to know of a stopped command; "" where nothing is left."""
        waits, unasked = len(self.waiting), len([each for each in given if each not in self.asked])
        if not self.stop.asked or not (waits or unasked):
            return ""
        told = [f"Stopped: of {counted(len(given), 'invoice')} {len(self.found)} have their outcome"]
        told += [f"{waits} wait for a person"] * bool(waits) + [f"{unasked} were not asked for"] * bool(unasked)
        if not waits:
            return f"{', '.join(told)}. `{action}` of the same continues."
        if not self.run:
            return f"{', '.join(told)}. The ledger's database is away: what was asked for is done when it is back."
        return (
            f"{', '.join(told)}. Those that wait are not continued by themselves: onedesk-quickbooks queue resume"
            f" {self.run} puts them back in line; onedesk-quickbooks queue drop --run {self.run} --reason TEXT takes"
            " them out."
        )


def _ask_and_drain(session: Session, given: Sequence[Given | BadRecord], action: str, made: _Made) -> None:
    from onedesk_quickbooks.plugin.cli.session.asking import ask
    from onedesk_quickbooks.plugin.cli.session.gather import Given

    for each in given:
        if made.stop.asked:
            return
        if isinstance(each, Given):
            made.asked.add(each.id)
            refused = ask(session, each, action)
            if refused is not None:
                made.found[each.id] = refused
    mine = made.waiting
    with progress() as bar:
        shown = bar.add_task("Sending" if action == "send" else "Copying", total=len(mine))

        def done(outcome: Outcome) -> None:
            (made.found if outcome.id in mine else made.waited)[outcome.id] = outcome
            if outcome.id in mine:
                bar.advance(shown)

        session.application.drain(done)


def _show(outcomes: Sequence[Outcome], waited: Sequence[Outcome]) -> None:
    _table(outcomes)
    if waited:
        click.echo("\nWaited in the queue from before and done along with it:")
        _table(waited)


def _table(outcomes: Sequence[Outcome]) -> None:
    def row(outcome: Outcome) -> tuple[object, ...]:
        return (
            outcome.id or "?",
            outcome.outcome,
            outcome.qbo_number or outcome.qbo_id or "-",
            outcome.total or "-",
            outcome.qbo_total or "-",
            outcome.reason,
        )

    columns = ("Invoice", "Outcome", "QuickBooks no.", "Total", "In QuickBooks", "Why")
    right, wide = ("Total", "In QuickBooks"), is_wide()
    shown = len(columns) if wide else len(columns) - 1
    print_table(columns[:shown], (row(outcome)[:shown] for outcome in outcomes), right=right)
    if not wide:  # a column of sentences would be some letters wide
        print_sentences((outcome.id or "?", outcome.reason) for outcome in outcomes if outcome.reason)
    counts = {outcome.outcome: 0 for outcome in outcomes}
    for outcome in outcomes:
        counts[outcome.outcome] += 1
    calls = sum(outcome.calls for outcome in outcomes)
    text = ", ".join(f"{number} {name}" for name, number in counts.items())
    click.echo(f"{text}; {counted(calls, 'call')} to QuickBooks.")
