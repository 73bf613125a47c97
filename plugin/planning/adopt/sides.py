"""An unlinked invoice as each side has it, and the result for one of OneDesk's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO, INVOICE
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
"""The possible results for an invoice, as text for people."""
ADOPTED = ("same", "named")
"""Those of them that are adopted."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The input for matching. `listed` are the host's invoices, including those of files that it does not have yet;
    `named` are the ids that count, None for all; `aside` has the reasons for skipped ones. Days are OneDesk's; `pairs`
    are named by a person: {OneDesk's id: QuickBooks' id}."""

    listed: Iterable[Listed]
    named: frozenset[str] | None = None
    aside: Mapping[str, str] = field(default_factory=dict)
    first: date | None = None
    last: date | None = None
    pairs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Own:
    """OneDesk's invoice. `names` are those that its customer may have in QuickBooks, the one in OneDesk first; `emails`
    are compared keys; `tax` is None where OneDesk states none. `aside` is why it is skipped, `project` the key of its
    project, where that becomes a sub-customer. `kind` is its form in QuickBooks, INVOICE or CREDIT_MEMO: the amounts of
    a credit note are above zero, as they are there. `to_come` are those of the host's own `payments`, by their ids,
    that wait for QuickBooks or are held: only OneDesk's balance includes them."""

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
        """Whether the balances agree once QuickBooks has the payments that are to come."""
        return bool(self.to_come) and self.balance + self.to_come == theirs.balance

    @property
    def is_credit(self) -> bool:
        """Whether it is a credit note."""
        return self.kind == CREDIT_MEMO


@dataclass(frozen=True, slots=True)
class Theirs:
    """QuickBooks' invoice, or credit memo (`kind`), without a link to one of OneDesk's and without a marker. The
    balance of a credit memo is its unapplied amount."""

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
    """The ledger's data on customers: `links` {(OneDesk's id, currency): QuickBooks' id}, `owners` {QuickBooks' id:
    OneDesk's ids}."""

    links: Mapping[tuple[str, str], str] = field(default_factory=dict)
    owners: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Field:
    """One field in which both sides differ, as text for people, and what to do about it."""

    name: str
    onedesk: str
    quickbooks: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An invoice of QuickBooks that may match OneDesk's, and the differences."""

    theirs: Theirs
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """The result for an invoice of OneDesk: `kind` is one of KINDS. `theirs` is the matching one, `by` is how the
    customer was matched (link, name, e-mail), or that a person named the pair. `candidates` are others that may match,
    the most similar first. `why` and `remedy` are sentences."""

    kind: str
    own: Own
    theirs: Theirs | None = None
    by: str = ""
    candidates: tuple[Candidate, ...] = ()
    why: str = ""
    remedy: str = ""


def number_key(number: str) -> str:
    """The text by which two numbers are equal: independent of case and of surrounding spaces."""
    return number.strip().casefold()
