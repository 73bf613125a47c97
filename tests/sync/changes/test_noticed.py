"""Edits, voids and deletions in QuickBooks: noticed without the host, shown with both versions, reported once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from onedesk_quickbooks.plugin.app.application import Application
from onedesk_quickbooks.plugin.cli.entries import entry_json
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.sync.errors import CannotDecide
from tests.sync.changes.conftest import NOTE, Make, cheaper, edit, note, versions, waiting
from tests.sync.conftest import ADMIN, Desk


def test_an_edit_is_noticed_with_both_versions_without_anything_from_the_host(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    cheaper(us, outcome.qbo_id)
    edit(us, outcome.qbo_id, DocNumber="9999", CustomerMemo={"value": "Pay soon."})
    us.application.bring_payments()
    (work,) = waiting(us)
    assert (work.od_invoice_id, work.od_number, work.action, work.state) == ("INV-1", "2041", "changed", "held")
    assert versions(work) == {
        "number": ("2041", "9999"),
        "line 1 price": ("80", "50"),
        "line 1 amount": ("160.00 USD", "100.00 USD"),
        "total": ("310.00 USD", "250.00 USD"),
        "message to the customer": ("Thank you.", "Pay soon."),
    }
    assert work.reason.startswith("The QuickBooks invoice 2041 was changed in QuickBooks: number: OneDesk 2041, Quick")
    assert "and 1 more" in work.reason and "queue settle" in work.reason
    assert note(us) == work.reason
    assert us.application.status().held == 1


def test_it_is_noted_and_reported_once(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    us.application.bring_payments()
    (first,) = waiting(us)
    us.host.add_note("INV-1", NOTE, "seen by Ada")
    us.application.bring_payments()
    assert waiting(us) == [first]
    assert note(us) == "seen by Ada"
    assert us.application.ledger.queue.drop(first.id, "agreed by telephone")
    us.sandbox.pay({outcome.qbo_id: "10.00"})
    us.application.bring_payments()
    assert waiting(us) == []


def test_another_edit_replaces_the_first(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    us.application.bring_payments()
    edit(us, outcome.qbo_id, DocNumber="7777")
    us.application.bring_payments()
    (work,) = waiting(us)
    assert versions(work) == {"number": ("2041", "7777")}


def test_an_edit_that_is_taken_back_waits_no_more(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    us.application.bring_payments()
    edit(us, outcome.qbo_id, DocNumber="2041")
    us.application.bring_payments()
    assert waiting(us) == []
    assert note(us) == ""
    assert us.copy(invoice()).outcome == "unchanged"


def test_our_own_writes_payments_and_emails_are_nobodys_edit(us: Desk, invoice: Make) -> None:
    outcome = us.send(invoice())
    us.copy(invoice(id="INV-2", number="2042"))
    us.copy(invoice(id="INV-2", number="2042", memo="Anew."))
    us.sandbox.pay({outcome.qbo_id: "110.00"})
    us.application.bring_payments()
    us.sandbox.pay({outcome.qbo_id: "200.00"})
    us.application.bring_payments()
    assert waiting(us) == []
    assert note(us) == ""


def test_our_own_write_whose_answer_was_lost_is_nobodys_edit(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    us.save(invoice(memo="Anew."))
    us.sandbox.faults.inject(fault="answer_lost", path="invoice", method="POST", count=1)
    us.sandbox.faults.inject(fault="http_503", path="", method="GET", count=1)
    assert us.host.act("INV-1", "quickbooks.copy", ADMIN)
    us.application.drain(patience=timedelta(0))
    assert us.application.ledger.outbox.unknown(us.sandbox.realm_id)
    us.sandbox.faults.clear()
    us.application.bring_payments()
    assert waiting(us) == []


def test_an_edit_of_the_tax_alone_is_seen_by_the_total(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks("gb", rules="version: 1\ntaxes:\n  otherwise: {code: 20.0% S}\n")
    desk.connect()
    taxes = [{"name": "VAT", "rate": "20", "amount": "62.00"}]
    outcome = desk.copy(invoice(currency="GBP", taxes=taxes, total="372.00"))
    assert outcome.outcome == "copied", outcome.reason
    (tax,) = desk.sandbox.read("Invoice", outcome.qbo_id)["TxnTaxDetail"]["TaxLine"]
    edit(desk, outcome.qbo_id, TxnTaxDetail={"TaxLine": [{**tax, "Amount": Decimal("60.00")}]})
    desk.application.bring_payments()
    assert versions(waiting(desk)[0]) == {
        "tax": ("62.00 GBP", "60.00 GBP"),
        "tax by rate": ("none", "60.00 GBP at 20 %"),
        "total": ("372.00 GBP", "370.00 GBP"),
    }


def test_the_total_of_onedesk_is_onedesks_own(automated: Desk, invoice: Make) -> None:
    """QuickBooks' answer to what we wrote has the tax that it worked out."""
    lines = [{"id": "1", "service_type": "Rocks", "amount": "100.00"}]
    given = invoice(lines=lines, subtotal="100.00", total="100.00")
    outcome = automated.copy(given)
    assert (outcome.outcome, str(outcome.qbo_total)) == ("copied", "107.25 USD")
    edit(automated, outcome.qbo_id)
    automated.application.bring_payments()
    assert versions(waiting(automated)[0]) == {"number": ("2041", "9999"), "total": ("100.00 USD", "107.25 USD")}
    edit(automated, outcome.qbo_id, TxnTaxDetail={"TotalTax": Decimal("5.00")})
    automated.application.bring_payments()
    (work,) = waiting(automated)
    assert versions(work)["total"] == ("100.00 USD", "105.00 USD")
    assert versions(work)["tax"] == ("none (QuickBooks had 7.25 USD at the last copy)", "5.00 USD")
    entry = entry_json(automated.application, work)
    assert (entry["totals"]["onedesk"], entry["totals"]["quickbooks"]) == ("100.00", "105.00")
    held = automated.copy({**given, "memo": "Newer"})
    assert held.outcome == "held" and "OneDesk 107.25" not in held.reason
    assert "tax: OneDesk none (QuickBooks had 7.25 USD at the last copy), QuickBooks 5.00 USD" in held.reason


