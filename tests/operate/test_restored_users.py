"""After a restore the same people sign in to the embedded host as before it, by the same passwords."""

from __future__ import annotations

import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from argon2 import PasswordHasher

from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.host.records import USERS, User
from onedesk_quickbooks.plugin.host.restored import PeopleKeeper
from onedesk_quickbooks.plugin.host.users import SignInRefused, Users
from onedesk_quickbooks.plugin.ops.backup.restoring import restore
from tests.support.clock import Clock

Call = Callable[..., Any]
OLD, NEW = "correct horse battery", "another horse battery"
ADA, GUS, EVE, MAX = (User(each, each.title(), each in ("ada", "eve")) for each in ("ada", "gus", "eve", "max"))


@pytest.fixture
def users(connected: Any, home: Path) -> Iterator[Users]:
    """Of a host that has its database open all the time: an administrator, who is in the backup."""
    with closing(EmbeddedHost.open(home, plugins=[])) as host:
        made = Users(host._store, Clock().now, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        made.add(ADA, OLD)
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "saved.tar.gz"


def let_in(users: Users, name: str, password: str) -> bool:
    try:
        users.sign_in(name, password)
    except SignInRefused:
        return False
    return True


def test_who_was_removed_or_changed_since_stays_so(users: Users, call: Call, file: Path) -> None:
    for each in (GUS, EVE, MAX):
        users.add(each, OLD)
    assert call("backup", file).code == 0
    users.remove("gus")
    users.change_password("ada", NEW)
    users.remove("eve")
    users.add(User("eve", "Eve", may_administer=False), NEW)
    users.add(User("zoe", "Zoe", may_administer=True), NEW)
    users.let_in(USERS)
    before = users.each()
    done = call("restore", file, "--yes")
    assert done.code == 0, done.err
    assert users.each() == before
    assert not any(let_in(users, name, OLD) for name in ("gus", "ada", "eve"))
    assert all(let_in(users, name, NEW) for name in ("ada", "eve", "zoe")) and let_in(users, "max", OLD)
    assert "does not have now stay removed: gus. To add one: onedesk-quickbooks users add NAME." in done.out
    assert "added since the backup stay: zoe. To remove one: onedesk-quickbooks users remove NAME." in done.out
    assert "password or role was changed since the backup keep the newer one: ada, eve." in done.out
    assert "may sign in now" not in done.out


def test_sessions_are_those_of_now(users: Users, call: Call, file: Path) -> None:
    ended, stays = users.sign_in("ada", OLD), users.sign_in("ada", OLD)
    assert call("backup", file).code == 0
    users.sign_out(ended)
    begun = users.sign_in("ada", OLD)
    done = call("restore", file, "--yes")
    assert done.code == 0, done.err
    assert [users.of(each) for each in (ended, stays, begun)] == [None, ADA, ADA]
    assert not any(word in done.out for word in ("Users", "ada")), "nothing differs"


@pytest.mark.parametrize("lost", ["removed", "damaged", "without users", "without passwords"])
def test_of_a_host_that_is_lost_the_backup_has_the_users(
    users: Users, call: Call, home: Path, file: Path, lost: str
) -> None:
    """Nobody could sign in otherwise; whoever restores learns their names."""
    session = users.sign_in("ada", OLD)
    assert call("backup", file).code == 0
    database = home / "onedesk.sqlite"
    if lost.startswith("without"):
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("DELETE FROM user")
        if lost == "without passwords":
            users.let_in(USERS)
    else:
        users._store.close()
        database.unlink()
        if lost == "damaged":
            database.write_bytes(b"no database" * 500)
    done = call("restore", file, "--yes")
    assert done.code == 0, done.err
    assert "Users of the backup that may sign in now: ada. Whether" in done.out
    assert users.each() == [ADA] and let_in(users, "ada", OLD)
    assert users.of(session) is None, "whether it was ended is not known"


def test_a_restore_that_is_done_in_part_lets_nobody_in(users: Users, call: Call, home: Path, file: Path) -> None:
    """The host's database is replaced in one transaction, by one that has the users of now already."""
    users.add(GUS, OLD)
    rules = home / "rules.yaml"
    rules.write_text("version: 1\n")
    assert call("backup", file).code == 0
    users.remove("gus")
    rules.unlink()
    (rules / "own").mkdir(parents=True)  # no file can be put in its place, which comes after the database
    assert call("restore", file, "--yes").code == 3
    with tarfile.open(file) as archive:
        names = archive.getnames()
    assert names.index("onedesk.sqlite") < names.index("rules.yaml")
    assert users.each() == [ADA] and not let_in(users, "gus", OLD)


def test_who_is_removed_while_a_restore_works_stays_so(users: Users, call: Call, home: Path, file: Path) -> None:
    """Who removes a user then waits for the host's database, and removes the user from the restored one."""
    users.add(GUS, OLD)
    assert call("backup", file).code == 0
    meanwhile = Thread(target=users.remove, args=("gus",))

    def prepare(restored: Path) -> Callable[[str], None]:
        keeper = PeopleKeeper(restored, home)

        def keep(name: str) -> None:
            keeper.keep(name)
            meanwhile.start()
            meanwhile.join(0.5)

        return keep

    restore(file, home, {}, Clock().now, replace=True, prepare=prepare)
    meanwhile.join()
    assert users.each() == [ADA] and not let_in(users, "gus", OLD)
