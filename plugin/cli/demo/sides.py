"""How the demo looks at both sides: QuickBooks over its own API with its own token, and the host's records."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import requests
import simplejson

from onedesk_quickbooks.plugin.host import EmbeddedHost, HostInvoice

_TIMEOUT = (5, 30)


class Untrue(Exception):
    """A step did not have the effect that it should have: what was looked at, what was there, what was expected."""


def same(what: str, found: object, wanted: object) -> None:
    """Raises `Untrue` unless the two are equal."""
    if found != wanted:
        raise Untrue(f"{what} is {found!r}, but should be {wanted!r}")


class Books:
    """QuickBooks as anybody with a token reads it, past the plugin."""

    def __init__(self, credentials: dict[str, str]) -> None:
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

    def invoice(self, qbo_id: str) -> dict[str, Any]:
        """An invoice. Raises `Untrue` where QuickBooks has none of this id."""
        answer = self._session.get(f"{self._company}/invoice/{qbo_id}", timeout=_TIMEOUT)
        if answer.status_code != 200:
            raise Untrue(f"QuickBooks has no invoice with the id {qbo_id!r}")
        return dict(simplejson.loads(answer.text, use_decimal=True)["Invoice"])

    def find(self, kind: str, field: str, value: str) -> list[dict[str, Any]]:
        """All objects of a kind whose field has this value."""
        quoted = value.replace("\\", "\\\\").replace("'", "\\'")
        query = f"select * from {kind} where {field} = '{quoted}'"  # noqa: S608 - QuickBooks' query language
        answer = self._session.get(f"{self._company}/query", params={"query": query}, timeout=_TIMEOUT)
        answer.raise_for_status()
        return list(simplejson.loads(answer.text, use_decimal=True)["QueryResponse"].get(kind, []))

    def emails(self) -> list[dict[str, Any]]:
        """What QuickBooks has e-mailed."""
        answer = self._session.get(f"{self.base_url}/_control/outbox", timeout=_TIMEOUT)
        return list(answer.json()["emails"])

    def page(self, qbo_id: str) -> str:
        """The page on which the customer pays."""
        return f"{self.base_url}/app/invoice?txnId={qbo_id}"

    def pay(self, qbo_id: str, amount: Decimal) -> None:
        """Pay as the customer does: by the form of that page."""
        form = {"action": "pay", "amount": f"{amount:.2f}"}
        answer = requests.post(self.page(qbo_id), data=form, allow_redirects=False, timeout=_TIMEOUT)
        same("the answer of the pay page", answer.status_code, 303)


def in_host(host: EmbeddedHost, invoice_id: str) -> HostInvoice:
    """An invoice of the host. Raises `Untrue` where it has none of this id."""
    found = host.invoice(invoice_id)
    if found is None:
        raise Untrue(f"the host has no invoice with the id {invoice_id!r}")
    return found
