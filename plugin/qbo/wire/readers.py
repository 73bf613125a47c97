"""Reads QuickBooks' answers into our own types (qbo-api.md 2). Raw objects come from JSON with Decimals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import pycountry

from onedesk_quickbooks.plugin.model.books import (
    BooksCredit,
    BooksCustomer,
    BooksInvoice,
    BooksItem,
    BooksLine,
    BooksPayment,
    BooksTax,
    TakenNumber,
)
from onedesk_quickbooks.plugin.model.company_settings import (
    Account,
    BooksClass,
    Company,
    Preferences,
    RatePeriod,
    Ref,
    SalesRate,
    TaxCode,
    compounded,
)
from onedesk_quickbooks.plugin.model.invoice import Address
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO, INVOICE
from onedesk_quickbooks.plugin.qbo.problems import Unreadable
from onedesk_quickbooks.plugin.qbo.wire.fingerprints import fingerprint, written
from onedesk_quickbooks.plugin.qbo.wire.optional import FIELD_DIGITS
from onedesk_quickbooks.plugin.qbo.wire.times import read_instant

Raw = Mapping[str, Any]
Parameters = ParamSpec("Parameters")
Found = TypeVar("Found")


def _answered(kind: str) -> Callable[[Callable[Parameters, Found]], Callable[Parameters, Found]]:
    """A reader for objects of this kind that raises `Unreadable` for one without the expected form."""

    def of(read: Callable[Parameters, Found]) -> Callable[Parameters, Found]:
        @wraps(read)
        def found(*raw: Parameters.args, **more: Parameters.kwargs) -> Found:
            try:
                return read(*raw, **more)
            except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
                held = raw[0].get("Id") if isinstance(raw[0], Mapping) else None
                raise Unreadable(kind, str(held or ""), f"{type(error).__name__}: {error}") from error

        return found

    return of


def read_company(realm_id: str, info: Raw, preferences: Raw) -> Company:
    """CompanyInfo and Preferences together. Raises KeyError where the preferences name no home currency."""
    name = _text(info, "CompanyName") or _text(info, "LegalName")
    found = read_preferences(preferences)
    return Company(realm_id, name, read_country(info), found.home_currency).with_preferences(found)


def read_preferences(raw: Raw) -> Preferences:
    """The preferences that planning needs. Raises KeyError where they name no home currency."""
    sales, taxes = raw.get("SalesFormsPrefs") or {}, raw.get("TaxPrefs") or {}
    currencies, accounting = raw.get("CurrencyPrefs") or {}, raw.get("AccountingInfoPrefs") or {}
    return Preferences(
        home_currency=str(currencies["HomeCurrency"]["value"]),
        multicurrency=_true(currencies.get("MultiCurrencyEnabled")),
        custom_numbers=_true(sales.get("CustomTxnNumbers")),
        uses_sales_tax=_true(taxes.get("UsingSalesTax")),
        automated_sales_tax=_true(taxes.get("PartnerTaxEnabled")),
        allows_discount=_true(sales.get("AllowDiscount")),
        tracks_classes=_true(accounting.get("ClassTrackingPerTxnLine")),
        allows_deposit=_true(sales.get("AllowDeposit")),
        closed_through=_day(accounting, "BookCloseDate"),
        applies_credits=_true(sales.get("AutoApplyPayments")) or _true(sales.get("AutoApplyCredit")),
        tracks_locations=_true(accounting.get("TrackDepartments")),
        tracks_invoice_class=_true(accounting.get("ClassTrackingPerTxn")),
        online_payments=_true(sales.get("ETransactionPaymentEnabled")),
        custom_fields=_custom_fields(sales),
    )


def _custom_fields(sales: Raw) -> tuple[tuple[str, str], ...]:
    """The company's own fields of sales forms, if they are in use (qbo-api.md 2.4 Preferences)."""
    by_name = {
        _text(each, "Name"): each for some in sales.get("CustomField") or [] for each in some.get("CustomField") or []
    }
    found = []
    for digit in FIELD_DIGITS:
        used = _true(by_name.get(f"SalesFormsPrefs.UseSalesCustom{digit}", {}).get("BooleanValue"))
        name = _text(by_name.get(f"SalesFormsPrefs.SalesCustomName{digit}", {}), "StringValue")
        if used and name:
            found.append((digit, name))
    return tuple(found)


