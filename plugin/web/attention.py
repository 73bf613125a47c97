"""The page "Needs attention": work that waits for a person, by cause, with actions for several entries at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Flask, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest

from onedesk_quickbooks.plugin.model.host_payment import is_payment_key
from onedesk_quickbooks.plugin.ops.attention import (
    CONFIRM,
    DROP,
    ONEDESK_STAYS,
    QUICKBOOKS_STAYS,
    RELEASE,
    RESUME,
    RETRY,
    SHOWN,
    Attention,
    Cause,
    Item,
)
from onedesk_quickbooks.plugin.texts import Text, count, gettext, listed, say
from onedesk_quickbooks.plugin.web import guard
from onedesk_quickbooks.plugin.web.texts import said

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.application import Application

_NOT_IN_HOST = ("withdrawn/deleted", "held/not-in-host")
"""How the keys of causes begin whose invoices the host does not have, or no longer has."""
_NOT_IN_QUICKBOOKS = "changed/deleted-in-quickbooks"
_ASKS = {
    DROP: (
        Text("Take {what} out of the queue?"),
        Text(
            "Entries that are taken out are not copied or sent. They return only if the invoice is copied or sent "
            "again."
        ),
        Text("Take out"),
    ),
    CONFIRM: (
        Text("Is it done in QuickBooks for {what}?"),
        Text("Confirm only if it was voided there, or if QuickBooks is to keep it: there is no further reminder."),
        Text("It is done: take out"),
    ),
    QUICKBOOKS_STAYS: (
        Text("Keep QuickBooks’ version of {what}?"),
        Text(
            "QuickBooks’ version is accepted as it is. QuickBooks is asked first whether it still has the version "
            "that was noticed."
        ),
        Text("Keep QuickBooks’ version"),
    ),
    ONEDESK_STAYS: (
        Text("Write OneDesk’s version of {what} again?"),
        Text(
            "It is written over what somebody changed in QuickBooks, which cannot be undone here. QuickBooks is asked"
            " first whether it still has the version that was noticed."
        ),
        Text("Write OneDesk’s version"),
    ),
}
"""Actions that need confirmation: the question, the consequences, and the button."""
_LABELS = {
    RETRY: Text("Try again"),
    RESUME: Text("Continue them"),
    RELEASE: Text("Release"),
    DROP: Text("Take out …"),
    CONFIRM: Text("Done in QuickBooks …"),
    QUICKBOOKS_STAYS: Text("Keep QuickBooks’ version …"),
    ONEDESK_STAYS: Text("Write OneDesk’s version …"),
}
_INVOICES = (Text("{n} invoice: {cause}"), Text("{n} invoices: {cause}"))
_THINGS = {
    "untold": (Text("{n} payment: {cause}"), Text("{n} payments: {cause}")),
    "refused": (Text("{n} command: {cause}"), Text("{n} commands: {cause}")),
}
_REASONS = {CONFIRM: Text("Done in QuickBooks, confirmed on the page Needs attention.")}


def add_attention(app: Flask, application: Application) -> None:
    """Register the list and its forms."""

    @app.get("/attention")
    def attention() -> Any:
        guard.administrator(application)
        return _list(application, said_before=_last_result(), problems=request.args.getlist("problem")[:5])

    @app.post("/attention")
    def act() -> Any:
        user = guard.administrator(application)
        guard.own_form()
        do, found = request.form.get("do", ""), application.attention()
        if do not in _LABELS:
            raise BadRequest(gettext("Choose one of the buttons on the page."))
        entries, gone = _chosen(found)
        if not entries:
            chosen = "entry" in request.form or "rest" in request.form
            return redirect(url_for("attention", done="gone" if chosen else "none"), 303)
        reason = request.form.get("reason", "").strip() or say(_REASONS.get(do, ""))
        if do in _ASKS and (request.form.get("sure") != "yes" or (do == DROP and not reason)):
            return _ask(do, entries, found)
        payments = {each.entry for cause in found.causes for each in cause.items if is_payment_key(each.od_id)}
        result = _do(application, do, entries, reason, user)
        if isinstance(result, list):
            result = _result(application, RETRY if do == RETRY else DROP, entries, result, payments)
        query = {**result, "gone": gone + int(result.get("gone", 0))}
        return redirect(f"{url_for('attention')}?{urlencode(query, True)}", 303)


def _result(
    application: Application, done: str, entries: list[int], did: list[int], payments: Collection[int | None]
) -> dict[str, Any]:
    """The query for these entries: how many invoices and payments are `done`, and how many others do not wait any
    more."""
    left = set(entries).difference(did)
    paid = len(set(did).intersection(payments))
    return {
        "done": done,
        "count": len(did) - paid,
        "payments": paid,
        "gone": len(left - _entries(application.attention())) if left else 0,
    }


def _do(application: Application, do: str, entries: list[int], reason: str, user: str) -> dict[str, Any] | list[int]:
    """Run the action; return the query of the next page, which reports the result, or the entries that it was done
    for."""
    if do == RETRY:
        return application.try_again(entries, user)
    if do in (DROP, CONFIRM):
        return application.take_out(entries, reason, user)
    if do == RELEASE:
        return {"done": RETRY, "count": application.release_entries(entries, user)}
    if do == RESUME:
        return {"done": RESUME, "count": sum(application.resume_run(run, user) for run in _runs(application, entries))}
    count, problems = application.settle_changes(entries, do, user)
    return {"done": do, "count": count, "problem": [say(each) for each in problems[:5]]}


def _runs(application: Application, entries: list[int]) -> list[str]:
    causes = (cause for cause in application.attention().causes if cause.kind == "stopped")
    return list(dict.fromkeys(each.run for cause in causes for each in cause.items if each.entry in entries))


def _entries(found: Attention) -> set[int | None]:
    return {each.entry for cause in found.causes for each in cause.items}


def _chosen(found: Attention) -> tuple[list[int], int]:
    """The selected entries, and all entries of a selected cause, including those that are not shown; and how many of
    the selected ones do not wait any more."""
    ticked = [int(each) for each in request.form.getlist("entry") if each.isascii() and each.isdigit()]
    for key in request.form.getlist("rest"):
        cause = found.cause(key)
        ticked += [each.entry for each in cause.items[SHOWN:] if each.entry is not None] if cause else []
    there, chosen = _entries(found), dict.fromkeys(ticked)
    entries = [each for each in chosen if each in there]
    return entries, len(chosen) - len(entries)


def _ask(do: str, entries: list[int], found: Attention) -> str:
    question, follows, button = _ASKS[do]
    wanted = set(entries)
    chosen = [each for cause in found.causes for each in cause.items if each.entry in wanted]
    return render_template(
        "attention_sure.html",
        question=Text(question, what=_named(chosen)),
        follows=follows,
        button=button,
        do=do,
        entries=entries,
        asks_reason=do == DROP,
        tried=request.form.get("sure") == "yes",
    )


def _named(chosen: Sequence[Item]) -> Text:
    """The entries in a question: "invoice 2041", "1 invoice and 2 payments"."""
    paid = sum(is_payment_key(each.od_id) for each in chosen)
    if len(chosen) == 1:
        name = chosen[0].number
        return Text("payment {number}", number=name) if paid else Text("invoice {number}", number=name)
    kinds = (
        (len(chosen) - paid, Text("{n} invoice"), Text("{n} invoices")),
        (paid, Text("{n} payment"), Text("{n} payments")),
    )
    return listed(Text(one if n == 1 else several, n=count(n)) for n, one, several in kinds if n)


def _list(application: Application, said_before: str, problems: list[str]) -> str:
    found = application.attention()
    return render_template(
        "attention.html",
        found=found,
        alerts=application.alerts(),
        shown=SHOWN,
        heading=_heading,
        labels=_LABELS,
        said=said_before,
        problems=problems,
        rules=str(application.status().to_json().get("rules") or ""),
        qbo_page=application.qbo_page,
        deleted=_NOT_IN_QUICKBOOKS,
        place=_place,
        is_payment=is_payment_key,
    )


def _heading(cause: Cause) -> str:
    """The heading "12 invoices: no income account chosen"; likewise for payments and commands."""
    kind = "untold" if is_payment_key(cause.items[0].od_id) else cause.kind
    return said(len(cause.items), *_THINGS.get(kind, _INVOICES), cause=say(cause.title))


def _place(cause: Cause, item: Item, place: str) -> str:
    """The page of the host for a row; for an invoice that the host has no more, its story. "" if there is none, or the
    host has not given the addresses of its pages."""
    if is_payment_key(item.od_id):
        return ""
    if cause.key.startswith(_NOT_IN_HOST):
        return url_for("story", invoice_id=item.od_id) if place == "invoice" and item.od_id else ""
    return guard.customer_page(item.customer_id) if place == "customer" else guard.invoice_page(item.od_id)


_PAYMENTS = {
    RETRY: (Text("{n} payment is queued again."), Text("{n} payments are queued again.")),
    DROP: (Text("{n} payment was taken out."), Text("{n} payments were taken out.")),
}
_GONE = (Text("{n} selected entry was settled meanwhile."), Text("{n} selected entries were settled meanwhile."))


def _given(name: str) -> int:
    """A number of the query; 0 for none."""
    given = request.args.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 8 else 0


def _last_result() -> str:
    """The result of the last action."""
    done = request.args.get("done", "")
    number, payments, gone = _given("count"), _given("payments"), _given("gone")
    texts = {
        RETRY: (Text("{n} invoice is queued again."), Text("{n} invoices are queued again.")),
        RESUME: (Text("{n} entry queued again."), Text("{n} entries queued again.")),
        DROP: (Text("{n} invoice was taken out."), Text("{n} invoices were taken out.")),
        QUICKBOOKS_STAYS: (
            Text("QuickBooks’ version of {n} invoice stays."),
            Text("QuickBooks’ version of {n} invoices stays."),
        ),
        ONEDESK_STAYS: (
            Text("OneDesk’s version of {n} invoice is written again."),
            Text("OneDesk’s version of {n} invoices is written again."),
        ),
        "none": (Text("Nothing was selected, so nothing was done."),) * 2,
        "gone": (Text("What was selected does not wait for a person any more, so nothing was done."),) * 2,
    }
    if done not in texts:
        return ""
    paid = [said(payments, *_PAYMENTS[done])] if payments and done in _PAYMENTS else []
    invoices = [said(number, *texts[done])] if number or not (paid or gone) else []
    return " ".join([*invoices, *paid, *([said(gone, *_GONE)] if gone else [])])
