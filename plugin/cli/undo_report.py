"""What `undo` would do, and its outcome, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from onedesk_quickbooks.plugin.cli.output import print_line, print_sentences, print_table
from onedesk_quickbooks.plugin.ledger import Run
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.sync.undo import KINDS, READY, Record, Report, Row
from onedesk_quickbooks.plugin.texts import Text, count, counted, gettext, joined, ngettext

_SHOWN = 10
"""The maximum number of names in the text; --json has all."""


def print_runs(found: Sequence[tuple[Run, int]]) -> None:
    """Print the last runs."""
    if not found:
        click.echo(gettext("No copy, send or backfill was run yet."))
        return
    rows = [
        (run.name, f"{run.begun_at:%Y-%m-%d %H:%M}", run.action, run.asked_by or "-", made, _end(run))
        for run, made in found
    ]
    made = Text("Invoices made")
    print_table((Text("Run"), Text("Begun (UTC)"), Text("Command"), Text("By"), made, ""), rows, right=(made,))
    print_line(Text("To see what a run has created: onedesk-quickbooks undo RUN"))


def _end(run: Run) -> str:
    return "" if run.ended_at else Text("not ended")


def print_report(found: Report, outcomes: Mapping[str, Outcome] | None = None) -> None:
    """Print a line for each invoice, then why some stay, then the sums and what else the run has created. `outcomes`:
    the outcome of each."""
    run = found.run
    print_line(
        Text(
            "Run {run}: {action}{by}, {begun} UTC; {company}",
            run=run.name,
            action=run.action,
            by=Text(" by {user}", user=run.asked_by) if run.asked_by else "",
            begun=f"{run.begun_at:%Y-%m-%d %H:%M}",
            company=found.company,
        )
    )
    if found.rows:
        rows = [_row(each, outcomes) for each in found.rows]
        total = Text("Total")
        print_table((Text("Invoice"), "QuickBooks", total, Text("Undo")), rows, right=(total,))
        print_sentences(_sentences(found, outcomes))
    if not found.rows:
        click.echo(gettext("The run created no invoice."))
    else:
        invoices = ngettext("{n} invoice", "{n} invoices", len(found.rows))
        counts = joined(", ", (_count(found, kind) for kind in KINDS if found.counts[kind]))
        print_line(Text("{invoices}: {counts}.", invoices=invoices, counts=counts))
    if found.nothing:
        states = joined(", ", (counted(number, Text(state)) for state, number in sorted(found.nothing.items())))
        print_line(Text("Nothing was created for the others ({states}).", states=states))
    named = [each for each in found.records if each.kind in _NAMED]
    if named:
        print_line(
            Text(
                "Other records that the run has created stay: {names}{more}. Make them inactive in QuickBooks if they "
                "are not needed.",
                **_some(named),
            )
        )
    others = [each for each in found.records if each.kind not in _NAMED]
    if others:
        print_line(
            Text(
                "These records of the run stay, too: {names}{more}. Delete them in QuickBooks if they are wrong.",
                **_some(others),
            )
        )


_NAMED = ("customer", "item")
"""The kinds that QuickBooks makes inactive instead of deleting them."""
_KINDS = {"customer": Text("customer"), "item": Text("item"), "pay": Text("payment"), "file": Text("file")}


def _some(records: Sequence[Record]) -> dict[str, str]:
    more = len(records) - _SHOWN
    names = joined(", ", map(_record, records[:_SHOWN]))
    return {"names": names, "more": Text(", and {n} more", n=count(more)) if more > 0 else ""}


def _count(found: Report, kind: str) -> Text:
    many = counted(found.counts[kind], KINDS[kind])
    if kind not in READY or not found.sums:
        return many
    return Text(
        "{invoices} ({sums} in total)", invoices=many, sums=joined(", ", (each.__text__() for each in found.sums))
    )


def _record(each: Record) -> Text:
    if each.kind == "apply":
        return Text("the payment of 0.00 that uses a credit memo (id {id})", id=each.qbo_id)
    return Text("{kind} {name} (id {id})", kind=_KINDS.get(each.kind, each.kind), name=each.name, id=each.qbo_id)


def _row(each: Row, outcomes: Mapping[str, Outcome] | None) -> tuple[object, ...]:
    there = f"{each.qbo_number or '-'} (id {each.qbo_id})" if each.qbo_id else "-"
    came = outcomes.get(each.id) if outcomes else None
    return each.number or each.id, there, each.total or "-", Text(came.outcome) if came else KINDS[each.kind]


def _sentences(found: Report, outcomes: Mapping[str, Outcome] | None) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for each in found.rows:
        came = outcomes.get(each.id) if outcomes else None
        reason = came.reason if came else each.reason
        if reason:
            state = Text(came.outcome) if came else KINDS[each.kind]
            rows.append((joined(", ", (each.number or each.id, state)), reason))
    return rows
