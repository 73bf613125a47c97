"""Finds the host's invoices that QuickBooks has with their mark and that the ledger has no link to, under whatever
number: a ledger that was lost, or replaced by a restored backup, has written them. Somebody may have altered the line
with the mark since."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache

from onedesk_quickbooks.plugin.ledger import Connected, MarkedForm
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.host import OneDeskHost
from onedesk_quickbooks.plugin.planning import (
    begins_with_id,
    has_altered_mark,
    mark_of_id,
    marked,
    mention_key,
    mentions,
)
from onedesk_quickbooks.plugin.qbo import FORMS, QuickBooks, Unreadable, read_form
from onedesk_quickbooks.plugin.sync.host_client import as_named
from onedesk_quickbooks.plugin.sync.services import Services

LONGEST = 700
"""No id of an invoice is longer, in any Unicode normal form."""


def marked_forms(
    services: Services, connected: Connected, od_ids: Collection[str]
) -> Mapping[str, Sequence[MarkedForm]]:
    """Those of these invoices, and those that may be with an altered mark, by the host's id; the one that was made
    first is the first. Notes are read once after a connection, a restore or an upgrade: one request for every 1000
    invoices or credit memos. Raises `QuickBooksProblem`."""
    realm_id, kept = connected.realm_id, services.ledger.marked_forms
    if connected.marked == 0 or not od_ids:
        return {}
    if connected.marked is None and not kept.known(realm_id):
        kept.keep(realm_id, _read(services, realm_id))
    keys = {each: mention_key(each) for each in od_ids}
    forms = kept.beginning(realm_id, sorted({key for key in keys.values() if key}))
    return {each: [form for form in forms if _names(form, key)] for each, key in keys.items()}


def is_exact(form: MarkedForm, od_id: str) -> bool:
    """Whether its note probably has the mark of this invoice as it was written."""
    return mention_key(od_id) in form.mark.split("\n")


def altered_form(
    quickbooks: QuickBooks, host: OneDeskHost, od_id: str, seen: Iterable[BooksInvoice], forms: Sequence[MarkedForm]
) -> BooksInvoice | None:
    """The first that names this invoice in an altered way and is not void: of `seen`, which were read already, or of
    `forms`. Raises `QuickBooksProblem`."""
    has = owned_by(host)
    return next(
        (
            each
            for each in (*seen, *there(quickbooks, forms))
            if not each.voided and has_altered_mark(each.private_note, od_id, has)
        ),
        None,
    )


def owned_by(host: OneDeskHost) -> Callable[[str], bool]:
    """Whether the host has an invoice of this id, which QuickBooks has in NFC; each is asked for once. Raises
    `NotNow`."""

    @cache
    def has(od_id: str) -> bool:
        return in_host(host, od_id) is not None

    return has


def twin_of(host: OneDeskHost, od_id: str) -> str:
    """Another id of an invoice that the host has, which differs from this one in its Unicode form alone, so that the
    mark in QuickBooks fits both; "" for none. Raises `NotNow`."""
    for form in dict.fromkeys(unicodedata.normalize(each, od_id) for each in ("NFC", "NFD")):
        found = as_named(host, form) if form != od_id else None
        if found is not None and found.get("id") == form:
            return form
    return ""


def in_host(host: OneDeskHost, mark: str) -> str | None:
    """The id of the host's invoice that a mark names; None where it has none."""
    for form in dict.fromkeys((mark, mark_of_id(mark), unicodedata.normalize("NFD", mark))):
        found = as_named(host, form)
        if found is not None and found.get("id") == form:
            return form
    return None


def marked_form(qbo_id: str, kind: str, private_note: str, anothers: bool = False) -> list[MarkedForm]:
    """Of a form whose private note names an invoice of the host, in any case and spacing; none for another note."""
    exact = marked(private_note)
    found = [mention_key(each) for each in ([exact] if exact else []) + mentions(private_note)]
    mark = "\n".join(_storable(each) for each in dict.fromkeys(found) if each)
    return [MarkedForm(qbo_id, kind, mark[:LONGEST], anothers)] if mark else []


def _names(form: MarkedForm, key: str) -> bool:
    return any(begins_with_id(each, key) for each in form.mark.split("\n"))


def there(quickbooks: QuickBooks, forms: Sequence[MarkedForm]) -> Iterator[BooksInvoice]:
    """Those of these forms that QuickBooks has and that can be read, as they are now. Raises `QuickBooksProblem`."""
    for kind, entity in FORMS.items():
        qbo_ids = [each.qbo_id for each in forms if each.kind == kind]
        for raw in quickbooks.there(entity, qbo_ids) if qbo_ids else ():
            try:
                yield read_form(raw, kind)
            except Unreadable:
                continue


def _read(services: Services, realm_id: str) -> Iterator[MarkedForm]:
    for kind, qbo_id, note in services.quickbooks(realm_id).notes():
        yield from marked_form(qbo_id, kind, note)


def _storable(mention: str) -> str:
    """Without what no database stores: no id has that."""
    return "".join("\ufffd" if each == "\0" or "\ud800" <= each <= "\udfff" else each for each in mention)
