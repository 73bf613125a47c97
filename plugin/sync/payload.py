"""What crosses the border from the host: checked by its JSON Schema, then read into frozen types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onedesk_quickbooks.plugin.findings.refusals import refusal
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.payment import Payment
from onedesk_quickbooks.plugin.sync.errors import InvalidInvoice


def read_invoice(source: Mapping[str, Any]) -> Invoice:
    """A host's invoice. Raises `InvalidInvoice` for what schemas/invoice.schema.json refuses, or an impossible date."""
    _check("invoice", source)
    try:
        return Invoice.from_json(source)
    except ValueError as error:
        raise InvalidInvoice("", f"{error}; correct it in OneDesk.") from error


def read_payment(source: Mapping[str, Any]) -> Payment:
    """A payment. Raises `InvalidInvoice` for what schemas/payment.schema.json refuses."""
    _check("payment", source)
    try:
        return Payment.from_json(source)
    except ValueError as error:
        raise InvalidInvoice("", f"{error}.") from error


def _check(name: str, source: Mapping[str, Any]) -> None:
    found = refusal(name, source)
    if found is not None:
        raise InvalidInvoice(found.field, found.sentence)
