"""Invoices, credit memos and their like: totals, tax, dates, numbers, addresses (qbo-api.md 2.1)."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from decimal import Decimal

from onedesk_quickbooks.plugin.sandbox.books.currency import price
from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.forms.lines import LineReader, Sums
from onedesk_quickbooks.plugin.sandbox.forms.numbers import doc_number
from onedesk_quickbooks.plugin.sandbox.forms.tax import (
    TaxPart,
    add_parts,
    automatic_rates,
    factor,
    rates_of,
    supplied_amounts,
    tax_lines,
    tax_on,
    us_code_rates,
)
from onedesk_quickbooks.plugin.sandbox.wire.faults import business, missing, refusal
from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, Body, money, number, ref, ref_id

_LABELLED = {"ClassRef": "Class", "DepartmentRef": "Department", "PaymentMethodRef": "PaymentMethod"}


def complete_sale(books: Books, kind: str, draft: Body, old: Body | None) -> Body:
    """Any sales form: checked and computed. Raises Refused (qbo-api.md section 4)."""
    customer = customer_of(books, draft, kind)
    draft["TxnDate"] = draft.get("TxnDate") or books.today().isoformat()
    price(books, draft, customer)
    doc_number(books, kind, draft, old)
    for key, target in _LABELLED.items():
        if ref_id(draft, key):
            draft[key] = books.label(target, books.refer(target, ref_id(draft, key))["Id"])
    _addresses(draft, customer)
    _amounts(books, draft, old)
    _custom_fields(books, draft)
    draft.setdefault("PrintStatus", "NeedToPrint")
    draft.setdefault("EmailStatus", "NotSet")
    draft.pop("AutoDocNumber", None)
    if draft["EmailStatus"] == "NeedToSend" and not (draft.get("BillEmail") or {}).get("Address"):
        raise refusal("6420", "Email address is required : delivery type is e-mail", "BillEmail")
    return draft


def complete_invoice(books: Books, draft: Body, old: Body | None) -> Body:
    """An invoice: due date, balance (what payments took off stays off), online payment flags."""
    complete_sale(books, "Invoice", draft, old)
    draft["DueDate"] = draft.get("DueDate") or _due(books, draft)
    paid = number(old["TotalAmt"]) - number(old.get("Deposit")) - number(old["Balance"]) if old else ZERO
    balance = draft["TotalAmt"] - number(draft.get("Deposit")) - paid
    if balance < 0 and number(draft.get("Deposit")) > draft["TotalAmt"]:
        raise business("The deposit must not be more than the total.")
    draft["Balance"] = money(balance)
    draft["LinkedTxn"] = _links(draft, old)
    for key in ("AllowIPNPayment", "AllowOnlinePayment", "AllowOnlineCreditCardPayment", "AllowOnlineACHPayment"):
        draft.setdefault(key, False)
    _home(books, draft, "Balance")
    if old and "DeliveryInfo" in old:
        draft["DeliveryInfo"] = old["DeliveryInfo"]
    return draft


def complete_credit_memo(books: Books, draft: Body, old: Body | None) -> Body:
    """A credit memo: what is left of it."""
    complete_sale(books, "CreditMemo", draft, old)
    used = number(old["TotalAmt"]) - number(old["RemainingCredit"]) if old else ZERO
    if draft["TotalAmt"] < used:
        raise business("The credit memo is applied for more than its new total.")
    draft["RemainingCredit"] = draft["Balance"] = money(draft["TotalAmt"] - used)
    draft["LinkedTxn"] = _links(draft, old)
    _home(books, draft, "Balance")
    return draft


def customer_of(books: Books, draft: Body, kind: str) -> Body:
    """The active customer of a transaction, its reference labelled. Raises Refused 2020, 2500."""
    customer_id = ref_id(draft, "CustomerRef")
    if not customer_id:
        raise missing("CustomerRef")
    customer = books.refer("Customer", customer_id, "Names")
    draft["CustomerRef"] = ref(customer_id, customer["DisplayName"])
    return customer


def _links(draft: Body, old: Body | None) -> list[Body]:
    """Payments stay linked whatever a request says; an estimate may be linked by one."""
    own = [each for each in draft.get("LinkedTxn", []) if each.get("TxnType") not in ("Payment", "CreditMemo")]
    held = [each for each in (old or {}).get("LinkedTxn", []) if each["TxnType"] in ("Payment", "CreditMemo")]
    return own + held


def _addresses(draft: Body, customer: Body) -> None:
    for key in ("BillAddr", "ShipAddr"):
        if not draft.get(key) and customer.get(key):
            draft[key] = dict(customer[key])


def _custom_fields(books: Books, draft: Body) -> None:
    """The company's own fields stand in every form, with the value a request gave."""
    names = [each for each in books.store.meta("custom_fields").split("\n") if each]
    given = {str(each.get("DefinitionId")): each.get("StringValue") for each in draft.get("CustomField", [])}
    fields: list[Body] = []
    for number_, name in enumerate(names, 1):
        held: Body = {"DefinitionId": str(number_), "Name": name, "Type": "StringType"}
        if given.get(str(number_)):
            held["StringValue"] = str(given[str(number_)])
        fields.append(held)
    draft["CustomField"] = fields
    if not fields:
        draft.pop("CustomField")


