"""The plan for one invoice: drafts of what QuickBooks shall hold, and the steps to it.

Drafts use neutral words; plugin/qbo translates them into QuickBooks' wire format. Objects that may not exist yet are
identified by their (fully qualified) name; the id is inserted when the plan is carried out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Address
from onedesk_quickbooks.plugin.model.kinds import INVOICE
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.review import CustomerReview
from onedesk_quickbooks.plugin.texts import joined


@dataclass(frozen=True, slots=True)
class CustomerDraft:
    """A customer to create. `currency` is None where the company has no multicurrency, `bill_with_parent` where it is
    no sub-customer; `taxable` None means QuickBooks' default. `tax_id` is "" where it is not written."""

    display_name: str
    company_name: str
    given_name: str
    family_name: str
    email: str
    phone: str
    address: Address
    currency: str | None
    bill_with_parent: bool | None = None
    taxable: bool | None = None
    tax_id: str = ""


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """A service item to create on an income account. `taxable` None means QuickBooks' default (only US companies have
    it; qbo-api.md 2.3)."""

    name: str
    income_account: Ref
    taxable: bool | None = None


@dataclass(frozen=True, slots=True)
class LineDraft:
    """A sales line. `quantity` and `unit_price` are both set or both None; where set, their product rounds to `amount`
    (qbo-api.md code 6070). `tax_code` is None where no code is to be sent. `item_name` is a key of the plan's items.
    `grouped` are the places of the host's lines that became this one, () for a single line. `is_text`: a line without
    amount, item and tax code (`item_name` is "")."""

    item_name: str
    description: str
    amount: Decimal
    quantity: Decimal | None
    unit_price: Decimal | None
    tax_code: Ref | None
    service_date: date | None = None
    class_ref: Ref | None = None
    grouped: tuple[int, ...] = ()
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class DiscountDraft:
    """The document's discount: a positive amount that is subtracted. `percent` where the host gives a percentage that
    gives exactly this amount (8.5 is 8.5 %); `account` None means QuickBooks' own discount account."""

    amount: Decimal
    description: str
    tax_code: Ref | None = None
    percent: Decimal | None = None
    account: Ref | None = None


@dataclass(frozen=True, slots=True)
class TaxOverride:
    """The host's tax at one rate, where QuickBooks would calculate another amount (qbo-api.md 7,
    OverrideDeltaAmount)."""

    rate: Ref
    percent: Decimal
    net: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field on the company's sales forms; `field` is its definition's id and its name."""

    field: Ref
    value: str


@dataclass(frozen=True, slots=True)
class InvoiceDraft:
    """The content of QuickBooks' invoice. `number` None keeps its number, or with `auto_number` lets QuickBooks assign
    its next one (AutoDocNumber, also where custom numbers are on); `currency` and `exchange_rate` are None unless the
    company has multicurrency (the rate also in home currency). `tax_calculation` is "excluded" (non-US), "us", or
    "none". `us_tax_code` is the transaction's code in a US company without automated tax. `location`, `class_ref` (of
    the whole invoice), `email_bcc` (who get a blind copy), `custom_fields` and the online payments are None or empty
    where the rules name none: then QuickBooks' own are kept, except what an earlier copy wrote and `cleared` names
    ("location", "class", "blind copy", "field 1"). `private_note` ends with the marker that names the host's invoice.
    `email` may hold several addresses, separated by commas; `email_cc` get a copy. `deposit` is the prepaid amount, in
    the invoice's currency; None keeps QuickBooks' own. `tax_total` states the whole tax where QuickBooks would
    recalculate it (automated sales tax)."""

    number: str | None
    customer_name: str
    issue_date: date
    due_date: date | None
    term: Ref | None
    currency: str | None
    exchange_rate: Decimal | None
    tax_calculation: str
    us_tax_code: Ref | None
    lines: tuple[LineDraft, ...]
    discount: DiscountDraft | None
    tax_after_discount: bool
    memo: str
    private_note: str
    email: str
    email_cc: tuple[str, ...] = ()
    auto_number: bool = False
    bill_address: Address | None = None
    ship_address: Address | None = None
    deposit: Decimal | None = None
    tax_overrides: tuple[TaxOverride, ...] = ()
    tax_total: Decimal | None = None
    email_bcc: tuple[str, ...] = ()
    location: Ref | None = None
    class_ref: Ref | None = None
    custom_fields: tuple[CustomField, ...] = ()
    card_payment: bool | None = None
    bank_payment: bool | None = None
    cleared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EnsureCustomer:
    """Use `existing`, or create `draft` where it is None. `address` is the new billing address of the existing
    customer, None for no change; `phone` and `tax_id` the same, "" for no change. For a sub-customer `parent` is the
    customer above it, and `name` the path "Parent:Project"."""

    name: str
    existing: Ref | None
    draft: CustomerDraft | None
    address: Address | None = None
    parent: EnsureCustomer | None = None
    phone: str = ""
    tax_id: str = ""

    @property
    def changes(self) -> bool:
        """Whether the existing customer's record is changed."""
        return bool(self.address or self.phone or self.tax_id)

    @property
    def each(self) -> tuple[EnsureCustomer, ...]:
        """The customers that have to exist, in order."""
        return (*(self.parent.each if self.parent else ()), self)


