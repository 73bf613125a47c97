"""`payments`: brings payments from QuickBooks to the host."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.commands.invoices import Shown
from onedesk_quickbooks.plugin.cli.commands.plans import ShownPlans
from onedesk_quickbooks.plugin.cli.errors import FINDINGS, CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_line, print_table, progress, say
from onedesk_quickbooks.plugin.cli.steps import shown
from onedesk_quickbooks.plugin.model.host_payment import payment_id
from onedesk_quickbooks.plugin.texts import Amount, Text, form, gettext, joined, ngettext

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.ledger import PaymentEvent
    from onedesk_quickbooks.plugin.ledger.payment_events import PaymentEvents
    from onedesk_quickbooks.plugin.ops.status import Status

_COUNTED: Mapping[str, tuple[str, str]] = {
    "payment": (Text("{n} payment"), Text("{n} payments")),
    "credit_memo": (Text("{n} credit memo"), Text("{n} credit memos")),
    "journal_entry": (Text("{n} journal entry"), Text("{n} journal entries")),
    "other_credit": (Text("{n} credit"), Text("{n} credits")),
    "deposit": (Text("{n} deposit"), Text("{n} deposits")),
    "zero_total": (Text("{n} invoice with nothing to pay"), Text("{n} invoices with nothing to pay")),
    "balance": (Text("{n} invoice changed after a payment"), Text("{n} invoices changed after a payment")),
    "credit_used": (Text("{n} credit note used for an invoice"), Text("{n} credit notes used for an invoice")),
    "refund": (Text("{n} refund of a credit note"), Text("{n} refunds of credit notes")),
}
"""The names of kinds in counts: credits are not payments."""


ACKED = "acked"
"""The word for the last acknowledged cursor."""
_PAGE = 500


@click.command(short_help="Fetch payments from QuickBooks now.")
@click.option(
    "--since", metavar="CURSOR", help="Instead: print what was reported to the host after CURSOR, or after `acked`."
)
@click.option("--ack", metavar="CURSOR", type=click.IntRange(0), help="Instead: acknowledge everything up to CURSOR.")
@click.option(
    "--plan",
    "to_plan",
    metavar="FILE",
    multiple=True,
    help="Instead: show what would be done with the payments in FILE.",
)
@click.option(
    "--record", metavar="FILE", multiple=True, help="Instead: record the payments in FILE as payments of the host."
)
@click.option("--take-back", metavar="FILE", multiple=True, help="Instead: remove the payments in FILE from the host.")
@json_option
@click.pass_context
def payments(
    ctx: click.Context,
    since: str | None,
    ack: int | None,
    to_plan: tuple[str, ...],
    record: tuple[str, ...],
    take_back: tuple[str, ...],
    as_json: bool,
) -> None:
    """Ask QuickBooks what was paid, credited, changed or reversed since the last time, and report it to the host.
    Invoices that somebody changed in QuickBooks are recorded, and put into the queue if the rules leave them to a
    person.

    With --json one object a payment: payment_id invoice_id number kind reference what amount balance currency; kind is
    payment, credit_memo, journal_entry, other_credit, deposit, zero_total, balance, credit_used or refund; what is
    recorded, reversed, changed (only its reference or its method, in QuickBooks), ignored (the rules exclude it), or
    noted (the host has its own record of it, and it was changed in QuickBooks). Exit code 1 if the host has not
    accepted one.

    Another program reads the payments with --since, without a request to QuickBooks, and acknowledges them with --ack;
    `--since acked` continues after the last acknowledged one, 0 starts at the beginning. The data directory has one
    such position: a second program keeps its own CURSOR. With --json one object an event: cursor what at payment
    reversal; what is recorded, reversed, or changed: the payment with this id has another reference or method now
    (docs/api.md).

    Payments that the host has recorded itself go to QuickBooks by rule (payments.direction: host or both). The embedded
    host takes them from files: --record, and --take-back once they are removed there; --plan shows what --record would
    do. A FILE is .json (one payment or a list), .jsonl (one a line), as schemas/host_payment.schema.json has it, or
    .csv (one row an invoice that is paid; rows of one payment follow each other) with the columns id, date, currency,
    amount, method, reference, kind, invoice, invoice_amount. Either all payments of the files are recorded, or none.
    Entries that are already in the queue are processed, too, so that invoices that wait may be copied and e-mailed;
    both list them. With --json one object a line, as in `plan --json` and `copy --json`. Exit code 1 if one is held.
    """
    if to_plan or record or take_back:
        if bool(to_plan) + bool(record) + bool(take_back) > 1:
            raise click.UsageError(gettext("take one of --plan, --record and --take-back at a time"))
        fine = _plan(ctx.obj, to_plan, as_json) if to_plan else _paid(ctx.obj, record, take_back, as_json)
        if not fine:
            ctx.exit(FINDINGS)
        return
    if since is not None and ack is not None:
        raise click.UsageError(gettext("take --since first, and --ack once you have what it printed"))
    if ack is not None:
        _ack(ctx.obj, ack, as_json)
    elif since is not None:
        _print_events(ctx.obj, since, as_json)
    elif not _bring(ctx.obj, as_json):
        ctx.exit(FINDINGS)


def _plan(options: Options, files: tuple[str, ...], as_json: bool) -> bool:
    """Print what `--record` would do; return whether none would be held."""
    from onedesk_quickbooks.plugin.cli.session import open_session
    from onedesk_quickbooks.plugin.cli.session.paying import planned

    show, along = ShownPlans(as_json), []
    with open_session(options) as session, progress() as bar:
        planning = bar.add_task(gettext("Planning"), total=None)
        for plan, waits in planned(session, files, "recorded"):
            bar.advance(planning)
            along.append(plan) if waits else show(plan, False)
    for plan in along:
        show(plan, True)
    return show.fine


def _paid(options: Options, record: tuple[str, ...], take_back: tuple[str, ...], as_json: bool) -> bool:
    """Send the host's own payments to QuickBooks."""
    from onedesk_quickbooks.plugin.cli.session import open_session
    from onedesk_quickbooks.plugin.cli.session.paying import paid

    with open_session(options) as session, progress() as bar:
        at = bar.add_task(gettext("Recording") if record else gettext("Taking back"), total=None)
        done = partial(bar.advance, at)
        found, others, left = paid(session, record or take_back, "recorded" if record else "deleted", done)
    if as_json:
        for each in found:
            print_json({**each.to_json(), "waited": False})
    else:
        columns = (Text("Payment"), Text("Outcome"), Text("QuickBooks id"), Text("Amount"), Text("Why"))
        rows = [(payment_id(each.id), Text(each.outcome), each.qbo_id, each.total, each.reason) for each in found]
        print_table(columns, rows, right=(Text("Amount"),))
    along = Shown(as_json)
    for each in others:
        along(each, True)
    along.sums(True)
    along.complain()
    if left:
        say(shown(Text("Not all of it is done: {why}", why=left)))
    return not (left or along.unwell) and all(each.outcome not in ("held", "failed") for each in found)


