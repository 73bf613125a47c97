"""Intuit's OAuth: consent, codes, tokens, revocation (qbo-api.md section 1)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client, Reply

Connect = Callable[..., "Client"]
CALLBACK = "http://127.0.0.1:9/callback?own=1"
ISSUER = "https://oauth.platform.intuit.com/op/v1"
ACCOUNTING = "com.intuit.quickbooks.accounting"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def asked(client: Client, **changes: str) -> dict[str, str]:
    fields = {
        "client_id": client.sandbox.client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": ACCOUNTING,
        "state": "st4te",
    }
    return {**fields, **changes}


def decide(client: Client, decision: str, **changes: str) -> dict[str, str]:
    """What comes back to the application."""
    body = urlencode({**asked(client, **changes), "decision": decision}).encode()
    reply = client.raw("POST", "/connect/oauth2", body, FORM)
    assert reply.status == 302
    parts = urlsplit(reply.headers["location"])
    assert parts.netloc == "127.0.0.1:9"
    return {key: values[0] for key, values in parse_qs(parts.query).items()}


def bearer(
    client: Client, basic: bool = True, secret: str = "", headers: dict[str, str] | None = None, **form: str
) -> Reply:
    secret = secret or client.sandbox.client_secret
    sent = {**FORM, **(headers or {})}
    if basic:
        pair = f"{client.sandbox.client_id}:{secret}".encode()
        sent["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    else:
        form = {**form, "client_id": client.sandbox.client_id, "client_secret": secret}
    return client.raw("POST", "/oauth2/v1/tokens/bearer", urlencode(form).encode(), sent)


def exchange(client: Client, code: str, **more: Any) -> Reply:
    return bearer(client, grant_type="authorization_code", code=code, redirect_uri=CALLBACK, **more)


def works(client: Client, access: str) -> bool:
    return client.call("GET", "customer/1", headers={"Authorization": f"Bearer {access}"}).status == 200


@pytest.mark.parametrize("name", ["openid_configuration", "openid_sandbox_configuration"])
def test_discovery_points_at_this_server(connect: Connect, name: str) -> None:
    found = connect().raw("GET", f"/.well-known/{name}").json
    assert found["issuer"] == ISSUER
    assert found["authorization_endpoint"] == "http://sandbox.test/connect/oauth2"
    assert found["token_endpoint"] == "http://sandbox.test/oauth2/v1/tokens/bearer"
    assert found["revocation_endpoint"] == "http://sandbox.test/v2/oauth2/tokens/revoke"
    assert found["userinfo_endpoint"] == "http://sandbox.test/v1/openid_connect/userinfo"


def test_consent_names_the_company_and_gives_a_code_with_state_and_realm(connect: Connect) -> None:
    client = connect()
    page = client.raw("GET", f"/connect/oauth2?{urlencode(asked(client))}")
    assert page.status == 200
    assert b"Sandbox Company_US_1" in page.data
    back = decide(client, "approve")
    assert back["state"] == "st4te"
    assert back["realmId"] == client.sandbox.realm_id
    assert back["own"] == "1"
    tokens = exchange(client, back["code"])
    assert tokens.status == 200
    assert tokens.headers["intuit_tid"]
    assert set(tokens.json) == {
        "token_type",
        "expires_in",
        "access_token",
        "refresh_token",
        "x_refresh_token_expires_in",
    }
    assert tokens.json["expires_in"] == 3600
    assert works(client, tokens.json["access_token"])


def test_denied(connect: Connect) -> None:
    assert decide(connect(), "deny") == {"error": "access_denied", "state": "st4te", "own": "1"}


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "http://[bad"},
        {"client_id": "other"},
        {"redirect_uri": "/relative"},
        {"response_type": "token"},
        {"scope": ""},
        {"scope": "x"},
    ],
)
def test_a_bad_request_for_consent_is_shown_on_a_page(connect: Connect, changes: dict[str, str]) -> None:
    client = connect()
    page = client.raw("GET", f"/connect/oauth2?{urlencode(asked(client, **changes))}")
    assert page.status == 400
    assert b"cannot connect" in page.data


def test_a_code_is_good_once_for_its_address_and_ten_minutes(connect: Connect) -> None:
    client = connect()
    code = decide(client, "approve")["code"]
    first = exchange(client, code, basic=False)
    assert first.status == 200
    again = exchange(client, code)
    assert (again.status, again.json["error"]) == (400, "invalid_grant")
    assert not works(client, first.json["access_token"])
    other = bearer(
        client, grant_type="authorization_code", code=decide(client, "approve")["code"], redirect_uri="http://x"
    )
    assert other.json["error"] == "invalid_grant"
    late = decide(client, "approve")["code"]
    client.sandbox.advance(timedelta(minutes=11))
    assert exchange(client, late).json["error"] == "invalid_grant"


def test_the_application_must_prove_itself(connect: Connect) -> None:
    client = connect()
    code = decide(client, "approve")["code"]
    for basic in (True, False):
        reply = exchange(client, code, basic=basic, secret="wrong")
        assert (reply.status, reply.json) == (401, {"error": "invalid_client"})
    assert bearer(client, grant_type="password").json["error"] == "unsupported_grant_type"
    assert bearer(client).json["error"] == "invalid_request"


def test_access_lasts_an_hour_and_a_refresh_token_a_day_beyond_its_successor(connect: Connect) -> None:
    client = connect()
    first = exchange(client, decide(client, "approve")["code"]).json
    client.sandbox.advance(timedelta(minutes=61))
    reply = client.call("GET", "customer/1", headers={"Authorization": f"Bearer {first['access_token']}"})
    assert reply.status == 401
    assert reply.json["fault"]["error"][0]["code"] == "3200"
    assert reply.json["fault"]["type"] == "AUTHENTICATION"
    assert reply.headers["www-authenticate"] == 'Bearer realm="Intuit", error="invalid_token"'
    second = bearer(client, grant_type="refresh_token", refresh_token=first["refresh_token"]).json
    assert second["refresh_token"] != first["refresh_token"]
    assert works(client, second["access_token"])
    client.sandbox.advance(timedelta(hours=23))
    assert bearer(client, grant_type="refresh_token", refresh_token=first["refresh_token"]).status == 200
    client.sandbox.advance(timedelta(hours=2))
    dead = bearer(client, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (dead.status, dead.json) == (400, {"error": "invalid_grant", "error_description": "Token invalid"})
    assert bearer(client, grant_type="refresh_token", refresh_token=second["refresh_token"]).status == 200


def test_the_hard_end_of_a_consent_is_given_on_request(connect: Connect) -> None:
    client = connect()
    asking = {"x-include-refresh-token-hard-expires-in": "true"}
    first = exchange(client, decide(client, "approve")["code"], headers=asking).json
    assert first["x_refresh_token_hard_expires_in"] == 157680000
    client.sandbox.advance(timedelta(days=10))
    renewed = bearer(client, grant_type="refresh_token", refresh_token=first["refresh_token"], headers=asking).json
    assert renewed["x_refresh_token_hard_expires_in"] == 157680000 - 864000


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_the_connection(connect: Connect, which: str) -> None:
    client = connect()
    tokens = exchange(client, decide(client, "approve")["code"]).json
    other = exchange(client, decide(client, "approve")["code"]).json
    pair = base64.b64encode(f"{client.sandbox.client_id}:{client.sandbox.client_secret}".encode()).decode()
    sent = {"Authorization": f"Basic {pair}", "Content-Type": "application/json"}
    body = f'{{"token":"{tokens[which]}"}}'.encode()
    done = client.raw("POST", "/v2/oauth2/tokens/revoke", body, sent)
    assert (done.status, done.data) == (200, b"")
    assert not works(client, tokens["access_token"])
    assert bearer(client, grant_type="refresh_token", refresh_token=tokens["refresh_token"]).status == 400
    assert works(client, other["access_token"])
    assert client.raw("POST", "/v2/oauth2/tokens/revoke", body, sent).status == 400


def test_who_may_call(connect: Connect) -> None:
    client = connect()
    missing = client.call("GET", "customer/1", headers={"Authorization": ""})
    assert (missing.status, missing.json["fault"]["error"][0]["code"]) == (401, "3202")
    short = client.call("GET", "customer/1", headers={"Authorization": "Bearer abc"})
    assert short.json["fault"]["error"][0]["detail"] == "Malformed bearer token: too short or too long"
    elsewhere = client.raw("GET", "/v3/company/123/customer/1", headers=client.headers)
    assert (elsewhere.status, elsewhere.json["fault"]["error"][0]["code"]) == (403, "3100")
    user = exchange(client, decide(client, "approve", scope="openid")["code"]).json
    narrow = client.call("GET", "customer/1", headers={"Authorization": f"Bearer {user['access_token']}"})
    assert (narrow.status, narrow.json["fault"]["error"][0]["code"]) == (403, "3100")


def _plain(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_openid_gives_a_signed_id_token_and_the_user(connect: Connect) -> None:
    client = connect()
    tokens = exchange(client, decide(client, "approve", scope=f"{ACCOUNTING} openid email")["code"]).json
    head, claims, signature = tokens["id_token"].split(".")
    key = client.raw("GET", "/op/v1/jwks").json["keys"][0]
    numbers = rsa.RSAPublicNumbers(int.from_bytes(_plain(key["e"]), "big"), int.from_bytes(_plain(key["n"]), "big"))
    numbers.public_key().verify(_plain(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
    assert f'"iss":"{ISSUER}"'.encode() in _plain(claims)
    assert f'"realmid":"{client.sandbox.realm_id}"'.encode() in _plain(claims)
    user = client.raw(
        "GET", "/v1/openid_connect/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}
    )
    assert user.json["emailVerified"] is True
    refused = client.raw("GET", "/v1/openid_connect/userinfo", headers={"Authorization": "Bearer x"})
    assert refused.status == 401
