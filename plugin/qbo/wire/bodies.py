"""Drafts in QuickBooks' wire format: what is written there (qbo-api.md 2.1 to 2.3, 3.1, 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.invoice import Address
from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.model.payment_plan import PaymentDraft
from onedesk_quickbooks.plugin.model.plan import (
    CustomerDraft,
    DiscountDraft,
    InvoiceDraft,
    ItemDraft,
    LineDraft,
    TaxOverride,
)
from onedesk_quickbooks.plugin.model.tax_ids import has_tax_id, same_phone
from onedesk_quickbooks.plugin.qbo.wire.addresses import address_body, address_words, whole_address
from onedesk_quickbooks.plugin.qbo.wire.optional import FIELD_DIGITS, FIELDS, KEYS, fields, written_values

Body = dict[str, Any]

TEXT = "DescriptionOnly"
"""A line with a text only (qbo-api.md 2.1.2)."""
_CALCULATIONS = {"excluded": "TaxExcluded", "none": "NotApplicable"}


def customer_body(draft: CustomerDraft, parent_id: str = "") -> Body:
    """A customer to create; `parent_id` is the customer above a sub-customer. CurrencyRef can only be set now, and is
    then fixed (qbo-api.md 2.2)."""
    below = {"ParentRef": _ref(parent_id), "Job": True, "BillWithParent": draft.bill_with_parent} if parent_id else {}
    return _filled(
        {
            "DisplayName": draft.display_name,
            "CompanyName": draft.company_name,
            "GivenName": draft.given_name,
            "FamilyName": draft.family_name,
            "PrimaryEmailAddr": _filled({"Address": draft.email}),
            "PrimaryPhone": _filled({"FreeFormNumber": draft.phone}),
            "PrimaryTaxIdentifier": draft.tax_id,
            "BillAddr": address_body(draft.address),
            "CurrencyRef": _ref(draft.currency),
            "Taxable": draft.taxable,
            **below,
        }
    )


def customer_update_body(raw: Mapping[str, Any], address: Address | None, phone: str = "", tax_id: str = "") -> Body:
    """The update that gives an existing customer, as QuickBooks just answered it, a new billing address, phone or tax
    number, as far as it has others; {} for no change. Sparse: all else is kept, and so are the addresses of its
    invoices (qbo-facts: an invoice has a copy)."""
    changed: Body = {}
    if address is not None and not has_address(raw, address):
        changed["BillAddr"] = whole_address(address_body(address))
    if not same_phone(phone, str((raw.get("PrimaryPhone") or {}).get("FreeFormNumber", ""))):
        changed["PrimaryPhone"] = {"FreeFormNumber": phone}
    if not has_tax_id(str(raw.get("PrimaryTaxIdentifier", "")), tax_id):
        changed["PrimaryTaxIdentifier"] = tax_id
    kept = {key: raw[key] for key in ("Id", "SyncToken") if key in raw}
    return {**kept, "sparse": True, **changed} if changed else {}


def has_address(raw: Mapping[str, Any], address: Address) -> bool:
    """Whether a customer, as QuickBooks answered it, already has this billing address, in whatever form."""
    return address_words(raw.get("BillAddr")) == address_words(address_body(address))


def item_body(draft: ItemDraft) -> Body:
    """A service item to create (qbo-api.md 2.3)."""
    body: Body = {"Name": draft.name, "Type": "Service", "IncomeAccountRef": _ref(draft.income_account.id)}
    return body if draft.taxable is None else {**body, "Taxable": draft.taxable}


def invoice_body(draft: InvoiceDraft, customer_id: str, item_ids: Mapping[str, str]) -> Body:
    """An invoice to create. `item_ids` maps casefolded item names to ids; Raises KeyError where a line's item is not in
    it.

    Tax (qbo-api.md 7): every line of a non-US company carries its code and the document says TaxExcluded; a US one
    leaves GlobalTaxCalculation out and names a transaction code only where tax is not automated. An empty number is
    never written: that would make an invoice without one.
    """
    lines = [_line(line, item_ids) for line in draft.lines]
    if draft.discount is not None:
        lines.append(_discount(draft.discount, us=draft.tax_calculation == "us"))
    body = _filled(
        {
            "DocNumber": draft.number,
            "AutoDocNumber": True if draft.auto_number and not draft.number else None,
            "CustomerRef": _ref(customer_id),
            "TxnDate": draft.issue_date.isoformat(),
            "DueDate": draft.due_date.isoformat() if draft.due_date else None,
            "SalesTermRef": _ref(draft.term.id) if draft.term else None,
            "CurrencyRef": _ref(draft.currency),
            "ExchangeRate": _number(draft.exchange_rate),
            "GlobalTaxCalculation": _CALCULATIONS.get(draft.tax_calculation),
            "TxnTaxDetail": _tax(draft),
            "ApplyTaxAfterDiscount": True if draft.tax_after_discount else None,
            "Line": lines,
            "Deposit": _number(draft.deposit),
            "CustomerMemo": _filled({"value": draft.memo}),
            "PrivateNote": draft.private_note,
            "BillAddr": address_body(draft.bill_address),
            "ShipAddr": address_body(draft.ship_address),
            "BillEmail": _filled({"Address": draft.email}),
            "BillEmailCc": _filled({"Address": ", ".join(draft.email_cc)}),
            KEYS["b"]: _filled({"Address": ", ".join(draft.email_bcc)}),
            KEYS["l"]: _ref(draft.location.id) if draft.location else None,
            KEYS["k"]: _ref(draft.class_ref.id) if draft.class_ref else None,
            KEYS["c"]: draft.card_payment,
            KEYS["a"]: draft.bank_payment,
            FIELDS: [_custom_field(each.field.id, each.value, each.field.name) for each in draft.custom_fields],
        }
    )
    return _cleared(body, draft.cleared)


_CLEARED: Body = {
    "blind copy": {KEYS["b"]: {"Address": ""}},
    "location": {KEYS["l"]: {"value": ""}},
    "class": {KEYS["k"]: {"value": ""}},
}


def _cleared(body: Body, cleared: tuple[str, ...]) -> Body:
    """With empty values for what an earlier body wrote and the rules no longer name. How a customer may pay is not
    changed: there is no value for none."""
    for part in cleared:
        body.update(_CLEARED.get(part, {}))
        if part.startswith("field "):
            body.setdefault(FIELDS, []).append(_custom_field(part.removeprefix("field "), "", ""))
    return body


def _custom_field(definition: str, value: str, name: str | None) -> Body:
    """`name` is None for one that is written unchanged (`optional.touched`)."""
    named = {} if name is None else {"Name": name}
    return {"DefinitionId": definition, **named, "Type": "StringType", "StringValue": value}


def invoice_update(
    body: Mapping[str, Any], qbo_id: str, sync_token: str, *, current: BooksInvoice | None = None
) -> Body:
    """`invoice_body` as a sparse update of `current`, the invoice as QuickBooks has it.

    Lines and addresses are written as a whole, and emptied fields are cleared with "" (null would be ignored,
    qbo-api.md 3.4) or 0. Tax that is not stated is calculated again: an earlier override is removed unless the body
    repeats it. A number that is left out is not changed. Where the customer differs, an address that the body does not
    name is removed: it is the first customer's.
    """
    update: Body = {**_EMPTIED, **body, "Id": qbo_id, "SyncToken": sync_token, "sparse": True}
    if "GlobalTaxCalculation" not in body:
        update.setdefault("ApplyTaxAfterDiscount", False)
    moved = current is not None and body["CustomerRef"]["value"] != current.customer_id
    for key in ("BillAddr", "ShipAddr"):
        if key in body or moved:
            update[key] = whole_address(body.get(key) or {})
    if current is None:
        return update
    if FIELDS in body:
        there = {digit: value for digit, value in written_values(current.written).items() if digit in FIELD_DIGITS}
        kept = [_custom_field(digit, value, None) for digit, value in there.items() if digit not in fields(body)]
        update[FIELDS] = [*body[FIELDS], *kept]
    if current.number:
        update.pop("AutoDocNumber", None)
    return update


_EMPTIED: Body = {
    "CustomerMemo": {"value": ""},
    "PrivateNote": "",
    "BillEmail": {"Address": ""},
    "BillEmailCc": {"Address": ""},
}


def applying_body(
    invoice: BooksInvoice, memo: BooksInvoice, amount: Decimal, day: date, note: str, currency: str | None
) -> Body:
    """A payment of zero that applies `amount` of a credit memo to an invoice (qbo-api.md section 8, 14). `currency` is
    None where the company has no multicurrency."""
    return _filled(
        {
            "CustomerRef": _ref(invoice.customer_id),
            "TotalAmt": Decimal(0),
            "TxnDate": day.isoformat(),
            "CurrencyRef": _ref(currency),
            "ExchangeRate": _number(memo.exchange_rate) if currency else None,
            "PrivateNote": note,
            "Line": [_applied(invoice.id, "Invoice", amount), _applied(memo.id, "CreditMemo", amount)],
        }
    )


def payment_body(draft: PaymentDraft, invoice_ids: Mapping[str, str]) -> Body:
    """A payment of the host. `invoice_ids` maps the host's invoices to QuickBooks' (qbo-api.md 2.4 Payment)."""
    lines = [_applied(invoice_ids[each.od_invoice_id], "Invoice", each.amount) for each in draft.lines]
    return _filled(
        {
            "CustomerRef": _ref(draft.customer_id),
            "TotalAmt": _number(draft.total),
            "TxnDate": draft.date.isoformat(),
            "CurrencyRef": _ref(draft.currency),
            "ExchangeRate": _number(draft.exchange_rate),
            "PaymentMethodRef": _ref(draft.method.id) if draft.method else None,
            "PaymentRefNum": draft.reference,
            "DepositToAccountRef": _ref(draft.deposit_to.id) if draft.deposit_to else None,
            "PrivateNote": draft.note,
            "Line": lines,
        }
    )


def _applied(qbo_id: str, what: str, amount: Decimal) -> Body:
    return {"Amount": _number(amount), "LinkedTxn": [{"TxnId": qbo_id, "TxnType": what}]}


def attachable_body(entity: str, qbo_id: str, name: str, content_type: str, note: str, send: bool) -> dict[str, Any]:
    """The data of a file that is attached to an invoice, or to another `entity`."""
    return {
        "AttachableRef": [{"EntityRef": {"type": entity, "value": qbo_id}, "IncludeOnSend": send}],
        "FileName": name,
        "ContentType": content_type,
        "Note": note,
    }


def send_body(qbo_id: str, to: str) -> Body:
    """The record of a request to e-mail an invoice; it is sent without a body."""
    return {"Id": qbo_id, "sendTo": to}


def _tax(draft: InvoiceDraft) -> Body:
    """The transaction's tax code (US), the tax of single rates as the host has it, and the total tax where it is stated
    (honoured under automated sales tax: qbo-api.md 7)."""
    code = draft.us_tax_code
    lines = [_tax_line(override) for override in draft.tax_overrides]
    whole = _number(draft.tax_total)
    return _filled({"TxnTaxCodeRef": _ref(code.id) if code else None, "TotalTax": whole, "TaxLine": lines})


def _tax_line(override: TaxOverride) -> Body:
    return {
        "Amount": _number(override.amount),
        "DetailType": "TaxLineDetail",
        "TaxLineDetail": {
            "TaxRateRef": _ref(override.rate.id),
            "PercentBased": True,
            "TaxPercent": _number(override.percent),
            "NetAmountTaxable": _number(override.net),
        },
    }


def _line(line: LineDraft, item_ids: Mapping[str, str]) -> Body:
    if line.is_text:
        return {"DetailType": TEXT, "Description": line.description, "DescriptionLineDetail": {}}
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
    """US lines allow only TAX and NON, and a discount line there has no code (qbo-api.md 2.1.2). A percentage gives the
    same amount: QuickBooks calculates the amount from it."""
    detail = {
        "PercentBased": discount.percent is not None,
        "DiscountPercent": _number(discount.percent),
        "DiscountAccountRef": _ref(discount.account.id) if discount.account else None,
        "TaxCodeRef": _ref(discount.tax_code.id) if discount.tax_code and not us else None,
    }
    return _filled(
        {
            "DetailType": "DiscountLineDetail",
            "Amount": _number(discount.amount),
            "Description": discount.description,
            "DiscountLineDetail": _filled(detail),
        }
    )


def _ref(value: str | None) -> Body | None:
    return {"value": value} if value else None


def _number(value: Decimal | None) -> Decimal | None:
    """A Decimal that JSON writes in plain digits, whatever its exponent."""
    return None if value is None else Decimal(plain(value))


def _filled(fields: Body) -> Body:
    """Without empty fields: QuickBooks also leaves them out of its answers."""
    return {key: value for key, value in fields.items() if value not in (None, "", {}, [])}