def read_country(info: Raw) -> str:
    """ISO 3166-1 alpha-2 of a company, given there as alpha-2, alpha-3 or a name; "" for none (qbo-api.md 2.4
    CompanyInfo)."""
    addresses = (info.get(key) or {} for key in ("CompanyAddr", "LegalAddr"))
    for said in (_text(info, "Country"), *(_text(address, "Country") for address in addresses)):
        if not said:
            continue
        try:
            return str(pycountry.countries.lookup(said).alpha_2)
        except LookupError:
            continue
    return ""


@_answered("Customer")
def read_customer(raw: Raw) -> BooksCustomer:
    """A customer; the currency is "" where QuickBooks names none (no multicurrency)."""
    return BooksCustomer(
        id=_text(raw, "Id"),
        name=_text(raw, "DisplayName"),
        currency=_ref_id(raw, "CurrencyRef"),
        email=_text(raw.get("PrimaryEmailAddr") or {}, "Address"),
        active=raw.get("Active") is not False,
        taxable=raw.get("Taxable") is not False,
        address=_address(raw.get("BillAddr") or {}),
        parent_id=_ref_id(raw, "ParentRef"),
        phone=_text(raw.get("PrimaryPhone") or {}, "FreeFormNumber"),
        tax_id=next(filter(None, (_text(raw, key) for key in _TAX_IDS)), ""),
    )


_TAX_IDS = ("PrimaryTaxIdentifier", "BusinessNumber", "GSTIN")


def _address(raw: Raw) -> Address:
    return Address(
        line1=_text(raw, "Line1"),
        line2=_text(raw, "Line2"),
        city=_text(raw, "City"),
        region=_text(raw, "CountrySubDivisionCode"),
        postal_code=_text(raw, "PostalCode"),
        country=_text(raw, "Country"),
    )


@_answered("Item")
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


@_answered("Account")
def read_account(raw: Raw) -> Account:
    """An account, by its fully qualified name."""
    return Account(
        id=_text(raw, "Id"),
        name=_text(raw, "FullyQualifiedName") or _text(raw, "Name"),
        type=_text(raw, "AccountType"),
        number=_text(raw, "AcctNum"),
        active=raw.get("Active") is not False,
        subtype=_text(raw, "AccountSubType"),
    )


@_answered("Class")
def read_class(raw: Raw) -> BooksClass:
    """A class, by its fully qualified name."""
    name = _text(raw, "FullyQualifiedName") or _text(raw, "Name")
    return BooksClass(_text(raw, "Id"), name, raw.get("Active") is not False)


@_answered("TaxCode")
def read_tax_code(raw: Raw, rates: Mapping[str, Raw]) -> TaxCode:
    """A tax code; `rates` maps ids to QuickBooks' TaxRates. No sales rate where QuickBooks lists none for sales (TAX
    and NON of US companies are such), or lists one that is not in `rates` or has no percentage. A hidden code, which
    QuickBooks does not offer, counts as inactive."""
    details = (raw.get("SalesTaxRateList") or {}).get("TaxRateDetail") or []
    found = [_sales_rate(each, rates.get(_ref_id(each, "TaxRateRef"))) for each in details]
    known = tuple(rate for rate in found if rate is not None)
    usable = bool(details) and len(known) == len(details)
    return TaxCode(
        id=_text(raw, "Id"),
        name=_text(raw, "Name"),
        sales_rate=compounded(known) if usable else None,
        active=raw.get("Active") is not False and raw.get("Hidden") is not True,
        rates=known if usable else (),
    )


_APPLIES = {"TaxOnAmountPlusTax": "amount_and_tax", "TaxOnTax": "tax"}


def _sales_rate(detail: Raw, rate: Raw | None) -> SalesRate | None:
    """One rate of a code; RateValue is today's percentage, EffectiveTaxRate also has those of other days."""
    if rate is None:
        return None
    periods = tuple(_period(each) for each in rate.get("EffectiveTaxRate") or [] if each.get("RateValue") is not None)
    if rate.get("RateValue") is None and not periods:
        return None
    latest = max(periods, key=lambda each: each.first or date.min).percent if periods else Decimal(0)
    return SalesRate(
        id=_ref_id(detail, "TaxRateRef"),
        name=_text(rate, "Name"),
        percent=latest if rate.get("RateValue") is None else amount_of(rate, "RateValue"),
        applies=_APPLIES.get(_text(detail, "TaxTypeApplicable"), "amount"),
        order=int(detail.get("TaxOrder") or 0),
        on_order=int(detail.get("TaxOnTaxOrder") or 0),
        periods=periods,
    )


