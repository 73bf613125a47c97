"""The records of the embedded host: invoices as JSON with tags, notes and payments; and the host's problems."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from onedesk_quickbooks.hooks import WORDS, InvoiceJson, Money, NotNow, state_of
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.texts.schema import validator, wrong

if TYPE_CHECKING:  # loaded when a record is stored, not for reading
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

EDITABLE, LOCKED = "draft", "open"
STATUSES = {"draft": Text("Draft"), "open": Text("Open"), "paid": Text("Paid"), "void": Text("Void")}
"""Each status in the form for people."""
TYPES = {
    "flat_fee": Text("Flat fee"),
    "block_of_hours": Text("Block of hours"),
    "time_and_material": Text("Time and material"),
    "blank": Text("Blank"),
}
"""Types of invoices in the form for people; unknown types are shown unchanged."""


class HostProblem(Exception):
    """An action that the host refuses; the text says why and what to do instead."""


class HostAway(HostProblem, NotNow):
    """The host's database cannot be used now: it is locked, or the disk is full. Nothing was changed."""


class NoSuchInvoice(HostProblem):
    """There is no invoice with this id, or it was deleted."""

    def __init__(self, invoice_id: str) -> None:
        super().__init__(Text("there is no invoice with the id {id}; see the list of invoices", id=repr(invoice_id)))


class NoSuchCustomer(HostProblem):
    """There is no customer organization with this id."""

    def __init__(self, customer_id: str) -> None:
        super().__init__(
            Text("there is no customer organization with the id {id}; see the list of customers", id=repr(customer_id))
        )


class WrongStatus(HostProblem):
    """The invoice's status does not allow the action."""


class InvalidRecord(HostProblem, ValueError):
    """A record is no valid invoice (schemas/invoice.schema.json)."""


@dataclass(frozen=True, slots=True)
class User:
    """A person who works with the host."""

    id: str
    name: str
    may_administer: bool


USERS = (User("admin", "Ada Admin", may_administer=True), User("agent", "Gus Agent", may_administer=False))
"""The users of pages without passwords: an administrator, and one who is not."""


_KINDS = {
    "credit_memo": Text("Credit memo"),
    "journal_entry": Text("Journal entry"),
    "other_credit": Text("Credit"),
    "deposit": Text("Deposit"),
    "zero_total": Text("Nothing to pay"),
    "balance": Text("Invoice changed"),
    "credit_used": Text("Used for an invoice"),
    "refund": Text("Refunded"),
}


OWN_PAYMENT = "own:"
"""The prefix of the ids of payments that people have recorded here."""


@dataclass(frozen=True, slots=True)
class RecordedPayment:
    """A payment that was reported to the host, or another settlement of an invoice (`kind`, see hooks.Payment).
    `reversed` is the reason why it was reversed, "" if it was not."""

    id: str
    amount: Money
    date: str
    method: str = ""
    reference: str = ""
    link: str = ""
    reversed: str = ""
    kind: str = "payment"

    @property
    def how(self) -> str:
        """The way of payment, in the form for people."""
        kind = _KINDS.get(self.kind)
        return Text("{kind} {method}", kind=kind, method=self.method) if kind and self.method else kind or self.method


