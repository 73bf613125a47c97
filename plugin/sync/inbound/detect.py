"""Detects conflicts: changes of our invoices and their customers in QuickBooks that we have not made.

Rows of the ledger are written in the transaction that moves the cursor; the host is notified after it, and again until
it accepts. The rules decide (`invoices.when_changed_in_quickbooks`): `hold` waits for a person, `keep_quickbooks`
accepts QuickBooks' version, `overwrite` has the company queue write OneDesk's version again.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from onedesk_quickbooks.plugin.ledger import CHANGED, Change, Conflict, Connected, InvoiceLink, Work
from onedesk_quickbooks.plugin.ledger.entries import REOPENED
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO, DROPPED
from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text
from onedesk_quickbooks.plugin.model.name_keys import number_key
from onedesk_quickbooks.plugin.model.state import PAST
from onedesk_quickbooks.plugin.planning import Version, described, skipping_rule
from onedesk_quickbooks.plugin.qbo import FORMS, Changes, by_id, read_form
from onedesk_quickbooks.plugin.sync.auto_resolve import NOTES, AutoResolve, passed
from onedesk_quickbooks.plugin.sync.followers import resume_numbers
from onedesk_quickbooks.plugin.sync.host_notes import NOTE, VOIDED, not_taken, page_of_link, show_state
from onedesk_quickbooks.plugin.sync.inbound.bounces import BounceWatch
from onedesk_quickbooks.plugin.sync.inbound.customers import CustomerWatch
from onedesk_quickbooks.plugin.sync.kept import KEPT_BY_RULE, kept_edit
from onedesk_quickbooks.plugin.sync.merges import Merges, Pair
from onedesk_quickbooks.plugin.sync.outbound.compared import compared
from onedesk_quickbooks.plugin.sync.payload import read_invoice as read_od_invoice
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.sync.versions import (
    Raw,
    accepted,
    as_written,
    comparable,
    conflict_of,
    edited,
    is_of,
    name_of,
    only_paid,
    versions,
    versions_json,
)
from onedesk_quickbooks.plugin.sync.withdrawn import both_gone
from onedesk_quickbooks.plugin.texts import Text, joined

_log = logging.getLogger("onedesk_quickbooks.sync")

_COPIED = ("open", "paid")
"""Statuses of a host's invoice that can be copied."""
DECIDE = Text(
    "Choose the version to keep under Administration > Financials, or run: {settle}.",
    settle="onedesk-quickbooks queue settle ENTRY --keep onedesk|quickbooks",
)


_SET_BACK = Text("The change was reverted in QuickBooks: the invoice is again as it was copied.")


@dataclass(frozen=True, slots=True)
class _Seen:
    """One of our invoices that changed: `what` is edited, voided or deleted; `now` is None for a deleted one."""

    link: InvoiceLink
    what: str
    now: BooksInvoice | None


