"""An unlinked invoice as each side has it, and what was found for one of OneDesk's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from onedesk_quickbooks.plugin.model.invoice import CREDIT_MEMO, INVOICE
from onedesk_quickbooks.plugin.planning.reconcile import Listed
from onedesk_quickbooks.plugin.texts import Text

KINDS = {
    "same": Text("same"),
    "named": Text("named by a person"),
    "differs": Text("differs"),
    "perhaps": Text("perhaps the same"),
    "only_in_onedesk": Text("only in OneDesk"),
    "left_alone": Text("left alone"),
}
"""What may be found for an invoice, as people read it."""
ADOPTED = ("same", "named")
"""Those of them that are adopted."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be matched. `listed` are the host's invoices, those of files that it does not have yet included;
    `named` are the ids that count, None for all; `aside` says of others why they are left alone. Days are OneDesk's;
    `pairs` are named by a person: {OneDesk's id: QuickBooks' id}."""

    listed: Iterable[Listed]
    named: frozenset[str] | None = None
    aside: Mapping[str, str] = field(default_factory=dict)
    first: date | None = None
    last: date | None = None
    pairs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Own:
    """OneDesk's invoice. `names` are those that its customer may have in QuickBooks, the one in OneDesk first; `emails`
    are compared keys; `tax` is None where OneDesk states none. `aside` says why it is left alone, `project` under what
    its project is linked, where that becomes a sub-customer. `kind` is what it is in QuickBooks, INVOICE or
    CREDIT_MEMO: the amounts of a credit note are above zero, as they are there. `to_come` is what of the host's own
    `payments`, by their ids, waits for QuickBooks or is held: it is taken off the balance here alone."""

    id: str
    number: str
    status: str = ""
    day: date | None = None
    currency: str = ""
    customer_id: str = ""
    names: tuple[str, ...] = ("",)
    emails: tuple[str, ...] = ()
    total: Decimal = Decimal(0)
    tax: Decimal | None = None
    balance: Decimal = Decimal(0)
    prepaid: Decimal = Decimal(0)
    aside: str = ""
    project: str = ""
    kind: str = INVOICE
    to_come: Decimal = Decimal(0)
    payments: tuple[str, ...] = ()

    def lacks(self, theirs: Theirs) -> bool:
        """Whether both sides agree on what is left once QuickBooks has the payments that are to come."""
        return bool(self.to_come) and self.balance + self.to_come == theirs.balance

    @property
    def is_credit(self) -> bool:
        """Whether it is a credit note."""
        return self.kind == CREDIT_MEMO


@dataclass(frozen=True, slots=True)
class Theirs:
    """QuickBooks' invoice, or credit memo (`kind`), which is linked to none of OneDesk's and has no mark of one. The
    balance of a credit memo is what is left of it."""

    id: str
    number: str
    day: date | None
    currency: str
    customer_id: str
    customer: str
    total: Decimal
    tax: Decimal
    balance: Decimal
    deposit: Decimal = Decimal(0)
    emails: tuple[str, ...] = ()
    voided: bool = False
    kind: str = INVOICE


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger has of customers: `links` {(OneDesk's id, currency): QuickBooks' id}, `owners` {QuickBooks' id:
    OneDesk's ids}."""

    links: Mapping[tuple[str, str], str] = field(default_factory=dict)
    owners: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Field:
    """One field in which both sides differ, as people read it, and what to do about it."""

    name: str
    onedesk: str
    quickbooks: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An invoice of QuickBooks that may be the one of OneDesk, and in what they differ."""

    theirs: Theirs
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """What was found for an invoice of OneDesk: `kind` is one of KINDS. `theirs` is the one that is the same, `by` how
    the customer is known to be (link, name, e-mail), or that a person named the pair. `candidates` are others that may
    be it, the nearest first. `why` and `remedy` are sentences."""

    kind: str
    own: Own
    theirs: Theirs | None = None
    by: str = ""
    candidates: tuple[Candidate, ...] = ()
    why: str = ""
    remedy: str = ""


def number_key(number: str) -> str:
    """The text by which two numbers are the same: whatever their case and the spaces around them."""
    return number.strip().casefold()
