"""Twelve invoices nobody here wrote, into an international company by the example rules for one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.ruleset.load import EXAMPLES
from tests.sync.conftest import ADMIN, Desk

FILES = sorted((Path(__file__).parents[1] / "data" / "invoices").glob("*.json"))
HELD = {
    "peppol-base-negative-inv-correction": "a negative total is a credit note, not an invoice",
    "peppol-base-example": "The number Snippet1 is the number of the OneDesk invoice anz-nz_invoice_level_allowance",
}


def source(path: Path) -> dict[str, Any]:
    """An invoice; a customer of one name has one id, whichever register its issuer took it from."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    found["customer"]["id"] = found["customer"]["name"]
    return found


@pytest.fixture
def copied(desks: Callable[..., Desk]) -> Iterator[tuple[Desk, dict[str, Outcome]]]:
    """All twelve at once."""
    rules = (EXAMPLES / "international-by-rate.yaml").read_text(encoding="utf-8")
    desk = desks("intl", rules=rules)
    desk.connect()
    for path in FILES:
        desk.save(source(path))
        desk.host.act(path.stem, "quickbooks.copy", ADMIN)
    yield desk, {outcome.id: outcome for outcome in desk.application.drain()}


def test_each_has_equal_totals_or_is_held_for_a_good_reason(copied: tuple[Desk, dict[str, Outcome]]) -> None:
    desk, outcomes = copied
    assert len(FILES) == len(outcomes) == 12
    for path in FILES:
        outcome = outcomes[path.stem]
        if path.stem in HELD:
            assert outcome.outcome == "held" and HELD[path.stem] in outcome.reason
            continue
        assert outcome.outcome == "copied", outcome.reason
        made = desk.sandbox.read("Invoice", outcome.qbo_id)
        given = source(path)
        assert made["TotalAmt"] == Decimal(given["total"]) + Decimal(given.get("rounding", "0"))
        assert made["Balance"] == Decimal(given.get("payable", given["total"]))
        assert made["CurrencyRef"]["value"] == given["currency"]
        assert made["DocNumber"] == given["number"]


def test_the_negative_one_by_a_rule(desks: Callable[..., Desk]) -> None:
    """A correction that takes a whole invoice back."""
    rules = (EXAMPLES / "international-by-rate.yaml").read_text(encoding="utf-8")
    desk = desks("intl", rules=rules.replace("customers:", "invoices: {negative: credit_memo}\n\ncustomers:", 1))
    desk.connect()
    [path] = [each for each in FILES if each.stem == "peppol-base-negative-inv-correction"]
    outcome, given = desk.copy(source(path)), source(path)
    assert outcome.outcome == "copied", outcome.reason
    made = desk.sandbox.read("CreditMemo", outcome.qbo_id)
    assert made["TotalAmt"] == made["RemainingCredit"] == -Decimal(given.get("payable", given["total"]))
    assert (made["CurrencyRef"]["value"], made["DocNumber"]) == (given["currency"], given["number"])


def test_a_second_time_all_are_unchanged(copied: tuple[Desk, dict[str, Outcome]]) -> None:
    desk, first = copied
    for path in FILES:
        desk.host.act(path.stem, "quickbooks.copy", ADMIN)
    again = {outcome.id: outcome for outcome in desk.application.drain()}
    for invoice_id, outcome in again.items():
        assert outcome.outcome == ("held" if invoice_id in HELD else "unchanged"), outcome.reason
        assert outcome.qbo_id == first[invoice_id].qbo_id
