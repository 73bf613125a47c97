"""One invoice as each side has it, and the ledger's data between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from onedesk_quickbooks.plugin.model.books import Elsewhere
from onedesk_quickbooks.plugin.model.host import InvoiceJson
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.planning.differences import Version
from onedesk_quickbooks.plugin.planning.markers import Apart

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Settled:
    """One item that pays an invoice, or a part of it. `key` is the same on both sides, `kind` one of
    model.payment.KINDS, `name` its name for people ("payment 1042"). `state` is the ledger's: to_record, recorded,
    to_reverse, reversed, ignored, known, to_note, "" for none. `own` is the id of the payment, or of its row, that
    the host has recorded itself, "" for one from QuickBooks. `unapplied` is what a payment in QuickBooks (`qbo_id`) has
    left, which is applied to no invoice; one of the host's own names the payment that was made for it there, with
    its rest, and the names of the invoices that it `pays`."""

    key: str
    name: str
    kind: str
    amount: Decimal
    state: str = ""
    own: str = ""
    qbo_id: str = ""
    unapplied: Decimal = ZERO
    pays: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unbooked:
    """A payment that the host has recorded, or deleted (`taken_back`), itself, and that differs in QuickBooks: the
    `entry` of the queue that was to change that, its `state` (todo, held, failed, skipped, dropped), and `why`.
    `amount` is its part for the invoice, `booked` the key of the payment that QuickBooks had of it, "" for none."""

    id: str
    name: str
    amount: Money
    entry: int
    state: str
    why: str
    taken_back: bool = False
    booked: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """An invoice of a host that lists its own: its open balance, and its payments there, each by the id under which it
    is recorded, and by its reference."""

    invoice: InvoiceJson
    balance: Money
    settled: tuple[Settled, ...] = ()


@dataclass(frozen=True, slots=True)
class TaxPart:
    """The tax of an invoice at one rate. `percent` is None where it is not stated."""

    code: str
    percent: Decimal | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Own:
    """An invoice as OneDesk has it, or a credit note (`credit`), whose amounts are below zero. `taxes` are in its own
    words; `problem` says why it cannot be read: then only id and number are known. `unbooked` are payments of the
    host's own that QuickBooks does not have as the host has them."""

    id: str
    number: str
    status: str = ""
    day: date | None = None
    currency: str = ""
    customer: str = ""
    total: Decimal = ZERO
    taxes: tuple[TaxPart, ...] = ()
    balance: Decimal = ZERO
    prepaid: Decimal = ZERO
    rounding: Decimal = ZERO
    settled: tuple[Settled, ...] = ()
    problem: str = ""
    credit: bool = False
    unbooked: tuple[Unbooked, ...] = ()

    @property
    def void(self) -> bool:
        """Whether nothing is due for it any more."""
        return self.status in ("void", "deleted")

    @property
    def tax(self) -> Decimal:
        """All its tax."""
        return sum((each.amount for each in self.taxes), ZERO)


@dataclass(frozen=True, slots=True)
class Theirs:
    """An invoice as QuickBooks has it, or a credit memo (`credit`). `mark` is the id of OneDesk's invoice that its
    private note names; `altered` is what is said of it where that is not the line of our marker."""

    id: str
    number: str
    day: date | None
    currency: str
    customer: str
    total: Decimal
    tax: Decimal
    balance: Decimal
    taxes: tuple[TaxPart, ...] = ()
    settled: tuple[Settled, ...] = ()
    mark: str = ""
    voided: bool = False
    credit: bool = False
    altered: str = ""


@dataclass(frozen=True, slots=True)
class Either:
    """Invoices of OneDesk whose ids differ in their Unicode form alone (`names`), so that the mark of QuickBooks' ones
    (`forms`) fits each; and the ids of both sides that can be linked."""

    names: tuple[str, ...]
    forms: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Second:
    """An invoice of OneDesk (`of`) whose mark two in QuickBooks have: a copy links the `first`, here by its name."""

    of: Own
    first: str


@dataclass(frozen=True, slots=True)
class Kept:
    """The ledger's data on an invoice that OneDesk has queued. `qbo_id` is "" where none is linked.

    `versions` are the fields that differ because the invoice was `edited` in QuickBooks, or because an edit there was
    accepted (`accepted`: how); `changed` those that OneDesk has changed since the last copy, `renewed` whether it has
    changed anything. `state`, `entry` and `reason` are of the last copy or send, `waiting` is the entry of a change in
    QuickBooks, or of a void in OneDesk, that a person decides; `problem` says why QuickBooks' invoice cannot be read.
    `elsewhere` is the QuickBooks invoice that is linked to the invoice which an unlinked one names; `former` is a
    company that was connected before and that has the invoice; `undone` is the run
    that had made it, where a person has undone that; `dropped` is the entry of its change in QuickBooks that a person
    has dropped. `adopted`: the two were linked by adopt, and nothing was written
    since. `either`: its mark fits several invoices of OneDesk. `apart`: what differs from a QuickBooks invoice with its
    mark; `second`: it is not the first one with that.
    """

    qbo_id: str = ""
    qbo_number: str = ""
    elsewhere: str = ""
    former: Elsewhere | None = None
    edited: bool = False
    accepted: str = ""
    versions: tuple[Version, ...] = ()
    changed: tuple[Version, ...] = ()
    renewed: bool = False
    state: str = ""
    entry: int = 0
    reason: str = ""
    waiting: int = 0
    problem: str = ""
    undone: str = ""
    dropped: int = 0
    adopted: bool = False
    either: Either | None = None
    apart: Apart = field(default_factory=Apart)
    second: Second | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """One invoice on both sides; None where a side has none."""

    own: Own | None
    theirs: Theirs | None
    kept: Kept = field(default_factory=Kept)

    @property
    def linked(self) -> bool:
        """Whether the ledger links the two."""
        return bool(self.kept.qbo_id)

    @property
    def currency(self) -> str:
        """The currency of either side."""
        return (self.own.currency if self.own else "") or (self.theirs.currency if self.theirs else "")

    @property
    def name(self) -> str:
        """The name of the invoice for people."""
        for number in (self.own.number if self.own else "", self.theirs.number if self.theirs else ""):
            if number:
                return number
        return self.kept.qbo_number or (
            self.own.id if self.own else self.theirs.id if self.theirs else self.kept.qbo_id
        )

    @property
    def day(self) -> date | None:
        """Its date, on either side."""
        return (self.own.day if self.own else None) or (self.theirs.day if self.theirs else None)

    @property
    def customer(self) -> str:
        """Its customer, on either side."""
        return (self.own.customer if self.own else "") or (self.theirs.customer if self.theirs else "")


def by_percent(taxes: tuple[TaxPart, ...]) -> Mapping[Decimal | None, Decimal]:
    """The tax at each rate."""
    found: dict[Decimal | None, Decimal] = {}
    for each in taxes:
        key = None if each.percent is None else each.percent.normalize()
        found[key] = found.get(key, ZERO) + each.amount
    return found
