"""An invoice as a document: e-mailed once more at a person's request, and as QuickBooks prints it."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from onedesk_quickbooks.plugin.app.admin_api import AdminApi
from onedesk_quickbooks.plugin.ledger import BOUNCED
from onedesk_quickbooks.plugin.model.host import InvoiceJson
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.model.receivers import LONGEST_EMAIL
from onedesk_quickbooks.plugin.model.resend_wish import Resend
from onedesk_quickbooks.plugin.sync.errors import CannotDecide, NotConnected
from onedesk_quickbooks.plugin.sync.host_client import as_named
from onedesk_quickbooks.plugin.sync.payload import read_id, read_invoice
from onedesk_quickbooks.plugin.texts import Text, text_in

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.model.plan import AnyPlan


_UNFIT = re.compile(r"[^\w.-]+", re.ASCII)
"""Characters that are left out of a file name."""


@dataclass(frozen=True, slots=True)
class Pdf:
    """A PDF and its file name."""

    name: str
    content: bytes


class DocumentsApi(AdminApi):
    """For administrators: pages and commands."""

    def pdf(self, invoice_id: str) -> Pdf:
        """The invoice as QuickBooks prints it now. Raises `CannotDecide` where QuickBooks does not have it, and
        `NotConnected` or `QuickBooksProblem`."""
        services, realm_id = self._services, self._services.connected().realm_id
        link = services.ledger.links.invoice(realm_id, invoice_id)
        if link is None:
            why = Text("QuickBooks does not have the invoice {invoice}: copy it first.", invoice=invoice_id)
            raise CannotDecide(why)
        try:
            content = services.quickbooks(realm_id).pdf(link.qbo_id, link.kind)
        finally:
            services.flush_calls(realm_id)
        return Pdf(f"{_UNFIT.sub('-', link.qbo_number or link.qbo_id)}.pdf", content)

    def pdf_for_host(self, invoice: InvoiceJson) -> bytes | None:
        """Like `pdf`, for a page of the host. None where QuickBooks has no such invoice; raises `NotNow`, and
        `InvalidInvoice` for one without an id."""
        from onedesk_quickbooks.plugin.qbo.problems import QuickBooksProblem  # hooks of the host do not load the client

        invoice_id = read_id(invoice)
        try:
            return self.pdf(invoice_id).content
        except (CannotDecide, NotConnected):
            return None
        except QuickBooksProblem as problem:
            raise NotNow(text_in(problem)) from problem

    def sent_at(self, invoice_id: str) -> datetime | None:
        """When QuickBooks last e-mailed the invoice; None where it has not."""
        connected = self.connected
        link = self._services.ledger.links.invoice(connected.realm_id, invoice_id) if connected else None
        return link.sent_at if link is not None and link.state == "sent" else None

    def resend(self, invoice_id: str, user: str, to: str = "", seen: datetime | None = None) -> bool:
        """Queue one more e-mail of an invoice that QuickBooks has e-mailed, to the address `to`, or to the former
        receivers. `seen` is the time of the last e-mail that the person knows of (`sent_at`): two requests lead to one
        e-mail. False where the same request is queued already. Raises `CannotDecide` where the invoice cannot be
        e-mailed, and `NotConnected`."""
        services, ledger = self._services, self._services.ledger
        realm_id, invoice, wish = services.connected().realm_id, self._to_resend(invoice_id), _wish(to, user)
        seen = seen or self.sent_at(invoice_id)
        try:
            with ledger.together() as connection:
                about = {"realm_id": realm_id, "od_invoice_id": invoice_id}
                ledger.audit.act(user, "resend", **about, to=wish.to)  # first: a simultaneous request waits here
                self._may_resend(realm_id, invoice_id, seen, wish)
                ledger.queue.resend(connection, realm_id, invoice, wish, services.run)
        except _AskedAlready:
            return False
        self._background.wake()
        return True

    def plan_resend(self, invoice_id: str, user: str, to: str = "") -> AnyPlan:
        """Plan `resend`, and change nothing. Raises `CannotDecide`, `NotConnected` or `QuickBooksProblem`."""
        realm_id, invoice = self._services.connected().realm_id, self._to_resend(invoice_id)
        wish = _wish(to, user)
        with suppress(_AskedAlready):
            self._may_resend(realm_id, invoice_id, self.sent_at(invoice_id), wish)
        return self.plan(invoice, "send", again=wish)

    def _to_resend(self, invoice_id: str) -> InvoiceJson:
        """The invoice as the host has it."""
        invoice = as_named(self._services.host, invoice_id)
        if invoice is None or invoice.get("status") not in ("open", "paid"):
            raise CannotDecide(
                Text(
                    "OneDesk does not have {invoice} as an Open or Paid invoice.",
                    invoice=invoice_id,
                )
            )
        read_invoice(invoice)
        return invoice

    def _may_resend(self, realm_id: str, invoice_id: str, seen: datetime | None, wish: Resend) -> None:
        """Raises `CannotDecide` unless the last e-mail of the invoice was at `seen` and nothing is queued for it;
        `_AskedAlready` where this very request is queued."""
        sent_at = self.sent_at(invoice_id)
        if sent_at is None and not self._was_paid(realm_id, invoice_id):
            why = Text("QuickBooks has not e-mailed the invoice {invoice} yet: send it.", invoice=invoice_id)
            raise CannotDecide(why)
        open_now = self._services.ledger.queue.open_of(realm_id, invoice_id)
        waits = [each for each in open_now if each.state != "skipped" and each.action != BOUNCED]
        if any(each.state == "todo" and each.again and each.again.to == wish.to for each in waits):
            raise _AskedAlready
        if waits:
            why = Text(
                "Another entry of the invoice {invoice} has to finish first: see onedesk-quickbooks queue show {n}. "
                "It is not e-mailed once more.",
                invoice=invoice_id,
                n=waits[0].id,
            )
            raise CannotDecide(why)
        if sent_at is not None and seen != sent_at:
            why = Text(
                "QuickBooks e-mailed the invoice {invoice} on {day}. Check it there, and ask again if the customer "
                "needs another copy.",
                invoice=invoice_id,
                day=sent_at.date(),
            )
            raise CannotDecide(why)

    def _was_paid(self, realm_id: str, invoice_id: str) -> bool:
        """Whether its last send was done without an e-mail, as of an invoice that is paid: the plan looks again."""
        found = self._services.ledger.queue_lists.outlines_of(realm_id, [invoice_id]).get(invoice_id, [])
        last = next((each for each in found if each.state == "done" and each.action == "send"), None)
        return last is not None and self._services.ledger.links.invoice(realm_id, invoice_id) is not None


def _wish(to: str, user: str) -> Resend:
    """The request for one address, or for the usual receivers of the invoice."""
    from onedesk_quickbooks.plugin.model.plan import Reason  # `status` and `queue` do without
    from onedesk_quickbooks.plugin.planning import addresses

    found = addresses(to, Text("address"), Text("in your request"))
    if isinstance(found, Reason):
        raise CannotDecide(found.sentence)
    if len(found) > 1 or len(to) > LONGEST_EMAIL:
        raise CannotDecide(
            Text("QuickBooks sends it once more to one address of at most {longest} characters.", longest=LONGEST_EMAIL)
        )
    return Resend(found[0] if found else "", user)


class _AskedAlready(Exception):
    """The same request is queued already."""
