"""A reconciliation as text."""

from __future__ import annotations

from collections.abc import Iterable

import click

from onedesk_quickbooks.plugin.cli.output import print_line, print_sentences, print_table
from onedesk_quickbooks.plugin.cli.steps import shown
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.ops.reconciled.words import NO_LIST, period, sentence, summary
from onedesk_quickbooks.plugin.planning.reconcile import KINDS, Report, Row
from onedesk_quickbooks.plugin.texts import Text, gettext, joined


def print_report(found: Report) -> None:
    """Print sums, then the differences, then their counts."""
    print_line(joined(", ", (found.company, period(found))))
    if not found.pairs:
        click.echo(gettext("No invoices on either side."))
        return
    _print_sums(Text("Sum"), found.sums.amounts)
    _print_sums(Text("Settled by"), found.sums.settled)
    _print_sums(Text("Tax"), found.sums.taxes)
    print_sentences((joined(", ", (each.name, KINDS[each.kind])), sentence(each)) for each in found.all)
    if not found.listed:
        print_line(NO_LIST)
    print_line(summary(found))


def _print_sums(name: str, rows: Iterable[Row]) -> None:
    differing = [
        (
            f"{shown(each.what)} ({each.code})" if each.code else each.what,
            Money(each.onedesk, each.currency),
            Money(each.quickbooks, each.currency),
            each.difference if each.difference.amount else "-",
        )
        for each in rows
    ]
    if differing:
        amounts = ("OneDesk", "QuickBooks", Text("Difference"))
        print_table((name, *amounts), differing, right=amounts)
