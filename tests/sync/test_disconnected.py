"""What the host reports while the company of an invoice is not connected: recorded for that company, which continues
when it is connected again. What the host e-mails itself meanwhile, QuickBooks does not e-mail as well."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from onedesk_quickbooks.plugin.ledger import Work
from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions
from onedesk_quickbooks.plugin.sandbox.http.server import Server
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_faults import requestids
from tests.sync.test_host_payments import notify, ours, paid
from tests.sync.test_no_longer_wanted import DONE, NOT_DONE
from tests.sync.test_reinstalled import pay
from tests.sync.test_written_first import FAULTS, unanswered

Make = Callable[..., dict[str, Any]]
RULES = """version: 1
invoices: {on_void: void, on_delete: delete}
payments: {direction: both}
taxes: {otherwise: company_default}
"""


@pytest.fixture
def desk(desks: Callable[..., Desk]) -> Desk:
    made = desks(rules=RULES)
    made.connect()
    return made


def entries(desk: Desk, *states: str) -> list[Work]:
    return desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, states or ("todo", "held", "failed"))


def another(desk: Desk) -> None:
    """Another company replaces the connected one."""
    connected, companies = desk.application.connected, desk.application.ledger.companies
    assert connected is not None
    tokens = companies.tokens(connected.realm_id)
    assert tokens is not None
    company = dataclasses.replace(connected.company, realm_id="999", name="Another")
    companies.connect(company, connected.environment, connected.base_url, ADMIN, tokens)


CREDENTIALS = ("client_id", "client_secret", "verifier_token")
AWAY: dict[str, Callable[[Desk], None]] = {
    "disconnected": lambda desk: desk.application.disconnect(ADMIN),
    "replaced": another,
}


def connect_again(desk: Desk) -> None:
    back = desk.consent()
    desk.application.finish_connect(back["state"], back["code"], back["realmId"], replace=True)


@pytest.mark.parametrize("away", AWAY)
def test_a_void_and_a_deletion_meanwhile_are_done_when_connected_again(desk: Desk, invoice: Make, away: str) -> None:
    for number in ("1", "2"):
        desk.copy(invoice(id=f"INV-{number}", number=number))
    AWAY[away](desk)
    desk.host.void("INV-1", ADMIN)
    desk.host.delete("INV-2", ADMIN)
    (left,) = desk.application.status().left_behind
    assert (left["realm_id"], left["waiting"]) == (desk.sandbox.realm_id, 2)
    connect_again(desk)
    assert {each.id: each.outcome for each in desk.application.drain()} == {"INV-1": "voided", "INV-2": "deleted"}
    (there,) = desk.invoices()
    assert (there["DocNumber"], str(there["TotalAmt"])) == ("1", "0")


@pytest.mark.parametrize("away", AWAY)
def test_a_payment_of_the_host_meanwhile_is_written_when_connected_again(desk: Desk, invoice: Make, away: str) -> None:
    desk.copy(invoice())
    AWAY[away](desk)
    notify(desk, paid("30.00"))
    notify(desk, paid("30.00"), "deleted")
    notify(desk, paid("25.00", "P2"))
    notify(desk, paid("25.00", "P3", invoices=[{"id": "INV-9", "amount": "25.00"}]))
    of_it = {each.od_invoice_id.rpartition(":")[2] for each in entries(desk)}
    assert of_it == {"P1", "P2"}, "that of an invoice which the company does not have is not its own"
    connect_again(desk)
    desk.application.drain()
    assert [str(each["TotalAmt"]) for each in ours(desk)] == ["25.00"]


@pytest.mark.parametrize("away", AWAY)
def test_a_paid_invoice_that_is_edited_meanwhile_is_held(desk: Desk, invoice: Make, away: str) -> None:
    came = desk.copy(invoice())
    pay(desk, came.qbo_id, "100.00")
    AWAY[away](desk)
    edited = {**desk.shown("INV-1").json, "status": "open", "total": "300.00"}
    desk.host.plugins.hook.on_invoice_changed(invoice=edited, change="edited")
    (held,) = entries(desk)
    assert (held.state, held.realm_id) == ("held", desk.sandbox.realm_id)


def test_a_draft_that_is_opened_meanwhile_is_sent(desk: Desk, invoice: Make) -> None:
    desk.save(invoice())
    assert desk.host.send("INV-1", ADMIN)
    desk.host.reopen("INV-1", ADMIN)
    draft = {**invoice(id="INV-2", number="2"), "status": "draft"}
    desk.host.save(draft)
    assert desk.host.plugins.hook.on_invoice_send(invoice=draft, user=ADMIN)
    assert [each.outcome for each in desk.application.drain()] == ["held"]
    desk.application.disconnect(ADMIN)
    desk.host.open_invoice("INV-2", ADMIN)
    connect_again(desk)
    assert [(each.id, each.outcome) for each in desk.application.drain()] == [("INV-2", "sent")]


def test_the_rules_copy_an_opened_invoice_that_the_company_has(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules="version: 1\ninvoices: {on_open: copy}\n")
    desk.connect()
    desk.save(invoice())
    assert [each.outcome for each in desk.application.drain()] == ["copied"]
    desk.application.disconnect(ADMIN)
    desk.host.reopen("INV-1", ADMIN)
    desk.host.edit("INV-1", {**invoice(), "memo": "changed"}, ADMIN)
    desk.host.open_invoice("INV-1", ADMIN)
    desk.save(invoice(id="INV-2", number="2"))
    connect_again(desk)
    assert [(each.id, each.outcome) for each in desk.application.drain()] == [("INV-1", "updated")]


def test_nothing_is_recorded_where_no_company_was_connected(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules=RULES)
    desk.save(invoice())
    assert not desk.host.send("INV-1", ADMIN)
    notify(desk, paid("30.00"))
    assert list(desk.application.ledger.audit.each()) == []


def test_what_the_host_has_e_mailed_meanwhile_is_copied_and_not_e_mailed(desk: Desk, invoice: Make) -> None:
    desk.save(invoice())
    assert desk.host.send("INV-1", ADMIN)
    desk.application.disconnect(ADMIN)
    assert not desk.host.send("INV-1", ADMIN)
    (entry,) = entries(desk)
    assert (entry.action, entry.state) == ("copy", "todo")
    connect_again(desk)
    assert [each.outcome for each in desk.application.drain()] == ["copied"]
    assert desk.sandbox.outbox() == []
    assert desk.host.send("INV-1", ADMIN), "the next one is e-mailed again"
    assert [each.outcome for each in desk.application.drain()] == ["sent"]


def move(desk: Desk, sandbox: Sandbox, base_url: str) -> None:
    """The company of this sandbox replaces the connected one."""
    given = sandbox.credentials(base_url)
    desk.close()
    write_settings(desk.home, {"base_url": base_url, **{key: given[key] for key in CREDENTIALS}})
    desk.sandbox, desk.base_url = sandbox, base_url
    connect_again(desk)
    income = next(label for value, label in desk.choices("default_income_account") if value)
    desk.application.choose(ADMIN, "default_income_account", income)


@pytest.mark.parametrize("other", ["e-mails it", "is asked to e-mail it", "holds it"])
def test_one_company_e_mails_an_invoice_that_two_were_asked_to(desk: Desk, invoice: Make, other: str) -> None:
    """The one that does it first: a send elsewhere that was not done takes nothing from it."""
    first, base_url = desk.sandbox, desk.base_url
    desk.save(invoice())
    assert desk.host.send("INV-1", ADMIN)
    with Server(Sandbox(SandboxOptions(company="us"))) as server:
        move(desk, server.sandbox, server.base_url)
        if other == "holds it":
            desk.application.hold("INV-1", "Not yet.", ADMIN)
        assert desk.host.send("INV-1", ADMIN)
        if other != "is asked to e-mail it":
            desk.application.drain()
        move(desk, first, base_url)
        assert [each.outcome for each in desk.application.drain()] == ["held" if other == "e-mails it" else "sent"]
        move(desk, server.sandbox, server.base_url)
        assert [each.outcome for each in desk.application.drain()] == (
            ["held"] if other == "is asked to e-mail it" else []
        )
        assert len(first.outbox()) + len(server.sandbox.outbox()) == 1
        server.sandbox.close()


def test_a_held_send_is_held_as_a_copy(desk: Desk, invoice: Make) -> None:
    assert desk.send(invoice(lines=[{"id": "1", "amount": "310.00"}])).outcome == "held"
    desk.application.disconnect(ADMIN)
    assert not desk.host.send("INV-1", ADMIN)
    (entry,) = entries(desk)
    assert (entry.action, entry.state) == ("copy", "held") and entry.reason


def test_a_later_e_mail_and_an_additional_one_are_dropped(desk: Desk, invoice: Make) -> None:
    later = invoice(send_after="2030-01-01")
    desk.send(later)
    desk.send(invoice(id="INV-2", number="2"))
    desk.application.resend("INV-2", ADMIN)
    assert {each.od_invoice_id for each in entries(desk, "todo", "scheduled")} == {"INV-1", "INV-2"}
    desk.application.disconnect(ADMIN)
    for each in ("INV-1", "INV-2"):
        assert not desk.host.send(each, ADMIN)
    assert entries(desk, "todo", "scheduled", "held") == []
    said = [each.values["reason"] for each in desk.application.ledger.audit.each() if each.kind == "entry"]
    assert said[-2:] == ["OneDesk has e-mailed the invoice itself, because no company was connected"] * 2


def test_a_send_that_was_dropped_is_not_queued_again(desk: Desk, invoice: Make) -> None:
    desk.save(invoice())
    assert desk.host.send("INV-1", ADMIN)
    desk.application.disconnect(ADMIN)
    desk.host.reopen("INV-1", ADMIN)
    desk.host.open_invoice("INV-1", ADMIN)
    assert not desk.host.send("INV-1", ADMIN)
    connect_again(desk)
    assert desk.application.drain() == [] and desk.sandbox.outbox() == []


@pytest.mark.parametrize("action", ["copy", "send"])
@pytest.mark.parametrize("held", [False, True])
def test_what_another_company_got_meanwhile_is_not_billed_here_as_well(
    desk: Desk, invoice: Make, action: str, held: bool
) -> None:
    """Unless somebody requests it again, after which both have it."""

    def ask() -> None:
        sends = action == "send"
        assert desk.host.send("INV-1", ADMIN) if sends else desk.host.act("INV-1", "quickbooks.copy", ADMIN)

    again_as = {"copy": "copied", "send": "sent"}
    first, base_url = desk.sandbox, desk.base_url
    desk.save(invoice(total="999.00") if held else invoice())
    ask()
    if held:
        assert desk.outcome("INV-1").outcome == "held"
        desk.host.save(invoice())
    desk.clock.sleep(60)
    with Server(Sandbox(SandboxOptions(company="us"))) as server:
        move(desk, server.sandbox, server.base_url)
        for outcome in ("copied", "unchanged"):
            assert desk.host.act("INV-1", "quickbooks.copy", ADMIN) and desk.outcome("INV-1").outcome == outcome
            desk.clock.sleep(60)
        move(desk, first, base_url)
        for work in entries(desk, "held"):
            assert desk.application.retry(work.id)
        done, [entry] = desk.outcome("INV-1"), entries(desk)
        assert (done.outcome, desk.invoices(), first.outbox()) == ("held", [], [])
        assert "after it was requested here, and a second copy would bill it twice" in done.reason
        assert f"request it again: onedesk-quickbooks {action} INV-1; if it is not to be billed here" in done.reason
        assert f"onedesk-quickbooks queue drop {entry.id} --reason TEXT." in done.reason
        assert desk.application.retry(entry.id)
        assert desk.outcome("INV-1").outcome == "held", "trying it again is no new request"
        planned = desk.application.plan({**invoice(), "status": "open"}, action)
        assert (planned.outcome, "it is billed twice" in planned.reason) == (again_as[action], True)
        ask()
        again = desk.outcome("INV-1")
        assert (again.outcome, len(desk.invoices())) == (again_as[action], 1)
        assert "with this second copy it is billed twice" in again.reason
        server.sandbox.close()


@pytest.mark.parametrize("fault", [NOT_DONE, DONE])
def test_an_unanswered_request_is_not_made_again_for_what_another_company_got(
    desk: Desk, invoice: Make, fault: str
) -> None:
    """What the first company has all the same is found, and named."""
    first, base_url = desk.sandbox, desk.base_url
    unanswered(desk, invoice(), fault)
    with Server(Sandbox(SandboxOptions(company="us"))) as server:
        move(desk, server.sandbox, server.base_url)
        assert desk.host.act("INV-1", "quickbooks.copy", ADMIN) and desk.outcome("INV-1").outcome == "copied"
        desk.clock.sleep(60)
        move(desk, first, base_url)
        done = desk.outcome("INV-1")
        assert len(desk.invoices()) == (fault == DONE)
        assert done.outcome == ("copied" if fault == DONE else "held")
        assert ("with this second copy it is billed twice" if fault == DONE else "would bill it twice") in done.reason
        server.sandbox.close()


def test_an_unanswered_update_is_repeated_whoever_else_got_the_invoice(desk: Desk, invoice: Make) -> None:
    """The first company has it already, so that nothing is billed twice by that: the same request, once more."""
    first, base_url = desk.sandbox, desk.base_url
    desk.copy(invoice())
    desk.sandbox.clear_log()
    unanswered(desk, invoice(memo="Newer"), NOT_DONE)
    with Server(Sandbox(SandboxOptions(company="us"))) as server:
        move(desk, server.sandbox, server.base_url)
        assert desk.host.act("INV-1", "quickbooks.copy", ADMIN) and desk.outcome("INV-1").outcome == "copied"
        desk.clock.sleep(60)
        move(desk, first, base_url)
        assert desk.outcome("INV-1").outcome == "updated"
        assert [each["CustomerMemo"]["value"] for each in desk.invoices()] == ["Newer"]
        assert len(set(requestids(desk, "/invoice"))) == 1
        server.sandbox.close()


@pytest.mark.parametrize("fault", [NOT_DONE, DONE])
def test_an_additional_e_mail_without_an_answer_is_not_repeated_once_the_host_has_e_mailed_it(
    desk: Desk, invoice: Make, fault: str
) -> None:
    """Its entry was replaced: nobody wants the request any more."""
    assert desk.send(invoice()).outcome == "sent"
    desk.clock.sleep(120)
    desk.sandbox.faults.inject(**FAULTS[fault], path="send", method="POST", count=0)
    desk.application.resend("INV-1", ADMIN)
    assert desk.application.drain(patience=timedelta(0)) == []
    desk.sandbox.faults.clear()
    mails = len(desk.sandbox.outbox())
    (entry,) = entries(desk, "todo")
    desk.application.disconnect(ADMIN)
    assert not desk.host.send("INV-1", ADMIN)
    (replaced,) = entries(desk, "replaced")
    assert replaced.id == entry.id
    connect_again(desk)
    for _ in range(2):
        desk.clock.sleep(120)
        assert desk.application.drain() == []
    assert len(desk.sandbox.outbox()) == mails == (2 if fault == DONE else 1)
    assert desk.application.ledger.outbox.unknown(desk.sandbox.realm_id) == []


def test_a_company_whose_entries_were_replaced_and_dropped_does_not_have_the_invoice(desk: Desk, invoice: Make) -> None:
    """Its payments are recorded for no company, and nothing waits for that one."""
    for _ in range(2):
        assert desk.copy(invoice(total="999.00")).outcome == "held"
    (entry,) = entries(desk)
    assert desk.application.drop([entry], "Billed by hand.", ADMIN) == 1
    assert [each.state for each in entries(desk, "replaced", "dropped")] == ["replaced", "dropped"]
    desk.application.disconnect(ADMIN)
    notify(desk, paid())
    assert entries(desk) == []
    state = desk.application.invoice_state("INV-1")
    assert state is not None and (state["state"], state["why"]) == ("none", "")
