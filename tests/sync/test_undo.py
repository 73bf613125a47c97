"""What a run has made in QuickBooks is taken back where nobody has touched it; the rest stays, each with its reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
import requests

from onedesk_quickbooks.plugin.ledger import UNDO, Work
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.sync.errors import CannotUndo
from onedesk_quickbooks.plugin.sync.reconcile import listed
from onedesk_quickbooks.plugin.sync.undo import Report, Row
from tests.sync.adopt.conftest import adopt, enter
from tests.sync.adopt.conftest import look as adopt_look
from tests.sync.conftest import ADMIN, Desk
from tests.sync.payments.conftest import Make
from tests.sync.test_credit_notes import amounts, by_rule, credit, in_country, memos, payments
from tests.sync.test_hostile_answers import OF_VOIDS, ONCE, Tampering, tampering
from tests.sync.test_undone_by_rule import COMPANIES, rules, there

__all__ = ["by_rule", "tampering"]

RUN, ADA = "aaaa1111", "ada, command line"


def run(desk: Desk, *invoices: dict[str, Any], name: str = RUN, action: str = "copy") -> list[Outcome]:
    """A `copy` or `send` of these, as a command."""
    with desk.application.as_command(name, action, ADA):
        for each in invoices:
            desk.save(each)
            if action == "copy":
                assert desk.host.act(each["id"], "quickbooks.copy", ADMIN)
            else:
                assert desk.host.send(each["id"], ADMIN)
        return desk.drain()


def look(desk: Desk, action: str = "delete", name: str = RUN) -> Report:
    return desk.application.look_at_run(name, action, ADA)


def carry_out(desk: Desk, report: Report, name: str = "bbbb2222") -> tuple[list[Outcome], list[Row]]:
    """Does what the plan shows; the outcomes, and what was not asked for."""
    outcomes: list[Outcome] = []
    left: list[Row] = []
    with desk.application.as_command(name, "undo", ADA, undoes=report.run.name, deed=report.action):
        desk.application.undo(report, ADA, outcomes.append, left.append)
    return outcomes, left


def undo(desk: Desk, action: str = "delete", name: str = RUN) -> list[Outcome]:
    report = look(desk, action, name)
    outcomes, left = carry_out(desk, report)
    assert left == [] and [each.id for each in outcomes] == [each.id for each in report.ready]
    return outcomes


def kinds(report: Report) -> dict[str, str]:
    return {each.id: each.kind for each in report.rows}


def entries(desk: Desk, *states: str) -> list[Work]:
    return desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, states or ("todo", "held", "failed"))


@pytest.mark.parametrize("action", ["delete", "void"])
@pytest.mark.parametrize("company", [*COMPANIES, "qc", "gb"])
def test_undone_in_several_countries(desks: Callable[..., Desk], invoice: Make, company: str, action: str) -> None:
    places = {
        **COMPANIES,
        "qc": ("ca", "CAD", "CA", "{by_country: {CA: {QC: GST/QST QC - 9.975, default: hold}}, otherwise: hold}", "QC",
               "356.42"),
        "gb": ("gb", "GBP", "GB", "{by_country: {GB: 20.0% S}, otherwise: hold}", "", "310.00"),
    }  # fmt: skip
    sandbox, currency, country, taxes, region, total = places[company]
    desk = desks(sandbox, rules=rules({"on_open": "offer"}, taxes))
    desk.connect(tax_code="California" if company == "us" else None)
    address = {"line1": "1 Quay", "country": country, **({"region": region} if region else {})}
    given = invoice(currency=currency, customer={"id": "C-9", "name": "Lark", "address": address}, total=total)
    del given["subtotal"]
    if company == "gb":
        given |= {"amounts_include_tax": True, "taxes": [{"name": "VAT", "amount": "51.67"}]}
    else:
        given["taxes"] = [{"name": "Tax", "amount": str(Decimal(total) - 310)}]
    given["lines"] = [{**each, "taxable": True} for each in given["lines"]]
    [copied] = run(desk, given)
    assert (copied.outcome, str(copied.qbo_total), copied.reason) == ("copied", f"{total} {currency}", "")
    report = look(desk, action)
    [row] = report.rows
    assert (row.kind, row.qbo_id, str(row.total), row.reason) == (action, copied.qbo_id, f"{total} {currency}", "")
    assert report.fine and [str(each) for each in report.sums] == [f"{total} {currency}"]
    assert {(each.kind, each.name) for each in report.records} >= {("customer", "Lark")}
    [came] = undo(desk, action)
    assert (came.action, came.outcome, came.reason) == ("undo", "deleted" if action == "delete" else "voided", "")
    assert there(desk, copied.qbo_id) == (None if action == "delete" else ("0", "Voided"))
    assert entries(desk) == []
    desk.calls()
    assert desk.application.bring_payments() == [] and desk.application.changes() == []
    assert entries(desk) == []
    shown = desk.shown("INV-1")
    assert list(shown.tags) == ([] if action == "delete" else ["Differs from QuickBooks"])
    did = "deleted" if action == "delete" else "voided"
    assert shown.notes["quickbooks"].startswith(f"Invoice 2041 was {did} in QuickBooks: the run {RUN} was undone.")


@pytest.mark.parametrize("action", ["delete", "void"])
def test_done_twice_is_done_once(us: Desk, invoice: Make, action: str) -> None:
    [copied] = run(us, invoice())
    undo(us, action)
    before = there(us, copied.qbo_id)
    again = look(us, action)
    [row] = again.rows
    assert row.kind == "gone" and again.ready == [] and again.fine
    assert f"was {'deleted' if action == 'delete' else 'voided'} there already" in row.reason
    assert carry_out(us, again, "cccc3333") == ([], []) and there(us, copied.qbo_id) == before


def test_several_of_which_some_stay(us: Desk, invoice: Make) -> None:
    """Paid, also in part; e-mailed; edited in QuickBooks; written again since; not made by it; gone there."""
    made = [invoice(id=f"INV-{each}", number=f"204{each}") for each in range(1, 8)]
    assert us.copy(invoice(id="INV-8", number="2048", memo="Before.")).outcome == "copied"
    assert {each.outcome for each in run(us, *made, invoice(id="INV-8", number="2048"))} == {"copied", "updated"}
    ids = {each["DocNumber"]: each["Id"] for each in us.invoices()}
    us.sandbox.pay({ids["2042"]: "10.00"})
    us.sandbox.edit("Invoice", ids["2043"], {"CustomerMemo": {"value": "Edited."}})
    assert us.send({**made[3]}).outcome == "sent"
    assert us.copy(invoice(id="INV-5", number="2045", memo="Newer.")).outcome == "updated"
    us.sandbox.delete("Invoice", ids["2046"])
    us.sandbox.void("Invoice", ids["2047"])
    report = look(us)
    assert kinds(report) == {
        "INV-1": "delete",
        "INV-2": "stays",
        "INV-3": "stays",
        "INV-4": "stays",
        "INV-5": "stays",
        "INV-6": "gone",
        "INV-7": "gone",
        "INV-8": "updated",
    }
    reasons = {each.id: each.reason for each in report.rows}
    assert "has 10.00 USD of 310.00 USD settled in QuickBooks" in reasons["INV-2"]
    assert "2043 was changed there since the run" in reasons["INV-3"]
    assert "QuickBooks e-mailed the invoice 2044 on" in reasons["INV-4"]
    assert "2045 was written again since the run, by a request of the host on" in reasons["INV-5"]
    assert not report.fine
    outcomes, left = carry_out(us, report)
    assert [(each.id, each.outcome) for each in outcomes] == [("INV-1", "deleted")] and left == []
    assert sorted(each["DocNumber"] for each in us.invoices()) == ["2042", "2043", "2044", "2045", "2047", "2048"]
    assert entries(us) == []


def test_an_invoice_that_was_saved_in_quickbooks_without_an_edit_stays(us: Desk, invoice: Make) -> None:
    [copied] = run(us, invoice())
    payment = us.sandbox.pay({copied.qbo_id: "10.00"})
    us.sandbox.void("Payment", payment["Id"])
    token = us.sandbox.list("Invoice", f"Id = '{copied.qbo_id}'")[0]["SyncToken"]
    assert kinds(look(us)) == {"INV-1": "delete" if token == "0" else "stays"}
    us.sandbox.edit("Invoice", copied.qbo_id, {"PrivateNote": us.invoices()[0]["PrivateNote"]})
    token = us.sandbox.list("Invoice", f"Id = '{copied.qbo_id}'")[0]["SyncToken"]
    assert kinds(look(us)) == {"INV-1": "delete" if token == "0" else "stays"}


def test_a_closed_period(us: Desk, invoice: Make) -> None:
    run(us, invoice())
    settings = {"closing_date": "2026-07-31"}
    assert requests.post(f"{us.base_url}/_control/settings", json=settings, timeout=10).ok
    [row] = look(us).rows
    assert row.kind == "stays" and "dated 2026-07-01, and QuickBooks has its books closed through 2026-07-31" in (
        row.reason
    )


def change_it(us: Desk, qbo_id: str) -> None:
    us.sandbox.edit("Invoice", qbo_id, {"CustomerMemo": {"value": "Edited."}})


def pay_it(us: Desk, qbo_id: str) -> None:
    us.sandbox.pay({qbo_id: "310.00"})


def void_it(us: Desk, qbo_id: str) -> None:
    us.sandbox.void("Invoice", qbo_id)


def delete_it(us: Desk, qbo_id: str) -> None:
    us.sandbox.delete("Invoice", qbo_id)


@pytest.mark.parametrize(
    ("befalls", "outcome", "said"),
    [
        (change_it, "held", "was changed there since the run"),
        (pay_it, "held", "settled in QuickBooks"),
        (void_it, "unchanged", "was voided there already"),
        (delete_it, "unchanged", "was deleted there already"),
    ],
)
def test_what_changes_between_the_plan_and_its_doing(
    us: Desk, invoice: Make, befalls: Callable[[Desk, str], None], outcome: str, said: str
) -> None:
    """Nothing is done that the plan has not shown; the queue says why."""
    [copied] = run(us, invoice())
    report = look(us)
    befalls(us, copied.qbo_id)
    before = there(us, copied.qbo_id)
    [came] = carry_out(us, report)[0]
    assert came.outcome == outcome and said in came.reason
    assert there(us, copied.qbo_id) == before
    held = entries(us)
    assert [each.reason for each in held] == ([came.reason] if outcome == "held" else [])
    if held:
        assert us.application.drop(held, "it stays", ADA) == 1
        assert entries(us) == []


def test_it_is_not_copied_again_by_a_rule(desks: Callable[..., Desk], invoice: Make) -> None:
    """Whatever the host tells again of the same version; a person's word, or another version, brings it back."""
    desk = desks(rules="version: 1\ninvoices: {on_open: copy}\n")
    desk.connect()
    [copied] = run(desk, invoice())
    undo(desk)
    again = desk.host.read_invoice("INV-1")
    for _ in range(2):
        desk.host.plugins.hook.on_invoice_opened(invoice=again)
        assert desk.drain() == [] and entries(desk) == []
    desk.host.reopen("INV-1", ADMIN)
    desk.host.open_invoice("INV-1", ADMIN)
    assert desk.drain() == [] and desk.invoices() == []
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    [made] = desk.drain()
    assert (made.outcome, made.reason) == ("copied", "") and made.qbo_id != copied.qbo_id
    assert list(desk.shown("INV-1").tags) == ["Copied to QuickBooks"]
    assert kinds(look(desk)) == {"INV-1": "gone"}, "what was made since is another run's"