class ConflictDetector:
    """Detects the changes of one company. `look` asks QuickBooks where needed, `record` writes, `notify_waiting`
    notifies the host."""

    def __init__(self, services: Services, connected: Connected) -> None:
        self._services = services
        self._connected = connected
        self._realm_id = connected.realm_id
        self._changes: list[Change] = []
        self._settled: list[Work] = []
        self._set_back: list[Work] = []
        self._restored: list[Pair] = []
        self._alike: list[Pair] = []
        self._passing = AutoResolve(services, connected.realm_id)
        self._both_gone: list[Work] = []
        self._freed: list[str] = []
        self._compared: dict[str, list[Version]] = {}
        self._customers = CustomerWatch(services, connected.realm_id)
        self._bounces = BounceWatch(services, connected.realm_id)

    def look(self, changes: Changes) -> None:
        """Which of these changes were not made by us. Raises `QuickBooksProblem`."""
        raw: dict[str, Raw] = {}
        gone = set[str]()
        links: dict[str, InvoiceLink] = {}
        for kind, entity in FORMS.items():
            rows, lost = by_id(changes.entities.get(entity, ())), set(changes.deleted.get(entity, ()))
            found = self._services.ledger.links.by_qbo_ids(self._realm_id, [*rows, *lost], kind)
            raw |= {qbo_id: rows[qbo_id] for qbo_id in found if qbo_id in rows}
            gone |= lost & set(found)
            links |= found
        there = [
            (link, read_form(raw[qbo_id], link.kind)) for qbo_id, link in links.items() if qbo_id in set(raw) - gone
        ]
        now = comparable(self._services.ledger, self._realm_id, there)
        od_ids = [link.od_invoice_id for link in links.values()]
        latest = self._services.ledger.conflicts.latest(self._realm_id, od_ids) if od_ids else {}
        seen = [each for each in (_seen(link, now.get(qbo_id)) for qbo_id, link in links.items()) if each]
        edits: list[Pair] = [(each.link, each.now) for each in seen if each.what == "edited" and each.now]
        edited_ids = [link.od_invoice_id for link, _ in edits]
        decided_ids = [od_id for od_id, work in latest.items() if work.state != "held"]
        wrote = self._services.ledger.outbox.answers(self._realm_id, [*edited_ids, *decided_ids])
        ours = self._services.ledger.outbox.deposits(self._realm_id, edited_ids)
        self._restored = [(link, now) for link, now in edits if as_written(wrote.get(link.od_invoice_id), now)]
        paid = [(link, now) for link, now in edits if _only_paid(link, now, wrote, ours)]
        no_edits = {link.od_invoice_id for link, _ in (*self._restored, *paid)}
        seen = [each for each in seen if each.link.od_invoice_id not in no_edits]
        seen = [each for each in seen if not self._is_same(each, latest.get(each.link.od_invoice_id))]
        differing = {each.link.od_invoice_id for each in seen}
        self._settled = [latest[od_id] for od_id in od_ids if od_id in latest and od_id not in differing]
        pairs = [(link, now.get(qbo_id)) for qbo_id, link in links.items()]
        back = {link.od_invoice_id for link, seen_now in pairs if _is_set_back(latest, link, seen_now, wrote)}
        self._set_back = [work for work in self._settled if work.od_invoice_id in back]
        going_on = self._passing.look(pairs, differing)
        news = [each for each in seen if not _known(each, latest.get(each.link.od_invoice_id))]
        self._note([each for each in news if each.link.od_invoice_id not in going_on], raw, wrote)
        self._freed = [link.qbo_number for link, now in pairs if _has_number_no_longer(link, now)]
        self._customers.look(changes)
        self._bounces.look(pairs)

    def _is_same(self, seen: _Seen, latest: Work | None) -> bool:
        """Whether a new edit made QuickBooks' invoice equal to OneDesk's present version."""
        if seen.what != "edited" or _known(seen, latest):
            return False
        invoice, withdrawn = self._invoice(seen.link)
        found = None if withdrawn else compared(self._services, self._connected, seen.link, invoice)
        if found is not None and found.versions:
            self._compared[seen.link.od_invoice_id] = list(found.versions)
        if found is not None and found.same and seen.now is not None:
            self._alike.append((seen.link, seen.now))
        return found is not None and found.same

    def _note(self, news: Sequence[_Seen], raw: Mapping[str, Raw], wrote: Mapping[str, Raw]) -> None:
        edits: list[Pair] = [(each.link, each.now) for each in news if each.what == "edited" and each.now]
        merged = Merges(self._services, self._realm_id).accept(edits, wrote)
        bodies = self._services.ledger.outbox.bodies(self._realm_id, [link.od_invoice_id for link, _ in edits])
        for each in news:
            if each.link.od_invoice_id not in merged:
                invoice, withdrawn = self._invoice(each.link)
                found: list[Version] = []
                if each.what == "edited":
                    od_id = each.link.od_invoice_id
                    then, now, own = wrote.get(od_id), raw[each.link.qbo_id], _read(invoice)
                    found = self._compared.get(od_id) or versions(each.link, then, now, bodies.get(od_id), own)
                self._changes.append(self._change(each, found, invoice, withdrawn))

    def _change(self, seen: _Seen, found: list[Version], invoice: Mapping[str, Any], withdrawn: str) -> Change:
        link = seen.link
        later = invoice.get("status") not in _COPIED
        rule, why = ("", "") if withdrawn else self._rule(invoice)
        if rule == "overwrite" and later and seen.now and _is_paid(seen.now):
            rule = "hold"  # no copy may follow that writes over it: as Paid, nobody opens the invoice again
        if seen.now and seen.what == "edited" and rule == "keep_quickbooks":
            return kept_edit(link, seen.now, found, invoice, why)
        conflict = dataclasses.replace(
            conflict_of(seen.what, seen.now), rule=rule, versions=versions_json(found), withdrawn=withdrawn
        )
        if withdrawn:
            if seen.what != "edited":
                self._both_gone += self._services.ledger.conflicts.withdrawn(self._realm_id, [link.od_invoice_id])
            reason = both_gone(link, _did(seen, found), withdrawn)
            return Change(link.od_invoice_id, link.od_number, CHANGED, "done", reason, invoice, conflict)
        decided = rule == "keep_quickbooks" or _is_overwritten(conflict)
        state, what = "done" if decided else "held", _sentence(seen, rule, found, later, why)
        return Change(link.od_invoice_id, link.od_number, CHANGED, state, what, invoice, conflict)

    def _invoice(self, link: InvoiceLink) -> tuple[Mapping[str, Any], str]:
        """The host's invoice, or its last queued version; where there is neither, its id and number. Also whether it
        was voided or deleted in the host."""
        try:
            found = self._services.host.read_invoice(link.od_invoice_id)
            withdrawn = "deleted" if found is None else "voided" if found.get("status") == "void" else ""
        except Exception:
            _log.exception("the host could not return invoice %s", link.od_invoice_id)
            found, withdrawn = None, ""
        work = None if found else self._services.ledger.queue.latest(link.od_invoice_id)
        known = found or (work.invoice if work else {"id": link.od_invoice_id, "number": link.od_number})
        return known, withdrawn

    def _rule(self, invoice: Mapping[str, Any]) -> tuple[str, str]:
        """What the rules decide, and why they keep it: for an invoice that they skip there is only one version to
        keep."""
        try:
            decided = self._services.decide_settings(read_od_invoice(invoice), self._connected)
        except ValueError:  # the host's invoice cannot be read: a person has to decide
            return "hold", ""
        if decided.skips:
            return "keep_quickbooks", Text("the invoice is skipped by {rule}", rule=skipping_rule(decided))
        return decided.when_changed, KEPT_BY_RULE

    def record(self, connection: Connection) -> None:
        """Write the results; in the caller's transaction."""
        conflicts, links = self._services.ledger.conflicts, self._services.ledger.links
        links.copied_before(connection, self._realm_id, [each.od_invoice_id for each in self._changes])
        conflicts.put(connection, self._realm_id, self._changes)
        for change in self._changes:
            if change.accept:
                links.accept(connection, self._realm_id, change.od_invoice_id, change.accept)
            if change.conflict.what != "edited" and change.state == "held":
                self._passing.give_way(connection, change.od_invoice_id)
            elif change.conflict.what != "edited" and change.conflict.rule == "keep_quickbooks":
                self._passing.choose_no_more(connection, change.od_invoice_id, change.reason)
        about = self._services.ledger.unconfirmed.of_edits(self._realm_id) if self._alike else ()
        edited_alike = {work.od_invoice_id for work in about}  # its entry asks for a copy, which is not needed
        for link, now in (*self._restored, *(each for each in self._alike if each[0].od_invoice_id in edited_alike)):
            links.accept(connection, self._realm_id, link.od_invoice_id, accepted(now))
        for work in self._settled:
            conflicts.settle(connection, work.id, passed(work), passed=True)
        for work in self._set_back:
            conflicts.set_back(connection, work.id, joined(" ", (work.reason, _SET_BACK)))
        self._passing.record(connection)
        resume_numbers(self._services.ledger, connection, self._realm_id, self._freed)
        for work in self._both_gone:
            conflicts.settle(
                connection,
                work.id,
                Text("the invoice was {did} in OneDesk, and in QuickBooks", did=PAST[work.action]),
            )
        self._customers.record(connection)
        self._bounces.record(connection)

    def notify_waiting(self) -> None:
        """Report what the host was not notified of; what it does not accept waits. Outdated notes are removed."""
        for work in self._services.ledger.conflicts.unnotified(self._realm_id):
            self._guarded(work, self._notify)
        for work in (*self._settled, *self._customers.settled, *self._bounces.settled):
            self._guarded(work, self._take_away)

    def _guarded(self, work: Work, report: Callable[[Work], None]) -> None:
        try:
            report(work)
        except Exception as problem:
            not_taken(f"a note on invoice {work.od_invoice_id}", problem)

    def _notify(self, work: Work) -> None:
        conflict = work.conflict
        if _is_overwritten(conflict) and work.invoice.get("status") in _COPIED:
            held = self._services.ledger.queue.held(self._realm_id, [work.od_invoice_id]).get(work.od_invoice_id)
            self._services.ledger.queue.ask(self._realm_id, held.action if held else "copy", work.invoice, "")
        self._services.host.add_note(work.od_invoice_id, NOTES[work.action], work.reason)
        link = self._services.ledger.links.invoice(self._realm_id, work.od_invoice_id)
        lost = conflict.what in ("voided", "deleted")
        if lost:
            # that of an earlier entry: that it is held, or that it has to be voided in QuickBooks
            self._services.host.add_note(work.od_invoice_id, NOTE, "")
        found = self._services.host.read_invoice(work.od_invoice_id) if conflict.withdrawn and lost else None
        if conflict.withdrawn and lost and (found is None or found.get("status") == "void"):
            if found is not None:
                there = conflict.what == "voided"
                self._services.host.set_tag(
                    work.od_invoice_id,
                    VOIDED if there else "",
                    page_of_link(self._services.settings, link) if there else "",
                )
        elif work.action == CHANGED and link is not None and link.copied_at <= work.created_at:
            gone = conflict.what == "deleted"
            show_state(self._services.host, self._services.settings, link, differs=True, gone=gone)
        self._services.ledger.conflicts.notified(work.id)

    def _take_away(self, work: Work) -> None:
        link = self._services.ledger.links.invoice(self._realm_id, work.od_invoice_id)
        gone = work.state == "held" or work in self._set_back
        if gone or (link is not None and link.copied_at > work.created_at):
            self._services.host.add_note(work.od_invoice_id, NOTES[work.action], "")
        if work.action == CHANGED and gone and link is not None:
            show_state(self._services.host, self._services.settings, link, differs=False)


