"""Both sides compared, as tests of every kind of difference want it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, cast

from onedesk_quickbooks.plugin.model.host import OneDeskHost
from onedesk_quickbooks.plugin.planning.reconcile import Difference, Report
from onedesk_quickbooks.plugin.sync.reconcile import Reconciler, listed
from tests.sync.changes.conftest import automated
from tests.sync.conftest import ADMIN, Desk

__all__ = ["automated"]
Make = Callable[..., dict[str, Any]]


def reconciled(desk: Desk, ours: bool = True, first: date | None = None, last: date | None = None) -> Report:
    return desk.application.reconcile(first, last, listed(desk.host), ours)


class Foreign:
    """A host that has the methods of `OneDeskHost` alone: the desk's, seen so."""

    def __init__(self, desk: Desk) -> None:
        self._host = desk.host

    def __getattr__(self, name: str) -> Any:
        if name not in vars(OneDeskHost):
            raise AttributeError(name)
        return getattr(self._host, name)


class Listing(Foreign):
    """One that lists its invoices besides."""

    def invoices_dated(self, first: date | None, last: date | None) -> Iterable[str]:
        return self._host.invoices_dated(first, last)


class Failing(Foreign):
    """One whose list is away."""

    def invoices_dated(self, first: date | None, last: date | None) -> Iterable[str]:
        raise ConnectionError("the host's database is away")


def foreign(desk: Desk, kind: type[Foreign] = Foreign, first: date | None = None, last: date | None = None) -> Report:
    """The same with such a host, without what was entered in QuickBooks alone."""
    services = desk.application._services
    host = cast(OneDeskHost, kind(desk))
    return Reconciler(dataclasses.replace(services, host=host), services.connected()).report(first, last, None, True)


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
