"""`queue show` tells everything of an entry; `queue retry --all-held` tries all again that can be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from onedesk_quickbooks.plugin.ledger import Conflict

Call = Callable[..., Any]
Connect = Callable[[Any], None]
Invoice = Callable[..., dict[str, Any]]


def put(path: Path, *invoices: dict[str, Any]) -> Path:
    path.write_text("\n".join(json.dumps(each) for each in invoices))
    return path


def test_a_refusal_is_shown_with_its_request_its_fault_and_its_tid(
    connected: Any, call: Call, invoice: Invoice, tmp_path: Path
) -> None:
    connected.sandbox.faults.inject(fault="closed_books", path="invoice", method="POST", count=1)
    done = call("copy", put(tmp_path / "one.jsonl", invoice()), "--json", predicted=False)
    assert done.lines[0]["outcome"] == "held", done.out
    (entry,) = call("queue", "--json").lines
    assert (entry["id"], entry["number"], entry["action"], entry["state"]) == ("INV-1", "2041", "copy", "held")
    assert "closed" in entry["reason"]
    assert {"since", "tried", "attempts", "entry"} <= set(entry)

    (details,) = call("queue", "show", entry["entry"], "--json").lines
    assert {**entry, "reason": ""}.items() <= {**details, "reason": ""}.items()
    refused = details["requests"][-1]
    assert (refused["operation"], refused["entity"], refused["state"]) == ("create", "Invoice", "refused")
    assert refused["faults"][0]["code"] == "6210"
    assert refused["intuit_tid"]
    assert len(refused["requestid"]) <= 50
    assert refused["sent"]["DocNumber"] == "2041"
    assert [each["state"] for each in details["requests"][:-1]] == ["answered"] * (len(details["requests"]) - 1)
    assert all(each["intuit_tid"] for each in details["requests"]), "what was answered well has its trace, too"
    assert details["totals"] == {"currency": "USD", "onedesk": "160.00", "quickbooks": None}
    assert details["quickbooks"] is None
    assert {each["table"] for each in details["decisions"]["decisions"]}
    assert details["invoice"]["customer"]["name"] == "Blue Harbor Ltd"

    shown = call("queue", "show", entry["entry"]).out
    for part in ("2041", "held", "closed", refused["requestid"], refused["intuit_tid"], "160.00", "Decided"):
        assert part in shown, part


def test_both_totals_are_shown_where_they_differ(
    connected: Any, call: Call, connect: Connect, invoice: Invoice, tmp_path: Path
) -> None:
    """Of an invoice whose tax QuickBooks alone knows: it is in QuickBooks, and not e-mailed."""
    settings = {"TaxPrefs": {"UsingSalesTax": True, "PartnerTaxEnabled": True}}
    assert requests.post(f"{connected.base_url}/_control/settings", json=settings, timeout=10).ok
    connect(connected)
    taxed = put(tmp_path / "one.jsonl", invoice(taxes=[{"amount": "32.00"}], total="192.00"))
    assert call("send", taxed, "--json", predicted=False).lines[0]["outcome"] == "held"
    (entry,) = call("queue", "--json").lines
    (details,) = call("queue", "show", entry["entry"], "--json").lines
    assert details["totals"] == {"currency": "USD", "onedesk": "192.00", "quickbooks": "171.60"}
    assert details["quickbooks"]["state"] == "copied"
    assert "OneDesk 192.00 USD, QuickBooks 171.60" in call("queue", "show", entry["entry"]).out


def test_all_held_is_tried_again_but_for_what_only_a_person_can_settle(desk: Any, call: Call, invoice: Invoice) -> None:
    assert desk.copy(invoice()) == "copied"
    assert desk.copy(invoice(id="INV-2", number="2042", currency="EUR")) == "held"
    assert desk.copy(invoice(id="INV-3", number="2043", currency="EUR")) == "held"
    desk.host.void("INV-1", "admin")
    held = call("queue", "--json").lines
    assert [(each["id"], each["action"], each["state"]) for each in held] == [
        ("INV-2", "copy", "held"),
        ("INV-3", "copy", "held"),
        ("INV-1", "voided", "held"),
    ]
    assert call("queue", "retry").code == 2
    assert call("queue", "retry", held[0]["entry"], "--all-held").code == 2
    assert call("queue", "retry", held[2]["entry"]).code == 3
    both = call("queue", "retry", held[0]["entry"], held[2]["entry"])
    assert (both.code, both.out) == (3, "1 entry queued again.\n") and "INV-2" not in both.err
    assert [(each.id, each.outcome) for each in desk.application.drain()] == [("INV-2", "held")]
    done = call("queue", "retry", "--all-held")
    assert (done.code, done.out.splitlines()[0]) == (0, "2 entries queued again.")
    assert "1 entry only a person can settle" in done.out
    assert [each["state"] for each in call("queue", "--json").lines] == ["todo", "todo", "held"]
    assert [(each.id, each.outcome) for each in desk.application.drain()] == [("INV-2", "held"), ("INV-3", "held")]
    assert call("queue", "drop", held[2]["entry"], "--reason", "voided in QuickBooks, too").code == 0


def test_a_long_list_shows_first_what_a_person_has_to_do(desk: Any, call: Call, invoice: Invoice) -> None:
    queue, realm_id = desk.application.ledger.queue, desk.application.status().realm_id
    conflicts = desk.application.ledger.conflicts
    with desk.application.ledger.together():
        for number in range(1, 700):
            queue.ask(realm_id, "copy", invoice(id=f"INV-{number}", number=f"{number}"), "admin")
        for number in range(700, 704):
            conflicts.withdraw(
                realm_id, "voided", invoice(id=f"INV-{number}", number=f"{number}"), "It was voided.", Conflict()
            )
    done = call("queue")
    assert done.code == 1
    shown = [line.split() for line in done.out.splitlines() if " copy " in line or " voided " in line]
    assert [words[1] for words in shown[:5]] == ["700", "701", "702", "703", "1"]
    assert len(shown) == 200
    assert done.out.splitlines()[-1] == "503 more; see them with --limit, or with --json"
    assert call("queue", "--limit", "3").out.splitlines()[-1].startswith("700 more")
    numbers = [each["number"] for each in call("queue", "--json").lines]
    assert numbers == [str(number) for number in range(1, 704)], "all of it, the oldest first"
    desk.application.ledger.queue.drop(1, "no")
    assert call("queue", "--json").lines[0]["number"] == "2"
