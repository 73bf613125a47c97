"""What an administrator has to be told of now: decided from a status alone, so that the same status says the same."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

from onedesk_quickbooks.plugin.model.host import Alert
from onedesk_quickbooks.plugin.ops.preconditions import LITTLE_ROOM
from onedesk_quickbooks.plugin.ops.status import FAILS_AT, REPEATED, Status, remedy, with_article

TOKEN_DAYS = (2, 7, 14)
"""So many days before the connection ends it is told, the nearest first."""

UNTOLD = timedelta(minutes=10)
"""How long a host may take no payment, or say that it cannot now, before somebody is told: its database may be away
for a while."""

_QUEUE = "See: onedesk-quickbooks queue"


def standing(
    status: Status, now: datetime, *, silent_after: timedelta, polls: bool, running_since: datetime
) -> list[Alert]:
    """The alerts that stand at `now`; none without a connected company.

    `silent_after` zero: silence is no alert. `polls`: payments are asked for regularly, so that something should
    succeed even while nothing waits. `running_since`: nothing could succeed before.
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
        *_untold(status, now),
        *_webhooks(status),
        *_silent(status, now, silent_after, polls, running_since),
        *_token(status, now),
    ]


def _stopped(status: Status, now: datetime) -> Iterator[Alert]:
    if status.stopped_reason:
        title = "QuickBooks: nothing is copied any more until you act"
        text = f"{status.stopped_reason} {_waits(status)}"
        yield Alert("stopped", "stopped", title, text, status.last_success_at or now)


def _errors(status: Status, now: datetime) -> Iterator[Alert]:
    """What the plugin fails at again and again; it goes on trying. A host may be away for a while."""
    for each in status.errors:
        if each["count"] >= REPEATED and (each["what"] != "host" or now - each["since"] >= UNTOLD):
            title = f"QuickBooks: {FAILS_AT[each['what']]} fails again and again"
            text = (
                f"{each['count']} times since {_when(each['since'])}: {each['error']}. It is tried again by itself."
                f" {remedy(each['what'])} {_waits(status)}"
            )
            yield Alert("error", f"error-{each['what']}", title, text, each["since"])


def _disk(status: Status, now: datetime) -> Iterator[Alert]:
    free = status.disk_free
    if free is not None and free < LITTLE_ROOM and not status.stopped_reason:
        told = f"{free // 1_000_000} MB are free where the data directory is."
        text = f"{told} On a full disk nothing can be recorded, and so nothing is sent: make room."
        yield Alert("disk", "disk", "QuickBooks: the disk is nearly full", text, now)


def _held(status: Status, now: datetime) -> Iterator[Alert]:
    if status.held or status.failed:
        told = [f"{count} {word}" for count, word in ((status.held, "held"), (status.failed, "failed")) if count]
        title = f"QuickBooks: {' and '.join(told)}, waiting for a person"
        text = f"Each entry says why and what to do. {_QUEUE}, then: queue retry, queue settle, or queue drop --reason."
        yield Alert("held", "held", title, text, now)


def _runs(status: Status) -> Iterator[Alert]:
    """What a stopped command has left is done by nobody until a person says so."""
    for each in status.stopped_runs:
        run, count = each["run"], each["waiting"]
        invoices = f"{count} {'invoice' if count == 1 else 'invoices'}"
        title = f"QuickBooks: {with_article(each['action'])} was stopped and has left {invoices}"
        text = (
            f"Nobody goes on with them. To go on: onedesk-quickbooks queue resume {run}. To take them out:"
            f" onedesk-quickbooks queue drop --run {run} --reason TEXT."
        )
        yield Alert("run", f"run-{run}", title, text, datetime.fromisoformat(each["since"]))


def _paid(status: Status, now: datetime) -> Iterator[Alert]:
    for each in status.paid_but_withdrawn:
        happened = "was paid for" if each["money"] else "in payments and credits settles"
        what = f"{each['amount']} {each['currency']} {happened} invoice {each['number']}"
        title = f"QuickBooks: {what}, which was {each['was']} in OneDesk"
        text = f"Decide what becomes of the payment. See: onedesk-quickbooks queue show {each['entry']}"
        yield Alert("paid", f"paid-{each['entry']}", title, text, now)


def _untold(status: Status, now: datetime) -> Iterator[Alert]:
    """The host has been told of it again and again, and does not take it."""
    late = [each for each in status.untold_payments if now - datetime.fromisoformat(each["since"]) >= UNTOLD]
    if late:
        amounts = ", ".join(f"{each['amount']} {each['currency']} of invoice {each['number']}" for each in late[:3])
        more = f" and {len(late) - 3} more" if len(late) > 3 else ""
        title = f"QuickBooks: {len(late)} {'payment is' if len(late) == 1 else 'payments are'} not recorded in OneDesk"
        text = (
            f"OneDesk, or another plugin of it, did not take them: {amounts}{more}. They are reported again with each"
            " look for payments; the log says why they are not taken. See: onedesk-quickbooks queue"
        )
        yield Alert("untold", "untold", title, text, min(datetime.fromisoformat(each["since"]) for each in late))


def _webhooks(status: Status) -> Iterator[Alert]:
    """A receiver of payments that is left alone."""
    for each in status.webhooks:
        if each["state"] == "stopped":
            title = f"QuickBooks: {each['host']} takes no payments; {each['waiting']} wait"
            text = (
                f"Tried {each['failures']} times, the last time {each['problem']}. Mend the receiver, then run:"
                " onedesk-quickbooks webhooks resume URL. Nothing is lost: GET /api/payments has them too."
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
        title = f"QuickBooks: nothing has succeeded for {hours} hours"
        why = f" {status.paused_because}" if status.paused_because else ""
        text = f"Last success: {_when(status.last_success_at)}.{why} {_waits(status)} Run: onedesk-quickbooks doctor"
        yield Alert("silent", "silent", title, text, since)
    elif polls and now - looked >= after:
        hours = int((now - looked).total_seconds() // 3600)
        title = f"QuickBooks: payments have not been looked for, for {hours} hours"
        last = f"Last look for payments: {_when(status.last_payment_look_at)}."
        text = f"{last} What was paid in QuickBooks since is not known here. Run: onedesk-quickbooks payments"
        yield Alert("payments", "payments", title, text, looked)


def _latest(now: datetime, *instants: datetime | None) -> datetime:
    """The last of them; one that is later than now was written down while the clock was wrong."""
    return max((each for each in instants if each is not None and each <= now), default=now)


def _token(status: Status, now: datetime) -> Iterator[Alert]:
    ends = status.refresh_token_expires_at
    if ends is None or status.stopped_reason:
        return
    days = next((each for each in TOKEN_DAYS if ends - now <= timedelta(days=each)), None)
    if days is None:
        return
    left = max(0, math.ceil((ends - now) / timedelta(days=1)))
    title = f"QuickBooks: the connection ends in {left} {'day' if left == 1 else 'days'}"
    if ends <= now:
        title = "QuickBooks: the connection has ended"
    text = f"It ends on {_when(ends)}. Connect again under Administration > Financials; what waits, waits until then."
    yield Alert("token", f"token-{days}", title, text, now)


def _waits(status: Status) -> str:
    waiting = status.waiting
    return f"{waiting} {'invoice waits' if waiting == 1 else 'invoices wait'}; nothing is lost."


def _when(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC" if instant else "never"
