"""A rule skips an invoice: QuickBooks never gets it, nobody has to look, and what stands there stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from onedesk_quickbooks.plugin.ops.reconciled.words import summary
from onedesk_quickbooks.plugin.planning import plan_json, plan_text
from onedesk_quickbooks.plugin.sync.errors import CannotDecide
from tests.sync.conftest import ADMIN, Desk
from tests.sync.reconcile.conftest import reconciled
from tests.sync.test_written_first import FAULTS, unanswered

SCHEMA = Draft202012Validator(
    json.loads((Path(__file__).parents[2] / "schemas" / "plan.schema.json").read_text(encoding="utf-8"))
)
Make = Callable[..., dict[str, Any]]

RULES = """\
version: 1
invoices:
  exceptions:
    - {id: dollars, when: {currency: USD}, hold: Ask Maria}
    - {id: small, when: {amount: {below: 10000}}, skip: Billed by the parent company}
"""
NONE = "version: 1\n"
REASON = "The invoice is skipped by the rule invoices.exceptions.small (rules.yaml:5): Billed by the parent company."
STANDS = " It is already in QuickBooks as 2041, where it stays unchanged; nothing more is written."


@pytest.fixture
def skipping(desks: Callable[..., Desk]) -> Desk:
    desk = desks(rules=RULES)
    desk.connect()
    desk.calls()
    return desk


@pytest.fixture
def copying(desks: Callable[..., Desk]) -> Desk:
    desk = desks(rules=NONE)
    desk.connect()
    return desk


def rules(desk: Desk, text: str) -> None:
    (desk.home / "rules.yaml").write_text(text, encoding="utf-8")
    desk.restart()


def state(desk: Desk) -> str:
    found = desk.application.invoice_state("INV-1")
    return str(found and found["state"])


def test_nothing_is_asked_of_quickbooks_and_nobody_has_to_look(skipping: Desk, invoice: Make) -> None:
    desk = skipping
    came = desk.copy(invoice())
    assert (came.outcome, came.reason, came.calls) == ("skipped", REASON, 0)
    assert desk.calls() == [] and desk.invoices() == []
    shown = desk.shown("INV-1")
    assert shown.tags == {"Skipped for QuickBooks": ""}
    assert shown.notes["quickbooks"] == f"Skipped for QuickBooks: {REASON}"
    status = desk.application.status()
    assert (status.skipped, status.held, status.failed, status.waiting) == (1, 0, 0, 0)
    assert [each.kind for each in desk.application.watcher.firing(status)] == []
    [work] = desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("skipped",))
    assert work.reason == REASON
    invoice_state = desk.application.invoice_state("INV-1")
    assert invoice_state is not None and (invoice_state["state"], invoice_state["why"], invoice_state["entry"]) == (
        "skipped",
        REASON,
        work.id,
    )


def test_a_plan_says_so(skipping: Desk, invoice: Make) -> None:
    planned = skipping.application.plan(invoice(), "copy")
    assert plan_text(planned).splitlines() == [f"Invoice {planned.invoice_number}: skipped", f"  - {REASON}"]
    plan = plan_json(planned)
    SCHEMA.validate(plan)
    assert (plan["outcome"], plan["expected"], plan["steps"]) == ("skipped", "skipped", [])
    assert [each["code"] for each in plan["reasons"]] == ["skipped-by-rule"]
    assert skipping.calls() == []


def test_a_send_is_not_e_mailed(skipping: Desk, invoice: Make) -> None:
    came = skipping.send(invoice())
    assert (came.outcome, came.reason) == ("skipped", f"{REASON} QuickBooks does not e-mail it.")
    assert skipping.sandbox.outbox() == []


def test_one_that_becomes_open_is_skipped_at_once_where_it_would_be_copied(
    desks: Callable[..., Desk], invoice: Make
) -> None:
    desk = desks(rules=RULES.replace("invoices:\n", "invoices:\n  on_open: copy\n"))
    desk.connect()
    desk.save(invoice())
    assert [each.outcome for each in desk.drain()] == ["skipped"]


def test_once_the_rule_is_gone_a_retry_or_a_new_copy_copies_it(skipping: Desk, invoice: Make) -> None:
    desk = skipping
    desk.copy(invoice())
    [work] = desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("skipped",))
    assert desk.application.retry(work.id)
    assert desk.outcome("INV-1").outcome == "skipped"
    rules(desk, NONE)
    assert desk.drain() == [] and desk.application.status().skipped == 1
    assert desk.application.retry(work.id)
    assert desk.outcome("INV-1").outcome == "copied"
    assert list(desk.shown("INV-1").tags) == ["Copied to QuickBooks"]
    assert (state(desk), desk.application.status().skipped) == ("copied", 0)


def test_a_new_copy_takes_the_place_of_the_skipped_entry(skipping: Desk, invoice: Make) -> None:
    desk = skipping
    for _ in range(2):
        desk.copy(invoice())
    assert desk.application.status().skipped == 1
    rules(desk, NONE)
    assert desk.copy(invoice()).outcome == "copied"
    assert desk.application.status().skipped == 0


@pytest.mark.parametrize("end", ["void", "delete", "reopen"])
def test_what_is_void_gone_or_in_draft_is_not_listed_any_more(skipping: Desk, invoice: Make, end: str) -> None:
    desk = skipping
    desk.copy(invoice())
    getattr(desk.host, end)("INV-1", ADMIN)
    assert desk.application.status().skipped == 0
    assert [each.outcome for each in desk.drain()] == ([] if end == "reopen" else ["unchanged"]), "nothing has its mark"
    if end != "delete":
        assert (desk.shown("INV-1").tags, desk.shown("INV-1").notes) == ({}, {})


def test_what_is_in_quickbooks_stays_and_its_payments_come_back(copying: Desk, invoice: Make) -> None:
    desk = copying
    qbo_id = desk.copy(invoice()).qbo_id
    before = desk.invoices()
    rules(desk, RULES)
    came = desk.copy(invoice(memo="Another"))
    assert (came.outcome, came.reason) == ("skipped", REASON + STANDS)
    assert (came.qbo_id, came.qbo_number) == (qbo_id, "2041")
    assert desk.invoices() == before
    [link] = desk.shown("INV-1").tags.values()
    assert f"txnId={qbo_id}" in link
    desk.sandbox.pay({qbo_id: str(before[0]["Balance"])})
    desk.application.bring_payments()
    assert desk.shown("INV-1").status == "paid"
    assert state(desk) == "skipped"


def test_what_was_voided_there_does_not_stand_there(copying: Desk, invoice: Make) -> None:
    desk = copying
    qbo_id = desk.copy(invoice()).qbo_id
    desk.sandbox.void("Invoice", qbo_id)
    desk.clock.sleep(60)
    desk.application.bring_payments()
    rules(desk, RULES)
    assert desk.copy(invoice()).reason == REASON


@pytest.mark.parametrize("word", ["hold", "overwrite"])
def test_an_edit_in_quickbooks_is_no_question(copying: Desk, invoice: Make, word: str) -> None:
    """OneDesk's version is not written: there is one version to keep."""
    desk = copying
    qbo_id = desk.copy(invoice()).qbo_id
    rules(desk, RULES.replace("invoices:\n", f"invoices:\n  when_changed_in_quickbooks: {word}\n"))
    desk.clock.sleep(60)
    desk.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9999"})
    desk.application.bring_payments()
    assert desk.application.changes() == [] and desk.drain() == []
    assert (
        desk.shown("INV-1")
        .notes["quickbooks-changed"]
        .endswith(
            "QuickBooks' version stays (the invoice is skipped by the rule invoices.exceptions.small (rules.yaml:6))."
        )
    )
    assert [each["DocNumber"] for each in desk.invoices()] == ["9999"]


