"""What the hooks call (hooks.py): each method only records the event, and wakes the runner."""

from __future__ import annotations

from onedesk_quickbooks.plugin.app.inbox import CHANGES, EDITED, MAILED, OPENED, Command
from onedesk_quickbooks.plugin.app.parts import Parts
from onedesk_quickbooks.plugin.ledger import Connected, LedgerProblem
from onedesk_quickbooks.plugin.model.host import Action, HostPaymentJson, InvoiceJson, PaymentJson
from onedesk_quickbooks.plugin.model.payment import Reversal
from onedesk_quickbooks.plugin.sync.errors import InvalidInvoice
from onedesk_quickbooks.plugin.sync.payload import payment_entry, read_id, read_invoice, read_payment, read_user
from onedesk_quickbooks.plugin.texts import Text

COPY = Action("quickbooks.copy", Text("Copy to QuickBooks Online"))


class HostApi(Parts):
    """The facade for the host, called by the hooks. No method waits for QuickBooks."""

    def invoice_opened(self, invoice: InvoiceJson) -> None:
        """Queue a copy or a send where the rules say so."""
        read = read_invoice(invoice)
        connected = self._company or self._former(read.id)
        if connected is None:
            self._record(Command("", OPENED, dict(invoice)))
            return
        decided = self._services.decide_settings(read, connected)
        if decided.on_open in ("copy", "send"):
            self._ask(connected, decided.on_open, invoice, "", by_rule=True)
        else:
            self._record(Command(connected.realm_id, OPENED, dict(invoice)))

    def lost_on_open(self, invoice: InvoiceJson) -> str:
        """copy or send, where the rules do that with this invoice when it is opened, and no company takes it, so that
        it is never done; else "". Raises `InvalidInvoice`."""
        read = read_invoice(invoice)
        if self._company is not None or self._former(read.id) is not None:
            return ""
        rule = self._services.decide_settings(read, None).on_open
        return rule if rule in ("copy", "send") else ""

    def send(self, invoice: InvoiceJson, user: str) -> bool | None:
        """Queue a send, where a company is connected: then QuickBooks e-mails the invoice, and the host must not. If
        not, the host e-mails it, and a send that waits for a company to be connected again does not."""
        read_invoice(invoice)
        connected = self._company
        if connected is None:
            self._record(Command("", MAILED, dict(invoice), read_user(user)))
            return None
        self._ask(connected, "send", invoice, user)
        return True

    def actions(self, invoice: InvoiceJson) -> list[Action]:
        """The action to copy, for every Open invoice, once a company is connected. Raises `InvalidInvoice` for one
        without an id."""
        read_id(invoice)
        return [COPY] if invoice.get("status") == "open" and self._company is not None else []

    def act(self, invoice: InvoiceJson, action: str, user: str) -> bool | None:
        """Queue the action "Copy to QuickBooks Online"."""
        connected = self._company
        if action != COPY.id or connected is None:
            return None
        read_invoice(invoice)
        self._ask(connected, "copy", invoice, user)
        return True

    def invoice_changed(self, invoice: InvoiceJson, change: str) -> None:
        """An edited invoice is copied in its present state by what is queued. For one that is back in Draft, voided or
        deleted, the queued entries are dropped. A void or deleted invoice is undone in QuickBooks if the rules say so,
        else a person has to void it there. Raises `InvalidInvoice`, also for an unknown change."""
        if change not in CHANGES:
            raise InvalidInvoice("change", f"{change!r} is not a change; it is one of {', '.join(CHANGES)}.")
        if change == EDITED:
            read_invoice(invoice)
        read_id(invoice)
        connected = self._company
        self._record(Command(connected.realm_id if connected else "", change, dict(invoice)))

    def host_payment(self, payment: HostPaymentJson, change: str) -> None:
        """Record that the host has recorded or deleted a payment. Raises `InvalidInvoice`, also for an unknown
        change."""
        action, entry = payment_entry(payment, change)
        connected, services = self._company, self._services
        realm_id = connected.realm_id if connected else ""
        command = Command(realm_id, action, entry, "", services.run, asked_in=services.asked_in)
        if self._inbox.take(command, away=self._away) or not services.ledger.remote:
            self._background.wake()

    def payment_received(self, payment: PaymentJson) -> None:
        """Record the payment in the host."""
        self._services.host.record_payment(read_payment(payment))

    def payment_reversed(self, reversal: Reversal) -> None:
        """Remove the payment in the host."""
        self._services.host.reverse_payment(reversal)

    def _former(self, od_invoice_id: str) -> Connected | None:
        """The company that has the invoice and is no longer connected; None while the ledger cannot be read."""
        companies = self._services.ledger.companies
        try:
            found = [] if self._away else companies.knowing([od_invoice_id])
            return companies.known(found[0]) if found else None
        except LedgerProblem:
            return None

    def _record(self, command: Command) -> None:
        """Record what was done to an invoice; something may be ready now that was held, or is to be undone."""
        taken, ledger = self._inbox.take(command, away=self._away), self._services.ledger
        realm_id = command.realm_id
        if realm_id and (
            ledger.queue.ready(realm_id) or ledger.unconfirmed.any(realm_id) if taken else not ledger.remote
        ):
            self._background.wake()

    def _ask(
        self, connected: Connected, action: str, invoice: InvoiceJson, user: object, by_rule: bool = False
    ) -> None:
        services, name = self._services, read_user(user)
        command = Command(
            connected.realm_id, action, dict(invoice), name, services.run, asked_in=services.asked_in, by_rule=by_rule
        )
        taken = self._inbox.take(command, away=self._away)
        if taken or not self._services.ledger.remote:  # the company queue brings into the ledger what waits in a file
            self._background.wake()
