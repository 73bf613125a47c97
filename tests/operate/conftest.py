"""An installation for an operator: commands in this process, a sandbox that serves, and a desk with a clock to turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.hooks import Alert, QuickBooksPlugin, impl
from onedesk_quickbooks.plugin.app.application import Application
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.host.records import USERS
from tests.commands import Connect, call, connect, home, open_books, terminal
from tests.support.clock import Clock
from tests.support.invoices import invoice_json, line
from tests.support.sandboxes import Books

__all__ = ["call", "connect", "home", "open_books", "terminal"]


@pytest.fixture
def books(request: pytest.FixtureRequest, open_books: Callable[..., Books]) -> Books:
    """A US company, or of the edition that is asked for as a parameter."""
    return open_books(getattr(request, "param", "us"))


@pytest.fixture
def connected(connect: Connect, books: Books) -> Books:
    """The company that `home` is connected to."""
    connect(books)
    return books


@dataclass(eq=False)
class Listener:
    """A plugin of the host that keeps the alerts, or fails."""

    heard: list[Alert] = field(default_factory=list)
    fails: bool = False

    @impl
    def on_quickbooks_alert(self, alert: Alert) -> None:
        if self.fails:
            raise RuntimeError("the listener is ill")
        self.heard.append(alert)


class Desk:
    """Host and plugin on a data directory, with a clock to move on."""

    def __init__(self, home: Path, listener: Listener) -> None:
        self.home = home
        self.listener = listener
        self.clock = Clock()
        self.start()

    def start(self) -> None:
        """Again, on the same data."""
        plugin = QuickBooksPlugin(background=False, now=self.clock.now, sleep=self.clock.sleep)
        self.host = EmbeddedHost.open(self.home, plugins=[plugin, self.listener])
        self.host.users.let_in(USERS)
        self.application: Application = plugin.application

    def restart(self) -> None:
        """The process ends and starts again."""
        self.host.close()
        self.start()

    def look(self) -> list[str]:
        """The watcher looks; the keys of the alerts that stand."""
        return [alert.key for alert in self.application.watcher.look()]

    def copy(self, invoice: dict[str, Any]) -> str:
        """ "Copy to QuickBooks Online" of an invoice; its outcome, "" where it waits."""
        self.host.save({**invoice, "status": "draft"})
        self.host.open_invoice(invoice["id"], "admin")
        assert self.host.act(invoice["id"], "quickbooks.copy", "admin")
        done = [each.outcome for each in self.application.drain() if each.id == invoice["id"]]
        return done[-1] if done else ""


@pytest.fixture
def desk(home: Path, connected: Books) -> Iterator[Desk]:
    """An installation connected to a US company."""
    made = Desk(home, Listener())
    yield made
    made.host.close()


@pytest.fixture
def invoice() -> Callable[..., dict[str, Any]]:
    """A sound invoice; keyword arguments replace its fields. Without lines' service types it would be held."""

    customer = {
        "id": "C-7",
        "name": "Blue Harbor Ltd",
        "billing_contact": {"first_name": "Ada", "last_name": "Berg", "email": "ada@blueharbor.example"},
        "address": {"line1": "1 Quay", "city": "Bayshore", "region": "CA", "country": "US"},
    }
    one = line("Support", "80.00", "2")
    return lambda **fields: invoice_json("INV-1", one, **{"number": "2041", "customer": customer, **fields})
