"""`customers`: links are listed, made and forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.invoices import invoice_json, line

Call = Callable[..., Any]
Connect = Callable[[Any], None]
Open = Callable[..., Any]


def written(path: Path, name: str) -> Path:
    """A file with one invoice for a customer of this name."""
    invoice: dict[str, Any] = invoice_json(
        "q1", line("Design", "80.00"), number="Q-1", issue_date="2026-11-02", customer={"id": "c1", "name": name}
    )
    path.write_text(json.dumps(invoice))
    return path


def test_a_link_mends_what_is_held(open_books: Open, call: Call, connect: Connect, tmp_path: Path) -> None:
    assert call("customers", "list").code == 3
    connect(open_books("us"))
    call("settings", "default_income_account", "Services")
    assert call("customers", "list").out.startswith("No customer is linked yet")
    assert call("customers", "list", "--json").out == ""
    file = written(tmp_path / "one.json", "Cool Cars Ltd")
    held = call("copy", file, "--json")
    assert held.code == 1 and "onedesk-quickbooks customers confirm c1 3;" in held.one["reason"]
    assert call("plan", file, "--json").one["reasons"][0]["sentence"] == held.one["reason"]
    made = call("customers", "link", "c1", "3")
    assert made.code == 0
    assert made.out.startswith('Invoices of the OneDesk customer c1 in USD go to "Cool Cars" (id 3).\n')
    assert "queue retry --all-held" in made.out
    assert call("queue", "retry", "--all-held").code == 0
    assert call("copy", file, "--json").one["outcome"] == "copied"
    listed = {"customer_id": "c1", "currency": "USD", "quickbooks_id": "3", "quickbooks_name": "Cool Cars"}
    assert call("customers", "list", "--json").one == listed
    assert "Cool Cars" in call("customers", "list").out
    assert call("customers", "link", "c2", " cool\u00a0cars", "--json").one == {**listed, "customer_id": "c2"}
    gone = call("customers", "unlink", "c1", "--json")
    assert (gone.code, gone.one) == (0, {key: listed[key] for key in ("customer_id", "currency", "quickbooks_id")})
    assert "no longer linked to the QuickBooks customer with the id 3" in call("customers", "unlink", "c2").out
    assert call("customers", "unlink", "c2").code == 3


def test_what_is_inactive_is_held_by_plan_and_copy_alike(
    open_books: Open, call: Call, connect: Connect, tmp_path: Path
) -> None:
    books = open_books("us")
    connect(books)
    call("settings", "default_income_account", "Services")
    gone = books.sandbox.create("Customer", {"DisplayName": "Q1"})
    vendor = books.sandbox.create("Vendor", {"DisplayName": "Harbor Labs"})
    item = books.sandbox.list("Item", "Name = 'Design'")[0]
    for kind, each in (("Customer", gone), ("Vendor", vendor), ("Item", item)):
        books.sandbox.edit(kind, each["Id"], {"Active": False})
    for name, said in (("Q1", '"Q1 (deleted)"'), ("Harbor Labs", 'inactive vendor "Harbor Labs (deleted)"')):
        file = written(tmp_path / "one.json", name)
        planned, copied = call("plan", file, "--json"), call("copy", file, "--json")
        assert (planned.code, copied.code) == (1, 1)
        assert planned.one["reason"] == copied.one["reason"]
        assert said in copied.one["reason"] and '"Design (deleted)" (inactive)' in copied.one["reason"]


def test_what_cannot_be_linked_says_why(open_books: Open, call: Call, connect: Connect) -> None:
    connect(open_books("us"))
    unknown = call("customers", "link", "c1", "Cool Car's")
    assert unknown.code == 3
    assert (
        unknown.err
        == 'Error: QuickBooks has no customer with the id or the name "Cool Car\'s"; it has "Cool Cars" (id 3)\n'
    )
    other = call("customers", "link", "c1", "3", "--currency", "EUR")
    assert other.code == 3 and "has the currency USD, which cannot be changed, not EUR" in other.err
    assert call("customers", "link", " ", "3").code == 2
    assert call("customers", "unlink", "c1", "--currency", "EUR").err.startswith(
        'Error: the OneDesk customer "c1" is linked to no QuickBooks customer in EUR; see:'
    )
