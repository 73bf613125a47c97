"""What the HTTP API calls, for programs that are not in Python."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.app.parts import Parts
from onedesk_quickbooks.plugin.ledger import PAY, InvoiceLink, Work
from onedesk_quickbooks.plugin.model.host_payment import payment_key
from onedesk_quickbooks.plugin.model.kinds import LEFT, PAID, PAYING
from onedesk_quickbooks.plugin.ops.invoice_states import IN_FILE
from onedesk_quickbooks.plugin.ops.queue_list import why_stopped
from onedesk_quickbooks.plugin.sync.host_client import as_named
from onedesk_quickbooks.plugin.sync.host_notes import page_of_link
from onedesk_quickbooks.plugin.texts import Text, joined


class ProgramApi(Parts):
    """The facade for programs that call over HTTP, or that receive webhooks."""

    def invoice_state(self, invoice_id: str) -> dict[str, Any] | None:
        """The state of an invoice: id number status state why link quickbooks entry. `status` is the host's, "" where
        the host no longer has the invoice; `state` is waiting, held, failed, skipped, copied, sent, voided, deleted or
        none; `quickbooks` is None, or {id number total currency}; `entry` is the queue entry that waits, or is skipped.
        Where the connected company does not have the invoice, or none is connected, it is that of the former company
        which has it, and `why` says so. None where the invoice is unknown to all."""
        ledger = self._services.ledger
        found = as_named(self._services.host, invoice_id)
        realm_id, apart = self._company_of(invoice_id, *LEFT, "done")
        link = ledger.links.invoice(realm_id, invoice_id)
        entries = ledger.queue.open_of(realm_id, invoice_id)
        if found is None and link is None and not entries:
            return None
        gone = ledger.conflicts.lost(link) if link else ""
        state, waits, why = self._state(realm_id, entries, gone or (link.state if link else "none"))
        if state == "copied":
            why = self._unsent(realm_id, invoice_id)
        filed = invoice_id in self._inbox.asked()
        number = (found or {}).get("number") or (link.od_number if link else waits.od_number if waits else "")
        link = None if gone == "deleted" else link
        return {
            "id": invoice_id,
            "number": number,
            "status": str(found.get("status", "")) if found else "",
            "state": "waiting" if filed else state,
            "why": IN_FILE.text if filed else _reason(state, why, apart),
            "link": page_of_link(self.settings, link),
            "quickbooks": _in_quickbooks(link, gone == "voided"),
            "entry": waits.id if waits and not filed else None,
        }

    def payment_state(self, payment_id: str) -> dict[str, Any] | None:
        """The state of a payment that the host has recorded: id state why entry quickbooks. `state` is waiting, held,
        failed, skipped, recorded, taken_back or none; `quickbooks` is None, or {id}. Of a former company as
        `invoice_state`. None where the payment is unknown."""
        from onedesk_quickbooks.plugin.qbo import id_of  # `status` and `queue` do without the client

        ledger, key = self._services.ledger, payment_key(payment_id)
        realm_id, apart = self._company_of(key, *LEFT)
        entries, filed = ledger.queue.open_of(realm_id, key), key in self._inbox.asked()
        if not entries and not filed and not ledger.queue.has_asked(key, PAYING):
            return None
        done = [each for each in ledger.outbox.of_payment(realm_id, key) if each.state == "answered"]
        last = done[-1] if done else None
        in_books = "none" if last is None else "recorded" if last.step == PAY else "taken_back"
        qbo_id = next((id_of(each.answer) for each in reversed(done) if each.step == PAY and each.answer), "")
        ended = ledger.queue.latest(key, PAYING) if last is None else None
        if ended is not None and ended.action == PAID and ended.state == "done":
            # found by its mark: another ledger has written it, such as the one that a restore has replaced
            qbo_id = str((ended.outcome or {}).get("qbo_id", ""))
            in_books = "recorded" if qbo_id else "none"
        state, waits, why = self._state(realm_id, entries, in_books)
        return {
            "id": payment_id,
            "state": "waiting" if filed else state,
            "why": IN_FILE.text if filed else _reason(state, why, apart),
            "entry": waits.id if waits and not filed else None,
            "quickbooks": {"id": qbo_id} if qbo_id and in_books == "recorded" else None,
        }

    def _company_of(self, od_id: str, *over: str) -> tuple[str, str]:
        """The QuickBooks id of the company that has a link of this invoice, or payment, or an entry that is in none of
        the states `over`: the connected one, or else the last one, and then the text that says so. Else that of the
        connected company; "" for none."""
        connected, companies = self.connected, self._services.ledger.companies
        found = next(map(companies.known, companies.knowing([od_id], without=over)), connected)
        if found is None:
            return "", ""
        if connected is None:
            return found.realm_id, Text(
                "No QuickBooks company is connected: nothing is done in {company} until it is connected again"
                " (onedesk-quickbooks connect).",
                company=found.company.name,
            )
        if found.realm_id == connected.realm_id:
            return found.realm_id, ""
        return found.realm_id, Text(
            "{company} has it, and is not connected: nothing is done there until it is connected again. The connected"
            " company, {connected}, does not have it.",
            company=found.company.name,
            connected=connected.company.name,
        )

    def _state(self, realm_id: str, entries: Sequence[Work], else_: str) -> tuple[str, Work | None, str]:
        """The state to show of several entries, the entry and its reason: entries for a person first, which include
        what a stopped command has left, then queued ones, then the rest; `else_` where none waits."""
        ledger = self._services.ledger
        runs = {each.run for each in entries if each.run and each.state == "todo"}
        stopped = {run for run in runs if ledger.stopped_runs.is_stopped(realm_id, run)}
        for state, word in (("held", "held"), ("failed", "failed"), ("todo", "waiting"), ("skipped", "skipped")):
            for entry in entries:
                if entry.state != state:
                    continue
                if state == "todo" and entry.run in stopped:
                    unanswered = {each.od_invoice_id for each in ledger.outbox.unknown(realm_id)}
                    return "held", entry, why_stopped(entry.run, entry.od_invoice_id in unanswered)
                running = f"the command that requested it processes it (run {entry.run})" if entry.run else ""
                return word, entry, entry.reason or running
        return else_, None, ""

    def _unsent(self, realm_id: str, invoice_id: str) -> str:
        """Why a copied invoice that was to be sent is not e-mailed, or when it will be; "" where only a copy was
        requested."""
        entries = self._services.ledger.queue_lists.outlines_of(realm_id, [invoice_id]).get(invoice_id, [])
        later = next((each for each in entries if each.state == "scheduled"), None)
        last = next((each for each in entries if each.action in ("copy", "send") and each.state == "done"), None)
        if later is not None or last is None or last.action == "copy":
            return later.reason if later else ""
        return str((last.outcome or {}).get("reason", ""))

    def deliver_webhooks(self) -> int:
        """Send the payment events that are due, in the calling thread; returns how many were taken. Not needed where
        the host works in the background. Raises `LedgerProblem`."""
        return self.deliveries.deliver()


def _reason(state: str, why: str, apart: str) -> str:
    return joined(" ", filter(None, (why, apart))) if apart and state != "none" else why


def _in_quickbooks(link: InvoiceLink | None, voided: bool) -> dict[str, str] | None:
    if link is None:
        return None
    total = str(abs(Decimal(link.qbo_total) * 0)) if voided else link.qbo_total
    return {"id": link.qbo_id, "number": link.qbo_number, "total": total, "currency": link.currency}
