"""The lists of a connected company that rules may name, as they are now."""

from __future__ import annotations

from datetime import datetime

from onedesk_quickbooks.plugin.model.books import BooksClass
from onedesk_quickbooks.plugin.qbo import QuickBooks, read_customer, read_item
from onedesk_quickbooks.plugin.ruleset.checking import CompanySnapshot


def take_snapshot(quickbooks: QuickBooks, at: datetime) -> CompanySnapshot:
    """Read them all. Raises `QuickBooksProblem`."""
    return CompanySnapshot(
        company=quickbooks.company(),
        accounts=quickbooks.accounts(),
        items=tuple(read_item(raw) for raw in quickbooks.query_all("Item", _ALSO_INACTIVE)),
        tax_codes=quickbooks.tax_codes(),
        terms=quickbooks.terms(),
        classes=tuple(
            BooksClass(raw["Id"], raw["FullyQualifiedName"], raw.get("Active") is not False)
            for raw in quickbooks.query_all("Class", _ALSO_INACTIVE)
        ),
        customers=tuple(read_customer(raw) for raw in quickbooks.query_all("Customer", _ALSO_INACTIVE)),
        taken_at=at.isoformat(timespec="seconds"),
    )


_ALSO_INACTIVE = "Active IN (true, false)"
