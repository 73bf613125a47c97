"""Intuit's OAuth 2.0 (qbo-api.md 1): the consent link, tokens, and their refresh, one at a time."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Protocol

import requests
from oauthlib.oauth2 import OAuth2Error
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from onedesk_quickbooks.plugin.model.connection import Tokens
from onedesk_quickbooks.plugin.qbo.ending import ending
from onedesk_quickbooks.plugin.qbo.ending import session as new_session
from onedesk_quickbooks.plugin.qbo.endpoints import Endpoints
from onedesk_quickbooks.plugin.qbo.faults import problem_of, read_fault, unsent_or_unknown
from onedesk_quickbooks.plugin.qbo.pacing import retry_after
from onedesk_quickbooks.plugin.qbo.problems import AnswerUnknown, ConnectionEnded, NotAuthorised
from onedesk_quickbooks.plugin.texts import Text

SCOPE = "com.intuit.quickbooks.accounting"
"""Read and write access to the books; there is no read-only scope."""

COMPANY = "realmId"
"""The parameter with the company's id when Intuit sends the browser back after the consent."""

EARLY = timedelta(minutes=5)
"""An access token lives an hour; it is refreshed so long before its end, because clocks differ and calls take time."""

_MOST_BYTES = 1 << 20
_LONGEST_SPAN = 10 * 366 * 24 * 3600
_ROLLING = timedelta(days=100)
"""The minimum life of an unused refresh token, where the answer does not state it (so far it always has)."""

_TIMEOUT = (10, 60)


