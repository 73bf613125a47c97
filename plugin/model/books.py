"""QuickBooks' data when a plan was made: only what planning needs, in our own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple

from onedesk_quickbooks.plugin.model.company_settings import Account, Company, Ref, TaxCode
from onedesk_quickbooks.plugin.model.directory import Directory, directory
from onedesk_quickbooks.plugin.model.invoice import Address
from onedesk_quickbooks.plugin.model.kinds import INVOICE
from onedesk_quickbooks.plugin.model.name_keys import similar_item_key


@dataclass(frozen=True, slots=True)
class BooksCustomer:
    """A customer. `currency` is fixed for its life (qbo-api.md 7); `email` may hold several addresses, separated by
    commas; `address` is the billing address; `parent_id` is the customer above a sub-customer, "" for none. `made_with`
    is the invoice of the same run that creates it, "" for one that existed before. `tax_id` is as QuickBooks answers
    it: the last five characters, the others masked."""

    id: str
    name: str
    currency: str
    email: str = ""
    active: bool = True
    taxable: bool = True
    address: Address = field(default_factory=Address)
    made_with: str = ""
    parent_id: str = ""
    phone: str = ""
    tax_id: str = ""


@dataclass(frozen=True, slots=True)
class BooksItem:
    """A product/service; `name` is the fully qualified one ("Category:Item"). `income_account` is None where QBO has
    none for it (for example a category). `made_with` as with a customer."""

    id: str
    name: str
    type: str
    income_account: Ref | None = None
    active: bool = True
    taxable: bool = True
    made_with: str = ""


@dataclass(frozen=True, slots=True)
class BooksLine:
    """A sales line of a QuickBooks invoice, with the present name of its item."""

    item: Ref
    description: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class BooksTax:
    """The tax of an invoice at one of QuickBooks' rates; `percent` is 20 for 20 %."""

    rate_id: str
    percent: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class BooksInvoice:
    """A QuickBooks invoice, read back. `written` is what we write of it, as QuickBooks answered it, in JSON, and
    `fingerprint` its hash; `delivered_at` is the time of its last e-mail by QuickBooks ("" for never), in QuickBooks'
    format. `email` may be several addresses, separated by commas; `tax` and `deposit` are in `currency`;
    `exchange_rate` is home units per one of `currency`, None where QuickBooks names none; `bounced` is why its last
    e-mail was not delivered, in QuickBooks' words, "" for no known failure; `lines` are its sales lines, `tax_code_ids`
    the tax codes of all its lines, `payment_ids` the payments that are applied to it. `kind` is INVOICE or CREDIT_MEMO;
    the `balance` of a credit memo is its unapplied amount. `mailed_as_is`: nothing of it has changed since its last
    e-mail; it is not known of one that was paid since."""

    id: str
    number: str
    sync_token: str
    currency: str
    total: Decimal
    balance: Decimal
    customer_id: str
    private_note: str
    email_status: str
    voided: bool
    fingerprint: str
    delivered_at: str = ""
    written: str = ""
    issue_date: date | None = None
    email: str = ""
    tax: Decimal = Decimal(0)
    deposit: Decimal = Decimal(0)
    exchange_rate: Decimal | None = None
    bounced: str = ""
    lines: tuple[BooksLine, ...] = ()
    customer_name: str = ""
    taxes: tuple[BooksTax, ...] = ()
    tax_code_ids: tuple[str, ...] = ()
    payment_ids: tuple[str, ...] = ()
    kind: str = INVOICE
    mailed_as_is: bool = False


@dataclass(frozen=True, slots=True)
class TakenNumber:
    """The form that already has a number: QuickBooks' id, "Invoice of NAME", and its customer. `kind` is invoice or
    credit memo. `owner` is the id of the host's invoice that it is linked to, "" for none; `owner_number` the number
    that it was linked with, `owner_od_number` that of the host's invoice."""

    id: str
    name: str
    customer_id: str = ""
    total: Decimal | None = None
    date: date | None = None
    private_note: str = ""
    kind: str = "invoice"
    owner: str = ""
    owner_number: str = ""
    owner_od_number: str = ""


@dataclass(frozen=True, slots=True)
class Settling:
    """One item that pays a part of an invoice, by its own name: "payment 1042", "credit memo CM-7"."""

    name: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class SetTax:
    """The tax that a person set on an invoice where QuickBooks calculates it (automated sales tax). `calculated` is
    what QuickBooks had before; None where the last copy has stated this tax already."""

    tax: Decimal
    calculated: Decimal | None = None


