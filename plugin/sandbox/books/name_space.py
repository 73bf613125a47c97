"""Customers, vendors and employees: one name space (qbo-api.md 2.2)."""

from __future__ import annotations

from decimal import Decimal

from onedesk_quickbooks.plugin.sandbox.books.addresses import own_address
from onedesk_quickbooks.plugin.sandbox.books.currency import currency_ref, know_currency
from onedesk_quickbooks.plugin.sandbox.books.families import level_below, parent_of
from onedesk_quickbooks.plugin.sandbox.books.ledger import NAMES, Books
from onedesk_quickbooks.plugin.sandbox.store import folded
from onedesk_quickbooks.plugin.sandbox.wire.faults import refusal
from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, Body, money, number, ref, ref_id

_PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")
_FORBIDDEN = (":", "\t", "\n", "\r")
_TAKEN = (
    "The name supplied already exists. : Another customer, vendor or employee is already using this name. "
    "Please use a different name."
)


def complete_name(books: Books, kind: str, draft: Body, old: Body | None) -> Body:
    """Any of the three: display name, currency, balance, defaults. Raises Refused 6080, 2040, 6240, 2500."""
    for key in (*_PARTS, "DisplayName", "PrintOnCheckName"):
        if key in draft:
            draft[key] = draft[key].strip(" ")
    parts = " ".join(draft[part] for part in _PARTS if draft.get(part))
    name = draft.get("DisplayName") or parts
    if not name and old:
        name = old["DisplayName"]
    if not name.strip():
        raise refusal("6080", "No name provided : at least one of the name elements is required", "DisplayName")
    draft["DisplayName"] = name
    for key in ("DisplayName", "PrintOnCheckName", *_PARTS):
        if any(each in draft.get(key, "") for each in _FORBIDDEN):
            raise refusal("2040", f"Invalid String : {key} must not have a colon, a tab or a new line", key)
    draft["Active"] = draft.get("Active", True)
    if old and old.get("Active", True) and not draft["Active"]:
        draft["DisplayName"] = books.retired(NAMES, name)
    _unique(books, draft["DisplayName"], old)
    draft["CurrencyRef"] = _currency(books, draft, old)
    draft["Balance"] = _balance(draft, old)
    draft.setdefault("PrintOnCheckName", (draft.get("CompanyName") or parts or name)[:110])
    _mask(draft, old)
    for key in ("BillAddr", "ShipAddr", "OtherAddr", "PrimaryAddr"):
        own_address(books, draft, old, key)
    return draft


def complete_customer(books: Books, draft: Body, old: Body | None) -> Body:
    """A customer. Raises Refused as `complete_name` does, and 6180 beyond five levels."""
    complete_name(books, "Customer", draft, old)
    for key, kind in (
        ("SalesTermRef", "Term"),
        ("PaymentMethodRef", "PaymentMethod"),
        ("DefaultTaxCodeRef", "TaxCode"),
    ):
        if ref_id(draft, key):
            draft[key] = ref(ref_id(draft, key), str(books.refer(kind, ref_id(draft, key)).get("Name")))
    jobs = number((old or {}).get("BalanceWithJobs")) - number((old or {}).get("Balance"))
    draft["BalanceWithJobs"] = money(draft["Balance"] + jobs)
    draft.setdefault("Taxable", books.edition == "us")
    draft.setdefault("BillWithParent", False)
    draft.setdefault("PreferredDeliveryMethod", "Print")
    draft["IsProject"] = False
    _place(books, draft)
    return draft


def complete_vendor(books: Books, draft: Body, old: Body | None) -> Body:
    """A vendor."""
    complete_name(books, "Vendor", draft, old)
    draft.setdefault("Vendor1099", False)
    return draft


def complete_employee(books: Books, draft: Body, old: Body | None) -> Body:
    """An employee."""
    complete_name(books, "Employee", draft, old)
    draft.pop("CurrencyRef")
    draft.pop("Balance")
    draft.setdefault("BillableTime", False)
    if draft.get("SSN"):
        draft["SSN"] = "XXX-XX-XXXX"
    return draft


def _unique(books: Books, name: str, old: Body | None) -> None:
    rows = books.store.rows("SELECT kind, id FROM entity WHERE name = ? AND state != 0", (folded(name),))
    if any(kind in NAMES and (old is None or entity_id != old["Id"]) for kind, entity_id in rows):
        raise refusal("6240", _TAKEN)


def _currency(books: Books, draft: Body, old: Body | None) -> Body:
    """Set at creation and unchangeable afterwards (qbo-api.md 2.2, 7)."""
    if old:
        return currency_ref(ref_id(old, "CurrencyRef") or books.home)
    code = ref_id(draft, "CurrencyRef") or books.home
    know_currency(books, code)
    return currency_ref(code)


def _balance(draft: Body, old: Body | None) -> Decimal:
    """The opening balance. A vendor's can only be set at creation; a customer's becomes an invoice."""
    return money(number((old or draft).get("Balance"))) or ZERO


def _place(books: Books, draft: Body) -> None:
    """Set the place of a customer under its parents: Job, Level, FullyQualifiedName."""
    parent = parent_of(books, "Customer", draft, "Names")
    draft["Job"] = parent is not None
    draft["FullyQualifiedName"] = draft["DisplayName"]
    draft.pop("Level", None)
    if parent is not None:
        draft["Level"] = Decimal(level_below(parent))
        draft["ParentRef"] = ref(parent["Id"], str(parent["DisplayName"]))
        draft["FullyQualifiedName"] = f"{parent['FullyQualifiedName']}:{draft['DisplayName']}"


def _mask(draft: Body, old: Body | None) -> None:
    """Mask a tax number except for its last five characters."""
    given = draft.get("PrimaryTaxIdentifier", "")
    if len(given) > 5 and given != (old or {}).get("PrimaryTaxIdentifier"):
        draft["PrimaryTaxIdentifier"] = "X" * (len(given) - 5) + given[-5:]
