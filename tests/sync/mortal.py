"""A process that dies in the middle of work, without a process of its own: what it holds in memory is lost."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine


class Died(BaseException):
    """The end. No program catches it."""


class Mortal(HTTPAdapter):
    """Within a `with`: the `at`-th point ends the work. Points are before and after each request that goes through
    the session, and before each commit of what was written to any database."""

    def __init__(self, session: requests.Session, at: int) -> None:
        super().__init__()
        self._session = session
        self._left = at

    def __enter__(self) -> Mortal:
        self._session.mount("http://", self)
        event.listen(Engine, "commit", self._commit)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        event.remove(Engine, "commit", self._commit)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self._point()
        answer = super().send(request, *args, **kwargs)
        self._point()
        return answer

    def _commit(self, connection: Connection) -> None:
        if connection.get_execution_options().get("onedesk_write"):
            self._point()

    def _point(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise Died