def _period(raw: Raw) -> RatePeriod:
    return RatePeriod(amount_of(raw, "RateValue"), _day(raw, "EffectiveDate"), _day(raw, "EndDate"))


VOIDED = "Voided"
"""The beginning of the note of a void invoice in a company that uses English."""


_AT_ONCE = timedelta(seconds=5)
"""How much later than an e-mail QuickBooks may date the change of its form by that e-mail."""


def _is_mailed_as_is(raw: Raw) -> bool:
    if _text(raw, "EmailStatus") != "EmailSent":
        return False
    with suppress(ValueError):
        mailed = read_instant(_text(raw.get("DeliveryInfo") or {}, "DeliveryTime"))
        changed = read_instant(_text(raw.get("MetaData") or {}, "LastUpdatedTime"))
        return changed - mailed <= _AT_ONCE
    return False


@_answered("Invoice")
def read_invoice(raw: Raw) -> BooksInvoice:
    """An invoice. Empty amounts and quantities show a void one; its note is in the company's language. One that had a
    total of zero before looks the same: `is_voided` distinguishes them."""
    total = amount_of(raw, "TotalAmt")
    note = _text(raw, "PrivateNote")
    details = [line.get(SALE) or {} for line in raw.get("Line") or []]
    quantities = [amount_of(detail, "Qty") for detail in details if "Qty" in detail]
    held = written(raw)
    mark = fingerprint(held)
    emptied = note.startswith(VOIDED) or (bool(quantities) and not any(quantities))
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
        fingerprint=mark,
        delivered_at=_text(raw.get("DeliveryInfo") or {}, "DeliveryTime"),
        mailed_as_is=_is_mailed_as_is(raw),
        written=held,
        issue_date=_day(raw, "TxnDate"),
        email=_text(raw.get("BillEmail") or {}, "Address"),
        tax=amount_of(raw.get("TxnTaxDetail") or {}, "TotalTax"),
        deposit=amount_of(raw, "Deposit"),
        exchange_rate=amount_of(raw, "ExchangeRate") or None,
        bounced=_text(raw.get("DeliveryInfo") or {}, "DeliveryErrorType"),
        lines=tuple(_sale(line) for line in raw.get("Line") or [] if line.get("DetailType") == SALE),
        customer_name=_text(raw.get("CustomerRef") or {}, "name"),
        taxes=tuple(_tax(each) for each in (raw.get("TxnTaxDetail") or {}).get("TaxLine") or []),
        tax_code_ids=tuple(dict.fromkeys(code for each in details if (code := _ref_id(each, "TaxCodeRef")))),
        payment_ids=tuple(
            _text(each, "TxnId") for each in raw.get("LinkedTxn") or [] if _text(each, "TxnType") == "Payment"
        ),
    )


FORMS = {INVOICE: "Invoice", CREDIT_MEMO: "CreditMemo"}
"""QuickBooks' names of the forms that an invoice of the host becomes."""
_KINDS = {entity: kind for kind, entity in FORMS.items()}


def kind_of(entity: str) -> str:
    """INVOICE or CREDIT_MEMO, by QuickBooks' name."""
    return _KINDS[entity]


def read_credit_memo(raw: Raw) -> BooksInvoice:
    """A credit memo, which has the fields of an invoice; its balance is the unapplied amount."""
    found = read_invoice(raw)
    left = amount_of(raw, "RemainingCredit") if "RemainingCredit" in raw else found.balance
    return replace(found, balance=left, kind=CREDIT_MEMO)


def read_form(raw: Raw, kind: str) -> BooksInvoice:
    """An invoice or a credit memo."""
    return read_credit_memo(raw) if kind == CREDIT_MEMO else read_invoice(raw)


SALE = "SalesItemLineDetail"


def _sale(line: Raw) -> BooksLine:
    item = (line.get(SALE) or {}).get("ItemRef") or {}
    return BooksLine(
        Ref(_text(item, "value"), _text(item, "name")), _text(line, "Description"), amount_of(line, "Amount")
    )