def test_another_version_is_copied_by_a_rule(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules="version: 1\ninvoices: {on_open: copy}\n")
    desk.connect()
    run(desk, invoice())
    undo(desk)
    desk.save(invoice(memo="Another."))
    assert [each.outcome for each in desk.drain()] == ["copied"]


def test_asked_again_before_the_queue_has_undone_it(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules="version: 1\ninvoices: {on_open: copy}\n")
    desk.connect()
    run(desk, invoice())
    report = look(desk)
    with suppress(KeyboardInterrupt), desk.application.as_command("bbbb2222", "undo", ADA):
        ask_only(desk, report)
        raise KeyboardInterrupt
    desk.host.plugins.hook.on_invoice_opened(invoice=desk.host.read_invoice("INV-1"))
    assert [each.action for each in entries(desk)] == [UNDO]


def ask_only(desk: Desk, report: Report) -> None:
    """The entries of an undo, of which the company queue has done none."""
    ledger, realm_id = desk.application.ledger, desk.application.realm_id()
    for each in report.ready:
        work = ledger.queue.get(each.work_id)
        assert work is not None and each.wish is not None
        assert ledger.conflicts.undo(realm_id, work.invoice, each.wish, ADA, "bbbb2222", "bbbb2222")


def test_a_voided_one_stays_void(us: Desk, invoice: Make) -> None:
    [copied] = run(us, invoice())
    undo(us, "void")
    again = us.copy(invoice(memo="Newer."))
    assert again.outcome == "held" and f"when the run {RUN} was undone, and it cannot be restored" in again.reason
    assert there(us, copied.qbo_id) == ("0", "Voided")


