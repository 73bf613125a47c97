"""The users of the embedded host's pages. Passwords are stored as argon2id hashes (argon2-cffi)."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from onedesk_quickbooks.plugin.host.records import HostProblem, User
from onedesk_quickbooks.plugin.host.store import Store
from onedesk_quickbooks.plugin.host.tables import kept_secrets, sessions, users
from onedesk_quickbooks.plugin.texts import Text

if TYPE_CHECKING:
    from argon2 import PasswordHasher
    from sqlalchemy import Connection

SESSION = timedelta(hours=12)
"""The duration of a session."""
SHORTEST, LONGEST = 12, 1000
"""Characters of a password."""
_FREE_TRIES = 5
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
"""The delay after repeated wrong passwords; it doubles with each further one."""
_MOST_UNKNOWN, _NAME = 1000, 100
"""The number of unknown names that are counted, and the maximum length of each."""
_AT_ONCE, _WAITING, _PATIENCE = 2, 2, 2.0
"""The number of passwords compared at the same time (each takes 64 MB and about 50 ms), the number of requests that may
wait for this, and for how many seconds: a waiting thread cannot answer others."""


class UserProblem(HostProblem):
    """A user cannot be created or changed like this; the text says why, and what to do."""


class SignInRefused(HostProblem):
    """The sign-in failed; the text says why, and what to do."""


class Users:
    """The embedded host's users and their sessions."""

    def __init__(self, store: Store, now: Callable[[], datetime], hasher: PasswordHasher | None = None) -> None:
        """`hasher` hashes passwords; argon2-cffi's own by default."""
        self._store = store
        self._now = now
        self._chosen_hasher = hasher
        self._comparing = threading.BoundedSemaphore(_AT_ONCE)
        self._asking = threading.BoundedSemaphore(_AT_ONCE + _WAITING)
        self._unknown: dict[str, tuple[int, str]] = {}

    def each(self) -> list[User]:
        """All users, by sign-in name."""
        with self._store.read() as connection:
            return [_user(row) for row in connection.execute(select(users).order_by(users.c.id))]

    def get(self, user_id: str) -> User | None:
        """The user with this sign-in name."""
        with self._store.read() as connection:
            row = connection.execute(select(users).where(users.c.id == user_id)).first()
        return _user(row) if row else None

    def is_empty(self) -> bool:
        """Whether there are no users."""
        with self._store.read() as connection:
            return connection.execute(select(users.c.id)).first() is None

    def add(self, user: User, password: str) -> None:
        """Add a user. Raises `UserProblem` for a name that is taken or invalid, and for a password that is too
        short."""
        self._check(user, password)
        hashed = self._hasher.hash(password)
        with self._store.write() as connection:
            _add(connection, user, hashed)

    def first(self, user: User, password: str) -> None:
        """Create the first user, an administrator. Raises `UserProblem`, also if there is one by now."""
        self._check(user, password)
        hashed = self._hasher.hash(password)
        with self._store.write() as connection:
            if connection.execute(select(users.c.id)).first():
                raise UserProblem(
                    Text("There is a user already: sign in, or ask an administrator to make one for you.")
                )
            _add(connection, user, hashed)

    def let_in(self, people: Iterable[User]) -> None:
        """Add users without a password, for pages that require none."""
        with self._store.write() as connection:
            known = set(connection.execute(select(users.c.id)).scalars())
            for user in people:
                if user.id not in known:
                    _add(connection, user, "")

    def forget_those_without_password(self) -> None:
        """Delete these users and end their sessions."""
        without = select(users.c.id).where(users.c.password == "")
        with self._store.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.user.in_(without) | sessions.c.user.is_(None)))
            connection.execute(delete(users).where(users.c.password == ""))

    def change_password(self, user_id: str, password: str) -> None:
        """Set the password; ends the user's sessions, and the delay after wrong passwords. Raises `UserProblem`."""
        found = self.get(user_id)
        if found is None:
            raise UserProblem(_nobody(user_id))
        self._check(found, password)
        hashed = self._hasher.hash(password)
        with self._store.write() as connection:
            changed = update(users).where(users.c.id == user_id)
            connection.execute(changed.values(password=hashed, failures=0, waits_until=""))
            connection.execute(delete(sessions).where(sessions.c.user == user_id))

    def remove(self, user_id: str) -> None:
        """Delete the user and end the user's sessions. Raises `UserProblem` for the last administrator, and for an
        unknown user."""
        with self._store.write() as connection:
            row = connection.execute(select(users).where(users.c.id == user_id)).first()
            if row is None:
                raise UserProblem(_nobody(user_id))
            others = select(users.c.id).where(users.c.id != user_id, users.c.may_administer, users.c.password != "")
            if row.may_administer and connection.execute(others).first() is None:
                raise UserProblem(
                    Text(
                        "{user} is the last administrator: make another one first (onedesk-quickbooks users add NAME"
                        " --administrator).",
                        user=user_id,
                    )
                )
            connection.execute(delete(users).where(users.c.id == user_id))
            connection.execute(delete(sessions).where(sessions.c.user == user_id))

    def sign_in(self, user_id: str, password: str) -> str:
        """The name of a new session, which lasts until sign-out or for `SESSION`. Raises `SignInRefused`."""
        with self._store.read() as connection:
            kept = self._password(connection, user_id)
        if not self._is_right(kept, password[: LONGEST + 1]):
            self._failed(user_id)
            raise SignInRefused(Text("The name or the password is wrong."))
        with self._store.write() as connection:
            if self._password(connection, user_id) != kept:  # the password was changed, or the user deleted, meanwhile
                raise SignInRefused(Text("The name or the password is wrong."))
            connection.execute(update(users).where(users.c.id == user_id).values(failures=0, waits_until=""))
            return self._begin(connection, user_id)

    def sign_in_without_password(self, user_id: str) -> str:
        """The same for pages that require no password. Raises `SignInRefused`."""
        with self._store.write() as connection:
            if connection.execute(select(users.c.id).where(users.c.id == user_id)).first() is None:
                raise SignInRefused(Text("There is no such user. Choose one of the list."))
            return self._begin(connection, user_id)

    def of(self, session: str) -> User | None:
        """The user of the session, None if it has ended."""
        mine = (sessions.c.hash == _digest(session)) & (sessions.c.ends_at >= _as_text(self._now()))
        joined = select(users).join(sessions, sessions.c.user == users.c.id).where(mine)
        with self._store.read() as connection:
            row = connection.execute(joined).first()
        return _user(row) if row else None

    def sign_out(self, session: str) -> None:
        """End the session, in every browser."""
        with self._store.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.hash == _digest(session)))

    def set_up_key(self) -> str:
        """The key that allows its owner to create the first user."""
        return self._secret("set-up")

    def session_key(self) -> str:
        """The key that signs the cookies of the host's pages."""
        return self._secret("session")

    def _secret(self, name: str) -> str:
        """A secret, created once and stored."""
        with self._store.write() as connection:
            made = upsert(kept_secrets).values(name=name, value=secrets.token_urlsafe(32)).on_conflict_do_nothing()
            connection.execute(made)
            found = select(kept_secrets.c.value).where(kept_secrets.c.name == name)
            return str(connection.execute(found).scalar_one())

    def _password(self, connection: Connection, user_id: str) -> str:
        """The hash; "" for an unknown user. Raises `SignInRefused` during a delay."""
        row = connection.execute(select(users).where(users.c.id == user_id)).first()
        failures, until = (row.failures, row.waits_until) if row else self._unknown.get(user_id[:_NAME], (0, ""))
        if _as_text(self._now()) < until:
            raise SignInRefused(
                Text(
                    "There were {n} wrong passwords for this user: try again after {time} UTC. An administrator of this"
                    " machine can set a new one: onedesk-quickbooks users password NAME",
                    n=failures,
                    time=until[11:19],
                )
            )
        return str(row.password) if row else ""

    def _begin(self, connection: Connection, user_id: str) -> str:
        session, now = secrets.token_urlsafe(24), self._now()
        connection.execute(delete(sessions).where(sessions.c.ends_at < _as_text(now)))
        begun = {"hash": _digest(session), "user": user_id, "ends_at": _as_text(now + SESSION)}
        connection.execute(insert(sessions).values(**begun))
        return session

    def _is_right(self, hashed: str, password: str) -> bool:
        """Compare; takes the same time for an unknown user."""
        from argon2.exceptions import InvalidHashError, VerificationError

        with self._turn():
            try:
                if not hashed:
                    self._hasher.hash(password)
                    return False
                return self._hasher.verify(hashed, password)
            except (VerificationError, InvalidHashError):
                return False

    @cached_property
    def _hasher(self) -> PasswordHasher:
        from argon2 import PasswordHasher

        return self._chosen_hasher or PasswordHasher()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """A slot for comparing a password. Raises `SignInRefused` if too many are in use or waited for."""
        if self._asking.acquire(blocking=False):
            try:
                if self._comparing.acquire(timeout=_PATIENCE):
                    try:
                        yield
                    finally:
                        self._comparing.release()
                    return
            finally:
                self._asking.release()
        raise SignInRefused(Text("Many people sign in at this moment: try again in a few seconds."))

    def _failed(self, user_id: str) -> None:
        """Count a failure. Unknown names are delayed too, so that a delay does not reveal users: the last
        `_MOST_UNKNOWN` are counted, in this process."""
        with self._store.write() as connection:
            before = connection.execute(select(users.c.failures).where(users.c.id == user_id)).scalar()
            if before is not None:
                failures, until = self._after(before)
                values = {"failures": failures, "waits_until": until}
                connection.execute(update(users).where(users.c.id == user_id).values(**values))
                return
            tried, _ = self._unknown.pop(user_id[:_NAME], (0, ""))
            self._unknown[user_id[:_NAME]] = self._after(tried)
            while len(self._unknown) > _MOST_UNKNOWN:
                self._unknown.pop(next(iter(self._unknown)))

    def _after(self, failures: int) -> tuple[int, str]:
        """The count after one more failure, and the end of the delay; "" for none."""
        failures += 1
        if failures < _FREE_TRIES:
            return failures, ""
        wait = min(_FIRST_WAIT * 2 ** min(failures - _FREE_TRIES, 20), _LONGEST_WAIT)
        return failures, _as_text(self._now() + wait)

    def _check(self, user: User, password: str) -> None:
        for what, text in ((Text("The sign-in name"), user.id), (Text("The full name"), user.name)):
            if not text.strip() or not text.isprintable() or text != text.strip() or len(text) > 100:
                raise UserProblem(
                    Text("{what} is 1 to 100 printable characters, without a space at either end.", what=what)
                )
        if not SHORTEST <= len(password) <= LONGEST:
            raise UserProblem(
                Text(
                    "A password has {least} to {most} characters; this one has {n}.",
                    least=SHORTEST,
                    most=LONGEST,
                    n=len(password),
                )
            )
        if password.casefold() in (user.id.casefold(), user.name.casefold()):
            raise UserProblem(Text("The password is the user's name: choose another one."))


def _add(connection: Connection, user: User, hashed: str) -> None:
    if connection.execute(select(users.c.id).where(users.c.id == user.id)).first():
        raise UserProblem(
            Text("There is a user {user} already: take another name, or set this user's password.", user=repr(user.id))
        )
    added = {"id": user.id, "name": user.name, "may_administer": user.may_administer, "password": hashed}
    connection.execute(insert(users).values(**added, failures=0, waits_until=""))


def _user(row: Row[tuple[object, ...]]) -> User:
    return User(row.id, row.name, row.may_administer)


def _digest(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()


def _as_text(instant: datetime) -> str:
    """The instant in the form of the tables."""
    return instant.astimezone(timezone.utc).isoformat(timespec="seconds")


def _nobody(user_id: str) -> str:
    return Text("There is no user {user_id}; see: onedesk-quickbooks users list", user_id=repr(user_id))
