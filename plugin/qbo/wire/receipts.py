"""Summaries of a request and its answer for records: the resource, and the resulting object; without QuickBooks'
texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onedesk_quickbooks.plugin.qbo.wire.recovered import UNDOING

_RECEIPT = {
    "Id": "id",
    "SyncToken": "sync_token",
    "DocNumber": "number",
    "DisplayName": "name",
    "Name": "name",
    "TotalAmt": "total",
    "Balance": "balance",
}


def resource(entity: str, operation: str, body: Mapping[str, Any]) -> str:
    """The resource that a request is posted to, below the company."""
    if operation == "upload":
        return operation
    if operation in UNDOING:
        return f"{entity.lower()}?operation={operation}"
    return f"{entity.lower()}/{body['Id']}/send" if operation == "send" else entity.lower()


def receipt(answer: Mapping[str, Any]) -> dict[str, str]:
    """What identifies an answered object, with its totals as decimal strings: id sync_token number name total balance,
    as far as it has them."""
    return {name: str(answer[field]) for field, name in _RECEIPT.items() if answer.get(field) is not None}
