"""Somebody works in QuickBooks behind our back."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import requests

from onedesk_quickbooks.plugin.ledger import Work
from tests.sync.conftest import Desk

Make = Callable[..., dict[str, Any]]
NOTE = "quickbooks-changed"


def rule(word: str) -> str:
    return f"version: 1\ninvoices:\n  when_changed_in_quickbooks: {word}\n"


@pytest.fixture
def by_rule(desks: Callable[..., Desk]) -> Callable[[str], Desk]:
    """A connected desk whose rules say what becomes of a change."""

    def make(word: str) -> Desk:
        desk = desks(rules=rule(word))
        desk.connect()
        return desk

    return make


@pytest.fixture
def automated(desks: Callable[..., Desk]) -> Desk:
    """A company in California (7.25 %) with automated sales tax."""
    desk = desks(rules="version: 1\nitems: {otherwise: same_name}\n")
    changed = {"TaxPrefs": {"UsingSalesTax": True, "PartnerTaxEnabled": True}}
    assert requests.post(f"{desk.base_url}/_control/settings", json=changed, timeout=10).ok
    desk.connect()
    return desk


def edit(desk: Desk, qbo_id: str, **fields: Any) -> None:
    """As a person does in QuickBooks."""
    desk.sandbox.edit("Invoice", qbo_id, fields or {"DocNumber": "9999"})


def cheaper(desk: Desk, qbo_id: str) -> None:
    """The first line for 100.00, which was 160.00."""
    lines = desk.sandbox.read("Invoice", qbo_id)["Line"]
    detail = {**lines[0]["SalesItemLineDetail"], "Qty": Decimal(2), "UnitPrice": Decimal(50)}
    lines[0] = {**lines[0], "Amount": Decimal("100.00"), "SalesItemLineDetail": detail}
    desk.sandbox.edit("Invoice", qbo_id, {"Line": [line for line in lines if line.get("Id")]})


def waiting(desk: Desk) -> list[Work]:
    return desk.application.changes()


def versions(work: Work) -> dict[str, tuple[str, str]]:
    found = work.conflict.versions or (work.outcome or {})["versions"]
    return {each["field"]: (each["onedesk"], each["quickbooks"]) for each in found}


def note(desk: Desk) -> str:
    return desk.shown("INV-1").notes.get(NOTE, "")
