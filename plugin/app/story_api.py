"""The story of one invoice, for its page: its state, what was decided, planned, requested and answered, and who
acted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from onedesk_quickbooks.plugin.app.attention_api import AttentionApi
from onedesk_quickbooks.plugin.app.host_api import COPY, HostApi
from onedesk_quickbooks.plugin.ledger import AuditEntry, Hold, InvoiceLink, Work
from onedesk_quickbooks.plugin.model.host import InvoiceFact, InvoiceJson
from onedesk_quickbooks.plugin.model.text import UnfitText, fit
from onedesk_quickbooks.plugin.ops.invoice_states import states_of
from onedesk_quickbooks.plugin.ops.trail import sentences
from onedesk_quickbooks.plugin.sync.errors import CannotDecide
from onedesk_quickbooks.plugin.sync.host_client import as_named
from onedesk_quickbooks.plugin.sync.host_notes import page_of_link
from onedesk_quickbooks.plugin.sync.payload import read_invoice
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.texts.arguments import arguments

MOST = 400
"""How many rows of the trail are shown, the newest ones."""


@dataclass(frozen=True, slots=True)
class StoryRow:
    """One event: `first` is what happened, `rest` the details."""

    at: str
    kind: str
    actor: str
    first: str
    rest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """All that is known of one invoice. `totals` are pairs of source and amount; `explanation` is what was kept of the
    decisions (`ruleset.explain`), {} for none; `entry` can be tried again, None for none; `earlier` is the number of
    rows that are not among `rows`; `hold`: a person holds the invoice; `sent_at`: when QuickBooks last e-mailed it,
    None where it has not; `in_host`: OneDesk still has it. `qbo_page` is "" where the invoice was deleted in
    QuickBooks."""

    invoice_id: str
    number: str
    customer: str
    facts: tuple[InvoiceFact, ...]
    totals: tuple[tuple[str, str], ...]
    explanation: Mapping[str, Any]
    rows: tuple[StoryRow, ...]
    earlier: int
    qbo_page: str
    entry: int | None
    is_open: bool
    hold: Hold | None = None
    sent_at: datetime | None = None
    in_host: bool = True


class StoryApi(AttentionApi, HostApi):
    """The facade of that page, for administrators."""

    def story(self, invoice_id: str) -> Story | None:
        """The story of an invoice; None for an unknown invoice."""
        connected, ledger = self.connected, self._services.ledger
        invoice = as_named(self._services.host, invoice_id)
        rows = list(ledger.audit.of_invoice(invoice_id))
        if not rows and invoice is None:
            return None
        link = ledger.links.invoice(connected.realm_id, invoice_id) if connected else None
        entries = ledger.queue.open_of(connected.realm_id, invoice_id) if connected else []
        again = next((each for each in entries if each.state != "todo" and each.action in ("copy", "send")), None)
        last = invoice or _last_invoice(rows)
        asked = self._inbox.asked()
        [state] = states_of(self._services, connected, [last], asked) if connected and last else [None]
        return Story(
            invoice_id,
            str(last.get("number") or invoice_id),
            str((last.get("customer") or {}).get("name") or ""),
            state.facts if state else (),
            tuple(_totals(last, link, rows)),
            _kept(link, again),
            tuple(self._rows(rows[-MOST:][::-1])),
            max(0, len(rows) - MOST),
            "" if link is not None and self._is_deleted(link) else page_of_link(self.settings, link),
            again.id if again else None,
            bool(invoice and invoice.get("status") == "open"),
            ledger.holds.of(connected.realm_id, [invoice_id]).get(invoice_id) if connected else None,
            link.sent_at if link is not None and link.state == "sent" else None,
            invoice is not None,
        )

    def _is_deleted(self, link: InvoiceLink) -> bool:
        """Whether QuickBooks' invoice was found deleted after its last copy; a void one still has a page."""
        detected = self._services.ledger.conflicts.latest(link.realm_id, [link.od_invoice_id]).get(link.od_invoice_id)
        return detected is not None and detected.created_at >= link.copied_at and detected.conflict.what == "deleted"

    def _rows(self, rows: Iterable[AuditEntry]) -> Iterator[StoryRow]:
        shown = [(each, sentences(each)) for each in rows]
        made = self._services.ledger.sentences.recalled(text for _, texts in shown for text in texts)
        for entry, texts in shown:
            first, *rest = (made[text] for text in texts)
            yield StoryRow(entry.at, entry.kind, entry.actor, first, tuple(rest))

    def ask_again(self, invoice_id: str, action: str, user: str) -> None:
        """Queue a copy or send of an Open invoice again, as the host has it now. Raises `CannotDecide` where that is
        not possible."""
        invoice = self._services.host.read_invoice(invoice_id)
        if invoice is None or invoice.get("status") != "open":
            raise CannotDecide(Text("OneDesk does not have it as an Open invoice: open it there, then try again."))
        read_invoice(invoice)
        self._show_asked(invoice_id)
        taken = self.send(invoice, user) if action == "send" else self.act(invoice, COPY.id, user)
        if not taken:
            raise CannotDecide(
                Text("No QuickBooks company is connected: connect one under Administration > Financials.")
            )

    def hold(self, invoice_id: str, reason: str, user: str) -> str:
        """Write nothing of the invoice to QuickBooks until it is released; returns its number. Its queued entries are
        held when they are processed. Raises `CannotDecide` for an unknown invoice, without a reason, or for one
        that somebody else holds, and `NotConnected`."""
        if not reason.strip():
            raise CannotDecide(Text("Enter the reason for the hold: it is shown with the invoice."))
        try:
            fit(reason)
        except UnfitText as error:
            raise CannotDecide(Text("The reason cannot be kept: {problem}.", problem=error.problem)) from error
        realm_id, ledger = self._services.connected().realm_id, self._services.ledger
        work, link = ledger.queue.latest(invoice_id), ledger.links.invoice(realm_id, invoice_id)
        found = as_named(self._services.host, invoice_id) or (work.invoice if work else None)
        if found is None and link is None:
            raise CannotDecide(
                Text("Neither OneDesk nor the queue has an invoice {invoice}: check its id.", invoice=invoice_id)
            )
        number = str((found or {}).get("number") or (link.od_number if link else ""))
        with ledger.together():
            held = ledger.holds.of(realm_id, [invoice_id]).get(invoice_id)
            if held is not None and held.by != user:
                raise CannotDecide(_held_already(held, number or invoice_id))
            ledger.holds.put(realm_id, invoice_id, number, user, reason.strip())
            ledger.audit.act(user, "hold", realm_id=realm_id, od_invoice_id=invoice_id, reason=reason.strip())
        self._background.wake()
        return number or invoice_id

    def release(self, invoice_id: str, user: str) -> bool:
        """Release the invoice, and queue again what was held because of the hold. False where there is no hold. Raises
        `NotConnected`."""
        realm_id, ledger = self._services.connected().realm_id, self._services.ledger
        with ledger.together():
            released = ledger.holds.release(realm_id, invoice_id)
            if released:
                ledger.audit.act(user, "release", realm_id=realm_id, od_invoice_id=invoice_id)
        if released:
            for entry in ledger.queue.open_of(realm_id, invoice_id):
                if "held-by-person" in ((entry.outcome or {}).get("codes") or ()):
                    self.retry(entry.id, user)
        return released

    def release_entries(self, entries: Sequence[int], user: str) -> int:
        """Release the invoices of these entries; returns how many."""
        ids = dict.fromkeys(work.od_invoice_id for work in self._own(entries))
        return sum(self.release(each, user) for each in ids)

    def holds(self) -> list[Hold]:
        """The holds, the oldest first. Raises `NotConnected`."""
        return self._services.ledger.holds.every(self._services.connected().realm_id)

    def id_of(self, word: str) -> str:
        """The id of an invoice that is given by its id or its number. Raises `CannotDecide` where several have the
        number."""
        found = as_named(self._services.host, word)
        ids = [str(found["id"])] if found else self._services.ledger.queue_lists.ids_of(word)
        if len(ids) > 1:
            named = ", ".join(ids)
            raise CannotDecide(
                Text("Several invoices have the number {word}: name one by its id, {ids}.", word=word, ids=named)
            )
        return ids[0] if ids else word

    def plan_now(self, invoice_id: str) -> str:
        """What the next copy would do, given the present data in QuickBooks, as text. Raises `CannotDecide`,
        `NotConnected`, `InvalidInvoice` or `QuickBooksProblem`."""
        from onedesk_quickbooks.plugin.planning import plan_text

        invoice = self._services.host.read_invoice(invoice_id)
        if invoice is None:
            raise CannotDecide(Text("OneDesk no longer has this invoice, so nothing would be copied."))
        return plan_text(self.plan(invoice, "copy"))