def _read(invoice: Mapping[str, Any]) -> Invoice | None:
    """The host's invoice; None where it cannot be read, or only its id and number are known."""
    try:
        return read_od_invoice(invoice)
    except ValueError:
        return None


def _seen(link: InvoiceLink, now: BooksInvoice | None) -> _Seen | None:
    """None where the invoice is as we wrote it."""
    if now is None:
        return _Seen(link, "deleted", None)
    if now.voided:
        return _Seen(link, "voided", now)
    return _Seen(link, "edited", now) if edited(link, now) else None


def _has_number_no_longer(link: InvoiceLink, now: BooksInvoice | None) -> bool:
    return now is None or number_key(now.number) != number_key(link.qbo_number)


def _only_paid(link: InvoiceLink, now: BooksInvoice, wrote: Mapping[str, Raw], deposits: Mapping[str, Decimal]) -> bool:
    od_id = link.od_invoice_id
    return only_paid(link, wrote.get(od_id), deposits.get(od_id, Decimal(0)), now)


def _is_set_back(
    latest: Mapping[str, Work], link: InvoiceLink, now: BooksInvoice | None, wrote: Mapping[str, Raw]
) -> bool:
    """Whether an edit that was resolved, or whose entry was dropped, is reverted: the invoice is as we wrote it
    again."""
    work = latest.get(link.od_invoice_id)
    if work is None or work.state == "held" or work.created_at < link.copied_at or now is None or now.voided:
        return False
    conflict = work.conflict
    is_open = conflict.what == "edited" and not (conflict.passed or conflict.withdrawn)
    return is_open and as_written(wrote.get(link.od_invoice_id), now)


