"""A request with an Idempotency-Key is processed once: the key is reserved in the ledger first."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from onedesk_quickbooks.plugin.ledger import UNDER_WAY, ApiAnswers, KeptAnswer, LedgerProblem
from onedesk_quickbooks.plugin.web.api.api_problems import ApiProblem

_LOOKS, _EVERY = 10, 0.2
"""The number of checks for a request that another process is working on, and the seconds between them."""
_FIELD = "Idempotency-Key"


class IdempotentRequest:
    """One key of one program; `sleep` waits for another process with the same request."""

    def __init__(self, answers: ApiAnswers, key_id: int, key: str, sleep: Callable[[float], None]) -> None:
        self._answers = answers
        self._mine = (key_id, key)
        self._sleep = sleep

    def done(self, mark: str, do: Callable[[], KeptAnswer]) -> tuple[KeptAnswer, bool]:
        """The response, and whether it is that of an earlier request. Raises `ApiProblem` (409), and what `do`
        raises."""
        kept = self._reserved(mark)
        if kept is not None:
            return kept, True
        try:
            answer = do()
        except ApiProblem:
            self._answers.release(*self._mine)
            raise
        except Exception:
            with suppress(LedgerProblem):
                self._answers.lapse(*self._mine)
            raise
        kept = self._answers.keep(*self._mine, answer)
        return _same(kept, mark), kept is not answer

    def _reserved(self, mark: str) -> KeptAnswer | None:
        for look in range(_LOOKS):
            if look:
                self._sleep(_EVERY)
            kept = self._answers.reserve(*self._mine, mark)
            if kept is None or _same(kept, mark).status != UNDER_WAY:
                return kept
        what, remedy = "The same request is in progress, and has no answer yet.", "Repeat the request in a few seconds."
        raise ApiProblem(409, "under-way", what, remedy, _FIELD, Retry_After="5")


def _same(kept: KeptAnswer, mark: str) -> KeptAnswer:
    """The stored response. Raises `ApiProblem` if the key was used for another request, which is an error of the
    caller."""
    if kept.request != mark:
        what = "This key was used for another request before: other content, another path or another action."
        raise ApiProblem(409, "key-reused", what, "Use a new key for each request.", _FIELD)
    return kept
