"""`backfill`: copies the host's invoices of a period to QuickBooks, in order; it can be stopped and resumed."""

from __future__ import annotations

import sys
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from onedesk_quickbooks.plugin.cli.days import DAY
from onedesk_quickbooks.plugin.cli.errors import FINDINGS, CannotRun
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_line, say
from onedesk_quickbooks.plugin.texts import Text, count, counted, gettext, joined, ngettext

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.application import Application
    from onedesk_quickbooks.plugin.cli.session import Session
    from onedesk_quickbooks.plugin.cli.session.backfilling import Counted, Period
    from onedesk_quickbooks.plugin.ledger import Run as Begun
    from onedesk_quickbooks.plugin.sync.backfill import Estimate

_LEFT_OUT = {
    "draft": (Text("1 in Draft"), Text("{n} in Draft")),
    "void": (Text("1 void"), Text("{n} void")),
    "paid": (
        Text("1 Paid (adopt links it where QuickBooks has it)"),
        Text("{n} Paid (adopt links those that QuickBooks has)"),
    ),
    "gone": (Text("1 gone meanwhile"), Text("{n} gone meanwhile")),
    "stopped": (
        Text("1 whose send a stopped command has left (see status)"),
        Text("{n} whose sends stopped commands have left (see status)"),
    ),
}


