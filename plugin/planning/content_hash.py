"""The hash of an invoice's content, by which a copy is recognised as unchanged."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.model.plan import InvoiceDraft

_SINCE = {"discount": ("percent", "account"), "line": ("class_ref",)}
"""Parts of a draft that were added later: left out of the hash where empty, so that hashes of earlier copies stay
valid."""
_OPTIONAL = ("bill_address", "ship_address", "deposit", "tax_overrides", "email_cc", "email_bcc", "custom_fields")
_IF_NAMED = ("location", "class_ref", "card_payment", "bank_payment")


def content_hash(draft: InvoiceDraft, customer: str) -> str:
    """Hash of the content of QuickBooks' invoice. `customer` identifies the host's customer: the QuickBooks name and id
    are left out, because they are unknown before the first copy; so is the exchange rate, which is the day's and not
    ours."""
    shown = {**_fields(draft), "exchange_rate": None, "customer_name": customer}
    del shown["auto_number"], shown["tax_total"], shown["cleared"]
    _leave_out(shown, _IF_NAMED)
    for key in _OPTIONAL:
        if not shown[key]:
            del shown[key]
    shown["lines"] = list(map(_fields, draft.lines))
    for line in shown["lines"]:
        del line["grouped"]
        if not line["is_text"]:
            del line["is_text"]
        _leave_out(line, _SINCE["line"])
    if draft.discount:
        shown["discount"] = _fields(draft.discount)
        _leave_out(shown["discount"], _SINCE["discount"])
    text = json.dumps(shown, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _fields(value: Any) -> dict[str, Any]:
    """The fields of a dataclass; unlike `asdict` without copies of all that they hold."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _leave_out(held: dict[str, Any], keys: tuple[str, ...]) -> None:
    for key in keys:
        if held[key] is None:
            del held[key]


def _plain(value: Any) -> str | dict[str, Any]:
    if isinstance(value, Decimal):
        return plain(value.normalize())
    return value.isoformat() if isinstance(value, date) else _fields(value)
