"""`queue drop`, `queue resume` and `queue settle`: decisions of a person on entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import print_line
from onedesk_quickbooks.plugin.cli.reason import required_text
from onedesk_quickbooks.plugin.texts import Text, gettext, ngettext, text_in

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.cli.session import Session
    from onedesk_quickbooks.plugin.ledger import Work


@click.command(short_help="Decide about an invoice that was changed in QuickBooks.")
@click.argument("entry", type=int)
@click.option(
    "--keep",
    type=click.Choice(["quickbooks", "onedesk"]),
    required=True,
    help="quickbooks: keep QuickBooks' version. onedesk: write OneDesk's version to QuickBooks again.",
)
@click.pass_context
def settle(ctx: click.Context, entry: int, keep: str) -> None:
    """Decide which version to keep of an invoice that somebody changed in QuickBooks; `queue show ENTRY` shows both.

    Entries that were held because of the change are queued again; `serve`, or the next copy or send, processes them.
    First the command checks that QuickBooks still has the version that the entry shows.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session, person
    from onedesk_quickbooks.plugin.sync.errors import CannotDecide

    options: Options = ctx.obj
    with open_session(options) as session:
        try:
            result = session.application.settle_change(entry, keep, by=person())
        except CannotDecide as problem:
            raise CannotRun(text_in(problem)) from None
    print_line(result)


@click.command(short_help="Queue the entries of a stopped command again.")
@click.argument("run")
@click.pass_context
def resume(ctx: click.Context, run: str) -> None:
    """Queue the entries again that a stopped copy, send, backfill or undo has left, by the name of its RUN; `serve`, or
    the next copy or send, processes them. `queue` and `status` list the runs."""
    from onedesk_quickbooks.plugin.cli.session import open_session, person

    options: Options = ctx.obj
    with open_session(options) as session:
        if run not in {each.run for each in session.application.stopped_runs()}:
            raise click.UsageError(
                gettext("no stopped command has left anything as run {run}; see: onedesk-quickbooks queue", run=run)
            )
        released = session.application.resume_run(run, person())
    click.echo(ngettext("{n} entry queued again.", "{n} entries queued again.", released))


@click.command(short_help="Take entries out of the queue, with the reason.")
@click.argument("entries", type=int, nargs=-1, metavar="[ENTRY]...")
@click.option("--run", metavar="RUN", help="All entries that the stopped command RUN has left.")
@click.option("--state", type=click.Choice(["held", "failed", "waiting", "stopped"]), help="All entries in this state.")
@click.option("--action", type=click.Choice(["copy", "send"]), help="All copies, or all sends.")
@click.option("--customer", metavar="ID|NAME", help="All entries of this customer organization.")
@click.option("--dry-run", is_flag=True, help="List the entries; take none out.")
@click.option(
    "--reason", required=True, callback=required_text, help="How it was settled otherwise; recorded in the audit trail."
)
@click.pass_context
def drop(
    ctx: click.Context,
    entries: tuple[int, ...],
    run: str | None,
    state: str | None,
    action: str | None,
    customer: str | None,
    dry_run: bool,
    reason: str,
) -> None:
    """Take entries out of the queue because a person has settled them otherwise: the named entries, or all that match
    every given option. A request that QuickBooks has not answered is not repeated; the next look for payments finds out
    whether it was done, and links the invoice in that case."""
    from onedesk_quickbooks.plugin.cli.session import open_session, person

    options: Options = ctx.obj
    filters = any(each is not None for each in (run, state, action, customer))
    if bool(entries) == filters:
        raise click.UsageError(gettext("name entries, or say which by --run, --state, --action and --customer"))
    with open_session(options, earlier=True) as session:
        found = list(_all(session, run, state, action, customer)) if filters else _named(session, entries)
        if not found:
            raise click.UsageError(gettext("there is no such entry in the queue; see: onedesk-quickbooks queue"))
        if dry_run:
            for work in found:
                print_line(
                    Text(
                        "{n}: {action} of invoice {number}",
                        n=work.id,
                        action=Text(work.action),
                        number=work.od_number or work.od_invoice_id,
                    )
                )
            click.echo(ngettext("{n} entry would be dropped.", "{n} entries would be dropped.", len(found)))
            return
        dropped = session.application.drop(found, reason, person())
        unanswered = session.application.unanswered().intersection(work.od_invoice_id for work in found)
    if len(entries) == 1:
        click.echo(gettext("Entry {n} was dropped.", n=entries[0]))
    else:
        click.echo(ngettext("{n} entry was dropped.", "{n} entries were dropped.", dropped))
    if unanswered:
        print_line(
            Text(
                "QuickBooks has not answered a request for {invoices} of them; it is not repeated. The next look for "
                "payments (onedesk-quickbooks payments, or serve) finds out whether it was done: what QuickBooks has "
                "made is linked then, and OneDesk shows it.",
                invoices=ngettext("{n} invoice", "{n} invoices", len(unanswered)),
            )
        )


def _named(session: Session, entries: tuple[int, ...]) -> list[Work]:
    """The entries; raises if one of them cannot be dropped, before any is."""
    found = []
    for entry in dict.fromkeys(entries):
        work = session.application.ledger.queue.get(entry)
        if work is None or work.realm_id != session.application.queue_of:
            raise click.UsageError(gettext("there is no entry {n}; see: onedesk-quickbooks queue", n=entry))
        if work.state not in ("todo", "held", "failed", "scheduled"):
            raise CannotRun(Text("entry {n} no longer needs a person; see: onedesk-quickbooks queue", n=entry))
        found.append(work)
    return found


def _all(
    session: Session, run: str | None, state: str | None, action: str | None, customer: str | None
) -> Iterator[Work]:
    application = session.application
    stopped = {each.run for each in application.stopped_runs()}
    for work in application.ledger.queue_lists.each(application.queue_of, ("todo", "held", "failed")):
        waits = "stopped" if work.run in stopped else "waiting"
        if (
            (run is None or (work.run == run and work.state == "todo"))
            and (state is None or state == (waits if work.state == "todo" else work.state))
            and (action is None or work.action == action)
            and (customer is None or _is_of(work, customer))
        ):
            yield work


def _is_of(work: Work, customer: str) -> bool:
    from onedesk_quickbooks.plugin.model.name_keys import name_key

    found = work.invoice.get("customer") or {}
    return customer == found.get("id") or name_key(customer) == name_key(str(found.get("name", "")))
