"""The page of an invoice: what is done there, and what asks first."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timezone
from urllib.parse import quote

import pytest

from onedesk_quickbooks.plugin.app.story_api import Story
from tests.web.conftest import FakeApp, Host
from tests.web.test_attention import FORM, text_of

SENT = datetime(2026, 7, 1, 12, 30, 5, 250, tzinfo=timezone.utc)
STORY = Story("INV/1", "2041", "Harbor Labs", (), (), {}, (), 0, "", None, True, sent_at=SENT)


def test_what_was_emailed_can_be_emailed_once_more(host: Host, application: FakeApp) -> None:
    """It asks first, and says which e-mail it has seen: pressed twice it is one."""
    application.known_story = STORY
    assert "E-mail once more" in host.call("GET", "/invoices/INV/1", user="ada").text
    first = host.call("POST", "/invoices/INV/1", user="ada", data={**FORM, "do": "resend"})
    assert "Have QuickBooks e-mail invoice 2041 once more?" in text_of(first.text) and application.asked == []
    form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', first.text.partition("<main")[2]))
    assert form == {**FORM, "sure": "yes", "seen": SENT.isoformat(), "do": "resend"}
    done = host.call("POST", "/invoices/INV/1", user="ada", data={**form, "to": " board@harbor.example "})
    assert done.status_code == 303
    assert application.asked == [("resend", "INV/1", "ada", "board@harbor.example", str(SENT))]
    page = host.call("GET", done.headers["Location"].removeprefix("/quickbooks"), user="ada").text
    assert "QuickBooks e-mails it once more." in page


def test_what_was_not_emailed_cannot(host: Host, application: FakeApp) -> None:
    application.known_story = replace(STORY, sent_at=None)
    assert "E-mail once more" not in host.call("GET", "/invoices/INV/1", user="ada").text
    asked = host.call("POST", "/invoices/INV/1", user="ada", data={**FORM, "do": "resend"})
    assert asked.status_code == 200
    form = {**FORM, "do": "resend", "sure": "yes"}
    for seen in ("", "yesterday"):
        refused = host.call("POST", "/invoices/INV/1", user="ada", data={**form, "seen": seen})
        assert refused.status_code == 400
        assert 'href="/quickbooks/invoices/INV/1">Back: All that happened to it' in refused.text
    assert application.asked == []


def test_only_an_administrator_may(host: Host, application: FakeApp) -> None:
    application.known_story = STORY
    form = {**FORM, "do": "resend", "sure": "yes", "seen": SENT.isoformat()}
    for user, status in (("", 401), ("gus", 403)):
        assert host.call("POST", "/invoices/INV/1", user=user, data=form).status_code == status
    assert application.asked == []


def test_quickbooks_pdf_is_shown_to_an_administrator(host: Host, application: FakeApp) -> None:
    application.known_story = replace(STORY, qbo_page="https://books.test/invoice?txnId=48")
    assert 'href="/quickbooks/pdf/INV/1"' in host.call("GET", "/invoices/INV/1", user="ada").text
    shown = host.call("GET", "/pdf/INV/1", user="ada")
    assert (shown.status_code, shown.mimetype, shown.data) == (200, "application/pdf", b"%PDF-1.4 of INV/1")
    assert shown.headers["Content-Disposition"] == "inline; filename=2041.pdf"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    for user, status in (("", 401), ("gus", 403)):
        assert host.call("GET", "/pdf/INV/1", user=user).status_code == status
    assert application.asked == [("pdf", "INV/1")]


def test_an_id_may_end_as_a_file(host: Host, application: FakeApp) -> None:
    application.known_story = replace(STORY, invoice_id="INV/pdf", qbo_page="https://books.test/invoice?txnId=48")
    page = host.call("GET", "/invoices/INV/pdf", user="ada")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert 'href="/quickbooks/pdf/INV/pdf"' in page.text


@pytest.mark.parametrize("invoice_id", ["/7", "//7", "7/", "a//7", "a\n7", "a b"])
def test_an_invoice_has_a_page_whatever_its_id(host: Host, application: FakeApp, invoice_id: str) -> None:
    """The page of "/7" was that of the invoice "7"."""
    application.known_story = replace(STORY, invoice_id=invoice_id, qbo_page="https://books.test/48")
    assert host.call("GET", f"/invoices/{quote(invoice_id)}", user="ada").status_code == 200
    assert host.call("GET", f"/pdf/{quote(invoice_id)}", user="ada").data == f"%PDF-1.4 of {invoice_id}".encode()
    sure = host.call("POST", f"/invoices/{quote(invoice_id)}", user="ada", data={**FORM, "do": "copy"})
    assert application.asked[-1][:2] == ("again", invoice_id)
    back = sure.headers["Location"].removeprefix("/quickbooks")
    assert "It is on its way to QuickBooks." in host.call("GET", back, user="ada").text
