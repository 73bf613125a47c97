"""The story of one invoice, for its page: how it stands, what was decided, planned, asked and answered, and by whom."""

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
from onedesk_quickbooks.plugin.ops.standing import standings
from onedesk_quickbooks.plugin.ops.trail import sentences
from onedesk_quickbooks.plugin.sync.errors import CannotDecide
from onedesk_quickbooks.plugin.sync.host_client import as_named
from onedesk_quickbooks.plugin.sync.host_notes import page_of_link
from onedesk_quickbooks.plugin.texts import Text

MOST = 400
"""So many rows of the trail are shown, the newest."""


@dataclass(frozen=True, slots=True)
class StoryRow:
    """One thing that happened: `first` says what, `rest` the details."""

    at: str
    kind: str
    actor: str
    first: str
    rest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """All that is known of one invoice. `totals` are pairs of who says it and the amount; `explanation` is what was
    kept of the decisions (`ruleset.explain`), {} for none; `entry` can be tried again, None where nothing can;
    `earlier` rows are not among `rows`; `hold`: somebody holds it; `sent_at`: when QuickBooks has e-mailed it
    last, None where it has not; `in_host`: OneDesk has it still. `qbo_page` is "" where it was deleted there."""

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
    """For administrators, on the pages."""

    def story(self, invoice_id: str) -> Story | None:
        """The story of an invoice; None where nothing is known of it."""
        connected, ledger = self.connected, self._services.ledger
        invoice = as_named(self._services.host, invoice_id)
        rows = list(ledger.audit.of_invoice(invoice_id))
        if not rows and invoice is None:
            return None
        link = ledger.links.invoice(connected.realm_id, invoice_id) if connected else None
        entries = ledger.queue.open_of(connected.realm_id, invoice_id) if connected else []
        again = next((each for each in entries if each.state != "todo" and each.action in ("copy", "send")), None)
        last = invoice or _last_invoice(rows)
        [state] = standings(self._services, connected, [last]) if connected and last else [None]
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
        """Whether QuickBooks' invoice was seen deleted there since it was copied last; a void one can be looked at."""
        noted = self._services.ledger.conflicts.latest(link.realm_id, [link.od_invoice_id]).get(link.od_invoice_id)
        return noted is not None and noted.created_at >= link.copied_at and noted.conflict.what == "deleted"

    def _rows(self, rows: Iterable[AuditEntry]) -> Iterator[StoryRow]:
        shown = [(each, sentences(each)) for each in rows]
        made = self._services.ledger.sentences.recalled(text for _, texts in shown for text in texts)
        for entry, texts in shown:
            first, *rest = (made[text] for text in texts)
            yield StoryRow(entry.at, entry.kind, entry.actor, first, tuple(rest))

    def ask_again(self, invoice_id: str, action: str, user: str) -> None:
        """Copy or send an Open invoice again, as the host has it now. Raises `CannotDecide` where it cannot be."""
        invoice = self._services.host.read_invoice(invoice_id)
        if invoice is None or invoice.get("status") != "open":
            raise CannotDecide(Text("OneDesk does not have it as an Open invoice: open it there, then try again."))
        taken = self.send(invoice, user) if action == "send" else self.act(invoice, COPY.id, user)
        if not taken:
            raise CannotDecide(
                Text("No QuickBooks company is connected: connect one under Administration > Financials.")
            )

    def hold(self, invoice_id: str, reason: str, user: str) -> str:
        """Nothing of the invoice is written to QuickBooks until it is released; its number. What waits for it is held
        at its turn. Raises `CannotDecide` for an invoice that nobody knows, or where no reason is given, and
        `NotConnected`."""
        if not reason.strip():
            raise CannotDecide(Text("Say why it is held: whoever looks at the invoice reads it."))
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
            ledger.holds.put(realm_id, invoice_id, number, user, reason.strip())
            ledger.audit.act(user, "hold", realm_id=realm_id, od_invoice_id=invoice_id, reason=reason.strip())
        self._background.wake()
        return number or invoice_id

    def release(self, invoice_id: str, user: str) -> bool:
        """The invoice is held no more, and what was held because of it is tried again. False where nobody holds it.
        Raises `NotConnected`."""
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
        """The invoices of these entries are released; how many."""
        ids = dict.fromkeys(work.od_invoice_id for work in self._own(entries))
        return sum(self.release(each, user) for each in ids)

    def holds(self) -> list[Hold]:
        """What somebody holds, the oldest first. Raises `NotConnected`."""
        return self._services.ledger.holds.every(self._services.connected().realm_id)

    def id_of(self, word: str) -> str:
        """The id of the invoice that a person names by its id or by its number. Raises `CannotDecide` where several
        have the number."""
        found = as_named(self._services.host, word)
        ids = [str(found["id"])] if found else self._services.ledger.queue.ids_of(word)
        if len(ids) > 1:
            named = ", ".join(ids)
            raise CannotDecide(
                Text("Several invoices have the number {word}: name one by its id, {ids}.", word=word, ids=named)
            )
        return ids[0] if ids else word

    def plan_now(self, invoice_id: str) -> str:
        """What the next copy would do with what QuickBooks has now, as text. Raises `CannotDecide`, `NotConnected`,
        `InvalidInvoice` or `QuickBooksProblem`."""
        from onedesk_quickbooks.plugin.planning import plan_text

        invoice = self._services.host.read_invoice(invoice_id)
        if invoice is None:
            raise CannotDecide(Text("OneDesk does not have this invoice any more, so that nothing would be copied."))
        return plan_text(self.plan(invoice, "copy"))


def _last_invoice(rows: list[AuditEntry]) -> InvoiceJson:
    """As it was handed over last, of one that the host has no more."""
    return next((row.values["invoice"] for row in reversed(rows) if row.kind == "taken"), {})


def _totals(invoice: InvoiceJson, link: InvoiceLink | None, rows: list[AuditEntry]) -> list[tuple[str, str]]:
    """OneDesk's, the one that was foreseen, and QuickBooks'."""
    found = [("OneDesk", f"{invoice['total']} {invoice.get('currency', '')}")] if invoice.get("total") else []
    plan = next((row.values for row in reversed(rows) if row.kind == "planned"), None)
    if plan is not None:
        foreseen = plan["qbo_total"]
        told = f"{foreseen} {plan['currency']}" if foreseen else Text("QuickBooks alone knows the tax")
        found.append((Text("Foreseen"), told))
    if link is not None:
        found.append(("QuickBooks", f"{link.qbo_total} {link.currency}"))
    return found


def _kept(link: InvoiceLink | None, entry: Work | None) -> Mapping[str, Any]:
    """The explanation that was kept with the copy, or with what is skipped."""
    trail = (entry.outcome or {}).get("trail") if entry is not None else None
    found = trail or (link.trail if link else None)
    return found if isinstance(found, Mapping) else {}
