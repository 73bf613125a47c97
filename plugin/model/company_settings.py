"""The company in QuickBooks: its settings, and the accounts, tax codes, terms and classes for plans."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal

from onedesk_quickbooks.plugin.model.money import plain


@dataclass(frozen=True, slots=True)
class Company:
    """The connected company. `country` is ISO 3166-1 alpha-2 (qbo-api.md 2.4 CompanyInfo, Preferences)."""

    realm_id: str
    name: str
    country: str
    home_currency: str
    multicurrency: bool = False
    custom_numbers: bool = False
    uses_sales_tax: bool = True
    automated_sales_tax: bool = False
    allows_discount: bool = True
    tracks_classes: bool = True  # for each line (ClassTrackingPerTxnLine)
    allows_deposit: bool = True
    closed_through: date | None = None  # the last day of closed books (qbo-facts: BookCloseDate)
    applies_credits: bool = False  # applies open credits and payments of a customer to its new invoices automatically
    tracks_locations: bool = True
    tracks_invoice_class: bool = False  # one for the whole invoice (ClassTrackingPerTxn)
    online_payments: bool = True  # whether customers can pay online at all
    custom_fields: tuple[tuple[str, str], ...] = ()  # on its sales forms: id of the definition, and name

    def with_preferences(self, preferences: Preferences) -> Company:
        """The same company with these preferences."""
        return replace(self, **asdict(preferences))

    @property
    def is_us(self) -> bool:
        """US companies have only TAX and NON on lines (qbo-api.md 7)."""
        return self.country == "US"


@dataclass(frozen=True, slots=True)
class Preferences:
    """The settings of the company in QuickBooks, as `Company` has them."""

    home_currency: str
    multicurrency: bool
    custom_numbers: bool
    uses_sales_tax: bool
    automated_sales_tax: bool
    allows_discount: bool
    tracks_classes: bool
    allows_deposit: bool
    closed_through: date | None
    applies_credits: bool
    tracks_locations: bool
    tracks_invoice_class: bool
    online_payments: bool
    custom_fields: tuple[tuple[str, str], ...]


NEW = "new "
"""Prefix of the id of a record that an earlier invoice of the run creates."""


@dataclass(frozen=True, slots=True)
class Ref:
    """An object that QuickBooks has, or will have: its id and its name."""

    id: str
    name: str

    @property
    def coming(self) -> bool:
        """Whether an earlier invoice of the run creates it: QuickBooks has no id for it yet."""
        return self.id.startswith(NEW)


@dataclass(frozen=True, slots=True)
class Account:
    """An account; `type` is QuickBooks' AccountType ("Income", "Bank", ...)."""

    id: str
    name: str
    type: str
    number: str = ""
    active: bool = True
    subtype: str = ""


def takes_deposits(account: Account) -> bool:
    """Whether customers' money may be deposited there."""
    return account.type.casefold() in ("bank", "other current asset")


@dataclass(frozen=True, slots=True)
class RatePeriod:
    """A percentage and the days it is valid, both included; None where QuickBooks names no first or last day."""

    percent: Decimal
    first: date | None = None
    last: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the percentage is valid on a day."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class SalesRate:
    """One rate of a tax code on sales. `percent` is 20 for 20 %; `applies` is QuickBooks' TaxTypeApplicable in our
    words: "amount", "amount_and_tax" (of rates with a lower `order`) or "tax" (that of `on_order`). `periods` are the
    percentages that QuickBooks lists with their days, in its order; mostly none or one."""

    id: str
    name: str
    percent: Decimal
    applies: str = "amount"
    order: int = 0
    on_order: int = 0
    periods: tuple[RatePeriod, ...] = ()

    def on(self, day: date) -> SalesRate:
        """The rate with the percentage that is valid on a day: of several periods the one that begins last, without any
        the rate unchanged."""
        valid = [period for period in self.periods if period.covers(day)]
        percent = max(valid, key=lambda period: period.first or date.min).percent if valid else self.percent
        return self if percent == self.percent else replace(self, percent=percent)


@dataclass(frozen=True, slots=True)
class TaxCode:
    """A tax code. `sales_rate` is the sum of its sales rates in percent, None where it cannot be used on sales;
    `rates` are the single ones, in QuickBooks' order."""

    id: str
    name: str
    sales_rate: Decimal | None
    active: bool = True
    rates: tuple[SalesRate, ...] = ()

    def on(self, day: date) -> TaxCode:
        """The code with the percentages that are valid on a day."""
        if self.sales_rate is None:
            return self
        rates = tuple(rate.on(day) for rate in self.rates)
        return self if rates == self.rates else replace(self, rates=rates, sales_rate=compounded(rates))


def compounded(rates: Iterable[SalesRate]) -> Decimal:
    """The total of several rates in percent of the net amount: one may apply to net plus earlier tax, or to one earlier
    tax alone (qbo-api.md 7, TaxTypeApplicable)."""
    by_order: dict[int, Decimal] = {}
    for rate in sorted(rates, key=lambda rate: rate.order):
        earlier = sum((tax for order, tax in by_order.items() if order < rate.order), Decimal(0))
        base = Decimal(100)
        if rate.applies == "amount_and_tax":
            base += earlier
        elif rate.applies == "tax":
            base = by_order.get(rate.on_order, earlier)
        by_order[rate.order] = by_order.get(rate.order, Decimal(0)) + base * rate.percent / 100
    return Decimal(plain(sum(by_order.values(), Decimal(0)).normalize()))


@dataclass(frozen=True, slots=True)
class BooksClass:
    """A class; `name` is the fully qualified one ("Parent:Child")."""

    id: str
    name: str
    active: bool = True
