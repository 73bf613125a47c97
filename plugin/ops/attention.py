"""What needs a person, grouped by cause: the rows of `queue` that require action, with counts and sums.

Nothing is decided here: the rows are those of `queue_list`, and the reason of a hold was decided when the invoice was
planned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from onedesk_quickbooks.plugin.ledger import Connected, Summary
from onedesk_quickbooks.plugin.model.host_payment import is_payment_key
from onedesk_quickbooks.plugin.model.kinds import INVOICE
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.ops.causes import CAUSES, EVENTS, NOTES, PLACES
from onedesk_quickbooks.plugin.ops.queue_list import not_recorded, refused, why_stopped
from onedesk_quickbooks.plugin.ops.status import refused_commands, untold_payments
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import ENGLISH, Text, current, say

LONG = timedelta(hours=1)
"""After this time a waiting entry needs a person to look at it."""
MOST = 10_000
"""How many entries are read at most, the oldest; a longer list says so."""
LISTED = ("held", "run", "paid", "untold")
"""The kinds of alerts about what this list has."""
SHOWN = 50
"""How many rows of each cause are shown."""
RETRY = "retry"
DROP = "drop"
RESUME = "resume"
RELEASE = "release"
CONFIRM = "confirm"
QUICKBOOKS_STAYS = "quickbooks"
ONEDESK_STAYS = "onedesk"
"""The actions for rows: try them again, remove them, continue what a stopped command left, release what a person holds,
mark it as done in QuickBooks, and choose the version to keep."""
IDLE = Text(
    "No worker has processed it: check that onedesk-quickbooks serve, or your host, is running, and read its log."
)
_LOST = frozenset({"deleted-in-quickbooks", "voided-by-rule", "voided-by-undo", "voided-in-quickbooks"})
_TWO_VERSIONS = frozenset(
    {
        "agreed-in-quickbooks",
        "changed-in-quickbooks",
        "kept-deposit",
        "kept-total",
        "kept-unsent",
        "tax-set-in-quickbooks",
    }
)
_ORDER = ("untold", "changed", "withdrawn", "held", "refused", "stopped", "waiting")


class Item(NamedTuple):
    """One row of `queue`. `entry` is None where the row is no entry of the queue, `od_id` and `od_number` are the
    invoice's, `run` is that of the stopped command; `total` (a decimal string) and `currency` are the invoice's, for a
    payment the paid amount, "" where unknown. Customer and QuickBooks' invoice (`qbo_kind` INVOICE or CREDIT_MEMO) are
    looked up for the first SHOWN of a cause, "" for none."""

    entry: int | None
    od_id: str
    od_number: str
    reason: str
    total: str
    currency: str
    since: datetime
    run: str = ""
    customer: str = ""
    customer_id: str = ""
    qbo_id: str = ""
    qbo_kind: str = INVOICE

    @property
    def number(self) -> str:
        """The name of the invoice for people."""
        return self.od_number or self.od_id or "?"

    @property
    def amount(self) -> Money | None:
        """None where it is unknown."""
        return money_of(self.total, self.currency)


@dataclass(frozen=True, slots=True)
class Cause:
    """Rows with the same cause. `kind` is one of untold, changed, withdrawn, held, refused, stopped and waiting,
    `place` is a place to link to (`causes.PLACES`) or "", `why` is the sentence that all rows share, "" where each has
    its own: it has the next step. `offers` are the possible actions."""

    key: str
    kind: str
    title: str
    place: str
    why: str
    items: tuple[Item, ...]
    offers: tuple[str, ...]

    @property
    def sums(self) -> tuple[Money, ...]:
        """The sums of all rows, by currency."""
        found: dict[str, Decimal] = {}
        for (total, currency), times in Counter((each.total, each.currency) for each in self.items).items():
            if amount := money_of(total, currency):
                found[amount.currency] = found.get(amount.currency, Decimal(0)) + amount.amount * times
        return tuple(Money(amount, currency) for currency, amount in sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Attention:
    """All that needs a person; `more` is the number of entries that were not read, because there are too many."""

    causes: tuple[Cause, ...]
    more: int = 0

    @property
    def count(self) -> int:
        """The number of rows."""
        return sum(len(each.items) for each in self.causes) + self.more

    def cause(self, key: str) -> Cause | None:
        """The cause with this key."""
        return next((each for each in self.causes if each.key == key), None)


def count_attention(services: Services, connected: Connected | None) -> int:
    """The number of rows that `read_attention` has, without reading them; of entries that wait long it counts at most a
    thousand."""
    refusals = sum(1 for _ in refused_commands(services.directory))
    if connected is None:
        return refusals
    realm_id, ledger = connected.realm_id, services.ledger
    with ledger.reading():
        counts = ledger.queue_lists.counts(realm_id)
        stopped = sum(each.waiting for each in ledger.stopped_runs.each(realm_id)) if counts.get("todo") else 0
        long = ledger.queue_lists.count_waiting(realm_id, services.now() - LONG, 1000) if counts.get("todo") else 0
        paid = len(ledger.payments.unnotified(realm_id))
    return refusals + counts.get("held", 0) + counts.get("failed", 0) + paid + max(stopped, long)


def read_attention(services: Services, connected: Connected | None) -> Attention:
    """From the ledger and the data directory; sends no request to QuickBooks."""
    commands = [_Row("refused", "refused", _item(refused(each))) for each in refused_commands(services.directory)]
    if connected is None:
        return Attention(tuple(_causes(_grouped(commands), "", {})))
    ledger, stopped = services.ledger, connected.stopped_reason
    with ledger.reading():
        rows, more = _of_queue(services, connected)
        paid = [_paid(each) for each in untold_payments(services, connected.realm_id)]
        groups = _grouped([*paid, *rows, *commands])
        shown = [each.item for together in groups.values() for each in together[:SHOWN]]
        sentences = ledger.sentences.recalled([stopped, *(each.reason for each in shown)])
        found = tuple(_causes(groups, sentences[stopped], sentences))
        return Attention(tuple(_completed(services, connected.realm_id, found)), more)


class _Row(NamedTuple):
    """A row with its cause's key: a code, or what happened."""

    kind: str
    code: str
    item: Item
    lost: bool = False


