"""What the plugin needs of a host, and the few shapes that hooks pass. hooks.py hands all of it on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, runtime_checkable

from onedesk_quickbooks.plugin.model.payment import Payment, Reversal

InvoiceJson = Mapping[str, Any]
"""An invoice of the host: schemas/invoice.schema.json. Amounts are decimal strings."""

HostPaymentJson = Mapping[str, Any]
"""A payment that the host has recorded itself: schemas/host_payment.schema.json. Amounts are decimal strings."""

PaymentJson = Mapping[str, Any]
"""A payment made in QuickBooks: schemas/payment.schema.json. Amounts are decimal strings."""


class NotNow(Exception):
    """What was asked cannot be recorded now (a full disk, a database that is away), so nothing has changed. The text
    says why and what to do: show it to the person."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person can do with an invoice: shown in its action menu and at the foot of its detail panel.

    `id` comes back in `on_invoice_action`; `label` is what the person reads.
    """

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of Administration > Financials. `kind` is "status" (text only), "choice", "link" or "button".

    `value` is what is set now, `choices` pairs of value and label. `url` is a page of the plugin's own: "link" opens
    it (GET), "button" posts to it, "choice" posts the chosen value to it as the form field ``value``. Both post the
    host's form token too, see `WebPages`.
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
    """One thing that is known of an invoice. `kind` is why (it waits or is held), next (try), changed (in the host
    since it was copied), copied or sent; `text` is a sentence or a part of one, `at` when that was or will be."""

    kind: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InvoiceState:
    """How one of the host's invoices stands by the plugin's ledger. `now` is waiting, held, changed (in the host since
    it was copied), or "" where nothing is new since the host was told; `facts` stay, whatever happens later; `url` is
    the plugin's page with all that happened to it, "" for none."""

    invoice_id: str
    now: str
    facts: tuple[InvoiceFact, ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class PageLink:
    """A page of the plugin's own that the host's navigation may lead to. `count` is how much waits there, to be shown
    beside `label` where it is not zero."""

    id: str
    label: str
    url: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class WebPages:
    """A WSGI application of the plugin and the path to mount it at (connect, callback, webhooks, settings).

    The host puts into the WSGI environ before it calls `app`: "onedesk.user", the signed-in user's id, "" for nobody;
    "onedesk.form_token", a secret of that user's session, which the host's own forms send to `app` as the field
    ``form_token`` (so that no other site can post in the user's name); "onedesk.return_to", the path of its page
    Administration > Financials. It may also put in "onedesk.language" (en or fr), and "onedesk.invoice_page" and
    "onedesk.customer_page", the paths of its page of an invoice and of a customer organization with ``{id}`` where the
    id stands ("/invoices/{id}"): the pages lead there. Whatever a client sends under these names must not get through.
    """

    prefix: str
    app: Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that an administrator has to know of and act on; told once, until it has passed.

    `kind` is "stopped" (the lane stands still), "error" (the same
    fails again and again), "disk" (it is nearly full), "held" (work waits for a person), "run"
    (a copy or send that was stopped has left work), "paid" (money came in for an invoice that is void or gone in the
    host), "untold" (the host does not take a payment), "webhook" (a receiver of payments takes none, and is left
    alone), "silent" (nothing has succeeded for too long), "payments" (no look for payments has succeeded for too long)
    or "token" (the connection ends soon); `key` is the same for the same alert. `title` is one line, `text` says what
    is wrong and what to do; neither holds a person's name or address. `since` is an aware instant.
    """

    kind: str
    key: str
    title: str
    text: str
    since: datetime


@runtime_checkable
class OneDeskHost(Protocol):
    """What the plugin needs of a host. Every method may be called from any thread, and again with the same
    arguments after a crash: doing a thing twice must be the same as doing it once."""

    def read_invoice(self, invoice_id: str) -> InvoiceJson | None:
        """The invoice as it stands now, or None when the host has no such invoice (any more), also for a word that is
        no id of the host's at all."""

    def set_tag(self, invoice_id: str, tag: str, link: str) -> None:
        """Show `tag` beside the invoice's status, leading to `link` (a URL, or "" for none). It takes the place of the
        tag that was set before: an invoice has one tag at a time. An empty `tag` takes the tag away."""

    def add_note(self, invoice_id: str, key: str, text: str) -> None:
        """Tell the people who work with the invoice something: one or two plain sentences.

        `key` names the note: the same key again replaces its text; an empty text takes the note away.
        """

    def record_payment(self, payment: Payment) -> None:
        """Record what settles an invoice in QuickBooks, or a part of it: a payment, or what `payment.kind` says. A
        `payment.id` that is recorded already changes nothing.

        The invoice becomes Paid when `payment.balance` is zero, else it shows the balance as what is left; whatever the
        kind and the amount, which may be zero.
        """

    def reverse_payment(self, reversal: Reversal) -> None:
        """Take a recorded payment back; the invoice is no longer Paid unless `reversal.balance` is zero.
        A payment that is not recorded, or reversed already, changes nothing."""

    def may_administer(self, user: str) -> bool:
        """Whether this user of the host may connect, disconnect and change settings."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of an invoice. `id` is the host's own, and stands for this content alone: other content has another id.
    `name` ends as its type does (".pdf"); `size` is in bytes."""

    id: str
    name: str
    size: int


@runtime_checkable
class AttachesFiles(Protocol):
    """What a host may have beside `OneDeskHost`: with the rule ``invoices.attachments: keep`` or ``send`` its files
    stand at QuickBooks' invoice. Called as the methods of `OneDeskHost` are."""

    def attachments(self, invoice_id: str) -> Iterable[Attachment]:
        """The files of an invoice as it stands now, in order; none for none."""

    def read_attachment(self, invoice_id: str, attachment_id: str) -> bytes | None:
        """The content of one of them; None where the host has it no more."""


@runtime_checkable
class ListsInvoices(Protocol):
    """What a host may have beside `OneDeskHost`: `backfill` and the page "Set up" need it; a
    reconciliation also finds invoices by it that the plugin was never told of."""

    def invoices_dated(self, first: date | None, last: date | None) -> Iterable[str]:
        """The ids of all invoices, whatever their status, with an issue date from `first` to `last`, both included;
        None sets no limit. By their date, and among those of a day by their number. It may be a generator: it is read
        to its end, or left where the person stops it."""
