"""A first rule set for a company: what is certain is written, everything else is `hold`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from onedesk_quickbooks.plugin.model.books import BooksItem
from onedesk_quickbooks.plugin.model.company_settings import TaxCode
from onedesk_quickbooks.plugin.model.money import rate_key
from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot
from onedesk_quickbooks.plugin.ruleset.core.words import COUNTRIES, fold
from onedesk_quickbooks.plugin.ruleset.read.editor import modeline
from onedesk_quickbooks.plugin.ruleset.read.expressions import scalar

_SOLD = ("Service", "NonInventory", "Inventory")
_WORDS = frozenset(("automatic", "none", "hold", "company_default", "same_name"))


def begin(snapshot: CompanySnapshot, service_types: Iterable[str], countries: Iterable[str] = ()) -> str:
    """The YAML of a rule file. A service type with the name of exactly one active product or service (its last part,
    below categories) takes that item; the others are left to `otherwise`. `countries` are those of the customers in
    use: a country gets a tax code only if exactly one code is possible, else its lines are held."""
    parts = [
        *_head(snapshot),
        *_items(snapshot, service_types),
        *_taxes(snapshot, countries),
        *_discounts(snapshot),
    ]
    return "\n".join(parts) + "\n"


def _head(snapshot: CompanySnapshot) -> Iterator[str]:
    yield modeline("rules")
    yield "#"
    name = " ".join(snapshot.company.name.split()).rstrip(".")
    yield f"# First rules for {name}. Where it says hold, a person decides: put a name there instead."
    yield "version: 1"
    if snapshot.company.multicurrency:
        yield ""
        yield "customers:"
        yield "  when_currency_differs: hold    # separate: one customer for each currency"


def _items(snapshot: CompanySnapshot, service_types: Iterable[str]) -> Iterator[str]:
    found, missing = _matched(snapshot, service_types)
    yield ""
    yield "items:"
    income = [each for each in snapshot.accounts if each.active and each.type == "Income"]
    names = [each for each in income if sum(other.name == each.name for other in income) == 1]
    if len(income) == 1 and names:
        yield f"  default_income_account: {scalar(names[0].name)}    # the only income account there is"
    elif income:
        yield f"  # default_income_account: {scalar(income[0].name)}    # choose one; new items are created on it"
    if found:
        yield "  by_service_type:"
        yield from (f"    {scalar(name)}: {scalar(item.name)}" for name, item in found.items())
    if missing:
        yield "  # QuickBooks has no product/service of these names; they are held until they are listed above:"
        yield from (f"  #   {' '.join(name.split())}" for name in missing)
    yield "  otherwise: hold                # same_name: creates a product/service of the service type's name"


def _matched(snapshot: CompanySnapshot, service_types: Iterable[str]) -> tuple[dict[str, BooksItem], list[str]]:
    by_name: dict[str, list[BooksItem]] = {}
    for item in snapshot.items:
        if item.active and item.type in _SOLD:
            for name in dict.fromkeys((item.name, item.name.rsplit(":", 1)[-1])):
                by_name.setdefault(fold(name), []).append(item)
    found: dict[str, BooksItem] = {}
    missing: list[str] = []
    seen: set[str] = set()
    for name in sorted(service_types, key=fold):
        if not fold(name) or fold(name) in seen:
            continue
        seen.add(fold(name))
        candidates = by_name.get(fold(name), [])
        if len(candidates) == 1:
            found[name.strip()] = candidates[0]
        else:
            missing.append(name)
    return found, missing


def _taxes(snapshot: CompanySnapshot, countries: Iterable[str]) -> Iterator[str]:
    company = snapshot.company
    yield ""
    yield "taxes:"
    if not company.uses_sales_tax:
        yield "  otherwise: none                # the company charges no sales tax"
        return
    known = sorted({each.upper() for each in countries} & COUNTRIES | {company.country})
    rates = {} if company.is_us else _by_rate(snapshot.tax_codes)
    yield "  by_country:"
    for country in known:
        if country != company.country:
            yield f"    {country}: hold                     # sold abroad: name the tax code"
        elif company.is_us:
            yield f"    {country}: automatic                # QuickBooks works it out by the address"
        elif rates:
            yield f"    {country}:"
            yield "      by_rate:"
            yield from (f'        "{rate}": {scalar(code)}' for rate, code in rates.items())
        else:
            yield f"    {country}: hold                     # several tax codes have the same rate: name one"
    yield "  otherwise: hold"


def _discounts(snapshot: CompanySnapshot) -> Iterator[str]:
    """The account of discounts, if the company has exactly one account of that kind."""
    accounts = [each for each in snapshot.accounts if each.active and each.subtype == "DiscountsRefundsGiven"]
    if len(accounts) == 1:
        yield ""
        yield "discounts:"
        yield f"  account: {scalar(accounts[0].name)}"


def _by_rate(codes: Iterable[TaxCode]) -> Mapping[str, str]:
    """Rates that exactly one active sales code has."""
    found: dict[str, list[str]] = {}
    for code in codes:
        if code.active and code.sales_rate is not None and code.sales_rate >= Decimal(0) and code.name not in _WORDS:
            found.setdefault(rate_key(code.sales_rate), []).append(code.name)
    return {
        rate: names[0] for rate, names in sorted(found.items(), key=lambda each: Decimal(each[0])) if len(names) == 1
    }
