"""What the plugin needs of a host, and the small types that hooks pass. hooks.py exports all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeGuard, runtime_checkable

from onedesk_quickbooks.plugin.model.payment import Payment, Reversal

InvoiceJson = Mapping[str, Any]
"""An invoice of the host: schemas/invoice.schema.json. Amounts are decimal strings."""

HostPaymentJson = Mapping[str, Any]
"""A payment that the host has recorded itself: schemas/host_payment.schema.json. Amounts are decimal strings."""

PaymentJson = Mapping[str, Any]
"""A payment made in QuickBooks: schemas/payment.schema.json. Amounts are decimal strings."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person can do with an invoice: shown in its action menu and at the foot of its detail panel.

    `id` is passed to `on_invoice_action`; `label` is the text to show.
    """

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of Administration > Financials. `kind` is "status" (text only), "choice", "link" or "button".

    `value` is the present value, `choices` are pairs of value and label. `url` is a page of the plugin: "link" opens it
    (GET), "button" posts to it, "choice" posts the chosen value to it as the form field ``value``. Both post the host's
    form token too, see `WebPages`.
    """

    id: str
    label: str
    kind: str
    value: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    url: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceFact:
    """One fact about an invoice. `kind` is why (it waits or is held), next (try), changed (in the host since it was
    copied), copied, sent or gone (voided or deleted in QuickBooks since); `text` is a sentence or a part of one, `at`
    is its time, past or future."""

    kind: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InvoiceState:
    """The state of one of the host's invoices by the plugin's ledger. `now` is waiting, held, changed (in the host
    since it was copied), or "" where nothing is new since the host was notified; `facts` stay, whatever happens later;
    `url` is the plugin's page with the story of the invoice, "" for none."""

    invoice_id: str
    now: str
    facts: tuple[InvoiceFact, ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class PageLink:
    """A page of the plugin for the host's navigation. `count` is the number of entries that wait there, to show beside
    `label` unless it is zero."""

    id: str
    label: str
    url: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class WebPages:
    """A WSGI application of the plugin and the path to mount it at (connect, callback, webhooks, settings).

    The host sets in the WSGI environ before it calls `app`: "onedesk.user", the signed-in user's id, "" for nobody;
    "onedesk.form_token", a secret of that user's session, which the host's own forms send to `app` as the field
    ``form_token`` (so that no other site can post in the user's name); "onedesk.return_to", the path of its page
    Administration > Financials. It may also set "onedesk.language" (en or fr), and "onedesk.invoice_page" and
    "onedesk.customer_page", the paths of its page of an invoice and of a customer organization with ``{id}`` in place
    of the id ("/invoices/{id}"): the pages link there. Values that a client sends under these names must be dropped.
    """

    prefix: str
    app: Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Alert:
    """A problem that needs an administrator; reported once, until it has passed.

    `kind` is "stopped" (the company queue is stopped), "error" (a repeated failure), "disk" (it is nearly full), "held"
    (work waits for a person), "run" (a copy or send that was stopped has left work), "paid" (money came in for an
    invoice that the host has voided or deleted), "untold" (the host does not accept a payment), "webhook" (a receiver
    of payments accepts none, and is stopped), "silent" (nothing has succeeded for too long), "payments" (no look for
    payments has succeeded for too long, or no process makes one) or "token" (the connection expires soon); `key` is the
    same for the same alert. `title` is one line, `text` says what is wrong and what to do; neither holds a person's
    name or address. `since` is an aware instant.
    """

    kind: str
    key: str
    title: str
    text: str
    since: datetime


@runtime_checkable
class OneDeskHost(Protocol):
    """The methods that the plugin needs of a host. They are called from any thread, and after a crash again with the
    same arguments: each must be idempotent."""

    def read_invoice(self, invoice_id: str) -> InvoiceJson | None:
        """Returns the present invoice; None when the host has no such invoice (any more), also for a word that is not a
        valid id."""

    def set_tag(self, invoice_id: str, tag: str, link: str) -> None:
        """Shows `tag` beside the invoice's status, with the link `link` (a URL, or "" for none). It replaces the former
        tag: an invoice has one tag at a time. An empty `tag` removes it."""

    def add_note(self, invoice_id: str, key: str, text: str) -> None:
        """Shows a note to the users of the invoice: one or two sentences.

        `key` names the note: the same key again replaces its text; an empty text removes the note.
        """

    def record_payment(self, payment: Payment) -> None:
        """Records what pays an invoice in QuickBooks, or a part of it: a payment, or another `payment.kind`. A recorded
        `payment.id` changes nothing.

        The invoice becomes Paid when `payment.balance` is zero, else it shows that balance; whatever the kind and the
        amount, which may be zero.
        """

    def reverse_payment(self, reversal: Reversal) -> None:
        """Reverses a recorded payment; the invoice is no longer Paid unless `reversal.balance` is zero. An unknown
        payment, or one that is already reversed, changes nothing."""

    def may_administer(self, user: str) -> bool:
        """Returns whether this user of the host may connect, disconnect and change settings."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of an invoice. `id` is the host's, and identifies this content: other content has another id. `name` has
    the suffix of its type (".pdf"); `size` is in bytes."""

    id: str
    name: str
    size: int


@runtime_checkable
class AttachesFiles(Protocol):
    """Optional methods of a host: with the rule ``invoices.attachments: keep`` or ``send`` its files are attached to
    QuickBooks' invoice. Called as the methods of `OneDeskHost` are."""

    def attachments(self, invoice_id: str) -> Iterable[Attachment]:
        """Returns the present files of an invoice, in order; an empty sequence for none."""

    def read_attachment(self, invoice_id: str, attachment_id: str) -> bytes | None:
        """Returns the content of one file; None where the host no longer has it."""


@runtime_checkable
class ListsInvoices(Protocol):
    """An optional method of a host, for `backfill` and the page "Set up"; a reconciliation also uses it to find
    invoices that were never handed to the plugin."""

    def invoices_dated(self, first: date | None, last: date | None) -> Iterable[str]:
        """Returns the ids of all invoices, of any status, with an issue date from `first` to `last`, both included;
        None sets no limit. Ordered by date, and for one day by number. It may be a generator: it is read to its end, or
        closed where the user stops."""


def lists_invoices(host: object) -> TypeGuard[ListsInvoices]:
    """Whether a host has the method. From Python 3.12 on `isinstance` with a protocol does not see what a wrapper of a
    host passes on by `__getattr__`."""
    return callable(getattr(host, "invoices_dated", None))