def _due(books: Books, draft: Body) -> str:
    """TxnDate by the invoice's, the customer's or the company's terms, else 30 days."""
    customer = books.get("Customer", ref_id(draft, "CustomerRef"))
    if not ref_id(draft, "SalesTermRef") and ref_id(customer, "SalesTermRef"):
        draft["SalesTermRef"] = customer["SalesTermRef"]
    term_id = ref_id(draft, "SalesTermRef")
    if term_id:
        draft["SalesTermRef"] = books.label("Term", books.refer("Term", term_id)["Id"])
    term_id = term_id or ref_id(books.preferences["SalesFormsPrefs"], "DefaultTerms")
    term = books.find("Term", term_id) if term_id else None
    return due_date(date.fromisoformat(draft["TxnDate"]), term).isoformat()


def due_date(day: date, term: Body | None) -> date:
    """When an amount of that day is due: so many days later, or on a day of the month."""
    if term is None:
        return day + timedelta(days=30)
    if term.get("DueDays") is not None:
        return day + timedelta(days=int(term["DueDays"]))
    wanted, ahead = int(term["DayOfMonthDue"]), int(term.get("DueNextMonthDays", 0))
    month_end = calendar.monthrange(day.year, day.month)[1]
    due = day.replace(day=min(wanted, month_end))
    if (due - day).days < max(ahead, 1):
        first = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        due = first.replace(day=min(wanted, calendar.monthrange(first.year, first.month)[1]))
    return due


def _home(books: Books, draft: Body, key: str) -> None:
    """Amounts in home currency, where the company has several."""
    if not books.multicurrency:
        return
    rate = number(draft.get("ExchangeRate", 1))
    draft["HomeTotalAmt"] = money(number(draft["TotalAmt"]) * rate)
    draft[f"Home{key}"] = money(number(draft[key]) * rate)


def _amounts(books: Books, draft: Body, old: Body | None) -> None:
    """Lines, tax and total."""
    prefs = books.preferences["TaxPrefs"]
    taxed, us = bool(prefs.get("UsingSalesTax")), books.edition == "us"
    mode = "TaxExcluded" if us else draft.get("GlobalTaxCalculation") or "TaxExcluded"
    detail = draft.get("TxnTaxDetail") or {}
    if mode == "NotApplicable" and (detail.get("TaxLine") or ref_id(detail, "TxnTaxCodeRef")):
        raise refusal(
            "6170", "Invalid TxnTaxDetail : not allowed with GlobalTaxCalculation NotApplicable", "TxnTaxDetail"
        )
    sums = LineReader(books, mode, taxed, old).read(draft.get("Line") or [])
    draft["Line"] = sums.lines
    if us:
        draft.pop("GlobalTaxCalculation", None)
        draft["ApplyTaxAfterDiscount"] = bool(draft.get("ApplyTaxAfterDiscount"))
        tax = _us_tax(books, draft, sums, detail) if taxed else {"TotalTax": ZERO}
    else:
        draft["GlobalTaxCalculation"] = mode
        draft["ApplyTaxAfterDiscount"] = False
        tax = _world_tax(books, sums, detail, mode) if taxed else {"TotalTax": ZERO}
    draft["TxnTaxDetail"] = tax
    before = sum(sums.per_code.values(), ZERO) if mode == "TaxInclusive" else sums.subtotal + tax["TotalTax"]
    draft["TotalAmt"] = money(before - sums.discount)
    if draft["TotalAmt"] < 0:
        raise business("Transaction amount must be 0 or greater.")


