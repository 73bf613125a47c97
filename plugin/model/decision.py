"""What the rules decided for one invoice, and why: typed for planning, and as a trail for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from onedesk_quickbooks.plugin.model.name_keys import name_key
from onedesk_quickbooks.plugin.model.where import Where


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision with its reason.

    `table` is one of item, income_account, class, tax_code; customer; payment; or the name of a setting by
    `x-explained` of schemas/rules.schema.json (opening, numbering, due...); `subject` what it was made for ("invoice",
    "line 3", "discount 1", "charge Freight"); `outcome` what was decided, as text for people; `rule` the rule's id
    ("items.by_service_type.Consulting", "items.exceptions.training-ca", "items.otherwise"); `at` its place; `matched`
    the values it matched.
    """

    table: str
    subject: str
    outcome: str
    rule: str
    at: Where
    matched: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ItemChoice:
    """The QuickBooks product/service of a line. `name` is the name or the path "Category:Item" ("" when held).

    `from_rule` is False where the name is the host's own service type (a `:` in it then separates no path, and is a
    character that QuickBooks forbids). `income_account` is a name, number or id; None means the company's default.
    `when_missing` is create or hold. `account_rule` is the rule that names the income account for this line, "" where
    it is a default, which is only for new items. `others` are the decisions on what else rules name for the line
    (class: the QuickBooks class, "Parent:Child"); the outcome of each is the name.
    """

    name: str
    from_rule: bool
    income_account: str | None
    when_missing: str
    decision: Decision
    hold: str = ""
    account_rule: str = ""
    others: Mapping[str, Decision] = field(default_factory=dict)
    in_doubt: str = ""  # as with TaxChoice: country or region
    text: bool = False  # no item: the line is a text


@dataclass(frozen=True, slots=True)
class TaxChoice:
    """The tax code of a line. `kind`: "code" (`code` is a name or id), "automatic" (QuickBooks calculates it: TAX or
    NON by the line, US), "none" (no code), "lines" (a discount: that of the lines that it is taken from) or "hold"
    (`hold` says why, with the remedy; `in_doubt` is the field that prevents a decision: country, region, taxable or
    tax_category)."""

    kind: str
    code: str
    decision: Decision
    hold: str = ""
    in_doubt: str = ""


@dataclass(frozen=True, slots=True)
class LineDecisions:
    """For a line or a charge: item and tax; for a discount only the tax matters (`item` is None)."""

    item: ItemChoice | None
    tax: TaxChoice


@dataclass(frozen=True, slots=True)
class CustomerChoice:
    """How the QuickBooks customer is found. `display_name` is the name to look for and to create under;
    `match` an ordered part of (link, display_name, billing_email), without the last where the rules name the customer
    (`by_name`, `partner`), and with the name in any case; `when_missing` create or hold;
    `when_currency_differs` hold, or separate: a separate customer per currency, "Name (NZD)"."""

    display_name: str
    match: tuple[str, ...]
    when_missing: str
    when_currency_differs: str
    decision: Decision
    by_name: str = ""  # the rule of customers.by_name that names the customer, "" for none
    when_similar: str = "hold"  # hold | create: QuickBooks has a customer with a similar name
    when_name_taken: str = "hold"  # hold | suffix: a vendor or employee has the name of a new customer
    hold: str = ""  # why a person has to choose the customer, "" for no reason
    update_address: str = "no"  # yes | no: whether the customer record takes the host's address
    update_phone: str = "no"  # yes | no: whether it takes the host's phone number
    update_tax_id: str = "no"  # yes | no: whether an existing or new one takes the host's tax number
    bill_to: str | None = None  # the text of the rules; `partner` is its result
    partner: str = ""  # who is billed in the customer's place, "" for nobody
    project: str = "none"  # none | sub_customer: how the invoice's project is treated
    project_name: str = "{project}"  # the name of a sub-customer, with fields in braces
    bill_with_parent: str = "yes"  # yes | no: whether a sub-customer is billed with its parent


@dataclass(frozen=True, slots=True)
class RoundingChoice:
    """The item, and outside the US the tax code, of a line that holds a rounding difference (`totals.rounding`)."""

    item: str
    tax_code: str | None = None

    def __str__(self) -> str:
        code = f", tax code {self.tax_code}" if self.tax_code else ""
        return f'a line with the item "{self.item}"{code}'


