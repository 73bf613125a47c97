"""A restore of the embedded host's database from a backup: who may sign in does not change by it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from onedesk_quickbooks.plugin.host.store import FILE, Store
from onedesk_quickbooks.plugin.host.tables import kept_secrets, sessions, users


class People(NamedTuple):
    """The sign-in names of which a person who restores has to know. `removed` are users of the backup who are none now
    and stay so, `added` those who are not in the backup and stay, `changed` those who keep a newer password or role.
    `unknown` are users of the backup where it is not known who was one."""

    removed: Sequence[str] = ()
    added: Sequence[str] = ()
    changed: Sequence[str] = ()
    unknown: Sequence[str] = ()


def keep_people(restored: Path, directory: Path) -> People:
    """Put users, sessions and secrets of the data directory into the database of a backup, in the folder `restored`,
    that no program uses. Where the data directory has no user with a password, those of the backup are kept, without
    their sessions. Raises `HostProblem`."""
    if not (restored / FILE).exists():
        return People()
    present: dict[Any, list[dict[str, Any]]] = {}
    now: dict[str, Any] = {}
    if (directory / FILE).exists():
        with closing(Store.open(directory / FILE)) as store, store.read() as connection:
            now = _access(connection)
            for table in (users, sessions, kept_secrets):
                present[table] = [dict(row) for row in connection.execute(select(table)).mappings()]
    with closing(Store.open(restored / FILE)) as store, store.write() as connection:
        then = _access(connection)
        if not now:
            connection.execute(delete(sessions))
            return People(unknown=list(then))
        for table, rows in present.items():
            connection.execute(delete(table))
            if rows:
                connection.execute(insert(table), rows)
    return People(
        removed=[each for each in then if each not in now],
        added=[each for each in now if each not in then],
        changed=[each for each in then if now.get(each, then[each]) != then[each]],
    )


def _access(connection: Connection) -> dict[str, tuple[str, bool]]:
    """Password and role of each user with a password."""
    found = select(users).where(users.c.password != "").order_by(users.c.id)
    return {row.id: (row.password, row.may_administer) for row in connection.execute(found)}
