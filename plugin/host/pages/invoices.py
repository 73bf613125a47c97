"""The list of invoices, one invoice with its actions, and the form for a draft."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Blueprint, Response, flash, g, redirect, render_template, request

from onedesk_quickbooks.hooks import STATES, InvoiceState, NotNow
from onedesk_quickbooks.plugin.host.pages.drafts import reworked
from onedesk_quickbooks.plugin.host.records import STATUSES, HostInvoice, HostProblem, NoSuchInvoice, WrongStatus
from onedesk_quickbooks.plugin.texts import Text, gettext, ngettext, text_of

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.host.host import EmbeddedHost

_log = logging.getLogger("onedesk_quickbooks.host")

PAGE = 50
_SURE = {
    "host.void": Text("Nothing is due on a void invoice. This cannot be undone."),
    "host.delete": Text("A deleted invoice is gone for good."),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One entry of the action menu. `foot` adds it to the foot of the detail panel."""

    id: str
    label: str
    foot: bool = True
    style: str = ""


def pages(host: EmbeddedHost) -> Blueprint:
    """The pages below /invoices."""
    part = Blueprint("invoices", __name__, url_prefix="/invoices")

    @part.get("")
    def listing() -> str:
        return _list(host)

    @part.get("/<path:invoice_id>")
    def invoice(invoice_id: str) -> str:
        found = _get(host, invoice_id)
        offers = _own_offers(found)
        offers[1:1] = [Offer(each.id, each.label, style="main") for each in host.actions(found.id)]
        known = _states(host, [found]).get(found.id)
        about = {"known": known, "names": STATES, "files": host.attachments(found.id)}
        return render_template("invoice.html", invoice=found, offers=offers, address=address, **about)

    @part.get("/<path:invoice_id>/pdf")
    def pdf(invoice_id: str) -> Any:
        found = _get(host, invoice_id)
        try:
            content = host.pdf(found.id, g.user.id)
        except NotNow as problem:
            flash(text_of(problem), "problem")
            return redirect(address(invoice_id), 303)
        if content is None:
            flash(gettext("QuickBooks does not have this invoice: copy it first."), "problem")
            return redirect(address(invoice_id), 303)
        answer = Response(content, mimetype="application/pdf")
        answer.headers.set("Content-Disposition", "inline", filename=f"{found.number or found.id}.pdf")
        return answer

    @part.post("/<path:invoice_id>")
    def act(invoice_id: str) -> Any:
        action, found = request.form.get("action", ""), _get(host, invoice_id)
        if action in _SURE and request.form.get("sure") != "yes":
            return render_template("sure.html", invoice=found, action=action, text=_SURE[action], address=address)
        return _act(host, found, action)

    _add_files(part, host)
    _add_editing(part, host)
    return part


def _list(host: EmbeddedHost) -> str:
    """A page of the list, newest first, with the number of invoices for each state."""
    search, state = request.args.get("search", "").strip(), request.args.get("state", "")
    state = state if state in STATES else ""
    before, after = _number(request.args.get("before", "")), _number(request.args.get("after", ""))
    found = host.page(search, state, PAGE + 1, before, after)
    more = len(found) > PAGE
    shown = (found[1:] if after else found[:PAGE]) if more else found
    counts = host.state_counts(search)
    return render_template(
        "invoices.html",
        invoices=shown,
        states=_states(host, shown),
        names=STATES,
        counts=counts,
        all=sum(counts.values()),
        search=search,
        state=state,
        newer=shown[0].position if shown and (more if after else before) else 0,
        older=shown[-1].position if shown and (after or more) else 0,
        address=address,
    )


def _states(host: EmbeddedHost, invoices: Sequence[HostInvoice]) -> Mapping[str, InvoiceState]:
    """The states by the plugins; empty if the ledger cannot be read now."""
    try:
        return host.states(invoices)
    except Exception:
        _log.exception("a plugin could not report the states of invoices")
        return {}


def _add_files(part: Blueprint, host: EmbeddedHost) -> None:
    @part.post("/<path:invoice_id>/files")
    def attach(invoice_id: str) -> Any:
        found = _get(host, invoice_id)
        chosen = [(_file_name(each.filename or ""), each.read()) for each in request.files.getlist("file")]
        files = [(name, content) for name, content in chosen if name]
        for name, content in files:
            host.attach(found.id, name, content)
        if files:
            flash(ngettext("{n} file attached.", "{n} files attached.", len(files)), "said")
        else:
            flash(gettext("Choose at least one file, then attach it."), "problem")
        return redirect(address(invoice_id), 303)


