"""A plugin that answers rules with `ask:`: whatever it does, one line is held and the hook that asked is not kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from onedesk_quickbooks.hooks import impl
from onedesk_quickbooks.plugin.ruleset.keys import outputs
from onedesk_quickbooks.plugin.sync.questions import Questions
from tests.sync.conftest import Desk

Make = Callable[..., dict[str, Any]]
RULES = """version: 1
items:
  exceptions: [{id: freight, when: {service_type: Freight}, ask: freight_by_weight}]
  otherwise: same_name
"""


class Answers:
    """A plugin of the host's."""

    def __init__(self, answer: Callable[[str], Any]) -> None:
        self.answer = answer
        self.threads: list[str] = []

    @impl
    def on_rule_asks(self, question: str, values: Mapping[str, Any]) -> Any:
        self.threads.append(threading.current_thread().name)
        return self.answer(question)


def fails(_question: str) -> Any:
    raise RuntimeError("the scale is away")


def exits(_question: str) -> Any:
    raise SystemExit(1)


def freight(desk: Desk, invoice: Make, answer: Callable[[str], Any]) -> Any:
    desk.host.plugins.register(Answers(answer))
    lines = [{"id": "1", "service_type": "Freight", "amount": "100.00"}]
    given = invoice(lines=lines, subtotal="100.00", total="100.00")
    held = desk.copy(given)
    other = desk.copy(invoice(id="INV-2", number="2042"))
    assert other.outcome == "copied", other.reason
    return held


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (fails, "failed with RuntimeError; see the log"),
        (exits, "failed with SystemExit; see the log"),
        (lambda _: "Air Freight", "gave an invalid answer"),
        (
            lambda _: {"itme": "Air Freight"},
            "gave an invalid answer (a valid one is a mapping of item, income_account, class, description, code,",
        ),
        (lambda _: {"item": 7}, "gave an invalid answer"),
        (lambda _: {"hold": "by\0weight"}, "gave an invalid answer"),
        (lambda _: {"item": "Air \ud800Freight"}, "gave an invalid answer"),
    ],
)
def test_what_is_no_answer_holds_the_line(
    desks: Callable[..., Desk], invoice: Make, answer: Callable[[str], Any], said: str
) -> None:
    desk = desks(rules=RULES)
    desk.connect()
    held = freight(desk, invoice, answer)
    assert held.outcome == "held"
    assert f'Line 1: the plugin that answers "freight_by_weight" {said}' in held.reason
    assert "(rule items.exceptions.freight, rules.yaml:3)" in held.reason


def test_an_answer_counts(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules=RULES)
    desk.connect()
    assert freight(desk, invoice, lambda _: {"item": "Air Freight"}).outcome == "copied"


def test_an_answer_may_have_all_that_a_rule_may_name() -> None:
    given = dict.fromkeys((*outputs(), "code"), "X")
    assert Questions(Answers(lambda _: given).on_rule_asks).ask("freight_by_weight", {}) == given


def test_a_plugin_describes_a_line(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules=RULES)
    desk.connect()
    freight(desk, invoice, lambda _: {"description": "12 kg by sea"})
    (made,) = (each for each in desk.invoices() if each["DocNumber"] == "2041")
    assert made["Line"][0]["Description"] == "12 kg by sea"


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """What a plugin waits for."""
    event = threading.Event()
    yield event
    event.set()


def test_a_plugin_that_does_not_return_is_waited_for_once(stuck: threading.Event) -> None:
    plugin = Answers(lambda _: {"item": "Air Freight"} if stuck.wait(30) else None)
    questions = Questions(plugin.on_rule_asks, patience=0.05)
    late = questions.ask("freight_by_weight", {})
    assert late == {"hold": 'the plugin that answers "freight_by_weight" gave no answer within 0.05 s'}
    next_one = questions.ask("freight_by_weight", {})
    assert next_one == {"hold": 'the plugin that answers "freight_by_weight" has not returned from an earlier question'}
    assert len(plugin.threads) == 1 and threading.current_thread().name not in plugin.threads
    stuck.set()
    for thread in threading.enumerate():
        if thread.name in plugin.threads:
            thread.join(30)
    assert questions.ask("freight_by_weight", {}) == {"item": "Air Freight"}


def test_a_hook_puts_no_question(desks: Callable[..., Desk], invoice: Make, stuck: threading.Event) -> None:
    desk = desks(rules=RULES)
    desk.connect()
    plugin = Answers(lambda _: stuck.wait(30))
    desk.host.plugins.register(plugin)
    desk.save(invoice(lines=[{"id": "1", "service_type": "Freight", "amount": "100.00"}], total="100.00"))
    assert desk.host.send("INV-1", "Ada") is not None
    assert plugin.threads == []
