"""A restore of the embedded host's database from a backup: who may sign in does not change by it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from onedesk_quickbooks.plugin.host.store import FILE, Store
from onedesk_quickbooks.plugin.host.tables import kept_secrets, sessions, users
from onedesk_quickbooks.plugin.sqlite_engine import engine


class People(NamedTuple):
    """The sign-in names of which a person who restores has to know. `removed` are users of the backup who are none now
    and stay so, `added` those who are not in the backup and stay, `changed` those who keep a newer password or role.
    `unknown` are users of the backup where it is not known who was one."""

    removed: Sequence[str] = ()
    added: Sequence[str] = ()
    changed: Sequence[str] = ()
    unknown: Sequence[str] = ()


class PeopleKeeper:
    """Puts users, sessions and secrets of the data directory into the database of a backup, in the folder `restored`,
    that no program uses. Where the data directory has no user with a password, those of the backup are kept, without
    their sessions."""

    def __init__(self, restored: Path, directory: Path) -> None:
        """Opens both databases once, so that they have the present tables. Raises `HostProblem`."""
        self.people = People()
        self._restored, self._present = restored / FILE, directory / FILE
        for each in (self._restored, self._present):
            if self._restored.exists() and each.exists():
                Store.open(each).close()

    def keep(self, name: str) -> None:
        """Do so for the file of this name, if it is the host's. The database of the data directory is only read."""
        if name != FILE:
            return
        present: dict[Any, list[dict[str, Any]]] = {}
        now: dict[str, Any] = {}
        if self._present.exists():
            with _reader(self._present) as connection:
                now = _access(connection)
                for table in (users, sessions, kept_secrets):
                    present[table] = [dict(row) for row in connection.execute(select(table)).mappings()]
        with closing(Store.open(self._restored)) as store, store.write() as connection:
            then = _access(connection)
            if not now:
                connection.execute(delete(sessions))
                self.people = People(unknown=list(then))
                return
            for table, rows in present.items():
                connection.execute(delete(table))
                if rows:
                    connection.execute(insert(table), rows)
        self.people = People(
            removed=[each for each in then if each not in now],
            added=[each for each in now if each not in then],
            changed=[each for each in then if now.get(each, then[each]) != then[each]],
        )


@contextmanager
def _reader(path: Path) -> Iterator[Connection]:
    """Without the lock that `Store.open` takes."""
    with closing(Store(engine(path, "NORMAL"))) as store, store.read() as connection:
        yield connection


def _access(connection: Connection) -> dict[str, tuple[str, bool]]:
    """Password and role of each user with a password."""
    found = select(users).where(users.c.password != "").order_by(users.c.id)
    return {row.id: (row.password, row.may_administer) for row in connection.execute(found)}
