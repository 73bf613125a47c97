"""Rules for items and taxes, against an evaluator that knows docs/rules.md and nothing of the product."""

from __future__ import annotations

from tests.fuzz import proposals, tables, tax_tables, whole_tables


def test_tables_are_what_trying_every_input_shows() -> None:
    """`make fuzz` tries 2,000 of each."""
    assert list(tables.run(40, 0)) == []


def test_tax_codes_are_what_trying_every_input_shows() -> None:
    assert list(tax_tables.run(25, 0)) == []


def test_whole_invoices_are_what_trying_every_input_shows() -> None:
    assert list(whole_tables.run(50, 0)) == []


def test_proposed_cases_cover_everything_and_notice_every_change() -> None:
    assert list(proposals.run(8, 0)) == []
