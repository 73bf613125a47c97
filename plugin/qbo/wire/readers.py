"""What QuickBooks answered, in our own words (qbo-api.md 2). Raw objects come from JSON with Decimals."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pycountry

from onedesk_quickbooks.plugin.model.books import (
    Account,
    BooksCustomer,
    BooksInvoice,
    BooksItem,
    BooksPayment,
    Company,
    Ref,
    SalesRate,
    TakenNumber,
    TaxCode,
)
from onedesk_quickbooks.plugin.model.money import plain

Raw = Mapping[str, Any]


def read_company(realm_id: str, info: Raw, preferences: Raw) -> Company:
    """CompanyInfo and Preferences together. KeyError where the preferences name no home currency."""
    sales, taxes = preferences.get("SalesFormsPrefs") or {}, preferences.get("TaxPrefs") or {}
    currencies = preferences.get("CurrencyPrefs") or {}
    accounting = preferences.get("AccountingInfoPrefs") or {}
    return Company(
        realm_id=realm_id,
        name=_text(info, "CompanyName") or _text(info, "LegalName"),
        country=read_country(info),
        home_currency=str(currencies["HomeCurrency"]["value"]),
        multicurrency=_true(currencies.get("MultiCurrencyEnabled")),
        custom_numbers=_true(sales.get("CustomTxnNumbers")),
        uses_sales_tax=_true(taxes.get("UsingSalesTax")),
        automated_sales_tax=_true(taxes.get("PartnerTaxEnabled")),
        allows_discount=_true(sales.get("AllowDiscount")),
        tracks_classes=_true(accounting.get("ClassTrackingPerTxnLine")),
    )


def read_country(info: Raw) -> str:
    """ISO 3166-1 alpha-2 of a company, given there as alpha-2, alpha-3 or a name; "" where it says none
    (qbo-api.md 2.4 CompanyInfo)."""
    addresses = (info.get(key) or {} for key in ("CompanyAddr", "LegalAddr"))
    for said in (_text(info, "Country"), *(_text(address, "Country") for address in addresses)):
        if not said:
            continue
        try:
            return str(pycountry.countries.lookup(said).alpha_2)
        except LookupError:
            continue
    return ""


def read_customer(raw: Raw) -> BooksCustomer:
    """A customer; the currency is "" where QuickBooks names none (no multicurrency)."""
    return BooksCustomer(
        id=_text(raw, "Id"),
        name=_text(raw, "DisplayName"),
        currency=_ref_id(raw, "CurrencyRef"),
        email=_text(raw.get("PrimaryEmailAddr") or {}, "Address"),
        active=raw.get("Active") is not False,
        taxable=raw.get("Taxable") is not False,
    )


def read_item(raw: Raw) -> BooksItem:
    """A product/service, by its fully qualified name."""
    account = raw.get("IncomeAccountRef") or {}
    held = _text(account, "value")
    return BooksItem(
        id=_text(raw, "Id"),
        name=_text(raw, "FullyQualifiedName") or _text(raw, "Name"),
        type=_text(raw, "Type"),
        income_account=Ref(held, _text(account, "name")) if held else None,
        active=raw.get("Active") is not False,
        taxable=raw.get("Taxable") is not False,
    )


def read_account(raw: Raw) -> Account:
    """An account, by its fully qualified name."""
    return Account(
        id=_text(raw, "Id"),
        name=_text(raw, "FullyQualifiedName") or _text(raw, "Name"),
        type=_text(raw, "AccountType"),
        number=_text(raw, "AcctNum"),
        active=raw.get("Active") is not False,
    )


def read_tax_code(raw: Raw, rates: Mapping[str, Decimal]) -> TaxCode:
    """A tax code; `rates` maps TaxRate ids to percents. No sales rate where QuickBooks lists none for sales (TAX and
    NON of US companies are of this kind), or lists one that is not in `rates`. A hidden code, which QuickBooks offers
    to nobody, counts as not active."""
    details = (raw.get("SalesTaxRateList") or {}).get("TaxRateDetail") or []
    known = details and all(_ref_id(each, "TaxRateRef") in rates for each in details)
    return TaxCode(
        id=_text(raw, "Id"),
        name=_text(raw, "Name"),
        sales_rate=_together(details, rates) if known else None,
        active=raw.get("Active") is not False and raw.get("Hidden") is not True,
        rates=tuple(_sales_rate(each, rates) for each in details) if known else (),
    )


_APPLIES = {"TaxOnAmountPlusTax": "amount_and_tax", "TaxOnTax": "tax"}


def _sales_rate(detail: Raw, rates: Mapping[str, Decimal]) -> SalesRate:
    rate = detail.get("TaxRateRef") or {}
    return SalesRate(
        id=_text(rate, "value"),
        name=_text(rate, "name"),
        percent=rates[_text(rate, "value")],
        applies=_APPLIES.get(_text(detail, "TaxTypeApplicable"), "amount"),
        order=int(detail.get("TaxOrder") or 0),
        on_order=int(detail.get("TaxOnTaxOrder") or 0),
    )


def _together(details: Iterable[Raw], rates: Mapping[str, Decimal]) -> Decimal:
    """What several rates come to in percent of the net amount: one may be taken from net plus earlier tax, or from
    one earlier tax alone (qbo-api.md 7, TaxTypeApplicable)."""
    by_order: dict[int, Decimal] = {}
    for each in sorted(details, key=lambda each: int(each.get("TaxOrder") or 0)):
        order, applies = int(each.get("TaxOrder") or 0), each.get("TaxTypeApplicable")
        earlier = sum((tax for place, tax in by_order.items() if place < order), Decimal(0))
        base = Decimal(100)
        if applies == "TaxOnAmountPlusTax":
            base += earlier
        elif applies == "TaxOnTax":
            base = by_order.get(int(each.get("TaxOnTaxOrder") or 0), earlier)
        tax = base * rates[_ref_id(each, "TaxRateRef")] / 100
        by_order[order] = by_order.get(order, Decimal(0)) + tax
    total = sum(by_order.values(), Decimal(0))
    return Decimal(plain(total.normalize()))


def read_invoice(raw: Raw) -> BooksInvoice:
    """An invoice. Emptied amounts and quantities tell a voided one; its note is in the company's language."""
    total = amount_of(raw, "TotalAmt")
    note = _text(raw, "PrivateNote")
    details = [line.get("SalesItemLineDetail") or {} for line in raw.get("Line") or []]
    quantities = [amount_of(detail, "Qty") for detail in details if "Qty" in detail]
    emptied = note.startswith("Voided") or (bool(quantities) and not any(quantities))
    return BooksInvoice(
        id=_text(raw, "Id"),
        number=_text(raw, "DocNumber"),
        sync_token=_text(raw, "SyncToken"),
        currency=_ref_id(raw, "CurrencyRef"),
        total=total,
        balance=amount_of(raw, "Balance"),
        customer_id=_ref_id(raw, "CustomerRef"),
        private_note=note,
        email_status=_text(raw, "EmailStatus"),
        voided=not total and emptied,
        fingerprint=fingerprint(raw),
        delivered_at=_text(raw.get("DeliveryInfo") or {}, "DeliveryTime"),
        written=_written(raw),
    )


