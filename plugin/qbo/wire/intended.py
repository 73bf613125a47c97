"""An invoice as QuickBooks would answer it if it were written now, for comparison with the present one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.plan import InvoiceDraft, LineDraft
from onedesk_quickbooks.plugin.qbo.wire.bodies import TEXT, Body, invoice_body
from onedesk_quickbooks.plugin.qbo.wire.optional import KEYS

Raw = Mapping[str, Any]

_KEPT = ("DocNumber", "DueDate", "CurrencyRef", "Deposit", "GlobalTaxCalculation", "BillEmailCc")
"""Fields that QuickBooks keeps, or determines itself, where a body does not state them."""
_ADDRESSES = ("BillAddr", "ShipAddr")
"""The same for addresses, unless the customer differs."""


def intended(draft: InvoiceDraft, customer: Ref, items: Mapping[str, Ref], tax: Decimal | None, then: Raw) -> Raw:
    """`items` are those of the lines, by casefolded name; the id of one that does not exist yet is "". `tax` is None
    where only QuickBooks knows it; `then` is its answer to our last write: it gives what the draft leaves open, and the
    ids of lines."""
    body = body_of(draft, customer, items)
    same = body["CustomerRef"]["value"] == (then.get("CustomerRef") or {}).get("value")
    for key in (*_KEPT, *(_ADDRESSES if same else ())):
        if key not in body and key in then:
            body[key] = then[key]
    if "ExchangeRate" in then:  # an update keeps it
        body["ExchangeRate"] = then["ExchangeRate"]
    body["CustomerRef"]["name"] = customer.name
    if draft.term:
        body["SalesTermRef"]["name"] = draft.term.name
    if draft.location:
        body[KEYS["l"]]["name"] = draft.location.name
    if draft.class_ref:
        body[KEYS["k"]]["name"] = draft.class_ref.name
    before = [line for line in then.get("Line") or [] if line.get("DetailType") != "SubTotalLineDetail"]
    for place, line in enumerate(body["Line"]):
        _line(line, draft.lines[place] if place < len(draft.lines) else None, before[place : place + 1])
    body["TxnTaxDetail"] = _tax(body, tax, then)
    return body


def body_of(draft: InvoiceDraft, customer: Ref, items: Mapping[str, Ref]) -> Body:
    """The body that would be written, with names in place of ids that do not exist yet."""
    return invoice_body(draft, customer.id or customer.name, {name: item.id or name for name, item in items.items()})


def _line(line: Body, draft: LineDraft | None, before: list[Raw]) -> None:
    """With the names of its references, and with what QuickBooks chose for the line at its position."""
    kind = line["DetailType"]
    for old in before:
        line["Id"] = old.get("Id")
    if kind == TEXT:
        return
    detail: Body = line.setdefault(kind, {})
    for old in before:
        chosen = old.get(kind) or {}
        for key in ("TaxCodeRef", "DiscountAccountRef"):
            if key not in detail and key in chosen:
                detail[key] = chosen[key]
    if draft is None:
        return
    detail["ItemRef"]["name"] = draft.item_name
    for key, ref in (("TaxCodeRef", draft.tax_code), ("ClassRef", draft.class_ref)):
        if ref is not None:
            detail[key]["name"] = ref.name


def _tax(body: Body, tax: Decimal | None, then: Raw) -> Body:
    old = then.get("TxnTaxDetail") or {}
    stated: Body = body.get("TxnTaxDetail") or {}
    lines = [_override(line) for line in stated.get("TaxLine") or []]
    code = stated.get("TxnTaxCodeRef") or old.get("TxnTaxCodeRef")
    total = old.get("TotalTax") if tax is None else tax
    return {"TotalTax": total, "TaxLine": lines, **({"TxnTaxCodeRef": code} if code else {})}


def _override(line: Raw) -> Body:
    """A stated tax amount is set, whatever the rate gives."""
    detail = {**line["TaxLineDetail"], "OverrideDeltaAmount": line["Amount"]}
    return {**line, "TaxLineDetail": detail}
