"""Rules that a person takes, where the ledger is in PostgreSQL and several processes decide by them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from onedesk_quickbooks.hooks import QuickBooksPlugin
from onedesk_quickbooks.plugin.app.application import Application
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.sync.errors import RulesProblem
from tests.host import scene
from tests.sync.conftest import Desk

pytestmark = pytest.mark.postgres


@pytest.fixture
def desk(desks: Callable[..., Desk], url: str) -> Desk:
    made = desks(rules=scene.RULES, settings={"ledger": url, "tenant": "acme", **scene.WAITS})
    made.connect()
    return made


@pytest.fixture
def other(desk: Desk) -> Iterator[Application]:
    """Another process, so to say, on the same data directory."""
    plugin = QuickBooksPlugin(background=False, now=desk.clock.now, sleep=desk.clock.sleep)
    host = EmbeddedHost.open(desk.home, plugins=[plugin])
    yield plugin.application
    host.close()


def test_what_one_process_takes_the_other_decides_by(
    desk: Desk, other: Application, invoice: Callable[..., dict[str, Any]]
) -> None:
    desk.copy(invoice())
    (desk.home / "rules.yaml").write_text(scene.CHANGED)
    before, wanted = desk.application.rules.hash, other.rules_now().waiting
    moves = other.waiting_moves()
    assert moves is not None and [str(each.amount) for each in moves.replay.sums()] == ["150.00 USD"]
    other.take_rules(wanted, "ada")
    assert desk.application.rules.hash == wanted and desk.application.rules_now().complaint == ""
    desk.restart()
    assert desk.application.rules.hash == wanted
    desk.application.back_to_rules(before, "bea")
    assert other.rules.hash == before and other.rules_now().waiting == wanted


def test_a_host_beside_the_workers_shows_what_is_wrong_with_the_file(desk: Desk) -> None:
    """It decides nothing itself, so it has no other reason to read the rules."""
    plugin = QuickBooksPlugin(now=desk.clock.now)
    host = EmbeddedHost.open(desk.home, plugins=[plugin])
    try:
        (desk.home / "rules.yaml").write_text("version: 1\nitens:\n  otherwise: same_name\n")
        shown: list[str] = []
        for _ in range(100):
            shown = [each.help for each in plugin.application.every_setting() if each.id == "rules"]
            if shown[0]:
                break
            threading.Event().wait(0.2)
        assert "itens" in shown[0]
    finally:
        host.close()


def test_of_two_who_save_at_once_one_is_refused(desk: Desk, other: Application) -> None:
    saved: list[str] = []
    digest = desk.application.rules_text().digest
    begin = threading.Barrier(2)

    def save(application: Application, text: str) -> None:
        begin.wait(30)
        try:
            application.save_rules(text, digest, "ada")
            saved.append(text)
        except RulesProblem as problem:
            assert "has changed since you opened it" in str(problem)

    texts = [scene.RULES.replace("Lessons", name) for name in ("Classes", "Courses")]
    pairs = zip((desk.application, other), texts, strict=True)
    threads = [threading.Thread(target=save, args=pair) for pair in pairs]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert len(saved) == 1 and (desk.home / "rules.yaml").read_text() == saved[0]
    acts = [each.values["act"] for each in desk.application.ledger.audit.each() if each.kind == "act"]
    assert acts.count("rules saved") == 1
