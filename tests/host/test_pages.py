"""The embedded host's pages, as a browser without JavaScript uses them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timezone
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import Client

from onedesk_quickbooks.hooks import Payment, Reversal
from onedesk_quickbooks.plugin.host import EmbeddedHost, HostInvoice
from onedesk_quickbooks.plugin.host.pages import make_app

if TYPE_CHECKING:
    from tests.host.conftest import Browser, FakePlugin

Make = Callable[..., dict[str, Any]]
Get = Callable[[str], HostInvoice]

MENU, PANEL, FOOT = '<details class="menu"', 'id="detail-panel"', 'id="foot"'


def parts(page: str) -> tuple[str, str, str]:
    """Of an invoice's page: what stands beside the status, in the action menu, at the foot of the detail panel."""
    head, rest = page.split(MENU)
    menu, panel = rest.split(PANEL)
    return head, menu, panel.split(FOOT)[1]


def test_an_open_invoice_offers_copy_in_the_menu_and_at_the_foot(
    host: EmbeddedHost, browser: Browser, make_invoice: Make, get: Get
) -> None:
    host.save(make_invoice())
    label = "Copy to QuickBooks Online"
    assert label not in browser.get("/invoices/INV-7").text
    assert browser.post("/invoices/INV-7", action="host.open").status_code == 303
    head, menu, foot = parts(browser.get("/invoices/INV-7").text)
    assert (label in menu, label in foot, "Send invoice" in menu, "Send invoice" in foot) == (True,) * 4
    assert "Copied to QuickBooks" not in head
    assert browser.post("/invoices/INV-7", action="fake.copy").headers["Location"] == "/invoices/INV-7"
    head, _, _ = parts(browser.get("/invoices/INV-7").text)
    assert head.index(">Open</span>") < head.index("Copied to QuickBooks</a>")
    assert 'href="https://books.test/invoice?txnId=81"' in head
    assert "Copied to QuickBooks" in browser.get("/invoices").text


@pytest.mark.parametrize("passwordless", [True, False])
def test_where_the_database_is_learns_nobody_who_is_not_signed_in(tmp_path: Path, passwordless: bool) -> None:
    away = EmbeddedHost.open(tmp_path, now=lambda: datetime(2026, 7, 15, tzinfo=timezone.utc), plugins=[])
    client = Client(make_app(away, passwordless))
    away.close()
    for each in tmp_path.glob("onedesk.sqlite*"):
        each.write_text("Dear diary, " * 1000, encoding="utf-8")
    answer = client.get("/sign-in")
    assert (answer.status_code, str(tmp_path) in answer.text, "try again" in answer.text) == (503, False, True)


def test_no_page_loads_itself_again(host: EmbeddedHost, browser: Browser, make_invoice: Make) -> None:
    """What changes by itself is looked at by a script, which leaves menus and focus where they are."""
    host.save(make_invoice(status="open"))
    page = browser.get("/invoices/INV-7").text
    assert "http-equiv" not in page and "data-waiting" not in page
    host.set_tag("INV-7", "Waiting for QuickBooks", "")
    assert "data-waiting" in browser.get("/invoices/INV-7").text


def test_actions_by_status(host: EmbeddedHost, plugin: FakePlugin, browser: Browser, make_invoice: Make) -> None:
    host.save(make_invoice())
    browser.post("/invoices/INV-7", action="host.open")
    browser.post("/invoices/INV-7", action="host.send")
    browser.post("/invoices/INV-7", action="host.reopen")
    assert browser.post("/invoices/INV-7", action="host.edit").headers["Location"] == "/invoices/INV-7/edit"
    browser.post("/invoices/INV-7", action="host.send")
    assert "invoice 1007 is Draft: only an Open invoice is sent" in browser.get("/invoices/INV-7").text
    browser.post("/invoices/INV-7", action="fake.copy")
    assert "Invoice 1007 does not offer this now" in browser.get("/invoices/INV-7").text
    for action, event in (("host.void", "voided"), ("host.delete", "deleted")):
        sure = browser.post("/invoices/INV-7", action=action)
        assert sure.status_code == 200
        assert "Leave it as it is" in sure.text
        assert plugin.notified[-1][0] != event
        browser.post("/invoices/INV-7", action=action, sure="yes")
        assert plugin.notified[-1] == (event, "INV-7", "void")
    assert browser.get("/invoices/INV-7").status_code == 404
    assert [each[0] for each in plugin.notified[1:4]] == ["opened", "send", "reopened"]


