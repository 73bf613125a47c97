"""`queue settle`: which version of an invoice stays that somebody changed in QuickBooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Call = Callable[..., Any]
Invoice = Callable[..., dict[str, Any]]


def changed(connected: Any, desk: Any, call: Call, invoice: dict[str, Any]) -> dict[str, Any]:
    """An invoice that was copied, and has another number in QuickBooks since; its entry in the queue."""
    assert desk.copy(invoice) == "copied"
    (row,) = [each for each in connected.sandbox.list("Invoice") if each.get("DocNumber") == "2041"]
    connected.sandbox.edit("Invoice", row["Id"], {"DocNumber": "9999"})
    done = call("payments")
    assert (done.code, done.out) == (0, "Nothing new was paid in QuickBooks.\n")
    assert done.err == "1 invoice changed in QuickBooks, waiting for you: onedesk-quickbooks queue\n"
    (entry,) = call("queue", "--json").lines
    assert (entry["action"], entry["state"], entry["number"]) == ("changed", "held", "2041")
    return dict(entry)


def test_both_versions_are_shown_and_onedesks_is_written_again(
    connected: Any, desk: Any, call: Call, invoice: Invoice
) -> None:
    entry = changed(connected, desk, call, invoice())
    shown = call("queue", "show", entry["entry"])
    assert "number: OneDesk 2041, QuickBooks 9999" in shown.out
    assert [line.split() for line in shown.out.splitlines() if line.startswith((" Differs", " number"))] == [
        ["Differs", "in", "OneDesk", "QuickBooks"],
        ["number", "2041", "9999"],
    ]
    (details,) = call("queue", "show", entry["entry"], "--json").lines
    assert details["versions"] == [{"field": "number", "onedesk": "2041", "quickbooks": "9999"}]
    done = call("queue", "settle", entry["entry"], "--keep", "onedesk")
    assert (done.code, "OneDesk's version is written again" in done.out) == (0, True)
    assert [(each.id, each.outcome) for each in desk.application.drain()] == [("INV-1", "updated")]
    assert [each["DocNumber"] for each in connected.sandbox.list("Invoice", "DocNumber = '2041'")] == ["2041"]
    assert call("queue").out == "The queue is empty.\n"


def test_what_cannot_be_settled_says_why(connected: Any, desk: Any, call: Call, invoice: Invoice) -> None:
    entry = changed(connected, desk, call, invoice())["entry"]
    assert call("queue", "settle", entry).code == 2
    assert call("queue", "settle", entry, "--keep", "both").code == 2
    nothing = call("queue", "settle", 999, "--keep", "onedesk")
    assert (nothing.code, "There is no entry 999" in nothing.err) == (3, True)
    connected.sandbox.faults.inject(fault="http_503", path="", count=0)
    away = call("queue", "settle", entry, "--keep", "quickbooks")
    assert (away.code, "503" in away.err) == (3, True), away.err
    connected.sandbox.faults.clear()
    assert call("queue", "settle", entry, "--keep", "quickbooks").code == 0
    again = call("queue", "settle", entry, "--keep", "quickbooks")
    assert (again.code, "waits for a decision" in again.err) == (3, True)


def test_what_is_no_change_says_what_to_do_instead(desk: Any, call: Call, invoice: Invoice) -> None:
    assert desk.copy(invoice()) == "copied"
    desk.host.void("INV-1", "admin")
    assert desk.copy(invoice(id="INV-2", number="2042", currency="EUR")) == "held"
    voided, held = (each["entry"] for each in call("queue", "--json").lines)
    for entry, remedy in ((voided, f"queue drop {voided} --reason"), (held, f"queue retry {held}")):
        done = call("queue", "settle", entry, "--keep", "quickbooks")
        assert (done.code, remedy in done.err) == (3, True), done.err
    assert call("queue", "drop", voided, "--reason", "void there, too").code == 0


def test_financials_lead_to_the_page_while_something_waits(
    connected: Any, desk: Any, call: Call, invoice: Invoice
) -> None:
    def shown() -> list[tuple[str, str]]:
        settings = [each for some in desk.host.plugins.hook.settings_to_show(user="admin") for each in some]
        return [(each.url, each.help) for each in settings if each.id == "changes"]

    assert shown() == []
    entry = changed(connected, desk, call, invoice())["entry"]
    assert shown() == [("/quickbooks/changes", "1 invoice was changed in QuickBooks: choose the version to keep.")]
    call("queue", "drop", entry, "--reason", "agreed")
    assert shown() == []