def _held_already(held: Hold, number: str) -> str:
    """Why another person's hold is not replaced: its reason would be lost, and one release would end both."""
    return Text(
        "{who} has held invoice {number} since {day}: {reason}. Nothing was changed. To hold it for another reason, "
        "release it first: onedesk-quickbooks queue release {invoice}",
        who=held.by or "OneDesk",
        number=number,
        day=held.since.date(),
        reason=held.reason.rstrip(". "),
        invoice=arguments(held.od_invoice_id),
    )


def _last_invoice(rows: list[AuditEntry]) -> InvoiceJson:
    """The last payload of an invoice that the host no longer has."""
    return next((row.values["invoice"] for row in reversed(rows) if row.kind == "taken"), {})


def _totals(invoice: InvoiceJson, link: InvoiceLink | None, rows: list[AuditEntry]) -> list[tuple[str, str]]:
    """The totals: OneDesk's, the predicted one, and QuickBooks'."""
    found = [("OneDesk", f"{invoice['total']} {invoice.get('currency', '')}")] if invoice.get("total") else []
    plan = next((row.values for row in reversed(rows) if row.kind == "planned"), None)
    if plan is not None:
        foreseen = plan["qbo_total"]
        text = f"{foreseen} {plan['currency']}" if foreseen else Text("only QuickBooks knows the tax")
        found.append((Text("Foreseen"), text))
    if link is not None:
        found.append(("QuickBooks", f"{link.qbo_total} {link.currency}"))
    return found


def _kept(link: InvoiceLink | None, entry: Work | None) -> Mapping[str, Any]:
    """The explanation that is kept with the copy, or with the skipped entry."""
    trail = (entry.outcome or {}).get("trail") if entry is not None else None
    found = trail or (link.trail if link else None)
    return found if isinstance(found, Mapping) else {}
