"""The desk of desk.py behind a WSGI server, for the data directory `DESK_HOME`, with another plugin that may fail.

Files beside the data directory make it fail while they exist: `.raises` each of its hooks, `.sleeps` only its answers
to rules. What it was given is in the file `.heard`.
"""

from __future__ import annotations

import atexit
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pluggy
from werkzeug import Request, Response

from onedesk_quickbooks.hooks import HostEvents, NotNow, PaymentJson, QuickBooksPlugin, impl
from tests.hosts import site
from tests.hosts.desk import make_host

HOME = Path(os.environ["DESK_HOME"])


class Neighbour:
    """The other plugin; it is called first."""

    @impl(tryfirst=True)
    def on_payment_received(self, payment: PaymentJson) -> None:
        self._hear(f"paid {payment['amount']}")

    @impl
    def on_rule_asks(self, question: str, values: Mapping[str, Any]) -> Mapping[str, str]:
        while HOME.with_suffix(".sleeps").exists():
            time.sleep(0.1)
        self._hear(question)
        return {"item": "Design"}

    def _hear(self, what: str) -> None:
        if HOME.with_suffix(".raises").exists():
            raise RuntimeError("no connection to the accounting of the neighbour")
        with HOME.with_suffix(".heard").open("a") as heard:
            heard.write(f"{what}\n")


desk = make_host(HOME)
plugins = pluggy.PluginManager("onedesk")
plugins.add_hookspecs(HostEvents)
plugins.register(QuickBooksPlugin())
plugins.register(Neighbour())
plugins.hook.on_host_started(host=desk, plugins=plugins, data_directory=HOME)
atexit.register(plugins.hook.on_host_stopping)


@Request.application
def application(request: Request) -> Response:
    """PUT /invoices/ID keeps an invoice; POST /invoices/ID/ACTION reports the action."""
    _, _, invoice_id, *action = request.path.split("/")
    if not action:
        desk.keep(request.get_json())
        return Response("kept")
    invoice = desk.read_invoice(invoice_id)
    assert invoice is not None
    try:
        return Response(str(site.call_hook(plugins.hook, action[0], invoice, "gus", request.form)))
    except NotNow as problem:
        return Response(str(problem), 503)
