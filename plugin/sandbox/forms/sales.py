"""Invoices, credit memos and similar forms: totals, tax, dates, numbers, addresses (qbo-api.md 2.1)."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from onedesk_quickbooks.plugin.sandbox.books.addresses import as_lines, own_address
from onedesk_quickbooks.plugin.sandbox.books.currency import price
from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.forms.numbers import doc_number
from onedesk_quickbooks.plugin.sandbox.forms.totals import total
from onedesk_quickbooks.plugin.sandbox.wire.faults import business, missing, refusal
from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, Body, money, number, ref, ref_id

_ADDRESSES = ("BillAddr", "ShipAddr", "ShipFromAddr")
_ANONYMOUS = ("SalesReceipt", "RefundReceipt")
"""Forms without a required customer (F05)."""
_LABELLED = {"ClassRef": "Class", "DepartmentRef": "Department", "PaymentMethodRef": "PaymentMethod"}


def complete_sale(books: Books, kind: str, draft: Body, old: Body | None) -> Body:
    """Any sales form: checked and calculated. Raises Refused (qbo-api.md section 4)."""
    unnamed = kind in _ANONYMOUS and not ref_id(draft, "CustomerRef")
    customer = {} if unnamed else customer_of(books, draft)
    _same_customer(draft, old)
    draft["TxnDate"] = draft.get("TxnDate") or books.today().isoformat()
    price(books, draft, customer)
    doc_number(books, kind, draft, old)
    _tracking(books, draft)
    for key, target in _LABELLED.items():
        if ref_id(draft, key):
            draft[key] = books.label(target, books.refer(target, ref_id(draft, key))["Id"])
    if ref_id(draft, "SalesTermRef"):
        draft["SalesTermRef"] = books.label("Term", ref_id(draft, "SalesTermRef"))
    _addresses(books, draft, customer, old)
    _copies(books, draft)
    total(books, draft, old, customer)
    _reshape(books, draft, old)
    _custom_fields(books, draft)
    draft.setdefault("PrintStatus", "NeedToPrint")
    draft.setdefault("EmailStatus", "NotSet")
    draft.pop("AutoDocNumber", None)
    if draft["EmailStatus"] == "NeedToSend" and not (draft.get("BillEmail") or {}).get("Address"):
        raise refusal("6420", "Email address is required : delivery type is e-mail", "BillEmail")
    if old and "DeliveryInfo" in old:
        draft["DeliveryInfo"] = old["DeliveryInfo"]
    return draft


def customer_of(books: Books, draft: Body) -> Body:
    """The active customer of a transaction, its reference labelled. Raises Refused 2020, 2500."""
    customer_id = ref_id(draft, "CustomerRef")
    if not customer_id:
        raise missing("CustomerRef")
    customer = books.refer("Customer", customer_id, "Names")
    draft["CustomerRef"] = ref(customer_id, customer["DisplayName"])
    return customer


def payment_links(old: Body | None) -> list[Body]:
    """Links to payments, which a request cannot remove."""
    return [each for each in (old or {}).get("LinkedTxn", []) if each["TxnType"] == "Payment"]


def _same_customer(draft: Body, old: Body | None) -> None:
    """Raise Refused for another customer if payments are applied."""
    if payment_links(old) and ref_id(draft, "CustomerRef") != ref_id(old or {}, "CustomerRef"):
        raise business("You can't change the customer of a transaction that payments are applied to.")


def _tracking(books: Books, draft: Body) -> None:
    """Class and location, which are kept only if the company tracks them (qbo-api.md 2.1)."""
    prefs = books.preferences["AccountingInfoPrefs"]
    if not prefs.get("ClassTrackingPerTxn"):
        draft.pop("ClassRef", None)
    if not prefs.get("TrackDepartments"):
        draft.pop("DepartmentRef", None)


def _copies(books: Books, draft: Body) -> None:
    """The addresses that get a copy of every sales form, if the company has any."""
    prefs = books.preferences["SalesFormsPrefs"]
    for key, preference in (("BillEmailCc", "SalesEmailCc"), ("BillEmailBcc", "SalesEmailBcc")):
        held = prefs.get(preference)
        if not draft.get(key) and held:
            draft[key] = dict(held) if isinstance(held, dict) else {"Address": str(held)}


def _addresses(books: Books, draft: Body, customer: Body, old: Body | None) -> None:
    """Addresses in a request get Ids, the others are the customer's."""
    for key in _ADDRESSES:
        own_address(books, draft, old, key)
    for key in ("BillAddr", "ShipAddr"):
        if not draft.get(key) and customer.get(key):
            draft[key] = dict(customer[key])


def _reshape(books: Books, draft: Body, old: Body | None) -> None:
    """Return addresses that an update changed as lines; automated sales tax needs the parts of the destination."""
    parts_needed = books.preferences["TaxPrefs"].get("PartnerTaxEnabled")
    for key in ("BillAddr",) if parts_needed else _ADDRESSES:
        as_lines(draft, old, key)


def _custom_fields(books: Books, draft: Body) -> None:
    """The company's custom fields, in every form, with the values of the request."""
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


def due(books: Books, draft: Body) -> str:
    """TxnDate plus the invoice's, the customer's or the company's terms, else 30 days."""
    customer = books.get("Customer", ref_id(draft, "CustomerRef"))
    if not ref_id(draft, "SalesTermRef") and ref_id(customer, "SalesTermRef"):
        draft["SalesTermRef"] = customer["SalesTermRef"]
    term_id = ref_id(draft, "SalesTermRef")
    if term_id:
        draft["SalesTermRef"] = books.label("Term", books.refer("Term", term_id)["Id"])
    term_id = term_id or ref_id(books.preferences["SalesFormsPrefs"], "DefaultTerms")
    term = books.find("Term", term_id) if term_id else None
    try:
        return due_date(date.fromisoformat(draft["TxnDate"]), term).isoformat()
    except (OverflowError, ValueError):
        raise refusal("2070", f"Invalid Date. Supplied value:{draft['TxnDate']}", "TxnDate") from None


def due_date(day: date, term: Body | None) -> date:
    """The due date for an amount of that day: a number of days later, or on a day of the month."""
    if term is None:
        return day + timedelta(days=30)
    if term.get("DueDays") is not None:
        return day + timedelta(days=int(term["DueDays"]))
    wanted, ahead = int(term["DayOfMonthDue"]), int(term.get("DueNextMonthDays", 0))
    month_end = calendar.monthrange(day.year, day.month)[1]
    due = day.replace(day=min(wanted, month_end))
    while (due - day).days < max(ahead, 1):
        first = (due.replace(day=1) + timedelta(days=32)).replace(day=1)
        due = first.replace(day=min(wanted, calendar.monthrange(first.year, first.month)[1]))
    return due


def home(books: Books, draft: Body, *keys: str) -> None:
    """Set the amounts in home currency, if the company has several currencies."""
    if not books.multicurrency:
        return
    rate = number(draft.get("ExchangeRate", 1))
    draft["HomeTotalAmt"] = money(number(draft["TotalAmt"]) * rate)
    for key in keys:
        draft[f"Home{key}"] = money(number(draft[key]) * rate)


def voided_note(body: Body) -> str:
    """The note with "Voided" before it, once."""
    note = str(body.get("PrivateNote", ""))
    if note == "Voided" or note.startswith("Voided - "):
        return note
    return f"Voided - {note}" if note else "Voided"


def voided(body: Body) -> Body:
    """A form with all amounts zero, "Voided" before its note (qbo-api.md 3.5)."""
    body["PrivateNote"] = voided_note(body)
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
