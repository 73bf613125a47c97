"""The company itself: CompanyInfo and Preferences, of which there is one object each."""

from __future__ import annotations

from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.wire.faults import not_found, refusal, stale
from onedesk_quickbooks.plugin.sandbox.wire.fields import DATE, read_object
from onedesk_quickbooks.plugin.sandbox.wire.values import Body

_LOCKED = {
    ("CurrencyPrefs", "MultiCurrencyEnabled"),
    ("CurrencyPrefs", "HomeCurrency"),
    ("TaxPrefs", "UsingSalesTax"),
    ("TaxPrefs", "PartnerTaxEnabled"),
}
"""Settings that the API cannot change: multicurrency cannot be switched off, sales tax is set up by hand (qbo-api.md
7)."""


def update_single(books: Books, kind: str, body: Body) -> Body:
    """Change CompanyInfo or Preferences, group by group. Raises Refused 2010, 2060, 2070, 5010, 610."""
    if body.get("Id", "1") not in ("1", 1):
        raise not_found()
    old = books.get(kind, "1")
    if str(body.get("SyncToken", "")) != old["SyncToken"]:
        raise stale()
    new = dict(old)
    for key, value in body.items():
        if key in ("Id", "SyncToken", "MetaData", "domain", "sparse"):
            continue
        if key not in old and kind == "Preferences":
            raise refusal("2010", f'Property Name:Unrecognized field "{key}" specified is unsupported or invalid')
        new[key] = _group(key, old.get(key), value)
    _close(new)
    return books.save(kind, new, old, "Update" if kind == "Preferences" else "")


def change_settings(books: Books, kind: str, group: str, changes: Body | list[Body]) -> None:
    """Change settings as the company's owner does: no field is locked. Raises Refused 2060, 2070."""
    old = books.get(kind, "1")
    held = old.get(group)
    new = {**old, group: {**held, **changes} if isinstance(held, dict) and isinstance(changes, dict) else changes}
    _close(new)
    books.save(kind, new, old, "Update" if kind == "Preferences" else "")


def closed_through(books: Books) -> str:
    """The closing date of the books, e.g. 2026-06-30; empty if they are open."""
    return str(books.preferences["AccountingInfoPrefs"].get("BookCloseDate", ""))


def _close(preferences: Body) -> None:
    """Check the closing date; an empty one opens the books and is not returned. Raises Refused 2060, 2070."""
    group = preferences.get("AccountingInfoPrefs")
    if not isinstance(group, dict) or "BookCloseDate" not in group:
        return
    day = read_object({"BookCloseDate": group["BookCloseDate"]}, {"BookCloseDate": DATE}, "AccountingInfoPrefs")
    kept = {key: each for key, each in group.items() if key != "BookCloseDate"}
    preferences["AccountingInfoPrefs"] = {**kept, **day} if day.get("BookCloseDate") else kept


def subscribe(books: Books, status: str) -> None:
    """Set the subscription in CompanyInfo: SUBSCRIBED, SUSPENDED (qbo-api.md 2.4)."""
    held = books.company["NameValue"]
    values = [{**each, "Value": status} if each["Name"] == "SubscriptionStatus" else each for each in held]
    change_settings(books, "CompanyInfo", "NameValue", values)


def _group(key: str, old: object, value: object) -> object:
    if not isinstance(old, dict) or not isinstance(value, dict):
        return value
    return {**old, **{name: each for name, each in value.items() if (key, name) not in _LOCKED}}