def _of_queue(services: Services, connected: Connected) -> tuple[list[_Row], int]:
    lists, realm_id = services.ledger.queue_lists, connected.realm_id
    stopped = {each.run for each in services.ledger.stopped_runs.each(realm_id)}
    unanswered = {each.od_invoice_id for each in services.ledger.outbox.unknown(realm_id)} if stopped else set()
    counts = lists.counts(realm_id)
    left = lists.summaries(realm_id, ("held", "failed"), MOST)
    late = services.now() - LONG
    waiting = lists.summaries(realm_id, ("todo",), MOST, None if stopped else late)
    rows = [_left(each) for each in left]
    rows += [_waiting(each, stopped, unanswered) for each in waiting if each.run in stopped or each.created_at < late]
    return rows, max(0, counts.get("held", 0) + counts.get("failed", 0) - len(left))


def _summed(entry: Summary, reason: str) -> Item:
    known = (entry.id, entry.od_invoice_id, entry.od_number, reason, entry.total, entry.currency)
    return Item(*known, entry.created_at, entry.run)


def _waiting(entry: Summary, stopped: Collection[str], unanswered: Collection[str]) -> _Row:
    if entry.run not in stopped:
        return _Row("waiting", "waiting", _summed(entry, entry.reason))
    reason = why_stopped(entry.run, entry.od_invoice_id in unanswered)
    return _Row("stopped", f"stopped:{entry.run}", _summed(entry, reason))


def _left(entry: Summary) -> _Row:
    item = _summed(entry, entry.reason)
    code = next((each for each in entry.codes.split() if each not in NOTES), "")
    if entry.action in ("voided", "deleted"):
        if code == "held-by-person":
            return _Row("held", code, item)
        tried = entry.state == "failed" or code not in ("", "withdrawn")
        return _Row("withdrawn", f"{entry.action}:{code}" if tried else entry.action, item)
    if entry.action == "customer":
        return _Row("withdrawn", "customer", item)
    if entry.action == "bounced":
        return _Row("held", entry.action, item)
    if entry.action == "changed":
        lost = entry.what in ("voided", "deleted")
        return _Row("changed", f"{entry.what}-in-quickbooks" if lost else "changed", item, lost)
    if code in _LOST:
        return _Row("changed", code, item, True)
    return _Row("held", code or f"{entry.state}:{_without(item, entry.reason)}", item)


def _without(item: Item, reason: str) -> str:
    """A reason without what applies to this invoice only, so that equal reasons are grouped."""
    return reason.replace(item.od_number, "…") if item.od_number else reason


