"""`status`: the state of the installation at a glance, and the requests made to QuickBooks."""

from __future__ import annotations

import time
from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from onedesk_quickbooks.plugin.cli.errors import FINDINGS, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_table
from onedesk_quickbooks.plugin.cli.steps import shown
from onedesk_quickbooks.plugin.model.legible import lines, one_line
from onedesk_quickbooks.plugin.model.state import PAST
from onedesk_quickbooks.plugin.texts import ENGLISH, Amount, Text, current, in_queue, joined

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.looks import Looks
    from onedesk_quickbooks.plugin.ops.status import Status

_QUEUE = Text("see: onedesk-quickbooks queue")
_WEBHOOKS = Text("see: onedesk-quickbooks webhooks list")
_INTERVAL = 2
"""Seconds between two updates of --watch."""
_LATE = timedelta(minutes=2)
"""A poll that is overdue by this much means that no process is running."""


@click.command(short_help="Show whether all is well: connection, queue, last success.")
@click.option("--calls", is_flag=True, help="Instead: the requests to QuickBooks by day and kind; Intuit meters reads.")
@click.option("--watch", is_flag=True, help="Print it again every two seconds, until Ctrl-C.")
@json_option
@click.pass_context
def status(ctx: click.Context, calls: bool, watch: bool, as_json: bool) -> None:
    """Connected or not, since when, last success, last look for payments, what waits or is held, next poll, calls made.

    Exit code 1 where work is held or failed, a stopped command has left some, a command from OneDesk was not
    recorded, the host has not accepted a payment for ten minutes, the queue, the check for payments or the host fails,
    the queue is stopped, or no worker is running and work is queued or the look for payments is overdue. Without a
    connected company also where the queue of the last one has work: connect it again, or drop that.
    """
    from onedesk_quickbooks.plugin.cli.session import open_look
    from onedesk_quickbooks.plugin.ops.status import unaccepted

    options: Options = ctx.obj
    with open_look(options, connected=False) as looks:
        found = _shown(looks, calls, as_json)
        if watch:
            from onedesk_quickbooks.plugin.cli.serving import ends_on_signals

            with ends_on_signals():
                while watch:
                    time.sleep(_INTERVAL)
                    click.clear()  # does nothing unless it is a terminal
                    found = _shown(looks, calls, as_json)
        late = unaccepted(found, looks.now())
        kept = {} if found.connected else looks.waiting_counts()
    left = found.held or found.failed or found.stopped_runs or found.refused_orders or found.errors or late
    left = left or any(kept.get(state) for state in ("todo", "held", "failed"))
    if not calls and (found.stopped_reason or left or _idle(found) or found.payments_overdue_since):
        ctx.exit(FINDINGS)


def _shown(looks: Looks, calls: bool, as_json: bool) -> Status:
    """Print the current status."""
    found, now = looks.status(), looks.now()
    if calls:
        _calls(looks.calls(), as_json)
    elif as_json:
        print_json(found.to_json())
    else:
        for name, text in _lines(found, now):
            value = shown(text)  # without a label: findings in the rules
            click.echo(f"{shown(name):14} {one_line(value) if name else lines(value)}")
    return found


_CALLS = {"read": Text("Read"), "write": Text("Write")}
"""The kinds of calls in columns."""
_KINDS = {"read": Text("read"), "write": Text("write")}


def _calls(made: list[tuple[str, str, int]], as_json: bool) -> None:
    if as_json:
        for day, kind, count in made:
            print_json({"day": day, "kind": kind, "count": count})
        return
    days: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for day, kind, count in made:
        days[day][kind] = count
    if not days:
        click.echo(shown(Text("No request was sent to QuickBooks yet.")))
        return
    kinds = list(dict.fromkeys(["read", "write", *sorted({kind for _, kind, _ in made})]))
    rows = [(day, *(counts.get(kind, 0) for kind in kinds), sum(counts.values())) for day, counts in days.items()]
    months: defaultdict[str, int] = defaultdict(int)
    for day, counts in days.items():
        months[day[:7]] += counts.get("read", 0)
    names = [*(_CALLS.get(kind, kind.capitalize()) for kind in kinds), Text("All")]
    print_table((Text("Day"), *names), rows, right=names)
    click.echo(shown(Text("Reads are metered by Intuit, writes are free. Reads by month:")))
    for month, count in months.items():
        click.echo(f"  {month}  {count}")