def _tax(line: Raw) -> BooksTax:
    detail = line.get("TaxLineDetail") or {}
    return BooksTax(_ref_id(detail, "TaxRateRef"), amount_of(detail, "TaxPercent"), amount_of(line, "Amount"))


@_answered("Invoice")
def read_taken(raw: Raw, kind: str = "invoice") -> TakenNumber:
    """An invoice, or a form of another `kind`, as the holder of its number."""
    day = _text(raw, "TxnDate")
    return TakenNumber(
        id=_text(raw, "Id"),
        name=f"{kind.capitalize()} of {(raw.get('CustomerRef') or {}).get('name') or 'another customer'}",
        customer_id=_ref_id(raw, "CustomerRef"),
        total=amount_of(raw, "TotalAmt"),
        date=date.fromisoformat(day[:10]) if day else None,
        private_note=_text(raw, "PrivateNote"),
        kind=kind,
    )


DEPOSIT = "Deposit"
"""What was paid in advance, as an invoice has it (qbo-api.md 2.1)."""


def read_deposit(raw: Raw) -> Decimal:
    """The deposit of an invoice, or of a request that writes one."""
    return amount_of(raw, DEPOSIT)


@_answered("Payment")
def read_payment(raw: Raw, methods: Mapping[str, str] | None = None) -> BooksPayment:
    """A payment. `methods` names payment methods by id, where QuickBooks left the name out of its answer. `applied` has
    only amounts for invoices."""
    applied: dict[str, Decimal] = {}
    credits: list[BooksCredit] = []
    numbers: dict[str, None] = {}
    lines = raw.get("Line") or []
    for line in lines:
        for link in line.get("LinkedTxn") or []:
            if link.get("TxnType") == "Invoice":
                invoice_id = _text(link, "TxnId")
                applied[invoice_id] = applied.get(invoice_id, Decimal(0)) + amount_of(line, "Amount")
                numbers[_number_of(line)] = None
            else:
                credits.append(_credit(line, link))
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
        credits=tuple(credits),
        numbers=tuple(filter(None, numbers)),
        private_note=_text(raw, "PrivateNote"),
        deposit_to=_ref_id(raw, "DepositToAccountRef"),
        deposited=any(link.get("TxnType") == "Deposit" for link in raw.get("LinkedTxn") or []),
    )


_CREDITS = {"CreditMemo": "credit_memo", "JournalEntry": "journal_entry"}


def _credit(line: Raw, link: Raw) -> BooksCredit:
    """A line of a payment that is linked to another object than an invoice; its number is in what QuickBooks adds to
    its answers (qbo-api.md 2.4 Payment)."""
    what = _text(link, "TxnType")
    number = _number_of(line)
    amount = abs(amount_of(line, "Amount"))
    return BooksCredit(_CREDITS.get(what, "other_credit"), what, _text(link, "TxnId"), number, amount)


def _number_of(line: Raw) -> str:
    """The number of the object that a line of a payment is linked to, "" where QuickBooks does not give it."""
    said = [(each.get("value") or {}) for each in (line.get("LineEx") or {}).get("any") or []]
    return next((_text(each, "Value") for each in said if each.get("Name") == "txnReferenceNumber"), "")


_MOST = Decimal(10) ** 20


def amount_of(raw: Raw, key: str) -> Decimal:
    """A number in an answer; a missing one is zero. Raises ValueError for an impossible amount: NaN, or 1e300."""
    value = raw.get(key)
    found = Decimal(0) if value is None else Decimal(str(value))
    if not found.is_finite() or abs(found) >= _MOST:
        raise ValueError(f"{key} is {str(value)[:40]}")
    return found


def _text(raw: Raw, key: str) -> str:
    value = raw.get(key)
    return "" if value is None else str(value)


def _day(raw: Raw, key: str) -> date | None:
    """A day, which QuickBooks writes with or without a time."""
    text = _text(raw, key)
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None


def _ref_id(raw: Raw, key: str) -> str:
    held = raw.get(key)
    return _text(held, "value") if isinstance(held, Mapping) else ""


def _true(value: Any) -> bool:
    """Booleans are bare, and quoted in some answers."""
    return value is True or (isinstance(value, str) and value.lower() == "true")