def test_a_copy_takes_the_place_of_an_undo_that_waits(us: Desk, invoice: Make) -> None:
    [copied] = run(us, invoice())
    report = look(us)
    with suppress(KeyboardInterrupt), us.application.as_command("bbbb2222", "undo", ADA):
        ask_only(us, report)
        raise KeyboardInterrupt
    assert us.copy(invoice()).outcome == "unchanged"
    assert entries(us) == [] and there(us, copied.qbo_id) is not None


def test_a_stopped_undo_goes_on(us: Desk, invoice: Make) -> None:
    """By the same command, or by whoever resumes its run."""
    made = [invoice(id=f"INV-{each}", number=f"204{each}") for each in (1, 2)]
    run(us, *made)
    report = look(us)
    with suppress(KeyboardInterrupt), us.application.as_command("bbbb2222", "undo", ADA):
        ask_only(us, report)
        raise KeyboardInterrupt
    assert us.drain() == [] and len(us.invoices()) == 2
    outcomes, _ = carry_out(us, look(us), "cccc3333")
    assert [each.outcome for each in outcomes] == ["deleted", "deleted"] and us.invoices() == []


def test_a_stopped_undo_is_resumed_by_its_run(us: Desk, invoice: Make) -> None:
    run(us, invoice())
    report = look(us)
    with suppress(KeyboardInterrupt), us.application.as_command("bbbb2222", "undo", ADA):
        ask_only(us, report)
        raise KeyboardInterrupt
    assert us.application.resume_run("bbbb2222") == 1
    assert [each.outcome for each in us.drain()] == ["deleted"] and us.invoices() == []