def _lines(found: Status, now: datetime) -> list[tuple[str, str]]:
    in_force = Text(
        "{rules} ({rules_hash}, since {when})",
        rules=found.rules,
        rules_hash=found.rules_hash[:12],
        when=_when(found.rules_since, now),
    )
    rules = [(Text("Rules"), in_force)] + ([("", found.rules_complaint)] if found.rules_complaint else [])
    if not found.connected:
        return [
            (Text("Connected"), Text("no; run: onedesk-quickbooks connect")),
            *_filed(found),
            *_refused(found),
            *_left_behind(found, now),
            *rules,
            (Text("Environment"), found.environment),
        ]
    return [
        (
            Text("Connected"),
            Text(
                "to {company} ({country}, {home_currency}), {realm_id}, since {when} by {by}",
                company=found.company,
                country=found.country,
                home_currency=found.home_currency,
                realm_id=found.realm_id,
                when=_when(found.since, now),
                by=found.by or Text("an administrator"),
            ),
        ),
        (Text("Queue"), _queue(found, now)),
        *_errors(found, now),
        (Text("Last success"), _when(found.last_success_at, now)),
        (Text("Payments"), _payments(found, now)),
        (Text("Waiting"), _waiting(found, now)),
        (Text("Held"), Text("{held}; {queue}", held=found.held, queue=_QUEUE) if found.held else "0"),
        (Text("Failed"), Text("{failed}; {queue}", failed=found.failed, queue=_QUEUE) if found.failed else "0"),
        *(
            [(Text("Skipped"), Text("{skipped} by rule; {queue} --state skipped", skipped=found.skipped, queue=_QUEUE))]
            if found.skipped
            else []
        ),
        *_stopped_runs(found),
        *_filed(found),
        *_refused(found),
        *_withdrawn(found),
        *_not_recorded(found),
        *_webhooks(found),
        *_left_behind(found, now),
        (Text("Next poll"), _poll(found, now)),
        (Text("Sign-in ends"), _sign_in(found, now)),
        *_disk(found),
        (Text("Calls today"), _today(found)),
        (Text("Income account"), found.default_income_account or Text("not chosen; see: onedesk-quickbooks settings")),
        (Text("Tax code"), found.default_tax_code or Text("none chosen")),
        *rules,
        (Text("Environment"), found.environment),
    ]


def _queue(found: Status, now: datetime) -> str:
    if found.stopped_reason:
        return Text("STOPPED: {stopped_reason}", stopped_reason=found.stopped_reason)
    if _idle(found):
        queued = Text("1 invoice") if found.waiting == 1 else Text("{n} invoices", n=found.waiting)
        return Text(
            "NO WORKER RUNNING: {queued} queued; start `serve`, call drain() in your host, or run `copy` again",
            queued=queued,
        )
    if found.payments_overdue_since is not None:
        return Text(
            "NO WORKER RUNNING: payments should have been looked for {when}; start {process}, or run `payments`",
            when=_when(found.payments_overdue_since, now),
            process=_process(found),
        )
    if found.paused_until is not None and found.paused_until > now:
        return Text(
            "paused until {when}: {paused_because}",
            when=_when(found.paused_until, now),
            paused_because=found.paused_because,
        )
    if found.running is False:
        return Text("no process is running; nothing is queued")
    return Text("running")


def _errors(found: Status, now: datetime) -> list[tuple[str, str]]:
    """The repeated errors."""
    from onedesk_quickbooks.plugin.ops.status import FAILS_AT

    return [
        (
            Text("Error"),
            Text(
                "{what} has failed {times} in a row, since {when}: {error}; see the log",
                what=FAILS_AT[each["what"]],
                times=_number(each["count"], Text("1 time"), Text("{n} times", n=each["count"])),
                when=_when(each["since"], now),
                error=each["error"],
            ),
        )
        for each in found.errors
    ]


def _idle(found: Status) -> bool:
    """Whether work waits for a process that was not started, or that has died."""
    return found.running is False and found.waiting > 0