def read_taken(raw: Raw) -> TakenNumber:
    """An invoice as the holder of its number."""
    day = _text(raw, "TxnDate")
    return TakenNumber(
        id=_text(raw, "Id"),
        name=f"Invoice of {(raw.get('CustomerRef') or {}).get('name') or 'another customer'}",
        customer_id=_ref_id(raw, "CustomerRef"),
        total=amount_of(raw, "TotalAmt"),
        date=date.fromisoformat(day[:10]) if day else None,
        private_note=_text(raw, "PrivateNote"),
    )


def fingerprint(raw: Raw) -> str:
    """SHA-256 of what we write of an invoice, as QuickBooks answered it: an edit by a person there changes it, a
    payment, a sent e-mail or QuickBooks' own upkeep do not."""
    return _digest(_written(raw))


def fingerprint_with(written: str, customers: Mapping[str, str], items: Mapping[str, str]) -> str:
    """The fingerprint that an invoice (`BooksInvoice.written`) has under other ids of customers and items, {its id: the
    other}: what it is once QuickBooks' user has made one name of two."""
    held = json.loads(written)
    held["customer"] = customers.get(held["customer"], held["customer"])
    for line in held["lines"]:
        line[_ITEM] = items.get(line[_ITEM], line[_ITEM])
    return _digest(json.dumps(held, sort_keys=True))


