"""The story of an invoice: what was decided and why, requests and answers without secrets, who pressed what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.host import scene
from tests.host.conftest import Browser
from tests.sync.conftest import Desk, installed

if TYPE_CHECKING:
    from tests.conftest import QboSchemas


@pytest.fixture
def desk(tmp_path: Path, qbo_schemas: QboSchemas) -> Iterator[Desk]:
    with installed(tmp_path, qbo_schemas) as made:
        scene.play(made)
        yield made


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_a_copy_that_was_sent_and_paid_shows_all_of_it(desk: Desk) -> None:
    browser = Browser(desk.host).sign_in("admin")
    page = browser.get("/quickbooks/invoices/I-3006").text
    text = words(page)
    for part in (
        "Invoice OD-3006 for Northwind Research Ltd",
        "Sent to pay1@harbor.example",
        "OneDesk 600.00 USD Foreseen 600.00 USD QuickBooks 600.00 USD",
        "default.yaml:",
        "Asked for send: invoice OD-3006 of 600.00 USD",
        "Request POST invoice: create invoice",
        "Payment recorded 600.00 USD",
        "admin",
    ):
        assert part in text, part
    assert text.index("Payment recorded") < text.index("Asked for send"), "the newest first"
    assert 'href="/invoices/I-3006"' in page and "txnId=" in page
    tokens = desk.application.ledger.companies.tokens(desk.application.realm_id())
    assert tokens is not None and tokens.access_token not in page and tokens.refresh_token not in page


def test_the_plan_is_beside_what_quickbooks_has_at_one_look(desk: Desk) -> None:
    browser = Browser(desk.host).sign_in("admin")
    desk.calls()
    assert "Look now" in browser.get("/quickbooks/invoices/I-3003").text
    assert desk.calls() == []
    plan = re.findall(r"<pre.*?>(.*?)</pre>", browser.get("/quickbooks/invoices/I-3003?look=now").text, re.S)
    assert len(plan) == 1 and "700.00" in plan[0]
    assert {each.partition("?")[0] for each in desk.calls()}.isdisjoint({"POST invoice", "POST customer", "POST item"})


def test_a_held_invoice_is_tried_again_and_one_is_sent_after_a_question(desk: Desk) -> None:
    browser = Browser(desk.host).sign_in("admin")
    desk.application.choose("admin", "default_income_account", "Services")
    done = browser.post("/quickbooks/invoices/I-3010", do="retry")
    assert done.headers["Location"] == "/quickbooks/invoices/I-3010?done=retry"
    assert "It is queued again" in browser.get(done.headers["Location"]).text
    asked = browser.post("/quickbooks/invoices/I-3004", do="send")
    assert (asked.status_code, "cannot be taken back" in asked.text) == (200, True)
    assert browser.post("/quickbooks/invoices/I-3004", do="send", sure="yes").status_code == 303
    outcomes = {each.id: each.outcome for each in desk.drain()}
    assert (outcomes["I-3010"], outcomes["I-3004"]) == ("copied", "sent")
    text = words(browser.get("/quickbooks/invoices/I-3010").text)
    assert "Done by a person tried again" in text


def test_an_invoice_is_held_with_a_reason_and_released(desk: Desk) -> None:
    browser = Browser(desk.host).sign_in("admin")
    page = "/quickbooks/invoices/I-3004"
    asked = browser.post(page, do="hold")
    assert asked.status_code == 200 and "Hold invoice OD-3004?" in asked.text
    assert "Say why." in browser.post(page, do="hold", sure="yes").text
    assert browser.post(page, do="hold", sure="yes", reason="Ask Maria").status_code == 303
    shown = words(browser.get(f"{page}?done=hold").text)
    assert "It is held: nothing of it is written" in shown and "admin holds it: Ask Maria" in shown
    browser.post(page, do="send", sure="yes")
    assert {each.id: each.outcome for each in desk.drain()}["I-3004"] == "held"
    listed = words(browser.get("/quickbooks/attention").text)
    assert "1 invoice: somebody holds it" in listed and "Ask Maria" in listed
    [row] = desk.application.ledger.queue.open_of(desk.application.realm_id(), "I-3004")
    done = browser.post("/quickbooks/attention", do="release", entry=str(row.id))
    assert "1 invoice is queued again." in browser.get(done.headers["Location"]).text
    assert {each.id: each.outcome for each in desk.drain()}["I-3004"] == "sent"
    browser.post(page, do="hold", sure="yes", reason="Ask Maria")
    assert browser.post(page, do="release").headers["Location"].endswith("done=release")
    text = words(browser.get(page).text)
    assert "Done by a person release" in text and "holds it: Ask Maria" not in text


def test_what_cannot_be_done_says_why(desk: Desk) -> None:
    browser = Browser(desk.host).sign_in("admin")
    assert browser.get("/quickbooks/invoices/none").status_code == 404
    refused = browser.post("/quickbooks/invoices/I-3006", do="copy")
    assert (refused.status_code, "as an Open invoice" in refused.text) == (409, True)
    assert browser.post("/quickbooks/invoices/I-3006", do="burn").status_code == 400
    assert Browser(desk.host).sign_in("agent").get("/quickbooks/invoices/I-3006").status_code == 403


def test_the_story_of_what_is_gone_leads_to_no_page_that_is_gone(desk: Desk) -> None:
    browser = Browser(desk.host).sign_in("admin")
    desk.host.delete("I-3004", "admin")
    link = desk.application.ledger.links.invoice(desk.application.realm_id(), "I-3005")
    assert link is not None
    desk.sandbox.delete("Invoice", link.qbo_id)
    desk.drain()
    desk.clock.sleep(120)
    desk.application.bring_payments()
    page = browser.get("/quickbooks/invoices/I-3004").text
    assert "OneDesk does not have this invoice any more" in page and 'href="/invoices/I-3004"' not in page
    assert "look=now" not in page and "txnId=" in page
    page = browser.get("/quickbooks/invoices/I-3005").text
    assert 'href="/invoices/I-3005"' in page and "txnId=" not in page and "/pdf" not in page
    listed = browser.get("/quickbooks/attention").text
    assert 'href="/quickbooks/invoices/I-3004"' in listed and 'href="/invoices/I-3004"' not in listed
    assert f"txnId={link.qbo_id}&quot;" not in listed and f'txnId={link.qbo_id}"' not in listed
    for to in re.findall(r'<a href="(/[^"#]*)"', listed):
        assert browser.get(unescape(to)).status_code == 200, to


def test_quickbooks_pdf_is_shown_to_who_may_see_the_invoice(desk: Desk) -> None:
    """The host says who that is: its page asks the plugin, which asks QuickBooks."""
    agent = Browser(desk.host).sign_in("agent")
    assert 'href="/invoices/I-3006/pdf"' in agent.get("/invoices/I-3006").text
    shown = agent.get("/invoices/I-3006/pdf")
    assert (shown.mimetype, shown.data[:5]) == ("application/pdf", b"%PDF-")
    assert shown.headers["Content-Disposition"] == "inline; filename=OD-3006.pdf"
    assert Browser(desk.host).get("/invoices/I-3006/pdf").status_code == 302, "nobody is signed in"
    assert "/pdf" not in agent.get("/invoices/I-3010").text, "it was never copied"
    assert agent.get("/invoices/I-3010/pdf").headers["Location"] == "/invoices/I-3010"
    assert "QuickBooks does not have this invoice" in agent.get("/invoices/I-3010").text
    assert agent.get("/invoices/none/pdf").status_code == 404
    desk.sandbox.faults.inject(fault="http_503", path="pdf", count=0)
    assert agent.get("/invoices/I-3006/pdf").status_code == 303
    text = words(agent.get("/invoices/I-3006").text)
    assert "QuickBooks gave no usable answer: HTTP 503" in text
    desk.sandbox.faults.clear()
