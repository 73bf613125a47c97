"""The addresses of QuickBooks: its API, its sign-in, and its pages for people (qbo-api.md 1)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO

ENVIRONMENTS = ("production", "sandbox", "local")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """URLs of one environment. `api` has no path: the company's own begins with /v3/company/REALM."""

    environment: str
    api: str
    authorize: str
    token: str
    revoke: str


def endpoints_for(environment: str, base_url: str = "") -> Endpoints:
    """The URLs of "production" or "sandbox", or of another server at `base_url` ("local").

    Raises ValueError for another environment, or an invalid base URL. Production and Intuit's sandbox have the same
    sign-in and differ in the API's host and in the client id.
    """
    if environment == "local":
        return _local(base_url)
    if environment not in ENVIRONMENTS:
        raise ValueError(f"the environment {environment!r} is not one of {', '.join(ENVIRONMENTS)}")
    sandbox = environment == "sandbox"
    return Endpoints(
        environment=environment,
        api=f"https://{'sandbox-' if sandbox else ''}quickbooks.api.intuit.com",
        authorize="https://appcenter.intuit.com/connect/oauth2",
        token="https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",  # noqa: S106 - an address
        revoke="https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
    )


def _local(base_url: str) -> Endpoints:
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"{base_url!r} is not a base URL; write it as http://127.0.0.1:8765")
    base = base_url.rstrip("/")
    return Endpoints(
        environment="local",
        api=base,
        authorize=f"{base}/connect/oauth2",
        token=f"{base}/oauth2/v1/tokens/bearer",
        revoke=f"{base}/v2/oauth2/tokens/revoke",
    )


_APP = {"production": "https://app.qbo.intuit.com/app", "sandbox": "https://app.sandbox.qbo.intuit.com/app"}


def invoice_page(environment: str, base_url: str, qbo_id: str) -> str:
    """The page of the invoice for QuickBooks' user, after signing in to this company."""
    return _form_page(environment, base_url, "invoice", qbo_id)


def credit_memo_page(environment: str, base_url: str, qbo_id: str) -> str:
    """The page of the credit memo for QuickBooks' user."""
    return _form_page(environment, base_url, "creditmemo", qbo_id)


def page_of(kind: str, environment: str, base_url: str, qbo_id: str) -> str:
    """The page of an invoice or a credit memo (`kind`)."""
    return (credit_memo_page if kind == CREDIT_MEMO else invoice_page)(environment, base_url, qbo_id)


def _form_page(environment: str, base_url: str, form: str, qbo_id: str) -> str:
    app = _APP.get(environment) or f"{base_url.rstrip('/')}/app"
    return f"{app}/{form}?txnId={quote(qbo_id, safe='')}"


def payment_page(environment: str, base_url: str, qbo_id: str) -> str:
    """The page of the payment for QuickBooks' user; a local server lists all payments on its first page."""
    app = _APP.get(environment)
    return f"{app}/recvpayment?txnId={quote(qbo_id, safe='')}" if app else f"{base_url.rstrip('/')}/"
