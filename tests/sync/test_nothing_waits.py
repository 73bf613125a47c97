"""Whatever ends what waited for QuickBooks, the invoice is not shown as waiting any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from onedesk_quickbooks.plugin.sync.host_notes import COPIED, SENT, VOIDED, WAITING
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_undo import RUN, entries, look, run
from tests.sync.test_undone_by_rule import rules

Make = Callable[..., dict[str, Any]]
Way = Callable[[Desk, dict[str, Any]], None]


def work(desk: Desk) -> None:
    desk.application.drain(patience=timedelta(0))


def wait(desk: Desk) -> None:
    """QuickBooks cannot be reached."""
    desk.sandbox.faults.inject(fault="http_503", path="", count=0)
    work(desk)


def tag(desk: Desk) -> str:
    return next(iter(desk.shown("INV-1").tags), "")


def drop(desk: Desk) -> None:
    desk.application.drop(entries(desk, "todo"), "done by hand", ADMIN)


def resent_and_void(desk: Desk, invoice: dict[str, Any]) -> None:
    desk.send(invoice)
    assert desk.application.resend("INV-1", "berta")
    wait(desk)
    desk.host.void("INV-1", ADMIN)


def settled_and_void(desk: Desk, invoice: dict[str, Any]) -> None:
    desk.sandbox.pay({desk.send(invoice).qbo_id: "10.00"})
    assert desk.host.send("INV-1", ADMIN)
    wait(desk)
    desk.host.void("INV-1", ADMIN)
    desk.sandbox.faults.clear()
    desk.clock.sleep(60)


def its_void_is_dropped(desk: Desk, invoice: dict[str, Any]) -> None:
    desk.send(invoice)
    desk.host.void("INV-1", ADMIN)
    wait(desk)
    drop(desk)


def its_void_is_taken_back(desk: Desk, invoice: dict[str, Any]) -> None:
    """The host says that it has it as a draft again."""
    desk.send(invoice)
    desk.host.void("INV-1", ADMIN)
    wait(desk)
    desk.host.plugins.hook.on_invoice_changed(invoice={**invoice, "status": "draft"}, change="reopened")


def void_there_before(desk: Desk, invoice: dict[str, Any]) -> None:
    desk.sandbox.void("Invoice", desk.send(invoice).qbo_id)
    desk.application.bring_payments()
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    wait(desk)
    desk.host.void("INV-1", ADMIN)


def deleted_there_before(desk: Desk, invoice: dict[str, Any]) -> None:
    desk.sandbox.delete("Invoice", desk.send(invoice).qbo_id)
    desk.application.bring_payments()
    desk.application.drop(desk.application.changes(), "known", ADMIN)
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    wait(desk)
    desk.host.void("INV-1", ADMIN)


def emailed_by_the_host(desk: Desk, invoice: dict[str, Any]) -> None:
    """While no company is connected."""
    desk.send(invoice)
    assert desk.application.resend("INV-1", "berta")
    wait(desk)
    desk.application.disconnect(ADMIN)
    assert not desk.host.send("INV-1", ADMIN)
    desk.sandbox.faults.clear()
    back = desk.consent()
    desk.application.finish_connect(back["state"], back["code"], back["realmId"])


def left_out(desk: Desk, invoice: dict[str, Any]) -> None:
    """A file has it as Paid."""
    desk.send(invoice)
    assert desk.application.resend("INV-1", "berta")
    wait(desk)
    desk.application.forget("INV-1", "a file has the invoice as Paid", ADMIN)


def undo(desk: Desk, invoice: dict[str, Any]) -> None:
    run(desk, invoice)
    report = look(desk)
    desk.sandbox.faults.inject(fault="http_503", path="invoice", method="POST", count=0)
    with desk.application.as_command("bbbb2222", "undo", "ada", undoes=RUN, deed="delete"):
        desk.application.undo(report, "ada", lambda _: None, lambda _: None)


def its_undo_is_dropped(desk: Desk, invoice: dict[str, Any]) -> None:
    undo(desk, invoice)
    assert tag(desk) == WAITING
    drop(desk)


def its_undo_is_held(desk: Desk, invoice: dict[str, Any]) -> None:
    undo(desk, invoice)
    assert tag(desk) == WAITING
    desk.application.let_go("bbbb2222")
    [row] = desk.invoices()
    desk.sandbox.edit("Invoice", row["Id"], {"CustomerMemo": {"value": "Theirs"}})
    desk.sandbox.faults.clear()
    desk.clock.sleep(60)


@pytest.mark.parametrize(
    ("way", "on_void", "shows"),
    [
        (resent_and_void, "hold", SENT),
        (settled_and_void, "void", SENT),
        (its_void_is_dropped, "void", SENT),
        (its_void_is_taken_back, "void", SENT),
        (void_there_before, "hold", VOIDED),
        (deleted_there_before, "hold", ""),
        (emailed_by_the_host, "hold", SENT),
        (left_out, "hold", SENT),
        (its_undo_is_dropped, "hold", COPIED),
        (its_undo_is_held, "hold", COPIED),
    ],
)
def test_nothing_waits(desks: Callable[..., Desk], invoice: Make, way: Way, on_void: str, shows: str) -> None:
    desk = desks(rules=rules({"on_void": on_void}))
    desk.connect()
    way(desk, invoice())
    work(desk)
    assert entries(desk, "todo") == [] and tag(desk) == shows
