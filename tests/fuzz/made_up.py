"""Companies, rules and invoices for `tests.fuzz.orders`, all from a random number generator.

The tax of an invoice is calculated here separately, as hosts do: per rate on the sum, per line, off by a cent, or not
at all. Its result in QuickBooks is for the plan to predict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

Json = dict[str, Any]
CENT, ZERO = Decimal("0.01"), Decimal(0)


@dataclass(frozen=True)
class Place:
    """A company. `kinds` are the tax words for lines, each with the rates of the host; `taxes` are its tax rules;
    `abroad` are further currencies, with `rates` if the sandbox lacks one."""

    edition: str
    currency: str
    address: Json
    kinds: Sequence[tuple[Json, Sequence[str]]]
    taxes: Json
    free: str
    automated: bool = False
    default_tax_code: str | None = None
    home: str | None = None
    abroad: Sequence[str] = ()

    @property
    def is_us(self) -> bool:
        return self.edition == "us"


_CA = {"line1": "7 Quay Street", "city": "San Mateo", "region": "CA", "postal_code": "94401", "country": "US"}
_CANADA = {
    "by_category": {"Z": "Zero-rated", "E": "Exempt"},
    "by_country": {"CA": {"default": "GST", "ON": "HST ON", "QC": "GST/QST QC - 9.975", "BC": "GST/PST BC"}},
    "exceptions": [{"id": "free", "when": {"taxable": "no"}, "code": "Exempt"}],
    "otherwise": {"code": "Zero-rated"},
}
_FREE: tuple[Json, tuple[str, ...]] = ({"taxable": False}, ())
_ZERO_RATED: tuple[Json, tuple[str, ...]] = ({"tax_category": "Z"}, ())
PLACES: Mapping[str, Place] = {
    "us": Place(
        "us",
        "USD",
        _CA,
        [({"taxable": True}, ["8"]), ({"taxable": True}, ["8"]), _FREE],
        {"by_country": {"US": {"default": "California", "AZ": "Tucson"}}, "otherwise": "none"},
        "",
        default_tax_code="California",
    ),
    "us-tucson": Place(
        "us",
        "USD",
        {"line1": "9 Mesa Road", "city": "Tucson", "region": "AZ", "postal_code": "85701", "country": "US"},
        [({"taxable": True}, ["7.1", "2"]), _FREE],
        {"by_country": {"US": {"default": "California", "AZ": "Tucson"}}, "otherwise": "none"},
        "",
        default_tax_code="California",
    ),
    "us-automated": Place(
        "us",
        "USD",
        _CA,
        [({"taxable": True}, ["7.25"]), ({}, ["7.25"]), _FREE],
        {"by_country": {"US": "automatic"}, "otherwise": "none"},
        "",
        automated=True,
    ),
    "ca-ontario": Place(
        "ca",
        "CAD",
        {"line1": "12 King Street", "city": "Toronto", "region": "ON", "postal_code": "M5H 1A1", "country": "CA"},
        [({}, ["13"]), ({}, ["13"]), _FREE, _ZERO_RATED],
        _CANADA,
        "Out of Scope",
    ),
    "ca-quebec": Place(
        "ca",
        "CAD",
        {"line1": "4 rue Sherbrooke", "city": "Montréal", "region": "Qué.", "postal_code": "H2X 1A1", "country": "CA"},
        [({}, ["5", "9.975"]), ({}, ["5", "9.975"]), _FREE, _ZERO_RATED],
        _CANADA,
        "Out of Scope",
    ),
    "gb": Place(
        "gb",
        "GBP",
        {"line1": "1 High Street", "city": "Leeds", "postal_code": "LS1 1AA", "country": "GB"},
        [
            ({"tax_rate": "20"}, ["20"]),
            ({"tax_rate": "20.00"}, ["20"]),
            ({"tax_rate": "5"}, ["5"]),
            ({"tax_rate": "0", "tax_category": "Z"}, []),
            ({"tax_category": "E"}, []),
        ],
        {
            "by_category": {"Z": "0.0% Z", "E": "Exempt"},
            "by_country": {"GB": {"by_rate": {"20": "20.0% S", "5": "5.0% R"}, "without_rate": "20.0% S"}},
            "otherwise": "hold",
        },
        "No VAT",
    ),
    "au": Place(
        "au",
        "AUD",
        {"line1": "3 Bay Road", "city": "Sydney", "region": "N.S.W.", "postal_code": "2000", "country": "AU"},
        [({"tax_rate": "10"}, ["10"]), ({}, ["10"]), ({"tax_rate": "0", "tax_category": "Z"}, [])],
        {
            "by_category": {"E": "Input tax", "Z": "GST free"},
            "by_country": {"AU": {"by_rate": {"10": "GST"}, "without_rate": "GST"}},
            "otherwise": {"code": "GST free"},
        },
        "Out of Scope",
    ),
    "se": Place(
        "intl",
        "SEK",
        {"line1": "Sveavägen 1", "city": "Stockholm", "postal_code": "111 57", "country": "SE"},
        [
            ({"tax_rate": "25"}, ["25"]),
            ({"tax_rate": "12"}, ["12"]),
            ({"tax_rate": "6"}, ["6"]),
            ({"tax_category": "E"}, []),
        ],
        {
            "by_category": {"E": "Exempt"},
            "otherwise": {"by_rate": {"25": "VAT 25%", "12": "VAT 12%", "6": "VAT 6%"}, "without_rate": "hold"},
        },
        "Out of scope",
        home="SEK",
        abroad=("EUR", "USD", "JPY", "KWD"),
    ),
}
RATES = {"JPY": "0.068", "KWD": "31.2"}
"""In SEK, for currencies that the sandbox lacks."""
_NORTH: Json = {"exceptions": [{"id": "north", "when": {"service_type": "Tra*"}, "class": "Design"}]}
_NOTED: Json = {"private_note": "Due {due_date}\n{purchase_order}"}
_NAMED: Json = {"custom_fields": {"crew #": "{purchase_order}"}, "online_card_payment": "yes"}
_GROUPED: list[Json] = [
    {"lines": {"group_by": "ticket", "description": "{work_item} ({user}, {date}): {description}"}},
    {
        "lines": {
            "group_by": "item",
            "exceptions": [{"id": "pier", "when": {"customer": "Pier*"}, "group_by": "person"}],
        }
    },
    {"lines": {"group_by": "service_type"}},
]
_BELOW: list[Json] = [
    {"project": "sub_customer", "project_name": "{project} ({customer})"},
    {"project": "sub_customer", "bill_with_parent": "no", "bill_to": "{partner}"},
    {"bill_to": "{partner}"},
]
_SKIPPED: Json = {"id": "skipped", "when": {"customer": ["Pier 9", "Lark*"]}, "skip": "Billed by hand"}
SERVICES = ("Support", "Consulting", "Travel", "Hours", "On-site visit")


def rules(dice: Random, place: Place) -> Json:
    """A rule set for the company."""
    aside = Random(str(dice.getstate()))  # keeps the stories of earlier seeds
    named = Random(f"named {dice.getstate()}")
    classed = Random(f"classed {dice.getstate()}")
    gathered = Random(f"gathered {dice.getstate()}")
    rounding: Json = {"item": "Rounding", **({} if place.is_us else {"tax_code": place.free})}
    how = dice.choice(["hold", "hold", "adjust_tax", "rounding_line", "note"])
    totals: Json = {
        "when_different": how,
        "tolerance": dice.choice(["0.01", "0.05", "0.50"]),
        "prepaid": dice.choice(["hold", "deposit", "deposit", "note"]),
        "rounding": rounding if how == "rounding_line" else dice.choice(["hold", rounding, "note"]),
        "automated_tax": dice.choice(["quickbooks", "quickbooks", "hold"]),
        "when_line_differs": dice.choice(["hold", "amount_only"]),
    }
    terms = {"due": "terms", "terms": dice.choice(["Net 15", "Net 30"])}
    return {
        "version": "1",
        "invoices": {
            "number": dice.choice(["onedesk", "onedesk", "onedesk", "quickbooks"]),
            "when_number_taken": dice.choice(["hold", "hold", "quickbooks"]),
            "when_changed_in_quickbooks": dice.choice(["hold", "hold", "overwrite", "keep_quickbooks"]),
            **dice.choice([{}, terms]),
            **aside.choice([{}, {}, {}, {"exceptions": [_SKIPPED]}, {"hold": "Ask", "exceptions": [_SKIPPED]}]),
            "on_void": aside.choice(["hold", "void", "void"]),
            "on_delete": aside.choice(["hold", "void", "delete"]),
            **named.choice([{}, {}, _NOTED, _NAMED if place.is_us else {"online_bank_payment": "no"}]),
            **(classed.choice([{}, {}, {"class": "Maintenance"}]) if place.is_us else {}),
            "negative": aside.choice(["hold", "credit_memo", "credit_memo"]),
        },
        "customers": {
            "match": dice.choice([["link", "display_name"], ["link", "billing_email", "display_name"]]),
            "when_currency_differs": "separate",
            "update_address": dice.choice(["yes", "no"]),
            **gathered.choice([{}, {}, *_BELOW]),
        },
        "items": {
            **dice.choice([{}, {"by_service_type": {"Support": {"item": "Hours"}}}]),
            **(dice.choice([{}, _NORTH]) if place.is_us else {}),
            **named.choice([{}, {}, {"description": "{service_type}: {work_item}\n{description}"}]),
            "otherwise": "same_name",
        },
        **gathered.choice([{}, {}, *_GROUPED]),
        "taxes": place.taxes,
        **dice.choice([{}, {"discounts": {"account": "Discounts given"}}]),
        "delivery": {
            "when_billing_email_missing": dice.choice(["hold", "copy_only"]),
            "several_addresses": dice.choice(["cc", "to", "cc", "hold"]),
            **named.choice([{}, {}, {"bcc": "archive@own.example"}, {"cc": "books@own.example, account_manager"}]),
        },
        "totals": totals,
    }


def customers(dice: Random, place: Place) -> list[Json]:
    """Two customers; their names and addresses may be odd."""
    names = dice.sample(["Blue Harbor Ltd", "Zoë & Søn", "O’Neil  Bros.", "Lark and Sons", "Pier 9"], 2)
    emails = ["ada@blueharbor.example", "bo@lark.example; cy@lark.example", "", "<eve@pier.example>"]
    return [
        {
            "id": f"C-{number}",
            "name": name,
            "address": place.address,
            "billing_contact": {"first_name": "Ada", **({"email": email} if email else {})},
        }
        for number, (name, email) in enumerate(zip(names, dice.sample(emails, 2), strict=True), 1)
    ]


def invoice(dice: Random, place: Place, number: int, customer: Json, currency: str = "") -> Json:
    """An invoice as the host may have it; most are valid."""
    inclusive = not place.is_us and dice.random() < 0.15
    currency = currency or (dice.choice(place.abroad) if place.abroad and dice.random() < 0.4 else place.currency)
    step = {"JPY": Decimal(1)}.get(currency, CENT)
    taken = [_line(dice, place, each, step) for each in range(1, dice.choice([1, 1, 2, 3, 4]) + 1)]
    lines = [line for line, _ in taken]
    parts = [(Decimal(line["amount"]), rates) for line, rates in taken]
    found: Json = {
        "id": f"INV-{number}",
        "number": f"N{number}",
        "status": "draft",
        "currency": currency,
        "issue_date": f"2026-11-{dice.randint(2, 25):02}",
        "due_date": "2026-12-24",
        "customer": customer,
        "lines": lines,
        **({"memo": dice.choice(["Thank you.", "Danke – merci"])} if dice.random() < 0.5 else {}),
        **({"amounts_include_tax": True} if inclusive else {}),
        **({"ship_to": {**customer["address"], "region": "TX"}} if place.is_us and dice.random() < 0.1 else {}),
        **({"purchase_order": "PO 7"} if dice.random() < 0.1 else {}),
    }
    subtotal = sum((amount for amount, _ in parts), ZERO)
    extras = ZERO
    if dice.random() < 0.25:
        given, extra = _discount(dice, subtotal, step)
        found["discounts"], extras = [given], extras - extra
        if place.is_us and dice.random() < 0.3:
            given["after_tax"] = True
        elif not place.is_us and dice.random() < 0.2:  # a charge with its own tax is a line
            words, rates = dice.choice(place.kinds)
            given |= words
            parts.append((-extra, rates))
        else:
            parts = _shared(parts, subtotal, extra)
    if dice.random() < 0.1:
        found["discounts"] = [*found.get("discounts", ()), {"name": "Early", "amount": "0.05"}]
        extras -= Decimal("0.05")
        parts = _shared(parts, sum((amount for amount, _ in parts), ZERO), Decimal("0.05"))
    if dice.random() < 0.2:
        words, rates = dice.choice([*place.kinds, ({}, ())])
        amount = dice.choice([Decimal("10.00"), Decimal("7.50"), Decimal("0.99")]).quantize(step, ROUND_HALF_UP)
        charge = {"name": dice.choice(["Freight", "Postage"]), "amount": str(amount), **words}
        found["charges"], extras = [charge], extras + amount
        parts.append((amount, rates if words else ()))
    taxes = _taxes(dice, parts, inclusive, step)
    total = subtotal + extras + (ZERO if inclusive else sum((amount for _, amount in taxes), ZERO))
    if taxes:
        found["taxes"] = [{"name": f"Tax {rate}", "rate": rate, "amount": str(amount)} for rate, amount in taxes]
    found |= {"subtotal": str(subtotal), "total": str(total)}
    return _gathered(Random(f"gathered {dice.getstate()}"), {**found, **_payable(dice, total, step)})


def _gathered(dice: Random, invoice: Json) -> Json:
    """The invoice with data for grouping: tickets, people, a project, a partner; and with texts in between."""
    if dice.random() < 0.4:
        return invoice
    lines: list[Json] = []
    for line in invoice["lines"]:
        work = {"type": "ticket", "number": "7", "name": dice.choice(["Printer", "Mail"])}
        more: Json = dice.choice([{}, {"work_item": work}, {"work_item": work, "user": "Ada"}, {"user": "Bo"}])
        lines.append({**line, **more})
        if dice.random() < 0.3:
            lines.append({"id": f"T{len(lines)}", "description": "Under warranty", "amount": "0.00"})
    twice = lines[0]
    whole = {**invoice, "lines": lines}
    if "work_item" in twice and not any(invoice.get(each) for each in ("taxes", "discounts", "prepaid", "rounding")):
        again, total = Decimal(twice["amount"]), Decimal(invoice["total"])  # the same hours again
        if total > 0 and again > 0:
            sums: Json = {
                each: str(Decimal(invoice[each]) + again)
                for each in ("subtotal", "total", "payable")
                if each in invoice
            }
            whole |= {"lines": [*lines, {**twice, "id": "again"}], **sums}
    project = dice.choice([{}, {"project": "Website"}, {"project": "Move"}])
    return {**whole, **project, **dice.choice([{}, {}, {"partner": "North Partners"}])}


def _line(dice: Random, place: Place, number: int, step: Decimal) -> tuple[Json, Sequence[str]]:
    words, rates = dice.choice(place.kinds)
    quantity = dice.choice(["1", "1", "2", "3", "0.5", "1.25", "0.333", "7", "100"])
    price = dice.choice(["100.00", "33.33", "9.99", "0.07", "1234.56", "0.125", "19.90", "250", "50"])
    amount = (Decimal(quantity) * Decimal(price)).quantize(step, ROUND_HALF_UP)
    if number > 1 and dice.random() < 0.15:
        amount, quantity = -amount, f"-{quantity}"
    if dice.random() < 0.03:
        amount += step
    line: Json = {"id": str(number), "service_type": dice.choice(SERVICES), "amount": str(amount), **words}
    if dice.random() < 0.7:
        line |= {"quantity": quantity, "unit_price": price}
        if dice.random() < 0.1:
            line |= {"unit_price": str(Decimal(price) * 100), "price_per": "100"}
    if dice.random() < 0.3:
        line["description"] = dice.choice(["Printer does not print", "Café: façade", "Two\nlines"])
    if dice.random() < 0.2:
        line["date"] = "2026-10-30"
    return line, rates


def _discount(dice: Random, subtotal: Decimal, step: Decimal) -> tuple[Json, Decimal]:
    percent = dice.choice(["10", "5", "33", "100", ""])
    if percent:
        amount = (subtotal * Decimal(percent) / 100).quantize(step, ROUND_HALF_UP)
        return {"name": "Friend", "amount": str(amount), "percent": percent}, amount
    amount = dice.choice([Decimal("1.00"), Decimal("10.00"), Decimal("0.01")]).quantize(step, ROUND_HALF_UP)
    return {"name": "Friend", "amount": str(amount)}, amount


Parts = list[tuple[Decimal, Sequence[str]]]


def _shared(parts: Parts, subtotal: Decimal, discount: Decimal) -> Parts:
    return [(amount - (discount * amount / subtotal if subtotal else ZERO), rates) for amount, rates in parts]


def _taxes(dice: Random, parts: Parts, inclusive: bool, step: Decimal) -> list[tuple[str, Decimal]]:
    """The taxes as of the host: on the sums, on each line, off by a cent, another tax, or none."""
    style = dice.choice(["sum"] * 6 + ["line", "cent", "wrong", "none"])
    sums: dict[str, Decimal] = {}
    for amount, rates in parts:
        whole = 1 + sum((Decimal(each) for each in rates), ZERO) / 100 if inclusive else Decimal(1)
        for rate in rates:
            tax = amount / whole * Decimal(rate) / 100
            tax = tax.quantize(step, ROUND_HALF_UP) if style == "line" else tax
            sums[rate] = sums.get(rate, ZERO) + tax
    found = {rate: tax.quantize(step, ROUND_HALF_UP) for rate, tax in sums.items()}
    if style == "none" or not found:
        return []
    if style in ("cent", "wrong"):
        rate = dice.choice(sorted(found))
        found[rate] += dice.choice([step, -step]) if style == "cent" else Decimal(5)
    return list(found.items())


def _payable(dice: Random, total: Decimal, step: Decimal) -> Json:
    """Prepayments and rounding."""
    prepaid = rounding = ZERO
    if dice.random() < 0.15 and total > 0:
        prepaid = dice.choice([total, (total / 3).quantize(step, ROUND_HALF_UP), min(total, Decimal(5))])
    if dice.random() < 0.08 and step == CENT:
        rounding = total.quantize(Decimal(1), ROUND_HALF_UP) - total
    if not (prepaid or rounding):
        return {}
    extra = {key: str(each) for key, each in (("prepaid", prepaid), ("rounding", rounding)) if each}
    return {**extra, "payable": str(total - prepaid + rounding)}
