"""What needs a person, grouped by cause: the rows of `queue` that somebody has to act on, with counts and sums.

It decides nothing: the rows are those of `queue_list`, and what holds an invoice was decided when it was planned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from onedesk_quickbooks.plugin.ledger import Connected, Outline
from onedesk_quickbooks.plugin.model.invoice import INVOICE
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.ops.causes import CAUSES, EVENTS, LOG, NOTES, QUICKBOOKS
from onedesk_quickbooks.plugin.ops.queue_list import listed, refused, untold
from onedesk_quickbooks.plugin.ops.status import refused_orders, untold_payments
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import ENGLISH, Text, current, say

LONG = timedelta(hours=1)
"""What waits for longer needs somebody to look why."""
MOST = 10_000
"""So many entries are read at most, the oldest; a list that is longer says so."""
RETRY = "retry"
DROP = "drop"
RESUME = "resume"
RELEASE = "release"
CONFIRM = "confirm"
QUICKBOOKS_STAYS = "quickbooks"
ONEDESK_STAYS = "onedesk"
"""What can be done with rows: try them again, take them out, go on with what a stopped command left, release what
somebody holds, say that it is done in QuickBooks, and whose version stays."""
IDLE = Text("Nothing has worked it off: see that onedesk-quickbooks serve, or your host, runs, and what its log says.")
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


@dataclass(frozen=True, slots=True)
class Item:
    """One row: as `queue --json` has it, with what it is about. `amount` is the invoice's total, of a payment the
    amount paid; None where it is not known. `qbo_id` is the invoice in QuickBooks, "" for none or not looked up;
    `qbo_kind` is INVOICE or CREDIT_MEMO."""

    row: Mapping[str, Any]
    amount: Money | None
    customer: str = ""
    customer_id: str = ""
    qbo_id: str = ""
    qbo_kind: str = INVOICE

    @property
    def number(self) -> str:
        """What people call the invoice."""
        return str(self.row["number"] or self.row["id"] or "?")


@dataclass(frozen=True, slots=True)
class Cause:
    """Rows that have one cause. `kind` is one of untold, changed, withdrawn, held, refused, stopped and waiting,
    `place` where it is mended (`causes`), `why` the sentence that all rows share, "" where each has its own;
    `offers` is what can be done with them."""

    key: str
    kind: str
    title: str
    place: str
    why: str
    items: tuple[Item, ...]
    offers: tuple[str, ...]

    @property
    def sums(self) -> tuple[Money, ...]:
        """The money of all rows, by currency."""
        found: dict[str, Decimal] = {}
        for each in self.items:
            if each.amount is not None:
                found[each.amount.currency] = found.get(each.amount.currency, Decimal(0)) + each.amount.amount
        return tuple(Money(amount, currency) for currency, amount in sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Attention:
    """All that needs a person; `more` entries are not among the causes, for there are too many."""

    causes: tuple[Cause, ...]
    more: int = 0

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(len(each.items) for each in self.causes) + self.more

    def cause(self, key: str) -> Cause | None:
        """The cause of this key."""
        return next((each for each in self.causes if each.key == key), None)


def count_attention(services: Services, connected: Connected | None) -> int:
    """How many rows `read_attention` has, without reading them; of what waits for long it counts a thousand at most."""
    refusals = sum(1 for _ in refused_orders(services.directory))
    if connected is None:
        return refusals
    realm_id, ledger = connected.realm_id, services.ledger
    with ledger.reading():
        counts = ledger.queue.counts(realm_id)
        stopped = sum(each.waiting for each in ledger.queue.stopped(realm_id)) if counts.get("todo") else 0
        long = ledger.queue.count_waiting(realm_id, services.now() - LONG, 1000) if counts.get("todo") else 0
        paid = len(ledger.payments.untold(realm_id))
    return refusals + counts.get("held", 0) + counts.get("failed", 0) + paid + max(stopped, long)


def read_attention(services: Services, connected: Connected | None) -> Attention:
    """By the ledger and the data directory; QuickBooks is not asked."""
    orders = [_Row("refused", "refused", Item(refused(each), None)) for each in refused_orders(services.directory)]
    if connected is None:
        return Attention(tuple(_grouped(orders, "")))
    with services.ledger.reading():
        rows, more = _of_queue(services, connected)
        paid = [_paid(each) for each in untold_payments(services, connected.realm_id)]
    stopped = services.ledger.sentences.recalled([connected.stopped_reason])[connected.stopped_reason]
    return Attention(tuple(_grouped([*paid, *rows, *orders], stopped)), more)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row with its cause's key: a code, or what happened."""

    kind: str
    code: str
    item: Item
    lost: bool = False


