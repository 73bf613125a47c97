"""Sign-in: the consent link, tokens, and one refresh at a time."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from pytest_httpserver import HTTPServer

from onedesk_quickbooks.plugin.model.connection import Tokens
from onedesk_quickbooks.plugin.qbo import AnswerUnknown, NotAuthorised, Throttled
from onedesk_quickbooks.plugin.qbo.problems import NotReached

CALLBACK = "https://desk.example/quickbooks/callback"
BEARER = "/oauth2/v1/tokens/bearer"


def consent(url: str) -> dict[str, list[str]]:
    """What a person who agrees comes back with."""
    parts = urlsplit(url)
    form = {key: values[0] for key, values in parse_qs(parts.query).items()}
    page = requests.get(url, timeout=5)
    assert page.status_code == 200
    hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
    answer = requests.post(
        url.partition("?")[0], data={**hidden, **form, "decision": "approve"}, timeout=5, allow_redirects=False
    )
    return parse_qs(urlsplit(answer.headers["Location"]).query)


def test_a_consent_becomes_tokens(connect: Callable[..., Any]) -> None:
    made = connect("us")
    came_back = consent(made.oauth.authorize_url("the state & more", CALLBACK))
    assert came_back["state"] == ["the state & more"]
    assert came_back["realmId"] == [made.sandbox.realm_id]
    tokens = made.oauth.exchange(came_back["code"][0], CALLBACK)
    assert tokens.expires_at == made.clock.now() + timedelta(seconds=3600)
    assert timedelta(days=100) <= tokens.refresh_expires_at - made.clock.now() <= timedelta(days=102)
    assert tokens.access_token not in repr(tokens) and tokens.refresh_token not in repr(tokens)
    made.store.tokens = tokens
    assert made.quickbooks.company().country == "US"
    with pytest.raises(NotAuthorised, match="Connect again"):
        made.oauth.exchange(came_back["code"][0], CALLBACK)


def test_tokens_are_refreshed_early_and_saved_before_use(connect: Callable[..., Any]) -> None:
    made = connect("us", left=timedelta(minutes=4))
    before = made.store.tokens
    token = made.authoriser.access_token()
    assert made.store.history == ["load", "in", "load", "save", "out"]
    assert token == made.store.tokens.access_token != before.access_token
    assert made.authoriser.access_token() == token
    assert made.store.history == ["load", "in", "load", "save", "out"]
    assert made.quickbooks.company().country == "US"


def test_a_fresh_token_is_used_as_it_is(connect: Callable[..., Any]) -> None:
    made = connect("us", left=timedelta(minutes=6))
    assert made.authoriser.access_token() == made.store.tokens.access_token
    assert made.store.history == ["load"]


def test_after_a_401_the_token_is_refreshed_once(connect: Callable[..., Any]) -> None:
    made = connect("us")
    made.sandbox.faults.inject(fault="token_refused_xml", path="preferences")
    before = made.store.tokens.access_token
    assert made.quickbooks.company().country == "US"
    assert made.store.tokens.access_token != before
    assert made.store.history.count("save") == 1
    assert [each for each in made.requests() if "preferences" in each] == ["GET preferences"] * 2


def test_a_second_401_means_that_a_person_must_act(connect: Callable[..., Any]) -> None:
    made = connect("us")
    made.sandbox.faults.inject(fault="token_refused", count=0)
    with pytest.raises(NotAuthorised):
        made.quickbooks.terms()
    assert len(made.requests()) == 2
    assert made.calls == []


def test_many_threads_refresh_once(connect: Callable[..., Any]) -> None:
    made = connect("us", left=timedelta(minutes=1))
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda _: made.authoriser.access_token(), range(8)))
    assert len(tokens) == 1
    assert made.store.history.count("save") == 1
    old = tokens.pop()
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda _: made.authoriser.refused(old), range(8)))
    assert len(tokens) == 1 and tokens != {old}
    assert made.store.history.count("save") == 2


def test_a_token_that_another_process_fetched_is_taken(connect: Callable[..., Any]) -> None:
    made = connect("us")
    mine = made.authoriser.access_token()
    theirs = made.oauth.refresh(made.store.tokens.refresh_token)
    made.store.tokens = theirs
    assert made.authoriser.refused(mine) == theirs.access_token
    assert "save" not in made.store.history


def test_revoking_ends_it(connect: Callable[..., Any]) -> None:
    made = connect("us")
    refresh_token = made.store.tokens.refresh_token
    made.oauth.revoke(refresh_token)
    made.oauth.revoke(refresh_token)
    with pytest.raises(NotAuthorised, match="Connect again under Administration > Financials"):
        made.quickbooks.terms()
    assert made.store.history.count("save") == 0


def test_without_tokens_nothing_is_asked(connect: Callable[..., Any]) -> None:
    made = connect("us")
    made.store.tokens = None
    with pytest.raises(NotAuthorised, match="no QuickBooks company is connected"):
        made.quickbooks.terms()
    assert made.requests() == []


@pytest.mark.parametrize(
    ("status", "body", "problem", "says"),
    [
        (400, '{"error":"invalid_grant"}', NotAuthorised, "Connect again"),
        (401, '{"error":"invalid_client"}', NotAuthorised, "client id and secret"),
        (400, '{"error":"unsupported_grant_type"}', NotAuthorised, "unsupported_grant_type"),
        (400, "no JSON", NotAuthorised, "400"),
        (429, "", Throttled, "later"),
        (503, "<html><title>Unavailable</title></html>", AnswerUnknown, "Unavailable"),
        (302, "", AnswerUnknown, "302"),
        (200, "{}", AnswerUnknown, "tokens cannot be read"),
        (200, "<html>", AnswerUnknown, "tokens cannot be read"),
        (200, '{"token_type":"bearer","access_token":"a","refresh_token":"b"}', AnswerUnknown, "cannot be read"),
        (200, '{"token_type":"bearer","access_token":"a","refresh_token":"b","expires_in":"x"}', AnswerUnknown, "read"),
    ],
)
def test_bad_answers_of_the_sign_in(
    attach: Callable[..., Any], httpserver: HTTPServer, status: int, body: str, problem: type[Exception], says: str
) -> None:
    httpserver.expect_request(BEARER).respond_with_data(body, status=status)
    made = attach(left=timedelta())
    with pytest.raises(problem, match=says):
        made.oauth.refresh("r")
    with pytest.raises(problem, match=says):
        made.oauth.exchange("c", CALLBACK)
    with pytest.raises(problem):
        made.authoriser.access_token()
    assert "save" not in made.store.history


def test_what_is_sent_to_the_sign_in(attach: Callable[..., Any], httpserver: HTTPServer) -> None:
    answer = {
        "token_type": "bearer",
        "expires_in": 3600,
        "access_token": "access-2",
        "refresh_token": "refresh-2",
        "x_refresh_token_expires_in": 8726400,
    }
    httpserver.expect_request(BEARER, method="POST").respond_with_json(answer)
    httpserver.expect_request("/v2/oauth2/tokens/revoke", method="POST").respond_with_data(b"")
    made = attach()
    now = made.clock.now()
    wanted = Tokens("access-2", "refresh-2", now + timedelta(hours=1), now + timedelta(days=101))
    assert made.oauth.refresh("refresh-1") == wanted
    assert made.oauth.exchange("the code", CALLBACK) == wanted
    made.oauth.revoke("refresh-2")
    refresh, exchange, revoke = (request for request, _ in httpserver.log)
    assert refresh.form.to_dict() == {"grant_type": "refresh_token", "refresh_token": "refresh-1"}
    assert exchange.form.to_dict() == {
        "grant_type": "authorization_code",
        "code": "the code",
        "redirect_uri": CALLBACK,
    }
    assert revoke.json == {"token": "refresh-2"}
    for request in (refresh, exchange, revoke):
        assert request.authorization is not None
        assert (request.authorization.username, request.authorization.password) == ("the-client", "the-secret")
        assert request.headers["Accept"] == "application/json"


def test_a_refused_revocation(attach: Callable[..., Any], httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v2/oauth2/tokens/revoke").respond_with_json({"error": "invalid_client"}, status=401)
    with pytest.raises(NotAuthorised, match="client id and secret"):
        attach().oauth.revoke("refresh-1")


def test_nobody_answers(attach: Callable[..., Any], free_port: int) -> None:
    made = attach(f"http://127.0.0.1:{free_port}", left=timedelta())
    for call in (lambda: made.oauth.refresh("r"), lambda: made.oauth.revoke("r"), made.quickbooks.terms):
        with pytest.raises(NotReached, match="connection refused"):
            call()
