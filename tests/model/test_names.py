"""Which names are the same, which are alike, and what is written of them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedesk_quickbooks.plugin.model.books import BooksCustomer, customer_directory
from onedesk_quickbooks.plugin.model.name_keys import (
    address_keys,
    clean_name,
    company_words,
    former_names,
    name_key,
    similar_item_key,
    similar_key,
    without_retired,
    words,
)

SAME = [
    ("ACME", "acme"),
    (" Acme  West ", "acme\u00a0west"),
    ("Acme West", "Acme\u2009\u3000West"),
    ("Jo\u0308rg", "Jörg"),
    ("A\u030angstro\u0308m", "\u212bngström"),
    ("Amy's", "Amy\u2019s"),
    ("Amy's", "Amy`s"),
    ('"Sun" Ltd', "\u201cSun\u201d Ltd"),
    ("Hewlett-Packard", "Hewlett\u2011Packard"),
    ("2020-2021", "2020\u20132021"),
    ("Zero\u200bWidth", "ZeroWidth"),
    ("So\u00adft", "Soft"),
    ("\ufeffAcme\u200e", "Acme"),
    ("Ａｃｍｅ", "Acme"),
    ("Oﬃce", "Office"),
    ("Straße", "STRASSE"),
    ("ΣΊΣΥΦΟΣ", "σίσυφος"),
]
ALIKE = [
    ("Harbor Labs", "Harbor Labs, Inc."),
    ("Harbor Labs Limited", "The Harbor-Labs L.L.C."),
    ("Café Roma", "Cafe Roma"),
    ("Smith & Sons", "Smith and Sons"),
    ("O'Brien", "O Brien"),
    ("Ørsted A/S", "Orsted"),
    ("Łódź Sp. z o.o.", "Lodz Sp. z o.o."),
    ("Muster GmbH & Co. KG", "Muster GmbH"),
    ("Wool Pty Ltd", "Wool"),
    ("Maju Sdn Bhd", "Maju"),
    ("Weiß AG", "Weiss"),
    ("A.C.M.E.", "Acme Corp"),
    ("Area m\u00b2", "Area m2"),
    ("A-B", "AB"),
    ("A-B", "A B"),
    ("A.B.", "A/B"),
    ("A_B", "AB"),
    ("A&B", "AB"),
    ("A&B", "A and B"),
    ("O'Neil", "ONeil"),
    ("O'Neil", "O Neil"),
    ("St.John", "StJohn"),
    ("St.John", "St John"),
    ("Smith & Co", "Smith and Co"),
    ("Smith + Jones", "Smith & Jones"),
    ("Smith+Jones", "Smith Jones"),
    ("Müller", "Muller"),
    ("Strasse 1", "Straße-1"),
    ("Size 1,5", "Size 1.5"),
    ("1,000 Units", "1000 Units"),
    ("Size 1-5", "Size 15"),
    ("\u00d6-B", "\u00f6b"),
]
DIFFERENT = [
    ("Acme 1", "Acme 2"),
    ("Support 1.5", "Support 15"),
    ("C", "C++"),
    ("C++", "C#"),
    ("Size 1.5", "Size 15"),
    ("Size 1,5", "Size 15"),
    ("Size 1/5", "Size 15"),
    ("10'6 Pipe", "106 Pipe"),
    ("Müller", "Mueller"),
    ("Ångström", "Aangstroem"),
    ("R&D", "RnD"),
    ("\u00c5", "a"),
    ("\u00d6B", "OB"),
    ("Harbor Labs East", "Harbor Labs"),
    ("Limited", "Inc"),
    ("Fjord (BHD)", "Fjord"),
    ("Fjord Ltd (BHD)", "Fjord"),
    ("李明", "李敏"),
    ("---", "..."),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)
    assert similar_key(one) == similar_key(other)


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_alike_and_not_the_same(one: str, other: str) -> None:
    assert similar_key(one) == similar_key(other)
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)
    assert similar_key(one) != similar_key(other)


def test_items_are_alike_as_customers_are_but_for_the_legal_form() -> None:
    pairs = [
        pair for pair in (*SAME, *ALIKE, *DIFFERENT) if all(list(company_words(each)) == words(each) for each in pair)
    ]
    assert len(pairs) > 40
    for one, other in pairs:
        assert (similar_item_key(one) == similar_item_key(other)) is (similar_key(one) == similar_key(other)), one


def test_items_have_no_legal_form() -> None:
    assert similar_item_key("Setup SE") != similar_item_key("Setup")
    assert similar_item_key("On-Site") == similar_item_key("onsite")


@given(st.text(max_size=30))
def test_keys_of_keys_are_the_same(text: str) -> None:
    assert name_key(name_key(text)) == name_key(text)
    assert name_key(unicodedata.normalize("NFD", text)) == name_key(unicodedata.normalize("NFC", text))
    assert name_key(clean_name(text)) == name_key(text)
    assert bool(similar_key(text)) == bool(name_key(text))


def test_what_is_written_of_a_name() -> None:
    assert clean_name(" Blue\u00a0 Harbor\u200b  Jo\u0308rg\u2019s ") == "Blue Harbor Jörg\u2019s"
    assert clean_name("  a   b ") == "a b"
    assert clean_name("a\tb") == "a\tb"


def test_names_of_what_is_inactive_and_addresses() -> None:
    assert [without_retired(each) for each in ("A (deleted)", "A (Deleted-12)", "A (deleted) B")] == [
        "A",
        "A",
        "A (deleted) B",
    ]
    assert former_names("A") == ("A",) and former_names("(deleted)") == ("(deleted)",)
    assert former_names("A (deleted) (deleted-1)") == ("A (deleted)", "A")
    assert former_names("A (deleted):B (deleted-2)") == ("A:B",)
    assert former_names("A (deleted):B") == ("A:B",)
    assert list(address_keys("A@x.example; b@X.example ,, \u200bc@x.example")) == [
        "a@x.example",
        "b@x.example",
        "c@x.example",
    ]


def test_a_directory_finds_by_every_key() -> None:
    known = customer_directory(
        [
            BooksCustomer("1", "Harbor Labs", "USD", "ap@x.example, Billing@x.example"),
            BooksCustomer("2", "Harbor Labs Ltd", "USD", "ap@x.example"),
            BooksCustomer("3", "Harbor Labs (deleted)", "USD", "billing@x.example", active=False),
            BooksCustomer("10", "Harbor-Labs", "USD"),
        ]
    )
    assert [each.id for each in known.same("HARBOR  LABS")] == ["1"]
    assert [each.id for each in known.retired("harbor labs")] == ["3"]
    assert [each.id for each in known.alike("Harbor Labs")] == ["2", "10"]
    assert [each.id for each in known.alike("Harbor Labs Inc")] == ["1", "2", "10", "3"]
    assert [each.id for each in known.at("billing@x.example")] == ["1"]
    assert [each.id for each in known.at("AP@x.example")] == ["1", "2"]
