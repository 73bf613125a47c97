"""What `undo` would do, and what came of it, as text for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from onedesk_quickbooks.plugin.cli.output import counted, print_sentences, print_table, tell
from onedesk_quickbooks.plugin.ledger import Run
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.sync.undo import KINDS, READY, Report, Row

_SHOWN = 10
"""So many customers and items are named; --json has all."""


def print_runs(found: Sequence[tuple[Run, int]]) -> None:
    """The commands that began last."""
    if not found:
        click.echo("No copy, send or backfill was run yet.")
        return
    rows = [
        (run.name, f"{run.begun_at:%Y-%m-%d %H:%M}", run.action, run.asked_by or "-", made, _end(run))
        for run, made in found
    ]
    print_table(("Run", "Begun (UTC)", "Command", "By", "Invoices made", ""), rows, right=("Invoices made",))
    click.echo("What one of them has made is shown by: onedesk-quickbooks undo RUN")


def _end(run: Run) -> str:
    return "" if run.ended_at else "not ended"


def print_report(found: Report, outcomes: Mapping[str, Outcome] | None = None) -> None:
    """A line for each invoice, then why some stay, then the sums and what else the run has made. `outcomes`: what came
    of it."""
    run = found.run
    by = f" by {run.asked_by}" if run.asked_by else ""
    tell(f"Run {run.name}: {run.action}{by}, {run.begun_at:%Y-%m-%d %H:%M} UTC; {found.company}")
    if found.rows:
        rows = [_row(each, outcomes) for each in found.rows]
        print_table(("Invoice", "QuickBooks", "Total", "Undo"), rows, right=("Total",))
        print_sentences(_sentences(found, outcomes))
    sums = f" over {', '.join(map(str, found.sums))}" if found.sums else ""
    told = {kind: f"{KINDS[kind]}{sums if kind in READY else ''}" for kind in KINDS}
    counts = ", ".join(f"{found.counts[kind]} {told[kind]}" for kind in KINDS if found.counts[kind])
    click.echo(f"{counted(len(found.rows), 'invoice')}: {counts}." if found.rows else "The run made no invoice.")
    if found.nothing:
        states = ", ".join(f"{number} {state}" for state, number in sorted(found.nothing.items()))
        click.echo(f"Of others nothing was made ({states}).")
    if found.records:
        names = [f"{each.kind} {each.name} (id {each.qbo_id})" for each in found.records[:_SHOWN]]
        more = f", and {len(found.records) - _SHOWN} more" if len(found.records) > _SHOWN else ""
        tell(
            f"What else the run has made stays: {', '.join(names)}{more}. Make it inactive in QuickBooks where nobody"
            " needs it."
        )


def _row(each: Row, outcomes: Mapping[str, Outcome] | None) -> tuple[object, ...]:
    there = f"{each.qbo_number or '-'} (id {each.qbo_id})" if each.qbo_id else "-"
    came = outcomes.get(each.id) if outcomes else None
    return each.number or each.id, there, each.total or "-", came.outcome if came else KINDS[each.kind]


def _sentences(found: Report, outcomes: Mapping[str, Outcome] | None) -> list[tuple[str, str]]:
    told = []
    for each in found.rows:
        came = outcomes.get(each.id) if outcomes else None
        reason = came.reason if came else each.reason
        if reason:
            told.append((f"{each.number or each.id}, {came.outcome if came else KINDS[each.kind]}", reason))
    return told
