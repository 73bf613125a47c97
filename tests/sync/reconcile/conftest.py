"""Both sides compared, as tests of every kind of difference want it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from onedesk_quickbooks.plugin.cli.reconciled import listed
from onedesk_quickbooks.plugin.planning.reconcile import Difference, Report
from tests.sync.changes.conftest import automated
from tests.sync.conftest import ADMIN, Desk

__all__ = ["automated"]
Make = Callable[..., dict[str, Any]]


def reconciled(desk: Desk, ours: bool = True, first: date | None = None, last: date | None = None) -> Report:
    return desk.application.reconcile(first, last, listed(desk.host), ours)


def found(desk: Desk, ours: bool = True) -> list[Difference]:
    return reconciled(desk, ours).all


def kinds(desk: Desk, ours: bool = True) -> list[str]:
    return [each.kind for each in found(desk, ours)]


def only(desk: Desk, ours: bool = True) -> Difference:
    differences = found(desk, ours)
    assert len(differences) == 1, differences
    return differences[0]


def again(desk: Desk, invoice: dict[str, Any]) -> str:
    """Back to Draft, corrected, opened and copied; the outcome."""
    desk.host.reopen(invoice["id"], ADMIN)
    desk.host.edit(invoice["id"], {**invoice, "status": "draft"}, ADMIN)
    return desk.copy(invoice).outcome
