"""What the page "Needs attention" calls: the list by cause, and what is done with several entries at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from onedesk_quickbooks.plugin.app.admin_api import AdminApi
from onedesk_quickbooks.plugin.ledger import LedgerProblem, Work
from onedesk_quickbooks.plugin.model.host import InvoiceJson, InvoiceState, PageLink
from onedesk_quickbooks.plugin.model.invoice import INVOICE
from onedesk_quickbooks.plugin.ops.attention import Attention, count_attention, read_attention
from onedesk_quickbooks.plugin.sync.errors import CannotDecide
from onedesk_quickbooks.plugin.sync.host_notes import page
from onedesk_quickbooks.plugin.texts import Text, text_in


class AttentionApi(AdminApi):
    """For administrators, on the pages."""

    def attention(self) -> Attention:
        """All that needs a person, by cause."""
        return read_attention(self._services, self.connected)

    def attention_count(self) -> int:
        """How many rows that is."""
        return count_attention(self._services, self.connected)

    def page_links(self, user: str) -> list[PageLink]:
        """The pages that a host's navigation leads this user to."""
        from onedesk_quickbooks.plugin.app.financials import PREFIX

        if not self.may_administer(user):
            return []
        try:
            count = self.attention_count()
        except LedgerProblem:  # the page itself says that the ledger is away
            count = 0
        return [
            *([] if self._begun() else [PageLink("start", Text("Set up"), f"{PREFIX}/start")]),
            PageLink("attention", Text("Needs attention"), f"{PREFIX}/attention", count),
            PageLink("rules", Text("Rules"), f"{PREFIX}/rules", int(self._services.rules.waiting is not None)),
            PageLink("help", Text("Help"), f"{PREFIX}/help"),
        ]

    def _begun(self) -> bool:
        """Whether an invoice was ever asked for; where that cannot be told, it was."""
        try:
            connected = self.connected
            return connected is not None and bool(self._services.ledger.queue.newest(connected.realm_id, 1))
        except LedgerProblem:
            return True

    def invoice_states(self, invoices: Sequence[InvoiceJson]) -> list[InvoiceState]:
        """How these invoices stand by the ledger; nothing where no company is connected, or while it is away."""
        from onedesk_quickbooks.plugin.app.financials import PREFIX
        from onedesk_quickbooks.plugin.ops.standing import standings

        try:
            connected = self.connected
            if connected is None or not invoices:
                return []
            found = standings(self._services, connected, invoices)
        except LedgerProblem:
            return []
        return [replace(each, url=f"{PREFIX}{each.url}" if each.url else "") for each in found]

    def qbo_page(self, qbo_id: str, kind: str = INVOICE) -> str:
        """Where QuickBooks shows an invoice, or a credit memo (`kind`); "" for none."""
        return page(self.settings, qbo_id, kind)

    def try_again(self, entries: Sequence[int], user: str) -> int:
        """Those of the entries that can be tried again are queued again; how many."""
        return sum(self.retry(work.id, user) for work in self._own(entries))

    def take_out(self, entries: Sequence[int], reason: str, user: str) -> int:
        """These leave the queue: a person has settled them otherwise, and says how. How many did."""
        works = self._own(entries)
        return self.drop(works, reason, user) if works else 0

    def settle_changes(self, entries: Sequence[int], keep: str, user: str) -> tuple[int, list[str]]:
        """Whose version stays of several invoices: of how many it was decided, and why not of the others."""
        done, problems = 0, []
        for each in entries:
            try:
                self.settle_change(each, keep, user)
            except CannotDecide as problem:
                problems.append(text_in(problem))
            else:
                done += 1
        return done, problems

    def _own(self, entries: Sequence[int]) -> list[Work]:
        connected = self.connected
        return self._services.ledger.queue.several(connected.realm_id, list(entries)) if connected else []
