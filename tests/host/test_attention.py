"""What needs attention, on a desk on which it has happened: the same as `queue` has, in the host's navigation too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from onedesk_quickbooks.plugin.ledger import Conflict
from onedesk_quickbooks.plugin.ops.causes import CAUSES, NOTES
from tests.host import scene
from tests.host.conftest import Browser
from tests.planning.test_cases import codes_in_source
from tests.sync.conftest import ADMIN, Desk, installed
from tests.sync.test_undone_by_rule import rules

if TYPE_CHECKING:
    from tests.conftest import QboSchemas


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, qbo_schemas: QboSchemas) -> Iterator[Desk]:
    """After the story; tests only look."""
    with installed(tmp_path_factory.mktemp("desk"), qbo_schemas) as made:
        scene.play(made)
        yield made


@pytest.fixture
def played(tmp_path: Path, qbo_schemas: QboSchemas) -> Iterator[Desk]:
    """The same, for a test that goes on."""
    with installed(tmp_path, qbo_schemas) as made:
        scene.play(made)
        yield made


def test_every_reason_that_holds_has_words_for_a_heading() -> None:
    assert codes_in_source() - NOTES - set(CAUSES) == set()
    assert not NOTES & set(CAUSES)


def test_the_causes_and_their_money(desk: Desk) -> None:
    found = desk.application.attention()
    causes = [(each.kind, each.title, len(each.items), [str(money) for money in each.sums]) for each in found.causes]
    assert causes == [
        ("changed", "changed in QuickBooks since it was copied", 1, ["600.00 USD"]),
        ("withdrawn", "void in OneDesk, not in QuickBooks", 1, ["600.00 USD"]),
        ("held", "no income account chosen", 8, ["4800.00 USD"]),
        ("held", "the company keeps only its home currency", 1, ["600.00 EUR"]),
        ("held", "the subtotal does not add up", 1, ["600.00 USD"]),
        ("waiting", "waiting for longer than an hour", 1, ["600.00 USD"]),
    ]
    assert found.count == desk.application.attention_count() == 13


def test_the_rows_are_those_of_the_queue(desk: Desk) -> None:
    application = desk.application
    entries = application.ledger.queue_lists.each(application.realm_id(), ("todo", "held", "failed"))
    rows = [each for cause in application.attention().causes for each in cause.items]
    assert sorted(each.entry or 0 for each in rows) == [work.id for work in entries]


def test_counts_stand_in_the_navigation_of_who_may_administer(desk: Desk) -> None:
    page = Browser(desk.host).sign_in("admin").get("/invoices").text
    assert '<a href="/quickbooks/attention">Needs attention <span class="badge">13</span></a>' in page
    assert '<a href="/quickbooks/help#the-state-of-an-invoice">Help</a>' in page
    help_page = (
        Browser(desk.host).sign_in("admin").client.get("/quickbooks/help", headers={"Accept-Language": "fr"}).text
    )
    assert 'id="the-state-of-an-invoice"' in help_page and 'id="set-up"' in help_page, "in French, too"
    assert "Needs attention" not in Browser(desk.host).sign_in("agent").get("/invoices").text


def test_a_form_that_is_sent_after_the_session_has_ended_leads_to_the_sign_in_and_back(desk: Desk) -> None:
    browser = Browser(desk.host).sign_in("admin")
    browser.post("/sign-out")
    headers = {"Accept": "text/html", "Referer": "http://localhost/quickbooks/attention?done=retry"}
    sent = browser.client.post("/quickbooks/attention", data={"do": "retry", "entry": "1"}, headers=headers)
    back = "%2Fquickbooks%2Fattention%3Fdone%3Dretry"
    assert (sent.status_code, sent.headers["Location"]) == (303, f"/sign-in?back={back}&lost=form")
    assert browser.client.post("/quickbooks/webhooks", data=b"x").status_code == 401, "Intuit is no browser"
    assert browser.client.get("/quickbooks/help").headers.get("Referrer-Policy", "same-origin") == "same-origin"


def test_what_is_tried_again_and_taken_out_on_the_page_is_in_the_audit_trail(played: Desk) -> None:
    browser = Browser(played.host).sign_in("admin")
    held = next(each for each in played.application.attention().causes if each.title == "no income account chosen")
    entries = [str(each.entry) for each in held.items]
    played.application.choose("admin", "default_income_account", "Services")
    form = {"form_token": browser.token(), "do": "retry", "entry": entries[:6]}
    assert browser.client.post("/quickbooks/attention", data=form).status_code == 303
    form = {**form, "do": "drop", "entry": entries[6:], "sure": "yes", "reason": "entered by hand"}
    assert browser.client.post("/quickbooks/attention", data=form).status_code == 303
    assert [each.outcome for each in played.drain() if each.id != "I-3032"] == ["copied"] * 6
    trail = [each for entry in held.items for each in played.application.ledger.audit.of_invoice(entry.od_id)]
    acts = [(each.actor, json.loads(each.content)["act"]) for each in trail if each.kind == "act"]
    assert acts == [("admin", "retry")] * 6 + [("admin", "drop")] * 2


def test_a_thousand_held_invoices_are_one_cause(played: Desk) -> None:
    ledger, realm_id = played.application.ledger, played.application.realm_id()
    with ledger.together():
        for number in range(1200):
            made = scene.invoice(number, id=f"V-{number}")
            ledger.conflicts.withdraw(realm_id, "voided", made, "It was voided.", Conflict())
    cause = played.application.attention().cause("withdrawn/voided")
    assert cause is not None and len(cause.items) == 1201
    assert [str(each) for each in cause.sums] == ["720600.00 USD"]
    page = Browser(played.host).sign_in("admin").get("/quickbooks/attention").text
    assert "1,201 invoices: void in OneDesk, not in QuickBooks" in page and len(page) < 100_000


def card(desk: Desk, title: str) -> tuple[str, list[str]]:
    """The words of a cause on the page, without its rows and its actions; and the actions."""
    page = Browser(desk.host).sign_in("admin").get("/quickbooks/attention").text
    [found] = [each for each in page.split("<section")[1:] if title in each]
    said = re.sub("<[^>]+>", " ", found.partition(">")[2].partition("<form")[0])
    return " ".join(unescape(said).split()), re.findall(r'name="do" value="([a-z]+)"', found)


def test_the_page_names_the_next_step_of_the_entry_and_no_other(played: Desk) -> None:
    hook = played.host.plugins.hook
    hook.on_invoice_action(invoice=scene.invoice(3033), action="quickbooks.copy", user=ADMIN)
    played.drain()
    played.clock.sleep(31)
    played.drain()
    held = played.application.ledger.queue.latest("I-3033")
    assert held is not None and held.reason == (
        "OneDesk requested the invoice OD-3033, but does not have it. If it was deleted, drop this entry; else copy or"
        " send it again."
    )
    heading = "1 invoice: OneDesk requested it, but does not have it 600.00 USD"
    assert card(played, "does not have it") == (f"{heading} {held.reason}", ["retry", "drop"])
    words, _ = card(played, "no income account chosen")
    assert words == "8 invoices: no income account chosen 4800.00 USD Open Administration > Financials"


def test_a_void_by_rule_that_is_held_offers_what_its_sentence_names(tmp_path: Path, qbo_schemas: QboSchemas) -> None:
    with installed(tmp_path, qbo_schemas, rules=rules({"on_void": "void"})) as desk:
        desk.connect()
        paid, held = (desk.copy(scene.invoice(number)) for number in (1, 2))
        payment = desk.sandbox.pay({paid.qbo_id: "200.00"})
        desk.application.hold(held.id, "Ask Maria.", ADMIN)
        for each in (paid, held):
            desk.host.void(each.id, ADMIN)
        desk.drain()
        words, actions = card(desk, "void or deleted in OneDesk, and paid in QuickBooks")
        assert "or at once by Needs attention > Try again" in words and actions == ["retry", "confirm"]
        words, actions = card(desk, "somebody holds it")
        assert "until it is released: Needs attention > Release" in words and actions == ["release", "drop"]
        form = {"form_token": (browser := Browser(desk.host).sign_in("admin")).token(), "do": "retry"}
        desk.sandbox.delete("Payment", payment["Id"])
        [entry] = [each.id for each in desk.application.ledger.queue.open_of(desk.sandbox.realm_id, paid.id)]
        assert browser.client.post("/quickbooks/attention", data={**form, "entry": entry}).status_code == 303
        assert [(each.id, each.outcome) for each in desk.drain()] == [(paid.id, "voided")]


def test_that_the_queue_is_stopped_is_said_first_with_nothing_held_as_well(
    tmp_path: Path, qbo_schemas: QboSchemas
) -> None:
    """On Set up, too: what QuickBooks has taken back is not connected."""
    with installed(tmp_path, qbo_schemas) as desk:
        browser = Browser(desk.host).sign_in("admin")
        assert "no company is connected" in browser.get("/quickbooks/attention").text
        desk.connect()
        assert "Nothing needs attention" in browser.get("/quickbooks/attention").text
        assert "(US, USD) is connected." in browser.get("/quickbooks/start").text
        desk.sandbox.tokens.revoke_all()
        desk.save(scene.invoice(3001))
        assert desk.host.act("I-3001", "quickbooks.copy", ADMIN)
        desk.drain()
        reason = desk.application.status().stopped_reason
        assert "connect" in reason and desk.application.attention().count == 0
        page = unescape(browser.get("/quickbooks/attention").text)
        assert "the queue is stopped until you act" in page and "1 invoice waits; nothing is lost." in page
        assert reason.split(":")[0] in page and "Nothing needs attention" not in page
        start = unescape(browser.get("/quickbooks/start").text)
        assert 'id="step-2">2. Connect a company <span class="count">next</span>' in start
        assert reason.split(":")[0] in start and "(US, USD) is connected." not in start
        assert '<a class="button main" href="/quickbooks/connect?back=start">Connect again</a>' in start
        desk.connect(account="Services")
        desk.drain()
        assert "Nothing needs attention" in browser.get("/quickbooks/attention").text
        assert "(US, USD) is connected." in browser.get("/quickbooks/start").text
        assert desk.copy(scene.invoice(3002, subtotal="1.00")).outcome == "held"
        assert (desk.application.attention().count, desk.application.alerts()) == (1, []), "the list has it already"
