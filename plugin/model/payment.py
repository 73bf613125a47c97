"""A payment made in QuickBooks, as it crosses the border to the host: schemas/payment.schema.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text, plain


@dataclass(frozen=True, slots=True)
class Payment:
    """The part of one QuickBooks payment that pays one invoice of the host.

    `id` is stable and unique per payment, invoice and amount ("9341:payment:81:INV-7:1"): a host that has
    recorded it once ignores it the second time. `balance` is what QuickBooks says is left on the invoice after it.
    """

    id: str
    invoice_id: str
    amount: Money
    balance: Money
    date: date
    method: str = ""
    reference: str = ""
    link: str = ""

    def to_json(self) -> dict[str, Any]:
        """As schemas/payment.schema.json has it; amounts are decimal strings."""
        return {
            "id": self.id,
            "invoice_id": self.invoice_id,
            "currency": self.amount.currency,
            "amount": plain(self.amount.amount),
            "balance": plain(self.balance.amount),
            "date": self.date.isoformat(),
            "method": self.method,
            "reference": self.reference,
            "link": self.link,
        }

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Payment:
        """Read what schemas/payment.schema.json has accepted."""

        def money(key: str) -> Money:
            return Money(decimal_from_text(source[key]), source["currency"])

        return cls(
            id=source["id"],
            invoice_id=source["invoice_id"],
            amount=money("amount"),
            balance=money("balance"),
            date=date.fromisoformat(source["date"]),
            method=source.get("method", ""),
            reference=source.get("reference", ""),
            link=source.get("link", ""),
        )


@dataclass(frozen=True, slots=True)
class Reversal:
    """A payment that the host has recorded and that QuickBooks has voided, deleted or changed since."""

    payment_id: str
    invoice_id: str
    balance: Money
    reason: str
