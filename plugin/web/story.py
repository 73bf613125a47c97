"""The page with the history of one invoice."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.routing import BaseConverter

from onedesk_quickbooks.plugin.app.story_api import Story
from onedesk_quickbooks.plugin.texts import Text, gettext
from onedesk_quickbooks.plugin.texts.arguments import arguments
from onedesk_quickbooks.plugin.web import guard

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.application import Application

_SAID = {
    "retry": Text("It is queued again."),
    "copy": Text("It is on its way to QuickBooks."),
    "send": Text("It is on its way: QuickBooks e-mails it."),
    "resend": Text("It is on its way: QuickBooks e-mails it once more."),
    "hold": Text("It is held: nothing of it is written to QuickBooks until it is released."),
    "release": Text("It is released."),
}
_KINDS = {
    "taken": Text("Asked for"),
    "decided": Text("Decided"),
    "planned": Text("Planned"),
    "request": Text("Request"),
    "answer": Text("Answer"),
    "outcome": Text("Outcome"),
    "payment": Text("Payment"),
    "entry": Text("Noted"),
    "act": Text("Done by a person"),
}


class _InvoiceId(BaseConverter):
    """Any id of a host: it may begin with a slash, which a path may not, and contain line breaks."""

    part_isolating = False
    regex = "(?s:.+?)"


def add_story(app: Flask, application: Application) -> None:
    """Register the page and its actions."""
    app.url_map.merge_slashes = False  # the ids "/7" and "7" are of two invoices
    app.url_map.converters["invoice"] = _InvoiceId

    @app.get("/invoices/<invoice:invoice_id>")
    def story(invoice_id: str) -> Any:
        guard.administrator(application)
        found = _found(application, invoice_id)
        plan = application.plan_now(invoice_id) if request.args.get("look") == "now" else ""
        said = _SAID.get(request.args.get("done", ""), "")
        return render_template(
            "story.html",
            story=found,
            audited=arguments(found.number),
            kinds=_KINDS,
            plan=plan,
            said=said,
            invoice_page=guard.invoice_page(invoice_id) if found.in_host else "",
            qbo_page=found.qbo_page,
        )

    @app.get("/pdf/<invoice:invoice_id>")
    def pdf(invoice_id: str) -> Any:
        guard.administrator(application)
        found = application.pdf(invoice_id)
        answer = Response(found.content, mimetype="application/pdf")
        answer.headers.set("Content-Disposition", "inline", filename=found.name)
        return answer

    @app.post("/invoices/<invoice:invoice_id>")
    def act_on(invoice_id: str) -> Any:
        user = guard.administrator(application)
        guard.own_form()
        do, found = request.form.get("do", ""), _found(application, invoice_id)
        if do not in _SAID:
            raise BadRequest(gettext("Choose one of the buttons on the page."))
        sure, reason = request.form.get("sure") == "yes", request.form.get("reason", "").strip()
        if (do in ("send", "resend") and not sure) or (do == "hold" and not reason):
            return render_template("story_sure.html", story=found, do=do, tried=sure)
        if do == "hold":
            application.hold(invoice_id, reason, user)
        elif do == "release":
            application.release(invoice_id, user)
        elif do == "resend":
            application.resend(invoice_id, user, request.form.get("to", "").strip(), _seen())
        elif do == "retry":
            application.try_again([found.entry] if found.entry is not None else [], user)
        else:
            application.ask_again(invoice_id, do, user)
        return redirect(url_for("story", invoice_id=invoice_id, done=do), 303)


def _seen() -> datetime:
    """When QuickBooks last e-mailed the invoice, as of the page with the button."""
    try:
        return datetime.fromisoformat(request.form.get("seen", ""))
    except ValueError:
        raise BadRequest(gettext("Open the page of the invoice again, then try again.")) from None


def _found(application: Application, invoice_id: str) -> Story:
    found = application.story(invoice_id)
    if found is None:
        raise NotFound(gettext("This invoice is unknown: it was never copied or sent."))
    return found
