"""The arguments of `copy`, `send`, `plan` and `explain`: files of invoices, or ids of invoices of the host."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onedesk_quickbooks.plugin.cli.files import BadRecord, Record, read_file
from onedesk_quickbooks.plugin.texts import Text, gettext, text_in

if TYPE_CHECKING:
    from onedesk_quickbooks.hooks import OneDeskHost


@dataclass(frozen=True, slots=True)
class Given:
    """One invoice to process. `where` is file:line, "" if it is from the host; `action` replaces that of the
    command."""

    id: str
    invoice: Mapping[str, Any]
    where: str = ""
    action: str = ""


def gather(words: Iterable[str], host: OneDeskHost) -> Iterator[Given | BadRecord]:
    """The invoices of files and ids in the given order; a record that is not an invoice is a `BadRecord`, and the
    others follow.

    Raises click.UsageError, before anything is read, for a word that is neither a file nor an invoice's id, and
    `NotGiven` where the host fails on it.
    """
    return once([_chosen(word, host) for word in words])


def named(words: Iterable[str]) -> Iterator[str | BadRecord]:
    """The words, with files replaced by the ids of their invoices, which the host need not have."""
    for word in words:
        if not Path(word).is_file():
            yield word
            continue
        for given in _from_file(Path(word)):
            yield given if isinstance(given, BadRecord) else given.id


def names_file(words: Iterable[str]) -> bool:
    """Whether a word is a file."""
    return any(Path(word).is_file() for word in words)


def once(chosen: Iterable[Path | Given]) -> Iterator[Given | BadRecord]:
    """The invoices of files and of the host, each once: a repeated id is a bad record."""
    seen: dict[str, str] = {}
    for each in chosen:
        for given in [each] if isinstance(each, Given) else _from_file(each):
            if isinstance(given, Given):
                place = given.where or Text("invoice {id} of the host", id=given.id)
                if given.id in seen:
                    why = Text(
                        "an invoice with the id {id} was given by {place} already",
                        id=repr(given.id),
                        place=seen[given.id],
                    )
                    yield BadRecord(place, why)
                    continue
                seen[given.id] = place
            yield given


def _chosen(word: str, host: OneDeskHost) -> Path | Given:
    from onedesk_quickbooks.plugin.sync.host_client import given_by  # `--help` must not load the database code

    if not word.strip():
        raise click.UsageError(gettext("an argument is empty; give the file or the id of an invoice in its place"))
    path = Path(word)
    if path.is_file():
        return path
    found = given_by(host, word)
    if found is not None:
        return Given(str(found["id"]), found)
    if path.is_dir():
        raise click.UsageError(
            gettext("{path} is a folder; name the files in it: {files}", path=word, files=f"{word.rstrip('/')}/*.json")
        )
    raise click.UsageError(
        gettext("{word} is neither a file nor the id of an invoice that the host has", word=repr(word))
    )


def _from_file(path: Path) -> Iterator[Given | BadRecord]:
    from onedesk_quickbooks.plugin.sync.errors import InvalidInvoice
    from onedesk_quickbooks.plugin.sync.payload import read_invoice

    for record in read_file(path):
        if isinstance(record, BadRecord):
            yield record
            continue
        try:
            read_invoice(record.invoice)
        except InvalidInvoice as problem:
            yield BadRecord(record.where, text_in(problem), _legible_id(record))
            continue
        yield Given(record.invoice["id"], record.invoice, record.where)


def _legible_id(record: Record) -> str:
    found = record.invoice.get("id")
    return found if isinstance(found, str) else ""
