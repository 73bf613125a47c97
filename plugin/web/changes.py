"""The page on which an administrator resolves invoices that were changed in QuickBooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest

from onedesk_quickbooks.plugin.texts import gettext
from onedesk_quickbooks.plugin.web import guard

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.application import Application

_SHOWN = 50
_KEEP = ("quickbooks", "onedesk")


def add_changes(app: Flask, application: Application) -> None:
    """Register the page with both versions of each invoice and the choice between them."""

    @app.get("/changes")
    def changes() -> Any:
        guard.administrator(application)
        return render_template("changes.html", changes=application.to_choose(), shown=_SHOWN)

    @app.post("/changes/<int:entry>")
    def settle(entry: int) -> Any:
        user = guard.administrator(application)
        guard.own_form()
        keep = request.form.get("keep", "")
        if keep not in _KEEP:
            raise BadRequest(gettext("Choose the version to keep: quickbooks or onedesk."))
        application.settle_change(entry, keep, user)
        return redirect(url_for("changes"), 303)