def test_what_waits_is_done_first(us: Desk, invoice: Make) -> None:
    with suppress(KeyboardInterrupt), us.application.as_command(RUN, "copy", ADA):
        us.save(invoice())
        us.host.act("INV-1", "quickbooks.copy", ADMIN)
        raise KeyboardInterrupt
    report = look(us)
    [row] = report.waits
    assert f"First onedesk-quickbooks queue resume {RUN}, or onedesk-quickbooks queue drop --run {RUN}" in row.reason
    us.application.resume_run(RUN)
    [row] = look(us).waits
    [entry] = entries(us)
    assert f"let `serve` end it, or onedesk-quickbooks queue drop {entry.id} --reason TEXT" in row.reason
    us.drain()
    assert kinds(look(us)) == {"INV-1": "delete"}, "what was resumed is the run's still"


def test_what_another_request_has_replaced_made_nothing(us: Desk, invoice: Make) -> None:
    assert [each.outcome for each in run(us, invoice(total="999.00", subtotal="310.00"))] == ["held"]
    assert us.copy(invoice()).outcome == "copied"
    assert look(us).nothing == {"replaced": 1}


def test_a_run_that_works(us: Desk, invoice: Make) -> None:
    with us.application.as_command(RUN, "copy", ADA):
        us.copy(invoice())
        with pytest.raises(CannotUndo, match="is still running"):
            look(us)


