"""A host that says for long that it cannot now: every process knows since when, and an alert tells."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from onedesk_quickbooks.hooks import InvoiceJson, QuickBooksPlugin
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.model.host import NotNow
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_loud import alerts, health, metrics
from tests.sync.test_order import sale


class Away(EmbeddedHost):
    """A host whose database is away, for all that is asked or for what is told."""

    away = ""

    def read_invoice(self, invoice_id: str) -> InvoiceJson | None:
        if self.away == "all":
            raise NotNow("the database of Harbor Lights is away")
        return super().read_invoice(invoice_id)

    def set_tag(self, invoice_id: str, tag: str, link: str) -> None:
        if self.away:
            raise NotNow("the disk of Harbor Lights is full")
        super().set_tag(invoice_id, tag, link)


@pytest.fixture
def host(us: Desk) -> Away:
    """In the place of the desk's own."""
    us.foretells = False
    us.host.close()
    us.plugin = QuickBooksPlugin(background=False, now=us.clock.now, sleep=us.clock.sleep)
    host = Away.open(us.home, plugins=[us.plugin])
    assert isinstance(host, Away)
    us.host = host
    return host


def asks(desk: Desk, n: int) -> None:
    desk.save(sale(n, "Anna"))
    assert desk.host.act(f"INV-{n}", "quickbooks.copy", ADMIN)


def works(desk: Desk, minutes: int) -> None:
    """As the thread has it, each minute."""
    for _ in range(minutes):
        with suppress(NotNow):
            desk.application.time_slice(timedelta(minutes=5))
        desk.clock.sleep(60)


@pytest.mark.parametrize("away", ["all", "told"])
def test_it_is_told_since_when_and_gone_when_the_host_is_back(us: Desk, host: Away, away: str) -> None:
    asks(us, 0)
    began, host.away = us.clock.now(), away
    works(us, 8)
    [error] = us.application.status().errors
    assert error["what"] == "host" and error["count"] >= 3
    assert timedelta() <= error["since"] - began < timedelta(minutes=1)
    assert error["error"].startswith("NotNow") and "Harbor" not in str(us.application.status().to_json())
    assert alerts(us) == [] and health(us)[0] == 200, "it may be away for a while"
    works(us, 4)
    assert alerts(us) == ["error-host"]
    assert 'what="host"' in metrics(us)
    [check] = [each for each in us.application.examine() if each.name == "errors"]
    assert check.found.startswith("The host has failed") and "database and its disk" in check.remedy
    host.away = ""
    works(us, 2)
    assert us.application.status().errors == () and alerts(us) == []
    assert us.shown("INV-0").tags


def test_it_is_gone_when_nothing_waits_for_the_host_any_more(us: Desk, host: Away) -> None:
    asks(us, 0)
    host.away = "all"
    works(us, 2)
    assert us.application.status().errors
    host.away = ""
    host.void("INV-0", ADMIN)
    works(us, 1)
    assert us.application.status().errors == ()
