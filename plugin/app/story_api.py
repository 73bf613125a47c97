"""The story of one invoice, for its page: how it stands, what was decided, planned, asked and answered, and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from onedesk_quickbooks.plugin.app.attention_api import AttentionApi
from onedesk_quickbooks.plugin.app.host_api import COPY, HostApi
from onedesk_quickbooks.plugin.ledger import AuditEntry, InvoiceLink, Work
from onedesk_quickbooks.plugin.model.host import InvoiceFact, InvoiceJson
from onedesk_quickbooks.plugin.ops.standing import standings
from onedesk_quickbooks.plugin.ops.trail import told
from onedesk_quickbooks.plugin.sync.errors import CannotDecide
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
    `earlier` rows are not among `rows`."""

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


class StoryApi(AttentionApi, HostApi):
    """For administrators, on the pages."""

    def story(self, invoice_id: str) -> Story | None:
        """The story of an invoice; None where nothing is known of it."""
        connected, ledger = self.connected, self._services.ledger
        invoice = self._services.host.read_invoice(invoice_id)
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
            page_of_link(self.settings, link),
            again.id if again else None,
            bool(invoice and invoice.get("status") == "open"),
        )

    def _rows(self, rows: Iterable[AuditEntry]) -> Iterator[StoryRow]:
        shown = [(each, told(each)) for each in rows]
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
    return next((row.told["invoice"] for row in reversed(rows) if row.kind == "taken"), {})


def _totals(invoice: InvoiceJson, link: InvoiceLink | None, rows: list[AuditEntry]) -> list[tuple[str, str]]:
    """OneDesk's, the one that was foreseen, and QuickBooks'."""
    found = [("OneDesk", f"{invoice['total']} {invoice.get('currency', '')}")] if invoice.get("total") else []
    plan = next((row.told for row in reversed(rows) if row.kind == "planned"), None)
    if plan is not None:
        foreseen = plan["qbo_total"]
        found.append(
            ("Foreseen", f"{foreseen} {plan['currency']}" if foreseen else Text("QuickBooks alone knows the tax"))
        )
    if link is not None:
        found.append(("QuickBooks", f"{link.qbo_total} {link.currency}"))
    return found


def _kept(link: InvoiceLink | None, entry: Work | None) -> Mapping[str, Any]:
    """The explanation that was kept with the copy, or with what is skipped."""
    trail = (entry.outcome or {}).get("trail") if entry is not None else None
    found = trail or (link.trail if link else None)
    return found if isinstance(found, Mapping) else {}