def test_what_is_held_made_nothing_or_leaves_the_queue(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks()
    desk.connect()
    odd = invoice(id="INV-2", number="2042", total="999.00", subtotal="310.00")
    assert {each.outcome for each in run(desk, invoice(), odd)} == {"copied", "held"}
    report = look(desk)
    assert kinds(report) == {"INV-1": "delete"} and report.nothing == {"held": 1} and report.fine
    carry_out(desk, report)
    assert [each.od_invoice_id for each in entries(desk)] == ["INV-2"]


def test_what_is_held_after_it_was_made(desks: Callable[..., Desk], invoice: Make) -> None:
    """Automated sales tax came to another total: QuickBooks has the invoice, and its entry leaves the queue."""
    desk = desks(rules="version: 1\nitems: {otherwise: same_name}\n")
    changed = {"TaxPrefs": {"UsingSalesTax": True, "PartnerTaxEnabled": True}}
    assert requests.post(f"{desk.base_url}/_control/settings", json=changed, timeout=10).ok
    desk.connect()
    lines = [{"id": "1", "service_type": "Rocks", "amount": "100.00"}]
    taxes = [{"name": "Sales tax", "amount": "9.99"}]
    [held] = run(desk, invoice(lines=lines, subtotal="100.00", taxes=taxes, total="109.99"))
    assert held.outcome == "held" and [each["DocNumber"] for each in desk.invoices()] == ["2041"]
    [came] = undo(desk)
    assert came.outcome == "deleted" and entries(desk) == [] and desk.invoices() == []


def test_what_stood_there_already_is_adopted_instead(us: Desk, invoice: Make) -> None:
    """The copy was one too many: a bookkeeper had entered the invoice by hand."""
    by_hand = enter(us, number="H-1")
    run(us, invoice())
    undo(us)
    assert {each.kind for each in adopt_look(us).matches} == {"perhaps"}
    assert adopt(us, pairs={"INV-1": by_hand}).adopted == {"INV-1"}
    assert us.copy(invoice()).qbo_id == by_hand
    assert kinds(look(us)) == {"INV-1": "gone"}


@pytest.mark.parametrize("action", ["delete", "void"])
def test_what_the_host_shows_and_a_reconciliation_says(us: Desk, invoice: Make, action: str) -> None:
    run(us, invoice())
    undo(us, action)
    [state] = us.host.states([us.shown("INV-1")]).values()
    assert state.now == "" and [each.kind for each in state.facts] == []
    report = us.application.reconcile(None, None, listed(us.host))
    text = json.dumps(report.to_json(), default=str)
    assert f"when the run {RUN} was undone" in text and "accepted" not in text
    assert ("To bill it, run: onedesk-quickbooks copy INV-1" in text) is (action == "delete")


def test_one_that_the_host_has_deleted_leaves_no_entry(us: Desk, invoice: Make) -> None:
    """A person was to void it in QuickBooks: the undo has done so."""
    run(us, invoice())
    us.host.delete("INV-1", ADMIN)
    us.drain()
    assert [(each.action, each.state) for each in entries(us)] == [("deleted", "held")]
    assert [each.outcome for each in undo(us)] == ["deleted"]
    assert entries(us) == [] and us.invoices() == []


def test_plans_that_differ_in_a_sentence_alone_are_the_same(us: Desk, invoice: Make) -> None:
    [copied] = run(us, invoice())
    us.sandbox.pay({copied.qbo_id: "10.00"})
    before = look(us)
    us.application.bring_payments()
    after = look(us)
    assert before.rows[0].reason != after.rows[0].reason and before.digest == after.digest


def test_no_such_run_and_an_undo(us: Desk, invoice: Make) -> None:
    with pytest.raises(CannotUndo, match="There is no run dddd4444"):
        look(us, name="dddd4444")
    run(us, invoice())
    undo(us)
    with pytest.raises(CannotUndo, match=f"is an undo, of the run {RUN}"):
        look(us, name="bbbb2222")


def test_a_run_of_another_company(us: Desk, invoice: Make) -> None:
    run(us, invoice())
    us.application.ledger.runs.begin("eeee5555", "999", "copy", ADA, {})
    with pytest.raises(CannotUndo, match=r"of another company \(realm 999\)"):
        look(us, name="eeee5555")


def test_two_undos_at_once(us: Desk, invoice: Make) -> None:
    run(us, invoice())
    one, other = us.application.one_undo(), us.application.one_undo()
    with one, pytest.raises(CannotUndo, match="Another `undo` is running"), other:
        pass
    with us.application.one_undo():
        assert kinds(look(us)) == {"INV-1": "delete"}


def test_the_runs_are_listed(us: Desk, invoice: Make) -> None:
    run(us, invoice())
    undo(us)
    assert [(each.name, each.action, each.asked_by, made) for each, made in us.application.runs(5)] == [
        (RUN, "copy", ADA, 1)
    ]


def test_other_work_is_left_alone(us: Desk, invoice: Make) -> None:
    """What waits in the queue does not go along with an undo."""
    run(us, invoice())
    us.save(invoice(id="INV-2", number="2042"))
    us.host.act("INV-2", "quickbooks.copy", ADMIN)
    undo(us)
    assert us.invoices() == [] and [each.od_invoice_id for each in entries(us)] == ["INV-2"]


def test_the_trail_shows_who_undid_what(us: Desk, invoice: Make) -> None:
    run(us, invoice())
    undo(us)
    rows = [(each.kind, each.values) for each in us.application.ledger.audit.of_invoice("INV-1")]
    assert [content["invoice"] for kind, content in rows if kind == "planned"] == ["create", "delete"]
    noted = [content["reason"] for kind, content in rows if kind == "entry" and content["action"] == "changed"]
    assert noted == [f"The QuickBooks invoice 2041 was deleted: {ADA} has undone the run {RUN}."]
    acts = [each.values for each in us.application.ledger.audit.each() if each.kind == "act"]
    assert {"act": "undo", "of": RUN, "run": "bbbb2222", "deed": "delete"} in acts


@pytest.mark.parametrize("action", ["delete", "void"])
@pytest.mark.parametrize("where", ["us", "gb", "ca", "se"])
def test_credit_notes_are_undone_as_invoices_are(
    by_rule: Callable[..., Desk], invoice: Make, where: str, action: str
) -> None:
    desk = by_rule(where)
    [made] = run(desk, in_country(credit(invoice(), "-100.00", credits=""), where))
    assert made.outcome == "copied", made.reason
    assert [count for _, count in desk.application.runs(5)] == [1]
    report = look(desk, action)
    [row] = report.rows
    assert (row.kind, row.qbo_number) == (action, "CN-1")
    assert {each.kind for each in report.records} <= {"customer", "item"}
    [undone] = undo(desk, action)
    assert undone.outcome == {"delete": "deleted", "void": "voided"}[action]
    assert [amounts(each) for each in memos(desk)] == ([] if action == "delete" else [(0, 0)])
    desk.application.bring_payments()
    assert entries(desk) == []
    assert kinds(look(desk, action)) == {"CN-1": "gone"}


@pytest.mark.parametrize("where", ["us", "gb"])
def test_a_credit_note_that_a_later_copy_has_written_stays(
    by_rule: Callable[..., Desk], invoice: Make, where: str
) -> None:
    desk = by_rule(where)
    run(desk, in_country(credit(invoice(), "-100.00", credits=""), where))
    changed = {**in_country(credit(invoice(), "-100.00", credits=""), where), "memo": "Newer"}
    assert desk.copy(changed).outcome == "updated"
    [row] = look(desk).rows
    assert row.kind == "stays" and "written again since the run, by a request of the host on" in row.reason


def test_a_credit_that_is_used_stays_and_so_does_its_invoice(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    run(desk, invoice(), credit(invoice(), "-100.00"))
    report = look(desk)
    assert kinds(report) == {"INV-1": "stays", "CN-1": "stays"}
    reasons = {each.id: each.reason for each in report.rows}
    assert "The QuickBooks credit memo CN-1 has 100.00 USD applied" in reasons["CN-1"]
    [applied] = payments(desk)
    desk.sandbox.delete("Payment", applied["Id"])
    reasons = {each.id: each.reason for each in look(desk).rows}
    assert reasons["CN-1"].startswith("The QuickBooks credit memo CN-1 was changed there since the run")
    desk.sandbox.delete("CreditMemo", memos(desk)[0]["Id"])
    assert kinds(look(desk)) == {"INV-1": "stays", "CN-1": "gone"}


@pytest.mark.parametrize("name", OF_VOIDS)
def test_a_bad_answer_to_the_void_makes_nobody_take_it_for_somebody_elses(
    desks: Callable[..., Desk], invoice: Make, tampering: Tampering, name: str
) -> None:
    desk = desks(tamper=tampering)
    desk.connect()
    run(desk, invoice(), invoice(id="INV-2", number="2042"))
    desk.application.bring_payments()
    tampering.change = ONCE[name]
    for place in range(3):  # as a person does, who runs the command again
        with suppress(CannotUndo):
            carry_out(desk, look(desk, "void"), name=f"cccc{place}")
        desk.clock.sleep(600)
    assert tampering.struck == 1
    assert [str(each["TotalAmt"]) for each in desk.invoices()] == ["0", "0"]
    desk.application.bring_payments()
    assert entries(desk) == []
