"""The status of an installation at a glance."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from onedesk_quickbooks.plugin.ledger import Connected, KeyProblem, OutgoingWebhook, PaymentLook, StoppedRun
from onedesk_quickbooks.plugin.model.connection import Tokens
from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text
from onedesk_quickbooks.plugin.ops.preconditions import free_room, standstill
from onedesk_quickbooks.plugin.sync.installation import Installation
from onedesk_quickbooks.plugin.sync.running import is_running
from onedesk_quickbooks.plugin.texts import Text

SPOOL, REFUSED = "spool", ".failed"
"""The folder of the data directory for commands that come while the database is unreachable, and the suffix of one that
the ledger has refused since."""


@dataclass(frozen=True, slots=True)
class Status:
    """The status of one installation. Instants are aware; `calls` counts today's requests by kind (read, write, oauth).
    `rules_hash` and `rules_since` are of the rules in force; a running service looks for changed ones before its next
    invoice, and twice a minute. `running` says whether a process works in the background, or works now (None: workers,
    which may run anywhere); `disk_free` is in bytes. `last_payment_look_at` is the last successful look for payments,
    `payments_by_queries_since` since when queries replace change data capture, `payments_overdue_since` since when a
    look is due that nothing makes (`overdue_since`). `paid_but_withdrawn` has the payments in
    QuickBooks for invoices that are void in the host, or deleted: {entry number was amount currency}, amounts as
    decimal strings; `untold_payments` what the host, or another plugin of it, did not accept: {payment_id invoice_id
    number amount currency what since}, `what` recorded, reversed or noted. `webhooks` has the receivers of payments
    that do not take them: {id host state waiting failures problem since}, `state` retrying or stopped, `since` None
    while it is tried again. `stopped_runs` is what stopped commands have left for a person, which `waiting` does not
    count: {run action waiting since unanswered}, `unanswered` of them with a request that QuickBooks has not answered.
    `refused_orders` are commands that waited in files for the ledger and that it refused: {file action id number
    since}, "" where unknown; `filed_orders` those that still wait there, and are recorded automatically. `errors` are
    the repeated failures for this company: {what count since last_at error}, `what` queue, payments, settings or host,
    `error` the class and place of the last one. `left_behind` has the formerly connected companies that have something
    left, the last one first: see `ledger.LeftBehind`. What is `skipped` by rule needs no action."""

    connected: bool
    environment: str
    rules: str
    rules_complaint: str = ""
    rules_hash: str = ""
    rules_since: datetime | None = None
    company: str = ""
    realm_id: str = ""
    country: str = ""
    home_currency: str = ""
    since: datetime | None = None
    by: str = ""
    default_income_account: str = ""
    default_tax_code: str = ""
    stopped_reason: str = ""
    running: bool | None = None
    disk_free: int | None = None
    paused_until: datetime | None = None
    paused_because: str = ""
    last_success_at: datetime | None = None
    last_payment_look_at: datetime | None = None
    payments_by_queries_since: datetime | None = None
    payments_overdue_since: datetime | None = None
    waiting: int = 0
    held: int = 0
    failed: int = 0
    skipped: int = 0
    paid_but_withdrawn: tuple[dict[str, Any], ...] = ()
    untold_payments: tuple[dict[str, Any], ...] = ()
    webhooks: tuple[dict[str, Any], ...] = ()
    stopped_runs: tuple[dict[str, Any], ...] = ()
    refused_orders: tuple[dict[str, Any], ...] = ()
    filed_orders: tuple[dict[str, Any], ...] = ()
    errors: tuple[dict[str, Any], ...] = ()
    oldest_waiting_at: datetime | None = None
    oldest_waiting_reason: str = ""
    next_poll_at: datetime | None = None
    refresh_token_expires_at: datetime | None = None
    calls: dict[str, int] = field(default_factory=dict)
    left_behind: tuple[dict[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The form of `status --json`; instants as ISO 8601, None if there is none."""
        return {name: _plain(getattr(self, name)) for name in self.__slots__}


def left(status: Mapping[str, Any]) -> int:
    """The number of entries that stopped commands have left for a person, from a status as `to_json` gives it."""
    return sum(each["waiting"] for each in status.get("stopped_runs") or ())


REPEATED = 3
"""The number of errors in a row from which on they count as repeated."""
FAILS_AT: Mapping[str, str] = {
    "queue": Text("the queue"),
    "payments": Text("the look for payments"),
    "settings": Text("the look at QuickBooks' settings"),
    "host": Text("the host"),
}
"""What fails, in words. For the host it is a raised `NotNow`."""


def remedy(what: str) -> str:
    """What to do about a repeated failure."""
    if what == "host":
        return Text("The log has the cause: check the database and the disk of the host.")
    return Text("The log has the whole error: send it to the maintainers of the plugin.")