@dataclass(frozen=True, slots=True)
class EnsureItem:
    """Use `existing`, or create `draft` where it is None. An existing item is never changed. `name` is its name in an
    earlier copy, where it was renamed since; `account` is the income account of an existing one."""

    name: str
    existing: Ref | None
    draft: ItemDraft | None
    account: Ref | None = None


@dataclass(frozen=True, slots=True)
class PutInvoice:
    """`action` is create (`qbo_id` None), update (sparse, lines whole, against `sync_token`) or unchanged. `accept`:
    the version that was made in QuickBooks is accepted; `same`: it equals OneDesk's; `keep`: the rules keep it, and it
    was found only now. `kind` is INVOICE or CREDIT_MEMO."""

    action: str
    qbo_id: str | None
    draft: InvoiceDraft
    content_hash: str
    sync_token: str = ""
    accept: bool = False
    same: bool = False
    keep: bool = False
    kind: str = INVOICE


@dataclass(frozen=True, slots=True)
class ApplyCredit:
    """Apply the credit memo to the invoice that it credits (`od_invoice_id`; `invoice` is QuickBooks', which has no id
    yet where an earlier invoice of the run creates it). `amount` is the applied amount, None where it depends on
    QuickBooks' tax; `left` is the open balance of that invoice afterwards, `open` that of the credit memo."""

    od_invoice_id: str
    invoice: Ref
    amount: Money | None
    left: Money | None
    open: Money | None


@dataclass(frozen=True, slots=True)
class AttachFile:
    """Attach a file of the host's to QuickBooks' invoice; `id` is the host's. `send`: it is sent with each e-mail of
    the invoice."""

    id: str
    name: str
    size: int
    content_type: str
    send: bool


