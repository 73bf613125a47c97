"""Questions of rules with `ask:` to the host's plugins: a failing plugin holds one line, no more."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any

from onedesk_quickbooks.plugin.model.text import UnfitText, fit
from onedesk_quickbooks.plugin.ruleset.keys import outputs
from onedesk_quickbooks.plugin.texts import Text

_log = logging.getLogger("onedesk_quickbooks.sync")

PATIENCE = 10.0
"""Seconds that a plugin has for one answer."""


class Questions:
    """Asks one question at a time, in a separate thread, and waits `patience` seconds for the answer.

    A plugin that does not answer in time continues in its thread; until it ends, the next questions are held at once,
    so that an invoice of many lines waits once.
    """

    def __init__(self, hook: Callable[..., Any] | None, patience: float = PATIENCE) -> None:
        """`hook` is `on_rule_asks` of the host's plugin manager."""
        self._hook = hook
        self._patience = patience
        self._late: threading.Thread | None = None

    def ask(self, question: str, values: Mapping[str, Any]) -> Mapping[str, str] | None:
        """The answer; None where no plugin has one. A question that fails is answered by `hold` with the reason."""
        if self._hook is None:
            return None
        if self._late is not None and self._late.is_alive():
            return {
                "hold": Text(
                    'the plugin that answers "{question}" has not returned from an earlier question', question=question
                )
            }
        answers: queue.SimpleQueue[object] = queue.SimpleQueue()
        thread = threading.Thread(target=self._put, args=(question, values, answers), daemon=True)
        thread.start()
        try:
            answer = answers.get(timeout=self._patience)
        except queue.Empty:
            self._late = thread
            _log.error("no plugin answered the rule's question %s within %g s", question, self._patience)
            return {
                "hold": Text(
                    'the plugin that answers "{question}" gave no answer within {patience} s',
                    question=question,
                    patience=f"{self._patience:g}",
                )
            }
        return answer if answer is None else _checked(question, answer)

    def _put(self, question: str, values: Mapping[str, Any], answers: queue.SimpleQueue[object]) -> None:
        try:
            answers.put(self._hook and self._hook(question=question, values=values))
        except BaseException as problem:
            _log.exception("a plugin failed to answer the rule's question %s", question)
            answers.put(problem)


def _checked(question: str, answer: object) -> Mapping[str, str]:
    if isinstance(answer, BaseException):
        return {
            "hold": Text(
                'the plugin that answers "{question}" failed with {name}; see the log',
                question=question,
                name=type(answer).__name__,
            )
        }
    known = (*outputs(), "code", "hold")
    texts = _texts(answer)
    if texts is None or not set(texts) <= set(known):
        _log.error("a plugin answered the rule's question %s with %r", question, answer)
        return {
            "hold": Text(
                'the plugin that answers "{question}" gave an invalid answer (a valid one is a mapping of {join} to '
                "texts); see the log",
                question=question,
                join=", ".join(known),
            )
        }
    return texts


def _texts(answer: object) -> Mapping[str, str] | None:
    """The answer as texts that can be stored; None if it is something else."""
    if not isinstance(answer, Mapping) or not all(each is None or isinstance(each, str) for each in answer.values()):
        return None
    try:
        found: Mapping[str, str] = fit(answer)
    except UnfitText:
        return None
    return found
