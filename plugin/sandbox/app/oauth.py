"""Intuit's OAuth 2.0: discovery, consent page, tokens, revocation, user (qbo-api.md section 1)."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Sequence
from urllib.parse import urlencode, urlsplit, urlunsplit

from werkzeug.wrappers import Request, Response

from onedesk_quickbooks.plugin.sandbox.auth.tokens import ACCOUNTING, IssuedToken
from onedesk_quickbooks.plugin.sandbox.company.company import Company
from onedesk_quickbooks.plugin.sandbox.pages.html import page, problem
from onedesk_quickbooks.plugin.sandbox.pages.language import text
from onedesk_quickbooks.plugin.sandbox.wire.answers import json_answer
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, loads

Companies = Sequence[Company]
View = Callable[[Companies, Request], Response]
ISSUER = "https://oauth.platform.intuit.com/op/v1"
"""Intuit's issuer, wherever the sandbox is: clients compare it with this text."""
_SCOPES = (
    ACCOUNTING,
    "com.intuit.quickbooks.payment",
    "openid",
    "profile",
    "email",
    "phone",
    "address",
)


def discovery(companies: Companies, request: Request) -> Response:
    """The discovery document with all endpoints."""
    base = request.host_url.rstrip("/")
    return _json(
        {
            "issuer": ISSUER,
            "authorization_endpoint": f"{base}/connect/oauth2",
            "token_endpoint": f"{base}/oauth2/v1/tokens/bearer",
            "userinfo_endpoint": f"{base}/v1/openid_connect/userinfo",
            "revocation_endpoint": f"{base}/v2/oauth2/tokens/revoke",
            "jwks_uri": f"{base}/op/v1/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile", "address", "phone"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
        }
    )


def authorize(companies: Companies, request: Request) -> Response:
    """The consent page, and the result of its form."""
    asked = request.values
    wrong = _wrong(companies, request)
    if wrong:
        return problem(text("This application cannot connect"), wrong, 400)
    redirect, state = asked["redirect_uri"], asked.get("state", "")
    if request.method == "GET":
        fields = {key: asked.get(key, "") for key in ("client_id", "redirect_uri", "response_type", "scope", "state")}
        return page(
            "consent.html",
            form_action="'self' http: https:",
            companies=companies,
            fields=fields,
            scopes=asked["scope"].split(),
        )
    if asked.get("decision") != "approve":
        return _redirect(redirect, {"error": "access_denied", "state": state})
    chosen = company_of(companies, request.form.get("realmId", companies[0].realm_id))
    if chosen is None:
        return problem(text("This application cannot connect"), "There is no such company.", 400)
    code = chosen.tokens.code(redirect, asked["scope"])
    return _redirect(redirect, {"code": code, "state": state, "realmId": chosen.realm_id})


def company_of(companies: Companies, realm: str) -> Company | None:
    """The company of that id, if the user has it."""
    return next((each for each in companies if each.realm_id == realm), None)


def holder(companies: Companies, value: str) -> tuple[Company, IssuedToken | None]:
    """The company of a code or a token, with its record; the first company for an unknown one."""
    for company in companies:
        held = company.tokens.find(value)
        if held is not None:
            return company, held
    return companies[0], None


def _wrong(companies: Companies, request: Request) -> str:
    """The error in an authorization request, in one sentence; empty if there is none."""
    asked = request.values
    try:
        redirect = urlsplit(asked.get("redirect_uri", ""))
    except ValueError:
        redirect = urlsplit("")
    if asked.get("client_id") != companies[0].client_id:
        return "The client_id is not the one of this sandbox's application."
    if redirect.scheme not in ("http", "https") or not redirect.netloc or redirect.fragment:
        return "The redirect_uri is missing or is not an absolute http or https address."
    registered = companies[0].options.redirect_uris
    if registered and asked["redirect_uri"] not in registered:
        return "The redirect_uri is not one of those registered for the application, letter by letter."
    if asked.get("response_type") != "code":
        return "The response_type must be code."
    scopes = asked.get("scope", "").split()
    unknown = [each for each in scopes if each not in _SCOPES]
    if not scopes or unknown:
        return f"The scope is missing or unknown: {' '.join(unknown)}".rstrip(": ")
    return ""


def _redirect(uri: str, values: dict[str, str]) -> Response:
    parts = urlsplit(uri)
    query = "&".join(each for each in (parts.query, urlencode(values)) if each)
    return Response(status=302, headers={"Location": urlunsplit(parts._replace(query=query))})


