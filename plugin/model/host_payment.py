"""A payment that the host has recorded, and that the rules may write to QuickBooks:
schemas/host_payment.schema.json."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text, plain

_KEY = "onedesk-payment:"
"""Prefix of the key of a payment, where the ledger has the id of an invoice."""


def payment_key(payment_id: str) -> str:
    """The key of a payment, which the ledger stores in place of an invoice's id: in NFC, whatever form the id has."""
    return unicodedata.normalize("NFC", f"{_KEY}{payment_id}")


def is_payment_key(od_id: str) -> bool:
    """Whether an id in the ledger is that of a payment; no invoice of the host may have such an id."""
    return od_id.startswith(_KEY)


def payment_id(od_id: str) -> str:
    """The host's id of the payment with this key."""
    return od_id.removeprefix(_KEY)


@dataclass(frozen=True, slots=True)
class PaidPart:
    """The part of a payment for one of the host's invoices."""

    invoice_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class HostPayment:
    """A payment as the host has it. `amount` is what the customer has paid, in `currency`; `parts` are the amounts by
    invoice, in order; the rest stays the customer's credit. `method` is the host's own word, `reference` that of the
    bank or the customer. A `write_off` is no received money."""

    id: str
    date: date
    currency: str
    amount: Decimal
    parts: tuple[PaidPart, ...]
    method: str = ""
    reference: str = ""
    write_off: bool = False

    @property
    def key(self) -> str:
        """Its key in the ledger."""
        return payment_key(self.id)

    @property
    def name(self) -> str:
        """Its name for people."""
        return self.reference or self.id

    @property
    def content(self) -> str:
        """All that QuickBooks gets of it: the same text for the same payment."""
        ordered = sorted(self.parts, key=lambda part: part.invoice_id)
        parts = ",".join(f"{each.invoice_id}={plain(each.amount.normalize())}" for each in ordered)
        figures = f"{self.date.isoformat()} {plain(self.amount.normalize())} {self.currency}"
        written_off = " write-off" if self.write_off else ""
        return f"{figures} {self.method!r} {self.reference!r} {parts}{written_off}"

    def money(self, amount: Decimal) -> Money:
        """`amount` in this payment's currency."""
        return Money(amount, self.currency)

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> HostPayment:
        """Read JSON that matches schemas/host_payment.schema.json. Raises ValueError for an impossible number or
        date."""
        return cls(
            id=source["id"],
            date=date.fromisoformat(source["date"]),
            currency=source["currency"],
            amount=decimal_from_text(source["amount"]),
            parts=tuple(PaidPart(each["id"], decimal_from_text(each["amount"])) for each in source["invoices"]),
            method=(source.get("method") or "").strip(),
            reference=(source.get("reference") or "").strip(),
            write_off=source.get("kind") == "write_off",
        )
