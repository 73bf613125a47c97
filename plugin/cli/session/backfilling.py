"""The host's invoices for a backfill: those of a period, in order, that QuickBooks does not have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

from onedesk_quickbooks.plugin.cli.errors import CannotRun
from onedesk_quickbooks.plugin.cli.session import Session
from onedesk_quickbooks.plugin.cli.session.gather import Given
from onedesk_quickbooks.plugin.model.host import lists_invoices
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.sync.host_client import ids_dated
from onedesk_quickbooks.plugin.texts import Text

_LOT = 300
"""The number of invoices per look-up in the ledger."""


@dataclass(slots=True)
class Counted:
    """The contents of a period: `open` are to be copied, `linked` are in QuickBooks, the others are left out because of
    their status; `sums` are those to be copied, by currency; `elsewhere` is how many of those a company has which was
    connected before."""

    open: int = 0
    linked: int = 0
    others: Counter[str] = field(default_factory=Counter)
    sums: dict[str, Decimal] = field(default_factory=dict)
    elsewhere: Counter[str] = field(default_factory=Counter)

    @property
    def money(self) -> tuple[Money, ...]:
        """The sums."""
        return tuple(Money(amount, currency) for currency, amount in sorted(self.sums.items()))


class Period:
    """The host's invoices that are dated within these days. Raises `CannotRun` for a host that does not list
    invoices."""

    def __init__(self, session: Session, first: date | None, last: date | None) -> None:
        host = session.host
        if not lists_invoices(host):
            raise CannotRun(
                Text(
                    "{host} does not list its invoices (invoices_dated, see docs/hooks.md); name those to copy:"
                    " onedesk-quickbooks copy FILE|ID",
                    host=type(host).__qualname__,
                )
            )
        self._session = session
        self._lists = host
        self._days = first, last

    def count(self) -> Counted:
        """Count all of them, without a request to QuickBooks."""
        found, opened = Counted(), list[str]()
        for od_id, invoice, missing in self._each():
            if not missing:
                found.linked += 1
            elif invoice is None or invoice.get("status") != "open":
                found.others[str(invoice.get("status")) if invoice else "gone"] += 1
            else:
                found.open += 1
                _add(found.sums, invoice)
                opened.append(od_id)
        for start in range(0, len(opened), _LOT):
            there = self._session.application.copied_elsewhere(opened[start : start + _LOT])
            found.elsewhere.update(each.company for each in there.values())
        return found

    def given(self) -> Iterator[Given]:
        """Those to be copied, one by one."""
        for od_id, invoice, missing in self._each():
            if missing and invoice is not None and invoice.get("status") == "open":
                yield Given(od_id, invoice)

    def _each(self) -> Iterator[tuple[str, Mapping[str, Any] | None, bool]]:
        """Each id, with the invoice of the host, and whether QuickBooks lacks it."""
        ids = ids_dated(self._lists, *self._days)
        while some := list(islice(ids, _LOT)):
            missing = self._session.application.still_to_copy(some)
            for od_id in some:
                yield od_id, self._session.host.read_invoice(od_id) if od_id in missing else None, od_id in missing


def _add(sums: dict[str, Decimal], invoice: Mapping[str, Any]) -> None:
    try:
        amount, currency = Decimal(str(invoice.get("total"))), str(invoice.get("currency"))
    except InvalidOperation:  # the copy reports what is wrong with it
        return
    sums[currency] = sums.get(currency, Decimal(0)) + amount
