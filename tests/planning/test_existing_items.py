"""The items of QuickBooks that lines of given names take."""

from __future__ import annotations

from onedesk_quickbooks.plugin.model.books import BooksItem, item_directory
from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.planning import existing_items

SALES = Ref("79", "Sales")
ITEMS = item_directory(
    [
        BooksItem("1", "Advice", "Service", SALES),
        BooksItem("2", "Labour", "Category", None),
        BooksItem("3", "Labour:Repair", "Service", SALES),
        BooksItem("4", "Men:Cut", "Service", SALES),
        BooksItem("5", "Women:Cut", "Service", SALES),
        BooksItem("6", "Kit", "Group", None),
        BooksItem("7", "Old (deleted)", "Service", SALES, active=False),
    ]
)


def test_the_one_that_is_certainly_meant() -> None:
    """Inside a category, too; none where several are, where no line can name it, and where it is inactive."""
    names = ("ADVICE ", "Repair", "Cut", "Women:Cut", "Labour", "Kit", "Old", "Advise", "New")
    found = existing_items(names, ITEMS)
    assert {name: item.id for name, item in found.items()} == {"ADVICE ": "1", "Repair": "3", "Women:Cut": "5"}


def test_a_copied_invoice_stays_on_its_items() -> None:
    written = (Ref("3", "Advice"), Ref("7", "Cut"))
    found = existing_items(("Advice", "Repair", "Cut"), ITEMS, written)
    assert {name: item.id for name, item in found.items()} == {"Advice": "3", "Repair": "3"}