def _ack(options: Options, cursor: int, as_json: bool) -> None:
    """Record that another program has processed the events up to this one."""
    from onedesk_quickbooks.plugin.cli.session import open_session

    with open_session(options, connected=False, used=True) as session:
        events = session.application.ledger.payment_events
        _check(events, cursor)
        reached = events.ack(cursor)
    if as_json:
        print_json({"acked": str(reached)})
    else:
        print_line(Text("Events up to {n} are acknowledged; continue with --since {acked}.", n=reached, acked=ACKED))


def _print_events(options: Options, since: str, as_json: bool) -> None:
    """Print the events after a cursor, from the ledger only."""
    from onedesk_quickbooks.plugin.cli.session import open_session

    with open_session(options, connected=False, used=True) as session:
        events, count = session.application.ledger.payment_events, 0
        last = events.acked() if since == ACKED else _cursor(since)
        _check(events, last)
        while found := events.after(last, _PAGE):
            count, last = count + len(found), found[-1].number
            for each in found:
                print_json(each.to_json()) if as_json else print_line(_line(each))
    if as_json:
        return
    if not count:
        click.echo(gettext("Nothing new."))
        return
    text = ngettext(
        "{n} event; continue with --since {last}.", "{n} events; continue with --since {last}.", count, last=last
    )
    click.echo(text)