def test_an_invoice_that_the_plugin_cannot_read_is_said_in_one_sentence(
    host: EmbeddedHost, browser: Browser, plugin: FakePlugin, make_invoice: Make
) -> None:
    host.save(make_invoice(status="open"))
    plugin.refuses = "lines[0].amount: too long"
    browser.post("/invoices/INV-7", action="fake.copy")
    page = browser.get("/invoices/INV-7").text
    assert '<p class="problem" role="alert">lines[0].amount: too long</p>' in page


def test_payments_and_what_is_left(
    host: EmbeddedHost,
    browser: Browser,
    make_invoice: Make,
    make_payment: Callable[..., Payment],
    make_reversal: Callable[..., Reversal],
) -> None:
    host.save(make_invoice(status="open"))
    host.record_payment(make_payment("p1", "70.00", "200.00", method="Visa", reference="R-1", link="https://b.test/p"))
    page = browser.get("/invoices/INV-7").text
    for text in ("200.00 CAD left", "70.00 CAD", "Visa", "R-1", 'href="https://b.test/p"', "2026-07-14"):
        assert text in page
    host.record_payment(make_payment("p2", "200.00", "0.00"))
    page = browser.get("/invoices/INV-7").text
    assert '<span class="pill paid">Paid</span>' in page
    assert "left</span>" not in page
    host.reverse_payment(make_reversal("p2", "200.00"))
    page = browser.get("/invoices/INV-7").text
    assert '<span class="pill open">Open</span>' in page
    assert "taken back: voided in QuickBooks" in page


def test_what_is_used_of_a_credit_note_has_one_sign(
    host: EmbeddedHost, browser: Browser, make_invoice: Make, make_payment: Callable[..., Payment]
) -> None:
    line = {"id": "1", "service_type": "Support", "amount": "-100.00"}
    host.save(
        make_invoice(status="open", lines=[line], taxes=[], subtotal="-100.00", total="-100.00", payable="-100.00")
    )
    host.record_payment(make_payment("p1", "-30.00", "-70.00", kind="credit_used"))
    shown = browser.get("/invoices/INV-7").text
    assert re.findall(r"<dt>Used for an invoice [^<]*</dt><dd>([^<]*)</dd>", shown) == ["30.00 CAD"]


def test_notes_and_links_of_plugins_are_text_and_never_script(
    host: EmbeddedHost, plugin: FakePlugin, browser: Browser, make_invoice: Make
) -> None:
    host.save(make_invoice(status="open"))
    host.set_tag("INV-7", "<b>tag</b>", "javascript:alert(1)")
    host.add_note("INV-7", "why", "Line 2: <script>alert(1)</script>")
    page = browser.get("/invoices/INV-7").text
    assert "javascript:" not in page
    assert page.count("<script") == 1 and '<script src="/static/onedesk.js" defer></script>' in page
    assert "Line 2: <script>alert(1)</script>" in unescape(page)


@pytest.mark.parametrize("invoice_id", ["a/b", "a//b c", "ü?&#%41", "<i>", "Invoice number 114", "x" * 200])
def test_any_id_has_a_page(host: EmbeddedHost, browser: Browser, make_invoice: Make, get: Get, invoice_id: str) -> None:
    host.save(make_invoice(invoice_id, customer={"id": invoice_id, "name": "Any"}))
    listing = browser.get("/invoices").text
    path = unescape(listing.split('<td data-label="Number"><a href="', 1)[1].split('"', 1)[0])
    assert browser.get(path).status_code == 200
    assert browser.post(path, action="host.open").headers["Location"] == path
    assert get(invoice_id).status == "open"
    billing = f"/customers{path.removeprefix('/invoices')}/billing"
    assert browser.post(billing, email="any@example.com").status_code == 303
    assert get(invoice_id).json["customer"]["billing_contact"] == {"email": "any@example.com"}


