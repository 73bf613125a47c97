"""The lists of a QuickBooks company that rules may name, in a file: schemas/snapshot.schema.json."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.findings.refusals import read_json
from onedesk_quickbooks.plugin.model.books import BooksCustomer, BooksItem
from onedesk_quickbooks.plugin.model.company_settings import Account, BooksClass, Company, Ref, TaxCode
from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.texts import Text

_COMPANY = (
    "realm_id",
    "name",
    "country",
    "home_currency",
    "multicurrency",
    "custom_numbers",
    "uses_sales_tax",
    "automated_sales_tax",
    "allows_discount",
    "tracks_classes",
    "tracks_locations",
    "tracks_invoice_class",
    "online_payments",
    "custom_fields",
)


@dataclass(frozen=True, slots=True)
class CompanySnapshot:
    """The company data that `check --company` compares with. E-mail addresses are left out, since the file may be
    shared. `taken_at` is ISO 8601, "" if unknown; `payment_methods` is None in files of older versions, which lack
    them."""

    company: Company
    accounts: tuple[Account, ...] = ()
    items: tuple[BooksItem, ...] = ()
    tax_codes: tuple[TaxCode, ...] = ()
    terms: tuple[Ref, ...] = ()
    classes: tuple[BooksClass, ...] = ()
    customers: tuple[BooksCustomer, ...] = ()
    taken_at: str = ""
    locations: tuple[BooksClass, ...] = ()
    payment_methods: tuple[BooksClass, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """The snapshot in the form of schemas/snapshot.schema.json."""
        return {
            "version": 1,
            "taken_at": self.taken_at,
            "company": _plain(self.company, _COMPANY),
            "accounts": [_plain(each, each.__slots__) for each in self.accounts],
            "items": [_plain(each, ("id", "name", "type", "income_account", "active")) for each in self.items],
            "tax_codes": [_plain(each, ("id", "name", "sales_rate", "active")) for each in self.tax_codes],
            "terms": [_plain(each, each.__slots__) for each in self.terms],
            "classes": [_plain(each, each.__slots__) for each in self.classes],
            "locations": [_plain(each, each.__slots__) for each in self.locations],
            "customers": [_plain(each, ("id", "name", "currency", "active")) for each in self.customers],
            **(
                {"payment_methods": [_plain(each, each.__slots__) for each in self.payment_methods]}
                if self.payment_methods is not None
                else {}
            ),
        }

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> CompanySnapshot:
        """Read data that the schema has accepted."""
        return cls(
            company=_company(source["company"]),
            accounts=tuple(Account(**each) for each in source.get("accounts", ())),
            items=tuple(_item(each) for each in source.get("items", ())),
            tax_codes=tuple(_tax_code(each) for each in source.get("tax_codes", ())),
            terms=tuple(Ref(**each) for each in source.get("terms", ())),
            classes=tuple(BooksClass(**each) for each in source.get("classes", ())),
            customers=tuple(
                BooksCustomer(each["id"], each["name"], each.get("currency", ""), active=each.get("active", True))
                for each in source.get("customers", ())
            ),
            taken_at=source.get("taken_at", ""),
            locations=tuple(BooksClass(**each) for each in source.get("locations", ())),
            payment_methods=_methods(source),
        )


def read_snapshot(path: Path) -> CompanySnapshot:
    """Read a snapshot file. Raises CannotRead with the problem and the remedy."""
    what = Text("snapshot of a company")
    return CompanySnapshot.from_json(read_json(path, "snapshot", what, Text("write one with the command snapshot")))


def _company(source: Mapping[str, Any]) -> Company:
    fields = tuple((definition, name) for definition, name in source.get("custom_fields", ()))
    return Company(**{"realm_id": "", **source, "custom_fields": fields})


def _methods(source: Mapping[str, Any]) -> tuple[BooksClass, ...] | None:
    """The payment methods; None in files of older versions, which lack them."""
    found = source.get("payment_methods")
    return None if found is None else tuple(BooksClass(**each) for each in found)


def _item(source: Mapping[str, Any]) -> BooksItem:
    account = source.get("income_account")
    return BooksItem(
        source["id"], source["name"], source["type"], Ref(**account) if account else None, source.get("active", True)
    )


def _tax_code(source: Mapping[str, Any]) -> TaxCode:
    rate = source.get("sales_rate")
    return TaxCode(source["id"], source["name"], None if rate is None else Decimal(rate), source.get("active", True))


def _plain(entry: object, fields: Iterable[str]) -> dict[str, Any]:
    """The fields as JSON: rates as text, references as id and name."""
    found: dict[str, Any] = {}
    for name in fields:
        value = getattr(entry, name)
        if isinstance(value, Decimal):
            value = plain(value)
        found[name] = _plain(value, value.__slots__) if isinstance(value, Ref) else value
    return found
