"""All hosts of this folder keep every promise of the contract test."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from werkzeug.serving import make_server

from onedesk_quickbooks.hooks import OneDeskHost
from onedesk_quickbooks.plugin.host.contract import INVOICE, HostUnderTest, Listener, Shown
from onedesk_quickbooks.plugin.host.contract.for_pytest import HostContract
from tests.hosts import desk, fastapi_desk, site
from tests.hosts.serving import Browser, until


class DeskUnderTest:
    """The desk without pages; its people call the hooks."""

    administrator, colleague, missing = "ada", "gus", "none"
    invoices = ("INV-1", "INV-2")

    def __init__(self, folder: Path, listener: Listener) -> None:
        self.host = desk.Desk(folder / "desk")
        for invoice_id in self.invoices:
            self.host.keep({**INVOICE, "id": invoice_id})
        self._running = ExitStack()
        self._hook = self._running.enter_context(desk.started(self.host, folder, listener))

    def perform(self, name: str, invoice_id: str, **form: str) -> None:
        invoice = site.after(name, self._json(invoice_id), form)
        self.host.remove(invoice_id) if name == "delete" else self.host.keep(invoice)
        site.call_hook(self._hook, name, invoice, "gus", form)

    def _json(self, invoice_id: str) -> Mapping[str, Any]:
        return self.host.read_invoice(invoice_id) or {}

    def offers(self, invoice_id: str) -> Sequence[str]:
        offered = self._hook.invoice_actions(invoice=self._json(invoice_id))
        return [action.label for some in offered for action in some]

    def choose(self, invoice_id: str, action_id: str) -> None:
        self.perform("act", invoice_id, action=action_id)

    def financials(self, user: str) -> Sequence[str]:
        return [setting.label for some in self._hook.settings_to_show(user=user) for setting in some]

    def browse(self, user: str, path: str, form: Mapping[str, str] | None = None) -> str:
        raise NotImplementedError("this host has no pages")

    def shown(self, invoice_id: str) -> Shown:
        invoice = self._json(invoice_id)
        tags, notes, paid, left = (self.host.shown(invoice_id, kind) for kind in ("tag", "note", "payment", "left"))
        balance = Decimal(left.get("left", invoice["total"]))
        return Shown(invoice["status"], tags, list(notes.values()), list(paid), balance)

    def stop(self) -> None:
        self._running.close()


class SiteUnderTest:
    """A desk with pages; its people use them."""

    administrator, colleague, missing = "ada", "gus", "none"

    def __init__(self, url: str, host: OneDeskHost, stop: Callable[[], None]) -> None:
        self.host, self.stop = host, stop
        self._people = {user: Browser(url, user) for user in ("ada", "gus", "")}
        self.invoices = (uuid.uuid4().hex, uuid.uuid4().hex)
        for invoice_id in self.invoices:
            self._people["gus"].keep({**INVOICE, "id": invoice_id})

    def perform(self, name: str, invoice_id: str) -> None:
        self._people["gus"].do(invoice_id, name)

    def offers(self, invoice_id: str) -> Sequence[str]:
        return list(self._people["gus"].shown(invoice_id)["actions"])

    def choose(self, invoice_id: str, action_id: str) -> None:
        self._people["gus"].do(invoice_id, "act", action=action_id)

    def financials(self, user: str) -> Sequence[str]:
        texts = re.findall("[^<>]+", self.browse(user, site.FINANCIALS))
        return [text.partition(":")[0] for text in texts]

    def browse(self, user: str, path: str, form: Mapping[str, str] | None = None) -> str:
        person = self._people[user]
        return (person.get(path) if form is None else person.post(path, **form)).text

    def shown(self, invoice_id: str) -> Shown:
        seen = self._people["gus"].shown(invoice_id)
        return Shown(seen["status"], seen["tags"], seen["notes"], seen["payments"], Decimal(seen["left"]))


class TestDesk(HostContract):
    @pytest.fixture
    def tested(self, listener: Listener, tmp_path: Path) -> Iterator[HostUnderTest]:
        tested = DeskUnderTest(tmp_path, listener)
        yield tested
        tested.stop()


class TestFastApi(HostContract):
    @pytest.fixture
    def tested(self, listener: Listener, tmp_path: Path) -> Iterator[HostUnderTest]:
        app = fastapi_desk.make_app(tmp_path, listener)
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
        thread = threading.Thread(target=server.run)

        def stop() -> None:
            server.should_exit = True
            thread.join(20)

        thread.start()
        until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        tested = SiteUnderTest(f"http://127.0.0.1:{port}", app.state.running.desk, stop)
        yield tested
        stop()


class TestDjango(HostContract):
    @pytest.fixture
    def tested(self, listener: Listener, tmp_path: Path) -> Iterator[HostUnderTest]:
        from django.db import connections

        from tests.hosts import django_desk

        connections.settings["default"]["NAME"] = tmp_path / "desk"
        django_desk.make_tables()
        connections.close_all()
        django_desk.start(listener, tmp_path)
        with make_server("127.0.0.1", 0, django_desk.application, threaded=True) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            tested = SiteUnderTest(f"http://127.0.0.1:{server.port}", django_desk.desk, django_desk.stop)
            yield tested
            tested.stop()
            server.shutdown()
            thread.join()