def _of_queue(services: Services, connected: Connected) -> tuple[list[_Row], int]:
    queue, realm_id = services.ledger.queue, connected.realm_id
    stopped = {each.run for each in queue.stopped(realm_id)}
    unanswered = {each.od_invoice_id for each in services.ledger.outbox.unknown(realm_id)}
    counts = queue.counts(realm_id)
    standing = queue.outlines(realm_id, ("held", "failed"), MOST)
    late = services.now() - LONG
    waiting = queue.outlines(realm_id, ("todo",), MOST, None if stopped else late)
    found = [*standing, *(each for each in waiting if each.run in stopped or each.created_at < late)]
    shown = [listed(each, stopped, unanswered) for each in found]
    made = services.ledger.sentences.recalled(each["reason"] for each in shown)
    told = [{**each, "reason": made[each["reason"]]} for each in shown]
    rows = [_row(each, Item(row, *_about(each))) for each, row in zip(found, told, strict=True)]
    return rows, max(0, counts.get("held", 0) + counts.get("failed", 0) - len(standing))


def _row(entry: Outline, item: Item) -> _Row:
    if entry.state == "todo":
        kind = str(item.row["state"]) if item.row["state"] == "stopped" else "waiting"
        return _Row(kind, f"{kind}:{entry.run}" if kind == "stopped" else kind, item)
    if entry.action in ("voided", "deleted"):
        return _Row("withdrawn", entry.action, item)
    if entry.action == "customer":
        return _Row("withdrawn", "customer", item)
    if entry.action == "bounced":
        return _Row("held", entry.action, item)
    if entry.action == "changed":
        lost = entry.what in ("voided", "deleted")
        return _Row("changed", f"{entry.what}-in-quickbooks" if lost else "changed", item, lost)
    codes = [str(each) for each in (entry.outcome or {}).get("codes") or () if each not in NOTES]
    if codes and codes[0] in _LOST:
        return _Row("changed", codes[0], item, True)
    if codes:
        return _Row("held", codes[0], item)
    return _Row("held", f"{entry.state}:{_without(item.row, entry.reason)}", item)


def _without(row: Mapping[str, Any], reason: str) -> str:
    """A reason without what it says of this invoice alone, so that the same reasons come together."""
    number = str(row["number"])
    return reason.replace(number, "…") if number else reason


def _about(entry: Outline) -> tuple[Money | None, str, str]:
    """Total, customer's name and id of an entry's invoice, as far as they are known."""
    invoice, outcome = entry.invoice, entry.outcome or {}
    customer = invoice.get("customer") or {}
    total, currency = invoice.get("total") or outcome.get("total"), invoice.get("currency") or outcome.get("currency")
    return money_of(total, currency), str(customer.get("name") or ""), str(customer.get("id") or "")


def money_of(amount: Any, currency: Any) -> Money | None:
    """An amount of a host's invoice; None for none, or one that cannot be read."""
    try:
        return Money(Decimal(str(amount)), str(currency)) if amount is not None and currency else None
    except (InvalidOperation, ValueError):  # a host's invoice that cannot be read
        return None


def _paid(payment: Mapping[str, Any]) -> _Row:
    return _Row("untold", "untold", Item(untold(payment), money_of(payment["amount"], payment["currency"])))


def _grouped(rows: Iterable[_Row], stopped_reason: str) -> Iterator[Cause]:
    """By kind and cause: what concerns most rows first."""
    found: dict[str, list[_Row]] = {}
    for each in rows:
        found.setdefault(f"{each.kind}/{each.code}", []).append(each)
    ordered = sorted(found.items(), key=lambda pair: (_ORDER.index(pair[1][0].kind), -len(pair[1]), pair[0]))
    for key, together in ordered:
        first = together[0]
        title, place = _named(first)
        reasons = {each.item.row["reason"] for each in together}
        why = next(iter(reasons)) if len(reasons) == 1 else ""
        if first.kind == "waiting" and (stopped_reason or reasons <= {""}):
            why = stopped_reason or IDLE
        yield Cause(key, first.kind, title, place, why, tuple(each.item for each in together), _offers(first))


def _named(row: _Row) -> tuple[str, str]:
    code = row.code.partition(":")[0]
    if row.kind == "held" and code in ("held", "failed"):
        english = row.code.partition(":")[2]
        told = english if current() == ENGLISH else _without(row.item.row, say(row.item.row["reason"]))
        return _short(told), LOG if code == "failed" else QUICKBOOKS
    if row.kind != "held" and code in EVENTS:
        return EVENTS[code]
    return CAUSES.get(code) or (_short(say(row.item.row["reason"])), QUICKBOOKS)


def _short(reason: str, most: int = 110) -> str:
    """The first sentence of a reason, as a heading goes on."""
    first = reason.partition(". ")[0].rstrip(".")
    return first if len(first) <= most else f"{first[:most].rstrip()}…"


def _offers(row: _Row) -> tuple[str, ...]:
    if row.kind == "changed":
        return (QUICKBOOKS_STAYS,) if row.lost else (QUICKBOOKS_STAYS, ONEDESK_STAYS)
    if row.code == "held-by-person":
        return (RELEASE, DROP)
    if row.kind == "held":
        return (QUICKBOOKS_STAYS, ONEDESK_STAYS, RETRY, DROP) if row.code in _TWO_VERSIONS else (RETRY, DROP)
    return {"withdrawn": (CONFIRM,), "stopped": (RESUME, DROP), "waiting": (DROP,)}.get(row.kind, ())
