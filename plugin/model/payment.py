"""What pays an invoice in QuickBooks, as it is reported to the host: schemas/payment.schema.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text
from onedesk_quickbooks.plugin.texts import Text

KINDS = (
    *("payment", "credit_memo", "journal_entry", "other_credit", "deposit", "zero_total", "balance"),
    *("credit_used", "refund"),
)
"""What may pay an invoice, or a part of it. `payment`: money that came in. `credit_memo`, `journal_entry` (for example
a write-off) and `other_credit`: applied in QuickBooks, without money. `deposit`: entered on the QuickBooks invoice
itself. `zero_total`: the invoice has a total of zero, so that QuickBooks shows it as paid. `balance`: no payment; the
invoice was changed after a payment, and has another balance. For a credit note, with its own sign: `credit_used` was
applied to an invoice, `refund` was paid out to the customer."""
ON_DOCUMENT = ("deposit", "zero_total", "balance")
"""Kinds that are part of the QuickBooks invoice itself."""
_NAMES = {
    "payment": Text("payment"),
    "credit_memo": Text("credit memo"),
    "journal_entry": Text("journal entry"),
    "other_credit": Text("credit"),
    "deposit": Text("deposit on the invoice"),
    "zero_total": Text("nothing to pay"),
    "balance": Text("change of the invoice"),
    "credit_used": Text("use of the credit for invoice"),
    "refund": Text("refund of the credit"),
}


def named(kind: str, reference: str) -> str:
    """The name of what pays an invoice in a sentence: "credit memo CM-7"."""
    reference = reference.strip()
    return Text("{kind} {reference}", kind=_NAMES[kind], reference=reference) if reference else _NAMES[kind]


@dataclass(frozen=True, slots=True)
class Payment:
    """The part of one QuickBooks payment, or of a credit or deposit there, that pays one invoice of the host.

    `id` is stable and unique per payment, invoice and amount ("9341:payment:81:INV-7:1"): a host that has recorded it
    once ignores it the second time. `balance` is the open balance of the invoice after it, by QuickBooks. `kind` is one
    of KINDS; `reference` the payment's reference, or the number of the credit memo or journal entry, or of the invoice
    that a credit note was applied to. `amount` is 0 for `zero_total` and `balance`, and below 0 for a deposit that is
    now less than the prepaid amount that was copied.
    """

    id: str
    invoice_id: str
    amount: Money
    balance: Money
    date: date
    method: str = ""
    reference: str = ""
    link: str = ""
    kind: str = "payment"

    @property
    def name(self) -> str:
        """Its name in a sentence: "payment 1042", "credit memo CM-7", "deposit on the invoice"."""
        return named(self.kind, self.reference)

    def to_json(self) -> dict[str, Any]:
        """JSON for schemas/payment.schema.json; amounts are decimal strings."""
        return {
            "id": self.id,
            "invoice_id": self.invoice_id,
            "currency": self.amount.currency,
            "amount": self.amount.digits,
            "balance": self.balance.digits,
            "date": self.date.isoformat(),
            "method": self.method,
            "reference": self.reference,
            "link": self.link,
            "kind": self.kind,
        }

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Payment:
        """Read JSON that matches schemas/payment.schema.json."""

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
            kind=source.get("kind", "payment"),
        )


@dataclass(frozen=True, slots=True)
class Reversal:
    """A payment that the host has recorded and that QuickBooks has voided, deleted or changed since."""

    payment_id: str
    invoice_id: str
    balance: Money
    reason: str