def _known(seen: _Seen, latest: Work | None) -> bool:
    """Whether this change was noted since the invoice was last copied: look-ups overlap."""
    if latest is None or latest.created_at < seen.link.copied_at:
        return False
    conflict = latest.conflict
    if conflict.passed:
        return False  # it was deleted in between
    if latest.state == DROPPED and latest.dropped_by == REOPENED and seen.now and _is_paid(seen.now):
        return False  # it was to be corrected in OneDesk, and something pays the version in QuickBooks
    next_copy = _is_overwritten(conflict) and latest.invoice.get("status") not in _COPIED
    if next_copy and seen.now and _is_paid(seen.now):
        return False  # that copy was to write over it, and something pays it before
    return conflict.what == seen.what and (is_of(conflict, seen.now) if seen.now else not conflict.fingerprint)


def _is_overwritten(conflict: Conflict) -> bool:
    """Whether the rules write OneDesk's version over the edit."""
    return conflict.rule == "overwrite" and conflict.what == "edited"


def _is_paid(now: BooksInvoice) -> bool:
    return now.balance < now.total


def _did(seen: _Seen, found: Sequence[Version]) -> str:
    return Text("changed ({described})", described=described(found)) if seen.what == "edited" else PAST[seen.what]


def _sentence(seen: _Seen, rule: str, found: Sequence[Version], later: bool, why: str) -> str:
    """What happened, with both versions, and what follows; `later`: the invoice cannot be copied now; `why` it stays
    so."""
    name = name_of(seen.link)
    if seen.what == "edited":
        when = Text(" when the invoice is copied next") if later else ""
        again = Text("OneDesk's is written again{when} (invoices.when_changed_in_quickbooks: overwrite).", when=when)
        return Text(
            "{name} was changed in QuickBooks: {described}. {again}",
            name=name,
            described=described(found),
            again=again if rule == "overwrite" else DECIDE,
        )
    whole = Text(
        " (total {total})",
        total=Money(decimal_from_text(seen.link.qbo_total), seen.link.currency),
    )
    if rule == "keep_quickbooks":
        after_all = Text("It stays so ({why}).", why=why)
    else:
        settle = "onedesk-quickbooks queue settle ENTRY --keep quickbooks"
        accept = (
            Text("Void the invoice in OneDesk too, or accept the void: {settle}.", settle=settle)
            if seen.what == "voided"
            else Text("Void the invoice in OneDesk too, or accept the deletion: {settle}.", settle=settle)
        )
        again = Text("To bill it again, duplicate the invoice in OneDesk under a new number and copy that.")
        if seen.link.kind == CREDIT_MEMO:
            accept = (
                Text("Void the credit note in OneDesk too, or accept the void: {settle}.", settle=settle)
                if seen.what == "voided"
                else Text("Void the credit note in OneDesk too, or accept the deletion: {settle}.", settle=settle)
            )
            again = Text("To credit it again, duplicate it in OneDesk under a new number and copy that.")
        after_all = joined(" ", (accept, again))
    return Text(
        "{name}{whole} was {what} in QuickBooks. {after_all}",
        name=name,
        whole=whole,
        what=PAST[seen.what],
        after_all=after_all,
    )
