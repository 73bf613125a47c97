"""Imports invoices of files into the embedded host."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from onedesk_quickbooks.plugin.cli.session.gather import Given, once
from onedesk_quickbooks.plugin.host import EmbeddedHost, bring
from onedesk_quickbooks.plugin.texts import Text, text_in


def brought(host: EmbeddedHost, files: Iterable[Path], user: str) -> Iterator[dict[str, str]]:
    """The result for each invoice: id, number, outcome and reason."""
    for given in once(files):
        if not isinstance(given, Given):
            yield {"id": given.id, "number": "", "outcome": "failed", "reason": given.text}
            continue
        about = {"id": given.id, "number": given.invoice.get("number") or ""}
        try:
            yield {**about, "outcome": bring(host, given.invoice, user), "reason": ""}
        except ValueError as problem:
            reason = Text("{where}: {why}", where=given.where, why=text_in(problem))
            yield {**about, "outcome": "failed", "reason": reason}
