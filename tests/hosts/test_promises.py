"""docs/reliability.md, "At least once, and in which order": each sentence, with processes that die."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pluggy
import pytest

from onedesk_quickbooks.hooks import (
    HostEvents,
    HostPaymentJson,
    InvoiceJson,
    NotNow,
    OneDeskHost,
    Payment,
    QuickBooksPlugin,
    Reversal,
    impl,
)
from tests.cli.test_work import invoice
from tests.hosts.desk import Desk, make_host, started

Call = Callable[..., Any]
Open = Callable[..., Any]
ROOT = Path(__file__).parents[2]
HOST = ("--host", "tests.hosts.desk:make_host")
DIES = """
import json, os, signal, sys
from pathlib import Path
from onedesk_quickbooks.hooks import QuickBooksPlugin
from tests.hosts import desk

class Dying(desk.Desk):
    def record_payment(self, payment):
        super().record_payment(payment)
        os.kill(os.getpid(), signal.SIGKILL)

home, given = Path(sys.argv[1]), json.loads(sys.argv[2])
plugin = QuickBooksPlugin(background=False)
with desk.started(Dying(home.with_suffix(".desk")), home, plugin) as hook:
    if given:
        assert hook.on_invoice_send(invoice=given, user="ada")
        os.kill(os.getpid(), signal.SIGKILL)
    plugin.application.bring_payments()
