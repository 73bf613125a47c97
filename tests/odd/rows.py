"""The rows of the table: one odd invoice each, in short words, and what a bookkeeper wants of it.

A line is a text: `3x 33.33 20%` (three lines of 33.33 at 20 %), `30.00 250*12.00/100 20%` (250 at 12.00 per 100),
`100.00 taxed Books` (taxable, of the service type Books), `100.00 0% E` (of the tax category E), `0.00 text` (no more
than a text). Discounts and charges are written the same, with a name for the service type, `of=10` for a discount of
10 % and `after` for one after tax; a tax is `20.00 20% S`. `cost=80.00` is what a billable expense cost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
Json = dict[str, Any]

_WORDS: Mapping[str, Callable[[str], Json]] = {
    "cost": lambda word: {"cost": word.removeprefix("cost=")},
    "of": lambda word: {"percent": word.removeprefix("of=")},
    "after": lambda word: {"after_tax": True},
    "taxed": lambda word: {"taxable": True},
    "text": lambda word: {"service_type": "", "description": "Under warranty"},
    "untaxed": lambda word: {"taxable": False},
}


@dataclass(frozen=True)
class Company:
    """A company's sandbox and rules. `invoice` is what its invoices begin with; `rates` are exchange rates;
    `closed_through` is the day up to which its books are closed."""

    name: str
    edition: str
    currency: str | None
    automated: bool
    default_tax_code: str | None
    rates: Mapping[str, str]
    rules: str
    invoice: Json
    closed_through: str


@dataclass(frozen=True)
class Row:
    """An invoice. Right is one of: `booked`, QuickBooks' total, which is the host's unless automated sales tax makes
    it; `held`, nothing written, and why; `withheld`: QuickBooks has it with another total than the host, by automated
    sales tax, and a person has to look. `balance` is what is due in QuickBooks; `codes` are the tax codes there; `days`
    its date and its due date, `says` fields of QuickBooks' invoice, `whose` its customer."""

    company: str
    name: str
    invoice: Json
    booked: Decimal | None
    held: str
    withheld: str
    balance: Decimal | None
    codes: tuple[str, ...]
    days: tuple[str, ...]
    says: Json
    whose: str

    @property
    def total(self) -> Decimal:
        """What the host's document comes to, with its rounding of what is payable; of a credit note what it is
        worth."""
        total = Decimal(self.invoice["total"]) + Decimal(self.invoice.get("rounding", "0"))
        return abs(total) if self.credits else total

    @property
    def credits(self) -> bool:
        """Whether it becomes a credit memo."""
        return "credit" in self.invoice["customer"].get("tags", ())


@cache
def companies() -> dict[str, Company]:
    """By name. `TOTALS` in their rules is what settles differences, the same for all."""
    source = _read("companies")
    totals = source.pop("totals")
    return {
        name: Company(
            name,
            each.get("sandbox", name),
            each.get("currency"),
            each.get("automated") == "yes",
            each.get("default_tax_code"),
            each.get("rates", {}),
            each["rules"] + totals.replace("ROUNDING", each["rounding"]),
            each["invoice"],
            each.get("closed_through", "2025-12-31"),
        )
        for name, each in source.items()
    }


def rows() -> Iterator[Row]:
    """The whole table, company by company."""
    for company in companies().values():
        for number, row in enumerate(_read(company.name), 1):
            yield _row(company, number, row)


def _read(name: str) -> Any:
    # Every value is a text: amounts are as they are written, NO is Norway.
    return yaml.load(
        (FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    )


def _row(company: Company, number: int, row: Json) -> Row:
    row = dict(row)
    right = {key: row.pop(key, "") for key in ("held", "withheld")}
    booked, balance = (Decimal(row.pop(key)) if key in row else None for key in ("booked", "balance"))
    assert [bool(booked is not None), *map(bool, right.values())].count(True) == 1, f"{company.name}: {row['name']}"
    codes, days = tuple(row.pop("codes", ())), tuple(row.pop("days", ()))
    says, whose = row.pop("says", {}), row.pop("whose", "")
    name = row.pop("name")
    verdict = (booked, right["held"], right["withheld"])
    return Row(company.name, name, _invoice(company, number, row), *verdict, balance, codes, days, says, whose)


def _invoice(company: Company, number: int, row: Json) -> Json:
    found: Json = {"issue_date": "2026-11-20", "status": "open", **company.invoice}
    customer = {**found["customer"], **row.pop("customer", {})}
    if "region" in row:
        customer["address"] = {**customer["address"], "region": row.pop("region")}
    if "tags" in row:
        customer["tags"] = row.pop("tags")
    if row.get("currency", company.invoice["currency"]) != company.invoice["currency"]:
        customer["name"] += f" ({row['currency']})"  # QuickBooks keeps a customer in one currency: no row is the first
    customer = {"id": f"C-{customer['name']}"[:100], **customer}
    found |= {"id": f"{company.name}-{number}", "number": f"N{number}", "customer": customer}
    lines = [line for text in row.pop("lines") for line in _lines(text)]
    found["lines"] = [{"id": str(each), "service_type": "Consulting", **line} for each, line in enumerate(lines, 1)]
    for key, default in (("discounts", "Discount"), ("charges", "Freight")):
        given = [_extra(default, text) for text in row.pop(key, ())]
        found |= {key: given} if given else {}
    if "taxes" in row:
        found["taxes"] = [_tax(text) for text in row.pop("taxes")]
    found["subtotal"] = str(_sum(found["lines"]))
    found["total"] = str(
        _sum(found["lines"]) - _sum(found.get("discounts")) + _sum(found.get("charges")) + _sum(found.get("taxes"))
    )
    return {**found, **row}


def _sum(some: Iterable[Json] | None) -> Decimal:
    return sum((Decimal(each["amount"]) for each in some or ()), Decimal(0))


def _extra(default: str, text: str) -> Json:
    words = _words(text)
    return {"name": words.pop("service_type", default), **words}


def _tax(text: str) -> Json:
    words = _words(text)
    return {
        "name": "Tax",
        **{
            "rate" if key == "tax_rate" else "category" if key == "tax_category" else key: value
            for key, value in words.items()
        },
    }


def _lines(text: str) -> Iterator[Json]:
    times, _, rest = text.rpartition("x ")
    for _ in range(int(times or 1)):
        yield _words(rest)


def _words(text: str) -> Json:
    amount, *words = text.split()
    found: Json = {"amount": amount}
    for word in words:
        found |= _word(word)
    return found


def _word(word: str) -> Json:
    if priced := re.fullmatch(r"(-?[\d.]+)\*(-?[\d.]+)(?:/(\d+))?", word):
        quantity, price, per = priced.groups()
        return {"quantity": quantity, "unit_price": price, **({"price_per": per} if per else {})}
    if word.endswith("%"):
        return {"tax_rate": word[:-1]}
    if re.fullmatch("[A-Z]{1,2}", word):
        return {"tax_category": word}
    known = _WORDS.get(word.partition("=")[0])
    return known(word) if known else {"service_type": word}
