"""Explanations with QuickBooks' items, whose accounts the lines are booked on."""

from __future__ import annotations

from collections.abc import Sequence

from onedesk_quickbooks.plugin.ledger import Connected
from onedesk_quickbooks.plugin.model.books import item_directory
from onedesk_quickbooks.plugin.planning import existing_items
from onedesk_quickbooks.plugin.ruleset.explain import Explanation
from onedesk_quickbooks.plugin.sync.outbound.lookup import Lookup
from onedesk_quickbooks.plugin.sync.outbound.written_items import item_ids, survivors, written_items
from onedesk_quickbooks.plugin.sync.services import Services


def with_items(services: Services, connected: Connected, found: Sequence[Explanation]) -> list[Explanation]:
    """The explanations with these items: a line of a copied invoice stays on the item that it was written with, or on
    the one that this was merged into. One look for all. Raises `QuickBooksProblem`."""
    ledger, realm_id = services.ledger, connected.realm_id
    quickbooks = services.quickbooks(realm_id)
    links = ledger.links.invoices(realm_id, [each.invoice_id for each in found])
    wrote = written_items(ledger, realm_id, list(links.values()))
    written = {od_id: wrote[link.qbo_id].items for od_id, link in links.items() if link.qbo_id in wrote}
    names = {name for each in found for name in each.item_names}
    ids = {qbo_id for items in written.values() for qbo_id in item_ids(items, None)}
    items = quickbooks.look_up(item_names=sorted(names), item_ids=sorted(ids)).items
    known = {each.id for each in items}
    merged = {od_id for od_id, refs in written.items() if not known.issuperset(item_ids(refs, None))}
    lookup = Lookup(services, connected)
    _, now = lookup.existing([links[od_id] for od_id in merged])
    for od_id in merged:
        link = lookup.current(links[od_id])
        if link and (current := now.get(link.qbo_id)):
            written[od_id] = survivors(link, written[od_id], current, known)
    more = {qbo_id for od_id in merged for qbo_id in item_ids(written[od_id], None)} - known
    there = item_directory((*items, *quickbooks.look_up(item_ids=sorted(more)).items))
    return [each.with_items(existing_items(each.item_names, there, written.get(each.invoice_id, ()))) for each in found]
