"""An Idempotency-Key is for one request, at whatever moment and in whatever process it is asked again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from onedesk_quickbooks.plugin.host import RecordImporter
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.web.api import PREFIX, ImportTarget, api
from tests.api.conftest import Installation, Program
from tests.support.sandboxes import Books

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def beside(home: Path, installation: Installation) -> Iterator[Installation]:
    """What another process has: host, plugin and ledger of its own on the same data directory."""
    made = Installation(home)
    yield made
    made.host.close()


class Instead(RecordImporter):
    """A host that does this with an invoice."""

    def __init__(self, where: Installation, does: Callable[[Mapping[str, Any], str, str], str]) -> None:
        super().__init__(where.host)
        self._does = does

    def invoice(
        self, invoice: Mapping[str, Any], action: str, user: str, files: Sequence[tuple[str, bytes]] = ()
    ) -> str:
        return self._does(invoice, action, user)


def reached(where: Installation, key: str, into: ImportTarget | None = None) -> Program:
    """The program with this key, at an installation; `into` in the place of the host's."""
    from werkzeug.exceptions import NotFound
    from werkzeug.middleware.dispatcher import DispatcherMiddleware

    app = api(where.application, into or RecordImporter(where.host), lambda seconds: None)
    return Program(Client(DispatcherMiddleware(NotFound(), {PREFIX: app})), key)


def code(reply: TestResponse) -> str:
    return str((reply.json or {}).get("error", {}).get("code", ""))


def test_one_key_takes_one_of_many_invoices(
    books: Books, installation: Installation, beside: Installation, program: Program, invoice: Make
) -> None:
    programs = [reached(where, program.key) for where in (installation, beside) for _ in range(6)]
    asked = [invoice(f"INV-{number}") for number in range(12)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda each, one: each.post("copy", one, once="k"), programs, asked))
    assert sorted(each.status_code for each in answers) == [202] + [409] * 11
    assert {code(each) for each in answers} == {"", "key-reused"}
    assert len(installation.application.drain()) == 1


def test_the_same_request_in_two_processes_has_one_answer(
    books: Books, installation: Installation, beside: Installation, program: Program, invoice: Make
) -> None:
    begun, end = threading.Event(), threading.Event()

    def slow(given: Mapping[str, Any], action: str, user: str) -> str:
        begun.set()
        assert end.wait(30)
        return RecordImporter(installation.host).invoice(given, action, user)

    first, second = reached(installation, program.key, Instead(installation, slow)), reached(beside, program.key)
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(first.post, "copy", invoice(), once="k")
        assert begun.wait(30)
        same, other = second.post("copy", invoice(), once="k"), second.post("copy", invoice("INV-8"), once="k")
        end.set()
        answer = pending.result(30)
    assert (same.status_code, code(same), same.headers["Retry-After"]) == (409, "under-way", "5")
    assert (other.status_code, code(other)) == (409, "key-reused")
    replayed = second.post("copy", invoice(), once="k")
    assert (replayed.json, replayed.headers["Idempotency-Replayed"]) == (answer.json, "true")
    assert answer.status_code == 202


def test_a_death_in_between_locks_the_key_for_nobody(
    books: Books, installation: Installation, program: Program, invoice: Make
) -> None:
    def dies(given: Mapping[str, Any], action: str, user: str) -> str:
        raise SystemExit

    with pytest.raises(SystemExit):
        reached(installation, program.key, Instead(installation, dies)).post("copy", invoice(), once="k")
    again = reached(installation, program.key)
    assert code(again.post("copy", invoice(), once="k")) == "under-way"
    installation.clock.pass_by(seconds=31)
    assert code(again.post("copy", invoice("INV-8"), once="k")) == "key-reused", "it may be done, who knows"
    assert again.post("copy", invoice(), once="k").status_code == 202
    assert again.post("copy", invoice(), once="k").headers["Idempotency-Replayed"] == "true"


def test_after_an_error_the_same_request_is_done_at_once(
    books: Books, installation: Installation, program: Program, invoice: Make
) -> None:
    def fails(given: Mapping[str, Any], action: str, user: str) -> str:
        raise NotNow("the host's database is away")

    assert (
        reached(installation, program.key, Instead(installation, fails)).post("copy", invoice(), once="k").status_code
        == 503
    )
    again = reached(installation, program.key)
    assert code(again.post("copy", invoice("INV-8"), once="k")) == "key-reused"
    assert again.post("copy", invoice(), once="k").status_code == 202
