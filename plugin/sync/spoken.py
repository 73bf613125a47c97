"""What the host's people read in its notes, in the language of the installation (`language` in settings.yaml)."""

from __future__ import annotations

from typing import Any, cast

from onedesk_quickbooks.plugin.ledger import Ledger
from onedesk_quickbooks.plugin.model.host import OneDeskHost
from onedesk_quickbooks.plugin.texts import ENGLISH, say


def speaking(host: OneDeskHost, ledger: Ledger, language: str) -> OneDeskHost:
    """The host, whose notes are written in this language; its tags and all else stay as they are, for programs read
    them."""
    return host if language == ENGLISH else cast(OneDeskHost, _Speaking(host, ledger, language))


class _Speaking:
    """All of a host but its notes, which are said first. What the ledger has kept of a sentence is looked up there."""

    def __init__(self, host: OneDeskHost, ledger: Ledger, language: str) -> None:
        self._host = host
        self._ledger = ledger
        self._language = language

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    def add_note(self, invoice_id: str, key: str, text: str) -> None:
        """See `OneDeskHost.add_note`."""
        made = self._ledger.sentences.recalled([text], self._language)[text]
        self._host.add_note(invoice_id, key, say(made, self._language) if made else "")
