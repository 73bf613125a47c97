"""A machine's clock that is wrong, and is set right while work goes on: nothing is lost, doubled, or left to wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from onedesk_quickbooks.hooks import QuickBooksPlugin
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.host.records import USERS
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.support.clock import Clock

Invoice = Callable[..., dict[str, Any]]
ADMIN = "admin"
WRONG = [timedelta(hours=2), timedelta(days=200), timedelta(hours=-2), timedelta(days=-200)]


class Machine:
    """Host and plugin on a machine whose clock is `off`; it is set right by `off = timedelta(0)`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.off = timedelta(0)
        self.clock = Clock()
        self.start()

    def now(self) -> datetime:
        return self.clock.now() + self.off

    def start(self, background: bool = False) -> None:
        self.plugin = QuickBooksPlugin(background=background, now=self.now, sleep=self.clock.sleep)
        self.host = EmbeddedHost.open(self.home, plugins=[self.plugin])
        self.host.users.let_in(USERS)
        self.application = self.plugin.application

    def restart(self, background: bool = False) -> None:
        self.host.close()
        self.start(background)

    def shown(self, invoice_id: str) -> str:
        """The invoice's status in the host."""
        found = self.host.invoice(invoice_id)
        assert found is not None
        return found.status

    def connect(self) -> None:
        """Consent, and choose an income account."""
        url = self.application.begin_connect(ADMIN, "http://127.0.0.1/callback")
        answer = requests.post(url, data={"decision": "approve"}, allow_redirects=False, timeout=10)
        back = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
        self.application.finish_connect(back["state"], back["code"], back["realmId"])
        self.application.choose(ADMIN, "default_income_account", "Services")

    def copy(self, invoice: dict[str, Any]) -> list[str]:
        """What came of it, [] where it waits."""
        self.host.save({**invoice, "status": "draft"})
        self.host.open_invoice(invoice["id"], ADMIN)
        assert self.host.act(invoice["id"], "quickbooks.copy", ADMIN)
        return [each.outcome for each in self.application.drain()]


@pytest.fixture
def machine(home: Path, connected: Any) -> Any:
    """A machine that is connected while its clock is right."""
    made = Machine(home)
    yield made
    made.host.close()


@pytest.mark.parametrize("off", WRONG, ids=str)
def test_work_that_was_put_off_goes_on_when_the_clock_is_right(
    machine: Machine, connected: Any, invoice: Invoice, off: timedelta
) -> None:
    machine.off = off
    connected.sandbox.faults.inject(fault="http_503", count=99)
    assert machine.copy(invoice()) == []
    connected.sandbox.faults.clear()
    machine.off = timedelta(0)
    machine.clock.sleep(600)
    assert [each.outcome for each in machine.application.drain()] == ["copied"]
    assert len(connected.sandbox.list("Invoice", "DocNumber = '2041'")) == 1


@pytest.mark.parametrize("off", WRONG, ids=str)
@pytest.mark.parametrize("started_again", [False, True])
def test_payments_made_meanwhile_arrive(
    machine: Machine, connected: Any, invoice: Invoice, off: timedelta, started_again: bool
) -> None:
    assert machine.copy(invoice()) == ["copied"]
    assert machine.copy(invoice(id="INV-2", number="2042")) == ["copied"]
    machine.application.bring_payments()
    machine.off = off
    if started_again:
        machine.restart()
    machine.application.bring_payments()
    pay(connected, "2041", "100.00")
    machine.off = timedelta(0)
    if started_again:
        machine.restart()
    pay(connected, "2042", "160.00")
    news = [(each.number, each.what) for each in machine.application.bring_payments()]
    assert sorted(news) == [("2041", "recorded"), ("2042", "recorded")]
    assert machine.application.bring_payments() == []


@pytest.mark.parametrize("off", WRONG, ids=str)
def test_payments_arrive_though_the_clock_was_wrong_when_the_company_was_connected(
    home: Path, books: Any, invoice: Invoice, off: timedelta
) -> None:
    given = requests.get(f"{books.base_url}/_control/credentials", timeout=10).json()
    chosen = {key: given[key] for key in ("client_id", "client_secret", "verifier_token")}
    write_settings(home, {"environment": "local", "base_url": books.base_url, **chosen})
    machine = Machine(home)
    try:
        machine.off = off
        machine.connect()
        assert machine.copy(invoice()) == ["copied"]
        machine.off = timedelta(0)
        pay(books, "2041", "160.00")
        assert [each.what for each in machine.application.bring_payments()] == ["recorded"]
    finally:
        machine.host.close()


@pytest.mark.parametrize("off", WRONG[:2], ids=str)
def test_payments_are_asked_for_again_at_once_when_the_clock_was_set_back(
    machine: Machine, connected: Any, invoice: Invoice, off: timedelta
) -> None:
    assert machine.copy(invoice()) == ["copied"]
    machine.off = off
    machine.application.time_slice(timedelta(seconds=20))
    ahead = machine.application.status().next_poll_at
    assert ahead is not None and ahead > machine.now()
    machine.off = timedelta(0)
    assert machine.application.due() == machine.application.status().realm_id
    pay(connected, "2041", "160.00")
    machine.application.time_slice(timedelta(seconds=20))
    assert machine.shown("INV-1") == "paid"
    due = machine.application.status().next_poll_at
    assert due is not None and due <= machine.now() + timedelta(minutes=6)


