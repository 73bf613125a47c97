"""A payment that the host does not take is loud, and what another plugin makes of it is its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from onedesk_quickbooks.hooks import impl
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.model.payment import Payment, Reversal
from onedesk_quickbooks.plugin.model.problem import NotNow
from tests.sync.changes.conftest import cheaper
from tests.sync.conftest import ADMIN, Desk
from tests.sync.payments.conftest import left
from tests.sync.test_mailed_before import connected

Make = Callable[..., dict[str, Any]]


class Neighbour:
    """Another plugin of the host, which may fail."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.fails = True

    @impl(tryfirst=True)
    def on_payment_received(self, payment: Any) -> None:
        self._hear(f"received {payment['amount']}")

    @impl(tryfirst=True)
    def on_payment_reversed(self, reversal: Any) -> None:
        self._hear(f"reversed, {reversal.balance} is left")

    def _hear(self, what: str) -> None:
        if self.fails:
            raise RuntimeError("no connection to the accounting of the neighbour")
        self.received.append(what)


def paid(desk: Desk, amount: str = "310.00") -> dict[str, Any]:
    return desk.sandbox.pay({desk.invoices()[0]["Id"]: amount})


def made_cheaper_as_well(desk: Desk, invoice: Make) -> None:
    """Edited in OneDesk to the total that QuickBooks has; the host takes the difference off once more."""
    found = invoice(subtotal="250.00", total="250.00")
    found["lines"][0] |= {"unit_price": "50.00", "amount": "100.00"}
    desk.host.save({**found, "status": "open"})
    assert left(desk, "INV-1") == ("open", "140.00 USD")
    desk.predicts = False
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN) and desk.outcome("INV-1").outcome == "unchanged"


def test_our_own_record_does_not_depend_on_a_neighbour(us: Desk, invoice: Make) -> None:
    neighbour = Neighbour()
    us.host.plugins.register(neighbour)
    us.copy(invoice())
    payment = paid(us)
    assert us.application.bring_payments() == []
    assert us.shown("INV-1").status == "paid", "the host has it"
    assert [each["what"] for each in us.application.untold_payments()] == ["recorded"], "the neighbour has not"
    neighbour.fails = False
    us.application.bring_payments()
    assert (neighbour.received, us.application.untold_payments()) == (["received 310.00"], [])
    neighbour.fails = True
    us.sandbox.void("Payment", payment["Id"])
    us.application.bring_payments()
    assert us.shown("INV-1").status == "open"
    neighbour.fails = False
    us.application.bring_payments()
    assert neighbour.received == ["received 310.00", "reversed, 310.00 USD is left"]
    us.host.plugins.unregister(neighbour)


class Refusing(EmbeddedHost):
    """A host that records no payment while it `refuses`: for `problem`, or because it returns a coroutine."""

    refuses = True
    problem: BaseException | None = None

    def record_payment(self, payment: Payment) -> Any:
        if not self.refuses:
            return super().record_payment(payment)
        if self.problem is not None:
            raise self.problem
        return self._later()

    async def _later(self) -> None: ...


@pytest.mark.parametrize("problem", [RuntimeError("no such customer"), NotNow("The database is locked."), None])
def test_what_the_host_does_not_take_is_in_status_and_alerts(
    us: Desk, invoice: Make, problem: Exception | None
) -> None:
    """None: it returns a coroutine, which nothing runs."""
    us.copy(invoice())
    paid(us, "40.00")
    us.restart(Refusing)
    assert isinstance(us.host, Refusing)
    us.host.problem = problem
    us.application.bring_payments()
    status = us.application.status()
    (unreported,) = status.untold_payments
    assert (unreported["number"], unreported["amount"], unreported["currency"]) == ("2041", "40.00", "USD")
    assert _alerts(us) == []
    us.clock.sleep(700)
    us.application.bring_payments()
    (alert,) = _alerts(us)
    assert "1 payment is not recorded in OneDesk" in alert.title and "40.00 USD of invoice 2041" in alert.text
    us.host.refuses = False
    us.application.bring_payments()
    assert (us.application.status().untold_payments, _alerts(us)) == ((), [])
    assert str(us.shown("INV-1").balance) == "270.00 USD"


