"""A host that is not ours: invoices, tags, notes and payments in a SQLite file beside the plugin's data directory.

`make_host(data_directory)` is what `--host` names; `Desk.started()` is the program itself, with the hooks.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pluggy

from onedesk_quickbooks.hooks import HostEvents, InvoiceJson, Payment, QuickBooksPlugin, Reversal

_TABLES = """
create table if not exists invoice (id text primary key, json text not null);
create table if not exists shown (id text, kind text, name text, text text, primary key (id, kind, name));
"""


@contextmanager
def started(host: object, data_directory: Path, plugin: object) -> Iterator[Any]:
    """A program with one plugin in it; gives the hooks."""
    plugins = pluggy.PluginManager("onedesk")
    plugins.add_hookspecs(HostEvents)
    plugins.register(plugin)
    plugins.hook.on_host_started(host=host, plugins=plugins, data_directory=data_directory)
    try:
        yield plugins.hook
    finally:
        plugins.hook.on_host_stopping()


class Desk:
    """The host."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._file() as file:
            file.executescript(_TABLES)

    @contextmanager
    def _file(self) -> Iterator[sqlite3.Connection]:
        file = sqlite3.connect(self.path, timeout=10)
        try:
            with file:
                yield file
        finally:
            file.close()

    # What people do

    @contextmanager
    def started(self, data_directory: Path, background: bool = False) -> Iterator[Any]:
        """The program with the plugin in it; gives the hooks."""
        with started(self, data_directory, QuickBooksPlugin(background)) as hook:
            yield hook

    def keep(self, invoice: InvoiceJson) -> None:
        with self._file() as file:
            file.execute("insert or replace into invoice values (?, ?)", (invoice["id"], json.dumps(dict(invoice))))

    def remove(self, invoice_id: str) -> None:
        with self._file() as file:
            file.execute("delete from invoice where id = ?", (invoice_id,))

    def shown(self, invoice_id: str, kind: str) -> Mapping[str, str]:
        """Tags, notes or payments by their name; under "left" what is left to pay."""
        with self._file() as file:
            rows = file.execute("select name, text from shown where id = ? and kind = ?", (invoice_id, kind))
            return {name: text for name, text in rows if text or kind == "tag"}

    # What the plugin asks

    def read_invoice(self, invoice_id: str) -> InvoiceJson | None:
        with self._file() as file:
            row = file.execute("select json from invoice where id = ?", (invoice_id,)).fetchone()
        return json.loads(row[0]) if row else None

    def set_tag(self, invoice_id: str, tag: str, link: str) -> None:
        with self._file() as file:
            file.execute("delete from shown where id = ? and kind = 'tag'", (invoice_id,))
            if tag:
                self._show(file, invoice_id, "tag", tag, link)

    def add_note(self, invoice_id: str, key: str, text: str) -> None:
        with self._file() as file:
            self._show(file, invoice_id, "note", key, text)

    def record_payment(self, payment: Payment) -> None:
        with self._file() as file:
            new = (payment.invoice_id, "payment", payment.id, str(payment.amount))
            if file.execute("insert or ignore into shown values (?, ?, ?, ?)", new).rowcount:
                self._settle(file, payment.invoice_id, payment.balance.amount)

    def reverse_payment(self, reversal: Reversal) -> None:
        with self._file() as file:
            gone = "update shown set text = '' where id = ? and kind = 'payment' and name = ? and text != ''"
            if file.execute(gone, (reversal.invoice_id, reversal.payment_id)).rowcount:
                self._settle(file, reversal.invoice_id, reversal.balance.amount)

    def may_administer(self, user: str) -> bool:
        return user == "ada"

    def _settle(self, file: sqlite3.Connection, invoice_id: str, left: Decimal) -> None:
        self._show(file, invoice_id, "left", "left", str(left))
        status = "update invoice set json = json_set(json, '$.status', ?) where id = ?"
        file.execute(status, ("open" if left else "paid", invoice_id))

    def _show(self, file: sqlite3.Connection, invoice_id: str, kind: str, name: str, text: str) -> None:
        file.execute("insert or replace into shown values (?, ?, ?, ?)", (invoice_id, kind, name, text))


class OtherDesk:
    """Another program over the same file."""

    def __init__(self, path: Path) -> None:
        self._desk = Desk(path)
        for name in ("read_invoice", "set_tag", "add_note", "record_payment", "reverse_payment", "may_administer"):
            setattr(self, name, getattr(self._desk, name))

    @contextmanager
    def started(self, data_directory: Path) -> Iterator[Any]:
        """The program with the plugin in it."""
        with started(self, data_directory, QuickBooksPlugin(background=False)) as hook:
            yield hook


def make_host(data_directory: Path) -> Desk:
    """The host of a data directory: its file stands beside it."""
    return Desk(data_directory.with_suffix(".desk"))


def make_by_default(data_directory: Path = Path("elsewhere")) -> Desk:
    """The same, with a default."""
    return make_host(data_directory)


def make_without_directory() -> str:
    """No host at all."""
    return "no host"


def make_none() -> None:
    """Forgets to return the host."""


def make_badly() -> Desk:
    """A host that cannot be made."""
    raise RuntimeError("its settings are missing")


def make_and_end() -> Desk:
    """A host whose program ends where it cannot start."""
    raise SystemExit("its database is down")
