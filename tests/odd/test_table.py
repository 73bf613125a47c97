"""The table of odd invoices is what it is said to be."""

from __future__ import annotations

from collections import Counter, defaultdict

from tests.odd.rows import companies, rows


def test_the_table_is_what_it_is_said_to_be() -> None:
    found = list(rows())
    assert len(found) >= 400
    per_company = Counter(row.company for row in found)
    assert set(per_company) == set(companies()) and len(per_company) == 8
    assert len({(row.company, row.name) for row in found}) == len(found)


def test_rows_of_one_customer_have_one_currency() -> None:
    """Otherwise the names of QuickBooks' customers would depend on the order of the rows."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows():
        found[row.company, row.invoice["customer"]["id"]].add(row.invoice["currency"])
    assert [key for key, currencies in found.items() if len(currencies) > 1] == []
