"""Invoices of another program: kept as they come, and reported to the plugins by their hooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from onedesk_quickbooks.hooks import Payment
from onedesk_quickbooks.plugin.host import EmbeddedHost, HostInvoice, bring, import_invoice
from onedesk_quickbooks.plugin.host.records import InvalidRecord

if TYPE_CHECKING:
    from tests.host.conftest import FakePlugin

Make = Callable[..., dict[str, Any]]
Get = Callable[[str], HostInvoice]


def notified(plugin: FakePlugin) -> list[tuple[str, ...]]:
    """What was reported to the plugin since the last look."""
    found, plugin.notified = [each for each in plugin.notified if each != ("started",)], []
    return found


@pytest.mark.parametrize(
    ("action", "status", "hook"),
    [
        ("opened", "open", ("opened", "INV-7", "open")),
        ("fake.copy", "open", ("act", "INV-7", "key desk")),
        ("send", "open", ("send", "INV-7", "key desk")),
        ("changed", "open", ("edited", "INV-7", "open")),
        ("changed", "draft", ("reopened", "INV-7", "draft")),
        ("changed", "paid", ("edited", "INV-7", "paid")),
        ("changed", "void", ("voided", "INV-7", "void")),
        ("changed", "deleted", ("deleted", "INV-7", "deleted")),
    ],
)
def test_what_is_handed_over_is_kept_and_reported_each_time(
    host: EmbeddedHost, plugin: FakePlugin, make_invoice: Make, action: str, status: str, hook: tuple[str, ...]
) -> None:
    invoice = make_invoice(status=status)
    for _ in range(2):
        assert import_invoice(host, invoice, action, "key desk") == ""
        assert notified(plugin) == [hook]
        assert host.read_invoice("INV-7") == (None if status == "deleted" else invoice)


def test_what_cannot_be_done_says_why(
    host: EmbeddedHost, plugin: FakePlugin, make_invoice: Make, make_payment: Callable[..., Payment]
) -> None:
    plugin.takes_sending = False
    assert "No QuickBooks company is connected" in import_invoice(host, make_invoice(status="open"), "send", "x")
    found = host.invoice("INV-7")
    assert found is not None and not found.sent_by_host, "the other program e-mails it itself"
    assert import_invoice(host, make_invoice("INV-8"), "opened", "x").startswith("It is Draft:")
    assert host.invoice("INV-8") is None
    host.record_payment(make_payment("p1", "270.00", "0.00"))
    notified(plugin)
    opened = import_invoice(host, make_invoice(status="open"), "opened", "x")
    assert (opened, notified(plugin)) == ("It is Paid already: there is nothing to do.", [])
    plugin.takes_sending = True
    for action in ("send", "fake.copy"):  # planning knows whether QuickBooks has it
        assert import_invoice(host, make_invoice(status="open"), action, "x") == ""
    notified(plugin)
    with pytest.raises(InvalidRecord, match="total"):
        import_invoice(host, make_invoice(total=5, status="open"), "opened", "x")


def test_an_import_reports_what_has_happened_since_the_last(
    host: EmbeddedHost, plugin: FakePlugin, make_invoice: Make
) -> None:
    story: list[tuple[dict[str, Any], str]] = [
        ({"status": "draft"}, "kept"),
        ({"status": "draft"}, "unchanged"),
        ({"status": "draft", "memo": "a"}, "edited"),
        ({"status": "open"}, "opened"),
        ({"status": "open"}, "unchanged"),
        ({"status": "open", "memo": "b"}, "edited"),
        ({"status": "draft"}, "reopened"),
        ({"status": "open"}, "opened"),
        ({"status": "void"}, "voided"),
        ({"status": "void", "memo": "c"}, "edited"),
        ({"status": "open"}, "opened"),
        ({"status": "deleted"}, "deleted"),
        ({"status": "deleted"}, "kept"),
        ({"status": "open"}, "opened"),
    ]
    for fields, happened in story:
        assert bring(host, make_invoice(**fields), "admin") == happened, fields
        heard = [] if happened in ("kept", "unchanged") else [(happened, "INV-7", fields["status"])]
        assert notified(plugin) == heard, fields


def test_a_draft_over_a_paid_invoice_is_refused_and_the_remedy_works(
    host: EmbeddedHost, plugin: FakePlugin, make_invoice: Make, make_payment: Callable[..., Payment]
) -> None:
    bring(host, make_invoice(status="open"), "admin")
    host.record_payment(make_payment("p1", "270.00", "0.00"))
    notified(plugin)
    for give in (bring, lambda host, invoice, user: import_invoice(host, invoice, "changed", user)):
        with pytest.raises(InvalidRecord, match=r'is Paid: only an Open .* give it the status "open", or "void"'):
            give(host, make_invoice(status="draft", memo="again"), "admin")
    assert notified(plugin) == []
    assert bring(host, make_invoice(status="open", memo="again"), "admin") == "edited"
    assert notified(plugin) == [("edited", "INV-7", "paid")]
    assert bring(host, make_invoice(status="void"), "admin") == "voided"
