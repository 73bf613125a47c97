"""The dialect of the pools of PostgreSQL; loaded with the first of them, because it takes long."""

from __future__ import annotations

from functools import partial

from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg


class SharedDialect(PGDialect_psycopg):
    """All pools have equal ones, so that each statement is compiled once, as in `sqlite_engine.SharedDialect`."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    __hash__ = staticmethod(partial(hash, "postgresql.shared"))  # asked for at each statement
