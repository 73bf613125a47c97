"""`customers review`, `confirm`, `reject` and `undo` as a person and a script call them; docs/accounting.md is run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_reconcile import PAGE, books, invoice

__all__ = ["books"]

Call = Callable[..., Any]


@pytest.fixture
def july(books: Any, tmp_path: Path) -> Path:
    """Three invoices: of a customer whose name has a slip in it, twice, and of another one."""
    address = {"line1": "5647 Cypress Hill Ave.", "city": "Middlefield", "postal_code": "94303", "country": "US"}
    contact = {"email": "accounts@sonnenschein.example"}
    slip = {"id": "C-31", "name": "Sonnenschien Family Store", "billing_contact": contact, "address": address}
    other = {"id": "C-32", "name": "Peterman Bakery"}
    made = [
        {**invoice("2071", "310.00"), "customer": slip},
        {**invoice("2072", "95.00"), "customer": slip},
        {**invoice("2073", "75.00"), "customer": other},
    ]
    file = tmp_path / "july.json"
    file.write_text(json.dumps(made), encoding="utf-8")
    return file


def test_what_docs_accounting_shows_of_a_review(books: Any, call: Call, july: Path, home: Path) -> None:
    page = PAGE.read_text(encoding="utf-8").partition("\n## Customers to review\n")[2].partition("\n## ")[0]
    examples = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    (rules,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (home / "rules.yaml").write_text(rules, encoding="utf-8")
    books.sandbox.create("Vendor", {"DisplayName": "Peterman Bakery"})
    assert call("copy", july).code == 1
    shown = [one for each in examples for one in re.findall(r"\$ onedesk-quickbooks ([^\n]*)\n([^$]*)", each)]
    assert [words.partition(" C-")[0] for words, _ in shown] == ["customers review", "customers confirm"]
    for (words, output), code in zip(shown, (1, 0), strict=True):
        done = call(*words.split())
        assert (done.code, done.out) == (code, output)
    assert call("copy", july).code == 0
    made = {each["DocNumber"]: each["CustomerRef"]["name"] for each in books.sandbox.list("Invoice")}
    assert made["2071"] == made["2072"] == "Sonnenschein Family Store"
    assert made["2073"] == "Peterman Bakery (customer)"


def test_as_a_script_calls_it(books: Any, call: Call, july: Path) -> None:
    assert (call("customers", "review").code, call("customers", "review", "--json").out) == (0, "")
    assert call("copy", july).code == 1
    found = call("customers", "review", "--json")
    assert found.code == 1 and found.one["customer_id"] == "C-31"
    assert [each["number"] for each in found.one["invoices"]] == ["2071", "2072"]
    assert [each["total"] for each in found.one["invoices"]] == ["310.00", "95.00"]
    (candidate,) = found.one["candidates"]
    assert (candidate["id"], candidate["score"]) == ("24", 99)
    assert {each["kind"]: each["agrees"] for each in candidate["evidence"]}["address"] is True
    decision = {"customer_id": "C-31", "quickbooks_id": "24", "quickbooks_name": "Sonnenschein Family Store"}
    assert call("customers", "reject", "C-31", "24", "--json").one == {**decision, "again": 2, "left": 0}
    assert call("customers", "undo", "C-31", "--json").one == {**decision, "again": 0, "decision": "rejected"}
    assert call("copy", july).code == 1
    assert call("customers", "confirm", "C-31", "24", "--json").one == {**decision, "again": 2}
    assert call("customers", "review").code == 0
    assert call("copy", july).code == 0


def test_as_a_person_reads_it(books: Any, call: Call, july: Path) -> None:
    nothing = call("customers", "review")
    assert (nothing.code, nothing.out) == (0, "No customer waits for a review.\n")
    books.sandbox.create("Customer", {"DisplayName": "Sonnenschein Family Stores"})
    call("copy", july)
    rejected = call("customers", "reject", "C-31", "24")
    assert rejected.out.splitlines()[1] == "1 candidate left: onedesk-quickbooks customers review"
    last = call("customers", "reject", "C-31", "Sonnenschein Family Stores")
    assert last.out.splitlines()[1] == "2 entries queued again."
    undone = call("customers", "undo", "C-31")
    assert '"Sonnenschein Family Stores"' in undone.out and "no longer rejected" in undone.out
    wrong = call("customers", "undo", "C-99")
    assert wrong.code == 3 and 'nothing was confirmed or rejected of the OneDesk customer "C-99"' in wrong.err
    assert call("customers", "confirm", " ", "24").code == 2


def test_plan_names_the_rejected_namesake_of_an_invoice(books: Any, call: Call, july: Path) -> None:
    call("copy", july)
    (plan, *_) = [json.loads(line) for line in call("plan", july, "--json").out.splitlines()]
    assert plan["review"]["key"] == "C-31" and plan["review"]["candidates"][0]["id"] == "24"
