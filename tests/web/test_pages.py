"""Connecting, settings, webhooks and health over HTTP, each refusal with a readable page."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from html import unescape

import pytest

from onedesk_quickbooks.plugin.app.application import Application
from onedesk_quickbooks.plugin.ledger import Conflict, KeyProblem, LedgerProblem
from onedesk_quickbooks.plugin.qbo.problems import NotReached
from onedesk_quickbooks.plugin.sync.errors import CannotDecide, ConnectProblem
from tests.web.conftest import FakeApp, FakeChange, Host

FORM = {"form_token": "T-1"}


@pytest.mark.parametrize(
    "name", [name for name, _ in inspect.getmembers(FakeApp, inspect.isfunction) if name[0] != "_"]
)
def test_the_application_of_these_tests_is_called_as_the_real_one(name: str) -> None:
    called, real = (list(inspect.signature(getattr(one, name)).parameters) for one in (FakeApp, Application))
    assert called == real[: len(called)]


def test_connect_goes_to_quickbooks_and_back(host: Host, application: FakeApp) -> None:
    away = host.call("GET", "/connect", user="ada")
    assert (away.status_code, away.headers["Location"]) == (
        302,
        "https://appcenter.intuit.test/connect/oauth2?state=b.S1",
    )
    back = host.call("GET", "/callback?code=C1&state=b.S1&realmId=9341")
    assert (back.status_code, back.headers["Location"]) == (303, "/office/money")
    assert application.asked == [
        ("begin", "ada", "https://desk.test/quickbooks/callback"),
        ("finish", "b.S1", "C1", "9341"),
    ]
    assert back.headers["Referrer-Policy"] == "no-referrer"


def test_the_public_url_goes_before_the_name_we_were_asked_by(host: Host, application: FakeApp) -> None:
    application.settings.public_url = "https://desk.example.com/qb/"
    host.call("GET", "/connect", user="ada")
    assert application.asked == [("begin", "ada", "https://desk.example.com/qb/callback")]
    assert host.call("GET", "/callback?code=C1&state=S1&realmId=9341").status_code == 303, "it comes by another name"


@pytest.mark.parametrize(
    ("asked_by", "uri"),
    [
        ("http://localhost:8080/quickbooks", "http://localhost:8080/quickbooks/callback"),
        ("http://127.0.0.1:8080/quickbooks", "http://127.0.0.1:8080/quickbooks/callback"),
        ("http://[::1]:8080/quickbooks", "http://[::1]:8080/quickbooks/callback"),
        ("https://evil.example/quickbooks", ""),
        ("https://localhost.evil.example/quickbooks", ""),
        ("https://127.0.0.1.evil.example/quickbooks", ""),
    ],
)
def test_without_a_public_url_only_this_machine_is_one(
    host: Host, application: FakeApp, asked_by: str, uri: str
) -> None:
    application.settings.public_url = ""
    answer = host.client.get(
        "/connect",
        base_url=asked_by,
        environ_overrides={"onedesk.user": "ada"},
        headers={"X-Forwarded-Host": "x.example"},
    )
    assert [each[2] for each in application.asked] == ([uri] if uri else [])
    if not uri:
        assert answer.status_code == 409 and "Set-Cookie" not in answer.headers
        assert "set it in settings.yaml to https://YOUR-HOST/quickbooks, with" in answer.text
        assert "evil.example" not in answer.text


def test_another_browser_brings_nothing_back(host: Host, application: FakeApp) -> None:
    """Who is lured to the address that Intuit sent somebody else to connects nothing."""
    host.call("GET", "/connect", user="ada")
    (kept,) = [str(each) for each in [host.client.get_cookie("onedesk_quickbooks_state", "desk.test", "/")]]
    other = Host(application)
    refused = other.call("GET", "/callback?code=C1&state=b.S1&realmId=9341")
    assert (refused.status_code, "in another browser" in refused.text) == (400, True)
    assert [each[0] for each in application.asked] == ["begin"]
    assert "b.S1" not in kept, "the cookie does not have the state itself"
    assert host.call("GET", "/callback?code=C1&state=b.S1&realmId=9341").status_code == 303


def test_another_company_than_before_is_asked_about(host: Host, application: FakeApp) -> None:
    application.another = 'Larkspur "Ltd" (9341) is connected, and 77 is another company.'
    host.call("GET", "/connect", user="ada")
    asked = host.call("GET", "/callback?code=C1&state=b.S1&realmId=77")
    assert asked.status_code == 200 and application.another in unescape(asked.text)
    assert [each[0] for each in application.asked] == ["begin"]
    form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', asked.text))
    assert form == {"code": "C1", "state": "b.S1", "realmId": "77"}
    assert Host(application).call("POST", "/callback", data=form).status_code == 400, "in another browser"
    back = host.call("POST", "/callback", data=form)
    assert (back.status_code, back.headers["Location"]) == (303, "/office/money")
    assert application.asked[1:] == [("finish", "b.S1", "C1", "77")]


@pytest.mark.parametrize(
    ("user", "status", "words"), [("", 401, "Sign in first"), ("gus", 403, "Only an administrator")]
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/connect"), ("POST", "/disconnect"), ("POST", "/settings/default_income_account")]
)
def test_only_an_administrator_connects_disconnects_and_chooses(
    host: Host, application: FakeApp, method: str, path: str, user: str, status: int, words: str
) -> None:
    reply = host.call(method, path, user=user, data={**FORM, "value": "79"} if method == "POST" else None)
    assert reply.status_code == status
    assert words in reply.text
    assert 'href="/office/money"' in reply.text
    assert application.asked == []


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("error=access_denied&state=S1", 200, "nothing was connected and nothing was changed"),
        ("error=invalid_scope&state=S1", 400, "the error “invalid_scope”"),
        ("error=%3Cscript%3E&state=S1", 400, "the error “<script>”"),
        ("code=C1&state=S2&realmId=9341", 409, "belongs to no connection that was begun here"),
        ("code=C1&realmId=9341", 400, "is incomplete"),
        ("code=C1&state=S1", 400, "is incomplete"),
        ("", 400, "is incomplete"),
    ],
)
def test_a_callback_that_connects_nothing(
    host: Host, application: FakeApp, query: str, status: int, words: str
) -> None:
    reply = host.call("GET", f"/callback?{query}")
    assert reply.status_code == status
    assert words in unescape(reply.text)
    assert "<script>" not in reply.text
    assert application.asked == []


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (ConnectProblem("No client id is set: write client_id into settings.yaml."), 409),
        (NotReached("https://oauth.platform.intuit.com", "connection refused"), 502),
    ],
)
def test_a_connection_that_cannot_be_begun_says_why(
    host: Host, application: FakeApp, problem: Exception, status: int
) -> None:
    application.problem = problem
    reply = host.call("GET", "/connect", user="ada")
    assert reply.status_code == status
    assert str(problem) in unescape(reply.text)


@pytest.mark.parametrize(
    "problem", [LedgerProblem("/srv/desk/ledger.sqlite is busy."), KeyProblem("/srv/desk/key is none.")]
)
def test_where_the_ledger_is_learns_nobody_who_is_not_signed_in(
    host: Host, application: FakeApp, problem: Exception
) -> None:
    application.problem = problem
    for user in ("", "ada"):
        answer = host.call("GET", "/callback?code=C1&state=S1&realmId=9341", user=user)
        assert (answer.status_code, "/srv/desk" in answer.text) == (503, bool(user))


def test_choosing_and_disconnecting_return_to_financials(host: Host, application: FakeApp) -> None:
    for path, fields in (("/settings/default_income_account", {"value": "79"}), ("/disconnect", {"sure": "yes"})):
        reply = host.call("POST", path, user="ada", data={**FORM, **fields})
        assert (reply.status_code, reply.headers["Location"]) == (303, "/office/money")
    assert application.asked == [("choose", "ada", "default_income_account", "79"), ("disconnect", "ada")]


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"waiting": 0}, "Nothing waits."),
        ({"waiting": 1, "held": 0, "failed": 0}, "Of the queue 1 waits."),
        ({"waiting": 12, "held": 2, "failed": 1}, "Of the queue 12 wait and 3 are held."),
        ({"waiting": 0, "held": 1}, "Of the queue 1 is held."),
    ],
)
def test_disconnecting_asks_first_and_says_what_follows(
    host: Host, application: FakeApp, counts: dict[str, int], said: str
) -> None:
    application.status_now = {"connected": True, **counts}
    for fields in ({}, {"sure": ""}, {"sure": "no"}):
        asked = host.call("POST", "/disconnect", user="ada", data={**FORM, **fields})
        assert asked.status_code == 200
        assert "What was copied to Larkspur Ltd stays there." in asked.text and said in asked.text
    assert 'href="/office/money"' in asked.text and f'value="{FORM["form_token"]}"' in asked.text
    assert application.asked == []


def test_a_value_that_cannot_be_chosen(host: Host, application: FakeApp) -> None:
    reply = host.call("POST", "/settings/default_income_account", user="ada", data={**FORM, "value": "80"})
    assert reply.status_code == 422
    assert "The company has no income account '80'." in unescape(reply.text)


@pytest.mark.parametrize("path", ["/disconnect", "/settings/default_income_account"])
@pytest.mark.parametrize(
    ("form", "token"),
    [({}, "T-1"), ({"form_token": "T-2"}, "T-1"), ({"form_token": ""}, ""), ({"form_token": "ü"}, "T-1")],
)
def test_a_form_that_is_not_the_hosts_is_refused(
    host: Host, application: FakeApp, path: str, form: dict[str, str], token: str
) -> None:
    reply = host.call("POST", path, user="ada", form_token=token, data={**form, "value": "79"})
    assert reply.status_code == 400
    assert "not opened in this browser" in reply.text
    assert application.asked == []


@pytest.mark.parametrize("path", ["/disconnect", "/settings/default_income_account"])
def test_nothing_is_changed_by_following_a_link(host: Host, application: FakeApp, path: str) -> None:
    assert host.call("GET", path, user="ada").status_code == 405
    assert application.asked == []


def test_a_signed_webhook_is_kept(host: Host, application: FakeApp, sign: Callable[[bytes], str]) -> None:
    body = b'[{"id": "1"}]'
    reply = host.webhook(body, sign(body))
    assert (reply.status_code, reply.json) == (200, {"events": 1})
    assert application.asked == [("webhook", body.decode(), sign(body))]


@pytest.mark.parametrize("signature", ["", "bm90IG91cnM=", "not base64 at all", "ü"])
def test_a_webhook_that_is_not_signed_by_quickbooks(host: Host, application: FakeApp, signature: str) -> None:
    reply = host.webhook(b"[]", signature)
    assert reply.status_code == 401
    assert application.asked == []


def test_a_webhook_changed_on_its_way_or_without_our_verifier(
    host: Host, application: FakeApp, sign: Callable[[bytes], str]
) -> None:
    assert host.webhook(b"[1]", sign(b"[]")).status_code == 401
    application.settings.verifier_token = ""
    assert host.webhook(b"[]", sign(b"[]")).status_code == 401
    assert application.asked == []


def test_a_webhook_that_cannot_be_read(host: Host, application: FakeApp, sign: Callable[[bytes], str]) -> None:
    reply = host.webhook(b"<xml/>", sign(b"<xml/>"))
    assert reply.status_code == 400
    assert reply.json == {"error": "The notification cannot be read: it is not valid JSON."}
    assert host.webhook(b"[" + b" " * 4_000_000, "x").status_code == 413


def test_health_names_nobody(host: Host, application: FakeApp) -> None:
    reply = host.call("GET", "/health")
    assert (reply.status_code, reply.json) == (
        200,
        {"ok": True, "left": 0, "connected": True, "stopped_reason": "", "waiting": 2},
    )
    application.status_now = {"connected": True, "stopped_reason": "the refresh token ended", "waiting": 9}
    reply = host.call("GET", "/health")
    assert (reply.status_code, "Larkspur" in reply.text) == (503, False)
    for place in ("/srv/desk", "/srv/desk/key"):
        application.status_now["stopped_reason"] = f"Nothing can be read at {place}: make room."
        assert host.call("GET", "/health").json["stopped_reason"] == "Nothing can be read at ...: make room."  # type: ignore[index]  # it is JSON


def test_a_page_that_is_not_there(host: Host) -> None:
    reply = host.call("GET", "/nothing")
    assert reply.status_code == 404
    assert "Back to Administration" in reply.text and "<style" not in reply.text
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "form-action 'self'" in policy and "unsafe" not in policy
    with host.call("GET", "/static/pages.css") as style:
        assert (style.status_code, style.content_type) == (200, "text/css; charset=utf-8")


EDITED = Conflict("edited", versions=({"field": "number", "onedesk": "2041", "quickbooks": "<9999>"},))


def test_both_versions_of_a_changed_invoice_are_shown_and_decided(host: Host, application: FakeApp) -> None:
    application.changed = [
        FakeChange(7, "2041", "why", EDITED),
        FakeChange(8, "", "It was voided.", Conflict("voided")),
    ]
    page = host.call("GET", "/changes", user="ada")
    assert page.status_code == 200
    for part in ("Invoice 2041", "<td>2041</td><td>&lt;9999&gt;</td>", "2026-11-24 09:30 UTC", "It was voided."):
        assert part in page.text, part
    assert page.text.count('value="onedesk"') == 1 and page.text.count('value="quickbooks"') == 2
    assert 'action="/quickbooks/changes/7"' in page.text and 'href="/office/money"' in page.text
    done = host.call("POST", "/changes/7", user="ada", data={**FORM, "keep": "onedesk"})
    assert (done.status_code, done.headers["Location"]) == (303, "/quickbooks/changes")
    assert application.asked == [("settle", "7", "onedesk", "ada")]


def test_nothing_to_decide_and_refusals_are_readable(host: Host, application: FakeApp) -> None:
    assert "Nothing waits for a decision." in host.call("GET", "/changes", user="ada").text
    for user, status in (("", 401), ("gus", 403)):
        assert host.call("GET", "/changes", user=user).status_code == status
        assert host.call("POST", "/changes/7", user=user, data={**FORM, "keep": "onedesk"}).status_code == status
    assert host.call("POST", "/changes/7", user="ada", data={"keep": "onedesk"}).status_code == 400
    assert host.call("POST", "/changes/7", user="ada", data={**FORM, "keep": "both"}).status_code == 400
    assert application.asked == []
    application.problem = CannotDecide("It was changed once more since.")
    refused = host.call("POST", "/changes/7", user="ada", data={**FORM, "keep": "onedesk"})
    assert (refused.status_code, "It was changed once more since." in refused.text) == (409, True)


def test_a_refusal_leads_back_to_where_the_reader_was(host: Host, application: FakeApp) -> None:
    application.problem = CannotDecide("Not this.")
    refused = host.call("POST", "/changes/7", user="ada", data={**FORM, "keep": "onedesk"})
    assert 'href="/quickbooks/changes">Back: Changed in QuickBooks' in refused.text
    period = host.call("GET", "/reconcile?from=2026-07-01&to=2026-07-31", user="ada")
    assert 'href="/quickbooks/reconcile">Back: Reconcile' in period.text
    host.environ = {"onedesk.invoice_page": "/desk/{id}"}
    assert 'href="/desk">Invoices' in host.call("GET", "/attention", user="gus").text


def test_the_bar_offers_the_language_where_the_host_does_not_name_it(host: Host) -> None:
    page = host.call("GET", "/customers?done=undo", user="ada").text
    assert '<button class="quiet" name="language" value="fr" lang="fr">Français</button>' in page
    assert 'name="back" value="/quickbooks/customers?done=undo"' in page
    form = {"language": "fr", "back": "/quickbooks/customers"}
    assert host.call("POST", "/language", user="ada", data=form).status_code == 400, "a form of another page"
    done = host.call("POST", "/language", user="ada", data={**FORM, **form})
    assert (done.status_code, done.headers["Location"]) == (303, "/quickbooks/customers")
    assert "onedesk-language=fr" in done.headers["Set-Cookie"] and "Path=/" in done.headers["Set-Cookie"]
    kept = {"Cookie": "onedesk-language=fr"}
    assert "Clients à vérifier" in host.call("GET", "/customers", user="ada", headers=kept).text
    host.environ = {"onedesk.language": "en"}
    page = host.call("GET", "/customers", user="ada", headers=kept).text
    assert "Customers to review" in page and "Français" not in page
