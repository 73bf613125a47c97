"""Drafts in QuickBooks' own words: what is written there (qbo-api.md 2.1 to 2.3, 3.1, 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.books import Ref
from onedesk_quickbooks.plugin.model.invoice import Address
from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.model.plan import CustomerDraft, DiscountDraft, InvoiceDraft, ItemDraft, LineDraft

Body = dict[str, Any]

_CALCULATIONS = {"excluded": "TaxExcluded", "none": "NotApplicable"}


def customer_body(draft: CustomerDraft) -> Body:
    """A customer to create. CurrencyRef can only be set now, and is then fixed for good (qbo-api.md 2.2)."""
    return _filled(
        {
            "DisplayName": draft.display_name,
            "CompanyName": draft.company_name,
            "GivenName": draft.given_name,
            "FamilyName": draft.family_name,
            "PrimaryEmailAddr": _filled({"Address": draft.email}),
            "PrimaryPhone": _filled({"FreeFormNumber": draft.phone}),
            "BillAddr": _address(draft.address),
            "CurrencyRef": _ref(draft.currency),
        }
    )


def item_body(draft: ItemDraft) -> Body:
    """A service item to create (qbo-api.md 2.3)."""
    taxable = {"Taxable": True} if draft.taxable else {}
    return {"Name": draft.name, "Type": "Service", "IncomeAccountRef": _ref(draft.income_account.id), **taxable}


def item_account_body(raw: Mapping[str, Any], account: Ref) -> Body:
    """Give an existing item, as QuickBooks just answered it, its income account; sparse, all else is kept."""
    kept = {key: raw[key] for key in ("Id", "SyncToken", "Name", "Type") if key in raw}
    return {**kept, "sparse": True, "IncomeAccountRef": _ref(account.id)}


def invoice_body(draft: InvoiceDraft, customer_id: str, item_ids: Mapping[str, str]) -> Body:
    """An invoice to create. `item_ids` maps casefolded item names to ids; KeyError where a line's item is not in it.

    Tax (qbo-api.md 7): every line of a non-US company carries its code and the document says TaxExcluded; a US one
    leaves GlobalTaxCalculation out and names a transaction code only where tax is not automated.
    """
    lines = [_line(line, item_ids) for line in draft.lines]
    if draft.discount is not None:
        lines.append(_discount(draft.discount, us=draft.tax_calculation == "us"))
    us_code = {"TxnTaxCodeRef": _ref(draft.us_tax_code.id)} if draft.us_tax_code else None
    return _filled(
        {
            "DocNumber": draft.number,
            "CustomerRef": _ref(customer_id),
            "TxnDate": draft.issue_date.isoformat(),
            "DueDate": draft.due_date.isoformat() if draft.due_date else None,
            "SalesTermRef": _ref(draft.term.id) if draft.term else None,
            "CurrencyRef": _ref(draft.currency),
            "ExchangeRate": _number(draft.exchange_rate),
            "GlobalTaxCalculation": _CALCULATIONS.get(draft.tax_calculation),
            "TxnTaxDetail": us_code,
            "ApplyTaxAfterDiscount": True if draft.tax_after_discount else None,
            "Line": lines,
            "CustomerMemo": _filled({"value": draft.memo}),
            "PrivateNote": draft.private_note,
            "BillEmail": _filled({"Address": draft.email}),
        }
    )


def invoice_update(body: Mapping[str, Any], qbo_id: str, sync_token: str) -> Body:
    """`invoice_body` as a sparse update: lines stand whole, and what was emptied is cleared with "" (null would be
    ignored, qbo-api.md 3.4). A number that is left out stays as it is."""
    emptied: Body = {"CustomerMemo": {"value": ""}, "PrivateNote": "", "BillEmail": {"Address": ""}}
    return {**emptied, **body, "Id": qbo_id, "SyncToken": sync_token, "sparse": True}


def _line(line: LineDraft, item_ids: Mapping[str, str]) -> Body:
    detail = {
        "ItemRef": _ref(item_ids[line.item_name.casefold()]),
        "Qty": _number(line.quantity),
        "UnitPrice": _number(line.unit_price),
        "TaxCodeRef": _ref(line.tax_code.id) if line.tax_code else None,
        "ClassRef": _ref(line.class_ref.id) if line.class_ref else None,
        "ServiceDate": line.service_date.isoformat() if line.service_date else None,
    }
    return _filled(
        {
            "DetailType": "SalesItemLineDetail",
            "Amount": _number(line.amount),
            "Description": line.description,
            "SalesItemLineDetail": _filled(detail),
        }
    )


def _discount(discount: DiscountDraft, us: bool) -> Body:
    """US lines know TAX and NON alone, and a discount line there has no code (qbo-api.md 2.1.2)."""
    code = _ref(discount.tax_code.id) if discount.tax_code and not us else None
    return _filled(
        {
            "DetailType": "DiscountLineDetail",
            "Amount": _number(discount.amount),
            "Description": discount.description,
            "DiscountLineDetail": _filled({"PercentBased": False, "TaxCodeRef": code}),
        }
    )


def _address(address: Address) -> Body:
    return _filled(
        {
            "Line1": address.line1,
            "Line2": address.line2,
            "City": address.city,
            "CountrySubDivisionCode": address.region,
            "PostalCode": address.postal_code,
            "Country": address.country,
        }
    )


def _ref(value: str | None) -> Body | None:
    return {"value": value} if value else None


def _number(value: Decimal | None) -> Decimal | None:
    """A Decimal that JSON shows in plain digits, whatever its exponent."""
    return None if value is None else Decimal(plain(value))


def _filled(fields: Body) -> Body:
    """Without what is empty: QuickBooks answers such fields by leaving them out, too."""
    return {key: value for key, value in fields.items() if value not in (None, "", {}, [])}
