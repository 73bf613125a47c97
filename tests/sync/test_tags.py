"""The host's tag says how an invoice stands, and its link leads to QuickBooks whatever else is said of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from onedesk_quickbooks.plugin.host import EmbeddedHost, bring
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.state import TAGS
from onedesk_quickbooks.plugin.sync.host_notes import (
    COPIED,
    DIFFERS,
    HELD,
    SENT,
    SKIPPED,
    VOIDED,
    WAITING,
    note,
    tag_of,
)
from tests.sync.conftest import ADMIN, Desk

Make = Callable[..., dict[str, Any]]


def tag(desk: Desk, qbo_id: str = "") -> str:
    """The one tag; it must lead to the invoice in QuickBooks where there is one."""
    ((name, link),) = desk.shown("INV-1").tags.items()
    assert link.endswith(f"/app/invoice?txnId={qbo_id}") if qbo_id else link == "", link
    assert name in TAGS.values()
    return name


def ask(desk: Desk, **fields: Any) -> None:
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)


def test_copied_sent_and_copied_again(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    assert tag(us, qbo_id) == COPIED
    us.send(invoice())
    assert tag(us, qbo_id) == SENT
    assert us.copy(invoice()).outcome == "unchanged"
    assert tag(us, qbo_id) == SENT, "nothing is newer than what was e-mailed"
    assert us.copy(invoice(memo="Anew.")).outcome == "updated"
    assert tag(us, qbo_id) == COPIED, "this version was not e-mailed"


def test_waiting_while_quickbooks_cannot_be_asked(us: Desk, invoice: Make) -> None:
    us.sandbox.faults.inject(fault="http_503", path="", count=0)
    us.save(invoice())
    ask(us)
    us.application.drain(patience=timedelta(0))
    assert tag(us) == WAITING
    us.sandbox.faults.clear()
    us.clock.sleep(600)
    (done,) = us.application.drain()
    assert tag(us, done.qbo_id) == COPIED
    us.sandbox.faults.inject(fault="http_503", path="", count=0)
    us.save(invoice(memo="Anew."))
    ask(us)
    us.application.drain(patience=timedelta(0))
    assert tag(us, done.qbo_id) == WAITING, "the link stays"


def test_held_before_and_after_it_was_copied(us: Desk, invoice: Make) -> None:
    assert us.copy(invoice(currency="EUR")).outcome == "held"
    assert tag(us) == HELD
    qbo_id = us.copy(invoice()).qbo_id
    assert us.copy(invoice(currency="EUR")).outcome == "held"
    assert tag(us, qbo_id) == DIFFERS, "QuickBooks has the version before"


@pytest.mark.parametrize("how", ["void", "delete"])
def test_void_on_both_sides(us: Desk, invoice: Make, how: str) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    us.host.void("INV-1", ADMIN)
    us.application.bring_payments()
    getattr(us.sandbox, how)("Invoice", qbo_id)
    us.application.bring_payments()
    shown = us.host.invoice("INV-1")
    assert shown is not None and shown.notes.get("quickbooks", "") == ""
    assert list(shown.tags) == (["Voided in QuickBooks"] if how == "void" else [])
    assert us.application.status().held == 0


@pytest.mark.parametrize("how", ["edit", "void", "delete"])
def test_what_somebody_did_in_quickbooks_is_seen(us: Desk, invoice: Make, how: str) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    if how == "edit":
        us.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9999"})
    else:
        getattr(us.sandbox, how)("Invoice", qbo_id)
    us.application.bring_payments()
    assert tag(us, "" if how == "delete" else qbo_id) == DIFFERS


@pytest.mark.parametrize(("send", "wanted"), [(False, COPIED), (True, SENT)])
def test_an_edit_that_is_taken_back_is_seen_as_well(us: Desk, invoice: Make, send: bool, wanted: str) -> None:
    qbo_id = (us.send if send else us.copy)(invoice()).qbo_id
    us.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9999"})
    us.application.bring_payments()
    us.sandbox.edit("Invoice", qbo_id, {"DocNumber": "2041"})
    us.application.bring_payments()
    assert tag(us, qbo_id) == wanted


def test_onedesks_version_that_is_written_again_is_copied(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    us.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9999"})
    us.application.bring_payments()
    (work,) = us.application.changes()
    us.application.settle_change(work.id, "onedesk", ADMIN)
    us.application.drain()
    assert tag(us, qbo_id) == COPIED


def made(outcome: str, **more: Any) -> Outcome:
    return Outcome("INV-1", "send", outcome, qbo_id="48", qbo_number="2041", **more)


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


@pytest.mark.parametrize(
    ("outcome", "wanted"),
    [
        (made("sent", total=usd("100.00"), qbo_total=usd("107.25")), SENT),
        (made("copied", total=usd("100.00"), qbo_total=usd("107.25")), COPIED),
        (made("held", total=usd("100.00"), qbo_total=usd("107.25")), DIFFERS),
        (made("held", total=usd("100.00"), qbo_total=usd("100.00")), HELD),
        (made("held", total=usd("100.00")), DIFFERS),
        (made("failed"), DIFFERS),
        (Outcome("INV-1", "copy", "held", total=usd("100.00")), HELD),
        (Outcome("INV-1", "copy", "failed"), HELD),
        (made("skipped", total=usd("100.00")), SKIPPED),
        (Outcome("INV-1", "copy", "skipped"), SKIPPED),
    ],
)
def test_the_tag_of_an_outcome(outcome: Outcome, wanted: str) -> None:
    assert tag_of(outcome, None) == wanted


def test_the_note_says_one_thing(desks: Callable[..., Desk], invoice: Make) -> None:
    """It was e-mailed over another total, which the rules let pass: no word of not being e-mailed."""
    desk = desks("gb", rules="version: 1\ntaxes: {otherwise: {code: 20.0% S}}\ntotals: {when_different: note}\n")
    desk.connect()
    outcome = desk.send(invoice(currency="GBP"))
    assert outcome.outcome == "sent"
    note_text = desk.shown("INV-1").notes["quickbooks"]
    assert note_text.startswith("QuickBooks e-mailed invoice 2041 to ada@blueharbor.example. ")
    assert "372.00 GBP" in note_text and "310.00 GBP" in note_text
    assert "not e-mailed" not in note_text and "it was copied" not in note_text


def test_what_failed_after_it_was_copied_is_not_said_to_be_uncopied() -> None:
    assert note(made("failed", reason="See the log."), "") == (
        "The invoice in QuickBooks was not updated: See the log."
    )
    assert note(Outcome("INV-1", "copy", "failed", "See the log."), "") == "Not copied to QuickBooks: See the log."


class Noting(EmbeddedHost):
    """A host that keeps which notes it had when a tag was set."""

    seen: dict[str, list[str]]

    def set_tag(self, invoice_id: str, tag: str, link: str) -> None:
        shown = self.invoice(invoice_id)
        self.seen.setdefault(tag, []).extend(shown.notes.values() if shown else ())
        super().set_tag(invoice_id, tag, link)


@pytest.mark.parametrize("end", ["held", "voided"])
def test_who_sees_the_tag_finds_the_note(desks: Callable[..., Desk], invoice: Make, end: str) -> None:
    us = desks(rules="version: 1\ninvoices: {on_void: void}\n")
    us.connect()
    us.copy(invoice())
    us.restart(Noting)
    assert isinstance(us.host, Noting)
    seen: dict[str, list[str]] = {}
    us.host.seen = seen
    if end == "held":
        held = us.copy(invoice(currency="EUR"))
        assert seen[DIFFERS] == [note(held, "")]
    else:
        us.host.void("INV-1", ADMIN)
        us.application.drain()
        assert seen[VOIDED] == ["Invoice 2041 was voided in QuickBooks."]


@pytest.mark.parametrize("what", ["void", "delete"])
@pytest.mark.parametrize("by", ["rule", "person", "undecided"])
def test_the_facts_say_that_it_is_gone(desks: Callable[..., Desk], invoice: Make, what: str, by: str) -> None:
    """Beside when it was copied and sent; a new copy begins again."""
    us = desks(rules="version: 1\ninvoices: {on_void: void, on_delete: delete}\n")
    us.connect()
    qbo_id = us.send(invoice()).qbo_id
    if by == "rule":
        getattr(us.host, what)("INV-1", ADMIN)
        us.drain()
    else:
        getattr(us.sandbox, what)("Invoice", qbo_id)
        us.application.bring_payments()
    for work in us.application.changes() if by == "person" else ():
        us.application.settle_change(work.id, "quickbooks", ADMIN)
    [state] = us.application.invoice_states([invoice()])
    facts = [(each.kind, each.text, each.at) for each in state.facts if each.kind != "why"]
    assert [kind for kind, _, _ in facts] == ["copied", "sent", "gone"]
    times = [at for _, _, at in facts if at]
    assert len(times) == 3 and times == sorted(times)
    assert facts[-1][1] == ("Voided in QuickBooks" if what == "void" else "Deleted in QuickBooks")
    assert state.now == ("held" if by == "undecided" else "")
    story = us.application.story("INV-1")
    assert story is not None and [each.kind for each in story.facts if each.kind != "why"] == ["copied", "sent", "gone"]
    if (what, by) == ("delete", "rule"):
        assert us.copy(invoice()).outcome == "copied"
        [state] = us.application.invoice_states([invoice()])
        assert "gone" not in [each.kind for each in state.facts]


@pytest.mark.parametrize(("before", "sent"), [(0, False), (1, False), (2, False), (1, True)])
def test_what_was_held_and_is_opened_again_shows_no_reason_that_is_gone(
    us: Desk, invoice: Make, before: int, sent: bool
) -> None:
    """Held as new, or as changed since its copy; reopened, corrected and opened before the plugin's turn."""
    qbo_id = (us.send if sent else us.copy)(invoice()).qbo_id if before else ""
    assert us.copy(invoice(total="999.00")).outcome == "held"
    assert tag(us, qbo_id) == (DIFFERS if before else HELD)
    for _ in range(max(before, 1)):
        us.host.reopen("INV-1", ADMIN)
        us.save(invoice())
    us.clock.sleep(40)
    us.drain()
    assert us.shown("INV-1").notes == {}
    if before:
        assert tag(us, qbo_id) == (SENT if sent else COPIED)
    else:
        assert us.shown("INV-1").tags == {}
    assert us.application.ledger.queue_lists.in_states(us.sandbox.realm_id, ("todo", "held")) == []


