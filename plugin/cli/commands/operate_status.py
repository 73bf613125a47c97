"""`status`: how the installation stands, at a glance; and what it has asked of QuickBooks."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from onedesk_quickbooks.plugin.cli.errors import FINDINGS, Options
from onedesk_quickbooks.plugin.cli.output import counted, json_option, print_json, print_table
from onedesk_quickbooks.plugin.model.legible import lines, one_line

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.ops.status import Status

_QUEUE = "see: onedesk-quickbooks queue"
_WEBHOOKS = "see: onedesk-quickbooks webhooks list"
_LATE = timedelta(minutes=2)
"""A poll that is so much overdue says that nothing runs which could do it."""


@click.command(short_help="Say whether all is well: connection, queue, last success.")
@click.option("--calls", is_flag=True, help="Instead: the requests to QuickBooks by day and kind; Intuit meters reads.")
@json_option
@click.pass_context
def status(ctx: click.Context, calls: bool, as_json: bool) -> None:
    """Connected or not, since when, last success, last look for payments, what waits or is held, next poll, calls made.

    Exit code 1 where work is held or failed, a stopped command has left some, an order was not taken, the queue, a look
    for payments or the host fails, the queue is stopped, or work waits and nothing runs that could do it.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session

    options: Options = ctx.obj
    with open_session(options, connected=False) as session:
        found = session.application.status()
        made = session.application.calls() if calls else []
        now = session.application.now()
    if calls:
        _calls(made, as_json)
        return
    if as_json:
        print_json(found.to_json())
    else:
        for name, text in _lines(found, now):
            click.echo(f"{name:14} {one_line(text) if name else lines(text)}")  # without a name: findings in the rules
    left = found.held or found.failed or found.stopped_runs or found.refused_orders or found.errors
    if found.stopped_reason or left or _idle(found):
        ctx.exit(FINDINGS)


def _calls(made: list[tuple[str, str, int]], as_json: bool) -> None:
    if as_json:
        for day, kind, count in made:
            print_json({"day": day, "kind": kind, "count": count})
        return
    days: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for day, kind, count in made:
        days[day][kind] = count
    if not days:
        click.echo("QuickBooks has not been asked for anything yet.")
        return
    kinds = list(dict.fromkeys(["read", "write", *sorted({kind for _, kind, _ in made})]))
    rows = [(day, *(counts.get(kind, 0) for kind in kinds), sum(counts.values())) for day, counts in days.items()]
    months: defaultdict[str, int] = defaultdict(int)
    for day, counts in days.items():
        months[day[:7]] += counts.get("read", 0)
    print_table(
        ("Day", *(kind.capitalize() for kind in kinds), "All"), rows, right=("All", *map(str.capitalize, kinds))
    )
    click.echo("Reads are metered by Intuit, writes are free. Reads by month:")
    for month, count in months.items():
        click.echo(f"  {month}  {count}")


def _lines(found: Status, now: datetime) -> list[tuple[str, str]]:
    in_force = f"{found.rules} ({found.rules_hash[:12]}, since {_when(found.rules_since, now)})"
    rules = [("Rules", in_force)] + ([("", found.rules_complaint)] if found.rules_complaint else [])
    if not found.connected:
        return [
            ("Connected", "no; run: onedesk-quickbooks connect"),
            *_refused(found),
            *_left_behind(found, now),
            *rules,
            ("Environment", found.environment),
        ]
    return [
        (
            "Connected",
            f"to {found.company} ({found.country}, {found.home_currency}), {found.realm_id}, "
            f"since {_when(found.since, now)} by {found.by or 'an administrator'}",
        ),
        ("Queue", _queue(found, now)),
        *_errors(found, now),
        ("Last success", _when(found.last_success_at, now)),
        ("Payments", _payments(found, now)),
        ("Waiting", _waiting(found, now)),
        ("Held", f"{found.held}; {_QUEUE}" if found.held else "0"),
        ("Failed", f"{found.failed}; {_QUEUE}" if found.failed else "0"),
        *([("Skipped", f"{found.skipped} by rule; {_QUEUE} --state skipped")] if found.skipped else []),
        *_stopped_runs(found),
        *_refused(found),
        *_withdrawn(found),
        *_untold(found),
        *_webhooks(found),
        *_left_behind(found, now),
        ("Next poll", _poll(found, now)),
        ("Sign-in ends", _sign_in(found, now)),
        *_disk(found),
        ("Calls today", _today(found)),
        ("Income account", found.default_income_account or "not chosen; see: onedesk-quickbooks settings"),
        ("Tax code", found.default_tax_code or "none chosen"),
        *rules,
        ("Environment", found.environment),
    ]


def _queue(found: Status, now: datetime) -> str:
    if found.stopped_reason:
        return f"STOPPED: {found.stopped_reason}"
    if _idle(found):
        queued = "1 invoice" if found.waiting == 1 else f"{found.waiting} invoices"
        return f"NO WORKER RUNNING: {queued} queued; start `serve`, or run `copy` again"
    if found.paused_until is not None and found.paused_until > now:
        return f"paused until {_when(found.paused_until, now)}: {found.paused_because}"
    return "running"


def _errors(found: Status, now: datetime) -> list[tuple[str, str]]:
    """What fails in a row."""
    from onedesk_quickbooks.plugin.ops.status import FAILS_AT

    return [
        (
            "Error",
            f"{FAILS_AT[each['what']]} has failed {counted(each['count'], 'time')} in a row, since"
            f" {_when(each['since'], now)}: {each['error']}; see the log",
        )
        for each in found.errors
    ]


def _idle(found: Status) -> bool:
    """Whether work waits for a process that nobody has started, or that has died."""
    return found.running is False and found.waiting > 0