@click.command(short_help="Copy the host's invoices of a period, in order.")
@click.option("--from", "first", type=DAY, metavar="DAY", help="Invoices of this day or later.")
@click.option("--to", "last", type=DAY, metavar="DAY", help="Invoices of this day or earlier.")
@click.option("--resume", is_flag=True, help="Continue the backfill that was stopped last.")
@click.option("--dry-run", is_flag=True, help="Show the plan of each invoice; copy none.")
@click.option("--yes", is_flag=True, help="Copy them; without it only the estimate is shown.")
@json_option
@click.pass_context
def backfill(
    ctx: click.Context,
    first: datetime | None,
    last: datetime | None,
    resume: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Copy the Open invoices of the host that are dated within a period and are not linked to QuickBooks by a copy or
    by `adopt`, by date and number. The command first shows how many there are, and about how many requests and how much
    time they take; --yes then copies them as `copy` does. None is e-mailed, except those whose `send` was already in
    the queue, or is held or has failed: it is tried again, and stays a send. What a stopped `send` has left is left to
    `queue resume` and `queue drop`. Entries that are already in the queue are processed too; --dry-run shows them. A
    start date in settings.yaml does not apply to it.

    Ctrl-C or SIGTERM pauses it after the invoices in progress, within ten seconds: `backfill --resume --yes`, or the
    same command, continues, also after the process was killed. Nothing is copied twice. All of it is one run, which
    `undo RUN` can undo.

    The host has to list its invoices (invoices_dated, docs/hooks.md), as the embedded host does.

    With --json one object: from to run open sends linked left_out copied_before sums requests_from requests_to seconds;
    then with --dry-run one object a line as in `plan --json`, and with --yes as in `copy --json`. sends says how many
    of the open ones are e-mailed, copied_before how many of them each company has that was connected before.

    Exit code 1 if an invoice is, or would be, held or failed.
    """
    from onedesk_quickbooks.plugin.cli.commands.plans import show_plans
    from onedesk_quickbooks.plugin.cli.session import open_session
    from onedesk_quickbooks.plugin.cli.session.backfilling import Period

    if resume and (first or last):
        raise click.UsageError(
            gettext("--resume continues the period of the stopped backfill; leave out --from and --to")
        )
    if not resume and first is None:
        raise click.UsageError(gettext("say where to begin: --from DAY; or --resume"))
    days = first.date() if first else None, last.date() if last else None
    if days[0] and days[1] and days[0] > days[1]:
        time_text = gettext(
            "--from {first} is after --to {last}; give the earlier day as --from", first=days[0], last=days[1]
        )
        raise click.UsageError(time_text)
    with open_session(ctx.obj) as session:
        begun = _begun(session.application, days, resume)
        days = _days(begun) if begun else days
        period = Period(session, *days, begun.group if begun else "")
        found = period.count()
        _show(found, session.application.estimate(found.open), days, begun, as_json)
        if not as_json and not dry_run and session.application.anything_waits():
            print_line(Text("What is in the queue is processed too, and e-mailed where that was asked for."))
        if dry_run:
            fine = show_plans(session, period.given, "copy", as_json, gettext("Of the backfill:"))
        else:
            agreed = (found.open or begun) and _agreed(yes, as_json, found)
            fine = not agreed or _copy(session, period, found, days, begun, as_json)
    if not fine:
        ctx.exit(FINDINGS)


def _begun(application: Application, days: tuple[date | None, date | None], resume: bool) -> Begun | None:
    """The backfill to resume, None for a new one. Raises `CannotRun` if it is running."""
    found = application.unfinished_backfill()
    if found is None and resume:
        raise CannotRun(Text("There is no stopped backfill: start one with --from DAY."))
    if found is None or not (resume or _days(found) == days):
        return None
    if application.backfill_works(found.group):
        raise CannotRun(
            Text("The backfill {run} is running: wait until it has ended, or stop it (Ctrl-C) first.", run=found.name)
        )
    return found


def _days(begun: Begun) -> tuple[date | None, date | None]:
    first, last = (str(begun.facts.get(name) or "") for name in ("from", "to"))
    return date.fromisoformat(first) if first else None, date.fromisoformat(last) if last else None


def _show(
    found: Counted, estimate: Estimate, days: tuple[date | None, date | None], begun: Begun | None, as_json: bool
) -> None:
    from onedesk_quickbooks.plugin.sync.backfill import time_text

    first, last = days
    if as_json:
        print_json(
            {
                "from": first.isoformat() if first else None,
                "to": last.isoformat() if last else None,
                "run": begun.name if begun else None,
                "open": found.open,
                "sends": found.sends,
                "linked": found.linked,
                "left_out": dict(found.others),
                "copied_before": dict(found.elsewhere),
                "sums": {each.currency: each.digits for each in found.money},
                "requests_from": estimate.fewest,
                "requests_to": estimate.most,
                "seconds": int(estimate.time.total_seconds()),
            }
        )
        return
    invoices = ngettext("{n} invoice", "{n} invoices", found.open)
    print_line(
        Text(
            "Backfill from {first}{until}{resumed}: {invoices} to copy{sums}.",
            first=first,
            until=Text(" to {day}", day=last) if last else "",
            resumed=Text(", continues the run {run}", run=begun.name) if begun else "",
            invoices=invoices,
            sums=Text(" ({sums} in total)", sums=joined(", ", (each.__text__() for each in found.money)))
            if found.money
            else "",
        )
    )
    others = [_left_out(name, number) for name, number in sorted(found.others.items())]
    others += [Text("{n} that QuickBooks has", n=count(found.linked))] if found.linked else []
    if others:
        print_line(Text("Left out: {what}.", what=joined(", ", others)))
    if found.sends:
        print_line(
            Text(
                "To be e-mailed: {n} of them, because their send is in the queue, held or failed.",
                n=count(found.sends),
            )
        )
    for company, number in sorted(found.elsewhere.items()):
        print_line(
            Text(
                "Copied to {company} before: {n} of them. The copy here bills each twice unless it is voided or deleted"
                " there.",
                n=count(number),
                company=company,
            )
        )
    if found.open:
        values = {"fewest": count(estimate.fewest), "most": count(estimate.most), "time": time_text(estimate.time)}
        print_line(Text("That takes {fewest} to {most} requests to QuickBooks, and {time}.", **values))


def _left_out(status: str, number: int) -> Text:
    if status not in _LEFT_OUT:
        return counted(number, status)
    one, several = _LEFT_OUT[status]
    return one if number == 1 else Text(several, n=count(number))


def _agreed(yes: bool, as_json: bool, found: Counted) -> bool:
    """Whether a person has confirmed."""
    if yes:
        return True
    if not as_json and sys.stdin.isatty() and sys.stdout.isatty():
        return click.confirm(ngettext("Copy {n} invoice?", "Copy {n} invoices?", found.open))
    if not as_json:
        print_line(
            Text("Nothing was copied. To copy them, run the same command with --yes; --dry-run shows each plan.")
        )
    return False


def _copy(
    session: Session,
    period: Period,
    found: Counted,
    days: tuple[date | None, date | None],
    begun: Begun | None,
    as_json: bool,
) -> bool:
    """Copy them; return whether none is held or has failed. Raises `CannotRun` if the command was stopped."""
    from onedesk_quickbooks.plugin.cli.commands.invoices import Shown
    from onedesk_quickbooks.plugin.cli.ordered_output import OrderedOutput
    from onedesk_quickbooks.plugin.cli.session.run import Run

    first, last = (day.isoformat() if day else "" for day in days)
    facts: dict[str, Any] = {"from": first, "to": last, **({"of": begun.group} if begun else {})}
    shown = Shown(as_json)
    time_text = OrderedOutput(shown, shown.again)
    run = Run(session, period.given(), "copy", time_text, command="backfill", total=found.open, **facts)
    try:
        stopped = run.work()
    except Exception:
        time_text.end()
        shown.flush()
        taken = run.taken()
        say(taken) if taken else None
        raise
    time_text.end()
    shown.sums(False)
    time_text.end_along()
    shown.sums(True)
    if not as_json:
        print_line(Text("To take it back: onedesk-quickbooks undo {run}", run=begun.name if begun else run.name))
    if stopped:
        raise CannotRun(stopped)
    shown.complain()
    return not shown.unwell
