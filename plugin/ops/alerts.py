"""The present alerts for an administrator: decided from a status alone, so that the same status gives the same
alerts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from onedesk_quickbooks.plugin.model.host import Alert
from onedesk_quickbooks.plugin.model.state import PAST
from onedesk_quickbooks.plugin.ops.preconditions import LITTLE_ROOM
from onedesk_quickbooks.plugin.ops.status import FAILS_AT, REPEATED, UNTOLD, Status, remedy, unaccepted, with_article
from onedesk_quickbooks.plugin.texts import Amount, Text, in_queue, joined, listed

TOKEN_DAYS = (2, 7, 14)
"""The days before the end of the connection at which alerts are sent, the nearest first."""


def firing(
    status: Status, now: datetime, *, silent_after: timedelta, polls: bool, running_since: datetime
) -> list[Alert]:
    """The alerts at `now`; none without a connected company.

    `silent_after` zero: silence is no alert. `polls`: payments are looked for regularly, so that there should be
    successes even while nothing waits. `running_since`: nothing could succeed before.
    """
    if not status.connected:
        return []
    return [
        *_stopped(status, now),
        *_errors(status, now),
        *_disk(status, now),
        *_held(status, now),
        *_runs(status),
        *_paid(status, now),
        *_not_recorded(status, now),
        *_webhooks(status),
        *_silent(status, now, silent_after, polls, running_since),
        *_token(status, now),
    ]


def _stopped(status: Status, now: datetime) -> Iterator[Alert]:
    if status.stopped_reason:
        title = Text("QuickBooks: the queue is stopped until you act")
        text = joined(" ", (status.stopped_reason, _waits(status)))
        yield Alert("stopped", "stopped", title, text, status.last_success_at or now)


def _errors(status: Status, now: datetime) -> Iterator[Alert]:
    """Repeated errors of the plugin, which continues to try. A host may be unreachable for some time."""
    for each in status.errors:
        if each["count"] >= REPEATED and (each["what"] != "host" or abs(now - each["since"]) >= UNTOLD):
            title = Text("QuickBooks: {what} keeps failing", what=FAILS_AT[each["what"]])
            values = {"n": each["count"], "since": _when(each["since"]), "error": each["error"]}
            happened = Text("{n} times since {since}: {error}. It is tried again automatically.", **values)
            text = joined(" ", (happened, remedy(each["what"]), _waits(status)))
            yield Alert("error", f"error-{each['what']}", title, text, each["since"])


def _disk(status: Status, now: datetime) -> Iterator[Alert]:
    free = status.disk_free
    if free is not None and free < LITTLE_ROOM and not status.stopped_reason:
        room = Text("{n} MB are free where the data directory is.", n=free // 1_000_000)
        full = Text("On a full disk nothing can be recorded, and so nothing is sent: make room.")
        yield Alert("disk", "disk", Text("QuickBooks: the disk is nearly full"), joined(" ", (room, full)), now)


def _held(status: Status, now: datetime) -> Iterator[Alert]:
    if status.held or status.failed:
        entries = listed(in_queue(held=status.held, failed=status.failed))
        title = Text("QuickBooks: {entries}, waiting for a person", entries=entries)
        text = Text(
            "Each entry says why and what to do: on the page Needs attention, or by onedesk-quickbooks queue, then"
            " queue retry ENTRY, queue settle ENTRY --keep onedesk|quickbooks, or queue drop ENTRY --reason TEXT."
        )
        yield Alert("held", "held", title, text, now)


def _runs(status: Status) -> Iterator[Alert]:
    """What a stopped command has left waits until a person decides."""
    for each in status.stopped_runs:
        run, count = each["run"], each["waiting"]
        invoices = Text("1 invoice") if count == 1 else Text("{n} invoices", n=count)
        values = {"action": with_article(each["action"]), "invoices": invoices}
        title = Text("QuickBooks: {action} was stopped and has left {invoices}", **values)
        text = Text(
            "They do not continue automatically. To continue: onedesk-quickbooks queue resume {run}. To take them "
            "out: onedesk-quickbooks queue drop --run {run} --reason TEXT.",
            run=run,
        )
        yield Alert("run", f"run-{run}", title, text, datetime.fromisoformat(each["since"]))


def _paid(status: Status, now: datetime) -> Iterator[Alert]:
    for each in status.paid_but_withdrawn:
        values = {"amount": Amount(f"{each['amount']} {each['currency']}"), "number": each["number"]}
        what = (
            Text("{amount} was paid for invoice {number}", **values)
            if each["money"]
            else Text("{amount} in payments and credits settles invoice {number}", **values)
        )
        was = PAST.get(each["was"], each["was"])
        title = Text("QuickBooks: {what}, which was {was} in OneDesk", what=what, was=was)
        text = Text(
            "Decide what becomes of the payment. See: onedesk-quickbooks queue show {entry}", entry=each["entry"]
        )
        yield Alert("paid", f"paid-{each['entry']}", title, text, now)


def _not_recorded(status: Status, now: datetime) -> Iterator[Alert]:
    """Payments that were reported to the host repeatedly, without being accepted."""
    late = unaccepted(status, now)
    if late:
        amounts: str = joined(", ", map(_payment, late[:3]))
        if len(late) > 3:
            amounts = Text("{some} and {n} more", some=amounts, n=len(late) - 3)
        title = (
            Text("QuickBooks: 1 payment is not recorded in OneDesk")
            if len(late) == 1
            else Text("QuickBooks: {n} payments are not recorded in OneDesk", n=len(late))
        )
        text = Text(
            "OneDesk, or another of its plugins, did not accept them: {amounts}. They are reported again with each "
            "look for payments; the log says why. See: onedesk-quickbooks queue",
            amounts=amounts,
        )
        yield Alert("untold", "untold", title, text, min(datetime.fromisoformat(each["since"]) for each in late))


def _payment(each: Mapping[str, Any]) -> Text:
    amount = Amount(f"{each['amount']} {each['currency']}")
    return Text("{amount} of invoice {number}", amount=amount, number=each["number"])


def _webhooks(status: Status) -> Iterator[Alert]:
    """Stopped receivers of payments."""
    for each in status.webhooks:
        if each["state"] == "stopped":
            values = {"host": each["host"], "n": each["waiting"]}
            title = Text("QuickBooks: {host} does not accept payments; {n} wait", **values)
            text = Text(
                "Tried {n} times, the last time {problem}. Fix the receiver, then run: onedesk-quickbooks webhooks "
                "resume URL. Nothing is lost: GET /api/payments has them too.",
                n=each["failures"],
                problem=each["problem"],
            )
            yield Alert("webhook", f"webhook-{each['id']}", title, text, datetime.fromisoformat(each["since"]))


def _silent(status: Status, now: datetime, after: timedelta, polls: bool, running_since: datetime) -> Iterator[Alert]:
    """Nothing succeeds; or copies do, but no look for payments."""
    if not after or status.stopped_reason:
        return
    since = _latest(now, status.since, status.last_success_at, running_since)
    looked = _latest(now, status.since, status.last_payment_look_at, running_since)
    if not polls:
        if status.oldest_waiting_at is None:
            return
        since = max(since, status.oldest_waiting_at)
    if now - since >= after:
        hours = int((now - since).total_seconds() // 3600)
        title = Text("QuickBooks: nothing has succeeded for {hours} hours", hours=hours)
        last = Text("Last success: {when}.", when=_when(status.last_success_at))
        why = [status.paused_because] if status.paused_because else []
        text = joined(" ", (last, *why, _waits(status), Text("Run: onedesk-quickbooks doctor")))
        yield Alert("silent", "silent", title, text, since)
    elif status.payments_overdue_since and now - running_since >= UNTOLD:
        title = Text("QuickBooks: no process looks for payments")
        was_due = Text("A look was due on {when}.", when=_when(status.payments_overdue_since))
        start = Text(
            "What was paid in QuickBooks since is not known here. Start onedesk-quickbooks worker; to look once, run: "
            "onedesk-quickbooks payments"
        )
        yield Alert("payments", "payments", title, joined(" ", (was_due, start)), status.payments_overdue_since)
    elif polls and now - looked >= after:
        hours = int((now - looked).total_seconds() // 3600)
        title = Text("QuickBooks: no look for payments for {hours} hours", hours=hours)
        last = Text("Last look for payments: {when}.", when=_when(status.last_payment_look_at))
        since_then = Text("What was paid in QuickBooks since is not known here. Run: onedesk-quickbooks payments")
        text = joined(" ", (last, since_then))
        yield Alert("payments", "payments", title, text, looked)


def _latest(now: datetime, *instants: datetime | None) -> datetime:
    """The last of them; one that is later than now was recorded with a wrong clock."""
    return max((each for each in instants if each is not None and each <= now), default=now)


def _token(status: Status, now: datetime) -> Iterator[Alert]:
    ends = status.refresh_token_expires_at
    if ends is None or status.stopped_reason:
        return
    days = next((each for each in TOKEN_DAYS if ends - now <= timedelta(days=each)), None)
    if days is None:
        return
    left = max(0, math.ceil((ends - now) / timedelta(days=1)))
    title = Text("QuickBooks: the connection ends in {n} days", n=left)
    if left == 1:
        title = Text("QuickBooks: the connection ends in 1 day")
    if ends <= now:
        title = Text("QuickBooks: the connection has ended")
    text = Text(
        "It ends on {when}. Connect again under Administration > Financials; the queue waits until then.",
        when=_when(ends),
    )
    yield Alert("token", f"token-{days}", title, text, now)


def _waits(status: Status) -> str:
    waiting = status.waiting
    if waiting == 1:
        return Text("1 invoice waits; nothing is lost.")
    return Text("{n} invoices wait; nothing is lost.", n=waiting)


def _when(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC" if instant else Text("never")