"""


@pytest.fixture
def books(open_books: Open, call: Call, home: Path) -> Any:
    """A US company, connected to a data directory in which the desk has started."""
    books = open_books("us")
    with make_host(home).started(home):
        pass
    assert call("connect", "--sandbox", books.base_url, "--yes", before=HOST).code == 0
    return books


@pytest.fixture
def desk(home: Path) -> Desk:
    return make_host(home)


def dies(home: Path, given: InvoiceJson | None = None) -> None:
    """A process that sends an invoice, or brings payments, and is killed at the worst moment."""
    words = [sys.executable, "-c", DIES, str(home), json.dumps(given)]
    assert subprocess.run(words, cwd=ROOT, timeout=60, check=False).returncode == -signal.SIGKILL


def copy(desk: Desk, hook: Any, *numbers: str) -> None:
    for number in numbers:
        desk.keep(invoice(number))
        assert hook.on_invoice_action(invoice=invoice(number), action="quickbooks.copy", user="ada") is True


def test_what_a_hook_returned_for_is_done_and_once(books: Any, desk: Desk, home: Path) -> None:
    given = invoice("A-1", email="books@harbor.example")
    desk.keep(given)
    dies(home, given)
    plugin = QuickBooksPlugin(background=False)
    with started(desk, home, plugin) as hook:
        assert hook.on_invoice_send(invoice=given, user="ada") is True  # as whoever does not know may ask again
        assert [each.outcome for each in plugin.application.drain()] == ["sent"]
        assert hook.on_invoice_send(invoice=given, user="ada") is True
        plugin.application.drain()
    assert len(books.sandbox.list("Invoice", "DocNumber = 'A-1'")) == len(books.sandbox.outbox()) == 1


def test_what_a_hook_raised_for_is_not_recorded(books: Any, desk: Desk, home: Path) -> None:
    plugin = QuickBooksPlugin(background=False)
    with started(desk, home, plugin) as hook:
        with pytest.raises(ValueError, match="total"):
            hook.on_invoice_send(invoice={**invoice("A-1"), "total": 100}, user="ada")
        assert plugin.application.status().waiting == 0


class Raising:
    """Another plugin of the host."""

    @impl
    def on_invoice_opened(self, invoice: InvoiceJson) -> None:
        raise RuntimeError("another plugin has an error")

    @impl
    def on_invoice_changed(self, invoice: InvoiceJson, change: str) -> None:
        raise RuntimeError("another plugin has an error")

    @impl
    def on_host_payment(self, payment: HostPaymentJson, change: str) -> None:
        raise RuntimeError("another plugin has an error")

    @impl
    def on_invoice_action(self, invoice: InvoiceJson, action: str, user: str) -> bool | None:
        raise RuntimeError("another plugin has an error")

    @impl
    def on_invoice_send(self, invoice: InvoiceJson, user: str) -> bool | None:
        raise RuntimeError("another plugin has an error")

    @impl
    def on_host_stopping(self) -> None:
        raise RuntimeError("another plugin has an error")


def test_what_another_plugin_raises_for_is_recorded_before(books: Any, desk: Desk, home: Path) -> None:
    plugin, other, given = QuickBooksPlugin(background=False), Raising(), invoice("A-1", email="books@harbor.example")
    (home / "rules.yaml").write_text("version: 1\ninvoices: {on_open: copy}\npayments: {direction: host}\n")
    desk.keep(given)
    plugins = pluggy.PluginManager("onedesk")
    plugins.add_hookspecs(HostEvents)
    plugins.register(plugin)
    plugins.register(other)
    hook = plugins.hook
    hook.on_host_started(host=desk, plugins=plugins, data_directory=home)

    def waiting() -> list[tuple[str, str]]:
        return [(each.action, each.state) for each in plugin.application.ledger.queue.open_of(realm_id, "A-1")]

    realm_id = plugin.application.realm_id()
    with pytest.raises(RuntimeError, match="another plugin"):
        hook.on_invoice_opened(invoice=given)
    assert waiting() == [("copy", "todo")]
    with pytest.raises(RuntimeError, match="another plugin"):
        hook.on_invoice_send(invoice=given, user="ada")
    assert waiting() == [("copy", "todo")], "the other plugin could have taken it"
    plugins.unregister(other)
    assert hook.on_invoice_send(invoice=given, user="ada") is True
    plugins.register(other)
    with pytest.raises(RuntimeError, match="another plugin"):
        hook.on_invoice_changed(invoice={**given, "status": "draft"}, change="reopened")
    assert waiting() == []
    assert hook.on_invoice_action(invoice=given, action="quickbooks.copy", user="ada") is True
    paid = {"id": "P-1", "date": "2026-07-10", "currency": "USD", "amount": "100.00"}
    with pytest.raises(RuntimeError, match="another plugin"):
        hook.on_host_payment(payment={**paid, "invoices": [{"id": "A-1", "amount": "100.00"}]}, change="recorded")
    assert [each.outcome for each in plugin.application.drain()] == ["copied", "recorded"]
    with pytest.raises(RuntimeError, match="another plugin"):
        hook.on_host_stopping()
    with pytest.raises(NotNow):
        assert plugin.application


def test_invoices_go_in_the_order_of_asking_and_one_that_is_held_lets_others_pass(
    books: Any, desk: Desk, home: Path
) -> None:
    one, other = QuickBooksPlugin(background=False), QuickBooksPlugin(background=False)
    with started(desk, home, one) as first, started(desk, home, other) as second:
        copy(desk, first, "Z-1")
        copy(desk, second, "1001", "M-2")  # the number 1001 is another customer's in QuickBooks
        copy(desk, first, "A-3")
        outcomes = [(each.id, each.outcome) for each in other.application.drain()]
    assert outcomes == [("Z-1", "copied"), ("1001", "held"), ("M-2", "copied"), ("A-3", "copied")]
    made = {each["DocNumber"]: int(each["Id"]) for each in books.sandbox.list("Invoice")}
    assert made["Z-1"] < made["M-2"] < made["A-3"]


def test_an_invoice_is_copied_as_it_is_at_its_turn(books: Any, desk: Desk, home: Path) -> None:
    plugin = QuickBooksPlugin(background=False)
    with started(desk, home, plugin) as hook:
        copy(desk, hook, "E-1")
        line = {"id": "1", "service_type": "Design", "amount": "250.00"}
        edited = invoice("E-1", lines=[line], total="250.00")
        desk.keep(edited)
        hook.on_invoice_changed(invoice=edited, change="edited")
        (done,) = plugin.application.drain()
    assert (done.outcome, str(done.total)) == ("copied", "250.00 USD")


def test_the_host_is_notified_again_by_whoever_comes_after_one_that_died(books: Any, desk: Desk, home: Path) -> None:
    plugin = QuickBooksPlugin(background=False)
    with started(desk, home, plugin) as hook:
        copy(desk, hook, "A-1")
        (done,) = plugin.application.drain()
    books.sandbox.pay({done.qbo_id: "40.00"})
    dies(home)
    assert list(desk.shown("A-1", "payment").values()) == ["40.00 USD"], "it had been notified, and died"
    again = RecordingDesk(desk.path)
    plugin = QuickBooksPlugin(background=False)
    with started(again, home, plugin):
        plugin.application.bring_payments()
    assert again.recorded == [("recorded", "40.00 USD", "60.00 USD")], "as nobody knew"
    assert list(desk.shown("A-1", "payment").values()) == ["40.00 USD"]


class RecordingDesk(Desk):
    """Notes what is reported to it, each thing once; refuses as many payments as `refuses` says."""

    def __init__(self, path: Path, refuses: int = 0) -> None:
        super().__init__(path)
        self.recorded: list[tuple[str, ...]] = []
        self.refuses = refuses

    def record_payment(self, payment: Payment) -> None:
        if self.refuses:
            self.refuses -= 1
            raise RuntimeError("the desk has an error of its own")
        self._note("recorded", str(payment.amount), str(payment.balance))
        super().record_payment(payment)

    def reverse_payment(self, reversal: Reversal) -> None:
        self._note("reversed", str(reversal.balance))
        super().reverse_payment(reversal)

    def _note(self, *what: str) -> None:
        if what not in self.recorded:
            self.recorded.append(what)


def test_payments_are_reported_in_their_order_and_one_that_is_not_taken_lets_others_pass(
    books: Any, desk: Desk, home: Path
) -> None:
    recording, plugin = RecordingDesk(desk.path), QuickBooksPlugin(background=False)
    with started(recording, home, plugin) as hook:
        copy(desk, hook, "A-1", "B-1")
        a, b = (done.qbo_id for done in plugin.application.drain())
        recording.refuses = 1
        paid = books.sandbox.pay({a: "40.00"})
        books.sandbox.pay({b: "30.00"})
        plugin.application.bring_payments()
        assert recording.recorded == [("recorded", "30.00 USD", "70.00 USD")]
        books.sandbox.pay({a: "10.00"})
        plugin.application.bring_payments()
        assert recording.recorded[1:] == [
            ("recorded", "40.00 USD", "50.00 USD"),
            ("recorded", "10.00 USD", "50.00 USD"),
        ]
        books.sandbox.void("Payment", paid["Id"])
        plugin.application.bring_payments()
        assert recording.recorded[3:] == [("reversed", "90.00 USD")]


class NotAskedDesk(Desk):
    """Raises when it is called while `inside` a hook, as a host within a transaction of its own has to."""

    inside = False

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_") and name in vars(OneDeskHost) and object.__getattribute__(self, "inside"):
            raise AssertionError(f"a hook called {name}")
        return object.__getattribute__(self, name)


def test_no_hook_calls_the_host(books: Any, desk: Desk, home: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Not even to show what is no longer true of an invoice that was held, or paid at another total."""
    asked, plugin = NotAskedDesk(desk.path), QuickBooksPlugin(background=False)
    with started(asked, home, plugin) as hook:
        copy(desk, hook, "A-1")
        (copied,) = plugin.application.drain()
        books.sandbox.pay({copied.qbo_id: "40.00"})
        plugin.application.bring_payments()
        wrong = invoice("B-1", total="999.00")
        desk.keep(wrong)
        hook.on_invoice_send(invoice=wrong, user="ada")
        assert [each.outcome for each in plugin.application.drain()] == ["held"]
        dearer = {**invoice("A-1", total="110.00", subtotal="110.00")}
        dearer["lines"][0] |= {"unit_price": "110.00", "amount": "110.00"}
        asked.inside = True
        hook.on_invoice_changed(invoice=dearer, change="edited")
        hook.on_invoice_opened(invoice=dearer)
        hook.on_invoice_send(invoice=invoice("C-1"), user="ada")
        hook.on_invoice_action(invoice=invoice("C-1"), action="quickbooks.copy", user="ada")
        for name in ("B-1", "C-1", "A-1"):
            for change in ("reopened", "voided", "deleted"):
                hook.on_invoice_changed(invoice={**invoice(name), "status": "void"}, change=change)
        own: HostPaymentJson = {
            "id": "P-1",
            "date": "2026-11-03",
            "amount": "10.00",
            "currency": "USD",
            "invoices": [{"id": "A-1", "amount": "10.00"}],
        }
        hook.on_host_payment(payment=own, change="recorded")
        asked.inside = False
    assert "a hook called" not in caplog.text
