"""The storage of a sandbox company: SQLite, one row an entity, its answer as JSON text.

Frequently queried properties are also in indexed columns: amounts in hundredths, names and numbers `folded` for
comparison. Deleted rows are kept for change data capture.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from onedesk_quickbooks.plugin.sandbox.wire.values import Body, cents, dumps, loads, ref_id

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entity (
    kind TEXT NOT NULL, id TEXT NOT NULL, ord INTEGER NOT NULL, sync INTEGER NOT NULL,
    state INTEGER NOT NULL, changed INTEGER NOT NULL, created INTEGER NOT NULL,
    name TEXT COLLATE NOCASE, fullname TEXT COLLATE NOCASE, number TEXT, customer TEXT,
    txndate TEXT, duedate TEXT, total INTEGER, balance INTEGER, body TEXT NOT NULL,
    PRIMARY KEY (kind, id));
CREATE INDEX IF NOT EXISTS entity_ord ON entity (kind, ord);
CREATE INDEX IF NOT EXISTS entity_changed ON entity (kind, changed);
CREATE INDEX IF NOT EXISTS entity_name ON entity (name, kind, ord) WHERE name IS NOT NULL;
CREATE INDEX IF NOT EXISTS entity_fullname ON entity (fullname, kind, ord) WHERE fullname IS NOT NULL;
CREATE INDEX IF NOT EXISTS entity_number ON entity (number, kind, ord) WHERE number IS NOT NULL;
CREATE INDEX IF NOT EXISTS entity_customer ON entity (customer, kind, ord) WHERE customer IS NOT NULL;
CREATE INDEX IF NOT EXISTS entity_txndate ON entity (txndate, kind, ord) WHERE txndate IS NOT NULL;
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sequence (family TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS answer (requestid TEXT PRIMARY KEY, status INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS token (value TEXT PRIMARY KEY, kind TEXT NOT NULL, expires INTEGER NOT NULL,
    grp TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS email (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS posting (account TEXT PRIMARY KEY, cents INTEGER NOT NULL, changed INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS file (id TEXT PRIMARY KEY, type TEXT NOT NULL, content BLOB NOT NULL);
"""

DELETED, INACTIVE, ACTIVE = 0, 1, 2

_REMEMBERED = frozenset(
    {"Account", "Class", "Customer", "Department", "Item", "PaymentMethod", "TaxCode", "TaxRate", "Term"}
)
_MOST_ROWS = 2000

_PUT = "INSERT OR REPLACE INTO entity VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"


_FOLD = "UPDATE entity SET name = folded(name), fullname = folded(fullname), number = folded(number)"


def folded(text: str) -> str:
    """The text for comparisons: case-insensitive, in any script. Composed letters stay composed."""
    return text.casefold()


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


class Row:
    """A stored entity: its state (DELETED, INACTIVE, ACTIVE) and its answer as text."""

    __slots__ = ("_parsed", "changed", "id", "state", "text")

    def __init__(self, entity_id: str, state: int, changed: int, text: str) -> None:
        self.id, self.state, self.changed, self.text = entity_id, state, changed, text
        self._parsed: Body | None = None

    @property
    def body(self) -> Body:
        """The answer, parsed for each caller, who may change it."""
        body: Body = loads(self.text)
        return body

    @property
    def shared(self) -> Body:
        """The answer, parsed once and read-only."""
        if self._parsed is None:
            self._parsed = self.body
        return self._parsed


