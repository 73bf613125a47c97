"""The embedded host as the contract test wants it, with its pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from werkzeug.test import Client

from onedesk_quickbooks.hooks import InvoiceJson
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.host.contract import INVOICE, Listener, Shown
from onedesk_quickbooks.plugin.host.pages import make_app

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Embedded:
    """A new one, with two drafts in it."""

    administrator, colleague, missing = "admin", "agent", "contract-none"
    invoices = ("contract-1", "contract-2")
    Kind: type[EmbeddedHost] = EmbeddedHost

    def __init__(self, folder: Path, listener: Listener) -> None:
        self.host = self.Kind.open(folder, plugins=[listener])
        for invoice_id in self.invoices:
            self.host.save({**INVOICE, "id": invoice_id})
        self._site = self.site()
        self._browsers: dict[str, Client] = {}

    def site(self) -> Wsgi:
        """All its pages."""
        return make_app(self.host, passwordless=True)

    def perform(self, name: str, invoice_id: str) -> None:
        if name == "edit":
            self.host.edit(invoice_id, {**self._json(invoice_id), "memo": "edited"}, "agent")
        else:
            getattr(self.host, {"open": "open_invoice"}.get(name, name))(invoice_id, "agent")

    def _json(self, invoice_id: str) -> InvoiceJson:
        found = self.host.read_invoice(invoice_id)
        assert found is not None
        return found

    def offers(self, invoice_id: str) -> Sequence[str]:
        return [action.label for action in self.host.actions(invoice_id)]

    def choose(self, invoice_id: str, action_id: str) -> None:
        self.host.act(invoice_id, action_id, "agent")

    def financials(self, user: str) -> Sequence[str]:
        return [setting.label for setting in self.host.settings(user)]

    def browse(self, user: str, path: str, form: Mapping[str, str] | None = None) -> str:
        if user not in self._browsers:
            self._browsers[user] = self._browser(user)
        browser = self._browsers[user]
        return (browser.get(path) if form is None else browser.post(path, data=dict(form))).text

    def _browser(self, user: str) -> Client:
        browser = Client(self._site)
        if user:
            found = re.search('name="form_token" value="(.*?)"', browser.get("/sign-in").text)
            browser.post("/sign-in", data={"user": user, "form_token": found[1] if found else ""})
        return browser

    def shown(self, invoice_id: str) -> Shown:
        found = self.host.invoice(invoice_id)
        assert found is not None
        standing = [payment.id for payment in found.payments if not payment.reversed]
        return Shown(found.status, found.tags, list(found.notes.values()), standing, found.balance.amount)

    def stop(self) -> None:
        self.host.close()
