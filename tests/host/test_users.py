"""Who may sign in to the embedded host's pages, and how."""

from __future__ import annotations

import stat
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from time import monotonic

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from werkzeug.test import Client, TestResponse

from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.host.pages import make_app
from onedesk_quickbooks.plugin.host.records import USERS, User
from onedesk_quickbooks.plugin.host.tables import sessions
from onedesk_quickbooks.plugin.host.users import SESSION, SignInRefused, UserProblem, Users
from tests.support.signing_in import PASSWORD, form_token

ADA = User("ada", "Ada Admin", may_administer=True)
GUS = User("gus", "Gus Agent", may_administer=False)
WRONG = "correct horse batter"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Of what takes 64 MB for each password, only the form."""


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 7, 15, 9, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def desk(tmp_path: Path, time: Time) -> Iterator[EmbeddedHost]:
    opened = EmbeddedHost.open(tmp_path, now=time, plugins=[])
    opened.users = Users(opened._store, time, QUICK)
    yield opened
    opened.close()


@pytest.fixture
def users(desk: EmbeddedHost) -> Users:
    return desk.users


class Visitor:
    """A browser at pages that ask for passwords."""

    def __init__(self, desk: EmbeddedHost) -> None:
        self.client = Client(make_app(desk))

    def sends(self, path: str, **fields: str) -> TestResponse:
        token = form_token(self.client.get(path, query_string={"key": fields["key"]} if "key" in fields else {}).text)
        return self.client.post(path, data={"form_token": token, **fields})


def test_who_signs_in_and_for_how_long(users: Users, time: Time) -> None:
    users.add(ADA, PASSWORD)
    session = users.sign_in("ada", PASSWORD)
    assert users.of(session) == ADA and users.of("") is None and users.of(session + "x") is None
    time.now += SESSION
    assert users.of(session) == ADA
    time.now += timedelta(seconds=1)
    assert users.of(session) is None
    other = users.sign_in("ada", PASSWORD)
    users.sign_out(other)
    assert users.of(other) is None


def test_the_password_is_nowhere_on_the_disk(desk: EmbeddedHost, time: Time, tmp_path: Path) -> None:
    users = Users(desk._store, time)
    users.add(ADA, PASSWORD)
    session = users.sign_in("ada", PASSWORD)
    desk.close()
    kept = b"".join(each.read_bytes() for each in tmp_path.glob("onedesk.sqlite*"))
    assert PASSWORD.encode() not in kept and session.encode() not in kept
    assert b"$argon2id$v=19$m=65536," in kept
    assert stat.S_IMODE((tmp_path / "onedesk.sqlite").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["nobody", "", "ADA", "ada ", "' OR 1=1 --", "x" * 5000])
def test_a_wrong_name_says_no_more_than_a_wrong_password(users: Users, name: str) -> None:
    users.add(ADA, PASSWORD)
    with pytest.raises(SignInRefused) as nobody:
        users.sign_in(name, PASSWORD)
    with pytest.raises(SignInRefused) as wrong:
        users.sign_in("ada", WRONG)
    assert str(nobody.value) == str(wrong.value) == "The name or the password is wrong."


def test_a_name_that_nobody_has_waits_as_a_user_does(users: Users, time: Time) -> None:
    said = {}
    for name in ("ada", "nobody"):
        for _ in range(5):
            with pytest.raises(SignInRefused, match="is wrong"):
                users.sign_in(name, WRONG)
        with pytest.raises(SignInRefused) as waits:
            users.sign_in(name, WRONG)
        said[name] = str(waits.value)
    assert said["ada"] == said["nobody"]
    assert "5 wrong passwords for this user: try again after 09:00:30 UTC" in said["nobody"]
    time.now += timedelta(seconds=31)
    with pytest.raises(SignInRefused, match="is wrong"):
        users.sign_in("nobody", WRONG)
    for number in range(1100):
        users._failed(f"name-{number}")
    assert len(users._unknown) == 1000


def test_wrong_passwords_make_the_user_wait_longer_and_longer(users: Users, time: Time) -> None:
    users.add(ADA, PASSWORD)
    for _ in range(5):
        with pytest.raises(SignInRefused, match="is wrong"):
            users.sign_in("ada", WRONG)
    with pytest.raises(SignInRefused, match=r"5 wrong passwords .* after 09:00:30 UTC"):
        users.sign_in("ada", PASSWORD)
    time.now += timedelta(seconds=30)
    with pytest.raises(SignInRefused, match="is wrong"):
        users.sign_in("ada", WRONG)
    with pytest.raises(SignInRefused, match=r"6 wrong passwords .* after 09:01:30 UTC"):
        users.sign_in("ada", PASSWORD)
    for _ in range(9):  # never longer than a quarter of an hour
        time.now += timedelta(minutes=15)
        with pytest.raises(SignInRefused, match="is wrong"):
            users.sign_in("ada", WRONG)
    time.now += timedelta(minutes=15)
    assert users.of(users.sign_in("ada", PASSWORD)) == ADA
    with pytest.raises(SignInRefused, match="is wrong"):
        users.sign_in("ada", WRONG)
    assert users.of(users.sign_in("ada", PASSWORD)) == ADA, "a right one begins from none"


def test_a_new_password_ends_the_wait_and_the_sessions(users: Users) -> None:
    users.add(ADA, PASSWORD)
    session = users.sign_in("ada", PASSWORD)
    for _ in range(6):
        with pytest.raises(SignInRefused):
            users.sign_in("ada", WRONG)
    users.change_password("ada", "another horse battery")
    assert users.of(session) is None
    with pytest.raises(SignInRefused, match="is wrong"):
        users.sign_in("ada", PASSWORD)
    assert users.of(users.sign_in("ada", "another horse battery")) == ADA
    with pytest.raises(UserProblem, match="no user 'bob'; see: onedesk-quickbooks users list"):
        users.change_password("bob", PASSWORD)


@pytest.mark.parametrize(
    ("user", "password", "said"),
    [
        (User("", "Ada", may_administer=True), PASSWORD, "sign-in name is 1 to 100"),
        (User(" ada", "Ada", may_administer=True), PASSWORD, "sign-in name is 1 to 100"),
        (User("a\x00da", "Ada", may_administer=True), PASSWORD, "sign-in name is 1 to 100"),
        (User("ada", "A\nda", may_administer=True), PASSWORD, "full name is 1 to 100"),
        (User("ada", "x" * 101, may_administer=True), PASSWORD, "full name is 1 to 100"),
        (ADA, "x" * 11, "12 to 1000 characters; this one has 11"),
        (ADA, "x" * 1001, "12 to 1000 characters; this one has 1001"),
        (User("ada.administrator", "Ada", may_administer=True), "Ada.Administrator", "is the user's name"),
    ],
)
def test_users_that_cannot_be(users: Users, user: User, password: str, said: str) -> None:
    with pytest.raises(UserProblem, match=said):
        users.add(user, password)
    assert users.is_empty()


def test_a_name_is_taken_once_and_the_last_administrator_stays(users: Users) -> None:
    users.add(ADA, PASSWORD)
    users.add(GUS, PASSWORD)
    with pytest.raises(UserProblem, match="There is a user 'gus' already"):
        users.add(GUS, PASSWORD)
    session = users.sign_in("gus", PASSWORD)
    with pytest.raises(UserProblem, match="ada is the last administrator: make another one first"):
        users.remove("ada")
    users.remove("gus")
    assert users.of(session) is None and users.each() == [ADA]
    users.add(User("bea", "Bea", may_administer=True), PASSWORD)
    users.remove("ada")
    with pytest.raises(UserProblem, match="no user 'ada'"):
        users.remove("ada")


def test_of_many_at_once_one_is_first(users: Users) -> None:
    begin, made, refused = threading.Barrier(6), [], []

    def first(n: int) -> None:
        begin.wait(10)
        try:
            users.first(User(f"u{n}", "U", may_administer=True), PASSWORD)
            made.append(n)
        except UserProblem as problem:
            refused.append(str(problem))

    threads = [threading.Thread(target=first, args=(n,)) for n in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(made) == 1 and len(users.each()) == 1
    assert all("There is a user already" in each for each in refused)


def test_more_than_two_passwords_at_once_wait_or_are_refused(desk: EmbeddedHost, time: Time) -> None:
    users = Users(desk._store, time)
    users.add(ADA, PASSWORD)
    begin = threading.Barrier(20)
    said: list[User | str | None] = []

    def sign_in() -> None:
        begin.wait(10)
        try:
            said.append(users.of(users.sign_in("ada", PASSWORD)))
        except SignInRefused as problem:
            said.append(str(problem))

    threads = [threading.Thread(target=sign_in) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(said) == 20 and ADA in said
    assert {each for each in said if each != ADA} <= {"Many people sign in at this moment: try again in a few seconds."}


def test_no_more_than_two_wait_for_their_turn(users: Users) -> None:
    """The threads of others answer meanwhile."""
    users.add(ADA, PASSWORD)
    said: list[float] = []

    def sign_in() -> None:
        began = monotonic()
        with pytest.raises(SignInRefused, match="Many people"):
            users.sign_in("ada", PASSWORD)
        said.append(monotonic() - began)

    with users._comparing, users._asking, users._comparing, users._asking:
        threads = [threading.Thread(target=sign_in) for _ in range(12)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert len([each for each in said if each > 1]) == 2 and len(said) == 12
    assert users.of(users.sign_in("ada", PASSWORD)) == ADA


class Slow(Users):
    """Something happens while a password is compared."""

    meanwhile: Callable[[], None]

    def _is_right(self, hashed: str, password: str) -> bool:
        found = super()._is_right(hashed, password)
        self.meanwhile()
        return found


def test_a_password_that_is_changed_while_it_is_compared_lets_nobody_in(desk: EmbeddedHost, time: Time) -> None:
    users, slow = desk.users, Slow(desk._store, time, QUICK)
    users.add(ADA, PASSWORD)
    users.add(GUS, PASSWORD)
    slow.meanwhile = lambda: users.change_password("gus", "another horse battery")
    with pytest.raises(SignInRefused, match="is wrong"):
        slow.sign_in("gus", PASSWORD)
    slow.meanwhile = lambda: users.remove("gus")
    with pytest.raises(SignInRefused, match="is wrong"):
        slow.sign_in("gus", "another horse battery")

    def five_others() -> None:
        for _ in range(5):
            with pytest.raises(SignInRefused):
                users.sign_in("ada", WRONG)

    slow.meanwhile = five_others
    with pytest.raises(SignInRefused, match="5 wrong passwords"):
        slow.sign_in("ada", PASSWORD)
    with desk._store.read() as connection:
        assert connection.execute(select(sessions)).all() == []


def test_the_first_user_is_made_by_who_has_the_address(desk: EmbeddedHost) -> None:
    visitor = Visitor(desk)
    page = visitor.client.get("/sign-in").text
    assert "Nobody can sign in yet" in page and 'type="password"' not in page
    key = desk.users.set_up_key()
    for wrong in ("", "x", key[:-1], key + "é"):
        assert visitor.client.get("/first-user", query_string={"key": wrong}).headers["Location"] == "/sign-in"
    form = {"key": key, "user": "ada", "name": "Ada Admin"}
    differs = visitor.sends("/first-user", **form, password=PASSWORD, again=WRONG)
    assert differs.status_code == 400 and "two passwords are not the same" in differs.text
    short = visitor.sends("/first-user", **form, password="short", again="short")
    assert short.status_code == 400 and "this one has 5" in short.text and 'value="Ada Admin"' in short.text
    assert visitor.sends("/first-user", **form, password=PASSWORD, again=PASSWORD).status_code == 303
    assert "Ada Admin" in visitor.client.get("/invoices").text
    assert desk.users.each() == [ADA] and desk.may_administer("ada")
    again = Visitor(desk).client.get("/first-user", query_string={"key": key})
    assert again.headers["Location"] == "/sign-in", "the address is good once"


def test_signing_in_and_out_on_the_pages(desk: EmbeddedHost) -> None:
    desk.users.add(ADA, PASSWORD)
    desk.users.add(GUS, PASSWORD)
    visitor = Visitor(desk)
    wrong = visitor.sends("/sign-in", user="gus", password=WRONG)
    assert wrong.status_code == 403 and "The name or the password is wrong." in wrong.text
    assert 'value="gus"' in wrong.text and WRONG not in wrong.text
    assert visitor.client.get("/invoices").headers["Location"] == "/sign-in?back=%2Finvoices"
    before = visitor.client.get_cookie("onedesk")
    assert visitor.sends("/sign-in", user="gus", password=PASSWORD).status_code == 303
    assert visitor.client.get_cookie("onedesk") != before
    assert visitor.client.get("/administration/financials").status_code == 403
    kept = visitor.client.get_cookie("onedesk")
    assert kept is not None
    assert (
        visitor.client.post(
            "/sign-out", data={"form_token": form_token(visitor.client.get("/invoices").text)}
        ).status_code
        == 303
    )
    thief = Client(make_app(desk))
    thief.set_cookie("onedesk", kept.value)
    assert thief.get("/invoices").headers["Location"] == "/sign-in?back=%2Finvoices"


def test_who_was_let_in_without_a_password_is_not_by_pages_that_ask_for_one(desk: EmbeddedHost) -> None:
    demo = Client(make_app(desk, passwordless=True))
    page = demo.get("/sign-in").text
    assert "Ada Admin" in page
    demo.post("/sign-in", data={"form_token": form_token(page), "user": "admin"})
    assert demo.get("/invoices").status_code == 200
    assert {each.id for each in desk.users.each()} == {each.id for each in USERS}
    Visitor(desk)
    assert desk.users.is_empty() and not desk.may_administer("admin")
    assert demo.get("/invoices").status_code == 302
