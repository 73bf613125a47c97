"""A compiled rule set: frozen, typed, every part with its id and its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from onedesk_quickbooks.plugin.model.decision import RoundingChoice, Where
from onedesk_quickbooks.plugin.ruleset.core.table import Table

TaxKind = Literal["code", "automatic", "none", "hold", "company_default", "by_rate"]
TAX_WORDS: tuple[TaxKind, ...] = ("automatic", "none", "hold", "company_default")


@dataclass(frozen=True, slots=True)
class Setting:
    """One word of the rules; of totals.rounding, "line" with what stands on the `line`."""

    value: str
    rule: str
    at: Where
    line: RoundingChoice | None = None

    @property
    def says(self) -> str:
        """The setting as a person reads it."""
        if self.line is None:
            return self.value
        code = f", tax code {self.line.tax_code}" if self.line.tax_code else ""
        return f'a line with the item "{self.line.item}"{code}'


SettingTables = Mapping[str, Table[Setting]]
"""The exceptions of a section of settings: for each key that some exception names, the table to ask first."""


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """What a rule says of items: `item` None leaves the item to the rules that follow (or to the line's own name,
    for same_name), `income_account` None leaves the account, `class_name` None the QuickBooks class; `hold` is the
    reason where the line is held; `ask` names the question that a Python plugin answers instead (`hold` then
    says that none has)."""

    rule: str
    at: Where
    item: str | None = None
    income_account: str | None = None
    hold: str = ""
    ask: str = ""
    class_name: str | None = None


@dataclass(frozen=True, slots=True)
class TaxOutcome:
    """What a rule says of taxes; `rates` by `model.money.rate_key`, `without_rate` for lines that carry none; `ask` as
    with items."""

    rule: str
    at: Where
    kind: TaxKind
    code: str = ""
    hold: str = ""
    rates: Mapping[str, TaxOutcome] = field(default_factory=dict)
    without_rate: TaxOutcome | None = None
    ask: str = ""


@dataclass(frozen=True, slots=True)
class CountryTaxes:
    """A country's outcome, and those of its regions by `words.region_of`."""

    default: TaxOutcome
    regions: Mapping[str, TaxOutcome] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ItemRules:
    """`exceptions` decide items and holds, `accounts` and `classes` (the same list) income accounts and
    classes. Maps are keyed by `fold`."""

    exceptions: Table[ItemOutcome]
    accounts: Table[ItemOutcome]
    by_service_type: Mapping[str, ItemOutcome]
    by_charge: Mapping[str, ItemOutcome]
    otherwise: ItemOutcome
    same_name: bool
    default_income_account: Setting | None
    when_missing: Setting
    when_similar: Setting
    classes: Table[ItemOutcome] = field(default_factory=lambda: Table([]))


@dataclass(frozen=True, slots=True)
class TaxRules:
    """`by_country` is keyed by ISO code, `by_category` by the code of UNCL5305, both in capitals. `not_named` holds
    what no country may decide: a line that is not taxable or whose category no rule names."""

    exceptions: Table[TaxOutcome]
    by_country: Mapping[str, CountryTaxes]
    otherwise: TaxOutcome
    by_category: Mapping[str, TaxOutcome]
    not_named: TaxOutcome


@dataclass(frozen=True, slots=True)
class CustomerRules:
    """`by_name` is keyed by `fold`."""

    match: tuple[str, ...]
    match_at: Setting
    by_name: Mapping[str, Setting]
    when_missing: Setting
    when_currency_differs: Setting
    when_similar: Setting
    update_address: Setting
    exceptions: SettingTables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DiscountRules:
    """`account` is None where the rules name none."""

    account: Setting | None
    item: Setting
    exceptions: SettingTables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeliveryRules:
    """What "Send invoice" does where something is in the way of the e-mail."""

    when_billing_email_missing: Setting
    several_addresses: Setting
    exceptions: SettingTables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InvoiceRules:
    """`terms` is a QuickBooks term's name, None where the rules name none."""

    on_open: Setting
    number: Setting
    when_number_taken: Setting
    due: Setting
    terms: Setting | None
    when_changed_in_quickbooks: Setting
    exceptions: SettingTables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TotalRules:
    """`tolerance` is in units of the invoice's currency: the most that adjust_tax and rounding_line settle."""

    when_different: Setting
    tolerance: Setting
    when_line_differs: Setting
    automated_tax: Setting
    prepaid: Setting
    rounding: Setting
    exceptions: SettingTables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PaymentRules:
    """`apply`'s value holds sent, copied, both or none: see `applied`."""

    apply: Setting
    overpayment: Setting
    exceptions: SettingTables = field(default_factory=dict)


SETTING_SECTIONS = {
    "invoices": InvoiceRules,
    "customers": CustomerRules,
    "discounts": DiscountRules,
    "delivery": DeliveryRules,
    "totals": TotalRules,
    "payments": PaymentRules,
}
"""The sections whose settings have exceptions."""

SETTLING = ("adjust_tax", "rounding_line")
"""The words of totals.when_different that settle a difference up to the tolerance."""

TOLERANCE = "0.05"
"""The tolerance of rules that name none."""

PAYMENTS_OF = ("sent", "copied")
"""What payments.apply may name, in the order in which it is told."""


def applied(value: str) -> frozenset[str]:
    """The words of payments.apply in a setting's value ("sent, copied"; "none")."""
    return frozenset(value.split(", ")) & frozenset(PAYMENTS_OF)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Everything `decide` needs. `hash` is the SHA-256 of what the rules mean: comments, order of keys and places do
    not count. `source` is the file or folder as it was given."""

    source: str
    hash: str
    invoices: InvoiceRules
    customers: CustomerRules
    items: ItemRules
    taxes: TaxRules
    discounts: DiscountRules
    delivery: DeliveryRules
    totals: TotalRules
    payments: PaymentRules

    @property
    def on_open(self) -> str:
        """What an invoice that becomes Open brings: offer or copy."""
        return self.invoices.on_open.value
