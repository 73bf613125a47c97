"""Keys of the HTTP API, and the answers to requests that must not be done twice."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.engine import Row

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import api_answer, api_key

SCOPES = ("invoices", "payments", "record")
"""What a key may allow: invoices and their files, both ways; GET of payments; POST of payments, which the program has
recorded itself."""
REMEMBERED = timedelta(days=30)
"""How long the answer to an Idempotency-Key is kept."""
LEASE = timedelta(seconds=30)
"""How long a request in progress blocks the same request, if it never ends because its process has died."""
UNDER_WAY = 0
"""The status of a request that has no answer yet."""
_PREFIX = "odq_"
"""The prefix of every key, by which a scanner of secrets recognises it."""


class NameTaken(Exception):
    """A key of this name exists; the text says what to do."""


class ApiKey(NamedTuple):
    """A key without its secret; `starts` are its first characters, `revoked_at` is None while it is valid."""

    id: int
    name: str
    starts: str
    scopes: tuple[str, ...]
    made_at: datetime
    revoked_at: datetime | None


class KeptAnswer(NamedTuple):
    """The answer to a request; `request` is the hash of the request."""

    request: str
    status: int
    answer: Mapping[str, Any]


class ApiKeys:
    """The api_key table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, scopes: Iterable[str]) -> tuple[ApiKey, str]:
        """A new key, and its text, which is not stored. Raises `NameTaken`."""
        text = _PREFIX + secrets.token_urlsafe(32)
        values = {
            "name": name,
            "starts": text[: len(_PREFIX) + 4],
            "hash": _hash(text),
            "scopes": " ".join(scopes),
            "made_at": self._database.now(),
        }
        with self._database.write() as connection:
            works = (api_key.c.name == name) & api_key.c.revoked_at.is_(None)
            if connection.execute(select(api_key.c.id).where(works)).first():
                raise NameTaken(f"There is a key named {name!r}; revoke it first, or take another name.")
            connection.execute(insert(api_key).values(**values))
            made = connection.execute(select(api_key).where(api_key.c.hash == values["hash"])).one()
        return _key(made), text

    def all(self) -> list[ApiKey]:
        """Every key in the order of creation, including revoked ones."""
        with self._database.read() as connection:
            return [_key(row) for row in connection.execute(select(api_key).order_by(api_key.c.id))]

    def revoke(self, name: str) -> bool:
        """Revoke the key of this name; False where there is no valid one."""
        works = (api_key.c.name == name) & api_key.c.revoked_at.is_(None)
        with self._database.write() as connection:
            gone = connection.execute(update(api_key).where(works).values(revoked_at=self._database.now()))
            return bool(gone.rowcount)

    def known(self, text: str) -> ApiKey | None:
        """The valid key with this text."""
        works = (api_key.c.hash == _hash(text)) & api_key.c.revoked_at.is_(None)
        with self._database.read() as connection:
            row = connection.execute(select(api_key).where(works)).first()
        return _key(row) if row else None


class ApiAnswers:
    """The api_answer table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key_id: int, idempotency_key: str) -> KeptAnswer | None:
        """The answer to the request with this Idempotency-Key."""
        with self._database.read() as connection:
            row = connection.execute(select(api_answer).where(_mine(key_id, idempotency_key))).first()
        return KeptAnswer(row.request, row.status, row.answer) if row else None

    def reserve(self, key_id: int, idempotency_key: str, request: str) -> KeptAnswer | None:
        """None: the caller may do the request, and then calls `keep` with the answer, or `release` or `lapse`.
        Otherwise the record under this key: an answer, or another request in progress (`status` is `UNDER_WAY`). The
        reservation of a process that has died is given to the same request again after `LEASE`."""
        now = self._database.now()
        values = {"request": request, "status": UNDER_WAY, "answer": {}, "answered_at": now}
        with self._database.write() as connection:
            connection.execute(delete(api_answer).where(api_answer.c.answered_at < now - REMEMBERED))
            row = connection.execute(select(api_answer).where(_mine(key_id, idempotency_key))).first()
            if row is None:
                connection.execute(insert(api_answer).values(key_id=key_id, idempotency_key=idempotency_key, **values))
                return None
            left = row.status == UNDER_WAY and abs(now - row.answered_at) >= LEASE
            if left and row.request == request:
                connection.execute(update(api_answer).where(_mine(key_id, idempotency_key)).values(answered_at=now))
                return None
        return KeptAnswer(row.request, row.status, row.answer)

    def release(self, key_id: int, idempotency_key: str) -> None:
        """The request was refused, and the key may be used for another one."""
        with self._database.write() as connection:
            connection.execute(delete(api_answer).where(_under_way(key_id, idempotency_key)))

    def lapse(self, key_id: int, idempotency_key: str) -> None:
        """It is unknown whether the request was done: the same one is done again at once, and no other."""
        lapsed = {"answered_at": self._database.now() - LEASE}
        with self._database.write() as connection:
            connection.execute(update(api_answer).where(_under_way(key_id, idempotency_key)).values(**lapsed))

    def keep(self, key_id: int, idempotency_key: str, answer: KeptAnswer) -> KeptAnswer:
        """Store an answer, unless one is stored already. Returns the stored one; answers older than `REMEMBERED` are
        deleted."""
        now = self._database.now()
        values = {"request": answer.request, "status": answer.status, "answer": answer.answer, "answered_at": now}
        with self._database.write() as connection:
            connection.execute(delete(api_answer).where(api_answer.c.answered_at < now - REMEMBERED))
            row = connection.execute(select(api_answer).where(_mine(key_id, idempotency_key))).first()
            if row is None:
                connection.execute(insert(api_answer).values(key_id=key_id, idempotency_key=idempotency_key, **values))
            elif row.status == UNDER_WAY and row.request == answer.request:
                connection.execute(update(api_answer).where(_mine(key_id, idempotency_key)).values(**values))
            else:
                return KeptAnswer(row.request, row.status, row.answer)
        return answer


def _mine(key_id: int, idempotency_key: str) -> ColumnElement[bool]:
    return (api_answer.c.key_id == key_id) & (api_answer.c.idempotency_key == idempotency_key)


def _under_way(key_id: int, idempotency_key: str) -> ColumnElement[bool]:
    return _mine(key_id, idempotency_key) & (api_answer.c.status == UNDER_WAY)


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _key(row: Row[Any]) -> ApiKey:
    scopes = tuple(row.scopes.split())
    return ApiKey(row.id, row.name, row.starts, scopes, row.made_at, row.revoked_at)
