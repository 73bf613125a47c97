"""What the page "Needs attention" calls: the list by cause, and the actions for several entries at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from onedesk_quickbooks.plugin.app.admin_api import AdminApi
from onedesk_quickbooks.plugin.ledger import LedgerProblem, Work
from onedesk_quickbooks.plugin.model.host import Alert, InvoiceJson, InvoiceState, PageLink
from onedesk_quickbooks.plugin.model.kinds import INVOICE
from onedesk_quickbooks.plugin.ops.attention import LISTED, Attention, count_attention, read_attention
from onedesk_quickbooks.plugin.sync.errors import CannotDecide, InvalidInvoice
from onedesk_quickbooks.plugin.sync.host_notes import page
from onedesk_quickbooks.plugin.sync.payload import read_id
from onedesk_quickbooks.plugin.texts import Text, text_in

_CHUNK = 5000
"""How many invoices are in one query: the databases limit the values of a statement (PostgreSQL: 65,535)."""


class AttentionApi(AdminApi):
    """The facade of that page, for administrators."""

    def attention(self) -> Attention:
        """All entries that need a person, by cause."""
        return read_attention(self._services, self.connected)

    def alerts(self) -> list[Alert]:
        """The present alerts about what `attention` does not list; without a company, that one is to be connected."""
        status = self.status()
        if not status.connected:
            title = Text("QuickBooks: no company is connected")
            text = Text("Until one is connected, nothing is copied or sent, and no payment comes back.")
            return [Alert("stopped", "disconnected", title, text, self._services.now())]
        return [each for each in self.watcher.firing(status) if each.kind not in LISTED]

    def attention_count(self) -> int:
        """The number of these rows."""
        return count_attention(self._services, self.connected)

    def page_links(self, user: str) -> list[PageLink]:
        """The plugin's pages for this user, for the navigation of the host."""
        from onedesk_quickbooks.plugin.app.financials import PREFIX

        if not self.may_administer(user):
            return []
        try:
            count = self.attention_count()
        except LedgerProblem:  # the page itself reports that the ledger is unreachable
            count = 0
        return [
            *([] if self._begun() else [PageLink("start", Text("Set up"), f"{PREFIX}/start")]),
            PageLink("attention", Text("Needs attention"), f"{PREFIX}/attention", count),
            PageLink("rules", Text("Rules"), f"{PREFIX}/rules", int(self._services.rules.waiting is not None)),
            PageLink("help", Text("Help"), f"{PREFIX}/help"),
        ]

    def _begun(self) -> bool:
        """Whether an invoice was ever queued; True where that is unknown."""
        try:
            connected = self.connected
            return connected is not None and bool(self._services.ledger.queue_lists.newest(connected.realm_id, 1))
        except LedgerProblem:
            return True

    def invoice_states(self, invoices: Sequence[InvoiceJson]) -> list[InvoiceState]:
        """The states of these invoices by the ledger; an empty list where no company is connected. While the ledger is
        unreachable, those alone whose request waits in a file. Raises `InvalidInvoice` for one without an id, and for
        what are no invoices."""
        from onedesk_quickbooks.plugin.app.financials import PREFIX
        from onedesk_quickbooks.plugin.ops.invoice_states import IN_FILE, states_of

        if not isinstance(invoices, Iterable):
            raise InvalidInvoice("invoices", Text("{found} is not a list of invoices.", found=repr(invoices)))
        invoices = list(invoices)  # it may be a generator
        ids = [read_id(each) for each in invoices]
        asked = self._inbox.asked()
        try:
            connected = self.connected
            if connected is None or not invoices:
                return []
            chunks = (invoices[start : start + _CHUNK] for start in range(0, len(invoices), _CHUNK))
            found = [each for some in chunks for each in states_of(self._services, connected, some, asked)]
        except LedgerProblem:
            return [InvoiceState(each, "waiting", (IN_FILE,)) for each in ids if each in asked]
        return [replace(each, url=f"{PREFIX}{each.url}" if each.url else "") for each in found]

    def qbo_page(self, qbo_id: str, kind: str = INVOICE) -> str:
        """The address of an invoice, or of a credit memo (`kind`), in QuickBooks' pages; "" for none."""
        return page(self.settings, qbo_id, kind)

    def try_again(self, entries: Sequence[int], user: str) -> list[int]:
        """Queue those of the entries again that can be tried again; returns these."""
        return [work.id for work in self._own(entries) if self.retry(work.id, user)]

    def take_out(self, entries: Sequence[int], reason: str, user: str) -> list[int]:
        """Remove these entries from the queue: a person has handled them in another way, and gives the reason. Returns
        those that were removed."""
        works = self._own(entries)
        return sorted(self._drop(works, reason, user)) if works else []

    def settle_changes(self, entries: Sequence[int], keep: str, user: str) -> tuple[int, list[str]]:
        """Resolve the conflicts of several invoices; returns how many were resolved, and the reasons for the others."""
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
        return self._services.ledger.queue_lists.several(connected.realm_id, list(entries)) if connected else []
