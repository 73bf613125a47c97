"""Checks for forms in QuickBooks that another ledger has made, such as one that was lost or replaced by a restore."""

from __future__ import annotations

from collections.abc import Iterator

from onedesk_quickbooks.plugin.ledger import Connected
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.ops.doctor.checks import Check
from onedesk_quickbooks.plugin.planning import marked
from onedesk_quickbooks.plugin.qbo import FORMS, QuickBooksProblem, Unreadable, read_form
from onedesk_quickbooks.plugin.sync.outbound.marked_forms import in_host
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import Text, ngettext


def marks_without_link(services: Services, connected: Connected) -> Iterator[Check]:
    """Those that have the mark now, and no link; without those whose note only mentions an invoice, which `reconcile`
    names where it may be a copy. One request for every 1200 that the ledger knows."""
    try:
        n = sum(_has_mark(services, note) for note in _notes(services, connected))
    except QuickBooksProblem:
        return  # it answered just before
    if n:
        found = ngettext(
            "{n} invoice in QuickBooks has OneDesk's mark, and no link here, so that its payments are not brought to "
            "OneDesk. The step for it: {command}",
            "{n} invoices in QuickBooks have OneDesk's mark, and no link here, so that their payments are not brought "
            "to OneDesk. The step for each: {command}",
            n,
            command="onedesk-quickbooks reconcile --ours",
        )
        yield Check(Text("links"), "note", found)


def _notes(services: Services, connected: Connected) -> Iterator[str]:
    forms = services.ledger.marked_forms.unlinked(connected.realm_id)
    quickbooks = services.quickbooks(connected.realm_id)
    for kind, entity in FORMS.items():
        ids = [each.qbo_id for each in forms if each.kind == kind]
        for raw in quickbooks.there(entity, ids) if ids else ():
            try:
                now = read_form(raw, kind)
            except Unreadable:
                continue
            if not now.voided:
                yield now.private_note


def _has_mark(services: Services, note: str) -> bool:
    """Whether it has the mark of an invoice. What has more than one word, or ends with a sign, may be an altered one:
    the host knows."""
    mark = marked(note)
    if not mark or (len(mark.split()) == 1 and mark[-1].isalnum()):
        return bool(mark)
    try:
        return in_host(services.host, mark) is not None
    except NotNow:
        return False
