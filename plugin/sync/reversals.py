"""What the host was told settles an invoice, and no longer does: rows of the ledger that take it back."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from onedesk_quickbooks.plugin.ledger import STANDING, PaymentRow
from onedesk_quickbooks.plugin.model.money import Money, plain
from onedesk_quickbooks.plugin.texts import Text


def reversal(row: PaymentRow, left: Money, why: str) -> PaymentRow:
    """The row that takes it back; `left` is what is left of the invoice then."""
    said = {"reason": why, "balance": plain(left.amount)}
    if row.state == "to_record":  # perhaps the host was told of it, perhaps not
        said["unsure"] = "yes"
    return dataclasses.replace(row, state="to_reverse", reversal=said)


def agreed(deposit: Money) -> str:
    """Why a deposit that was told is taken back once the host has it as prepaid."""
    return Text(
        "the deposit on the QuickBooks invoice is {deposit}, which OneDesk has as prepaid, so that it is no payment",
        deposit=deposit,
    )


def of_deposits(rows: Iterable[PaymentRow], deposit: Money, left: Money) -> Iterator[PaymentRow]:
    """Takes back what was told of a deposit that both sides have by now."""
    for row in rows:
        if row.state in STANDING and row.source == "invoice" and row.payment.get("kind") == "deposit":
            yield reversal(row, left, agreed(deposit))