@pytest.mark.parametrize("looked", [False, True])
def test_the_total_of_onedesk_is_the_newest(us: Desk, invoice: Make, looked: bool) -> None:
    """What would be written, where that version stays: an edit may come to the same total."""
    outcome = us.copy(invoice())
    cheaper(us, outcome.qbo_id)
    edit(us, outcome.qbo_id, DocNumber="9999")
    us.save(invoice(lines=invoice()["lines"][:1], subtotal="160.00", total="160.00"))
    if looked:
        us.application.bring_payments()
        assert versions(waiting(us)[0])["total"] == ("160.00 USD", "250.00 USD")
    held = us.copy(invoice(lines=invoice()["lines"][:1], subtotal="160.00", total="160.00"))
    assert held.outcome == "held" and "total: OneDesk 160.00 USD, QuickBooks 250.00 USD" in held.reason


@pytest.mark.parametrize(("action", "what"), [("void", "voided"), ("delete", "deleted")])
def test_a_voided_or_deleted_invoice_is_noticed(us: Desk, invoice: Make, action: str, what: str) -> None:
    outcome = us.copy(invoice())
    getattr(us.sandbox, action)("Invoice", outcome.qbo_id)
    us.application.bring_payments()
    (work,) = waiting(us)
    assert f"The QuickBooks invoice 2041 (total 310.00 USD) was {what} in QuickBooks." in work.reason
    assert note(us) == work.reason
    with pytest.raises(CannotDecide, match="duplicate the invoice in OneDesk"):
        us.application.settle_change(work.id, "onedesk")
    result = us.application.settle_change(work.id, "quickbooks", "Ada")
    assert result == note(us) == f"The QuickBooks invoice 2041 was {what} in QuickBooks; it stays so, Ada decided."
    us.application.bring_payments()
    assert waiting(us) == []


def test_what_was_voided_on_both_sides_needs_nobody(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.sandbox.void("Invoice", outcome.qbo_id)
    us.application.bring_payments()
    us.host.void("INV-1", ADMIN)
    us.application.bring_payments()
    assert us.application.status().held == 0


@pytest.mark.parametrize("word", ["keep_quickbooks", "overwrite"])
def test_nothing_brings_back_what_was_voided(by_rule: Callable[[str], Desk], invoice: Make, word: str) -> None:
    desk = by_rule(word)
    outcome = desk.copy(invoice())
    desk.sandbox.void("Invoice", outcome.qbo_id)
    desk.application.bring_payments()
    desk.application.drain()
    assert len(waiting(desk)) == (0 if word == "keep_quickbooks" else 1)
    assert "was voided in QuickBooks" in note(desk)
    assert desk.sandbox.read("Invoice", outcome.qbo_id)["TotalAmt"] == 0


def test_a_host_that_does_not_take_the_note_is_notified_again(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    deaf: Any = Deaf(us.host)
    (us.home / "host.json").unlink()  # it is the same host
    other = Application.open(
        us.home, deaf, lambda payment: None, background=False, now=us.clock.now, sleep=us.clock.sleep
    )
    other.bring_payments()
    other.close()
    assert (len(waiting(us)), note(us)) == (1, "")
    us.application.bring_payments()
    assert note(us) == waiting(us)[0].reason


class Deaf:
    """A host that takes no note."""

    def __init__(self, host: EmbeddedHost) -> None:
        self._host = host

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    def add_note(self, invoice_id: str, key: str, text: str) -> None:
        raise RuntimeError("not now")