def bearer(companies: Companies, request: Request) -> Response:
    """Exchange a code or refresh token for tokens; errors are in the format of OAuth."""
    if not _client(companies, request):
        return _json({"error": "invalid_client"}, 401)
    form = request.form
    company, _ = holder(companies, form.get("code") or form.get("refresh_token", ""))
    if form.get("grant_type") == "authorization_code":
        answer = company.tokens.exchange(form.get("code", ""), form.get("redirect_uri", ""))
    elif form.get("grant_type") == "refresh_token":
        answer = company.tokens.refresh(form.get("refresh_token", ""))
    elif form.get("grant_type"):
        return _json({"error": "unsupported_grant_type"}, 400)
    else:
        return _json({"error": "invalid_request", "error_description": "grant_type is missing"}, 400)
    if answer is None:
        return _json({"error": "invalid_grant", "error_description": "Token invalid"}, 400)
    if request.headers.get("x-include-refresh-token-hard-expires-in", "").lower() != "true":
        answer.pop("x_refresh_token_hard_expires_in")
    _identify(companies[0], company, answer)
    return _json(answer)


def _identify(first: Company, company: Company, answer: Body) -> None:
    """Add the id_token to a token answer whose scope has openid; user and key are those of the first company."""
    held = company.tokens.find(answer["access_token"])
    if held is None or "openid" not in str(held.detail["scope"]).split():
        return
    now = company.tokens.now()
    claims = {
        "sub": first.user_id,
        "aud": [company.client_id],
        "realmid": company.realm_id,
        "auth_time": now,
        "iss": ISSUER,
        "exp": now + 3600,
        "iat": now,
    }
    answer["id_token"] = first.signer.sign(claims)


def revoke(companies: Companies, request: Request) -> Response:
    """End the connection of an access or a refresh token."""
    if not _client(companies, request):
        return _json({"error": "invalid_client"}, 401)
    company, held = holder(companies, _token_of(request))
    if held is None or held.kind == "code":
        return _json({"error": "invalid_grant", "error_description": "Token invalid"}, 400)
    company.tokens.revoke(held)
    return Response(status=200)


def _token_of(request: Request) -> str:
    if request.mimetype == "application/json":
        try:
            body: Body = loads(request.get_data(as_text=True))
            return str(body.get("token", ""))
        except (ValueError, AttributeError):
            return ""
    return str(request.form.get("token", ""))


def userinfo(companies: Companies, request: Request) -> Response:
    """The user who consented."""
    company, held = holder(companies, request.headers.get("Authorization", "").removeprefix("Bearer "))
    if held is None or held.kind != "access" or held.expires <= company.tokens.now():
        return _json({"error": "invalid_token"}, 401)
    if "openid" not in str(held.detail["scope"]).split():
        return _json({"error": "insufficient_scope"}, 403)
    return _json(
        {
            "sub": companies[0].user_id,
            "givenName": "Craig",
            "familyName": "Carlson",
            "email": "craig.carlson@sandbox.example",
            "emailVerified": True,
            "phoneNumber": "+1 4155551234",
            "phoneNumberVerified": False,
        }
    )


def jwks(companies: Companies, request: Request) -> Response:
    """The public key of id tokens."""
    return _json({"keys": [companies[0].signer.public_key()]})


def _client(companies: Companies, request: Request) -> bool:
    """Whether the application authenticated, by Basic authorization or in the form."""
    given = (request.form.get("client_id", ""), request.form.get("client_secret", ""))
    header = request.headers.get("Authorization", "")
    if header[:6].lower() == "basic ":
        try:
            name, _, secret = base64.b64decode(header[6:], validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        given = (name, secret)
    wanted = (companies[0].client_id, companies[0].client_secret)
    return all(hmac.compare_digest(a.encode(), b.encode()) for a, b in zip(given, wanted, strict=True))


def _json(value: Body, status: int = 200) -> Response:
    answer = json_answer(value, status)
    headers = {"Cache-Control": "no-store", "Content-Type": answer.type}
    return Response(answer.body, answer.status, headers)


VIEWS: dict[str, tuple[str, View]] = {
    "/.well-known/openid_configuration": ("GET", discovery),
    "/.well-known/openid_sandbox_configuration": ("GET", discovery),
    "/connect/oauth2": ("GET POST", authorize),
    "/oauth2/v1/tokens/bearer": ("POST", bearer),
    "/v2/oauth2/tokens/revoke": ("POST", revoke),
    "/v1/openid_connect/userinfo": ("GET", userinfo),
    "/op/v1/jwks": ("GET", jwks),
}
