"""A reconciliation as text for people."""

from __future__ import annotations

from collections.abc import Iterable

import click

from onedesk_quickbooks.plugin.cli.output import counted, print_sentences, print_table, tell
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.planning.reconcile import KINDS, Difference, Report, Row

NO_LIST = (
    "The host does not list its invoices: those that it has asked for were read, and one that was never asked for is"
    " not missed here."
)


def print_report(found: Report) -> None:
    """Sums, then what differs, then how much."""
    tell(f"{found.company}, {period(found)}")
    if not found.pairs:
        click.echo("No invoices on either side.")
        return
    _print_sums("Sum", found.sums.amounts)
    _print_sums("Settled by", found.sums.settled)
    _print_sums("Tax", found.sums.taxes)
    print_sentences((f"{each.name}, {KINDS[each.kind]}", sentence(each)) for each in found.all)
    if not found.listed:
        click.echo(NO_LIST)
    click.echo(summary(found))


def period(found: Report) -> str:
    """From when to when."""
    if not found.first and not found.last:
        return "all invoices"
    return " ".join(
        f"{word} {day.isoformat()}" for word, day in (("from", found.first), ("to", found.last)) if day is not None
    )


def summary(found: Report) -> str:
    """How many agree, and of what kinds the others are."""
    kinds = ", ".join(f"{KINDS[kind]} {found.counts[kind]}" for kind in KINDS if found.counts[kind])
    drafts = f" {counted(found.drafts, 'draft')} left out." if found.drafts else ""
    both = f"{counted(len(found.pairs), 'invoice')}: {found.agree} agree, {len(found.differences)} differ"
    skipped = f" {counted(found.skipped, 'invoice')} skipped by rule left out." if found.skipped else ""
    return f"{both}{f' ({kinds})' if kinds else ''}.{drafts}{skipped}"


def sentence(each: Difference) -> str:
    """Both sides, the cause, and what to do."""
    sides = [f"{name} {value}" for name, value in (("OneDesk", each.onedesk), ("QuickBooks", each.quickbooks)) if value]
    return f"{', '.join(sides)}. {each.cause} {each.remedy}".removeprefix(". ")


def _print_sums(name: str, rows: Iterable[Row]) -> None:
    told = [
        (
            f"{each.what} ({each.code})" if each.code else each.what,
            Money(each.onedesk, each.currency),
            Money(each.quickbooks, each.currency),
            each.difference if each.difference.amount else "-",
        )
        for each in rows
    ]
    if told:
        amounts = ("OneDesk", "QuickBooks", "Difference")
        print_table((name, *amounts), told, right=amounts)