def test_billing_preferences(host: EmbeddedHost, browser: Browser, make_invoice: Make, get: Get) -> None:
    host.save(make_invoice(status="open"))
    assert "Larkspur Bakery" in browser.get("/customers").text
    assert "Billing Preferences" in browser.get("/customers/C-1").text
    page = browser.get("/customers/C-1/billing").text
    for label in ("First name", "Last name", "E-mail"):
        assert f">{label}</label>" in page
    refused = browser.post("/customers/C-1/billing", first_name="Bea", email="bea at home")
    assert refused.status_code == 422
    assert "“bea at home” is not an e-mail address" in unescape(refused.text)
    assert 'value="bea at home"' in refused.text
    browser.post("/customers/C-1/billing", first_name="Bea", email="")
    assert get("INV-7").json["customer"]["billing_contact"] == {"first_name": "Bea"}
    assert "No billing e-mail" in browser.get("/invoices/INV-7").text
    assert browser.get("/customers/C-9").status_code == 404


def test_connecting_reveals_new_settings_under_administration_financials(
    host: EmbeddedHost, plugin: FakePlugin, browser: Browser
) -> None:
    page = browser.get("/administration/financials").text
    assert '<a class="button main" href="/fake/connect">Connect to QuickBooks Online</a>' in page
    assert "Default income account" not in page
    assert browser.get("/fake/connect").headers["Location"] == "/administration/financials"
    page = browser.get("/administration/financials").text
    assert "Connect to QuickBooks Online" not in page
    assert '<label for="choice-default_income_account">Default income account</label>' in page
    assert '<option value="1" selected>Services</option>' in page
    assert "connected to Larkspur Ltd (Canada)" in page
    browser.post("/fake/settings", value="79")
    assert plugin.seen["path"] == "/settings"
    assert plugin.seen["form"]["value"] == "79"
    assert plugin.seen["form"]["form_token"] == plugin.seen["form_token"] == browser.token()
    assert (plugin.seen["user"], plugin.seen["return_to"]) == ("admin", "/administration/financials")


def test_a_plugins_page_gets_no_user_where_nobody_is_signed_in(
    plugin: FakePlugin, open_browser: Callable[[], Browser]
) -> None:
    open_browser().client.post("/fake/webhooks", data=b"{}", headers={"onedesk.user": "admin", "Onedesk-User": "admin"})
    assert (plugin.seen["user"], plugin.seen["form_token"]) == ("", "")


def test_who_signs_in_is_led_back_to_the_page_that_was_asked_for(open_browser: Callable[[], Browser]) -> None:
    visitor = open_browser()
    asked = visitor.get("/fake/nobody?a=é")
    assert (asked.status_code, asked.headers["Location"]) == (302, "/sign-in?back=%2Ffake%2Fnobody%3Fa%3D%C3%A9")
    assert 'name="back" value="/fake/nobody?a=é"' in visitor.get(asked.headers["Location"]).text
    for back, leads in (("/fake/nobody?a=b", "/fake/nobody?a=b"), ("//evil.example", "/"), ("", "/")):
        assert visitor.post("/sign-in", user="admin", back=back).headers["Location"] == leads


def test_only_an_administrator_sees_administration(open_browser: Callable[[], Browser]) -> None:
    agent = open_browser().sign_in("agent")
    for path in ("/administration/financials", "/administration/timesheets"):
        assert agent.get(path).status_code == 403
    assert "Administration</a>" not in agent.get("/invoices").text
    assert agent.post("/administration/timesheets", name="x").status_code == 403