def _alerts(desk: Desk) -> list[Any]:
    found = desk.application.watcher.firing(desk.application.status())
    return [each for each in found if each.kind == "untold"]


@pytest.mark.parametrize("accepts", ["at once", "later", "never"])
def test_the_host_follows_quickbooks_while_a_neighbour_does_not_accept_a_payment(
    us: Desk, invoice: Make, accepts: str
) -> None:
    """Made cheaper in QuickBooks and paid, then made cheaper in OneDesk as well, which takes the difference off once
    more until it is told."""
    neighbour = Neighbour()
    us.host.plugins.register(neighbour)
    qbo_id = us.copy(invoice()).qbo_id
    neighbour.fails = accepts != "at once"
    paid(us, "50.00")
    cheaper(us, qbo_id)
    us.application.bring_payments()
    assert left(us, "INV-1") == ("open", "200.00 USD")
    made_cheaper_as_well(us, invoice)
    us.application.bring_payments()
    assert left(us, "INV-1") == ("open", "200.00 USD")
    neighbour.fails = accepts == "never"
    us.application.bring_payments()
    assert left(us, "INV-1") == ("open", "200.00 USD")
    assert neighbour.received == ([] if accepts == "never" else ["received 50.00", "received 0.00"])
    assert us.application.bring_payments() == []
    us.host.plugins.unregister(neighbour)


@pytest.mark.parametrize("reversed_", [False, True])
def test_a_balance_that_changes_while_a_neighbour_does_not_accept_a_payment_is_reported(
    us: Desk, invoice: Make, reversed_: bool
) -> None:
    neighbour = Neighbour()
    us.host.plugins.register(neighbour)
    qbo_id = us.copy(invoice()).qbo_id
    neighbour.fails = not reversed_
    payment = paid(us, "50.00")
    us.application.bring_payments()
    neighbour.fails = True
    if reversed_:
        us.sandbox.void("Payment", payment["Id"])
        us.application.bring_payments()
    before = "310.00" if reversed_ else "260.00"
    assert left(us, "INV-1") == ("open", f"{before} USD")
    cheaper(us, qbo_id)
    for _ in range(2):
        us.application.bring_payments()
        assert left(us, "INV-1") == ("open", "250.00 USD" if reversed_ else "200.00 USD")
    assert [each["amount"] for each in us.application.untold_payments()] == ["50.00", "0.00"]
    neighbour.fails = False
    us.application.bring_payments()
    assert left(us, "INV-1") == ("open", "250.00 USD" if reversed_ else "200.00 USD")
    last = f"reversed, {before} USD is left" if reversed_ else "received 50.00"
    assert neighbour.received[-2:] == [last, "received 0.00"]
    events = us.application.ledger.payment_events.after(0, 9)
    assert [(each.what, each.payment["amount"], each.reversal) for each in events if each.what == "recorded"] == [
        ("recorded", "50.00", None),
        ("recorded", "0.00", None),
    ]
    us.host.plugins.unregister(neighbour)


class OfAmounts(Neighbour):
    """It accepts no payment of nothing, which reports a balance."""

    def _hear(self, what: str) -> None:
        if what == "received 0.00":
            raise RuntimeError("a payment of nothing")
        super()._hear(what)


