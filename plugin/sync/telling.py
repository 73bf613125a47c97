"""Telling the host what became of an invoice: the tag, its link, and a note in plain words."""

from __future__ import annotations

import logging

from onedesk_quickbooks.plugin.model.host import NotNow, OneDeskHost
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.qbo import invoice_page
from onedesk_quickbooks.plugin.sync.settings import Settings

_log = logging.getLogger("onedesk_quickbooks.sync")

TAG = "Copied to QuickBooks"
NOTE = "quickbooks"
"""Key of the note on the last copy or send; payments have keys of their own."""


def tell(host: OneDeskHost, settings: Settings, outcome: Outcome, sent_to: str) -> None:
    """Show an outcome in the host. Doing it twice is the same as once."""
    link = invoice_page(settings.environment, settings.base_url, outcome.qbo_id) if outcome.qbo_id else ""
    if outcome.outcome in ("copied", "updated", "unchanged", "sent"):
        host.set_tag(outcome.id, TAG, link)
    host.add_note(outcome.id, NOTE, note(outcome, sent_to))


def note(outcome: Outcome, sent_to: str) -> str:
    """What the people who work with the invoice read; "" where there is nothing to say."""
    if outcome.outcome == "held":
        return f"Held for QuickBooks: {outcome.reason}"
    if outcome.outcome == "failed":
        return f"Not copied to QuickBooks: {outcome.reason}"
    sent = f"QuickBooks e-mailed invoice {outcome.qbo_number or outcome.qbo_id} to {sent_to}." if sent_to else ""
    return " ".join(part for part in (sent, outcome.reason) if part)


def not_taken(what: str, problem: Exception) -> None:
    """Into the log: the host did not take something and is told again. Trouble that it knows (`NotNow`) says enough."""
    known = isinstance(problem, NotNow)
    _log.error("the host did not take %s; it is told again: %s", what, problem, exc_info=None if known else problem)
