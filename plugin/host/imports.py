"""Invoices of another program, which is their owner: stored here as they arrive, with the plugins' hooks called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from onedesk_quickbooks.plugin.host.records import STATUSES, HostInvoice
from onedesk_quickbooks.plugin.texts import Text

if TYPE_CHECKING:
    from onedesk_quickbooks.hooks import Attachment, HostPaymentJson, InvoiceJson
    from onedesk_quickbooks.plugin.host.host import EmbeddedHost

OPENED, CHANGED, SEND = "opened", "changed", "send"
OUTCOMES = {
    "opened": Text("opened"),
    "kept": Text("kept"),
    "edited": Text("edited"),
    "reopened": Text("reopened"),
    "voided": Text("voided"),
    "deleted": Text("deleted"),
    "unchanged": Text("unchanged"),
    "failed": Text("failed"),
}
"""The outcomes for an invoice of a file."""
_CHANGES = {"draft": "reopened", "open": "edited", "paid": "edited", "void": "voided", "deleted": "deleted"}
"""The change, by the new status of the invoice."""
_ASKED = {OPENED: ("open",)}
"""The required statuses for an action; for other actions they are Open and Paid: the plugin refuses an invoice that is
Paid and was never copied."""


class RecordImporter:
    """The receiver of records from another program, for `host`. Every method is idempotent. Each raises `HostProblem`,
    and what the hooks raise."""

    def __init__(self, host: EmbeddedHost) -> None:
        self._host = host

    def invoice(self, invoice: InvoiceJson, action: str, user: str, files: Sequence[tuple[str, bytes]] = ()) -> str:
        """See `import_invoice`."""
        return import_invoice(self._host, invoice, action, user, files)

    def files(self, invoice_id: str) -> list[Attachment]:
        """The files of an invoice, in order."""
        return self._host.attachments(invoice_id)

    def put_file(self, invoice_id: str, name: str, content: bytes) -> None:
        """Store a file of an invoice, replacing one of the same name."""
        self._host.attach(invoice_id, name, content, instead=True)

    def drop_file(self, invoice_id: str, name: str) -> bool:
        """Delete a file; False if there is none of this name."""
        return self._host.detach(invoice_id, name)

    def has(self, invoice_id: str) -> bool:
        """Whether the invoice exists."""
        return self._host.read_invoice(invoice_id) is not None

    def payment(self, payment: HostPaymentJson, change: str) -> None:
        """Store a payment that the program has "recorded", or delete one whose recording it has "deleted"."""
        self._host.take_back(payment) if change == "deleted" else self._host.record_own(payment)


def import_invoice(
    host: EmbeddedHost, invoice: InvoiceJson, action: str, user: str, files: Sequence[tuple[str, bytes]] = ()
) -> str:
    """Store the invoice with its `files`, (name, content), and do one thing with it: "opened", "changed", "send", or an
    action of a plugin. Idempotent. Returns why nothing was done, "" if it was. Raises `InvalidRecord`, and what the
    hooks raise."""
    if action != CHANGED and invoice.get("status") not in _ASKED.get(action, ("open", "paid")):
        status = STATUSES.get(str(invoice.get("status")), str(invoice.get("status")))
        if action in _ASKED:
            return Text("It is {status}: this is done with an Open invoice alone.", status=status)
        return Text("It is {status}: this is done with an Open or a Paid invoice alone.", status=status)
    host.save(invoice)
    for name, content in files if invoice["status"] != "deleted" else ():
        host.attach(invoice["id"], name, content, instead=True)
    if action == CHANGED:
        _call_change_hook(host, invoice, _CHANGES[invoice["status"]])
        return ""
    kept = host.read_invoice(invoice["id"]) or invoice
    if action == OPENED and kept["status"] == "paid":
        return Text("It is Paid already: there is nothing to do.")
    if action == OPENED:
        with host.watching(invoice["id"], asked=True):
            host.plugins.hook.on_invoice_opened(invoice=kept)
        return ""
    if action == SEND:
        with host.watching(invoice["id"], asked=True):
            taken = bool(host.plugins.hook.on_invoice_send(invoice=kept, user=user))
    else:
        taken = host.act(invoice["id"], action, user)
    return (
        ""
        if taken
        else Text("No QuickBooks company is connected, so that nothing was done. Connect one and ask again.")
    )


def bring(host: EmbeddedHost, invoice: InvoiceJson, user: str) -> str:
    """Store the invoice of a file, and report to the plugins what has happened to it since the last import: opened,
    edited, reopened, voided or deleted. Returns this word; "kept" for a new one that is not Open, and "unchanged".
    Raises `InvalidRecord`, and what the hooks raise."""
    before = host.invoice(invoice["id"])
    host.save(invoice)
    now = host.invoice(invoice["id"])
    happened = _happened(before, now)
    if happened == OPENED and now is not None:
        with host.watching(invoice["id"], asked=True):
            host.plugins.hook.on_invoice_opened(invoice=now.json)
    elif happened in _CHANGES.values():
        _call_change_hook(host, invoice if now is None else now.json, happened)
    return happened


def _happened(before: HostInvoice | None, now: HostInvoice | None) -> str:
    if before is None:
        return OPENED if now is not None and now.status == "open" else "kept"
    if now is None:
        return "deleted"
    if before.json == now.json:
        return "unchanged"
    if now.status == "open" and before.status in ("draft", "void"):
        return OPENED
    return _CHANGES[now.status] if before.status != now.status else "edited"


def _call_change_hook(host: EmbeddedHost, invoice: InvoiceJson, change: str) -> None:
    with host.watching(invoice["id"], asked=False):
        host.plugins.hook.on_invoice_changed(invoice=invoice, change=change)