@dataclass(frozen=True, slots=True)
class SendInvoice:
    """Have QuickBooks e-mail the invoice to `to`: the billing contact's address in the host (several, separated by
    commas, where the rules say so). `done`: an interrupted run has done it for the same command. `again`: it was
    e-mailed before, and a person wants one more e-mail."""

    to: str
    done: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class SendLater:
    """QuickBooks e-mails the invoice `to` its receivers on a later day, automatically."""

    to: str
    day: date


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is held or was done otherwise than asked: a stable code, and one sentence for a bookkeeper that
    names the place and the remedy: a `texts.Text`, so that it can be shown in another language."""

    code: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True)
class TaxAmount:
    """The tax at one rate: `amount` of `net`, at `percent`."""

    rate: Ref
    percent: Decimal
    net: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """What QuickBooks calculates, in the invoice's currency. `tax` and `total` are None where only QuickBooks knows
    the tax (US automated sales tax); `net` is what is known then: `subtotal` less `discount`."""

    subtotal: Decimal
    discount: Decimal
    taxes: tuple[TaxAmount, ...]
    tax: Decimal | None

    @property
    def taxed(self) -> bool:
        """Whether QuickBooks has a tax line on it, as far as is known."""
        return self.tax is None or bool(self.taxes)

    @property
    def net(self) -> Decimal:
        """Without tax."""
        return self.subtotal - self.discount

    @property
    def total(self) -> Decimal | None:
        """With tax."""
        return None if self.tax is None else self.net + self.tax


@dataclass(frozen=True, slots=True)
class Plan:
    """All that will be done, in order. `outcome` is what the run reports afterwards: copied, updated, unchanged or
    sent. `send` is None for a copy, or where only a copy is allowed; then `notes` say why. `later`: it is e-mailed on
    another day.

    `total` is the host's, `totals` what QuickBooks calculates. Where only QuickBooks knows the tax, `compare` is the
    total that it has to have before the invoice is e-mailed; None where any total is accepted. `remarks` are for the
    reader of the plan, and no part of the outcome: rules that cannot be used here.

    `stays` is the total of QuickBooks' invoice where that is not changed, and `kept` says that a version made there is
    kept. `differs`: QuickBooks then has another version than OneDesk, which the host is shown. `mailed`: QuickBooks
    e-mailed the invoice without a request that the ledger has, not in vain, and the ledger records that.
    """

    invoice_id: str
    invoice_number: str
    total: Money
    customer: EnsureCustomer
    items: tuple[EnsureItem, ...]
    put: PutInvoice
    send: SendInvoice | None
    notes: tuple[Reason, ...]
    decisions: InvoiceDecisions
    totals: Totals
    outcome: str
    compare: Money | None = None
    remarks: tuple[Reason, ...] = ()
    stays: Money | None = None
    kept: bool = False
    differs: bool = False
    apply: ApplyCredit | None = None
    attach: tuple[AttachFile, ...] = ()
    later: SendLater | None = None
    mailed: bool = False

    @property
    def reason(self) -> str:
        """What the run reports in addition to the outcome; "" where all was done as asked."""
        return joined(" ", (note.sentence for note in self.notes))


@dataclass(frozen=True, slots=True)
class Held:
    """Nothing is done: a person has to look. All reasons that were found; `remarks` as in `Plan`. `review` is the
    customer that could not be matched with certainty."""

    invoice_id: str
    invoice_number: str
    reasons: tuple[Reason, ...]
    decisions: InvoiceDecisions | None = None
    total: Money | None = None
    outcome: str = "held"
    remarks: tuple[Reason, ...] = ()
    review: CustomerReview | None = None
    kind: str = INVOICE

    @property
    def reason(self) -> str:
        """What the run reports."""
        return joined(" ", (each.sentence for each in self.reasons))


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing is done, and no action is needed: by rule QuickBooks does not get the invoice. `existing` is an earlier
    copy in QuickBooks, with its number; `remarks` as in `Plan`."""

    invoice_id: str
    invoice_number: str
    why: Reason
    decisions: InvoiceDecisions
    total: Money
    existing: Ref | None = None
    outcome: str = "skipped"
    remarks: tuple[Reason, ...] = ()
    kind: str = INVOICE

    @property
    def reason(self) -> str:
        """What the run reports."""
        return self.why.sentence


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The host has voided or deleted the invoice, and QuickBooks' is voided or deleted by rule. `action` is void or
    delete, "" where nothing has to be done there any more; `qbo` is QuickBooks' invoice (None: there is none),
    `sync_token` its version, `existing` its total. `outcome` is voided, deleted or unchanged; `total` is the host's,
    `notes` and `remarks` are as in `Plan`."""

    invoice_id: str
    invoice_number: str
    total: Money
    action: str
    qbo: Ref | None
    sync_token: str
    existing: Money | None
    notes: tuple[Reason, ...]
    decisions: InvoiceDecisions
    outcome: str
    remarks: tuple[Reason, ...] = ()
    kind: str = INVOICE

    @property
    def reason(self) -> str:
        """What the run reports in addition to the outcome."""
        return joined(" ", (note.sentence for note in self.notes))


AnyPlan = Plan | Held | Skipped | Withdrawal
"""The plan for an invoice."""
