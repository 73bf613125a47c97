"""Access of the demo to both sides: QuickBooks over its API with a separate token, and the host's records."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import requests
import simplejson

from onedesk_quickbooks.plugin.host import EmbeddedHost, HostInvoice
from onedesk_quickbooks.plugin.qbo import Seen

_TIMEOUT = (5, 30)


class Untrue(Exception):
    """A step did not have the expected effect: what was checked, what was found, what was expected."""


def same(what: str, found: object, wanted: object) -> None:
    """Raise `Untrue` unless the two are equal."""
    if found != wanted:
        raise Untrue(f"{what} is {found!r}, but should be {wanted!r}")


class Books(Seen):
    """QuickBooks as any client with a token reads it: without the plugin's connection, and without a cache."""

    def __init__(self, credentials: dict[str, str]) -> None:
        super().__init__(self.get)
        self.base_url = credentials["base_url"]
        self._company = f"{self.base_url}/v3/company/{credentials['realm_id']}"
        self._session = requests.Session()
        self._session.headers.update(
            {"Authorization": f"Bearer {credentials['access_token']}", "Accept": "application/json"}
        )

    def __enter__(self) -> Books:
        return self

    def __exit__(self, *error: object) -> None:
        self._session.close()

    def get(self, path: str, params: Mapping[str, str]) -> Mapping[str, Any]:
        """The response of QuickBooks to a path below the company's address. Raises `Untrue` if there is none."""
        answer = self._session.get(f"{self._company}/{path}", params=params, timeout=_TIMEOUT)
        if answer.status_code != 200:
            raise Untrue(f"QuickBooks answers {answer.status_code} for {path}")
        return dict(simplejson.loads(answer.text, use_decimal=True))

    def emails(self) -> list[dict[str, Any]]:
        """The e-mails that QuickBooks has sent."""
        answer = self._session.get(f"{self.base_url}/_control/outbox", timeout=_TIMEOUT)
        return list(answer.json()["emails"])

    def page(self, qbo_id: str) -> str:
        """The page on which the customer pays."""
        return f"{self.base_url}/app/invoice?txnId={qbo_id}"

    def pay(self, qbo_id: str, amount: Decimal) -> None:
        """Pay as the customer does, by the form of that page."""
        form = {"action": "pay", "amount": f"{amount:.2f}"}
        answer = requests.post(self.page(qbo_id), data=form, allow_redirects=False, timeout=_TIMEOUT)
        same("the answer of the pay page", answer.status_code, 303)


def in_host(host: EmbeddedHost, invoice_id: str) -> HostInvoice:
    """An invoice of the host. Raises `Untrue` if there is none with this id."""
    found = host.invoice(invoice_id)
    if found is None:
        raise Untrue(f"the host has no invoice with the id {invoice_id!r}")
    return found
