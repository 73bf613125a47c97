"""What is asked of QuickBooks for a name finds every record of that name, and those that are alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedesk_quickbooks.plugin.model.name_keys import company_words
from onedesk_quickbooks.plugin.qbo.wire.statements import holds_address, is_named


def finds(condition: str, name: str) -> bool:
    """As QuickBooks compares: `%` for any text, capitals alike."""
    operator, _, rest = condition.partition(" ")[2].partition(" ")
    values = [re.sub(r"\\(.)", r"\1", each) for each in re.findall(r"'((?:[^'\\]|\\.)*)'", rest)]
    if operator != "LIKE":
        return name.casefold() in (each.casefold() for each in values)
    pattern = ".*".join(map(re.escape, values[0].split("%")))
    return re.fullmatch(pattern, name, re.IGNORECASE | re.DOTALL) is not None


def asked(name: str) -> str:
    (condition,) = is_named("DisplayName", [name], company_words)
    return condition


FOUND = [
    ("Amy\u2019s Bird Sanctuary ", "Amy's Bird Sanctuary"),
    ("Amy's Bird Sanctuary", "Amys Bird-Sanctuary (deleted-2)"),
    ("Jo\u0308rg Ba\u0308cker", "Jörg Bäcker"),
    ("Jorg Backer", "Jörg Bäcker"),
    ("Jörg", "JÖRG"),
    ("Harbor Labs Limited", "The Harbor Labs, L.L.C."),
    ("The Harbor Labs", "Harbor  Labs"),
    ("Café Roma", "Cafe\u0301 Roma"),
    ("Cafe Roma", "Café Roma"),
    ("A.C.M.E.", "Acme Corp"),
    ("Acme", "A.C.M.E. (deleted)"),
    ("100% Wool", "100 % Wool"),
    ("a_b_c", "A b c"),
    ("3M", "3m"),
    ("H&M", "H&M (deleted)"),
    ("李明", "李明 (deleted)"),
    ("Привет", "ПРИВЕТ"),
    ("D'Arcy \\ Söhne & Co", "d\u2019arcy sohne"),
    ("Smith and Sons", "Smith & Sons"),
    ("Weiß AG", "Weiss"),
    ("が", "が"),
    ("ऄ0:0", "ऄ0:0"),
    ("Room 1:2", "room 1 2"),
    ("0\uf900", "0\uf900"),
    ("0\uf900", "0\u8c48"),
    ("A-B", "AB"),
    ("AB", "a & b"),
    ("R&D", "R and D"),
    ("AB Ltd", "A.B."),
    ("C++", "c++"),
    ("\u00d6-B", "\u00f6b"),
    ("1-2", "12"),
]


@pytest.mark.parametrize(("name", "stored"), FOUND)
def test_a_name_finds_what_may_be_it(name: str, stored: str) -> None:
    assert finds(asked(name), stored), asked(name)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("Acme", "Harbor Mice"),
        ("Cool Cars", "Cool Dogs"),
        ("3M", "30 Main"),
        ("A-B", "Auto Club"),
        ("C++", "Cab"),
    ],
)
def test_and_not_everything(name: str, stored: str) -> None:
    assert not finds(asked(name), stored), asked(name)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60).filter(str.strip))
def test_every_name_finds_itself(name: str) -> None:
    assert finds(asked(name), name.strip())
    assert len(asked(name)) < 1500


@given(
    st.from_regex(r"[a-z]{3,9}( [a-z]{2,9}){0,3}", fullmatch=True), st.sampled_from([" ", "  ", "-", ", ", "\u00a0"])
)
def test_every_plain_name_is_found_whatever_is_between_its_words(name: str, between: str) -> None:
    assert finds(asked(name), name.replace(" ", between).title() + " Ltd.")


def test_an_address_is_found_among_others() -> None:
    (condition,) = holds_address("PrimaryEmailAddr", ["o'neil@x.example", ""])
    assert finds(condition, "a@x.example, O'Neil@x.example")
    assert not finds(condition, "a@x.example")


def test_look_alikes_items_inside_categories_and_other_names(connect: Callable[..., Any]) -> None:
    made = connect("us")
    for name in ("Jörg Bäcker", "Harbor Labs, Inc.", "Harbor Lights"):
        made.sandbox.create("Customer", {"DisplayName": name})
    made.sandbox.create(
        "Customer", {"DisplayName": "Two", "PrimaryEmailAddr": {"Address": "ap@x.example, b@x.example"}}
    )
    made.sandbox.create("Vendor", {"DisplayName": "Blue Harbor"})
    made.sandbox.create("Employee", {"GivenName": "Ada", "FamilyName": "Byron"})
    category = made.sandbox.create("Item", {"Name": "Labour", "Type": "Category"})
    inside = {"SubItem": True, "ParentRef": {"value": category["Id"]}, "IncomeAccountRef": {"value": "82"}}
    made.sandbox.create("Item", {"Name": "On-site", "Type": "Service", **inside})
    made.sandbox.clear_log()
    found = made.quickbooks.look_up(
        customer_names=["Jo\u0308rg Ba\u0308cker ", "The Harbor Labs"],
        customer_emails=["B@x.example"],
        item_names=["Onsite", "labour:on-site"],
    )
    assert made.requests() == ["POST batch"]
    assert {each.name for each in found.customers} == {"Jörg Bäcker", "Harbor Labs, Inc.", "Two"}
    assert [each.name for each in found.items] == ["Labour:On-site"]
    made.sandbox.clear_log()
    others, near = made.quickbooks.beside(["Blue Harbor", "Ada Byron", "Nobody Else"])
    assert made.requests() == ["POST batch"]
    assert {str(each) for each in others} == {'vendor "Blue Harbor"', 'employee "Ada Byron"'}
    assert made.quickbooks.beside([]) == ((), ()) and near == ()