def _disk(found: Status) -> list[tuple[str, str]]:
    from onedesk_quickbooks.plugin.ops.preconditions import LITTLE_ROOM

    if found.disk_free is None or found.disk_free >= LITTLE_ROOM:
        return []
    return [
        (
            Text("Disk"),
            Text(
                "{disk_free} MB are free; on a full disk nothing can be recorded or sent",
                disk_free=found.disk_free // 1_000_000,
            ),
        )
    ]


def _sign_in(found: Status, now: datetime) -> str:
    """The end of the sign-in, which is unknown if the connection may have ended already."""
    return Text("see above") if found.stopped_reason else _when(found.refresh_token_expires_at, now)


def _waiting(found: Status, now: datetime) -> str:
    if not found.waiting:
        return "0"
    said = not found.stopped_reason and found.oldest_waiting_reason
    why = Text(": {oldest_waiting_reason}", oldest_waiting_reason=found.oldest_waiting_reason) if said else ""
    return Text(
        "{waiting}, the oldest since {when}{why}",
        waiting=found.waiting,
        when=_when(found.oldest_waiting_at, now),
        why=why,
    )


def _poll(found: Status, now: datetime) -> str:
    if found.stopped_reason:
        return Text("none while the queue is stopped")
    if found.next_poll_at is None:
        return Text("none planned; `serve` polls (`worker` with a ledger in PostgreSQL), `payments` asks now")
    if found.running is False and found.payments_overdue_since is None:
        return Text("none: no process is polling; start `serve`, or your host")
    if now - found.next_poll_at > _LATE and found.running:
        return Text("was due {when}", when=_when(found.next_poll_at, now))
    if now - found.next_poll_at > _LATE:
        return Text(
            "was due {when}: no process is polling; start {process}",
            when=_when(found.next_poll_at, now),
            process=_process(found),
        )
    return _when(found.next_poll_at, now)


def _process(found: Status) -> str:
    """What looks for payments."""
    return (
        Text("`worker`")
        if found.running is None
        else Text("`serve` or your host (with background=False it calls bring_payments())")
    )


def _payments(found: Status, now: datetime) -> str:
    if found.last_payment_look_at is None:
        return Text("not looked for yet")
    looked = Text("last looked for {when}", when=_when(found.last_payment_look_at, now))
    if found.payments_by_queries_since is None:
        return looked
    since = f"{found.payments_by_queries_since:%Y-%m-%d %H:%M} UTC"
    return Text(
        "{looked}, by queries since {since}: QuickBooks refuses change data capture", looked=looked, since=since
    )


def _withdrawn(found: Status) -> list[tuple[str, str]]:
    """Payments for invoices that were withdrawn."""
    return [
        (
            Text("Paid") if each["money"] else Text("Settled"),
            Text(
                "{amount} for invoice {number}, which was {was} in OneDesk; see: onedesk-quickbooks queue show {entry}",
                amount=Amount(f"{each['amount']} {each['currency']}"),
                number=each["number"],
                was=PAST.get(each["was"], each["was"]),
                entry=each["entry"],
            ),
        )
        for each in found.paid_but_withdrawn
    ]


def _stopped_runs(found: Status) -> list[tuple[str, str]]:
    """What stopped commands have left."""
    return [
        (
            Text("Stopped"),
            Text(
                "a command left {invoices} to {action} as run {run}{unanswered}; onedesk-quickbooks queue resume "
                "{run}, or queue drop --run {run} --reason TEXT",
                invoices=_invoices(each["waiting"]),
                action=Text(each["action"]),
                run=each["run"],
                unanswered=_unanswered(each["unanswered"]),
            ),
        )
        for each in found.stopped_runs
    ]


def _unanswered(count: int) -> str:
    return Text(", {count} with a request that QuickBooks has not answered", count=count) if count else ""


def _refused(found: Status) -> list[tuple[str, str]]:
    """Commands in files that the ledger did not accept."""
    count = len(found.refused_orders)
    if not count:
        return []
    return [
        (
            Text("Not taken"),
            Text(
                "{commands} of OneDesk could not be recorded; {queue}",
                commands=_number(count, Text("1 command"), Text("{n} commands", n=count)),
                queue=_QUEUE,
            ),
        )
    ]


