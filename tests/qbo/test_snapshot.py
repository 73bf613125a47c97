"""What is remembered of a company answers as the company does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from onedesk_quickbooks.plugin.qbo import LookupResult
from onedesk_quickbooks.plugin.sync.outbound.cache import Cache

CUSTOMERS = ("Jörg Bäcker", "Harbor Labs, Inc.", "Harbor Lights", "Smith & Sons", "100% Wool", "A.C.M.E.", "Ada")
NAMES = (
    ("Jo\u0308rg Ba\u0308cker ",),
    ("The Harbor Labs", "Smith and Sons"),
    ("harbor lights", "HARBOR LABS INC."),
    ("100 % Wool", "acme", "ada", "Nobody"),
    ("Gone", "Cool Cars"),
    ("Renamed", "Before"),
)
ITEMS = ("On-Site", "Onsite", "labour:onsite", "Design", "Retired")


def records(found: LookupResult) -> tuple[set[tuple[str, str, bool]], set[tuple[str, str, bool]]]:
    """Customers and items, whatever their order."""
    customers = {(each.id, each.name, each.active) for each in found.customers}
    return customers, {(each.id, each.name, each.active) for each in found.items}


@pytest.fixture
def made(connect: Callable[..., Any]) -> Any:
    """A company with look-alikes, inactive records and an item inside a category."""
    made = connect("us")
    for name in CUSTOMERS:
        made.sandbox.create("Customer", {"DisplayName": name})
    shared = {"Address": "ap@x.example, b@x.example"}
    made.sandbox.create("Customer", {"DisplayName": "Two", "PrimaryEmailAddr": shared})
    gone = made.sandbox.create("Customer", {"DisplayName": "Gone"})
    made.sandbox.edit("Customer", gone["Id"], {"Active": False})
    made.sandbox.create("Customer", {"DisplayName": "Before"})
    made.sandbox.create("Vendor", {"DisplayName": "Blue Harbor"})
    category = made.sandbox.create("Item", {"Name": "Labour", "Type": "Category"})
    inside = {"SubItem": True, "ParentRef": {"value": category["Id"]}}
    account = {"Type": "Service", "IncomeAccountRef": {"value": "82"}}
    made.sandbox.create("Item", {"Name": "Onsite", **account, **inside})
    retired = made.sandbox.create("Item", {"Name": "Retired", **account})
    made.sandbox.edit("Item", retired["Id"], {"Active": False})
    return made


def compare(made: Any, cache: Cache) -> None:
    """Both answer alike, question by question."""
    for names in NAMES:
        asked = {
            "customer_names": names,
            "customer_emails": ("B@x.example",),
            "customer_ids": ("3",),
            "item_names": ITEMS,
        }
        assert records(cache.look_up(**asked)) == records(made.quickbooks.look_up(**asked)), names


def test_memory_and_company_answer_alike(made: Any) -> None:
    now = [datetime.fromisoformat("2026-07-15T12:00:00+00:00")]
    cache = Cache(made.quickbooks, lambda: now[0])
    made.sandbox.clear_log()
    assert cache.ready()
    assert len(made.requests()) == 3
    compare(made, cache)
    assert [str(each) for each in cache.others(["BLUE harbor", "Cool Cars"])] == ['vendor "Blue Harbor"']
    before = made.sandbox.list("Customer", "DisplayName = 'Before'")[0]
    made.sandbox.edit(
        "Customer", before["Id"], {"DisplayName": "Renamed", "PrimaryEmailAddr": {"Address": "b@x.example"}}
    )
    two = made.sandbox.list("Customer", "DisplayName = 'Two'")[0]
    made.sandbox.edit("Customer", two["Id"], {"Active": False})
    vendor = made.sandbox.list("Vendor", "DisplayName = 'Blue Harbor'")[0]
    made.sandbox.edit("Vendor", vendor["Id"], {"DisplayName": "Red Harbor"})
    merged, into = (made.sandbox.list("Customer", f"DisplayName = '{name}'")[0]["Id"] for name in ("Ada", "Cool Cars"))
    made.sandbox.merge("Customer", merged, into)
    made.sandbox.create("Employee", {"GivenName": "Ada", "FamilyName": "Byron"})
    now[0] += timedelta(minutes=2)
    assert cache.ready()
    compare(made, cache)
    known = cache.others(["Blue Harbor", "red harbor", "ada byron"])
    assert [str(each) for each in known] == ['vendor "Red Harbor"', 'employee "Ada Byron"']


def test_lists_of_many_names_find_what_single_questions_find(made: Any) -> None:
    names = [name for some in NAMES for name in some]
    many = [*names, *(f"Nobody {number}" for number in range(40))]
    assert records(made.quickbooks.look_up(customer_names=many)) == records(
        made.quickbooks.look_up(customer_names=names)
    )