@dataclass(frozen=True, slots=True)
class WrittenFirst:
    """What an earlier request for an invoice, which was recorded and not answered, writes or e-mails: it is recovered
    before anything new. `number` is "" where it has none, `total` None where it is unknown, `receiver` is the receiver
    of its e-mail. `undone` are sentences on what it overwrote in QuickBooks, or left there."""

    number: str
    total: Decimal | None
    receiver: str = ""
    undone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Copied:
    """An invoice that was copied before: as we keep it, and as QuickBooks has it `now` (None: it was deleted there).

    `content_hash` is of the content that we wrote, "" where it has to be written in any case. `edited` says that it was
    changed in QuickBooks since; `taken` that this version was accepted: by a person on the day `kept_on`, or where that
    is "" by rule; its void or deletion there can be accepted as well. `kept_current` says that OneDesk's invoice is
    still the one that the person decided about; `rewrite` that a person wants OneDesk's version written. `differed`
    says that the totals differed when it was last copied. `deposit` is what we wrote on it as prepaid. `sent_on` is the
    day on which this version was e-mailed, "" where it was not; `mailed_on` the day on which QuickBooks e-mailed it
    since we wrote it, "" for none, and where the ledger has that e-mail. `did` is what an interrupted run has done for
    the same command: copied, updated, sent or ""; `mailed_once` that it has e-mailed the version of before, and nobody
    has requested another e-mail since. `settled` is what pays it in QuickBooks apart from a deposit, as far
    as it was looked at. `od_customer_id` is the host's customer that it was written for last, `customer_id` the
    QuickBooks customer where `now` may have another one. `versions` are the fields in which OneDesk's version and
    QuickBooks' differ, each with both values; `same` says that there are none, whatever was changed since the last
    copy. `set_tax` is a tax that a person set in QuickBooks, and that an update would undo; `same_base` says that the
    basis of QuickBooks' automated tax (lines, discount, day, customer, destination) is as it was copied, and an update
    does not change it. Both are only determined under automated sales tax. `first` is the request that is recovered
    before this time slice writes anything: `now` includes it already, in a plan as predicted (`qbo_id` is "" for an
    invoice that it makes). `left` are the fields, with QuickBooks' values, that were changed there and that OneDesk's
    version does not state, so that writing it leaves them as they are. `items` are those that its lines were written
    with last, each under the name that it had when it was first written. `agreed` says that QuickBooks' version was
    accepted because its total was that of OneDesk, and that writing OneDesk's would undo other changes there. `dated`
    is the day that we wrote last, None where that is not known. `found`: not by a link, but by its number and our
    marker. `stated` are the parts that the last copy wrote because the rules name them, in the words of
    `InvoiceDraft.cleared`. `undone_on` is the day on which we voided it by rule, since OneDesk had it void or deleted,
    or because a person has undone the run that had made it (`undone_run`, "" for none); "" where we did not. `kind` is
    what QuickBooks has, INVOICE or CREDIT_MEMO; `applied` says that we have applied the credit memo to the invoice that
    it credits, `applied_to` is QuickBooks' invoice to which we applied it last (None for none). `resent`: the
    additional e-mail that a person has asked for is sent. `attached` are the files, by the host's ids, that we have
    attached to it. `deleted` is OneDesk's number of the invoice that it has deleted, where it has another number under
    the same id now; "" otherwise.
    """

    qbo_id: str
    content_hash: str
    now: BooksInvoice | None
    number: str = ""
    edited: bool = False
    taken: bool = False
    kept_on: str = ""
    kept_current: bool = False
    rewrite: bool = False
    differed: bool = False
    deposit: Decimal = Decimal(0)
    sent_on: str = ""
    did: str = ""
    settled: tuple[Settling, ...] = ()
    od_customer_id: str = ""
    customer_id: str = ""
    versions: tuple[tuple[str, str, str], ...] = ()
    same: bool = False
    set_tax: SetTax | None = None
    same_base: bool = False
    first: WrittenFirst | None = None
    left: tuple[tuple[str, str], ...] = ()
    items: tuple[Ref, ...] = ()
    dated: date | None = None
    found: bool = False
    agreed: bool = False
    undone_on: str = ""
    stated: tuple[str, ...] = ()
    undone_run: str = ""
    kind: str = INVOICE
    applied: bool = False
    applied_to: Ref | None = None
    resent: bool = False
    attached: frozenset[str] = frozenset()
    deleted: str = ""
    mailed_on: str = ""
    mailed_once: bool = False


@dataclass(frozen=True, slots=True)
class Credited:
    """The invoice that a credit note names (`name`, an id or a number): those of OneDesk's invoices that it may be by
    the ledger, and the one that QuickBooks has `now` (None: it no longer has one). `number` is OneDesk's: a plan does
    not know one that QuickBooks will give. `coming` is its expected state once what is planned before is done:
    QuickBooks need not have it yet. `withdrawn` says what OneDesk has done with it since (voided or deleted), "" for
    neither."""

    name: str
    od_ids: tuple[str, ...] = ()
    qbo_id: str = ""
    number: str = ""
    kind: str = INVOICE
    now: BooksInvoice | None = None
    coming: Coming | None = None
    withdrawn: str = ""