def _filed(found: Status) -> list[tuple[str, str]]:
    """Commands that wait in files."""
    count = len(found.filed_orders)
    if not count:
        return []
    return [
        (
            Text("In files"),
            Text(
                "{commands} of OneDesk, recorded automatically when the ledger can be used; {queue}",
                commands=_number(count, Text("1 command"), Text("{n} commands", n=count)),
                queue=_QUEUE,
            ),
        )
    ]


def _not_recorded(found: Status) -> list[tuple[str, str]]:
    """Payments that the host did not accept."""
    if not found.untold_payments:
        return []
    return [
        (
            Text("Not recorded"),
            Text(
                "{payments} in OneDesk yet; {queue}",
                payments=_paid(len(found.untold_payments)),
                queue=_QUEUE,
            ),
        )
    ]


def _webhooks(found: Status) -> list[tuple[str, str]]:
    """Receivers of webhooks that do not accept them."""
    return [
        (
            Text("Webhooks"),
            Text(
                "{host} {state}, {n} wait: {problem}; {webhooks}",
                host=each["host"],
                state=Text(each["state"]),
                n=each["waiting"],
                problem=each["problem"],
                webhooks=_WEBHOOKS,
            ),
        )
        for each in found.webhooks
    ]


def _left_behind(found: Status, now: datetime) -> list[tuple[str, str]]:
    """Companies that were connected before."""
    return [(Text("Left behind"), _what_is_left(each, now)) for each in found.left_behind]


def _what_is_left(of: dict[str, Any], now: datetime) -> str:
    queue = joined(", ", in_queue(of["waiting"], of["held"], of["failed"], of["scheduled"]))
    looked = of["last_payment_look_at"]
    named = {"company": of["company"], "realm_id": of["realm_id"]}
    parts = [
        Text("{company}, {realm_id}, until {when}", when=_when(of["disconnected_at"], now), **named),
        Text("{invoices} copied", invoices=_invoices(of["invoices"])),
        Text("queue: {queue}", queue=queue) if queue else "",
        Text("payments looked for until {looked} UTC", looked=f"{looked:%Y-%m-%d %H:%M}") if looked else "",
        Text("{payments} not recorded in OneDesk", payments=_paid(of["untold_payments"]))
        if of["untold_payments"]
        else "",
        Text("its tokens could not be revoked: disconnect the app in its QuickBooks") if of["access"] else "",
    ]
    return joined("; ", filter(None, parts))


def _today(found: Status) -> str:
    calls = {"read": 0, "write": 0, **found.calls}
    counts = joined(", ", (Text("{kind} {n}", kind=_KINDS.get(kind, kind), n=count) for kind, count in calls.items()))
    return Text("{calls} (Intuit meters reads)", calls=counts)


def _number(count: int, one: Text, many: Text) -> Text:
    return one if count == 1 else many


def _invoices(count: int) -> Text:
    return _number(count, Text("1 invoice"), Text("{n} invoices", n=count))


def _paid(count: int) -> Text:
    return _number(count, Text("1 payment"), Text("{n} payments", n=count))


def _when(instant: datetime | None, now: datetime) -> str:
    """The time as in "2026-11-24 18:40 UTC (3 minutes ago)"."""
    if instant is None:
        return Text("never")
    return Text("{when} UTC ({ago})", when=f"{instant:%Y-%m-%d %H:%M}", ago=_ago(now - instant))


def _ago(gone: timedelta) -> str:
    seconds = abs(gone.total_seconds())
    size, one, many = next(each for each in _UNITS if seconds >= each[0] or each[0] == 1)
    n = int(seconds // size)
    text = Text(one if n == 1 or (n == 0 and current() != ENGLISH) else many, n=n)
    return Text("{time} ago", time=text) if gone >= timedelta(0) else Text("in {time}", time=text)


_UNITS: tuple[tuple[int, str, str], ...] = (
    (86400, Text("{n} day"), Text("{n} days")),
    (3600, Text("{n} hour"), Text("{n} hours")),
    (60, Text("{n} minute"), Text("{n} minutes")),
    (1, Text("{n} second"), Text("{n} seconds")),
)
