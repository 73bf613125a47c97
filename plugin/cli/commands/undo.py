"""`undo`: shows what a copy, a send or a backfill has created in QuickBooks, and removes what was not changed since."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.errors import FINDINGS, CannotRun
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_line
from onedesk_quickbooks.plugin.texts import Capital, Text, counted, gettext, joined, ngettext

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.cli.session import Session
    from onedesk_quickbooks.plugin.model.outcome import Outcome
    from onedesk_quickbooks.plugin.sync.undo import Report

_MOST_RUNS = 20


@click.command(short_help="Delete or void what a copy, send or backfill has created in QuickBooks.")
@click.argument("run", required=False)
@click.option("--void", is_flag=True, help="Void the invoices: they stay in QuickBooks with amounts of zero.")
@click.option("--yes", is_flag=True, help="Do what the plan shows; without it nothing is done.")
@json_option
@click.pass_context
def undo(ctx: click.Context, run: str | None, void: bool, yes: bool, as_json: bool) -> None:
    """Show which invoices RUN has created in QuickBooks, and with --yes delete (or void) those that nobody has changed
    since. Without RUN, list the last runs; `audit INVOICE` also shows the run of an invoice.

    An invoice stays, with the reason and the next step, if it is paid or partly paid, was e-mailed, was changed in
    QuickBooks, was written again by a later copy, is dated in a closed period, or was only updated by the run.
    Customers and items that the run has created stay, too. While an entry of the run waits, or QuickBooks has not
    answered one of its requests, nothing is done: the plan says what to do first.

    A deleted invoice is not copied again by a rule until it is changed in OneDesk; `copy` and `send` copy it again. A
    voided one stays void: bill it under a new number.

    If the plan differs from the one that was shown last, --yes shows it and does nothing. On a terminal the command
    shows the plan and asks. Ctrl-C ends it after the invoices in progress; the same command continues.

    With --json one object: run action asked_by begun_at company deed done counts nothing_made sums records invoices;
    each invoice has id number undo qbo_id qbo_number total currency reason, and outcome once it is done (deleted,
    voided, unchanged, held, failed; else null); undo is delete, void, gone, stays, updated or waits. Without RUN one
    object a line: run action asked_by begun_at ended_at made.

    Exit code 1 if not everything that the run has created can be, or was, undone.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session, person

    if run is None and (yes or void):
        raise click.UsageError(gettext("name the run; `onedesk-quickbooks undo` alone lists the last ones"))
    with open_session(ctx.obj) as session:
        if run is None:
            _list(session, as_json)
            return
        with session.application.one_undo():
            report = session.application.look_at_run(run, "void" if void else "delete", person())
            fine = _undo(session, report, yes, as_json)
    if not fine:
        ctx.exit(FINDINGS)


def _list(session: Session, as_json: bool) -> None:
    from onedesk_quickbooks.plugin.cli.undo_report import print_runs

    found = session.application.runs(_MOST_RUNS)
    if not as_json:
        print_runs(found)
        return
    for each, made in found:
        row = {"run": each.name, "action": each.action, "asked_by": each.asked_by}
        ended = each.ended_at.isoformat() if each.ended_at else None
        print_json({**row, "begun_at": each.begun_at.isoformat(), "ended_at": ended, "made": made})


def _undo(session: Session, report: Report, yes: bool, as_json: bool) -> bool:
    """Print the plan; carry it out if a person has confirmed; return whether all is well."""
    from onedesk_quickbooks.plugin.cli.undo_report import print_report

    if not yes:
        _show(report, as_json)
        session.application.keep_shown(report)
        if as_json or not report.ready or not (sys.stdin.isatty() and sys.stdout.isatty()):
            return report.fine
        if report.waits or not click.confirm(gettext("{action}?", action=_action(report))):
            return report.fine
    elif report.shown_before and report.shown_before != report.digest:
        _show(report, as_json)
        session.application.keep_shown(report)
        raise CannotRun(
            Text(
                "The plan has changed since it was last shown, so nothing was done. Review it, then repeat with --yes."
            )
        )
    if report.waits:
        first = report.waits[0]
        raise CannotRun(
            Text(
                "Nothing was done: the run still has {invoices} waiting. {number}: {why}",
                invoices=ngettext("{n} invoice", "{n} invoices", len(report.waits)),
                number=first.number or first.id,
                why=first.reason,
            )
        )
    from onedesk_quickbooks.plugin.cli.session.undoing import Undoing

    undoing = Undoing(session, report)
    stopped = undoing.work() if report.ready or any(each.entry for each in report.rows) else ""
    session.application.keep_shown(report, done=True)
    if as_json:
        plan = report.to_json()
        rows = plan["invoices"]
        came = undoing.outcomes
        for each in rows:
            outcome = came.get(each["id"])
            each["outcome"] = outcome.outcome if outcome else None
            each["reason"] = outcome.reason if outcome else each["reason"]
        print_json({**plan, "done": True})
    else:
        print_report(report, undoing.outcomes)
        _sum(undoing.outcomes.values())
    if stopped:
        raise CannotRun(stopped)
    return report.fine and all(each.outcome in ("deleted", "voided", "unchanged") for each in undoing.outcomes.values())


def _show(report: Report, as_json: bool) -> None:
    from onedesk_quickbooks.plugin.cli.undo_report import print_report

    if as_json:
        plan = report.to_json()
        for each in plan["invoices"]:
            each["outcome"] = None
        print_json({**plan, "done": False})
        return
    print_report(report)
    if report.waits:
        click.echo(gettext("Nothing can be undone while an invoice of the run waits."))
    elif report.ready:
        click.echo(gettext("Nothing was done yet. {action}: the same command with --yes.", action=_action(report)))


def _action(report: Report) -> str:
    number = len(report.ready)
    if report.action == "void":
        return ngettext("To void {n} invoice in QuickBooks", "To void {n} invoices in QuickBooks", number)
    return ngettext("To delete {n} invoice in QuickBooks", "To delete {n} invoices in QuickBooks", number)


def _sum(outcomes: Iterable[Outcome]) -> None:
    counts = Counter(each.outcome for each in outcomes)
    each = (counted(number, Text(name)) for name, number in counts.items())
    print_line(Text("{what}.", what=Capital(joined(", ", each) if counts else Text("nothing was left to undo"))))
