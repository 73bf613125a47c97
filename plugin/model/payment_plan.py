"""The plan for a payment that the host has recorded, and what was looked up for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from onedesk_quickbooks.plugin.model.books import BooksInvoice, BooksPayment
from onedesk_quickbooks.plugin.model.company_settings import Account, Company, Ref
from onedesk_quickbooks.plugin.model.decision import HostPaymentDecisions
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.plan import AnyPlan, Reason
from onedesk_quickbooks.plugin.texts import joined


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """The part of the payment for one invoice. `invoice` is QuickBooks' with its number; its id is "" where an earlier
    invoice of the same run creates it."""

    od_invoice_id: str
    invoice: Ref
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PaymentDraft:
    """The payment to create in QuickBooks. `total` less the lines is the customer's credit. `currency` and
    `exchange_rate` (home units per one of it) are None unless the company has multicurrency; `deposit_to` None means
    QuickBooks' own account. `note` ends with the marker that names the host's payment."""

    customer_id: str
    date: date
    currency: str | None
    exchange_rate: Decimal | None
    total: Decimal
    lines: tuple[PaymentLine, ...]
    method: Ref | None
    deposit_to: Ref | None
    reference: str
    note: str

    @property
    def unapplied(self) -> Decimal:
        """The part that is the customer's credit."""
        return self.total - sum((each.amount for each in self.lines), Decimal(0))


@dataclass(frozen=True, slots=True)
class PaymentPlan:
    """All that will be done, in order: `voids` is the QuickBooks payment to void (None: none), `sync_token` its
    version, `draft` the payment to create (None: none); `existing` is a QuickBooks payment that is not changed.
    `outcome` is recorded, updated, voided or unchanged; `invoice_id` is the payment's key, `invoice_number` its name;
    `content` is all that QuickBooks gets of it. `notes` and `remarks` are as in `Plan`."""

    invoice_id: str
    invoice_number: str
    total: Money
    outcome: str
    content: str
    voids: Ref | None = None
    sync_token: str = ""
    draft: PaymentDraft | None = None
    existing: Ref | None = None
    notes: tuple[Reason, ...] = ()
    decisions: HostPaymentDecisions | None = None
    remarks: tuple[Reason, ...] = ()

    @property
    def reason(self) -> str:
        """What the run reports in addition to the outcome."""
        return joined(" ", (note.sentence for note in self.notes))


AnyWorkPlan = AnyPlan | PaymentPlan
"""The plan for an entry of the queue."""


@dataclass(frozen=True, slots=True)
class Billed:
    """One of the host's invoices that are paid: its `number`, QuickBooks' invoice `qbo_id` ("" without a link), and its
    present state `now` (None: it does not exist). `left` is its open balance once what is planned before is done, None
    where only QuickBooks knows that; `customer_id` and `currency` are the invoice's. `coming`: an earlier invoice of
    the same run creates it. `had_it`: the host had the payment when the invoice was adopted, with the same balance on
    both sides. `nowhere`: the host does not have it either."""

    number: str
    qbo_id: str = ""
    qbo_number: str = ""
    now: BooksInvoice | None = None
    left: Decimal | None = None
    customer_id: str = ""
    currency: str = ""
    coming: bool = False
    is_credit: bool = False
    had_it: bool = False
    nowhere: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """The QuickBooks payment for the host's. `now` is its present state, None where it was deleted. `content` is what
    it was written from, "" where it was found by its marker alone; `then` is QuickBooks' answer to our last write.
    `did` is what the same command of the host has done before it was interrupted: recorded, voided or ""."""

    qbo_id: str
    now: BooksPayment | None
    content: str = ""
    then: BooksPayment | None = None
    did: str = ""


@dataclass(frozen=True, slots=True)
class PaymentBooks:
    """What was looked up for one payment. `billed` is by the host's id of the invoice, `settling` are the payments of
    these invoices in QuickBooks, `written` is the one for this payment. `rate` is home units per one of its currency,
    None where QuickBooks has none or none is needed; `methods` are the active ones. `from_quickbooks`: we reported this
    payment to the host."""

    company: Company
    accounts: tuple[Account, ...] = ()
    methods: tuple[Ref, ...] = ()
    billed: Mapping[str, Billed] = field(default_factory=dict)
    settling: tuple[BooksPayment, ...] = ()
    written: Written | None = None
    rate: Decimal | None = None
    from_quickbooks: bool = False
