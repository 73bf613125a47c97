"""What the score of names finds of 500 pairs is not less than it was, and the docs say how much that is."""

from __future__ import annotations

from pathlib import Path

from onedesk_quickbooks.plugin.model.similarity import name_score
from tests.planning.name_pairs import by_key, exactly, is_near, measured, pairs, table

DOCS = Path(__file__).parents[2] / "docs" / "accounting.md"


def test_there_are_500_pairs_half_of_them_of_one_customer() -> None:
    found = pairs()
    assert len({(each.onedesk, each.quickbooks) for each in found}) == 500
    assert sum(each.same for each in found) == 250 and len({each.kind for each in found}) > 15


def test_the_score_finds_more_than_equal_names_and_little_that_is_wrong() -> None:
    scored = measured(is_near)
    assert scored.precision >= 0.91 and scored.recall >= 0.89
    assert measured(exactly).recall < measured(by_key).recall < scored.recall - 0.5
    assert measured(exactly).precision == measured(by_key).precision == 1


def test_the_docs_say_how_much_that_is() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert [row for row in table() if row not in text] == []


def test_a_score_is_the_same_from_both_sides_and_full_for_one_name() -> None:
    for each in pairs():
        assert name_score(each.onedesk, each.onedesk) == 100
        assert name_score(each.onedesk, each.quickbooks) == name_score(each.quickbooks, each.onedesk), each