def _us_tax(books: Books, draft: Body, sums: Sums, detail: Body) -> Body:
    """One code for the whole form, on the lines marked TAX; by the state where tax is automatic."""
    taxable = sums.per_code.get("TAX", ZERO)
    if draft["ApplyTaxAfterDiscount"]:
        taxable -= _spread(sums).get("TAX", ZERO)
    code_id = ref_id(detail, "TxnTaxCodeRef")
    automatic = bool(books.preferences["TaxPrefs"].get("PartnerTaxEnabled"))
    if automatic:
        rates = automatic_rates(books, draft.get("ShipAddr") or books.company.get("CompanyAddr") or {})
    else:
        rates = us_code_rates(books, code_id) if code_id else []
    lines = tax_lines(tax_on(rates, taxable), supplied_amounts(detail)) if taxable else []
    total = sum((line["Amount"] for line in lines), ZERO)
    if automatic and detail.get("TotalTax") is not None and lines:
        total = _prorate(lines, number(detail["TotalTax"]))
    answer: Body = {"TotalTax": money(total)}
    if code_id and not automatic:
        answer["TxnTaxCodeRef"] = ref(code_id)
    if lines:
        answer["TaxLine"] = lines
    return answer


def _prorate(lines: list[Body], wanted: Decimal) -> Decimal:
    """A stated total tax, shared among the lines as they were."""
    total, left = sum((line["Amount"] for line in lines), ZERO), wanted
    for line in lines[:-1]:
        line["Amount"] = money(wanted * line["Amount"] / total) if total else ZERO
        left -= line["Amount"]
    lines[-1]["Amount"] = money(left)
    return wanted


def _world_tax(books: Books, sums: Sums, detail: Body, mode: str) -> Body:
    """Outside the US: every line by its own code, the discount taken off before tax."""
    if mode == "NotApplicable":
        return {"TotalTax": ZERO}
    shares = _spread(sums)
    parts: dict[str, TaxPart] = {}
    for code_id, amount in sums.per_code.items():
        rates = rates_of(books, code_id)
        net = amount - shares.get(code_id, ZERO)
        add_parts(parts, tax_on(rates, net / factor(rates) if mode == "TaxInclusive" else net))
    lines = tax_lines(parts, supplied_amounts(detail))
    return {"TotalTax": money(sum((line["Amount"] for line in lines), ZERO)), "TaxLine": lines}


def _spread(sums: Sums) -> dict[str, Decimal]:
    """The discount's part of each tax code, in proportion; the last takes what rounding left."""
    total, left = sum(sums.per_code.values(), ZERO), sums.discount
    shares: dict[str, Decimal] = {}
    codes = list(sums.per_code)
    for code_id in codes[:-1]:
        shares[code_id] = money(sums.discount * sums.per_code[code_id] / total) if total else ZERO
        left -= shares[code_id]
    if codes:
        shares[codes[-1]] = left
    return shares


def voided(body: Body) -> Body:
    """A form with every amount taken out, "Voided" before its note (qbo-api.md 3.5)."""
    note = body.get("PrivateNote", "")
    body["PrivateNote"] = f"Voided - {note}" if note else "Voided"
    for key in ("TotalAmt", "Balance", "HomeTotalAmt", "HomeBalance", "RemainingCredit", "Deposit"):
        if key in body:
            body[key] = ZERO
    for line in body["Line"]:
        line["Amount"] = ZERO
        detail = line.get("SalesItemLineDetail") or {}
        for key in ("Qty", "TaxInclusiveAmt"):
            if key in detail:
                detail[key] = ZERO
    body["TxnTaxDetail"] = {"TotalTax": ZERO}
    return body