def test_service_types_stand_under_timesheets(host: EmbeddedHost, browser: Browser, make_invoice: Make) -> None:
    host.save(make_invoice())
    browser.post("/administration/timesheets", name=" Training ")
    browser.post("/administration/timesheets", name="")
    page = browser.get("/administration/timesheets").text
    assert "A service type needs a name." in page
    assert [name in page for name in ("<li>Parts</li>", "<li>Support</li>", "<li>Training</li>")] == [True] * 3
    assert host.service_types() == ["Parts", "Support", "Training"]


def test_every_page_wants_a_user_and_every_form_its_token(
    host: EmbeddedHost, open_browser: Callable[[], Browser], make_invoice: Make, get: Get
) -> None:
    host.save(make_invoice())
    stranger = open_browser()
    assert stranger.get("/").headers["Location"] == "/sign-in"
    for path in ("/invoices", "/invoices/INV-7?a=b", "/customers", "/administration/financials"):
        assert stranger.get(path).headers["Location"] == f"/sign-in?{urlencode({'back': path})}"
    with stranger.get("/static/onedesk.css") as style:
        assert style.status_code == 200
    assert stranger.post("/sign-in", user="root").status_code == 400
    signed_in = open_browser().sign_in("agent")
    for token in ({}, {"form_token": ""}, {"form_token": "é"}, {"form_token": stranger.token()}):
        reply = signed_in.client.post("/invoices/INV-7", data={"action": "host.open", **token})
        assert reply.status_code == 400
        assert "Go back, reload and try again" in reply.text
    assert get("INV-7").status == "draft"
    assert signed_in.get("/").headers["Location"] == "/invoices"
    signed_in.post("/sign-out")
    assert signed_in.get("/invoices").status_code == 302


def test_cookies_and_headers(open_browser: Callable[[], Browser]) -> None:
    cookie = open_browser().get("/sign-in").headers["Set-Cookie"]
    assert ("SameSite=Lax" in cookie, "HttpOnly" in cookie, "Secure" in cookie) == (True, True, False)
    secure = open_browser().client.get("/sign-in", base_url="https://localhost")
    assert "Secure" in secure.headers["Set-Cookie"]
    assert "frame-ancestors 'none'" in secure.headers["Content-Security-Policy"]
    assert secure.headers["Cache-Control"] == "no-store"


def test_a_long_list_has_pages_and_a_search(host: EmbeddedHost, browser: Browser, make_invoice: Make) -> None:
    assert "There are no invoices yet." in browser.get("/invoices").text
    for n in range(53):
        host.save(make_invoice(f"I{n:02}", number=f"N{n:02}"))
    first = browser.get("/invoices").text
    assert re.findall(r">(N\d\d)<", first) == [f"N{n:02}" for n in range(52, 2, -1)], "the newest first"
    assert ">Newer<" not in first and 'All <span class="badge">53</span>' in first

    def turned(page: str, label: str) -> str:
        (path,) = re.findall(f'href="([^"]*)">{label}<', page)
        return browser.get(unescape(path)).text

    last = turned(first, "Older")
    assert re.findall(r">(N\d\d)<", last) == ["N02", "N01", "N00"] and ">Older<" not in last
    assert re.findall(r">(N\d\d)<", turned(last, "Newer")) == re.findall(r">(N\d\d)<", first)
    found = browser.get("/invoices?search=n07").text
    assert ("N07" in found, "N08" in found) == (True, False)
    assert "No invoice matches" in browser.get("/invoices?search=%3Cb%3E").text


