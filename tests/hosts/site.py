"""What the desks of this folder have in common: what people do to an invoice, and the page Administration > Financials.

Both have the same addresses: `/sign-in`, `/invoices/ID`, `/invoices/ID/ACTION` and FINANCIALS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from html import escape
from pathlib import Path
from typing import Any

from onedesk_quickbooks.hooks import InvoiceJson, Setting

FINANCIALS = "/administration/financials"
_BECOMES = {"open": "open", "reopen": "draft", "void": "void"}
_CHANGES = {"edit": "edited", "reopen": "reopened", "void": "voided", "delete": "deleted"}


def clock(home: Path) -> Callable[[], datetime]:
    """The machine's, ahead by as many seconds as a file beside the data directory says."""
    ahead = home.with_suffix(".ahead")

    def now() -> datetime:
        more = float(ahead.read_text()) if ahead.exists() else 0
        return datetime.now(timezone.utc) + timedelta(seconds=more)

    return now


def after(action: str, invoice: InvoiceJson, form: Mapping[str, str]) -> dict[str, Any]:
    """The invoice after an action. "edit" gives it one line over `amount`, or else another memo."""
    changed = {**invoice, "status": _BECOMES.get(action, invoice["status"])}
    amount = form.get("amount")
    if amount:
        line = {**invoice["lines"][0], "quantity": "1", "unit_price": amount, "amount": amount}
        return {**changed, "lines": [line], "total": amount}
    return {**changed, "memo": "edited"} if action == "edit" else changed


def call_hook(hook: Any, action: str, invoice: InvoiceJson, user: str, form: Mapping[str, str]) -> Any:
    """Call the hook of an action."""
    if action == "open":
        return hook.on_invoice_opened(invoice=invoice)
    if action == "send":
        return hook.on_invoice_send(invoice=invoice, user=user)
    if action == "act":
        return hook.on_invoice_action(invoice=invoice, action=form["action"], user=user)
    return hook.on_invoice_changed(invoice=invoice, change=_CHANGES[action])


def financials(settings: Iterable[Iterable[Setting]], token: str) -> str:
    """The page."""
    return "<!doctype html><title>Financials</title>" + "".join(_row(each, token) for some in settings for each in some)


def _row(setting: Setting, token: str) -> str:
    label, url = escape(setting.label), escape(setting.url)
    if setting.kind == "link":
        return f'<p><a href="{url}">{label}</a></p>'
    if setting.kind == "status":
        return f"<p>{label}: {escape(setting.value)}</p>"
    options = "".join(f'<option value="{escape(value)}">{escape(text)}</option>' for value, text in setting.choices)
    chosen = f'<select name="value">{options}</select>' if options else ""
    hidden = f'<input type="hidden" name="form_token" value="{escape(token)}">'
    return f'<form method="post" action="{url}">{hidden}{chosen}<button>{label}</button></form>'
