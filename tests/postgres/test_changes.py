"""What somebody changes in QuickBooks, with the ledger in PostgreSQL: the same queries, the same decisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sync.changes.conftest import edit, note, versions, waiting
from tests.sync.conftest import Desk

pytestmark = pytest.mark.postgres


def test_noticed_decided_and_followed(
    url: str, desks: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = desks(settings={"ledger": url, "tenant": "acme"})
    desk.connect()
    outcome = desk.copy(invoice())
    edit(desk, outcome.qbo_id)
    for _ in range(2):
        desk.application.bring_payments()
    (work,) = waiting(desk)
    assert versions(work) == {"number": ("2041", "9999")}
    assert note(desk) == work.reason
    desk.application.settle_change(work.id, "onedesk")
    assert [each.outcome for each in desk.application.drain()] == ["updated"]

    gone = desk.sandbox.read("Invoice", outcome.qbo_id)["CustomerRef"]["value"]
    kept = desk.sandbox.create("Customer", {"DisplayName": "Harbor Holding"})["Id"]
    desk.sandbox.merge("Customer", gone, kept)
    desk.application.bring_payments()
    assert waiting(desk) == []
    assert desk.copy(invoice(id="INV-2", number="2042")).outcome == "copied"
    assert {row["CustomerRef"]["value"] for row in desk.invoices()} == {kept}
