"""What the conditions of one exception hold for: any, all and not, team, user and the invoice's total."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset.cases.case_invoice import as_json
from onedesk_quickbooks.plugin.ruleset.check import check
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.explain import explain
from onedesk_quickbooks.plugin.ruleset.load import load

TAGGED, NAMED = {"all": ["a", "b*"], "not": "x"}, {"any": "Acme*", "not": ["Acme Inc", "Acme B*"]}
HOLDS: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"country": {"not": ["US", "ca"]}}, {"country": "NO"}, True),
    ({"country": {"not": ["US", "ca"]}}, {"country": "CA"}, False),
    ({"country": {"not": "US"}}, {}, False),
    ({"country": {"any": ["CA", "US"], "not": "US"}}, {"country": "CA"}, True),
    ({"country": {"any": ["CA", "US"], "not": "US"}}, {"country": "NO"}, False),
    ({"country": "CA", "region": {"not": ["ON", "Québec"]}}, {"country": "CA", "region": "Alta."}, True),
    ({"country": "CA", "region": {"not": ["ON", "Québec"]}}, {"country": "CA", "region": "PQ"}, False),
    ({"country": "CA", "region": {"not": ["ON", "Québec"]}}, {"country": "CA"}, False),
    ({"currency": {"not": "USD"}}, {"currency": "EUR"}, True),
    ({"currency": {"not": "USD"}}, {}, False),
    ({"tax_category": {"not": "S"}}, {"tax_category": "AE"}, True),
    ({"tax_category": {"not": "S"}}, {}, False),
    ({"customer": NAMED}, {"customer": "ACME Ltd"}, True),
    ({"customer": NAMED}, {"customer": "acme inc"}, False),
    ({"customer": NAMED}, {"customer": "Acme Bolt"}, False),
    ({"customer": NAMED}, {"customer": "Bolt"}, False),
    ({"project": {"not": "Internal"}}, {"project": "Website"}, True),
    ({"project": {"not": "Internal"}}, {}, False),
    ({"tag": TAGGED}, {"tag": ["a", "bc"]}, True),
    ({"tag": TAGGED}, {"tag": ["a", "bc", "X"]}, False),
    ({"tag": TAGGED}, {"tag": ["a"]}, False),
    ({"tag": {"not": "x"}}, {}, True),
    ({"customer_tag": {"any": ["a", "b"], "not": "c"}}, {"customer_tag": ["b", "d"]}, True),
    ({"customer_tag": {"all": ["a", "b"]}}, {"customer_tag": ["b", "A"]}, True),
    ({"team": "Field*"}, {"team": "Field service"}, True),
    ({"team": {"not": "Field*"}}, {"team": "Helpdesk"}, True),
    ({"team": {"not": "Field*"}}, {}, False),
    ({"user": ["Maria", "Ida"]}, {"user": "ida"}, True),
    ({"invoice_total": {"from": "500"}}, {"amount": "100", "total": "500"}, True),
    ({"invoice_total": {"from": "500"}}, {"amount": "500", "total": "100"}, False),
    ({"invoice_date": {"from": "2027-01-01"}}, {"date": "2027-01-01"}, True),
    ({"invoice_date": {"from": "2027-01-01"}}, {"date": "2026-12-31", "lines": [{"date": "2027-01-02"}]}, False),
]


@pytest.mark.parametrize(("when", "given", "holds"), HOLDS, ids=lambda each: json.dumps(each))
def test_a_condition_holds(tmp_path: Path, when: dict[str, Any], given: dict[str, Any], holds: bool) -> None:
    rules = {"exceptions": [{"id": "a", "when": when, "item": "X"}], "otherwise": {"item": "Y"}}
    path = tmp_path / "rules.yaml"
    path.write_text(json.dumps({"version": "1", "items": rules}), encoding="utf-8")
    loaded = load(path)
    assert loaded.rules is not None, loaded.findings
    invoice, facts = Invoice.from_json(as_json(given, tmp_path)), Facts("US")
    (line,) = decide(loaded.rules, invoice, facts).lines
    assert line.item is not None
    assert (line.item.name == "X") == holds
    text = explain(loaded.rules, invoice, facts).render_text()
    assert ("matching" in text) == holds
    assert ("the rule requires" in text) != holds


def test_a_charge_has_no_team(tmp_path: Path) -> None:
    """A rule for another team is for lines of work, not for the freight."""
    (tmp_path / "rules.yaml").write_text(
        "version: 1\nitems:\n  exceptions: [{id: a, when: {team: {not: Field}, charge: Freight}, item: X}]\n"
        "  otherwise: hold\n"
    )
    (found,) = check([tmp_path / "rules.yaml"]).findings
    assert found.code == "OQ401"
    assert "no input satisfies all its conditions at once" in found.message


def test_a_charge_is_of_the_day_of_its_invoice(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(
        "version: 1\nitems:\n  exceptions:\n"
        "    - {id: a, until: 2026-12-31, when: {charge: Freight, date: {from: 2027-01-01}}, item: X}\n"
        "    - {id: b, until: 2026-12-31, when: {service_type: Freight, date: {from: 2027-01-01}}, item: X}\n"
        "  otherwise: hold\n"
    )
    (found,) = check([tmp_path / "rules.yaml"]).findings
    assert (found.code, found.line) == ("OQ401", 4)