@dataclass(frozen=True, slots=True)
class InvoiceDecisions:
    """All decisions for one invoice; `lines`, `discounts`, `charges` are in the invoice's order."""

    rules_hash: str
    on_open: str  # offer | copy | send
    number: str  # onedesk | quickbooks
    when_number_taken: str  # hold | quickbooks
    due: str  # invoice | terms | a number of days, as `model.due.DueIn` writes it
    terms: str | None  # a QuickBooks term's name
    customer: CustomerChoice
    lines: tuple[LineDecisions, ...]
    discounts: tuple[LineDecisions, ...]
    charges: tuple[LineDecisions, ...]
    when_billing_email_missing: str  # copy_only | hold
    when_total_differs: str  # hold | adjust_tax | rounding_line | note
    when_line_differs: str  # hold | amount_only
    tolerance: Decimal
    trail: tuple[Decision, ...]
    when_changed: str = "hold"  # hold | overwrite | keep_quickbooks: the copy was changed in QuickBooks
    when_future: str = "copy"  # copy | hold: the invoice is dated more than a day after today
    when_closed: str = "hold"  # hold | first_open_day: QuickBooks' books are closed for the day of the invoice
    on_void: str = "hold"  # hold | void: what happens to QuickBooks' invoice when the host voids its own
    on_delete: str = "hold"  # hold | void | delete: the same when the host deletes it
    negative: str = "hold"  # hold | credit_memo: how a credit note is treated
    attachments: str = "no"  # no | keep | send: the host's files are attached in QuickBooks, and sent with its e-mail
    payments: str = "sent, copied"  # invoices whose payments are reported: sent, copied, both, or none
    overpayment: str = "note"  # note | ignore
    payment_direction: str = "quickbooks"  # quickbooks | host | both: where payments are recorded
    payment_methods: str | None = None  # OneDesk's words with QuickBooks' payment methods (model.named_fields)
    deposit_account: str | None = None  # for payments of the host: name, number or id; None: QuickBooks' own
    deposit_accounts: str | None = None  # the same by OneDesk's words for methods (model.named_fields)
    more_than_open: str = "hold"  # hold | credit: the host has more paid than is open in QuickBooks
    automated_tax: str = "quickbooks"  # quickbooks | hold: US automated tax where the host has no own tax
    prepaid: str = "hold"  # hold | deposit | note: what the customer has paid before the invoice
    rounding: str = "hold"  # hold | line (at `rounding_line`) | note: the host's own rounding of the payable amount
    rounding_line: RoundingChoice | None = None
    discount_account: str | None = None  # name, number or id; None: QuickBooks' own
    discount_item: str = "Discount"  # for a discount that cannot be QuickBooks' discount line
    when_item_missing: str = "create"  # create | hold: QuickBooks has no such item
    when_item_similar: str = "hold"  # hold | create: QuickBooks has an item with a similar name
    group_by: str = "none"  # none | ticket | service_type | person | item: lines with the same one become one line
    # the text of such a line, with fields in braces; None: what the lines have in common
    group_description: str | None = None
    markup_item: str | None = None  # the item of a billable expense's markup; None and "none": it is part of the line
    hold: str | None = None  # why the rules hold the whole invoice; None and "none": no hold
    skip: str | None = None  # why the invoice is never copied; None and "none": it is copied
    memo: str | None = None  # the text for the customer, with fields in braces (model.templates); None: as in the host
    private_note: str | None = None  # the same for the text for the bookkeeper
    location: str | None = None  # QuickBooks' location of the invoice, "Parent:Child"
    invoice_class: str | None = None  # its class, or that of lines for which no rule names one, "Parent:Child"
    custom_fields: str | None = None  # its custom fields with their templates (model.named_fields)
    online_card_payment: str | None = (
        None  # yes | no: whether the customer may pay online by card; None: QuickBooks' own
    )
    online_bank_payment: str | None = None  # the same for a bank transfer
    to: str | None = None  # who gets the e-mail (model.receivers); None: the billing contact
    cc: str | None = None  # who gets a copy, in addition to the billing contact's other addresses
    bcc: str | None = None  # who gets a blind copy; None: the company's setting
    send_on: str = "asked"  # asked | issue_date: not before the day of the invoice
    several_addresses: str = "cc"  # cc | to | hold: the billing e-mail holds more than one address
    new_item_account: str | None = None  # of new items that no line names; None: the company's default

    @property
    def markup(self) -> str:
        """The item of a billable expense's markup, "" where that is part of the line."""
        return "" if self.markup_item in (None, "none") else str(self.markup_item)

    @property
    def skips(self) -> bool:
        """Whether the invoice is never copied."""
        return self.skip not in (None, "none")

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """The rules that decided, each once, in the order of the trail."""
        return tuple(dict.fromkeys(decision.rule for decision in self.trail))


@dataclass(frozen=True, slots=True)
class PaymentDecisions:
    """What to do with a payment: `apply`: it is reported to the host; `overpayment` is note or ignore."""

    apply: bool
    overpayment: str
    trail: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class HostPaymentDecisions:
    """What happens to a payment that the host has recorded. `direction` is quickbooks, host or both: it is written to
    QuickBooks unless that is quickbooks. `methods` are the host's words with QuickBooks' payment methods,
    `deposit_accounts` the same with accounts; `more_than_open` is hold or credit."""

    rules_hash: str
    direction: str
    methods: tuple[tuple[str, str], ...]
    deposit_account: str
    deposit_accounts: tuple[tuple[str, str], ...]
    more_than_open: str
    trail: tuple[Decision, ...]

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """The rules that decided, each once."""
        return tuple(dict.fromkeys(decision.rule for decision in self.trail))

    def method(self, word: str) -> str:
        """The rules' name for a method of the host, "" for none."""
        return _named(self.methods, word)

    def account(self, word: str) -> str:
        """The name of the account that payments of this method are deposited to, "" for QuickBooks' own."""
        return _named(self.deposit_accounts, word) or self.deposit_account


def _named(listed: tuple[tuple[str, str], ...], word: str) -> str:
    return next((name for own, name in listed if name_key(own) == name_key(word)), "")


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules can use of the connected company and its settings.

    `country` is ISO 3166-1 alpha-2. Names are as QuickBooks has them; None where nothing is set.
    """

    country: str
    uses_sales_tax: bool = True
    default_income_account: str | None = None
    default_tax_code: str | None = None
