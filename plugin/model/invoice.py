"""A host's invoice: schemas/invoice.schema.json, read into frozen types.

Amounts are Decimals in the invoice's currency; `Invoice.money` adds the currency to one of them. `Invoice.from_json`
expects JSON that matches the schema; it does not validate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO, INVOICE
from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text, decimal_or_none, minor_digits, round_half_up

Json = Mapping[str, Any]

CREDIT = "credit"
"""The type of a credit note, in any case."""


def _date(source: Json, key: str) -> date | None:
    value = source.get(key)
    return None if value is None else date.fromisoformat(value)


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; `country` is ISO 3166-1 alpha-2, `region` the state or province as the host has it."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""

    @classmethod
    def from_json(cls, source: Json) -> Address:
        return cls(**{name: source.get(name) or "" for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class BillingContact:
    """The host's receiver of invoices; also a person of the host's own, such as an account manager."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""

    @classmethod
    def from_json(cls, source: Json) -> BillingContact:
        return cls(**{name: (source.get(name) or "").strip() for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class CustomerOrganization:
    """OneDesk's customer organization: matched with the QuickBooks customer's display name."""

    id: str
    name: str
    billing_contact: BillingContact
    address: Address
    phone: str = ""
    tax_id: str = ""
    tags: tuple[str, ...] = ()
    account_manager: BillingContact = BillingContact()

    @classmethod
    def from_json(cls, source: Json) -> CustomerOrganization:
        return cls(
            id=source["id"],
            name=source["name"],
            billing_contact=BillingContact.from_json(source.get("billing_contact") or {}),
            address=Address.from_json(source.get("address") or {}),
            phone=source.get("phone") or "",
            tax_id=source.get("tax_id") or "",
            tags=tuple(source.get("tags") or ()),
            account_manager=BillingContact.from_json(source.get("account_manager") or {}),
        )


@dataclass(frozen=True, slots=True)
class WorkItem:
    """The ticket or task that a line bills."""

    type: str
    number: str
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `amount` is its part of the subtotal; `quantity * unit_price / price_per` may differ from it where the
    line carries an allowance (planning then asks the rules what to do). `cost` is what a billable expense cost: the
    rest of the amount is its markup."""

    id: str
    amount: Decimal
    service_type: str = ""
    description: str = ""
    work_item: WorkItem | None = None
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    price_per: Decimal = Decimal(1)
    cost: Decimal | None = None
    tax_rate: Decimal | None = None
    taxable: bool | None = None
    date: date | None = None
    tax_category: str = ""
    team: str = ""
    user: str = ""

    @property
    def priced(self) -> Decimal | None:
        """The result of quantity, price and `price_per`, unrounded; None without a price."""
        if self.quantity is None or self.unit_price is None:
            return None
        return self.quantity * self.unit_price / self.price_per

    def differs(self, currency: str) -> bool:
        """Whether its amount differs from its quantity at its price, rounded half up."""
        product = self.priced
        return product is not None and round_half_up(product, minor_digits(currency)) != self.amount

    @property
    def is_text(self) -> bool:
        """Whether it is only a text: without an amount, and without a service type."""
        said = self.description or self.work_item
        return bool(said) and not (self.amount or self.service_type.strip() or (self.quantity and self.unit_price))

    @classmethod
    def from_json(cls, source: Json) -> Line:
        item = source.get("work_item")
        return cls(
            id=source["id"],
            amount=decimal_from_text(source["amount"]),
            service_type=source.get("service_type") or "",
            description=source.get("description") or "",
            work_item=WorkItem(item.get("type", ""), item.get("number", ""), item["name"]) if item else None,
            quantity=decimal_or_none(source.get("quantity")),
            unit_price=decimal_or_none(source.get("unit_price")),
            price_per=decimal_or_none(source.get("price_per")) or Decimal(1),
            cost=decimal_or_none(source.get("cost")),
            tax_rate=decimal_or_none(source.get("tax_rate")),
            taxable=source.get("taxable"),
            date=_date(source, "date"),
            tax_category=source.get("tax_category") or "",
            team=source.get("team") or "",
            user=source.get("user") or "",
        )


@dataclass(frozen=True, slots=True)
class Extra:
    """A discount (subtracted) or a charge such as shipping (added) on the document. `percent` is the percentage of a
    discount (10 is 10 %), and `after_tax`: a discount is taken from the amount with tax; a charge has neither."""

    name: str
    amount: Decimal
    tax_rate: Decimal | None = None
    taxable: bool | None = None
    tax_category: str = ""
    percent: Decimal | None = None
    after_tax: bool = False

    @classmethod
    def from_json(cls, source: Json) -> Extra:
        return cls(
            source["name"],
            decimal_from_text(source["amount"]),
            decimal_or_none(source.get("tax_rate")),
            source.get("taxable"),
            source.get("tax_category") or "",
            decimal_or_none(source.get("percent")),
            bool(source.get("after_tax")),
        )


@dataclass(frozen=True, slots=True)
class Tax:
    """The host's tax at one rate. `rate` is a percentage, `taxable` the net amount it is taken from, `category` the
    code of UNCL5305 (S, Z, E, AE, K, G, O...) where the host has one."""

    name: str
    amount: Decimal
    rate: Decimal | None = None
    taxable: Decimal | None = None
    category: str = ""

    @classmethod
    def from_json(cls, source: Json) -> Tax:
        return cls(
            source.get("name") or "Tax",
            decimal_from_text(source["amount"]),
            decimal_or_none(source.get("rate")),
            decimal_or_none(source.get("taxable")),
            source.get("category") or "",
        )


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice of the host. `total` is subtotal - discounts + charges + taxes, or without the taxes where
    `amounts_include_tax` (those of lines, discounts and charges); `payable` is the amount due, None where the host
    does not state it: total - prepaid + rounding. `credits` is the id or the number of the invoice that a credit note
    credits, `partner` who is billed in the customer's place, by rule; `send_after` the day before which it is not
    e-mailed. `negated`: the host's total is below zero; then all amounts here have the other sign, as a credit memo
    has them in QuickBooks."""

    id: str
    number: str
    status: str
    currency: str
    issue_date: date
    customer: CustomerOrganization
    lines: tuple[Line, ...]
    total: Decimal
    subtotal: Decimal | None = None
    type: str = ""
    due_date: date | None = None
    project: str = ""
    discounts: tuple[Extra, ...] = ()
    charges: tuple[Extra, ...] = ()
    taxes: tuple[Tax, ...] = ()
    prepaid: Decimal = Decimal(0)
    rounding: Decimal = Decimal(0)
    payable: Decimal | None = None
    memo: str = ""
    private_note: str = ""
    purchase_order: str = ""
    tags: tuple[str, ...] = ()
    ship_to: Address | None = None
    amounts_include_tax: bool = False
    credits: str = field(default="", repr=False)
    partner: str = field(default="", repr=False)
    send_after: date | None = field(default=None, repr=False)
    negated: bool = field(default=False, repr=False)

    @property
    def is_credit(self) -> bool:
        """Whether it is a credit note: by its type, or because the host's total is below zero."""
        return self.negated or self.type.casefold() == CREDIT

    @property
    def kind(self) -> str:
        """What it becomes in QuickBooks: INVOICE or CREDIT_MEMO."""
        return CREDIT_MEMO if self.is_credit else INVOICE

    @property
    def due(self) -> Decimal:
        """What the host asks the customer for."""
        return self.total - self.prepaid + self.rounding if self.payable is None else self.payable

    def of_host(self, amount: Decimal) -> Decimal:
        """An amount of this invoice with the sign that the host gave it."""
        return -amount if self.negated else amount

    def money(self, amount: Decimal) -> Money:
        """`amount` in this invoice's currency."""
        return Money(amount, self.currency)

    @classmethod
    def from_json(cls, source: Json) -> Invoice:
        """Read JSON that matches schemas/invoice.schema.json. Raises ValueError for an impossible number or date."""
        found = cls(
            id=source["id"],
            number=(source.get("number") or "").strip(),
            status=source["status"],
            currency=source["currency"],
            issue_date=date.fromisoformat(source["issue_date"]),
            customer=CustomerOrganization.from_json(source["customer"]),
            lines=tuple(Line.from_json(line) for line in source["lines"]),
            total=decimal_from_text(source["total"]),
            subtotal=decimal_or_none(source.get("subtotal")),
            type=source.get("type") or "",
            due_date=_date(source, "due_date"),
            project=source.get("project") or "",
            discounts=tuple(Extra.from_json(extra) for extra in source.get("discounts") or ()),
            charges=tuple(Extra.from_json(extra) for extra in source.get("charges") or ()),
            taxes=tuple(Tax.from_json(tax) for tax in source.get("taxes") or ()),
            prepaid=decimal_or_none(source.get("prepaid")) or Decimal(0),
            rounding=decimal_or_none(source.get("rounding")) or Decimal(0),
            payable=decimal_or_none(source.get("payable")),
            memo=source.get("memo") or "",
            private_note=source.get("private_note") or "",
            purchase_order=source.get("purchase_order") or "",
            tags=tuple(source.get("tags") or ()),
            ship_to=Address.from_json(source["ship_to"]) if source.get("ship_to") else None,
            amounts_include_tax=bool(source.get("amounts_include_tax")),
            credits=(source.get("credits") or "").strip(),
            partner=(source.get("partner") or "").strip(),
            send_after=_date(source, "send_after"),
        )
        return _negated(found) if found.total < 0 else found


def _negated(invoice: Invoice) -> Invoice:
    """The same with the other sign for all amounts; prices stay above zero."""
    return replace(
        invoice,
        lines=tuple(map(_negated_line, invoice.lines)),
        discounts=tuple(replace(each, amount=-each.amount) for each in invoice.discounts),
        charges=tuple(replace(each, amount=-each.amount) for each in invoice.charges),
        taxes=tuple(replace(each, amount=-each.amount, taxable=_other(each.taxable)) for each in invoice.taxes),
        total=-invoice.total,
        subtotal=_other(invoice.subtotal),
        prepaid=-invoice.prepaid,
        rounding=-invoice.rounding,
        payable=_other(invoice.payable),
        negated=True,
    )


def _negated_line(line: Line) -> Line:
    line = replace(line, amount=-line.amount, cost=_other(line.cost))
    if line.unit_price is not None and line.unit_price < 0:
        return replace(line, unit_price=-line.unit_price)
    return replace(line, quantity=_other(line.quantity))


def _other(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else -amount
