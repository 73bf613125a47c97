"""What a host hands over wrong: refused in one sentence, and nothing of it recorded."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from onedesk_quickbooks.hooks import NotNow
from onedesk_quickbooks.plugin.app.inbox import Command
from onedesk_quickbooks.plugin.sync.errors import InvalidInvoice
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_host_payments import paid
from tests.sync.test_locked_ledger import locked

Make = Callable[..., dict[str, Any]]
WRONG = ["Edited", "updated", "paid", "frobbed", "", None, 7, "opened", "copy"]


def trail(desk: Desk) -> int:
    return len(list(desk.application.ledger.audit.each()))


@pytest.mark.parametrize("change", WRONG)
def test_an_unknown_change_is_refused_and_what_waits_still_goes(us: Desk, invoice: Make, change: Any) -> None:
    us.save(invoice())
    hook = us.host.plugins.hook
    assert hook.on_invoice_send(invoice=us.host.read_invoice("INV-1"), user=ADMIN)
    before = trail(us)
    with pytest.raises(InvalidInvoice, match=r"^change: .* one of edited, reopened, voided, deleted"):
        hook.on_invoice_changed(invoice=us.host.read_invoice("INV-1"), change=change)
    assert trail(us) == before
    assert us.outcome("INV-1").outcome == "sent"


@pytest.mark.parametrize("change", ["frobbed", "Voided"])
def test_an_unknown_change_in_a_file_is_put_aside(us: Desk, invoice: Make, change: str) -> None:
    us.predicts = False
    us.save(invoice())
    hook = us.host.plugins.hook
    assert hook.on_invoice_send(invoice=us.host.read_invoice("INV-1"), user=ADMIN)
    with locked(us):
        assert not us.application._inbox.take(Command(us.sandbox.realm_id, change, invoice()))
    [path] = us.application._inbox.waiting()
    assert [each.outcome for each in us.drain()] == ["sent"]
    assert json.loads(path.with_suffix(".failed").read_text("utf-8"))["action"] == change
    [order] = us.application.status().refused_orders
    assert order["action"] == change


@pytest.mark.parametrize("identity", [{}, {"id": ""}, {"id": " "}, {"id": 7}, {"id": None}, None])
def test_a_change_of_no_invoice_is_refused(us: Desk, identity: Any) -> None:
    with pytest.raises(InvalidInvoice, match=r"^id: .* is not an id"):
        us.host.plugins.hook.on_invoice_changed(invoice=identity, change="voided")


@pytest.mark.parametrize("connected", [True, False])
@pytest.mark.parametrize("invalid", [{}, {"id": ""}, {"id": 7}, None, [], "x"])
def test_what_only_reads_refuses_an_invoice_without_an_id(us: Desk, invalid: Any, connected: bool) -> None:
    if not connected:
        us.application.disconnect()
    hook = us.host.plugins.hook
    asked: list[Callable[[], Any]] = [
        lambda: hook.invoice_actions(invoice=invalid),
        lambda: hook.invoice_states(invoices=[invalid]),
        lambda: hook.invoice_pdf(invoice=invalid, user=ADMIN),
    ]
    for ask in asked:
        with pytest.raises(InvalidInvoice, match=r"^id: .* is not an id"):
            ask()
    assert hook.invoice_actions(invoice={"id": "INV-9"}) == [[]]


def test_an_unknown_action_is_nobodys_and_nothing_is_recorded(us: Desk, invoice: Make) -> None:
    hook, before = us.host.plugins.hook, trail(us)
    for unknown in ("quickbooks.Copy", "copy", "", None):
        assert hook.on_invoice_action(invoice=invoice(), action=unknown, user=ADMIN) is None
    assert hook.on_invoice_action(invoice={"id": "INV-1"}, action="approve", user=ADMIN) is None, "it is not checked"
    assert trail(us) == before and us.application.ledger.queue.latest("INV-1") is None
    us.application.disconnect()
    before = trail(us)
    assert hook.on_invoice_action(invoice={"id": "INV-1"}, action="quickbooks.copy", user=ADMIN) is None
    assert trail(us) == before


@pytest.mark.parametrize(
    "identity", ["a b/c?d#e%20", "'\"<&>\\", "-1", "--yes", "\N{SNOWMAN} \u0416 \U0001f9fe", "a\tb", "x" * 200]
)
def test_an_id_has_any_characters(us: Desk, invoice: Make, identity: str) -> None:
    assert us.copy(invoice(id=identity)).id == identity
    assert us.copy(invoice(id=identity, memo="More")).outcome == "updated"


@pytest.mark.parametrize("identity", ["a\nb", "a\rb", "a\u2028b", "a\x07b", "a\x85b", "x" * 201, "onedesk-payment:1"])
def test_an_id_has_no_line_breaks_or_control_characters(us: Desk, invoice: Make, identity: str) -> None:
    with pytest.raises(InvalidInvoice, match="id"):
        us.host.plugins.hook.on_invoice_send(invoice=invoice(id=identity), user=ADMIN)


@pytest.mark.parametrize("identity", [" ", "\t", "\u00a0", " \u2003 "])
def test_an_id_is_more_than_white_space(us: Desk, invoice: Make, identity: str) -> None:
    hook, before = us.host.plugins.hook, trail(us)
    given = invoice(id=identity)
    asked: list[Callable[[], Any]] = [
        lambda: hook.on_invoice_send(invoice=given, user=ADMIN),
        lambda: hook.on_invoice_action(invoice=given, action="quickbooks.copy", user=ADMIN),
        lambda: hook.on_invoice_changed(invoice=given, change="edited"),
        lambda: hook.on_host_payment(payment=paid(payment_id=identity), change="recorded"),
    ]
    for ask in asked:
        with pytest.raises(InvalidInvoice, match=r"^id: .* is not an id; .* nor only white space"):
            ask()
    assert trail(us) == before


@pytest.mark.parametrize("connected", [True, False])
@pytest.mark.parametrize("given", [None, 7])
def test_states_of_no_list_are_refused(us: Desk, given: Any, connected: bool) -> None:
    if not connected:
        us.application.disconnect()
    with pytest.raises(InvalidInvoice, match=f"^invoices: {given} is not a list of invoices"):
        us.host.plugins.hook.invoice_states(invoices=given)


@pytest.mark.parametrize(("user", "kept"), [(7, "7"), (None, ""), ("ada", "ada")])
def test_a_user_is_kept_as_its_text(us: Desk, invoice: Make, user: Any, kept: str) -> None:
    us.save(invoice())
    hook, given = us.host.plugins.hook, us.host.read_invoice("INV-1")
    assert hook.on_invoice_action(invoice=given, action="quickbooks.copy", user=user) is True
    assert hook.on_invoice_send(invoice=given, user=user) is True
    entry = us.application.ledger.queue.latest("INV-1")
    assert entry is not None and entry.asked_by == kept
    assert us.outcome("INV-1").outcome == "sent"
    assert hook.settings_to_show(user=user) == [[]], "no administrator"


def test_no_hook_works_on_after_the_stop_and_each_says_so(us: Desk, invoice: Make) -> None:
    us.save(invoice())
    hook, given = us.host.plugins.hook, us.host.read_invoice("INV-1")
    hook.on_host_stopping()
    calls: list[Callable[[], object]] = [
        lambda: hook.on_invoice_opened(invoice=given),
        lambda: hook.on_invoice_send(invoice=given, user=ADMIN),
        lambda: hook.on_invoice_action(invoice=given, action="quickbooks.copy", user=ADMIN),
        lambda: hook.on_invoice_changed(invoice=given, change="edited"),
        lambda: hook.invoice_actions(invoice=given),
        lambda: hook.settings_to_show(user=ADMIN),
        hook.web_pages,
    ]
    for call in calls:
        with pytest.raises(NotNow, match=r"has called on_host_stopping. Nothing was recorded"):
            call()


def test_what_is_kept_in_a_file_is_said_to_be_taken_later(
    us: Desk, invoice: Make, caplog: pytest.LogCaptureFixture
) -> None:
    us.predicts = False
    us.save(invoice())
    with locked(us):
        assert us.host.send("INV-1", ADMIN)
    assert "the command for invoice INV-1 (send) is kept in" in caplog.text
    assert "(database is locked)" in caplog.text and "nobody has to repeat it" in caplog.text
    assert "try again" not in caplog.text
    assert [each.outcome for each in us.drain()] == ["sent"]