@pytest.mark.parametrize(
    ("change", "totals"),
    [
        ({"memo": "Thanks"}, ("250.00", "270.00", "270.00")),
        ({"lines-0-quantity": "3"}, ("350.00", "380.00", "380.00")),
        ({"lines-0-unit_price": "99.99"}, ("249.98", "269.98", "269.98")),
        ({"lines-0-tax_rate": "0"}, ("250.00", "250.00", "250.00")),
        (
            {
                "lines-new-service_type": "Travel",
                "lines-new-quantity": "1",
                "lines-new-unit_price": "5",
                "lines-new-tax_rate": "10",
            },
            ("255.00", "275.50", "275.50"),
        ),
    ],
)
def test_a_draft_is_edited_and_its_amounts_are_worked_out(
    host: EmbeddedHost,
    plugin: FakePlugin,
    browser: Browser,
    make_invoice: Make,
    get: Get,
    change: dict[str, str],
    totals: tuple[str, ...],
) -> None:
    host.save(make_invoice())
    page = browser.get("/invoices/INV-7/edit").text
    assert "Line 1: Oven does not print" in page
    assert browser.form("/invoices/INV-7/edit", change).status_code == 303
    found = get("INV-7").json
    assert tuple(found[key] for key in ("subtotal", "total", "payable")) == totals
    assert plugin.notified[-1] == ("edited", "INV-7", "draft")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"lines-0-quantity": "two"}, "Line 1: Quantity: “two” is not a number; write it as 1234.56."),
        ({"lines-0-quantity": ""}, "Line 1: fill in both quantity and unit price"),
        ({"lines-1-quantity": "2"}, "Line 2: fill in both quantity and unit price"),
        ({"lines-1-tax_rate": "", "lines-0-quantity": "1"}, "Line 2 has no tax rate: fill it in"),
        ({"lines-new-description": "Travel"}, "The new line: fill in both quantity and unit price"),
        ({"due_date": "soon"}, "due_date: 'soon'"),
        ({"lines-0-unit_price": "999999999999999", "lines-0-quantity": "999999999"}, "has the wrong format"),
    ],
)
def test_an_edit_that_cannot_be_taken_keeps_what_was_typed(
    host: EmbeddedHost, browser: Browser, make_invoice: Make, get: Get, change: dict[str, str], sentence: str
) -> None:
    host.save(make_invoice())
    reply = browser.form("/invoices/INV-7/edit", change)
    assert reply.status_code == 422
    assert sentence in unescape(reply.text)
    assert all(f'value="{value}"' in reply.text for value in change.values())
    assert get("INV-7").json == make_invoice()


def test_an_edit_of_an_older_version_saves_nothing(
    host: EmbeddedHost, browser: Browser, make_invoice: Make, get: Get
) -> None:
    """Two people have opened the form."""
    host.save(make_invoice())
    (seen,) = re.findall(r'name="seen" value="(\w+)"', browser.get("/invoices/INV-7/edit").text)
    assert browser.form("/invoices/INV-7/edit", {"seen": seen, "memo": "By Ada"}).status_code == 303
    late = {"seen": seen, "memo": "", "lines-0-quantity": "3"}
    for _ in ("first", "again"):
        reply = browser.form("/invoices/INV-7/edit", late)
        assert (reply.status_code, 'value="3"' in reply.text, f'value="{seen}"' in reply.text) == (422, True, True)
        assert "Invoice 1007 was changed since you opened this form, so that nothing was saved." in reply.text
    assert get("INV-7").json == make_invoice(memo="By Ada")


@pytest.mark.parametrize(
    ("taxes", "sentence"),
    [
        ([{"name": "VAT", "amount": "20.00"}], "The tax “VAT” has no rate"),
        ([{"rate": "10", "amount": "10.00"}, {"rate": "10.0", "amount": "10.00"}], "Two taxes have the rate 10.0"),
    ],
)
def test_a_tax_that_cannot_be_worked_out_again(
    host: EmbeddedHost, browser: Browser, make_invoice: Make, taxes: list[dict[str, str]], sentence: str
) -> None:
    host.save(make_invoice(taxes=taxes))
    assert sentence in unescape(browser.form("/invoices/INV-7/edit", {"lines-0-quantity": "1"}).text)
    assert browser.form("/invoices/INV-7/edit", {"lines-0-description": "only words"}).status_code == 303


