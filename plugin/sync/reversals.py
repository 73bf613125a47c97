"""Rows of the ledger that reverse payments: the host was notified of them, and they no longer pay the invoice."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from onedesk_quickbooks.plugin.ledger import COUNTED, PaymentRow
from onedesk_quickbooks.plugin.model.money import Money, plain
from onedesk_quickbooks.plugin.texts import Text


def reversal(row: PaymentRow, left: Money, why: str) -> PaymentRow:
    """The row that reverses it; `left` is the open balance of the invoice afterwards."""
    said = {"reason": why, "balance": plain(left.amount)}
    if row.state == "to_record":  # perhaps the host was notified of it, perhaps not
        said["unsure"] = "yes"
    return dataclasses.replace(row, state="to_reverse", reversal=said, taken=False)


def agreed(deposit: Money) -> str:
    """Why a deposit that was reported is reversed once the host has it as prepaid."""
    return Text(
        "the deposit on the QuickBooks invoice is {deposit}, which OneDesk has as prepaid, so that it is not a payment",
        deposit=deposit,
    )


def of_deposits(rows: Iterable[PaymentRow], deposit: Money, left: Money) -> Iterator[PaymentRow]:
    """Reverses what was reported of a deposit that both sides have by now."""
    for row in rows:
        if row.state in COUNTED and row.source == "invoice" and row.payment.get("kind") == "deposit":
            yield reversal(row, left, agreed(deposit))
