"""Finds the host's invoices that QuickBooks has with their mark and that the ledger has no link to, under whatever
number: a ledger that was lost, or replaced by a restored backup, has written them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from onedesk_quickbooks.plugin.ledger import Connected, MarkedForm
from onedesk_quickbooks.plugin.planning import mark_of_id, marked
from onedesk_quickbooks.plugin.sync.services import Services

LONGEST = 700
"""No id of an invoice is longer, in any Unicode normal form."""


def marked_forms(
    services: Services, connected: Connected, od_ids: Collection[str]
) -> Mapping[str, Sequence[MarkedForm]]:
    """Those of these invoices, by the host's id; the one that was made first is the first. Notes are read once after a
    connection, a restore or an upgrade: one request for every 1000 invoices or credit memos. Raises
    `QuickBooksProblem`."""
    realm_id, kept = connected.realm_id, services.ledger.marked_forms
    if connected.marked == 0 or not od_ids:
        return {}
    if connected.marked is None and not kept.known(realm_id):
        kept.keep(realm_id, _read(services, realm_id))
    found = kept.of(realm_id, [mark_of_id(each) for each in od_ids])
    return {each: found.get(mark_of_id(each), []) for each in od_ids}


def marked_form(qbo_id: str, kind: str, named: str) -> list[MarkedForm]:
    """Of a form whose private note names this invoice of the host; none where no id can be so, or "" is named."""
    mark = mark_of_id(named)
    return [MarkedForm(qbo_id, kind, mark)] if mark and _storable(mark) else []


def _read(services: Services, realm_id: str) -> Iterator[MarkedForm]:
    for kind, qbo_id, note in services.quickbooks(realm_id).notes():
        yield from marked_form(qbo_id, kind, marked(note))


def _storable(mark: str) -> bool:
    """Whether it can be an id; no database stores the rest."""
    return len(mark) <= LONGEST and "\0" not in mark and not any("\ud800" <= each <= "\udfff" for each in mark)