def test_what_works_by_itself_asks_for_payments_again_when_the_clock_was_set_back(
    machine: Machine, connected: Any, invoice: Invoice
) -> None:
    assert machine.copy(invoice()) == ["copied"]
    machine.off = timedelta(days=200)
    machine.restart(background=True)
    realm_id = machine.application.status().realm_id
    until(lambda: machine.application.ledger.payment_looks.get(realm_id).next_at is not None)
    pay(connected, "2041", "160.00")
    machine.off = timedelta(0)
    machine.host.save({**invoice(id="INV-2", number="2042"), "status": "open"})
    assert machine.host.act("INV-2", "quickbooks.copy", ADMIN), "which wakes the company queue"
    until(lambda: machine.shown("INV-1") == "paid")
    until(lambda: machine.application.status().waiting == 0)


def test_a_paused_company_does_not_wait_until_the_wrong_hour_comes(
    machine: Machine, connected: Any, invoice: Invoice
) -> None:
    machine.off = timedelta(days=200)
    connected.sandbox.faults.inject(fault="http_503", count=99)
    machine.copy(invoice())
    connected.sandbox.faults.clear()
    machine.off = timedelta(0)
    machine.restart()
    assert machine.application.due() == machine.application.status().realm_id
    machine.application.time_slice(timedelta(seconds=20))
    assert machine.application.status().waiting == 0


@pytest.mark.parametrize("off", WRONG[:2], ids=str)
def test_what_was_requested_in_another_version_is_held_when_the_clock_is_right(
    machine: Machine, connected: Any, invoice: Invoice, off: timedelta
) -> None:
    """Not read again until the wrong hour comes; nor is a void that the host has rolled back."""
    assert machine.copy(invoice()) == ["copied"]
    assert machine.copy(invoice(id="INV-2", number="2042")) == ["copied"]
    machine.off = off
    hook = machine.host.plugins.hook
    hook.on_invoice_send(invoice=invoice(status="open", total="999.00"), user=ADMIN)
    hook.on_invoice_changed(invoice=invoice(id="INV-2", number="2042", status="void"), change="voided")
    machine.off = timedelta(0)
    machine.clock.sleep(60)
    machine.application.drain()
    work = machine.application.ledger.queue_lists.in_states(machine.application.realm_id(), ("todo", "held"))
    assert [(each.od_invoice_id, each.state) for each in work] == [("INV-1", "held"), ("INV-2", "held")]
    assert "OneDesk reported invoice 2042 as voided, but has it as open" in work[1].reason


@pytest.mark.parametrize("off", WRONG[:2], ids=str)
def test_what_was_copied_ahead_of_time_can_be_voided_in_quickbooks(
    machine: Machine, connected: Any, invoice: Invoice, off: timedelta
) -> None:
    """The void is later than the copy, whatever the clock has said."""
    machine.off = off
    assert machine.copy(invoice()) == ["copied"]
    machine.off = timedelta(0)
    (found,) = connected.sandbox.list("Invoice", "DocNumber = '2041'")
    connected.sandbox.void("Invoice", found["Id"])
    machine.application.bring_payments()
    shown = machine.host.invoice("INV-1")
    assert shown is not None and list(shown.tags) == ["Differs from QuickBooks"]
    link = machine.application.ledger.links.invoice(machine.application.realm_id(), "INV-1")
    assert link is not None and machine.application.ledger.conflicts.is_gone(link)


@pytest.mark.parametrize("off", WRONG[:2], ids=str)
def test_status_does_not_wait_for_the_wrong_hour(
    machine: Machine, connected: Any, invoice: Invoice, off: timedelta
) -> None:
    machine.off = off
    machine.application.time_slice(timedelta(seconds=20))
    connected.sandbox.faults.inject(fault="throttled", count=1)
    machine.application.ledger.companies.pause(
        machine.application.realm_id(), machine.now() + timedelta(minutes=1), "x"
    )
    machine.off = timedelta(0)
    machine.restart()
    found = machine.application.status()
    assert found.paused_until is None and found.next_poll_at is not None and found.next_poll_at <= machine.now()
    machine.application.watcher.look()
    machine.clock.sleep(3600)
    assert machine.application.status().payments_overdue_since is not None, "nothing has looked since"


@pytest.mark.parametrize("off", WRONG[:2], ids=str)
def test_what_was_read_ahead_of_time_is_read_again(machine: Machine, connected: Any, off: timedelta) -> None:
    realm_id, kept = machine.application.realm_id(), machine.application.ledger.companies.reference
    machine.off = off
    machine.clock.sleep(7200)
    machine.application.time_slice(timedelta(seconds=20))
    ahead = kept(realm_id)
    assert ahead is not None and ahead.read_at > machine.clock.now()
    machine.off = timedelta(0)
    machine.application.time_slice(timedelta(seconds=20))
    now = kept(realm_id)
    assert now is not None and now.read_at <= machine.now()


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < 60, "it never came about"
        time.sleep(0.05)


def pay(books: Any, number: str, amount: str) -> None:
    """The customer pays, in QuickBooks."""
    (found,) = books.sandbox.list("Invoice", f"DocNumber = '{number}'")
    action = {"do": "pay", "invoices": {found["Id"]: amount}}
    assert requests.post(f"{books.base_url}/_control/deed", json=action, timeout=10).status_code == 200
