"""A reconciliation as HTML: on the page "Reconcile", and as one self-contained file."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader

from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.ops.reconciled import charts
from onedesk_quickbooks.plugin.ops.reconciled.words import NO_LIST, period, summary
from onedesk_quickbooks.plugin.planning.reconcile import KINDS, Report
from onedesk_quickbooks.plugin.texts import current, gettext, money, shown
from onedesk_quickbooks.plugin.texts.pages import to_templates

_PACKAGE = "onedesk_quickbooks.plugin.web"


def page(found: Report) -> str:
    """The file: no script and no external address; its style is allowed by hash."""
    files = resources.files(_PACKAGE).joinpath("static")
    style = "".join(files.joinpath(name).read_text("utf-8") for name in ("reconciled.css", "reconciled_alone.css"))
    environment = Environment(loader=PackageLoader(_PACKAGE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment.globals.update(to_templates())
    return environment.get_template("reconciled_alone.html").render(
        style=style,
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        language=current(),
        mounted=False,
        most=len(found.pairs),
        **values(found),
    )


def values(found: Report) -> dict[str, Any]:
    """The values for templates/reconciled.html."""
    length, share = charts.agreement(found)
    return {
        "report": found,
        "period": shown(period(found)),
        "summary": shown(summary(found)),
        "no_list": "" if found.listed else shown(NO_LIST),
        "months": charts.months(found),
        "kinds": charts.kinds(found),
        "arc": length,
        "share": share,
        "tables": [
            (gettext("In sum"), charts.gaps(found.sums.amounts)),
            (gettext("What settles invoices"), charts.gaps(found.sums.settled)),
            (gettext("Tax by code"), charts.gaps(found.sums.taxes)),
        ],
        "names": KINDS,
        "money": lambda amount, currency: money(Money(amount, currency)),
        "width": charts.WIDTH,
        "height": charts.HEIGHT,
        "base": charts.BASE,
    }
