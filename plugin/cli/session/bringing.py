"""Imports invoices of files into the embedded host."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from onedesk_quickbooks.plugin.cli.session.gather import Given, once
from onedesk_quickbooks.plugin.host import EmbeddedHost, bring
from onedesk_quickbooks.plugin.host.imports import OPENED
from onedesk_quickbooks.plugin.model.host import InvoiceJson
from onedesk_quickbooks.plugin.texts import Text, text_in


def brought(
    host: EmbeddedHost, files: Iterable[Path], user: str, lost: Callable[[InvoiceJson], str] = lambda invoice: ""
) -> Iterator[dict[str, str]]:
    """The result for each invoice: id, number, outcome and reason. `lost` is `Application.lost_on_open`."""
    for given in once(files):
        if not isinstance(given, Given):
            yield {"id": given.id, "number": "", "outcome": "failed", "reason": given.text}
            continue
        about = {"id": given.id, "number": given.invoice.get("number") or ""}
        try:
            outcome = bring(host, given.invoice, user)
            rule = lost(given.invoice) if outcome == OPENED else ""
            yield {**about, "outcome": outcome, "reason": _lost(rule, given.id) if rule else ""}
        except ValueError as problem:
            reason = Text("{where}: {why}", where=given.where, why=text_in(problem))
            yield {**about, "outcome": "failed", "reason": reason}


def _lost(rule: str, invoice_id: str) -> Text:
    return Text(
        "No QuickBooks company is connected, so QuickBooks does not get it by the rule on_open: {rule}. Connect one,"
        " then: onedesk-quickbooks {rule} {id}",
        rule=rule,
        id=invoice_id,
    )