def test_the_balance_that_the_host_has_last_is_known_when_a_neighbour_accepts_an_earlier_payment(
    us: Desk, invoice: Make
) -> None:
    """The neighbour accepts the payment after the host has had a later balance: QuickBooks' return to the balance of
    that payment is reported."""
    neighbour = OfAmounts()
    us.host.plugins.register(neighbour)
    qbo_id = us.copy(invoice()).qbo_id
    before = us.sandbox.read("Invoice", qbo_id)["Line"]
    paid(us, "50.00")
    us.application.bring_payments()
    us.clock.sleep(60)
    cheaper(us, qbo_id)
    us.application.bring_payments()
    assert left(us, "INV-1") == ("open", "200.00 USD")
    us.clock.sleep(60)
    neighbour.fails = False
    us.application.bring_payments()
    assert neighbour.received == ["received 50.00"] and left(us, "INV-1") == ("open", "200.00 USD")
    us.clock.sleep(60)
    us.sandbox.edit("Invoice", qbo_id, {"Line": [line for line in before if line.get("Id")]})
    for _ in range(2):
        us.application.bring_payments()
        assert left(us, "INV-1") == ("open", "260.00 USD")
    us.host.plugins.unregister(neighbour)


class Unsure(EmbeddedHost):
    """A host that `ends` after it has recorded or reversed: with its process, or in a failure of its own."""

    ends: BaseException | None = None

    def record_payment(self, payment: Payment) -> Any:
        super().record_payment(payment)
        self._end()

    def reverse_payment(self, reversal: Reversal) -> Any:
        super().reverse_payment(reversal)
        self._end()

    def _end(self) -> None:
        if self.ends:
            raise self.ends


@pytest.mark.parametrize("ends", [KeyboardInterrupt(), TimeoutError("no answer")])
@pytest.mark.parametrize("reversed_", [False, True])
def test_a_balance_that_changes_before_it_is_known_whether_the_host_has_the_payment_is_reported(
    us: Desk, invoice: Make, ends: BaseException, reversed_: bool
) -> None:
    """The host ignores what it has, also with another balance."""
    qbo_id = us.copy(invoice()).qbo_id
    payment = paid(us, "50.00")
    us.restart(Unsure)
    assert isinstance(us.host, Unsure)
    if reversed_:
        us.application.bring_payments()
        us.sandbox.void("Payment", payment["Id"])
    us.host.ends = ends
    with suppress(KeyboardInterrupt):
        us.application.bring_payments()
    assert left(us, "INV-1") == ("open", "310.00 USD" if reversed_ else "260.00 USD")
    us.restart()
    cheaper(us, qbo_id)
    for _ in range(2):
        us.application.bring_payments()
        assert left(us, "INV-1") == ("open", "250.00 USD" if reversed_ else "200.00 USD")
    assert us.application.untold_payments() == []


@pytest.mark.parametrize("ends", [KeyboardInterrupt(), TimeoutError("no answer")])
def test_an_edit_before_it_is_known_whether_the_host_has_the_payment_is_not_taken_off_twice(
    us: Desk, invoice: Make, ends: BaseException
) -> None:
    """Made cheaper in QuickBooks and paid, then made cheaper in OneDesk as well, which takes the difference off once
    more; QuickBooks' balance is the one that waits already."""
    qbo_id = us.copy(invoice()).qbo_id
    paid(us, "50.00")
    cheaper(us, qbo_id)
    us.restart(Unsure)
    assert isinstance(us.host, Unsure)
    us.host.ends = ends
    with suppress(KeyboardInterrupt):
        us.application.bring_payments()
    us.restart()
    made_cheaper_as_well(us, invoice)
    for _ in range(2):
        us.application.bring_payments()
        assert left(us, "INV-1") == ("open", "200.00 USD")


@pytest.mark.parametrize("there", [True, False])
def test_a_reference_that_is_changed_before_the_payment_is_accepted(us: Desk, invoice: Make, there: bool) -> None:
    """The host gets the present one; where it has the payment, and another plugin has not, it reads a note."""
    us.copy(invoice())
    us.restart(EmbeddedHost if there else Refusing)
    neighbour = Neighbour()
    us.host.plugins.register(neighbour)
    payment = paid(us)
    us.application.bring_payments()
    us.sandbox.edit("Payment", payment["Id"], {"PaymentRefNum": "71"})
    us.application.bring_payments()
    neighbour.fails = False
    if isinstance(us.host, Refusing):
        us.host.refuses = False
    us.application.bring_payments()
    us.application.bring_payments()
    (row,) = us.application.ledger.payments.of_invoice(us.application.realm_id(), "INV-1")
    notes = [text for key, text in us.shown("INV-1").notes.items() if "-payment-" in key and text]
    assert (row.payment["reference"], len(notes)) == (("", 1) if there else ("71", 0))
    events = us.application.ledger.payment_events.after(0, 10)
    wanted = [("recorded", ""), ("changed", "71")] if there else [("recorded", "71")]
    assert [(each.what, each.payment["reference"]) for each in events] == wanted
    us.host.plugins.unregister(neighbour)