class Store:
    """The tables of one company. `path` None: a temporary file, deleted with the process. `like`: the store whose
    content it begins with.

    One connection, guarded by `lock`: hold it (or a `transaction`) around every use from several threads. Settings and
    the entities of lists are cached: the file is locked while it is open. Raises sqlite3.OperationalError if another
    process has it open.
    """

    def __init__(self, path: Path | None = None, like: Store | None = None) -> None:
        self.lock = RLock()
        self._depth = 0
        self._meta: dict[str, str] = {}
        self._rows: dict[tuple[str, str], Row] = {}
        # "" is SQLite's temporary file: in memory while small, on disk with 100,000 invoices.
        self._db = sqlite3.connect(path or "", isolation_level=None, check_same_thread=False, cached_statements=512)
        if path:
            # A second sandbox on the same file would bypass the cache, so it is refused at once.
            self._db.execute("PRAGMA busy_timeout=0")
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode=" + ("WAL" if path else "MEMORY"))
        self._db.execute("PRAGMA synchronous=" + ("NORMAL" if path else "OFF"))
        self._db.execute("PRAGMA cache_size=-32000")
        if like is not None:
            with like.lock:
                like._db.backup(self._db)
        self._db.create_function("folded", 1, _folded, deterministic=True)
        self._db.executescript(_SCHEMA)
        if not self._db.execute("PRAGMA user_version").fetchone()[0]:
            # A file of an earlier version has names without folding.
            self._db.execute(_FOLD)
            self._db.execute("PRAGMA user_version=1")

    def close(self) -> None:
        """Close the database; temporary data is deleted."""
        with self.lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """An atomic transaction; may be nested (an inner failure undoes the inner part only)."""
        with self.lock:
            name = f"level{self._depth}"
            self._db.execute("BEGIN IMMEDIATE" if self._depth == 0 else f"SAVEPOINT {name}")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                self._meta.clear()
                self._rows.clear()
                self._db.execute("ROLLBACK" if self._depth == 0 else f"ROLLBACK TO {name}")
                raise
            self._depth -= 1
            self._db.execute("COMMIT" if self._depth == 0 else f"RELEASE {name}")

    def rows(self, sql: str, args: tuple[Any, ...] | list[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of any statement."""
        return self._db.execute(sql, args).fetchall()

    def next_id(self, family: str) -> int:
        """The next number of an id family; numbers are never reused."""
        sql = "INSERT INTO sequence VALUES (?, 1) ON CONFLICT (family) DO UPDATE SET last = last + 1 RETURNING last"
        return int(self._db.execute(sql, (family,)).fetchone()[0])

    def reserve_id(self, family: str, number: int) -> None:
        """Continue the family above this number."""
        self._db.execute(
            "INSERT INTO sequence VALUES (?, ?) ON CONFLICT (family) DO UPDATE SET last = max(last, excluded.last)",
            (family, number),
        )

    def get(self, kind: str, entity_id: str) -> Row | None:
        """One entity, also a deleted one."""
        held = self._rows.get((kind, entity_id))
        if held is not None:
            return held
        found = self._db.execute(
            "SELECT id, state, changed, body FROM entity WHERE kind = ? AND id = ?", (kind, entity_id)
        ).fetchone()
        if found is None:
            return None
        row = Row(*found)
        if kind in _REMEMBERED:
            self._remember(kind, row)
        return row

    def _remember(self, kind: str, row: Row) -> None:
        if len(self._rows) > _MOST_ROWS:
            self._rows.clear()
        self._rows[kind, row.id] = row

    def select(self, where: str, args: tuple[Any, ...] | list[Any], tail: str = "") -> list[Row]:
        """Entities by a condition on the columns."""
        sql = f"SELECT id, state, changed, body FROM entity WHERE {where} {tail}"  # noqa: S608
        return [Row(*row) for row in self._db.execute(sql, args)]

    def put(self, kind: str, body: Body, changed: int, created: int, deleted: bool = False) -> str:
        """Write an entity with its indexed columns; return its JSON text."""
        entity_id = str(body["Id"])
        state = DELETED if deleted else ACTIVE if body.get("Active", True) else INACTIVE
        text = dumps(body)
        self._db.execute(
            _PUT,
            (
                kind,
                entity_id,
                int(entity_id) if entity_id.isdigit() else 0,
                int(body.get("SyncToken", 0)),
                state,
                changed,
                created,
                _folded(body.get("DisplayName") or body.get("Code") or body.get("Name")),
                _folded(body.get("FullyQualifiedName")),
                _folded(body.get("DocNumber")),
                ref_id(body, "CustomerRef") or None,
                body.get("TxnDate"),
                body.get("DueDate"),
                cents(body.get("TotalAmt")),
                cents(body.get("Balance")),
                text,
            ),
        )
        if kind in _REMEMBERED:
            self._remember(kind, Row(entity_id, state, changed, text))
        return text

    def post(self, account: str, cents: int, changed: int) -> None:
        """Add to the amount to be written to an account."""
        self._db.execute(
            "INSERT INTO posting VALUES (?, ?, ?) ON CONFLICT (account) DO UPDATE SET "
            "cents = cents + excluded.cents, changed = excluded.changed",
            (account, cents, changed),
        )

    def meta(self, key: str, default: str = "") -> str:
        """A setting of the sandbox itself."""
        held = self._meta.get(key)
        if held is not None:
            return held
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        if row is None:
            return default
        self._meta[key] = str(row[0])
        return self._meta[key]

    def set_meta(self, key: str, value: str) -> None:
        """Store a setting of the sandbox itself."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
        self._meta[key] = value

    def run(self, sql: str, args: tuple[Any, ...] = ()) -> int:
        """Run any writing statement; return the number of rows changed."""
        self._rows.clear()
        return self._db.execute(sql, args).rowcount