def repeated(status: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The repeated errors of the plugin that need a person, from a status as `to_json` gives it."""
    return [each for each in status.get("errors") or () if each["count"] >= REPEATED and each["what"] != "host"]


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [{name: _plain(part) for name, part in each.items()} for each in value]
    return value.isoformat() if isinstance(value, datetime) else value


def read_status(services: Installation, connected: Connected | None) -> Status:
    """From the ledger, the rules and the disk; independent of this process."""
    with services.ledger.reading():
        found, rules = read_for_alerts(services, connected), services.rules
        calls = {}
        if connected is not None:
            calls = services.ledger.call_counts.since(connected.realm_id, services.now().date().isoformat())
        return dataclasses.replace(
            found,
            rules_complaint=rules.complaint,
            rules_hash=rules.hash,
            rules_since=rules.since,
            refused_orders=tuple(refused_commands(services.directory)),
            filed_orders=tuple(filed_commands(services.directory)),
            left_behind=tuple(each._asdict() for each in services.ledger.former_companies.all()),
            calls=calls,
        )


def read_for_alerts(services: Installation, connected: Connected | None) -> Status:
    """The same without what no alert is about: the rules, commands in files, former companies, and requests. Workers
    read it for every tenant, once a minute."""
    with services.ledger.reading():
        return _read(services, connected)


def _read(services: Installation, connected: Connected | None) -> Status:
    settings = services.settings
    plain = Status(False, settings.environment, str(services.rules.path))
    if connected is None:
        return plain
    realm_id, company, queue = connected.realm_id, connected.company, services.ledger.queue_lists
    counts = queue.counts(realm_id)
    oldest, stopped = None, list[StoppedRun]()
    if counts.get("todo"):
        stopped = services.ledger.stopped_runs.each(realm_id)
        oldest = queue.oldest_waiting(realm_id, [each.run for each in stopped])
    look = services.ledger.payment_looks.get(realm_id)
    account, code = connected.default_income_account, connected.default_tax_code
    webhooks = services.ledger.outgoing_webhooks.all()
    stored = {connected.stopped_reason, connected.paused_because, oldest.reason if oldest else ""}
    said = services.ledger.sentences.recalled(stored | {each.problem for each in webhooks})
    room, tokens = free_room(services.directory), _tokens(services, realm_id)
    stopped_reason = said[connected.stopped_reason] or standstill(services.directory, room, tokens)
    running = is_running(services, realm_id)
    overdue, now = None, services.now()
    paused_until = connected.waits_until(now)
    if not (stopped_reason or running):
        overdue = overdue_since(look, paused_until, settings.poll_every, now)
    return dataclasses.replace(
        plain,
        connected=True,
        company=company.name,
        realm_id=realm_id,
        country=company.country,
        home_currency=company.home_currency,
        since=connected.connected_at,
        by=connected.connected_by,
        default_income_account=account.name if account else "",
        default_tax_code=code.name if code else "",
        stopped_reason=stopped_reason,
        running=running,
        disk_free=room,
        paused_until=paused_until,
        paused_because=said[connected.paused_because],
        last_success_at=connected.last_success_at,
        last_payment_look_at=look.looked_at,
        payments_by_queries_since=look.queries_since,
        payments_overdue_since=overdue,
        waiting=counts.get("todo", 0) - sum(each.waiting for each in stopped),
        held=counts.get("held", 0),
        failed=counts.get("failed", 0),
        skipped=counts.get("skipped", 0),
        paid_but_withdrawn=tuple(_paid(services, realm_id)) if counts.get("held") else (),
        untold_payments=tuple(untold_payments(services, realm_id)),
        webhooks=tuple(_webhooks(services, webhooks, said)),
        errors=tuple(map(dataclasses.asdict, services.ledger.queue_errors.all(realm_id))),
        stopped_runs=tuple({**each._asdict(), "since": each.since.isoformat()} for each in stopped),
        oldest_waiting_at=oldest.created_at if oldest else None,
        oldest_waiting_reason=said[oldest.reason] if oldest else "",
        next_poll_at=next_poll(look.next_at, paused_until, settings.poll_every, now),
        refresh_token_expires_at=tokens.refresh_expires_at if isinstance(tokens, Tokens) else None,
    )


def paused(until: datetime, because: str) -> Text:
    """Until when the company queue waits, and why."""
    return Text("paused until {when} UTC: {why}", when=f"{until:%Y-%m-%d %H:%M:%S}", why=because)


def next_poll(
    planned: datetime | None, paused_until: datetime | None, every: timedelta, now: datetime
) -> datetime | None:
    """When payments are next looked for: while QuickBooks requires a wait, not before its end. What is planned for a
    later time than the interval allows was planned with a wrong clock, and is due now."""
    if planned is not None and every and planned > now + every:
        planned = now
    if planned is None or paused_until is None or paused_until <= now:
        return planned
    return max(planned, paused_until)


LOOK_AT_LEAST = timedelta(days=1)
"""How often payments are looked for at least, also where only commands do so."""
_OVERDUE, _OVERDUE_AT_LEAST = 3, timedelta(minutes=5)
"""A look is overdue after so many intervals, and not before so long: a service may be restarting."""


def overdue_since(look: PaymentLook, paused_until: datetime | None, every: timedelta, now: datetime) -> datetime | None:
    """Since when a look for payments is due, where that is longer than three intervals; None where it is not, or where
    none is expected: `every` is zero, or there has been no look. Only a process that works in the background records
    when the next look is due. Where none has done so, commands look for payments, and the interval is a day. Times that
    a wrong clock has recorded do not count."""
    interval = every if look.next_at else LOOK_AT_LEAST
    expected = look.looked_at + interval if look.looked_at and look.looked_at <= now else None
    planned = look.next_at if look.next_at and look.next_at <= now + every else None
    if not every or (planned is None and expected is None):
        return None
    every, due = interval, max(each for each in (planned, expected, paused_until) if each is not None)
    return due if now - due >= max(_OVERDUE * every, _OVERDUE_AT_LEAST) else None


def _paid(services: Installation, realm_id: str) -> Iterator[dict[str, Any]]:
    for work in services.ledger.conflicts.withdrawn(realm_id):
        found = work.conflict
        if found.paid:
            paid = Money(decimal_from_text(found.paid), found.currency)
            number = work.od_number or work.od_invoice_id
            facts = {"entry": work.id, "number": number, "was": work.action}
            yield {**facts, "amount": paid.digits, "currency": paid.currency, "money": found.only_money}


def untold_payments(services: Installation, realm_id: str) -> Iterator[dict[str, Any]]:
    """See `Status.untold_payments`; the oldest first."""
    rows = services.ledger.payments.unnotified(realm_id)
    links = services.ledger.links.invoices(realm_id, [row.od_invoice_id for row, _ in rows]) if rows else {}
    for row, since in rows:
        link = links.get(row.od_invoice_id)
        yield {
            "payment_id": row.id,
            "invoice_id": row.od_invoice_id,
            "number": link.od_number if link else "",
            "amount": row.payment["amount"],
            "currency": row.payment["currency"],
            "what": {"to_record": "recorded", "to_note": "noted"}.get(row.state, "reversed"),
            "since": since.isoformat(),
        }


UNTOLD = timedelta(minutes=10)
"""How long a host may accept no payment, or raise `NotNow`, before a person is notified: its database may be
unreachable for some time."""


def unaccepted(status: Status, now: datetime) -> list[dict[str, Any]]:
    """The payments that the host has not accepted for so long."""
    some = status.untold_payments
    return [each for each in some if abs(now - datetime.fromisoformat(each["since"])) >= UNTOLD]


_ACTIONS: Mapping[str, str] = {"copy": Text("a copy"), "send": Text("a send"), "undo": Text("an undo")}


def with_article(action: str) -> str:
    """ "a copy", "an undo"."""
    known = _ACTIONS.get(action)
    return known or f"{'an' if action[:1] in 'aeiou' else 'a'} {action}"


def refused_commands(directory: Path) -> Iterator[dict[str, Any]]:
    """See `Status.refused_orders`; the oldest first."""
    return _in_files(directory, REFUSED)


def filed_commands(directory: Path) -> Iterator[dict[str, Any]]:
    """See `Status.filed_orders`; the oldest first."""
    return _in_files(directory, ".json")


def _in_files(directory: Path, suffix: str) -> Iterator[dict[str, Any]]:
    for path in sorted((directory / SPOOL).glob(f"*{suffix}")):
        try:
            since = datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
            command = json.loads(path.read_text(encoding="utf-8"))
            action, invoice = str(command["action"]), command["invoice"]
            names = {name: str(invoice.get(name) or "") for name in ("id", "number")}
        except FileNotFoundError:
            continue
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            action, names = "", {"id": "", "number": ""}
        yield {"file": str(path), "action": action, "since": since.isoformat(), **names}


def _webhooks(
    services: Installation, webhooks: Iterable[OutgoingWebhook], said: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """The receivers of webhooks that do not take them. An address may hold a secret: only its host is shown."""
    for each in webhooks:
        if each.state != "fine":
            yield {
                "id": each.id,
                "host": urlsplit(each.url).hostname or "",
                "state": each.state,
                "waiting": services.ledger.payment_events.count(each.delivered),
                "failures": each.failures,
                "problem": said[each.problem],
                "since": each.stopped_at.isoformat() if each.stopped_at else None,
            }


def _tokens(services: Installation, realm_id: str) -> Tokens | KeyProblem | None:
    """The tokens of a company; None where there are none, and the problem where the key is another one."""
    try:
        return services.ledger.companies.tokens(realm_id)
    except KeyProblem as problem:
        return problem
