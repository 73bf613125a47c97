"""`copy` and `send`: invoices of files, or of the host, into QuickBooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.errors import FINDINGS, Options
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

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.cli.files import BadRecord
    from onedesk_quickbooks.plugin.cli.session import Session
    from onedesk_quickbooks.plugin.cli.session.gather import Given
    from onedesk_quickbooks.plugin.model.outcome import Outcome

_FILES = f"""
A file is .json (one invoice or a list), .jsonl (one a line) or .csv (one row a line item); an ID is that of an invoice
which the host has already. A bad record is told with file and line, the others go on.

What waits in the queue from before goes along, and is told behind the invoices that are named.

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
        outcomes, waited = _work(session, given, action)
    if as_json:
        for outcome in outcomes:
            print_json({**outcome.to_json(), "waited": False})
        for outcome in waited:
            print_json({**outcome.to_json(), "waited": True})
    else:
        _show(outcomes, waited)
    if any(outcome.outcome in ("held", "failed") for outcome in (*outcomes, *waited)):
        ctx.exit(FINDINGS)


def _work(session: Session, given: Sequence[Given | BadRecord], action: str) -> tuple[list[Outcome], list[Outcome]]:
    """One outcome for each of `given`, in its order; and those of what waited from before and went along."""
    from onedesk_quickbooks.plugin.cli.session.asking import ask, bad, unfinished
    from onedesk_quickbooks.plugin.cli.session.gather import Given

    found: dict[str, Outcome] = {}
    for each in given:
        if isinstance(each, Given):
            refused = ask(session, each, action)
            if refused is not None:
                found[each.id] = refused
    waiting = {each.id for each in given if isinstance(each, Given)} - set(found)
    with progress() as bar:
        shown = bar.add_task("Sending" if action == "send" else "Copying", total=len(waiting))

        def done(outcome: Outcome) -> None:
            if outcome.id in waiting:
                bar.advance(shown)

        waited: dict[str, Outcome] = {}
        for outcome in session.application.drain(done):
            (found if outcome.id in waiting else waited)[outcome.id] = outcome
    outcomes = [
        bad(each, action) if not isinstance(each, Given) else found.get(each.id) or unfinished(session, each, action)
        for each in given
    ]
    return outcomes, list(waited.values())


def _show(outcomes: Sequence[Outcome], waited: Sequence[Outcome]) -> None:
    _table(outcomes)
    if waited:
        click.echo("\nWaited in the queue from before and went along:")
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