def test_discounts_charges_and_what_was_prepaid_stay_in_the_sum(
    host: EmbeddedHost, browser: Browser, make_invoice: Make, get: Get
) -> None:
    more = {
        "discounts": [{"name": "Loyal", "amount": "20.00", "tax_rate": "10"}],
        "charges": [{"name": "Freight", "amount": "10.00"}],
        "prepaid": "100.00",
        "rounding": "0.30",
    }
    host.save(make_invoice(**more))
    browser.form("/invoices/INV-7/edit", {"lines-0-quantity": "1"})
    found = get("INV-7").json
    # 100 + 50 - 20 + 10, and a tenth of (100 - 20) as tax
    assert [found[key] for key in ("subtotal", "total", "payable")] == ["150.00", "148.00", "48.00"]
    assert "rounding" not in found
    assert [(tax["rate"], tax["taxable"], tax["amount"]) for tax in found["taxes"]] == [
        ("10", "80.00", "8.00"),
        ("0", "60.00", "0.00"),
    ]


def test_a_locked_invoice_has_no_edit_page(host: EmbeddedHost, browser: Browser, make_invoice: Make) -> None:
    host.save(make_invoice(status="open"))
    for reply in (browser.get("/invoices/INV-7/edit"), browser.form("/invoices/INV-7/edit", {"memo": "x"})):
        assert reply.headers["Location"] == "/invoices/INV-7"
    assert "put it back to Draft" in browser.get("/invoices/INV-7").text


FORM = {
    "number": "2001",
    "currency": "cad",
    "issue_date": "2026-07-02",
    "customer": "Larkspur Bakery",
    "lines-new-service_type": "Support",
    "lines-new-quantity": "2",
    "lines-new-unit_price": "50.00",
}


def made(host: EmbeddedHost, number: str) -> dict[str, Any]:
    (found,) = host.invoices(number)
    assert found.status == "draft"
    return dict(found.json)


def test_customer_organizations_are_found_by_name_fifty_a_page(
    host: EmbeddedHost, browser: Browser, make_invoice: Make
) -> None:
    for number in range(120):
        customer = {"id": f"C-{number}", "name": f"Desk {number:03} & Co"}
        host.save(make_invoice(f"INV-{number}", number=str(number), customer=customer))
    first, last = browser.get("/customers").text, browser.get("/customers?search=&page=2").text
    assert first.count('<td data-label="Name">') == 50 and "Desk 049" in first and "Desk 050" not in first
    assert 'href="/customers?search=&amp;page=1">Next' in first and "Previous" not in first
    assert last.count('<td data-label="Name">') == 20 and 'page=1">Previous' in last and ">Next" not in last
    found = browser.get("/customers?search=sk+11").text
    assert found.count('<td data-label="Name">') == 10 and "Desk 110 &amp; Co" in found
    assert "No customer organization matches “50%”." in browser.get("/customers?search=50%25").text
    assert browser.get("/customers?page=x").status_code == 200


def test_a_new_invoice_is_a_draft_with_its_amounts_worked_out(
    host: EmbeddedHost, browser: Browser, make_invoice: Make
) -> None:
    host.save(make_invoice())
    assert '<a class="button main" href="/new-invoice">New invoice</a>' in browser.get("/invoices").text
    page = browser.get("/new-invoice").text
    assert 'value="CAD"' in page and '<option value="Larkspur Bakery">' in page
    assert 'name="issue_date" type="date" value="2026-07-15"' in page, "today"
    reply = browser.form("/new-invoice", {**FORM, "lines-new-tax_rate": "10", "memo": "Thanks"})
    found = made(host, "2001")
    assert reply.headers["Location"] == f"/invoices/{found['id']}"
    assert found["customer"] == make_invoice()["customer"]
    assert [found[key] for key in ("currency", "subtotal", "total", "memo")] == ["CAD", "100.00", "110.00", "Thanks"]
    assert found["taxes"] == [{"name": "Tax", "rate": "10", "taxable": "100.00", "amount": "10.00"}]
    new = {"number": "2002", "customer": "Ann", "email": "ann@ann.example", "country": "no", "region": "Oslo"}
    assert browser.form("/new-invoice", {**FORM, **new}).status_code == 303
    found = made(host, "2002")
    assert (found["total"], "taxes" in found) == ("100.00", False)
    assert found["customer"] == {
        "id": found["customer"]["id"],
        "name": "Ann",
        "billing_contact": {"email": "ann@ann.example"},
        "address": {"region": "Oslo", "country": "NO"},
    }


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"number": " "}, "Number: fill it in."),
        ({"number": "1007"}, "Number: there is an invoice 1007 already; take another number."),
        ({"currency": "dollars"}, "currency: 'DOLLARS'"),
        ({"issue_date": "2026-02-30"}, "issue_date: '2026-02-30'"),
        ({"customer": ""}, "Customer organization: fill it in."),
        ({"lines-new-quantity": "", "lines-new-unit_price": "", "lines-new-service_type": ""}, "fill in at least"),
        ({"lines-new-quantity": "two"}, "The new line: Quantity: “two” is not a number"),
        ({"lines-new-tax_rate": "ten"}, "The new line: Tax in %: “ten” is not a number"),
    ],
)
def test_a_new_invoice_that_cannot_be_made_keeps_what_was_typed(
    host: EmbeddedHost, browser: Browser, make_invoice: Make, change: dict[str, str], sentence: str
) -> None:
    host.save(make_invoice())
    reply = browser.form("/new-invoice", {**FORM, **change})
    assert reply.status_code == 422
    assert sentence in unescape(reply.text)
    assert 'value="2026-0' in reply.text and host.count() == 1


