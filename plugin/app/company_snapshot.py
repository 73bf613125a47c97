"""The lists of a connected company that rules may name, as QuickBooks has them now."""

from __future__ import annotations

from datetime import datetime

from onedesk_quickbooks.plugin.qbo import EVEN_INACTIVE, QuickBooks, read_class, read_customer, read_item
from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot


def take_snapshot(quickbooks: QuickBooks, at: datetime) -> CompanySnapshot:
    """Read all the lists. Raises `QuickBooksProblem`."""
    return CompanySnapshot(
        company=quickbooks.company(),
        accounts=quickbooks.accounts(),
        items=tuple(read_item(raw) for raw in quickbooks.query_all("Item", EVEN_INACTIVE)),
        tax_codes=quickbooks.tax_codes(),
        terms=quickbooks.terms(),
        classes=tuple(read_class(raw) for raw in quickbooks.query_all("Class", EVEN_INACTIVE)),
        locations=tuple(read_class(raw) for raw in quickbooks.query_all("Department", EVEN_INACTIVE)),
        customers=tuple(read_customer(raw) for raw in quickbooks.query_all("Customer", EVEN_INACTIVE)),
        payment_methods=tuple(read_class(raw) for raw in quickbooks.query_all("PaymentMethod", EVEN_INACTIVE)),
        taken_at=at.isoformat(timespec="seconds"),
    )