def _completed(services: Services, realm_id: str, causes: Sequence[Cause]) -> Iterator[Cause]:
    """With customers and QuickBooks' ids of the rows that are shown."""
    shown = [each for cause in causes for each in cause.items[:SHOWN]]
    entries = services.ledger.queue_lists.several(realm_id, [each.entry for each in shown if each.entry is not None])
    invoices = {each.id: each.invoice for each in entries}
    links = services.ledger.links.invoices(realm_id, list({each.od_id for each in shown}))
    for cause in causes:
        first = []
        for each in cause.items[:SHOWN]:
            customer = invoices.get(each.entry or 0, {}).get("customer") or {}
            named = each._replace(customer=str(customer.get("name") or ""), customer_id=str(customer.get("id") or ""))
            link = links.get(each.od_id)
            first.append(named._replace(qbo_id=link.qbo_id, qbo_kind=link.kind) if link else named)
        yield replace(cause, items=(*first, *cause.items[SHOWN:]))


def money_of(amount: Any, currency: Any) -> Money | None:
    """An amount of a host's invoice; None for none, or one that cannot be read."""
    try:
        return Money(Decimal(str(amount)), str(currency)) if amount is not None and currency else None
    except (InvalidOperation, ValueError):  # a host's invoice that cannot be read
        return None


def _paid(payment: Mapping[str, Any]) -> _Row:
    item = _item(not_recorded(payment))
    return _Row("untold", "untold", item._replace(total=str(payment["amount"]), currency=str(payment["currency"])))


def _item(row: Mapping[str, Any]) -> Item:
    """A row of the list that is no entry of the queue."""
    since = datetime.fromisoformat(row["since"])
    return Item(None, str(row["id"] or ""), str(row["number"] or ""), row["reason"], "", "", since)


def _grouped(rows: Iterable[_Row]) -> dict[str, list[_Row]]:
    """By kind and cause, payments apart from invoices: the largest groups first."""
    found: dict[str, list[_Row]] = {}
    for each in rows:
        of = "/payment" if is_payment_key(each.item.od_id) else ""
        found.setdefault(f"{each.kind}/{each.code}{of}", []).append(each)
    return dict(sorted(found.items(), key=lambda pair: (_ORDER.index(pair[1][0].kind), -len(pair[1]), pair[0])))


def _causes(groups: Mapping[str, list[_Row]], stopped_reason: str, sentences: Mapping[str, str]) -> Iterator[Cause]:
    """`sentences` has the sentences of the first SHOWN of each group with their parts."""
    for key, together in groups.items():
        first = together[0]
        items = [each.item for each in together]
        items[:SHOWN] = [each._replace(reason=sentences.get(each.reason, each.reason)) for each in items[:SHOWN]]
        reasons = {str(each.reason) for each in items}
        why = items[0].reason if len(reasons) == 1 else ""
        if first.kind == "waiting" and (stopped_reason or reasons <= {""}):
            why = stopped_reason or IDLE
        title, place = _named(first, items[0])
        yield Cause(key, first.kind, title, place, why, tuple(items), _offers(first))


def _named(row: _Row, first: Item) -> tuple[str, str]:
    """The title, and the place to link to."""
    code, _, rest = row.code.partition(":")
    if row.kind == "held" and code in ("held", "failed"):
        return _short(rest if current() == ENGLISH else _without(first, say(first.reason))), ""
    if row.kind == "withdrawn":
        return CAUSES.get(rest) or EVENTS[code], ""
    if row.kind != "held" and code in EVENTS:
        return EVENTS[code], ""
    return CAUSES.get(code) or _short(say(first.reason)), PLACES.get(code, "")


def _short(reason: str, most: int = 110) -> str:
    """The first sentence of a reason, for a heading."""
    first = reason.partition(". ")[0].rstrip(".")
    return first if len(first) <= most else f"{first[:most].rstrip()}…"


def _offers(row: _Row) -> tuple[str, ...]:
    if row.kind == "changed":
        return (QUICKBOOKS_STAYS,) if row.lost else (QUICKBOOKS_STAYS, ONEDESK_STAYS)
    if row.code == "held-by-person":
        return (RELEASE, DROP)
    if row.kind == "held":
        return (QUICKBOOKS_STAYS, ONEDESK_STAYS, RETRY, DROP) if row.code in _TWO_VERSIONS else (RETRY, DROP)
    if row.kind == "withdrawn":
        return (RETRY, CONFIRM) if ":" in row.code else (CONFIRM,)
    return {"stopped": (RESUME, DROP), "waiting": (DROP,)}.get(row.kind, ())