def test_a_session_ends_on_the_server(host: EmbeddedHost, browser: Browser) -> None:
    """Whoever has kept the cookie is signed out as well."""
    cookie = browser.client.get_cookie("onedesk")
    assert cookie is not None
    assert browser.post("/sign-out").status_code == 303
    browser.client.set_cookie("onedesk", cookie.value)
    assert browser.client.get("/invoices").headers["Location"] == "/sign-in?back=%2Finvoices"
    assert "Your session has ended: sign in again." in browser.get("/sign-in").text


def sends(browser: Browser, *files: tuple[str, bytes]) -> Any:
    data = {"form_token": browser.token(), "file": [(BytesIO(content), name) for name, content in files]}
    answer = browser.client.post("/invoices/INV-7/files", data=data, content_type="multipart/form-data")
    answer.request.environ["wsgi.input"].close()  # a large body is a file of the client
    return answer


def test_files_are_attached_to_an_invoice(host: EmbeddedHost, browser: Browser, make_invoice: Make) -> None:
    host.save(make_invoice())
    assert 'type="file" multiple' in browser.get("/invoices/INV-7").text
    done = sends(browser, ("hours.pdf", b"%PDF-1.4"), ("re\u202eport.csv", b"a,b"))
    assert (done.status_code, done.headers["Location"]) == (303, "/invoices/INV-7")
    page = unescape(browser.get("/invoices/INV-7").text)
    assert "2 files attached." in page and "hours.pdf" in page
    found = host.attachments("INV-7")
    assert [(each.name, each.size) for each in found] == [("hours.pdf", 8), ("report.csv", 3)]
    assert host.read_attachment("INV-7", found[0].id) == b"%PDF-1.4"
    sends(browser, ("hours.pdf", b"%PDF-1.4"))
    assert len(host.attachments("INV-7")) == 2, "the same file twice is one"
    assert sends(browser, ("scan.pdf", b"%PDF" * 1_900_000)).status_code == 303
    assert sends(browser, ("large.pdf", b"%PDF" * 5_100_000)).status_code == 413
    assert [each.name for each in host.attachments("INV-7")] == ["hours.pdf", "report.csv", "scan.pdf"]


def test_no_file_and_no_invoice_attach_nothing(host: EmbeddedHost, browser: Browser, make_invoice: Make) -> None:
    assert sends(browser, ("hours.pdf", b"%PDF-1.4")).status_code == 404
    host.save(make_invoice())
    assert sends(browser).status_code == 303
    assert "Choose at least one file" in browser.get("/invoices/INV-7").text
    data = {"file": (BytesIO(b"%PDF"), "hours.pdf")}
    assert browser.client.post("/invoices/INV-7/files", data=data).status_code == 400, "without the page's token"
    assert host.attachments("INV-7") == []
