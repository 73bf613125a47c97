"""What the hooks call (hooks.py): each method only records what the host says, and wakes the runner."""

from __future__ import annotations

from onedesk_quickbooks.plugin.app.inbox import CHANGES, EDITED, OPENED, Command
from onedesk_quickbooks.plugin.app.parts import Parts
from onedesk_quickbooks.plugin.ledger import WITHDRAWN, Connected
from onedesk_quickbooks.plugin.model.host import Action, HostPaymentJson, InvoiceJson, PaymentJson
from onedesk_quickbooks.plugin.model.payment import Reversal
from onedesk_quickbooks.plugin.sync.errors import InvalidInvoice
from onedesk_quickbooks.plugin.sync.payload import payment_entry, read_id, read_invoice, read_payment, read_user
from onedesk_quickbooks.plugin.texts import Text

COPY = Action("quickbooks.copy", Text("Copy to QuickBooks Online"))


class HostApi(Parts):
    """For the host, through its hooks. Nothing here waits for QuickBooks."""

    def invoice_opened(self, invoice: InvoiceJson) -> None:
        """Copied at once, or sent, where the rules say so."""
        read = read_invoice(invoice)
        connected = self._company
        if connected is None:
            return
        decided = self._services.decide_settings(read, connected)
        if decided.on_open in ("copy", "send"):
            self._ask(connected, decided.on_open, invoice, "", by_rule=True)
        else:
            self._inbox.take(Command(connected.realm_id, OPENED, invoice), away=self._away)

    def send(self, invoice: InvoiceJson, user: str) -> bool | None:
        """Taken where a company is connected: QuickBooks e-mails it, the host does not."""
        read_invoice(invoice)
        connected = self._company
        if connected is None:
            return None
        self._ask(connected, "send", invoice, user)
        return True

    def actions(self, invoice: InvoiceJson) -> list[Action]:
        """Every Open invoice offers to be copied, once a company is connected."""
        return [COPY] if invoice.get("status") == "open" and self._company is not None else []

    def act(self, invoice: InvoiceJson, action: str, user: str) -> bool | None:
        """The action "Copy to QuickBooks Online"."""
        connected = self._company
        if action != COPY.id or connected is None:
            return None
        read_invoice(invoice)
        self._ask(connected, "copy", invoice, user)
        return True

    def invoice_changed(self, invoice: InvoiceJson, change: str) -> None:
        """Edited: what waits is copied as it is now. Back in Draft, voided or deleted: what waits is dropped; what
        QuickBooks has of a void or deleted one is undone there by rule, or a person's to void. Raises `InvalidInvoice`,
        also for a change that is none of these."""
        if change not in CHANGES:
            raise InvalidInvoice("change", f"{change!r} is no change; it is one of {', '.join(CHANGES)}.")
        if change == EDITED:
            read_invoice(invoice)
        read_id(invoice)
        connected = self._company
        taken = self._inbox.take(Command(connected.realm_id if connected else "", change, invoice), away=self._away)
        if connected is not None and change in WITHDRAWN and (taken or not self._services.ledger.remote):
            self._background.wake()

    def host_payment(self, payment: HostPaymentJson, change: str) -> None:
        """A payment that the host has recorded, or taken back. Raises `InvalidInvoice`, also for another change."""
        action, entry = payment_entry(payment, change)
        connected, services = self._company, self._services
        if connected is None:
            return
        order = Command(connected.realm_id, action, entry, "", services.run, asked_in=services.asked_in)
        if self._inbox.take(order, away=self._away) or not services.ledger.remote:
            self._background.wake()

    def payment_received(self, payment: PaymentJson) -> None:
        """Record it in the host."""
        self._services.host.record_payment(read_payment(payment))

    def payment_reversed(self, reversal: Reversal) -> None:
        """Take it back in the host."""
        self._services.host.reverse_payment(reversal)

    def _ask(
        self, connected: Connected, action: str, invoice: InvoiceJson, user: object, by_rule: bool = False
    ) -> None:
        services, name = self._services, read_user(user)
        order = Command(
            connected.realm_id, action, invoice, name, services.run, asked_in=services.asked_in, by_rule=by_rule
        )
        taken = self._inbox.take(order, away=self._away)
        if taken or not self._services.ledger.remote:  # the lane brings into the ledger what waits in a file
            self._background.wake()