@pytest.mark.parametrize("then", ["draft", "corrected", "as edited"])
def test_the_note_of_an_edit_goes_when_the_invoice_is_reopened(us: Desk, invoice: Make, then: str) -> None:
    """Edited while it was paid in part, reopened, and perhaps opened again before the plugin's turn."""
    qbo_id = us.copy(invoice()).qbo_id
    us.sandbox.pay({qbo_id: "100.00"})
    us.application.bring_payments()
    lines = [{"id": "1", "service_type": "Support", "amount": "400.00"}]
    edited = invoice(lines=lines, subtotal="400.00", total="400.00")
    bring(us.host, edited, ADMIN)
    us.drain()
    (note,) = us.shown("INV-1").notes.values()
    assert "is now 400.00 USD in OneDesk" in note and tag(us, qbo_id) == DIFFERS
    us.host.reopen("INV-1", ADMIN)
    if then != "draft":
        us.save(invoice() if then == "corrected" else edited)
    assert us.drain() == []
    if then == "as edited":
        assert us.shown("INV-1").notes["quickbooks"] == note and tag(us, qbo_id) == DIFFERS
    else:
        assert us.shown("INV-1").notes == {} and tag(us, qbo_id) == COPIED
    held = us.application.ledger.queue_lists.in_states(us.sandbox.realm_id, ("held",))
    assert len(held) == (then == "as edited")


@pytest.mark.parametrize(("field", "to", "word"), [("id", "C-8", "changed"), ("phone", "555 0199", "")])
def test_an_invoice_for_another_customer_is_changed_since_its_copy(
    us: Desk, invoice: Make, field: str, to: str, word: str
) -> None:
    us.copy(invoice())
    source = invoice(customer={**invoice()["customer"], field: to})
    [state] = us.application.invoice_states([source])
    assert (state.now, "changed" in [each.kind for each in state.facts]) == (word, bool(word))


def test_one_of_which_only_the_id_is_given_is_not_said_to_be_changed(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    for given in ({"id": "INV-1"}, {"id": "INV-1", "status": "open", "number": "2041", "total": "310.00"}):
        [state] = us.application.invoice_states([given])
        assert (state.now, [each.kind for each in state.facts]) == ("", ["copied"])


def test_the_invoices_of_a_list_may_be_a_generator(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    [[state]] = us.host.plugins.hook.invoice_states(invoices=(each for each in [invoice()]))
    assert [each.kind for each in state.facts] == ["copied"]