@pytest.mark.parametrize("ends", [KeyboardInterrupt(), TimeoutError("no answer")])
@pytest.mark.parametrize("has_it", [True, False])
def test_a_reference_that_is_changed_before_it_is_known_whether_the_host_has_the_payment(
    us: Desk, invoice: Make, ends: BaseException, has_it: bool
) -> None:
    """The host ignores what it has, also with another reference: it gets the first one, and a note."""
    us.copy(invoice())
    us.restart(Unsure if has_it else Refusing)
    payment = paid(us)
    if isinstance(us.host, Unsure):
        us.host.ends = ends
    elif isinstance(us.host, Refusing):
        us.host.problem = ends
    with suppress(KeyboardInterrupt):
        us.application.bring_payments()
    us.sandbox.edit("Payment", payment["Id"], {"PaymentRefNum": "71"})
    with suppress(KeyboardInterrupt):
        us.application.bring_payments()
    us.restart(EmbeddedHost)
    us.clock.sleep(3600)
    for _ in range(2):
        us.application.bring_payments()
        us.clock.sleep(3600)
    assert us.application.untold_payments() == []
    notes = [text for key, text in us.shown("INV-1").notes.items() if "-payment-" in key and text]
    assert [each.split(": ", 1)[1] for each in notes] == [
        "reference: OneDesk none, QuickBooks 71. Amount and date are the same."
    ]
    events = us.application.ledger.payment_events.after(0, 10)
    assert [(each.what, each.payment["reference"]) for each in events] == [("recorded", ""), ("changed", "71")]


def test_a_change_long_before_another_plugin_accepts_the_payment(desks: Callable[..., Desk], invoice: Make) -> None:
    """No look reads it once more then."""
    desk = connected(desks)
    neighbour = Neighbour()
    desk.host.plugins.register(neighbour)
    desk.copy(invoice())
    payment = paid(desk)
    desk.application.bring_payments()
    for reference in ("71", "72"):
        desk.clock.sleep(3600)
        desk.sandbox.edit("Payment", payment["Id"], {"PaymentRefNum": reference})
        desk.application.bring_payments()
    desk.clock.sleep(3600)
    neighbour.fails = False
    for _ in range(2):
        desk.application.bring_payments()
        desk.clock.sleep(3600)
    assert desk.application.untold_payments() == []
    events = desk.application.ledger.payment_events.after(0, 10)
    wanted = [("recorded", ""), ("changed", "71"), ("changed", "72")]
    assert [(each.what, each.payment["reference"]) for each in events] == wanted
    desk.host.plugins.unregister(neighbour)


def test_a_change_before_the_reversal_of_a_payment_that_another_plugin_never_accepted(us: Desk, invoice: Make) -> None:
    neighbour = Neighbour()
    us.host.plugins.register(neighbour)
    us.copy(invoice())
    payment = paid(us)
    us.application.bring_payments()
    us.sandbox.edit("Payment", payment["Id"], {"PaymentRefNum": "71"})
    us.application.bring_payments()
    us.sandbox.void("Payment", payment["Id"])
    us.application.bring_payments()
    neighbour.fails = False
    us.application.bring_payments()
    events = us.application.ledger.payment_events.after(0, 10)
    assert [each.what for each in events] == ["recorded", "changed", "reversed"]
    us.host.plugins.unregister(neighbour)