class OAuth:
    """The token endpoints for one application. Every call may raise `NotReached`, `AnswerUnknown`, `Throttled`."""

    def __init__(self, endpoints: Endpoints, client_id: str, client_secret: str, now: Callable[[], datetime]) -> None:
        self._endpoints = endpoints
        self._client_id = client_id
        self._basic = HTTPBasicAuth(client_id, client_secret)
        self._now = now
        if endpoints.environment == "local":
            # oauthlib insists on https and has no other switch for that; Intuit's own URLs are https in any case.
            os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

    def authorize_url(self, state: str, redirect_uri: str) -> str:
        """The URL where a person consents; `state` is returned with them, and the caller stores and compares it."""
        session = OAuth2Session(self._client_id, scope=[SCOPE], redirect_uri=redirect_uri)
        url, _ = session.authorization_url(self._endpoints.authorize, state=state)
        return str(url)

    def exchange(self, code: str, redirect_uri: str) -> Tokens:
        """The tokens for a consent. Raises `NotAuthorised` when the code was used, is too old, or the secret is
        wrong."""
        session = self._session(redirect_uri)
        try:
            return self._ask(
                lambda: session.fetch_token(
                    self._endpoints.token, code=code, auth=self._basic, include_client_id=False, timeout=_TIMEOUT
                )
            )
        except ConnectionEnded as problem:
            why = Text("the code of this consent was used already, or is too old")
            raise NotAuthorised(why, problem.tid) from None

    def refresh(self, refresh_token: str) -> Tokens:
        """New tokens; the refresh token may have changed, and then the old one expires within a day (qbo-api.md 1.2).
        Raises `ConnectionEnded` when the consent has ended: a person has to connect again."""
        session = self._session()
        return self._ask(
            lambda: session.refresh_token(
                self._endpoints.token, refresh_token=refresh_token, auth=self._basic, timeout=_TIMEOUT
            )
        )

    def revoke(self, token: str) -> None:
        """End the consent of an access or refresh token. One that has already ended is no problem."""
        url = self._endpoints.revoke
        try:
            with new_session(_MOST_BYTES) as session:
                answer = session.post(
                    url,
                    json={"token": token},
                    auth=self._basic,
                    headers={"Accept": "application/json"},
                    timeout=_TIMEOUT,
                    allow_redirects=False,
                )
        except requests.RequestException as error:
            raise unsent_or_unknown(error, url) from None
        if answer.status_code not in (200, 204, 400):
            _complain(answer)

    def _session(self, redirect_uri: str | None = None) -> OAuth2Session:
        session = ending(OAuth2Session(self._client_id, redirect_uri=redirect_uri), _MOST_BYTES)
        assert isinstance(session, OAuth2Session)
        session.max_redirects = 0  # tokens and the secret are sent to this address only
        for hook in ("access_token_response", "refresh_token_response"):
            session.register_compliance_hook(hook, _checked)
        return session

    def _ask(self, call: Callable[[], Any]) -> Tokens:
        try:
            answer = call()
            return self._tokens(answer)
        except requests.RequestException as error:
            raise unsent_or_unknown(error, self._endpoints.token) from None
        except (OAuth2Error, ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise AnswerUnknown(Text("the tokens cannot be read ({name})", name=type(error).__name__)) from None

    def _tokens(self, answer: dict[str, Any]) -> Tokens:
        now = self._now()
        rolling = answer.get("x_refresh_token_expires_in")
        return Tokens(
            access_token=_token(answer["access_token"]),
            refresh_token=_token(answer["refresh_token"]),
            expires_at=now + _span(answer["expires_in"]),
            refresh_expires_at=now + (_span(rolling) if rolling else _ROLLING),
        )


def _token(said: object) -> str:
    """Raises ValueError for a token that no header can carry."""
    if not isinstance(said, str) or not re.fullmatch(r"[\x21-\x7e]{1,4096}", said):
        raise ValueError("a token of other characters than tokens have")
    return said


def _span(said: object) -> timedelta:
    """Seconds; raises ValueError for none, or more than ten years."""
    seconds = int(str(said))
    if not 0 < seconds <= _LONGEST_SPAN:
        raise ValueError(f"{seconds} seconds")
    return timedelta(seconds=seconds)


_CLIENT = Text("Correct client_id and client_secret in settings.yaml (developer.intuit.com > Keys & credentials).")


def _checked(answer: requests.Response) -> requests.Response:
    """A good token answer; raises for anything else, before a library interprets its body."""
    if answer.status_code != 200:
        _complain(answer)
    return answer


def _complain(answer: requests.Response) -> None:
    tid = answer.headers.get("intuit_tid", "")
    try:
        said = answer.json()
    except ValueError:
        said = None
    error = str(said.get("error", "")) if isinstance(said, dict) else ""
    if error == "invalid_grant":
        raise ConnectionEnded(tid)
    if error == "invalid_client":
        raise NotAuthorised(Text("it does not know this client id and secret"), tid, _CLIENT)
    if 400 <= answer.status_code < 500 and answer.status_code not in (408, 429):
        own = Text("its sign-in answered {status_code}", status_code=answer.status_code)
        raise NotAuthorised(Text("its sign-in answered {error}", error=error) if error else own, tid, own=own)
    if answer.status_code < 400:
        raise AnswerUnknown(Text("its sign-in answered {status_code}", status_code=answer.status_code), tid)
    faults = read_fault(answer.status_code, answer.headers, answer.content)
    raise problem_of(faults, retry_after(answer.headers))


class TokenStore(Protocol):
    """The storage of one company's tokens."""

    def load(self) -> Tokens | None:
        """The stored tokens; None when no company is connected."""

    def save(self, tokens: Tokens) -> None:
        """Store them: durable when this returns."""

    def exclusive(self) -> AbstractContextManager[None]:
        """One holder at a time among all threads and processes: two refreshes with one token can cost both."""


class Authoriser:
    """Gives a valid access token, refreshed where needed."""

    def __init__(self, oauth: OAuth, store: TokenStore, now: Callable[[], datetime]) -> None:
        self._oauth = oauth
        self._store = store
        self._now = now
        self._held: Tokens | None = None

    def access_token(self) -> str:
        """The access token, refreshed when it ends within five minutes. Raises `NotAuthorised` when no company is
        connected or the consent has ended; else what `OAuth.refresh` raises."""
        held = self._held
        if held is None:
            held = self._held = self._load()
        if self._fresh(held):
            return held.access_token
        with self._store.exclusive():
            held = self._load()
            return self._keep(held if self._fresh(held) else self._refreshed(held))

    def refused(self, access_token: str) -> str:
        """Another access token, after QuickBooks answered 401 to this one: the one that another process has fetched
        meanwhile, or a refreshed one."""
        with self._store.exclusive():
            held = self._load()
            replaced = held.access_token != access_token and self._fresh(held)
            return self._keep(held if replaced else self._refreshed(held))

    def _load(self) -> Tokens:
        held = self._store.load()
        if held is None:
            why = Text("no QuickBooks company is connected")
            raise NotAuthorised(why, remedy=Text("Connect one under Administration > Financials."))
        return held

    def _fresh(self, tokens: Tokens) -> bool:
        return tokens.expires_at - self._now() > EARLY

    def _refreshed(self, held: Tokens) -> Tokens:
        tokens = self._oauth.refresh(held.refresh_token)
        self._store.save(tokens)  # before any use: a lost rotated refresh token cannot be obtained again
        return tokens

    def _keep(self, tokens: Tokens) -> str:
        self._held = tokens
        return tokens.access_token
