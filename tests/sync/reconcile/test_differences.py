"""Reconciling: every kind of difference is found with its cause, and is gone once its remedy was followed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import simplejson
from werkzeug import Request, Response

from onedesk_quickbooks.hooks import Money, Payment, Reversal
from onedesk_quickbooks.plugin.host import bring
from onedesk_quickbooks.plugin.planning.adopt import Asked
from onedesk_quickbooks.plugin.planning.reconcile import Difference, Kept, Own, Pair, compare
from onedesk_quickbooks.plugin.sync.reconcile import listed
from tests.sync.changes.conftest import edit
from tests.sync.conftest import ADMIN, Desk
from tests.sync.payments.conftest import credit, credit_memo
from tests.sync.payments.test_otherwise import dearer, edited_again
from tests.sync.reconcile.conftest import Make, again, foreign, found, kinds, only, reconciled

BRING = "onedesk-quickbooks payments"
RUN = f"Run: {BRING}"


def by_hand(desk: Desk, like: str, **fields: Any) -> str:
    """Somebody enters an invoice in QuickBooks, to the customer of another one; its id."""
    body = desk.sandbox.read("Invoice", like)
    lines = [{key: line[key] for key in line if key != "Id"} for line in body["Line"] if line.get("Id")]
    kept: dict[str, Any] = {
        key: body[key] for key in ("CustomerRef", "TxnDate", "PrivateNote", "CurrencyRef") if key in body
    }
    return str(desk.sandbox.create("Invoice", {**kept, "Line": lines, **fields})["Id"])


def numbers(desk: Desk, number: str) -> list[dict[str, Any]]:
    return [each for each in desk.sandbox.list("Invoice") if each.get("DocNumber") == number]


def settle(desk: Desk, difference: Difference, keep: str) -> None:
    """Follows `queue settle ENTRY` of a remedy."""
    desk.application.bring_payments()
    (work,) = desk.application.changes()
    if "ENTRY" not in difference.remedy:
        assert f"queue settle {work.id} --keep" in difference.remedy
    desk.application.settle_change(work.id, keep)


# Both sides agree


def test_what_was_copied_agrees(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    report = reconciled(us)
    assert (report.agree, report.all) == (1, [])
    assert [(row.what, str(row.onedesk), str(row.quickbooks)) for row in report.sums.amounts] == [
        ("totals", "310.00", "310.00"),
        ("tax", "0", "0"),
        ("open balances", "310.00", "310.00"),
    ]


def test_nothing_is_written_and_the_calls_are_few(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    paid = us.sandbox.pay({us.invoices()[0]["Id"]: "10.00"})
    assert paid
    us.calls()
    reconciled(us)
    assert us.calls() == ["GET query"] * 3, "invoices, payments, and the methods of payment, which are asked for once"


def test_a_period_counts_on_either_side(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    us.copy(invoice(id="INV-2", number="2042", issue_date="2026-08-01", due_date="2026-08-31"))
    july = reconciled(us, first=date(2026, 7, 1), last=date(2026, 7, 31))
    assert [pair.name for pair in july.pairs] == ["2041"]
    qbo_id = july.pairs[0].kept.qbo_id
    edit(us, qbo_id, TxnDate="2026-06-30")
    for first, last in ((date(2026, 7, 1), date(2026, 7, 31)), (date(2026, 6, 1), date(2026, 6, 30))):
        report = reconciled(us, first=first, last=last)
        assert [(each.kind, each.onedesk, each.quickbooks) for each in report.all] == [
            ("date", "2026-07-01", "2026-06-30")
        ]


# Missing on one side


def test_one_that_was_never_copied_is_copied(us: Desk, invoice: Make) -> None:
    us.save(invoice())
    us.host.save(invoice(id="INV-9", number="9", status="draft"))
    report = reconciled(us)
    assert [(each.kind, each.cause, each.remedy) for each in report.all] == [
        ("missing_in_quickbooks", "It was never copied.", "Run: onedesk-quickbooks copy INV-1")
    ]
    assert (str(report.all[0].amount), report.drafts) == ("310.00 USD", 1)
    us.copy(invoice())
    assert kinds(us) == []


def test_one_that_is_held_says_why(us: Desk, invoice: Make) -> None:
    us.copy(invoice(total="311.00"))
    difference = only(us)
    assert (difference.kind, "the total says 311.00; correct the invoice in OneDesk" in difference.cause) == (
        "missing_in_quickbooks",
        True,
    )
    assert again(us, invoice()) == "copied"
    assert kinds(us) == []


def test_one_that_was_entered_in_quickbooks_is_linked_once_onedesk_has_it(us: Desk, invoice: Make) -> None:
    first = us.copy(invoice())
    qbo_id = by_hand(us, first.qbo_id, DocNumber="77", PrivateNote="")
    assert kinds(us) == [], "--ours"
    differences = [each for each in found(us, ours=False) if each.qbo_id == qbo_id]
    assert [(each.kind, each.quickbooks, str(each.amount)) for each in differences] == [
        ("missing_in_onedesk", "310.00 USD", "-310.00 USD")
    ]
    remedy = f"link the two: onedesk-quickbooks adopt ID --pair ID={qbo_id} --yes"
    assert remedy in differences[0].remedy
    us.save(invoice(id="INV-2", number="77"))
    both = found(us, ours=False)
    numbered = [each for each in both if each.name == "77"]
    assert [each.kind for each in numbered] == ["missing_in_quickbooks", "missing_in_onedesk"]
    assert {each.remedy for each in numbered} == {
        "See whether they are the same: onedesk-quickbooks adopt INV-2 (with --yes it links them); if they are not,"
        f" give one of them another number (QuickBooks' has the id {qbo_id})."
    }
    asked = Asked(listed(us.host) or (), frozenset(["INV-2"]))
    assert us.application.adopt(asked, keep=True).adopted == {"INV-2"}
    assert kinds(us) == []
    us.copy(invoice(id="INV-2", number="77"))
    assert kinds(us) == []
    assert len(numbers(us, "77")) == 1, "not doubled"


@pytest.mark.parametrize("ours", [False, True])
def test_one_that_may_be_the_same_under_another_number_is_not_to_be_copied_unseen(
    us: Desk, invoice: Make, ours: bool
) -> None:
    first = us.copy(invoice())
    qbo_id = by_hand(us, first.qbo_id, DocNumber="77", PrivateNote="")
    us.save(invoice(id="INV-2", number="2042"))
    differences = {each.kind: each for each in found(us, ours=ours) if each.name in ("77", "2042")}
    assert list(differences) == ["missing_in_onedesk", "missing_in_quickbooks"]
    assert {each.cause for each in differences.values()} == {
        "OneDesk's invoice 2042 and QuickBooks' 77 have the same customer, date and total, and they are not linked."
    }
    assert {each.remedy for each in differences.values()} == {
        "If they are the same, link them, so that no copy duplicates it: onedesk-quickbooks adopt INV-2 --pair"
        f" INV-2={qbo_id} --yes; if they are not, run: onedesk-quickbooks copy INV-2"
    }
    asked = Asked(listed(us.host) or (), frozenset(["INV-2"]), pairs={"INV-2": qbo_id})
    assert us.application.adopt(asked, keep=True).adopted == {"INV-2"}
    assert [each for each in found(us, ours=ours) if each.name in ("77", "2042")] == []
    us.save(invoice(id="INV-3", number="2043"))
    by_hand(us, first.qbo_id, DocNumber="78", PrivateNote="", TxnDate="2026-07-02")
    assert {each.cause for each in found(us) if each.name == "2043"} == {"It was never copied."}, "another day"


@pytest.mark.parametrize("renumbered", [False, True])
def test_our_mark_without_a_link_is_linked(us: Desk, invoice: Make, renumbered: bool) -> None:
    """Though the marks were read before somebody entered it."""
    like = us.copy(invoice())
    us.save(invoice(id="INV-2", number="2042"))
    number = "99" if renumbered else "2042"
    qbo_id = by_hand(us, like.qbo_id, DocNumber=number, PrivateNote="OneDesk invoice INV-2")
    difference = only(us)
    assert (difference.kind, difference.id, difference.qbo_id) == ("not_linked", "INV-2", qbo_id)
    assert difference.remedy == "Run: onedesk-quickbooks copy INV-2, which links the two."
    assert us.copy(invoice(id="INV-2", number="2042")).qbo_id == qbo_id
    assert kinds(us) == []


def test_our_mark_without_a_link_under_our_number_in_other_letters_is_linked_by_a_copy(us: Desk, invoice: Make) -> None:
    """A copy looks the number up whatever the capitals."""
    like = us.copy(invoice())
    us.save(invoice(id="INV-2", number="A-42"))
    by_hand(us, like.qbo_id, DocNumber="a-42", PrivateNote="OneDesk invoice INV-2")
    assert only(us).remedy == "Run: onedesk-quickbooks copy INV-2, which links the two."
    us.copy(invoice(id="INV-2", number="A-42"))
    assert kinds(us) == []


def test_a_duplicate_in_quickbooks_has_our_mark_and_our_number(us: Desk, invoice: Make) -> None:
    copied = us.copy(invoice())
    second = by_hand(us, copied.qbo_id, DocNumber="2041")
    assert sorted(kinds(us)) == ["duplicate_number", "duplicate_number", "not_linked"]
    (difference,) = [each for each in found(us) if each.kind == "not_linked"]
    assert f"linked to another one (number 2041, id {copied.qbo_id})" in difference.cause
    us.sandbox.delete("Invoice", second)
    assert kinds(us) == []


def test_one_that_was_entered_under_a_number_of_ours_is_reported_whatever_is_left_out(us: Desk, invoice: Make) -> None:
    copied = us.copy(invoice())
    second = by_hand(us, copied.qbo_id, DocNumber="2041", PrivateNote="")
    assert sorted(kinds(us)) == ["duplicate_number", "duplicate_number", "missing_in_onedesk"]
    edit(us, second, DocNumber="7777")
    assert kinds(us) == []


def test_a_number_that_onedesk_has_twice(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    us.save(invoice(id="INV-2"))
    assert sorted(kinds(us)) == ["duplicate_number", "duplicate_number", "missing_in_quickbooks"]
    assert again(us, invoice(id="INV-2", number="2042")) == "copied"
    assert kinds(us) == []


# Void and gone


@pytest.mark.parametrize("did", ["void", "delete"])
def test_gone_in_quickbooks(us: Desk, invoice: Make, did: str) -> None:
    copied = us.copy(invoice())
    getattr(us.sandbox, did)("Invoice", copied.qbo_id)
    difference = only(us)
    assert difference.kind == f"{'void' if did == 'void' else 'delete'}{'ed' if did == 'void' else 'd'}_in_quickbooks"
    us.application.bring_payments()
    (work,) = us.application.changes()
    assert f"queue settle {work.id} --keep quickbooks" in only(us).remedy
    us.application.settle_change(work.id, "quickbooks")
    assert "was accepted on" in only(us).cause
    us.host.void("INV-1", ADMIN)
    assert kinds(us) == []


@pytest.mark.parametrize("did", ["void", "delete"])
def test_gone_in_onedesk(us: Desk, invoice: Make, did: str) -> None:
    copied = us.copy(invoice())
    us.sandbox.pay({copied.qbo_id: "10.00"})
    us.application.bring_payments()
    getattr(us.host, did)("INV-1", ADMIN)
    difference = only(us)
    assert difference.kind == ("voided_in_onedesk" if did == "void" else "deleted_in_onedesk")
    keeps = "Delete it in QuickBooks, or void it there; a void one keeps its number."
    step = "Void it in QuickBooks." if did == "void" else keeps
    (entry,) = us.application.ledger.queue_lists.in_states(us.sandbox.realm_id, ("held",))
    assert difference.remedy == (
        f"Take what was paid off the invoice in QuickBooks. {step} Then: {BRING}, which closes entry {entry.id} of the"
        " queue."
    )
    (payment,) = [row for row in us.sandbox.list("Payment") if str(row["TotalAmt"]) == "10.00"]
    us.sandbox.delete("Payment", payment["Id"])
    us.sandbox.void("Invoice", copied.qbo_id)
    assert kinds(us) == []
    us.application.bring_payments()
    us.drain()
    assert us.application.ledger.queue_lists.in_states(us.sandbox.realm_id, ("todo", "held")) == []


# Changed


def test_changed_in_quickbooks_onedesks_version_is_written_again(us: Desk, invoice: Make) -> None:
    copied = us.copy(invoice())
    line = us.sandbox.read("Invoice", copied.qbo_id)["Line"][0]
    edit(us, copied.qbo_id, DocNumber="9999", TxnDate="2026-07-02", Line=[line])
    differences = {each.kind: each for each in found(us)}
    assert list(differences) == ["number", "date", "total", "content"]
    assert (differences["number"].onedesk, differences["number"].quickbooks) == ("2041", "9999")
    assert (differences["total"].onedesk, differences["total"].quickbooks, str(differences["total"].amount)) == (
        "310.00 USD",
        "160.00 USD",
        "150.00 USD",
    )
    assert "payments, which notes the change" in differences["total"].remedy
    assert differences["content"].cause.startswith("It differs in line 2: OneDesk Move the mail server")
    us.application.bring_payments()
    settle(us, found(us)[0], "onedesk")
    us.drain()
    assert kinds(us) == []


def test_another_customer_in_quickbooks(us: Desk, invoice: Make) -> None:
    copied = us.copy(invoice())
    other = us.sandbox.create("Customer", {"DisplayName": "Somebody else"})
    edit(us, copied.qbo_id, CustomerRef={"value": other["Id"]})
    differences = {each.kind: (each.onedesk, each.quickbooks) for each in found(us)}
    assert differences["customer"] == ("Blue Harbor Ltd", "Somebody else")
    settle(us, found(us)[0], "onedesk")
    us.drain()
    assert kinds(us) == []


@pytest.mark.parametrize("keep", ["onedesk", "quickbooks"])
def test_a_change_that_was_dropped_is_settled_by_the_entry_of_a_copy(us: Desk, invoice: Make, keep: str) -> None:
    copied = us.copy(invoice())
    edit(us, copied.qbo_id, TxnDate="2026-07-02")
    us.application.bring_payments()
    [dropped] = us.application.changes()
    assert us.application.drop([dropped], "later", ADMIN) == 1
    difference = only(us)
    assert f"the entry {dropped.id} of that change was dropped" in difference.cause
    assert difference.remedy.startswith("Run: onedesk-quickbooks copy INV-1, whose entry is held by the change; then ")
    us.copy(invoice())
    [held] = us.application.ledger.queue_lists.in_states(us.sandbox.realm_id, ("held",))
    step = only(us)
    assert f"It is held as entry {held.id}: " in step.cause and "queue settle" in step.cause
    us.application.settle_change(held.id, keep)
    us.drain()
    assert us.invoices()[0]["TxnDate"] == ("2026-07-01" if keep == "onedesk" else "2026-07-02")
    left = found(us)
    assert [each.kind for each in left] == ([] if keep == "onedesk" else ["date"])
    assert all(each.cause.startswith("QuickBooks' version was accepted on ") for each in left)


@pytest.mark.parametrize("newer", [False, True])
def test_a_held_copy_of_the_same_version_is_no_change_in_onedesk(us: Desk, invoice: Make, newer: bool) -> None:
    edit(us, us.copy(invoice()).qbo_id)
    assert us.copy(invoice(issue_date="2026-07-03") if newer else invoice()).outcome == "held"
    causes = {each.kind: each.cause for each in found(us)}
    assert causes["number"].startswith("It was changed in QuickBooks since it was copied.")
    assert ("It was changed in OneDesk as well." in causes["number"]) is newer


@pytest.mark.parametrize("number", ["9999", "2041"])
def test_what_was_accepted_is_shown_with_the_version_of_onedesk_of_that_time(
    us: Desk, invoice: Make, number: str
) -> None:
    """It was edited in OneDesk between the note on the change and the decision: to be alike, or not."""
    copied = us.copy(invoice())
    edit(us, copied.qbo_id, DocNumber="9999", CustomerMemo={"value": "There"})
    us.application.bring_payments()
    us.host.save({**invoice(memo="There", number=number), "status": "open"})
    (work,) = us.application.changes()
    us.application.settle_change(work.id, "quickbooks", "Ada")
    assert us.host.act("INV-1", "quickbooks.copy", ADMIN)
    assert us.outcome("INV-1").outcome == "unchanged"
    left = [(each.kind, each.onedesk, each.quickbooks) for each in found(us)]
    assert left == ([] if number == "9999" else [("number", "2041", "9999")])


def test_a_change_that_a_copy_has_found_first_is_shown_once_it_was_accepted(us: Desk, invoice: Make) -> None:
    copied = us.copy(invoice())
    edit(us, copied.qbo_id, TxnDate="2026-07-02")
    us.copy(invoice(memo="Newer"))
    [held] = us.application.ledger.queue_lists.in_states(us.sandbox.realm_id, ("held",))
    assert held.action == "copy"
    us.application.settle_change(held.id, "quickbooks")
    us.drain()
    shown = {each.kind: each.cause for each in found(us)}
    assert shown["date"].startswith("QuickBooks' version was accepted on ")


def test_an_edit_that_was_accepted_says_so_until_both_are_the_same(us: Desk, invoice: Make) -> None:
    copied = us.copy(invoice())
    line = us.sandbox.read("Invoice", copied.qbo_id)["Line"][0]
    edit(us, copied.qbo_id, Line=[line])
    settle(us, found(us)[0], "quickbooks")
    us.drain()
    differences = found(us)
    assert differences[0].kind == "total" and all("was accepted on" in each.cause for each in differences)
    one = invoice()
    us.predicts = False
    assert again(us, {**one, "lines": one["lines"][:1], "subtotal": "160.00", "total": "160.00"}) == "unchanged"
    assert kinds(us) == []


def test_changed_in_onedesk_is_copied_again(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    newer = invoice(number="2050", issue_date="2026-07-03", total="320.00", subtotal="320.00")
    newer["lines"][0].update(unit_price="85.00", amount="170.00")
    us.host.reopen("INV-1", ADMIN)
    us.host.edit("INV-1", {**newer, "status": "draft"}, ADMIN)
    assert {each.cause for each in found(us)} == {"It is back in Draft in OneDesk."}
    us.host.open_invoice("INV-1", ADMIN)
    assert {each.kind: (each.onedesk, each.quickbooks) for each in found(us)} == {
        "number": ("2050", "2041"),
        "date": ("2026-07-03", "2026-07-01"),
        "total": ("320.00 USD", "310.00 USD"),
    }
    assert {each.remedy for each in found(us)} == {"Run: onedesk-quickbooks copy INV-1"}
    us.copy(newer)
    assert kinds(us) == []


@pytest.mark.parametrize("noted", [True, False])
@pytest.mark.parametrize(("rule", "outcome"), [("hold", "held"), ("overwrite", "updated")])
def test_an_edit_in_quickbooks_of_what_is_back_in_draft(
    desks: Callable[..., Desk], invoice: Make, rule: str, outcome: str, noted: bool
) -> None:
    """No look for payments asks anybody about it, and a Draft is not copied."""
    desk = desks(rules=f"version: 1\ninvoices: {{when_changed_in_quickbooks: {rule}}}\n")
    desk.connect()
    qbo_id = desk.copy(invoice()).qbo_id
    if noted and rule == "hold":
        edit(desk, qbo_id)
        desk.application.bring_payments()
    desk.host.reopen("INV-1", ADMIN)
    if not (noted and rule == "hold"):
        edit(desk, qbo_id)
    if noted:
        desk.application.bring_payments()
        desk.drain()
    difference = only(desk)
    assert difference.cause == "It was changed in QuickBooks since it was copied. It is back in Draft in OneDesk."
    assert difference.remedy == "Open it in OneDesk, then: onedesk-quickbooks copy INV-1"
    desk.host.open_invoice("INV-1", ADMIN)
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    assert desk.outcome("INV-1").outcome == outcome
    if outcome == "held":
        (work,) = desk.application.to_choose()
        left = only(desk)
        assert f"queue settle {work.id} --keep onedesk|quickbooks" in left.cause + left.remedy
    else:
        assert kinds(desk) == []


def test_an_edit_that_the_next_copy_writes_over(desks: Callable[..., Desk], invoice: Make) -> None:
    """It was a Draft when that was seen, and nothing has copied it since."""
    desk = desks(rules="version: 1\ninvoices: {when_changed_in_quickbooks: overwrite}\n")
    desk.connect()
    qbo_id = desk.copy(invoice()).qbo_id
    desk.host.reopen("INV-1", ADMIN)
    edit(desk, qbo_id)
    desk.application.bring_payments()
    desk.host.open_invoice("INV-1", ADMIN)
    desk.drain()
    difference = only(desk)
    assert "OneDesk's version is not written again yet" in difference.cause
    assert difference.remedy == "Run: onedesk-quickbooks copy INV-1"
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    assert (desk.outcome("INV-1").outcome, kinds(desk)) == ("updated", [])


@pytest.mark.parametrize("later", [False, True])
def test_what_was_edited_before_it_was_tried_again_agrees(us: Desk, invoice: Make, later: bool) -> None:
    """The entry was asked for with another version: held, then corrected in OneDesk; or e-mailed on a later day."""
    dated: dict[str, Any] = {"send_after": (us.clock.now() + timedelta(days=3)).date().isoformat()} if later else {}
    right = {**invoice(), **dated}
    lines = [{**right["lines"][0], "description": "Corrected"}, *right["lines"][1:]]
    newer = {**right, "memo": "Corrected", "lines": lines}
    first = us.send(right if later else {**right, "total": "311.00"})
    assert first.outcome == ("copied" if later else "held")
    bring(us.host, newer, ADMIN)
    if later:
        us.clock.sleep(4 * 86400)
    else:
        (held,) = us.application.ledger.queue_lists.in_states(us.sandbox.realm_id, ("held",))
        assert us.application.retry(held.id)
    assert us.outcome("INV-1").outcome == "sent"
    assert kinds(us) == []
    [state] = us.application.invoice_states([us.shown("INV-1").json])
    assert state.now != "changed"
    (seen,) = us.application.ledger.queue_lists.seen(us.sandbox.realm_id)
    assert seen.invoice["memo"] == "Corrected", "rules are replayed over it"


def test_a_copy_that_was_dropped_is_no_copy(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    newer = invoice(number="2050", issue_date="2026-07-03", total="311.00")
    assert again(us, newer) == "held"
    (work,) = us.application.ledger.queue_lists.in_states(us.sandbox.realm_id, ("held",))
    assert us.application.ledger.queue.drop(work.id, "later")
    differences = {each.kind: each for each in found(us)}
    assert list(differences) == ["number", "date", "total"]
    assert differences["total"].cause == f"Its entry {work.id} was dropped: later."
    us.predicts = False
    assert again(us, invoice()) == "unchanged"
    assert kinds(us) == []


def test_one_that_moves_to_another_customer_in_onedesk(us: Desk, invoice: Make) -> None:
    copied = us.copy(invoice())
    moved = invoice(customer={"id": "C-8", "name": "Grey Harbor Ltd"})
    us.host.reopen("INV-1", ADMIN)
    us.host.edit("INV-1", {**moved, "status": "draft"}, ADMIN)
    us.host.open_invoice("INV-1", ADMIN)
    difference = only(us)
    assert (difference.kind, difference.onedesk, difference.quickbooks) == (
        "customer",
        "Grey Harbor Ltd",
        "Blue Harbor Ltd",
    )
    assert us.copy(moved).outcome == "held"
    difference = only(us)
    assert (difference.kind, difference.onedesk, difference.quickbooks) == (
        "customer",
        "Grey Harbor Ltd",
        "Blue Harbor Ltd",
    )
    other = us.sandbox.create("Customer", {"DisplayName": "Somebody else"})
    edit(us, copied.qbo_id, CustomerRef={"value": other["Id"]})
    differences = {each.kind: (each.onedesk, each.quickbooks) for each in found(us)}
    assert differences["customer"] == ("Grey Harbor Ltd", "Somebody else")
    new = us.sandbox.create("Customer", {"DisplayName": "Grey Harbor Ltd"})
    edit(us, copied.qbo_id, CustomerRef={"value": new["Id"]})
    assert "customer" not in kinds(us)
    us.predicts = False
    us.copy(moved)
    assert kinds(us) == []


def test_what_quickbooks_answers_wrongly_concerns_one_invoice(desks: Callable[..., Desk], invoice: Make) -> None:
    bad: list[str] = []

    def tamper(request: Request, response: Response) -> Response:
        for qbo_id in bad:
            body = response.get_data(as_text=True)
            if "QueryResponse" in body:
                answer = simplejson.loads(body, use_decimal=True)
                for row in answer.get("QueryResponse", {}).get("Invoice", ()):
                    row["TotalAmt"] = "much" if row["Id"] == qbo_id else row["TotalAmt"]
                response.set_data(simplejson.dumps(answer, use_decimal=True))
        return response

    desk = desks(tamper=tamper)
    desk.connect()
    bad.append(desk.copy(invoice()).qbo_id)
    desk.copy(invoice(id="INV-2", number="2042"))
    difference = only(desk)
    assert (difference.kind, difference.id, difference.name) == ("unreadable", "INV-1", "2041")
    assert difference.remedy == "Open the invoice in QuickBooks, correct it and save it."


# Paid


def test_a_payment_that_was_not_brought_back(us: Desk, invoice: Make) -> None:
    copied = us.copy(invoice())
    us.sandbox.pay({copied.qbo_id: "100.00"})
    difference = only(us)
    assert (difference.kind, difference.quickbooks, str(difference.amount), difference.remedy) == (
        "payment",
        "payment: 100.00 USD",
        "-100.00 USD",
        RUN,
    )
    assert [(row.what, str(row.difference)) for row in reconciled(us).sums.settled] == [("payments", "-100.00 USD")]
    us.application.bring_payments()
    assert kinds(us) == []


def test_a_credit_and_a_deposit_that_were_not_brought_back(us: Desk, invoice: Make) -> None:
    copied = us.copy(invoice())
    memo = credit_memo(us, copied.qbo_id, "30.00", "CM-7")
    credit(us, copied.qbo_id, memo, "30.00")
    edit(us, copied.qbo_id, Deposit=Decimal("40.00"))
    assert [(each.kind, each.quickbooks) for each in found(us)] == [
        ("credit", "credit memo CM-7: 30.00 USD"),
        ("deposit", "deposit on the invoice: 40.00 USD"),
    ]
    us.application.bring_payments()
    assert kinds(us) == []


def test_a_payment_that_the_rules_leave_out(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules="version: 1\npayments: {apply: [sent]}\n")
    desk.connect()
    copied = desk.copy(invoice())
    desk.sandbox.pay({copied.qbo_id: "100.00"})
    desk.application.bring_payments()
    difference = only(desk)
    assert "The rules leave the payment out (payments.apply or payments.direction)" in difference.cause


@pytest.mark.parametrize("where", ["us", "au"])
def test_what_the_rules_leave_out_agrees_once_people_have_recorded_it(
    desks: Callable[..., Desk], invoice: Make, where: str
) -> None:
    """The remedy works; another amount stays listed on both sides."""
    taxes, currency = ("{otherwise: none}", "USD") if where == "us" else ("{otherwise: {code: GST free}}", "AUD")
    desk = desks(where, rules=f"version: 1\npayments: {{direction: host}}\ntaxes: {taxes}\n")
    desk.connect()
    copied = desk.copy(invoice(currency=currency))
    desk.sandbox.pay({copied.qbo_id: "100.00"})
    desk.application.bring_payments()
    assert "record it there by hand" in only(desk).remedy
    for number, amount in (("own-1", "90.00"), ("own-2", "100.00")):
        left = Money(Decimal("310.00") - Decimal(amount), currency)
        by_hand = Payment(number, "INV-1", Money(Decimal(amount), currency), left, date(2026, 7, 9))
        desk.host.record_payment(by_hand)
        if number == "own-1":
            assert kinds(desk) == ["payment", "payment"]
            desk.host.reverse_payment(Reversal(number, "INV-1", Money(Decimal("310.00"), currency), "wrong"))
    assert kinds(desk) == []


def test_a_payment_in_onedesk_alone(us: Desk, invoice: Make) -> None:
    copied = us.copy(invoice())
    amount = Money(Decimal("100.00"), "USD")
    us.host.record_payment(Payment("own-1", "INV-1", amount, Money(Decimal("210.00"), "USD"), date(2026, 7, 9)))
    difference = only(us)
    assert (difference.kind, difference.onedesk, difference.quickbooks) == ("payment", "payment: 100.00 USD", "none")
    assert difference.remedy.startswith(
        "Receive 100.00 USD on invoice 2041 in QuickBooks, run onedesk-quickbooks payments"
    )
    us.sandbox.pay({copied.qbo_id: "100.00"})
    us.application.bring_payments()
    us.host.reverse_payment(Reversal("own-1", "INV-1", Money(Decimal("210.00"), "USD"), "entered twice"))
    assert kinds(us) == []


def test_a_payment_that_was_taken_back_in_quickbooks(us: Desk, invoice: Make) -> None:
    copied = us.copy(invoice())
    paid = us.sandbox.pay({copied.qbo_id: "100.00"})
    us.application.bring_payments()
    us.sandbox.delete("Payment", paid["Id"])
    difference = only(us)
    assert ("is no longer in QuickBooks" in difference.cause, difference.remedy) == (True, RUN)
    us.application.bring_payments()
    assert kinds(us) == []


def test_paid_in_onedesk_without_a_payment(us: Desk, invoice: Make) -> None:
    copied = us.copy(invoice())
    us.host.save(invoice(status="paid"))
    difference = only(us)
    assert (difference.kind, difference.onedesk, difference.quickbooks) == ("balance", "0.00 USD", "310.00 USD")
    assert difference.remedy == f"Receive 310.00 USD on invoice 2041 in QuickBooks, then: {BRING}"
    us.sandbox.pay({copied.qbo_id: "310.00"})
    us.application.bring_payments()
    assert kinds(us) == []


def test_what_is_prepaid_is_recorded_in_quickbooks(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules="version: 1\ntotals: {prepaid: note}\n")
    desk.connect()
    copied = desk.copy(invoice(prepaid="60.00", payable="250.00"))
    difference = only(desk)
    assert (difference.kind, str(difference.amount)) == ("balance", "-60.00 USD")
    assert difference.cause == "OneDesk has 60.00 USD prepaid, which QuickBooks' invoice has not (rules: totals)."
    desk.sandbox.pay({copied.qbo_id: "60.00"})
    desk.application.bring_payments()
    assert kinds(desk) == []


def test_what_is_prepaid_counts_where_the_payable_amount_is_not_stated(
    desks: Callable[..., Desk], invoice: Make
) -> None:
    desk = desks(rules="version: 1\ntotals: {prepaid: deposit}\n")
    desk.connect()
    desk.copy(invoice(prepaid="50.00"))
    desk.application.bring_payments()
    assert str(desk.shown("INV-1").balance) == "260.00 USD"
    assert (kinds(desk), [each.kind for each in foreign(desk).all]) == ([], [])


def test_an_edit_below_what_was_paid_is_no_difference_of_the_balance(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    us.sandbox.pay({qbo_id: "200.00"})
    us.application.bring_payments()
    us.save(invoice(lines=invoice()["lines"][:1], total="160.00"))
    assert "total" in kinds(us) and "balance" not in kinds(us)


def test_one_that_is_changed_after_the_entry_of_an_edit_was_replaced(us: Desk, invoice: Make) -> None:
    """The entry is about the edit before, which was taken back: nobody has decided about this one."""
    us.sandbox.pay({us.copy(invoice()).qbo_id: "100.00"})
    us.application.bring_payments()
    for edited in (dearer(invoice), invoice(), invoice(issue_date="2026-07-03")):
        edited_again(us, edited)
        us.clock.sleep(31)
        us.drain()
    (replaced,) = us.application.ledger.queue_lists.in_states(us.sandbox.realm_id, ("replaced",))
    assert (replaced.action, replaced.outcome) == ("copy", None)
    difference = {each.kind: each for each in found(us)}["date"]
    assert (difference.cause, difference.remedy) == (
        "It was changed in OneDesk since it was copied.",
        "Run: onedesk-quickbooks copy INV-1",
    )


@pytest.mark.parametrize("state", ["dropped", "replaced"])
def test_one_that_quickbooks_does_not_have_after_its_entry_has_left_the_queue(state: str) -> None:
    own = Own("INV-1", "2041", "open", date(2026, 7, 1), "USD", "Blue Harbor Ltd", Decimal("310.00"))
    [[difference]] = compare([Pair(own, None, Kept(state=state, entry=7, reason="why"))]).values()
    assert (difference.kind, difference.cause) == ("missing_in_quickbooks", f"Its entry 7 was {state}: why.")
    assert "run: onedesk-quickbooks copy INV-1; or" in difference.remedy
