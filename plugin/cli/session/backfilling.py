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
    their status, or as "stopped" because a stopped command has left their send; `sums` are those to be copied, by
    currency; `sends` is how many of those are e-mailed, `elsewhere` how many a company has which was connected
    before."""

    open: int = 0
    sends: int = 0
    linked: int = 0
    others: Counter[str] = field(default_factory=Counter)
    sums: dict[str, Decimal] = field(default_factory=dict)
    elsewhere: Counter[str] = field(default_factory=Counter)

    @property
    def money(self) -> tuple[Money, ...]:
        """The sums."""
        return tuple(Money(amount, currency) for currency, amount in sorted(self.sums.items()))


@dataclass(frozen=True, slots=True)
class _Each:
    """One invoice, None where QuickBooks has it; `left_out` is why it is not copied."""

    id: str
    invoice: Mapping[str, Any] | None = None
    left_out: str = ""
    sends: bool = False


class Period:
    """The host's invoices that are dated within these days, for a new backfill or the one that `group` has begun.
    Raises `CannotRun` for a host that does not list invoices."""

    def __init__(self, session: Session, first: date | None, last: date | None, group: str = "") -> None:
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
        self._group = group

    def count(self) -> Counted:
        """Count all of them, without a request to QuickBooks."""
        found, opened = Counted(), list[str]()
        for each in self._each():
            if each.left_out:
                found.others[each.left_out] += 1
            elif each.invoice is None:
                found.linked += 1
            else:
                found.open += 1
                found.sends += each.sends
                _add(found.sums, each.invoice)
                opened.append(each.id)
        for start in range(0, len(opened), _LOT):
            there = self._session.application.copied_elsewhere(opened[start : start + _LOT])
            found.elsewhere.update(each.company for each in there.values())
        return found

    def given(self) -> Iterator[Given]:
        """Those to be copied, one by one. One whose send is in the queue, held or failed is sent: a copy would replace
        that."""
        for each in self._each():
            if each.invoice is not None and not each.left_out:
                yield Given(each.id, each.invoice, action="send" if each.sends else "")

    def _each(self) -> Iterator[_Each]:
        ids, application = ids_dated(self._lists, *self._days), self._session.application
        while some := list(islice(ids, _LOT)):
            missing = application.still_to_copy(some)
            sends = application.open_sends(missing, self._group)
            for od_id in some:
                if od_id not in missing:
                    yield _Each(od_id)
                    continue
                invoice = self._session.host.read_invoice(od_id)
                status = str(invoice.get("status")) if invoice else "gone"
                left_out = status if status != "open" else "stopped" if sends.get(od_id) else ""
                yield _Each(od_id, invoice, left_out, od_id in sends)


def _add(sums: dict[str, Decimal], invoice: Mapping[str, Any]) -> None:
    try:
        amount, currency = Decimal(str(invoice.get("total"))), str(invoice.get("currency"))
    except InvalidOperation:  # the copy reports what is wrong with it
        return
    sums[currency] = sums.get(currency, Decimal(0)) + amount