def _disk(found: Status) -> list[tuple[str, str]]:
    from onedesk_quickbooks.plugin.ops.preconditions import LITTLE_ROOM

    if found.disk_free is None or found.disk_free >= LITTLE_ROOM:
        return []
    return [("Disk", f"{found.disk_free // 1_000_000} MB are free; on a full disk nothing can be recorded or sent")]


def _sign_in(found: Status, now: datetime) -> str:
    """Nobody knows the end of a connection that may have ended already."""
    return "see above" if found.stopped_reason else _when(found.refresh_token_expires_at, now)


def _waiting(found: Status, now: datetime) -> str:
    if not found.waiting:
        return "0"
    said = not found.stopped_reason and found.oldest_waiting_reason
    why = f": {found.oldest_waiting_reason}" if said else ""
    return f"{found.waiting}, the oldest since {_when(found.oldest_waiting_at, now)}{why}"


def _poll(found: Status, now: datetime) -> str:
    if found.stopped_reason:
        return "none while the queue is stopped"
    if found.next_poll_at is None:
        return "none planned; `serve` polls (`worker` with a ledger in PostgreSQL), `payments` asks now"
    if found.running is False:
        return "none: nothing runs that polls; start `serve`"
    if now - found.next_poll_at > _LATE:
        poller = "`serve`" if found.running is not None else "`worker`"
        return f"was due {_when(found.next_poll_at, now)}: nothing runs that polls; start {poller}"
    return _when(found.next_poll_at, now)


def _payments(found: Status, now: datetime) -> str:
    if found.last_payment_look_at is None:
        return "not looked for yet"
    looked = f"last looked for {_when(found.last_payment_look_at, now)}"
    if found.payments_by_queries_since is None:
        return looked
    since = f"{found.payments_by_queries_since:%Y-%m-%d %H:%M} UTC"
    return f"{looked}, by queries since {since}: QuickBooks refuses change data capture"


def _withdrawn(found: Status) -> list[tuple[str, str]]:
    """What was paid for invoices that ask for nothing any more."""
    return [
        (
            "Paid" if each["money"] else "Settled",
            f"{each['amount']} {each['currency']} for invoice {each['number']}, which was {each['was']} in OneDesk;"
            f" see: onedesk-quickbooks queue show {each['entry']}",
        )
        for each in found.paid_but_withdrawn
    ]


def _stopped_runs(found: Status) -> list[tuple[str, str]]:
    """What commands that were stopped have left."""
    return [
        (
            "Stopped",
            f"a command left {counted(each['waiting'], 'invoice')} to {each['action']} as run {each['run']}"
            f"{_unanswered(each['unanswered'])};"
            f" onedesk-quickbooks queue resume {each['run']}, or queue drop --run {each['run']} --reason TEXT",
        )
        for each in found.stopped_runs
    ]


def _unanswered(count: int) -> str:
    return f", {count} with a request that QuickBooks has not answered" if count else ""


def _refused(found: Status) -> list[tuple[str, str]]:
    """What waited in files, and the ledger did not take."""
    if not found.refused_orders:
        return []
    return [("Not taken", f"{counted(len(found.refused_orders), 'order')} of OneDesk could not be recorded; {_QUEUE}")]


def _untold(found: Status) -> list[tuple[str, str]]:
    """What the host did not take."""
    if not found.untold_payments:
        return []
    return [("Not recorded", f"{counted(len(found.untold_payments), 'payment')} in OneDesk yet; {_QUEUE}")]


def _webhooks(found: Status) -> list[tuple[str, str]]:
    """Receivers of payments that do not take them."""
    return [
        ("Webhooks", f"{each['host']} {each['state']}, {each['waiting']} wait: {each['problem']}; {_WEBHOOKS}")
        for each in found.webhooks
    ]


def _left_behind(found: Status, now: datetime) -> list[tuple[str, str]]:
    """Companies that were connected before."""
    return [("Left behind", _what_is_left(each, now)) for each in found.left_behind]


def _what_is_left(of: dict[str, Any], now: datetime) -> str:
    queue = ", ".join(f"{of[state]} {state}" for state in ("waiting", "held", "failed") if of[state])
    looked = of["last_payment_look_at"]
    told = [
        f"{of['company']}, {of['realm_id']}, until {_when(of['disconnected_at'], now)}",
        f"{counted(of['invoices'], 'invoice')} copied",
        f"queue: {queue}" if queue else "",
        f"payments looked for until {looked:%Y-%m-%d %H:%M} UTC" if looked else "",
        f"{counted(of['untold_payments'], 'payment')} not recorded in OneDesk" if of["untold_payments"] else "",
        "its access could not be given back: disconnect the app in its QuickBooks" if of["access"] else "",
    ]
    return "; ".join(filter(None, told))


def _today(found: Status) -> str:
    shown = {"read": 0, "write": 0, **found.calls}
    return ", ".join(f"{kind} {count}" for kind, count in shown.items()) + " (Intuit meters reads)"


def _when(instant: datetime | None, now: datetime) -> str:
    """ "2026-11-24 18:40 UTC (3 minutes ago)"."""
    if instant is None:
        return "never"
    return f"{instant:%Y-%m-%d %H:%M} UTC ({_ago(now - instant)})"


def _ago(gone: timedelta) -> str:
    seconds = abs(gone.total_seconds())
    unit, size = next(each for each in _UNITS if seconds >= each[1] or each[1] == 1)
    text = counted(int(seconds // size), unit)
    return f"{text} ago" if gone >= timedelta(0) else f"in {text}"


_UNITS: tuple[tuple[str, int], ...] = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