def _cursor(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        problem = gettext("--since {text}: it is a cursor that an event has, 0, or {acked}", text=text, acked=ACKED)
        raise click.UsageError(problem)
    return int(text)


def _check(events: PaymentEvents, cursor: int) -> None:
    """Raise CannotRun if the cursor is beyond the last event. The numbers go on above all earlier ones after a restore,
    but not in a new ledger, nor in a copy that was put back by hand."""
    newest = events.newest()
    if cursor > newest:
        raise CannotRun(
            Text(
                "there is no event {n}; the last one is {newest}. Correct the number; if the ledger is a new one, or an"
                " older copy, begin again with --since 0",
                n=cursor,
                newest=newest,
            )
        )


_KINDS = (
    *(Text("payment"), Text("credit memo"), Text("journal entry"), Text("other credit"), Text("deposit")),
    *(Text("zero total"), Text("balance"), Text("credit used"), Text("refund")),
)
"""The kinds of settlements, for the catalogues."""


def _line(event: PaymentEvent) -> Text:
    paid = event.payment
    kind = Text(str(paid.get("kind", "payment")).replace("_", " "))  # one of _KINDS
    reference = str(paid.get("reference", "")).strip()
    return Text(
        "{n}  {day}  {outcome}  {what} of invoice {id}: {amount}, {left} left",
        n=event.number,
        day=paid["date"],
        outcome=Text(event.what),
        what=joined(" ", (kind, reference)) if reference else kind,
        id=paid["invoice_id"],
        amount=Amount(f"{paid['amount']} {paid['currency']}"),
        left=Amount((event.reversal or paid)["balance"]),
    )


def _throttled(found: Status) -> Text:
    from onedesk_quickbooks.plugin.ops.status import paused

    assert found.paused_until is not None
    waits = paused(found.paused_until, found.paused_because)
    return Text("payments were not looked for: {paused} Run the command again: it waits until then.", paused=waits)


def _bring(options: Options, as_json: bool) -> bool:
    """Fetch the payments from QuickBooks; return whether the host has accepted all that was reported to it."""
    from onedesk_quickbooks.plugin.cli.session import open_session
    from onedesk_quickbooks.plugin.qbo import Throttled

    with open_session(options) as session:
        try:
            news = session.application.bring_payments()
        except Throttled as problem:
            raise CannotRun(_throttled(session.application.status())) from problem
        changed, untold = len(session.application.changes()), len(session.application.untold_payments())
    if untold:
        text = Text("OneDesk, or another of its plugins, has not accepted 1 payment: onedesk-quickbooks queue")
        if untold > 1:
            text = Text(
                "OneDesk, or another of its plugins, has not accepted {n} payments: onedesk-quickbooks queue", n=untold
            )
        say(shown(text))
    if changed:
        text = Text("1 invoice changed in QuickBooks, waiting for you: onedesk-quickbooks queue")
        if changed > 1:
            text = Text("{n} invoices changed in QuickBooks, waiting for you: onedesk-quickbooks queue", n=changed)
        say(shown(text))
    if as_json:
        for each in news:
            print_json(
                {
                    "payment_id": each.payment_id,
                    "invoice_id": each.invoice_id,
                    "number": each.number,
                    "kind": each.kind,
                    "reference": each.reference,
                    "what": each.what,
                    "amount": each.amount.digits,
                    "balance": each.balance.digits,
                    "currency": each.amount.currency,
                }
            )
        return not untold
    if not news:
        if not untold:
            click.echo(gettext("Nothing new was paid in QuickBooks."))
        return not untold
    rows = [(each.number or each.invoice_id, each.name, Text(each.what), each.amount, each.balance) for each in news]
    amounts = (Text("Amount"), Text("Left to pay"))
    print_table((Text("Invoice"), Text("By"), Text("Outcome"), *amounts), rows, right=amounts)
    kinds = [each.kind for each in news]
    click.echo(", ".join(form(*_COUNTED[kind], kinds.count(kind)) for kind in _COUNTED if kind in kinds) + ".")
    return not untold
