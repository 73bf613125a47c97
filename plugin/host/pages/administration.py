"""Administration: Financials (with the settings of plugins) and Timesheets (service types)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, g, redirect, render_template, request
from werkzeug.exceptions import Forbidden

from onedesk_quickbooks.plugin.texts import gettext

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.host.host import EmbeddedHost


def pages(host: EmbeddedHost) -> Blueprint:
    """The pages below /administration, for administrators only."""
    part = Blueprint("administration", __name__, url_prefix="/administration")

    @part.before_request
    def check() -> None:
        if not host.may_administer(g.user.id):
            raise Forbidden(gettext("Only an administrator sees Administration. Ask one, or sign in as one."))

    @part.get("")
    def start() -> Any:
        return redirect("/administration/financials")

    @part.get("/financials")
    def financials() -> str:
        settings = host.settings(g.user.id)
        return render_template("financials.html", settings=settings, currencies=host.currencies())

    @part.get("/timesheets")
    def timesheets() -> str:
        return render_template("timesheets.html", service_types=host.service_types())

    @part.post("/timesheets")
    def add_service_type() -> Any:
        name = request.form.get("name", "").strip()
        if name:
            host.add_service_type(name)
            flash(gettext("Service type “{name}” is there.", name=name), "said")
        else:
            flash(gettext("A service type needs a name."), "problem")
        return redirect("/administration/timesheets", 303)

    return part