def renamed_refs(then: str, now: str) -> tuple[dict[str, str], dict[str, str]]:
    """The ids of customers and of items in whose place others stand in a later version of an invoice
    (`BooksInvoice.written`): {id then: id now}."""
    old, new = json.loads(then), json.loads(now)
    customers = {old["customer"]: new["customer"]}
    items = {before[_ITEM]: line[_ITEM] for before, line in zip(old["lines"], new["lines"], strict=False)}
    return _differing(customers), _differing(items)


def _differing(ids: Mapping[str, str]) -> dict[str, str]:
    return {old: new for old, new in ids.items() if old and new and old != new}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _written(raw: Raw) -> str:
    held = {
        "number": _text(raw, "DocNumber"),
        "dates": [_text(raw, "TxnDate"), _text(raw, "DueDate")],
        "customer": _ref_id(raw, "CustomerRef"),
        "currency": _ref_id(raw, "CurrencyRef"),
        "memo": _text(raw.get("CustomerMemo") or {}, "value"),
        "note": _text(raw, "PrivateNote"),
        "lines": [_line(line) for line in raw.get("Line") or [] if line.get("DetailType") != "SubTotalLineDetail"],
    }
    return json.dumps(held, sort_keys=True)


_ITEM = 5
"""Where a line of what is fingerprinted has its item."""


def _line(line: Raw) -> list[str]:
    kind = _text(line, "DetailType")
    detail = line.get(kind) or {}
    numbers = [_digits(line.get("Amount")), _digits(detail.get("Qty")), _digits(detail.get("UnitPrice"))]
    refs = [_ref_id(detail, "ItemRef"), _ref_id(detail, "TaxCodeRef")]
    refs += [_ref_id(detail, "ClassRef")] if detail.get("ClassRef") else []
    return [kind, _text(line, "Description"), *numbers, *refs]


def read_payment(raw: Raw, methods: Mapping[str, str] | None = None) -> BooksPayment:
    """A payment. `methods` names payment methods by id, where QuickBooks left the name out of its answer.
    Only what went to invoices is in `applied`."""
    applied: dict[str, Decimal] = {}
    lines = raw.get("Line") or []
    for line in lines:
        for link in line.get("LinkedTxn") or []:
            if link.get("TxnType") == "Invoice":
                invoice_id = _text(link, "TxnId")
                applied[invoice_id] = applied.get(invoice_id, Decimal(0)) + amount_of(line, "Amount")
    method = raw.get("PaymentMethodRef") or {}
    total = amount_of(raw, "TotalAmt")
    return BooksPayment(
        id=_text(raw, "Id"),
        sync_token=_text(raw, "SyncToken"),
        currency=_ref_id(raw, "CurrencyRef"),
        total=total,
        unapplied=amount_of(raw, "UnappliedAmt"),
        date=date.fromisoformat(_text(raw, "TxnDate")[:10]),
        method=_text(method, "name") or (methods or {}).get(_text(method, "value"), ""),
        reference=_text(raw, "PaymentRefNum"),
        customer_id=_ref_id(raw, "CustomerRef"),
        voided=not total and not any(amount_of(line, "Amount") for line in lines),
        applied=tuple(applied.items()),
    )


def amount_of(raw: Raw, key: str) -> Decimal:
    """A number of an answer; nothing counts as zero."""
    value = raw.get(key)
    return Decimal(0) if value is None else Decimal(str(value))


def _digits(value: Any) -> str:
    """A number whose spelling does not matter: 100, 100.00 and "100.0" are the same; "" for none."""
    return "" if value is None else plain(Decimal(str(value)).normalize())


def _text(raw: Raw, key: str) -> str:
    value = raw.get(key)
    return "" if value is None else str(value)


def _ref_id(raw: Raw, key: str) -> str:
    held = raw.get(key)
    return _text(held, "value") if isinstance(held, Mapping) else ""


def _true(value: Any) -> bool:
    """Booleans come bare, and quoted in some answers."""
    return value is True or (isinstance(value, str) and value.lower() == "true")
