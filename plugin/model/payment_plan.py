"""What is to be done in QuickBooks for a payment that the host has recorded, and what was looked up for it."""

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
    """What of the payment settles one invoice. `invoice` is QuickBooks' with its number; its id is "" where an earlier
    invoice of the same run makes it."""

    od_invoice_id: str
    invoice: Ref
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PaymentDraft:
    """The payment that QuickBooks shall have. `total` less the lines stays the customer's credit. `currency` and
    `exchange_rate` (home units per one of it) are None unless the company has multicurrency; `deposit_to` None leaves
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
        """What stays the customer's credit."""
        return self.total - sum((each.amount for each in self.lines), Decimal(0))


@dataclass(frozen=True, slots=True)
class PaymentPlan:
    """All that will be done, in order: `voids` is QuickBooks' payment that is taken back (None: none), `sync_token` its
    version, `draft` the payment that is made (None: none); `stands` QuickBooks' payment that stays as it is. `outcome`
    is recorded, updated, voided or unchanged; `invoice_id` is the payment's key, `invoice_number` what it is called;
    `content` all that QuickBooks is told of it. `notes` and `remarks` are as in `Plan`."""

    invoice_id: str
    invoice_number: str
    total: Money
    outcome: str
    content: str
    voids: Ref | None = None
    sync_token: str = ""
    draft: PaymentDraft | None = None
    stands: Ref | None = None
    notes: tuple[Reason, ...] = ()
    decisions: HostPaymentDecisions | None = None
    remarks: tuple[Reason, ...] = ()

    @property
    def reason(self) -> str:
        """What the run reports beside the outcome."""
        return joined(" ", (note.sentence for note in self.notes))


AnyWorkPlan = AnyPlan | PaymentPlan
"""What becomes of an entry of the queue."""


@dataclass(frozen=True, slots=True)
class Billed:
    """One of the host's invoices that are paid: its `number`, QuickBooks' invoice `qbo_id` ("" where it has none by the
    ledger), and as it is `now` (None: it is not there). `left` is what is open on it once what is planned before is
    done, None where QuickBooks alone knows that; `customer_id`, `currency`: of whom it is. `coming`: an earlier invoice
    of the same run makes it. `had_it`: the host had the payment when the invoice was adopted, as paid as the host's."""

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


@dataclass(frozen=True, slots=True)
class Written:
    """QuickBooks' payment that stands for the host's. `now` is as it is there, None where it was deleted. `content` is
    what it was written from, "" where it was found by its marker alone; `then` is as QuickBooks had it after our last
    write. `did` is what the same request of the host has done before it was cut off: recorded, voided or ""."""

    qbo_id: str
    now: BooksPayment | None
    content: str = ""
    then: BooksPayment | None = None
    did: str = ""


@dataclass(frozen=True, slots=True)
class PaymentBooks:
    """What was looked up for one payment. `billed` is by the host's id of the invoice, `settling` the payments that
    stand on these invoices in QuickBooks, `written` the one that stands for this one. `rate` is home units per one of
    its currency, None where QuickBooks has none or none is needed; `methods` are the active ones. `from_quickbooks`:
    the host was told of this very payment by us."""

    company: Company
    accounts: tuple[Account, ...] = ()
    methods: tuple[Ref, ...] = ()
    billed: Mapping[str, Billed] = field(default_factory=dict)
    settling: tuple[BooksPayment, ...] = ()
    written: Written | None = None
    rate: Decimal | None = None
    from_quickbooks: bool = False