@dataclass(frozen=True, slots=True)
class HostInvoice:
    """One invoice with all its data. `tags` maps a tag to its link ("" for none), `notes` the key of a note to its
    text; `balance` is what is left to pay; `sent_by_host` whether the host itself e-mailed it; `since` what has
    happened since the tag was set (waiting, changed); `position` its place in the order of creation."""

    id: str
    json: InvoiceJson
    status: str
    balance: Money
    sent_by_host: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    payments: tuple[RecordedPayment, ...] = ()
    since: str = ""
    position: int = 0

    @property
    def state(self) -> str:
        """The state, as far as it was reported to the host (`hooks.STATES`)."""
        return self.state_with(self.since)

    def state_with(self, now: str) -> str:
        """The same with the current state of a plugin's ledger."""
        notified = next((WORDS[tag] for tag in self.tags if tag in WORDS), "sent" if self.sent_by_host else "")
        return state_of(self.status, self.partly_paid, notified, now)

    def own_payment(self, recorded: str) -> str:
        """The id of the payment that a person has recorded here, from the id of its part (`recorded`) for this invoice;
        "" for one from QuickBooks."""
        own, found = OWN_PAYMENT, recorded.rpartition(":")[0]
        return found.removeprefix(own).removesuffix(f":{self.id}") if found.startswith(own) else ""

    @property
    def number(self) -> str:
        """Its name for people: its number, else its id."""
        return self.json.get("number") or self.id

    @property
    def total(self) -> Money:
        """The invoice's total."""
        return Money(Decimal(self.json["total"]), self.json["currency"])

    @property
    def partly_paid(self) -> bool:
        """Whether there is a payment that is not reversed, and a balance."""
        return self.balance.amount != 0 and any(not payment.reversed for payment in self.payments)

    def is_opened_by(self, invoice: InvoiceJson) -> bool:
        """Whether another version reopens a Paid invoice: its amount due differs, and it is settled without a payment,
        by a total of zero, credits, a write-off or a deposit on the invoice."""
        kinds = {payment.kind for payment in self.payments if not payment.reversed}
        return self.status == "paid" and bool(kinds) and "payment" not in kinds and asked(invoice) != self.asked

    @property
    def may_reopen(self) -> bool:
        """Whether it can be changed to Draft."""
        currency = self.json["currency"]
        existing = (each.amount for each in self.payments if not each.reversed and each.amount.currency == currency)
        return may_reopen(self.json, sum((each.amount for each in existing), Decimal(0)))

    @property
    def asked(self) -> Money:
        """The amount due."""
        return asked(self.json)


def version_of(invoice: InvoiceJson) -> str:
    """A digest of what an edit replaces: the invoice without its customer, whose fields are edited elsewhere."""
    content = {name: value for name, value in invoice.items() if name != "customer"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def asked_for(invoice: InvoiceJson) -> Decimal:
    """The amount due: `payable`, which is total - prepaid + rounding where it is not stated."""
    if stated := invoice.get("payable"):
        return Decimal(stated)
    return Decimal(invoice["total"]) - Decimal(invoice.get("prepaid") or 0) + Decimal(invoice.get("rounding") or 0)


def may_reopen(invoice: InvoiceJson, settled: Decimal) -> bool:
    """Whether an invoice can be changed to Draft: an Open one, and a Paid one with an amount due of zero and nothing
    `settled`, which is Paid as soon as QuickBooks has it."""
    return invoice["status"] == LOCKED or (invoice["status"] == "paid" and asked_for(invoice) == 0 == settled)


def asked(invoice: InvoiceJson) -> Money:
    """The same with its currency."""
    return Money(asked_for(invoice), invoice["currency"])


@lru_cache(maxsize=1)
def _validator() -> Draft202012Validator:
    from importlib import resources

    from jsonschema import FormatChecker

    source = resources.files("onedesk_quickbooks").joinpath("schemas/invoice.schema.json").read_text("utf-8")
    return validator()(json.loads(source), format_checker=FormatChecker(("date",)))


def checked(invoice: Any) -> dict[str, Any]:
    """A copy of `invoice`, which is valid. Raises `InvalidRecord` with the field and the remedy."""
    from jsonschema.exceptions import best_match

    found = best_match(_validator().iter_errors(invoice))
    if found is not None:
        raise InvalidRecord(_sentence(invoice, found))
    copied: dict[str, Any] = json.loads(json.dumps(invoice))
    return copied


def _short(shown: str, longest: int = 80) -> str:
    return shown if len(shown) <= longest else f"{shown[: longest - 3]}..."


def _sentence(invoice: Any, found: ValidationError) -> str:
    """One problem of a record as a sentence: the invoice, the field and the error."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in found.absolute_path).lstrip(".")
    name = invoice.get("id") if isinstance(invoice, Mapping) else None
    wanted = found.schema.get("description", "") if isinstance(found.schema, Mapping) else ""
    remedy = Text("; it is: {wanted}", wanted=wanted) if wanted and path else Text("; see schemas/invoice.schema.json")
    return Text(
        "invoice {name}: {path}: {message}{remedy}",
        name=name or "?",
        path=path or Text("the record"),
        message=wrong(found, _short(repr(found.instance))),
        remedy=remedy,
    )
