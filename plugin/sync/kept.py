"""Records of changes in QuickBooks that rules decide: an edit that they keep, or that is not overwritten because
OneDesk's invoice is skipped; and what we void or delete there ourselves."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from onedesk_quickbooks.plugin.ledger import CHANGED, WITHDRAWN, Change, Conflict, InvoiceLink, Work
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.state import PAST
from onedesk_quickbooks.plugin.planning import DID, Version, described
from onedesk_quickbooks.plugin.sync.versions import accepted, conflict_of, name_of, versions_json
from onedesk_quickbooks.plugin.texts import Text

KEPT_BY_RULE = "invoices.when_changed_in_quickbooks: keep_quickbooks"


def kept_edit(
    link: InvoiceLink,
    now: BooksInvoice,
    found: Sequence[Version],
    invoice: Mapping[str, Any],
    why: str = KEPT_BY_RULE,
) -> Change:
    """The queue's record of the edit; `why` it is kept."""
    reason = Text(
        "{name} was changed in QuickBooks: {described}. QuickBooks' version stays ({why}).",
        name=name_of(link),
        described=described(found),
        why=why,
    )
    conflict = dataclasses.replace(conflict_of("edited", now), rule="keep_quickbooks", versions=versions_json(found))
    return Change(link.od_invoice_id, link.od_number, CHANGED, "done", reason, invoice, conflict, accepted(now))


def left_note(link: InvoiceLink, conflict: Conflict, reason: str) -> str:
    """The note on a change in QuickBooks whose entry a person has dropped, for this reason."""
    found = [(each["field"], each["onedesk"], each["quickbooks"]) for each in conflict.versions]
    did = PAST["changed"] if conflict.what == "edited" else PAST[conflict.what]
    what = Text(": {described}", described=described(found)) if found else ""
    return Text(
        "{name} was {did} in QuickBooks{what}. The entry of the queue was dropped: {reason}",
        name=name_of(link),
        did=did,
        what=what,
        reason=reason,
    )


def undo_noted(
    link: InvoiceLink, work: Work, action: str, now: BooksInvoice | None, undo: Mapping[str, Any] | None = None
) -> Change:
    """The record that we have voided or deleted (`action`) QuickBooks' invoice, which the host had voided or deleted
    (`work`), or whose run a person has undone (`undo`: {run by}); `now` is the void one."""
    did = DID[action]
    if undo:
        reason = Text(
            "{name} was {did}: {by} has undone the run {run}.",
            name=name_of(link),
            did=PAST[did],
            by=undo["by"] or Text("a person"),
            run=undo["run"],
        )
        conflict = dataclasses.replace(conflict_of(did, now), rule=action, about=undo)
        return Change(link.od_invoice_id, link.od_number, CHANGED, "done", reason, work.invoice, conflict)
    withdrawn = work.action if work.action in WITHDRAWN else WITHDRAWN[0]
    reason = Text(
        "{name} was {did} by rule, since the invoice was {withdrawn} in OneDesk.",
        name=name_of(link),
        did=PAST[did],
        withdrawn=PAST[withdrawn],
    )
    conflict = dataclasses.replace(conflict_of(did, now), rule=action, withdrawn=withdrawn)
    return Change(link.od_invoice_id, link.od_number, CHANGED, "done", reason, work.invoice, conflict)
