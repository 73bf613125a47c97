"""An edit in QuickBooks that the rules keep, or that nothing is written over: OneDesk's invoice is skipped."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from onedesk_quickbooks.plugin.ledger import CHANGED, Change, InvoiceLink
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.planning import Version, described
from onedesk_quickbooks.plugin.sync.versions import accepted, conflict_of, name_of, versions_json

KEPT_BY_RULE = "invoices.when_changed_in_quickbooks: keep_quickbooks"


def kept_edit(
    link: InvoiceLink,
    now: BooksInvoice,
    found: Sequence[Version],
    invoice: Mapping[str, Any],
    why: str = KEPT_BY_RULE,
) -> Change:
    """What the queue keeps of it; `why` it is kept."""
    reason = f"{name_of(link)} was changed in QuickBooks: {described(found)}. QuickBooks' version stays ({why})."
    conflict = dataclasses.replace(conflict_of("edited", now), rule="keep_quickbooks", versions=versions_json(found))
    return Change(link.od_invoice_id, link.od_number, CHANGED, "done", reason, invoice, conflict, accepted(now))
