"""The state that the rules of all entities use: look-ups, saving, balances, the company's settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any, NamedTuple

from onedesk_quickbooks.plugin.sandbox.books.postings import UNDEPOSITED, item_account, postings, receivable_currency
from onedesk_quickbooks.plugin.sandbox.store import ACTIVE, DELETED, Store, folded
from onedesk_quickbooks.plugin.sandbox.wire.faults import bad_reference, not_found
from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, Body, money, number, ref, ref_id

RECEIVABLE = "84"
"""The accounts receivable in the home currency."""
SHEET = ("Asset", "Liability", "Equity")
"""Classifications of the balance sheet."""

NAMES = ("Customer", "Vendor", "Employee")
TXNS = ("Invoice", "Payment", "CreditMemo", "Estimate", "SalesReceipt", "RefundReceipt", "Deposit")
_STOCK = {"Invoice": -1, "SalesReceipt": -1, "CreditMemo": 1, "RefundReceipt": 1}
_USER = "9130350000000001"
"""The user who changed an invoice, as in answers."""
Pending = tuple[dict[str, Decimal], dict[str, Decimal], dict[str, Decimal]]
_FAMILY = {**dict.fromkeys(NAMES, "name"), **dict.fromkeys(TXNS, "txn")}


class Event(NamedTuple):
    """A change for webhooks: entity, id, operation (Create, Update, Delete, Void, Emailed, Merge), when.

    `gone` is the id of the object that was merged into this one.
    """

    kind: str
    id: str
    operation: str
    when: datetime
    gone: str = ""


class Saved(dict[str, Any]):
    """A body as it was written, with its JSON text, so that it is not encoded again for the answer."""

    text: str = ""


class Books:
    """One company's books. Use `store.transaction()` around every change, and `settle()` at its end.

    `include`: the request's `include=` words. `by_hand`: the user of QuickBooks acts, who may do more than the API.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime], zone: tzinfo) -> None:
        self.store = store
        self.clock = clock
        self.zone = zone
        self.include: frozenset[str] = frozenset()
        self.by_hand = False
        self.events: list[Event] = []
        self._settings: dict[str, Body] = {}
        self._owed: dict[str, Decimal] = {}
        self._moved: dict[str, Decimal] = {}
        self._posted: dict[str, Decimal] = {}

    # -- the company's settings

    @property
    def preferences(self) -> Body:
        """The one Preferences object."""
        return self._setting("Preferences")

    @property
    def company(self) -> Body:
        """The one CompanyInfo object."""
        return self._setting("CompanyInfo")

    def _setting(self, kind: str) -> Body:
        if kind not in self._settings:
            self._settings[kind] = self.get(kind, "1")
        return self._settings[kind]

    @property
    def edition(self) -> str:
        """us, ca, gb, au or intl."""
        return self.store.meta("edition")

    @property
    def home(self) -> str:
        """The home currency's ISO code."""
        return str(self.preferences["CurrencyPrefs"]["HomeCurrency"]["value"])

    @property
    def multicurrency(self) -> bool:
        return bool(self.preferences["CurrencyPrefs"]["MultiCurrencyEnabled"])

    def forget_settings(self) -> None:
        """Clear the cached settings, after a roll-back or a change."""
        self._settings.clear()
        self._owed.clear()
        self._moved.clear()
        self._posted.clear()

    # -- time

    def now(self) -> datetime:
        """The sandbox's time in the company's zone."""
        return self.clock().astimezone(self.zone)

    def today(self) -> date:
        return self.now().date()

    def moment(self, epoch: int) -> str:
        """ISO 8601 with offset, to the second, in the company's zone."""
        return datetime.fromtimestamp(epoch, self.zone).isoformat(timespec="seconds")

    def epoch(self, moment: str) -> int:
        """Seconds since the epoch of a time in an answer."""
        return int(datetime.fromisoformat(moment).timestamp())

    # -- reading

    def get(self, kind: str, entity_id: str) -> Body:
        """An existing entity, also an inactive one. Raises Refused 610."""
        row = self.store.get(kind, entity_id)
        if row is None or row.state == DELETED:
            raise not_found()
        return row.body

    def find(self, kind: str, entity_id: str) -> Body | None:
        """An existing entity, or None; read-only."""
        row = self.store.get(kind, entity_id)
        return None if row is None or row.state == DELETED else row.shared

    def refer(self, kind: str, entity_id: str, what: str = "") -> Body:
        """An active entity that a request refers to; read-only. Raises Refused 2500."""
        row = self.store.get(kind, entity_id)
        if row is None or row.state == DELETED:
            raise bad_reference(f"{what or kind} element id {entity_id} not found")
        if row.state != ACTIVE:
            raise bad_reference()
        return row.shared

    def named(self, kind: str, name: str) -> Body | None:
        """The entity of that full name, regardless of case."""
        sql = "(fullname = ? OR (fullname IS NULL AND name = ?)) AND kind = ? AND state != 0"
        rows = self.store.select(sql, (folded(name), folded(name), kind))
        return rows[0].body if rows else None

    def label(self, kind: str, entity_id: str) -> Body:
        """A reference with its name."""
        row = self.store.get(kind, entity_id)
        if row is None:
            return ref(entity_id)
        return ref(entity_id, label_of(row.shared))

    def retired(self, kinds: tuple[str, ...], name: str) -> str:
        """The name of an object that is made inactive: "X (deleted)", "X (deleted-1)"... (qbo-api.md 2.2)."""
        marks = ",".join("?" * len(kinds))
        sql = f"SELECT 1 FROM entity WHERE name = ? AND kind IN ({marks}) AND state != 0"  # noqa: S608
        tried, count = f"{name} (deleted)", 0
        while self.store.rows(sql, (folded(tried), *kinds)):
            count += 1
            tried = f"{name} (deleted-{count})"
        return tried

    # -- writing

    def take_events(self) -> list[Event]:
        """The events since the last call."""
        events, self.events = self.events, []
        return events

    def new_id(self, kind: str) -> str:
        return str(self.store.next_id(_FAMILY.get(kind, kind)))

    def save(self, kind: str, body: Body, old: Body | None, operation: str, bump: bool = True) -> Body:
        """Stamp and write a body (`old`: the previous version), update its customer's balance, add the event.

        `bump` False keeps the SyncToken (a sent invoice, qbo-api.md 3.6).
        """
        moment = self.clock()
        epoch = int(moment.timestamp())
        created = body["MetaData"]["CreateTime"] if old else self.moment(epoch)
        if old is None:
            body.setdefault("Id", "")
            body["Id"] = body["Id"] or self.new_id(kind)
            body["SyncToken"] = "0"
        elif bump:
            body["SyncToken"] = str(int(old["SyncToken"]) + 1)
        by: Body = {"LastModifiedByRef": ref(_USER)} if kind == "Invoice" else {}
        body["MetaData"] = {"CreateTime": created, **by, "LastUpdatedTime": self.moment(epoch)}
        body["domain"], body["sparse"] = "QBO", False
        made = self.epoch(created) if old else epoch
        body = Saved(body)
        body.text = self.store.put(kind, body, epoch, made)
        self._count(kind, old, -1)
        self._count(kind, body, 1)
        if operation:
            self.events.append(Event(kind, body["Id"], operation, moment))
        if kind in ("Preferences", "CompanyInfo"):
            self._settings.pop(kind, None)
        return body

    def remove(self, kind: str, old: Body, event: bool = True) -> Body:
        """Delete; returns the record that change data capture reports."""
        moment = self.clock()
        epoch = int(moment.timestamp())
        gone: Body = {
            "domain": "QBO",
            "status": "Deleted",
            "Id": old["Id"],
            "MetaData": {"LastUpdatedTime": self.moment(epoch)},
        }
        self.store.put(kind, gone, epoch, epoch, deleted=True)
        self._count(kind, old, -1)
        if event:
            self.events.append(Event(kind, old["Id"], "Delete", moment))
        return gone

    def _count(self, kind: str, body: Body | None, sign: int) -> None:
        """Add an object to its customer's balance and to the accounts, and subtract it from the stock."""
        if body is None or (kind not in TXNS and kind != "Item"):
            return
        amount = sign * owed(kind, body)
        for name, posted in postings(kind, body, sign * amount):
            account = self._account(name)
            self._posted[account] = self._posted.get(account, ZERO) + sign * posted
        if kind not in TXNS:
            return
        customer = ref_id(body, "CustomerRef")
        if amount and customer:
            self._owed[customer] = self._owed.get(customer, ZERO) + amount
        if kind in _STOCK:
            for item_id, quantity in _sold(body["Line"]):
                if self._stocked(item_id):
                    moved = sign * _STOCK[kind] * quantity
                    self._moved[item_id] = self._moved.get(item_id, ZERO) + moved

    def _account(self, name: str) -> str:
        """The id of an account in a posting; empty if the company does not have it."""
        if name == UNDEPOSITED:
            return self.store.meta("undeposited_account")
        item = item_account(name)
        if item is not None:
            row = self.store.get("Account", item)
            return item if row is not None and row.shared.get("Classification") in SHEET else ""
        code = receivable_currency(name)
        if code is None:
            return name
        if code in ("", self.home):
            return RECEIVABLE
        found = self.named("Account", f"Accounts Receivable (A/R) - {code}")
        return str(found["Id"]) if found else ""

    def _stocked(self, item_id: str) -> bool:
        row = self.store.get("Item", item_id)
        return row is not None and row.shared.get("Type") == "Inventory"

    def settle(self) -> None:
        """Write the balances and quantities that changed: the time of change moves, the SyncToken does not."""
        for customer, delta in self._owed.items():
            if delta:
                self._owe(customer, delta, own=True)
        for item_id, moved in self._moved.items():
            if moved:
                body = self.get("Item", item_id)
                new = {**body, "QtyOnHand": number(body.get("QtyOnHand")) + moved}
                self.save("Item", new, body, "", bump=False)
        self.post(self._posted)
        self._owed.clear()
        self._moved.clear()
        self._posted.clear()

    def post(self, posted: dict[str, Decimal]) -> None:
        """Store amounts for accounts until the accounts are read (`accounts.bring_up_to_date`)."""
        epoch = int(self.clock().timestamp())
        for account, amount in posted.items():
            if account and amount:
                self.store.post(account, int(amount * 100), epoch)

    def pending(self) -> Pending:
        """The unsaved changes of `settle`, to be passed to `take_back` if a part of the work is undone."""
        return dict(self._owed), dict(self._moved), dict(self._posted)

    def take_back(self, pending: Pending, events: int) -> None:
        """After a part was rolled back: discard its unsaved changes and its events."""
        self._owed, self._moved, self._posted = (dict(each) for each in pending)
        del self.events[events:]
        self._settings.clear()

    def count_above(self, parent: str, delta: Decimal) -> None:
        """Add to the BalanceWithJobs of a customer and of its parents; does nothing if there is none."""
        if parent and delta:
            self._owe(parent, delta, own=False)

    def _owe(self, customer: str, delta: Decimal, own: bool) -> None:
        body = dict(self.find("Customer", customer) or {})
        if own:
            body["Balance"] = money(number(body.get("Balance")) + delta)
        body["BalanceWithJobs"] = money(number(body.get("BalanceWithJobs")) + delta)
        self.save("Customer", body, body, "", bump=False)
        parent = ref_id(body, "ParentRef")
        if parent:
            self._owe(parent, delta, own=False)


def label_of(body: Body) -> str | None:
    """The name of an object in references."""
    return body.get("DisplayName") or body.get("FullyQualifiedName") or body.get("Name")


def _sold(lines: list[Body]) -> Iterator[tuple[str, Decimal]]:
    """Item and quantity of every sales line, including those of bundles."""
    for line in lines:
        detail = line.get("SalesItemLineDetail") or {}
        if detail.get("Qty"):
            yield ref_id(detail, "ItemRef"), number(detail["Qty"])
        elif "GroupLineDetail" in line:
            yield from _sold(line["GroupLineDetail"].get("Line") or [])


def owed(kind: str, body: Body) -> Decimal:
    """The amount that an object adds to its customer's balance, in the customer's currency."""
    if kind == "Invoice":
        return number(body.get("Balance"))
    if kind == "Payment":
        return -number(body.get("UnappliedAmt"))
    if kind == "CreditMemo":
        return -number(body.get("RemainingCredit"))
    return ZERO
