"""Installed again with a new data directory: what was copied before is found by its mark, and linked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from onedesk_quickbooks.plugin.planning.reconcile import Difference
from tests.sync.conftest import ADMIN, Desk

Make = Callable[..., dict[str, Any]]


def again(desk: Desk) -> None:
    """The ledger is gone, the host and its settings stay."""
    desk.host.close()
    for path in desk.home.glob("ledger.sqlite*"):
        path.unlink()
    desk.restart()
    desk.connect()


def found(desk: Desk) -> list[Difference]:
    """As for a host that does not list its invoices."""
    return desk.application.reconcile(None, None, None, ours=True).all


def test_reconcile_asks_the_host_for_what_quickbooks_names(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    us.copy(invoice(id="INV-2", number="2042"))
    us.copy(invoice(id="INV-3", number="2043"))
    again(us)
    us.host.delete("INV-2", ADMIN)
    us.host.void("INV-3", ADMIN)
    one, gone, void = sorted(found(us), key=lambda each: each.id)
    assert (one.kind, one.id, one.onedesk, one.quickbooks) == ("not_linked", "INV-1", "310.00 USD", "310.00 USD")
    assert one.remedy == "Run: onedesk-quickbooks copy INV-1, which links the two."
    assert "INV-2, which OneDesk does not have." in gone.cause and gone.remedy.startswith("Void or delete 2042")
    assert "INV-3, which is void in OneDesk." in void.cause and void.remedy.startswith("Void or delete 2043")
    assert us.copy(invoice()).outcome == "updated", "the remedy works"
    assert [each.id for each in found(us)] == ["INV-2", "INV-3"]
