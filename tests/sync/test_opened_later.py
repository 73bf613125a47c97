"""A copy or a send that is held because the invoice is a draft, or void: it continues when the host opens it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from onedesk_quickbooks.hooks import QuickBooksPlugin
from onedesk_quickbooks.plugin.host import EmbeddedHost, bring
from onedesk_quickbooks.plugin.host.records import USERS
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_reading import Transaction, ask, entry, transaction, wait

Make = Callable[..., dict[str, Any]]
__all__ = ["transaction"]


def by_the_page(desk: Desk, invoice: dict[str, Any]) -> None:
    desk.host.open_invoice("INV-1", ADMIN)


def by_a_file(desk: Desk, invoice: dict[str, Any]) -> None:
    assert bring(desk.host, invoice, ADMIN) == "opened"


def by_an_edit(desk: Desk, invoice: dict[str, Any]) -> None:
    desk.host.save(invoice)
    desk.host.plugins.hook.on_invoice_changed(invoice=invoice, change="edited")


OPENED = {each.__name__: each for each in (by_the_page, by_a_file, by_an_edit)}


@pytest.fixture
def draft(us: Desk, invoice: Make) -> Callable[[str], Desk]:
    """A desk with a draft for which this was asked."""

    def held(action: str, status: str = "draft") -> Desk:
        us.predicts = False
        us.host.save(invoice(status=status))
        [outcome] = ask(us, invoice(status=status), action)
        assert outcome.outcome == "held"
        return us

    return held


@pytest.mark.parametrize("opened", OPENED)
@pytest.mark.parametrize(("action", "outcome"), [("copy", "copied"), ("send", "sent")])
def test_it_continues(draft: Callable[[str], Desk], invoice: Make, opened: str, action: str, outcome: str) -> None:
    desk = draft(action)
    assert "Open it there: its entry in the queue continues automatically." in entry(desk).reason
    OPENED[opened](desk, invoice())
    assert entry(desk).asked_by == ADMIN
    assert [each.outcome for each in desk.drain()] == [outcome]
    assert desk.application.waiting_counts() == {}
    OPENED["by_an_edit"](desk, invoice())
    desk.host.plugins.hook.on_invoice_opened(invoice=invoice())
    assert desk.drain() == [] and len(desk.invoices()) == 1
    assert len(desk.sandbox.outbox()) == (action == "send")


def test_a_void_invoice_that_is_open_again_continues(draft: Callable[[str, str], Desk], invoice: Make) -> None:
    desk = draft("copy", "void")
    by_a_file(desk, invoice())
    assert [each.outcome for each in desk.drain()] == ["copied"]


def test_a_send_stays_a_send_where_the_rules_copy_what_is_opened(draft: Callable[[str], Desk], invoice: Make) -> None:
    desk = draft("send")
    (desk.home / "rules.yaml").write_text("version: 1\ninvoices: {on_open: copy}\n")
    desk.host.open_invoice("INV-1", ADMIN)
    assert [each.outcome for each in desk.drain()] == ["sent"]


def test_it_waits_for_the_transaction_that_opens_it(draft: Callable[[str], Desk], invoice: Make) -> None:
    desk = draft("copy")
    transaction = Transaction(desk)
    transaction.save(invoice())
    desk.host.plugins.hook.on_invoice_opened(invoice=invoice())
    assert desk.drain() == [] and entry(desk).state == "todo"
    transaction.commit()
    assert [each.outcome for each in wait(desk, 3)] == ["copied"]


def test_what_is_held_for_another_reason_stays_held(us: Desk, invoice: Make) -> None:
    assert us.copy(invoice(total="999.00")).outcome == "held"
    held = entry(us)
    us.host.plugins.hook.on_invoice_opened(invoice=invoice(total="999.00"))
    by_an_edit(us, invoice(total="999.00"))
    assert us.drain() == [] and entry(us) == held


def test_the_thread_of_a_host_continues_at_once(us: Desk, invoice: Make) -> None:
    us.close()
    host = EmbeddedHost.open(us.home, plugins=[QuickBooksPlugin()])
    host.users.let_in(USERS)

    def until(tag: str) -> None:
        """The thread looks by itself every 30 seconds."""
        end = time.monotonic() + 15
        while (found := host.invoice("INV-1")) is None or tag not in found.tags:
            assert time.monotonic() < end, found
            time.sleep(0.05)

    try:
        host.save(invoice(status="draft"))
        host.plugins.hook.on_invoice_action(invoice=invoice(status="draft"), action="quickbooks.copy", user=ADMIN)
        until("Held for QuickBooks")
        host.open_invoice("INV-1", ADMIN)
        until("Copied to QuickBooks")
    finally:
        host.close()