def test_a_person_cannot_choose_a_version_that_is_not_written(copying: Desk, invoice: Make) -> None:
    desk = copying
    qbo_id = desk.copy(invoice()).qbo_id
    desk.clock.sleep(60)
    desk.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9999"})
    desk.application.bring_payments()
    [change] = desk.application.changes()
    rules(desk, RULES)
    assert desk.copy(invoice()).outcome == "skipped"
    assert [each.id for each in desk.application.changes()] == [change.id]
    with pytest.raises(CannotDecide, match=r"is not written: it is skipped by the rule invoices\.exceptions\.small"):
        desk.application.settle_change(change.id, "onedesk")
    desk.application.settle_change(change.id, "quickbooks")
    assert desk.application.changes() == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_request_that_was_not_answered_is_not_made_again(copying: Desk, invoice: Make, fault: str) -> None:
    """What was done all the same stands in QuickBooks, and the sentence says so."""
    desk = copying
    desk.copy(invoice(id="INV-0", number="2040"))
    unanswered(desk, invoice(), fault)
    rules(desk, RULES)
    desk.clock.sleep(200)
    done = fault == "502 though done"
    [planned] = [plan for plan, _ in desk.application.plan_run((), "copy")]
    came = desk.outcome("INV-1")
    assert (came.outcome, came.reason) == ("skipped", REASON + (STANDS if done else ""))
    assert (planned.outcome, planned.reason) == (came.outcome, came.reason)
    assert len(desk.invoices()) == (2 if done else 1)
    assert desk.application.ledger.outbox.unknown(desk.sandbox.realm_id) == []


def test_a_reconciliation_misses_none_that_is_skipped_and_says_why_one_there_is_another(
    copying: Desk, invoice: Make
) -> None:
    desk = copying
    desk.copy(invoice())
    rules(desk, RULES)
    assert desk.copy(invoice(id="INV-2", number="2042")).outcome == "skipped"
    report = reconciled(desk)
    assert (report.all, report.skipped, report.agree) == ([], 1, 1)
    assert report.to_json()["skipped_left_out"] == 1
    assert summary(report) == "1 invoice: 1 agrees, 0 differ. 1 invoice skipped by rule left out."
    desk.copy(invoice(number="2099"))
    [differs] = reconciled(desk).all
    assert differs.cause.endswith(f": {REASON}{STANDS}")
    assert differs.remedy.startswith("Correct one of the two by hand; or change the rule, then: ")
