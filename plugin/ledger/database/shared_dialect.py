"""The dialect of the pools of PostgreSQL; loaded with the first of them, because it takes long."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from psycopg import Column, Cursor
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg


class SharedDialect(PGDialect_psycopg):
    """All pools have equal ones, so that each statement is compiled once, as in `sqlite_engine.SharedDialect`."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    __hash__ = staticmethod(partial(hash, "postgresql.shared"))  # asked for at each statement

    def connect(self, *arguments: Any, **options: Any) -> Any:
        """A connection of psycopg, with the cursors below."""
        return super().connect(*arguments, cursor_factory=_DescribedLater, **options)


class _DescribedLater(Cursor[Any]):
    """SQLAlchemy asks after each statement whether it has columns, and keeps what they are with the compiled statement;
    psycopg describes each column each time, which takes one in ten of a statement's time."""

    @property
    def description(self) -> Any:
        """The columns as psycopg gives them, each made when it is asked for; None for none."""
        found = self.pgresult
        return _Columns(self, found.nfields) if found and found.nfields else super().description


class _Columns(Sequence[Column]):
    def __init__(self, cursor: Cursor[Any], count: int) -> None:
        self._cursor = cursor
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        at = range(self._count)[index]
        return Column(self._cursor, at) if isinstance(at, int) else [Column(self._cursor, each) for each in at]
