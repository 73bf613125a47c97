"""Who has signed in to the host's pages: sessions in the host's file, and the key that seals their cookies."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from onedesk_quickbooks.plugin.host.store import Store
from onedesk_quickbooks.plugin.host.tables import kept_secrets, sessions

_LASTS = timedelta(days=30)


class Sessions:
    """Sessions of people, by names that only their browsers have."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    def key(self) -> str:
        """What seals the cookies of this host's pages; made once and kept."""
        with self._store.write() as connection:
            made = upsert(kept_secrets).values(name="session", value=secrets.token_hex()).on_conflict_do_nothing()
            connection.execute(made)
            found = select(kept_secrets.c.value).where(kept_secrets.c.name == "session")
            return str(connection.execute(found).scalar_one())

    def begin(self) -> str:
        """A person has signed in: the name of the new session, which lasts until they sign out, or a month. Sessions
        that are over are forgotten."""
        session, now = secrets.token_urlsafe(24), self._now()
        with self._store.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.ends_at < _at(now)))
            connection.execute(insert(sessions).values(hash=_hash(session), ends_at=_at(now + _LASTS)))
        return session

    def has(self, session: str) -> bool:
        """Whether this session has begun and has not ended."""
        mine = (sessions.c.hash == _hash(session)) & (sessions.c.ends_at >= _at(self._now()))
        with self._store.read() as connection:
            return connection.execute(select(sessions.c.hash).where(mine)).first() is not None

    def end(self, session: str) -> None:
        """It has ended, in every browser."""
        with self._store.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.hash == _hash(session)))


def _hash(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()


def _at(instant: datetime) -> str:
    return instant.astimezone(timezone.utc).isoformat(timespec="seconds")