@dataclass(frozen=True, slots=True)
class Coming:
    """An invoice of the same run in its expected state: its customer in QuickBooks, its currency, its open balance
    (None where only QuickBooks knows its tax)."""

    customer_id: str
    currency: str
    left: Decimal | None


@dataclass(frozen=True, slots=True)
class BooksCredit:
    """A credit in a payment. `kind` is credit_memo, journal_entry or other_credit, `what` QuickBooks' own word
    ("Expense"); `number` is "" where QuickBooks does not give it."""

    kind: str
    what: str
    id: str
    number: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class BooksPayment:
    """A payment in QuickBooks, read back. `applied` are pairs of invoice id and amount; `unapplied` is the rest;
    `credits` are the payment's other lines: credits that it uses, and also amounts that were paid out to the customer,
    which only the sums show; `numbers` are those of the invoices, as far as QuickBooks gives them. Amounts are in
    `currency`. A voided payment has nothing applied any more (qbo-api.md 2.4 Payment, 3.5). `deposited`: it is part of
    a bank deposit, and cannot be changed before it is removed from that; `deposit_to` is the account of the money, ""
    where QuickBooks names none."""

    id: str
    sync_token: str
    currency: str
    total: Decimal
    unapplied: Decimal
    date: date
    method: str
    reference: str
    customer_id: str
    voided: bool
    applied: tuple[tuple[str, Decimal], ...]
    credits: tuple[BooksCredit, ...] = ()
    numbers: tuple[str, ...] = ()
    private_note: str = ""
    deposited: bool = False
    deposit_to: str = ""


def customer_directory(customers: Iterable[BooksCustomer]) -> Directory[BooksCustomer]:
    """Customers by name and e-mail address."""
    return directory(customers, emails=attrgetter("email"))


def item_directory(items: Iterable[BooksItem]) -> Directory[BooksItem]:
    """Products/services by name."""
    return directory(items, similar_item_key)


class Elsewhere(NamedTuple):
    """A company that was connected before, for people, and the day on which it got the invoice. `since_asked`: after
    the copy to this company was requested."""

    company: str
    day: date
    since_asked: bool = False


@dataclass(frozen=True, slots=True)
class Books:
    """What was looked up for one plan.

    `customers` and `items` have inactive ones too. `customer_links` maps OneDesk customer ids to QuickBooks customer
    ids, `customer_owners` QuickBooks customer ids to the OneDesk customers that are linked to them, and
    `customers_rejected` those that a person has rejected, by the key under which each would be linked; `other_names`
    has the vendors and employees of a name that a new customer would get, by name_key: 'vendor "Name"', and
    `retired_names` the inactive ones that had it: 'inactive vendor "Name (deleted)"'. `taken_numbers` maps invoice
    numbers to the QuickBooks invoice that already has them; `exchange_rates` home units per one foreign unit.
    `credited` is the invoice that a credit note names, None for another invoice. `to_come` is what payments of the host
    pay of the invoice, once it is in QuickBooks; `elsewhere` is another company that has it. `send_replaced`: it is to
    be copied, in place of a send that is held or has failed. `altered` is an unlinked one whose private note names the
    invoice, though not by our marker, or that has our marker and is void.
    """

    company: Company
    customers: Directory[BooksCustomer] = field(default_factory=Directory)
    customer_links: Mapping[str, str] = field(default_factory=dict)
    customer_owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    customers_rejected: Mapping[str, frozenset[str]] = field(default_factory=dict)
    other_names: Mapping[str, str] = field(default_factory=dict)
    retired_names: Mapping[str, str] = field(default_factory=dict)
    items: Directory[BooksItem] = field(default_factory=lambda: item_directory(()))
    accounts: tuple[Account, ...] = ()
    tax_codes: tuple[TaxCode, ...] = ()
    terms: tuple[Ref, ...] = ()
    exchange_rates: Mapping[str, Decimal] = field(default_factory=dict)
    taken_numbers: Mapping[str, TakenNumber] = field(default_factory=dict)
    classes: tuple[Ref, ...] = ()
    locations: tuple[Ref, ...] = ()
    credited: Credited | None = None
    in_categories: Mapping[str, str] = field(default_factory=dict)
    to_come: Decimal = Decimal(0)
    elsewhere: Elsewhere | None = None
    send_replaced: bool = False
    altered: BooksInvoice | None = None
