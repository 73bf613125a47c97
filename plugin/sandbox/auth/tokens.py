"""Authorization: the application's credentials, access and refresh tokens (qbo-api.md section 1)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from onedesk_quickbooks.plugin.sandbox.store import Store
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, dumps, loads

ACCESS_SECONDS = 3600
REFRESH_SECONDS = 8726400
GRACE_SECONDS = 24 * 3600
CODE_SECONDS = 600
HARD_SECONDS = 157680000
ACCOUNTING = "com.intuit.quickbooks.accounting"


class IssuedToken(NamedTuple):
    """A stored token. `group` is the consent that it stems from; `detail` its redirect URI or scope."""

    value: str
    kind: str
    expires: int
    group: str
    detail: Body


class Tokens:
    """The tokens of one company. Every method takes the store's lock."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[str, IssuedToken] = {}

    def now(self) -> int:
        return int(self._clock().timestamp())

    def code(self, redirect_uri: str, scope: str) -> str:
        """A code for one exchange, valid for ten minutes."""
        value = "AB1" + secrets.token_hex(22)
        group = secrets.token_hex(8)
        self._keep(
            IssuedToken(value, "code", self.now() + CODE_SECONDS, group, {"redirect_uri": redirect_uri, "scope": scope})
        )
        return value

    def grant(self, scope: str, group: str = "", until: int = 0) -> Body:
        """A token answer. `group` and `until` (the absolute expiry) are those of the consent that it renews."""
        group, now = group or secrets.token_hex(8), self.now()
        until = until or now + HARD_SECONDS
        access = "eyJlbmMiOiJBMTI4Q0JDLUhTMjU2IiwiYWxnIjoiZGlyIn0.." + secrets.token_urlsafe(240)
        rolling = min(now + REFRESH_SECONDS, until)
        refresh = f"RT1-{secrets.randbelow(200)}-H0-{rolling}{secrets.token_hex(10)}"
        detail: Body = {"scope": scope, "until": until}
        with self._store.transaction():
            self._keep(IssuedToken(access, "access", now + ACCESS_SECONDS, group, detail))
            self._keep(IssuedToken(refresh, "refresh", rolling, group, detail))
        return {
            "token_type": "bearer",
            "expires_in": ACCESS_SECONDS,
            "access_token": access,
            "refresh_token": refresh,
            "x_refresh_token_expires_in": rolling - now,
            "x_refresh_token_hard_expires_in": until - now,
        }

    def find(self, value: str) -> IssuedToken | None:
        """A token that was issued and not revoked; it may have expired."""
        held = self._known.get(value)
        if held is None:
            with self._store.lock:
                rows = self._store.rows("SELECT value, kind, expires, grp, detail FROM token WHERE value = ?", (value,))
            if rows:
                held = self._known[value] = IssuedToken._make((*rows[0][:4], loads(rows[0][4])))
        return held

    def exchange(self, code: str, redirect_uri: str) -> Body | None:
        """Tokens for a code, once. A second use of a code revokes the tokens of the first."""
        with self._store.transaction():
            held = self.find(code)
            if held is None or held.kind != "code":
                return None
            if held.detail.get("used"):
                self.revoke(held)
                return None
            self._keep(held._replace(detail={**held.detail, "used": True}))
            if held.expires <= self.now() or held.detail["redirect_uri"] != redirect_uri:
                return None
            return self.grant(str(held.detail["scope"]), held.group)

    def refresh(self, value: str) -> Body | None:
        """New tokens; the refresh token expires a day after its first successor was issued."""
        with self._store.transaction():
            held = self.find(value)
            if held is None or held.kind != "refresh" or held.expires <= self.now():
                return None
            answer = self.grant(str(held.detail["scope"]), held.group, int(held.detail["until"]))
            self._keep(held._replace(expires=min(held.expires, self.now() + GRACE_SECONDS)))
            return answer

    def revoke(self, held: IssuedToken) -> None:
        """Revoke all tokens of one consent."""
        self._drop("DELETE FROM token WHERE grp = ?", (held.group,))

    def revoke_all(self) -> None:
        """End every connection, as the company's owner does by disconnecting the application."""
        self._drop("DELETE FROM token", ())

    def _drop(self, sql: str, args: tuple[str, ...]) -> None:
        with self._store.transaction():
            self._store.run(sql, args)
            self._known.clear()

    def _keep(self, held: IssuedToken) -> None:
        with self._store.transaction():
            row = (held.value, held.kind, held.expires, held.group, dumps(held.detail))
            self._store.run("INSERT OR REPLACE INTO token VALUES (?, ?, ?, ?, ?)", row)
            self._known[held.value] = held
