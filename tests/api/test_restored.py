"""After a restore: no payment is skipped by a reader with an earlier cursor, and no access is given back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.texts import Text
from tests.api.conftest import Installation, Program
from tests.api.test_webhooks import Receiver, pay, receiver, secret
from tests.commands import Call
from tests.support.sandboxes import Books

__all__ = ["pay", "receiver", "secret"]
Pay = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "saved.tar.gz"


@pytest.mark.parametrize("damaged", [False, True])
def test_a_reader_with_a_cursor_from_before_gets_every_payment(
    secret: bytes,
    installation: Installation,
    program: Program,
    receiver: Receiver,
    pay: Pay,
    call: Call,
    file: Path,
    home: Path,
    damaged: bool,
) -> None:
    [first] = pay("1.00")
    assert call("backup", file).code == 0
    events = pay("2.00")
    installation.application.deliver_webhooks()
    before = {each.headers["webhook-id"] for each in receiver.requests}
    assert len(before) == 2
    done = call("restore", file, "--yes") if not damaged else _restored_after_damage(call, file, home)
    assert done.code == 0, done.err
    assert program.payments(after=events[-1]["cursor"])["payments"] == [], "no cursor is refused"
    found = pay("4.00")
    assert [each["payment"]["amount"] for each in found] == ["1.00", "2.00", "4.00"]
    assert found[0] == first and found[1]["payment"]["id"] == events[1]["payment"]["id"]
    assert program.payments(after=events[-1]["cursor"])["payments"] == found[1:]
    sent = len(receiver.requests)
    installation.application.deliver_webhooks()
    again = {each.headers["webhook-id"]: each.get_json()["data"] for each in receiver.requests[sent:]}
    assert list(again.values()) == found, "the backup is older than the first delivery"
    assert before & set(again) == {"main-1"} and again["main-1"] == first


def _restored_after_damage(call: Call, file: Path, home: Path) -> Any:
    """The numbers of a ledger that cannot be read are not known, and are not used again."""
    (home / "ledger.sqlite").write_bytes(b"no database" * 500)
    return call("restore", file, "--yes")


def test_the_numbers_go_on_after_a_second_restore(books: Books, pay: Pay, call: Call, file: Path) -> None:
    assert call("backup", file).code == 0
    last = pay("1.00")[-1]
    for _ in range(2):
        assert call("restore", file, "--yes").code == 0
        found = pay("1.00")
        assert int(found[0]["cursor"]) > int(last["cursor"])
        last = found[-1]


def test_what_was_revoked_and_removed_stays_so(
    books: Books, installation: Installation, call: Call, file: Path
) -> None:
    stays, revoked = installation.program("payments"), installation.program("payments")
    for url in ("https://a.example/in", "https://b.example/in"):
        assert call("webhooks", "add", url).code == 0
    assert call("backup", file).code == 0
    assert call("keys", "revoke", "program 1").code == 0
    assert call("webhooks", "remove", "https://b.example/in").code == 0
    assert revoked.call("GET", "/payments").status_code == 401
    done = call("restore", file, "--yes")
    assert done.code == 0
    assert (stays.call("GET", "/payments").status_code, revoked.call("GET", "/payments").status_code) == (200, 401)
    assert "API keys that were revoked since the backup stay revoked: program 1." in done.out
    assert "are stopped: https://b.example/in. Nothing is sent there until" in done.out
    listed = {each["url"]: (each["state"], each["problem"]) for each in call("webhooks", "list", "--json").lines}
    assert listed["https://a.example/in"] == ("fine", "")
    assert listed["https://b.example/in"][0] == "stopped" and "restored backup" in listed["https://b.example/in"][1]
    assert "program 0" not in done.out


def test_a_second_restore_starts_no_stopped_webhook(
    books: Books, installation: Installation, call: Call, file: Path
) -> None:
    gone, given_up = "https://a.example/in", "https://b.example/in"
    for url in (gone, given_up):
        assert call("webhooks", "add", url).code == 0
    assert call("backup", file).code == 0
    assert call("webhooks", "remove", gone).code == 0
    webhooks = installation.application.ledger.outgoing_webhooks
    webhooks.failed(webhooks.all()[0].id, 1, Text("it answered {status}", status=410), None)
    (stopped,) = webhooks.all()
    for _ in range(2):
        done = call("restore", file, "--yes")
        assert done.code == 0, done.err
        assert f"or had stopped, are stopped: {gone}, {given_up}. Nothing is sent there until" in done.out
        first, second = webhooks.all()
        assert first.state == "stopped" and "restored backup" in first.problem
        assert (second.stopped_at, second.problem) == (stopped.stopped_at, "it answered 410")
        (problem,) = installation.application.ledger.sentences.recalled({second.problem}, "fr").values()
        assert isinstance(problem, Text), "it is shown in other languages too"
    assert call("webhooks", "resume", gone).code == 0
    assert f"are stopped: {given_up}. Nothing" in call("restore", file, "--yes").out
    assert webhooks.all()[0].state == "fine", "a person resumed it"


def test_what_was_added_since_is_gone_and_named(
    books: Books, installation: Installation, call: Call, file: Path
) -> None:
    stays, renewed = installation.program("payments"), installation.program("payments")
    assert call("webhooks", "add", "https://a.example/in").code == 0
    assert call("backup", file).code == 0
    assert call("keys", "revoke", "program 1").code == 0
    assert call("keys", "add", "program 1").code == 0 and call("keys", "add", "other").code == 0
    assert call("webhooks", "add", "https://b.example/in").code == 0
    done = call("restore", file, "--yes")
    assert done.code == 0, done.err
    assert "since the backup are gone, and programs that use them are refused: program 1, other. To make" in done.out
    assert "are gone, and nothing is sent there: https://b.example/in. To add" in done.out
    assert (stays.call("GET", "/payments").status_code, renewed.call("GET", "/payments").status_code) == (200, 401)
    assert "are gone" not in call("restore", file, "--yes").out


@pytest.mark.parametrize("words", [(), ("--with-key",)])
def test_a_secret_that_was_renewed_since_stays_so(
    books: Books, installation: Installation, call: Call, file: Path, words: tuple[str, ...]
) -> None:
    for url in ("https://a.example/in", "https://b.example/in"):
        assert call("webhooks", "add", url).code == 0
    assert call("backup", file, *words).code == 0
    assert call("webhooks", "add", "https://b.example/in").code == 0
    before = secrets(installation)
    done = call("restore", file, "--yes")
    assert done.code == 0, done.err
    assert secrets(installation) == before
    assert "renewed since the backup keep the newer one: https://b.example/in." in done.out


def test_a_renewed_secret_of_another_key_is_lost_and_said(
    books: Books, installation: Installation, call: Call, file: Path, home: Path
) -> None:
    assert call("webhooks", "add", "https://a.example/in").code == 0
    assert call("backup", file, "--with-key").code == 0
    before = secrets(installation)
    (home / "key").unlink()
    assert call("disconnect").code == 0  # the next start makes another key
    assert call("webhooks", "add", "https://a.example/in").code == 0
    done = call("restore", file, "--yes")
    assert done.code == 0, done.err
    assert "is that of the backup again: https://a.example/in." in done.out
    assert secrets(installation) == before


def secrets(installation: Installation) -> list[bytes | None]:
    webhooks = installation.application.ledger.outgoing_webhooks
    return [webhooks.secret(each.id) for each in webhooks.all()]


def test_what_is_not_known_of_a_lost_ledger_is_named(
    books: Books, installation: Installation, call: Call, file: Path, tmp_path: Path
) -> None:
    program = installation.program("payments")
    assert call("webhooks", "add", "https://a.example/in").code == 0
    assert call("backup", file).code == 0
    done = call("restore", file, before=("--home", tmp_path / "other"))
    assert done.code == 0, done.err
    assert "API keys of the backup that are valid now: program 0." in done.out
    assert "Webhooks of the backup that are sent to now: https://a.example/in." in done.out
    assert program.call("GET", "/payments").status_code == 200
