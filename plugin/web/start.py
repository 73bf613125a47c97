"""The page "Set up": the first steps, with what is done and what is next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest

from onedesk_quickbooks.plugin.qbo.problems import QuickBooksProblem
from onedesk_quickbooks.plugin.sync.errors import SettingsProblem, SyncProblem
from onedesk_quickbooks.plugin.texts import Text, gettext, text_of
from onedesk_quickbooks.plugin.web import guard
from onedesk_quickbooks.plugin.web.texts import said

if TYPE_CHECKING:
    from collections.abc import Callable

    from onedesk_quickbooks.plugin.app.application import Application
    from onedesk_quickbooks.plugin.app.setup_api import SetUp

_SAID = {
    "keys": Text("The keys are kept. Now connect."),
    "sandbox": Text("A QuickBooks sandbox is running. Now connect to it."),
    "chosen": Text("It is chosen."),
    "connected": Text("The company is connected."),
}
OUTCOMES = {
    "copied": Text("would be copied"),
    "updated": Text("would be updated in QuickBooks"),
    "unchanged": Text("are already in QuickBooks, the same"),
    "held": Text("would be held"),
    "skipped": Text("are kept out by a rule"),
    "sent": Text("would be sent"),
}


def add_start(app: Flask, application: Application, redirect_uri: Callable[[], str]) -> None:
    """Register the page and its actions. `redirect_uri` is the one to register at Intuit."""

    @app.get("/start")
    def start() -> Any:
        user = guard.administrator(application)
        return _page(application, user, redirect_uri, said=_last_result())

    @app.post("/start")
    def step_on() -> Any:
        user = guard.administrator(application)
        guard.own_form()
        do = request.form.get("do", "")
        try:
            if do == "keys":
                application.save_keys(_keys(), user)
            elif do == "sandbox":
                application.try_sandbox(user)
            elif do == "live":
                return _live(application, user)
            else:
                raise BadRequest(gettext("Choose one of the buttons on the page."))
        except (SyncProblem, QuickBooksProblem) as problem:
            return _page(application, user, redirect_uri, problem=text_of(problem)), 409
        return redirect(url_for("start", done=do), 303)


def _keys() -> dict[str, str]:
    """The settings that the form may change. A server other than Intuit's can only be set in the data directory."""
    if request.form.get("environment") not in ("production", "sandbox"):
        raise BadRequest(gettext("Say what the keys are for: production, or Intuit's sandbox companies."))
    if not all(request.form.get(name, "").strip() for name in ("client_id", "client_secret")):
        raise SettingsProblem(Text("Client id and client secret belong together: give both."))
    names = ("environment", "client_id", "client_secret", "verifier_token")
    return {name: request.form.get(name, "") for name in names}


def _live(application: Application, user: str) -> Any:
    if request.form.get("sure") != "yes":
        return render_template("start_sure.html", run=application.dry_run())
    return redirect(url_for("start", done="live", count=application.copy_recent(user)), 303)


def _page(
    application: Application, user: str, redirect_uri: Callable[[], str], *, said: str = "", problem: str = ""
) -> str:
    found, run = application.set_up(user), None
    if request.args.get("look") == "now" and found.connected:
        try:
            run = application.dry_run()
        except (SyncProblem, QuickBooksProblem) as failed:
            problem = text_of(failed)
    try:
        uri, unreachable = redirect_uri(), ""
    except SyncProblem as failed:
        uri, unreachable = "", text_of(failed)
    return render_template(
        "start.html",
        found=found,
        step=_step(found),
        run=run,
        outcomes=OUTCOMES,
        redirect_uri=uri,
        unreachable=unreachable,
        given=request.form if problem else {},
        said=said,
        problem=problem,
    )


def _step(found: SetUp) -> int:
    """The number of the next step."""
    if found.connected is None:
        return 2 if found.keys else 1
    if found.connected.stopped_reason:
        return 2
    needed = found.choices[:1] if found.connected.company.is_us else found.choices
    if not all(each.value for each in needed):
        return 3
    return 6 if found.live else 4


def _last_result() -> str:
    done, count = request.args.get("done", ""), request.args.get("count", "")
    if done == "live":
        number = int(count) if count.isascii() and count.isdigit() and len(count) < 8 else 0
        return said(number, Text("{n} invoice is on its way to QuickBooks."), Text("{n} invoices are on their way."))
    return _SAID.get(done, "")
