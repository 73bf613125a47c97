"""An edit in QuickBooks that the rules keep (`invoices.when_changed_in_quickbooks: keep_quickbooks`)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from onedesk_quickbooks.plugin.ledger import CHANGED, Change, InvoiceLink
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.planning import Version, described
from onedesk_quickbooks.plugin.sync.versions import accepted, conflict_of, name_of, versions_json


def kept_edit(link: InvoiceLink, now: BooksInvoice, found: Sequence[Version], invoice: Mapping[str, Any]) -> Change:
    """What the queue keeps of it."""
    reason = (
        f"{name_of(link)} was changed in QuickBooks: {described(found)}. QuickBooks' version stays"
        " (invoices.when_changed_in_quickbooks: keep_quickbooks)."
    )
    conflict = dataclasses.replace(conflict_of("edited", now), rule="keep_quickbooks", versions=versions_json(found))
    return Change(link.od_invoice_id, link.od_number, CHANGED, "done", reason, invoice, conflict, accepted(now))