def _add_editing(part: Blueprint, host: EmbeddedHost) -> None:
    @part.get("/<path:invoice_id>/edit")
    def edit(invoice_id: str) -> Any:
        found = _get(host, invoice_id)
        if found.status != "draft":
            said = gettext("Invoice {number} is locked: put it back to Draft to edit it.", number=found.number)
            flash(said, "problem")
            return redirect(address(invoice_id))
        return render_template("edit.html", invoice=found, form={}, service_types=host.service_types(), address=address)

    @part.post("/<path:invoice_id>/edit")
    def save(invoice_id: str) -> Any:
        found = _get(host, invoice_id)
        try:
            seen = request.form.get("seen", "")
            host.edit(invoice_id, reworked(found.json, request.form), g.user.id, seen)
        except WrongStatus as problem:
            flash(text_of(problem), "problem")
            return redirect(address(invoice_id), 303)
        except HostProblem as problem:
            flash(text_of(problem), "problem")
            service_types = host.service_types()
            page = render_template(
                "edit.html", invoice=found, form=request.form, service_types=service_types, address=address
            )
            return page, 422
        flash(gettext("Invoice {number} was saved.", number=found.number), "said")
        return redirect(address(invoice_id), 303)


def _file_name(given: str) -> str:
    """The name without invisible characters."""
    return "".join(each for each in given if each.isprintable()).strip()


def address(invoice_id: str) -> str:
    """The path of an invoice's page."""
    return f"/invoices/{quote(invoice_id, safe='')}"


def _own_offers(invoice: HostInvoice) -> list[Offer]:
    """The actions of the host by status: a Draft can be edited, an Open invoice is locked and can be sent."""
    void, delete = (
        Offer("host.void", Text("Void invoice"), False, "danger"),
        Offer("host.delete", Text("Delete invoice"), False, "danger"),
    )
    if invoice.status == "draft":
        return [Offer("host.open", Text("Open invoice"), style="main"), Offer("host.edit", Text("Edit")), void, delete]
    if invoice.status == "open":
        return [
            Offer("host.send", Text("Send invoice"), style="main"),
            Offer("host.reopen", Text("Back to Draft")),
            void,
            delete,
        ]
    again = [Offer("host.reopen", Text("Back to Draft"))] if invoice.may_reopen else []
    return [delete] if invoice.status == "void" else [*again, void, delete]


def _act(host: EmbeddedHost, invoice: HostInvoice, action: str) -> Any:
    """Run the action and show the invoice again, or the list if it no longer exists."""
    if action == "host.edit":
        return redirect(f"{address(invoice.id)}/edit", 303)
    try:
        flash(_do(host, invoice, action, g.user.id), "said")
    except (HostProblem, ValueError) as problem:  # plugins raise ValueError for an invoice that they cannot read
        flash(text_of(problem), "problem")
        return redirect(address(invoice.id), 303)
    if action == "host.delete":
        return redirect("/invoices", 303)
    return redirect(address(invoice.id), 303)


def _do(host: EmbeddedHost, invoice: HostInvoice, action: str, user: str) -> str:
    """The sentence that reports what was done. Raises `HostProblem`."""
    number = invoice.number
    if action == "host.open":
        host.open_invoice(invoice.id, user)
        return gettext("Invoice {number} is Open now and locked.", number=number)
    if action == "host.reopen":
        host.reopen(invoice.id, user)
        return gettext("Invoice {number} is a Draft again.", number=number)
    if action == "host.void":
        host.void(invoice.id, user)
        return gettext("Invoice {number} is void now.", number=number)
    if action == "host.delete":
        host.delete(invoice.id, user)
        return gettext("Invoice {number} was deleted.", number=number)
    if action == "host.send":
        if host.send(invoice.id, user):
            return gettext("Invoice {number} is on its way. The result will appear here.", number=number)
        return gettext("Invoice {number} was sent by e-mail.", number=number)
    label = next((offer.label for offer in host.actions(invoice.id) if offer.id == action), "")
    if not label or not host.act(invoice.id, action, user):
        status = STATUSES[invoice.status]
        text = Text("Invoice {number} does not offer this now: its status is {status}.", number=number, status=status)
        raise HostProblem(text)
    return gettext("“{action}” was noted. The result will appear here.", action=label)


def _get(host: EmbeddedHost, invoice_id: str) -> HostInvoice:
    found = host.invoice(invoice_id)
    if found is None:
        raise NoSuchInvoice(invoice_id)
    return found


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
