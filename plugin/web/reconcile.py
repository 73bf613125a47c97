"""The page "Reconcile": both sides of a period, compared on request."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Flask, Response, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest

from onedesk_quickbooks.plugin.planning.reconcile import Report
from onedesk_quickbooks.plugin.texts import Text, gettext
from onedesk_quickbooks.plugin.web import guard
from onedesk_quickbooks.plugin.web.reconciled_page import values
from onedesk_quickbooks.plugin.web.texts import said

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.application import Application

_SHOWN = 200
"""The maximum number of invoices that differ, and of those that agree, on the page; the table has all."""


def add_reconcile(app: Flask, application: Application) -> None:
    """Register the form, its result, and the table."""

    @app.get("/reconcile")
    def reconcile() -> Any:
        guard.administrator(application)
        periods = [(label, urlencode(days)) for label, days in _periods(application.now().date()).items()]
        if not request.args or "done" in request.args:
            return render_template("reconcile.html", periods=periods, ours=True, said=_last_result())
        found = _report(application)
        asked = {name: request.args.get(name, "") for name in ("from", "to", "ours")}
        return render_template(
            "reconcile.html",
            periods=periods,
            first=found.first,
            last=found.last,
            ours=bool(asked["ours"]),
            query=urlencode(asked),
            mounted=True,
            most=_SHOWN,
            invoice_page=guard.invoice_page,
            **values(found),
        )

    @app.post("/reconcile")
    def look_for_payments() -> Any:
        guard.administrator(application)
        guard.own_form()
        return redirect(url_for("reconcile", done=len(application.bring_payments())), 303)

    @app.get("/reconcile.csv")
    def reconcile_table() -> Any:
        guard.administrator(application)
        from onedesk_quickbooks.plugin.ops.reconciled.table import as_csv

        headers = {"Content-Disposition": 'attachment; filename="reconciliation.csv"'}
        return Response(as_csv(_report(application)), content_type="text/csv; charset=utf-8", headers=headers)


def _last_result() -> str:
    """The result of the last comparison."""
    given = request.args.get("done", "")
    if not (given.isascii() and given.isdigit() and len(given) < 8):
        return ""
    return said(int(given), Text("{n} payment, or change of one, is new."), Text("{n} payments, or changes, are new."))


def _report(application: Application) -> Report:
    first, last = (_day(name) for name in ("from", "to"))
    if first and last and first > last:
        raise BadRequest(gettext("{first} is after {last}: give the earlier day as the first.", first=first, last=last))
    return application.reconcile(first, last, application.records(), request.args.get("ours") == "yes")


def _day(name: str) -> date | None:
    given = request.args.get(name, "").strip()
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise BadRequest(
            gettext(
                "{given} is not a day: write it as year, month and day, such as {example}.",
                given=given,
                example="2026-07-31",
            )
        ) from None


def _periods(today: date) -> dict[Text, dict[str, str]]:
    """The most common periods, with their first and last days."""
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    before = month - timedelta(days=1)
    ago = year - timedelta(days=1)
    days = {
        Text("This month"): (month, today),
        Text("Last month"): (before.replace(day=1), before),
        Text("This year"): (year, today),
        Text("Last year"): (ago.replace(month=1, day=1), ago),
    }
    return {label: {"from": str(first), "to": str(last), "ours": "yes"} for label, (first, last) in days.items()}
