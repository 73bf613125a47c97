"""Resolves conflicts: a person chooses which version of an invoice that was changed in QuickBooks is kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection

from onedesk_quickbooks.plugin.ledger import (
    CHANGED,
    CUSTOMER,
    WITHDRAWN,
    AuditRow,
    Change,
    Conflict,
    Connected,
    InvoiceLink,
    Ledger,
    Work,
)
from onedesk_quickbooks.plugin.ledger.audit import HOST
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.state import PAST
from onedesk_quickbooks.plugin.planning import AGREED, EDITED, KEPT, LOST, TAX_SET, skipping_rule
from onedesk_quickbooks.plugin.sync.auto_resolve import NOTES
from onedesk_quickbooks.plugin.sync.errors import CannotDecide
from onedesk_quickbooks.plugin.sync.host_notes import NOTE
from onedesk_quickbooks.plugin.sync.outbound.compared import compared
from onedesk_quickbooks.plugin.sync.payload import read_invoice
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.sync.versions import (
    accepted,
    comparable,
    conflict_of,
    edited,
    is_of,
    name_of,
    taken,
    versions_json,
)
from onedesk_quickbooks.plugin.texts import Text

_LOST = ("voided", "deleted")
_CHOOSE = frozenset({AGREED, EDITED, TAX_SET})
"""Codes of a copy or send that is held until a person chooses a version."""


class ConflictResolver:
    """Carries out the decisions for one company. Changes nothing in QuickBooks itself: the company queue does."""

    def __init__(self, services: Services, connected: Connected) -> None:
        self._services = services
        self._connected = connected
        self._realm_id = connected.realm_id
        self._quickbooks = services.quickbooks(connected.realm_id)

    def settle(self, work: Work, keep: str, user: str, by: str = "") -> str:
        """`keep` is "quickbooks", whose version is accepted, or "onedesk", whose version is written there again. What
        was held because of the change is tried again. Returns the actions that follow, for the person. `by` names the
        person in the audit trail, where that is no `user` of the host.

        Raises `CannotDecide` where there is nothing to decide or QuickBooks has another version by now, and
        `QuickBooksProblem` where it cannot be asked.
        """
        link = self._link(work)
        what = self._what(work)
        lost = what in _LOST
        if lost and keep == "onedesk":
            raise CannotDecide(
                Text(
                    "{name} was {what} in QuickBooks and cannot be restored. Accept it with --keep quickbooks; to "
                    "bill it again, duplicate the invoice in OneDesk under a new number and copy that.",
                    name=name_of(link),
                    what=PAST[what],
                )
            )
        self._refuse_skipped(work, link, keep)
        now = self._gone(link, what) if lost else self._now(work, link, keep)
        text = self._sentence(link, what if lost else "changed", keep, user)
        invoice = self._invoice(work)
        versions = self._versions(work, link, invoice) if keep == "quickbooks" and not lost else work.versions
        with self._services.ledger.together() as connection:
            self._still_waiting(work)
            self._write(connection, work, now, keep, text, what, by or user, invoice, versions)
            if not lost:
                self._again(work, keep, user, text, invoice)
        if lost:
            self._services.host.add_note(work.od_invoice_id, NOTE, "")
        self._services.host.add_note(work.od_invoice_id, NOTES[CHANGED], text)
        return text

    def _refuse_skipped(self, work: Work, link: InvoiceLink, keep: str) -> None:
        """Raises `CannotDecide` for an invoice that the rules skip: it is not written."""
        source = self._services.host.read_invoice(work.od_invoice_id) if keep == "onedesk" else None
        with suppress(ValueError):  # the company queue holds one that cannot be read, with the reason
            decided = self._services.decide_settings(read_invoice(source), self._connected) if source else None
            if decided is not None and decided.skips:
                raise CannotDecide(
                    Text(
                        "OneDesk's version of {name} is not written: it is skipped by {rule}. Keep "
                        "quickbooks, or change the rule first.",
                        name=name_of(link),
                        rule=skipping_rule(decided),
                    )
                )

    @staticmethod
    def _what(work: Work) -> str:
        """What happened in QuickBooks: the kind of the conflict, or the reason for which the entry is held."""
        codes = (work.outcome or {}).get("codes") or ()
        return work.conflict.what or next((each for each in codes if each in LOST), "").partition("-")[0]

    def _seen(self, link: InvoiceLink) -> BooksInvoice | None:
        """QuickBooks' present version of the invoice."""
        seen = self._quickbooks.invoice(link.qbo_id, link.kind)
        apart = comparable(self._services.ledger, self._realm_id, [(link, seen)] if seen else [])
        return apart.get(link.qbo_id)

    def _gone(self, link: InvoiceLink, what: str) -> BooksInvoice | None:
        """The version of an invoice that was void or deleted, if it still is."""
        now = self._seen(link)
        if (now is None) != (what == "deleted") or (now is not None and not now.voided):
            raise CannotDecide(
                Text("{name} was changed once more since. Run: onedesk-quickbooks payments", name=name_of(link))
            )
        return now

    def _still_waiting(self, work: Work) -> None:
        """Raises `CannotDecide` if another person has decided since `work` was read; in the caller's transaction."""
        now = self._services.ledger.queue.get(work.id)
        if now is None or now.state != "held":
            raise CannotDecide(
                Text(
                    "Invoice {number} does not wait for this decision any more: somebody else has decided, or it was "
                    "tried again. Nothing was changed.",
                    number=work.od_number or work.od_invoice_id,
                )
            )

    def _link(self, work: Work) -> InvoiceLink:
        link = self._services.ledger.links.invoice(self._realm_id, work.od_invoice_id)
        if work.state != "held" or link is None or work.action not in (CHANGED, "copy", "send"):
            raise CannotDecide(_nothing_to_decide(work))
        return link

    def _now(self, work: Work, link: InvoiceLink, keep: str) -> BooksInvoice:
        """QuickBooks' version, if it is still the one that the person has seen."""
        now = self._seen(link)
        if now is None or now.voided:
            raise CannotDecide(
                Text("{name} was voided or deleted since. Run: onedesk-quickbooks payments", name=name_of(link))
            )
        if KEPT.intersection((work.outcome or {}).get("codes") or ()) and not edited(link, now):
            if keep == "onedesk":
                return now
            raise CannotDecide(
                Text(
                    "{name} is kept already as QuickBooks has it, and its total is not that of OneDesk: correct "
                    "one of the two, or keep onedesk.",
                    name=name_of(link),
                )
            )
        if not edited(link, now) and self._undoes_accepted(work, link, now):
            return now
        if not edited(link, now):
            raise CannotDecide(
                Text(
                    "{name} is as it was copied: there is nothing to decide. Run: onedesk-quickbooks queue retry {n}",
                    name=name_of(link),
                    n=work.id,
                )
            )
        if work.action == CHANGED and not is_of(work.conflict, now):
            raise CannotDecide(
                Text(
                    "{name} was changed once more since. Run: onedesk-quickbooks payments, and look at the newest "
                    "version before you decide.",
                    name=name_of(link),
                )
            )
        return now

    def _undoes_accepted(self, work: Work, link: InvoiceLink, now: BooksInvoice) -> bool:
        """Whether the entry is held because OneDesk's version would undo a change that was accepted before."""
        codes = (work.outcome or {}).get("codes") or ()
        untried = work.proposed and bool(work.conflict.versions)  # edited in OneDesk since (otherwise.py)
        if EDITED not in codes and not untried:
            return not {TAX_SET, AGREED}.isdisjoint(codes)
        detected = self._services.ledger.conflicts.latest(self._realm_id, [work.od_invoice_id]).get(work.od_invoice_id)
        return detected is not None and taken(link, now, detected)

    @staticmethod
    def _sentence(link: InvoiceLink, what: str, keep: str, user: str) -> str:
        by = Text(", {user} decided", user=user) if user else ""
        kept = Text("that version stays") if what == "changed" else Text("it stays so")
        follows = kept if keep == "quickbooks" else Text("OneDesk's version is written again")
        return Text(
            "{name} was {what} in QuickBooks; {follows}{by}.",
            name=name_of(link),
            what=PAST[what],
            follows=follows,
            by=by,
        )

    def _write(
        self,
        connection: Connection,
        work: Work,
        now: BooksInvoice | None,
        keep: str,
        text: str,
        what: str,
        by: str,
        invoice: Mapping[str, Any],
        versions: Sequence[Mapping[str, str]],
    ) -> None:
        conflicts, links = self._services.ledger.conflicts, self._services.ledger.links
        latest = conflicts.latest(self._realm_id, [work.od_invoice_id]).get(work.od_invoice_id)
        lost = what in _LOST
        # The decision includes OneDesk's present version: a later one is a new conflict.
        about = invoice if keep == "quickbooks" and not lost else None
        if now is not None and not lost:
            rewrite = keep == "onedesk"
            links.accept(connection, self._realm_id, work.od_invoice_id, accepted(now), rewrite=rewrite)
        if lost:
            self._services.ledger.queue.give_way(connection, self._realm_id, work.od_invoice_id, text)
        if latest is not None and latest.state == "held":
            conflicts.settle(connection, latest.id, text, about=about, versions=versions)
        else:
            conflicts.put(connection, self._realm_id, [_decided(work, now, text, what, about, versions)])
        facts = {"act": "settle", "entry": work.id, "keep": keep, "what": what or "edited", "told": text}
        row = AuditRow("act", self._realm_id, work.od_invoice_id, facts, by or HOST)
        self._services.ledger.audit.add(connection, [row])

    def _again(self, work: Work, keep: str, user: str, text: str, invoice: Mapping[str, Any]) -> None:
        """The company queue continues what was held, or writes OneDesk's version; in the caller's transaction."""
        queue = self._services.ledger.queue
        newest = queue.latest(work.od_invoice_id)
        if newest is not None and newest.state == "held":
            queue.retry(newest.id, text)
        elif keep == "onedesk":
            queue.ask(self._realm_id, "copy", invoice, user)

    def _versions(self, work: Work, link: InvoiceLink, invoice: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
        """The differences that the decision accepts: the host may have edited its invoice since they were detected."""
        found = compared(self._services, self._connected, link, invoice)
        return versions_json(found.versions) if found is not None and (found.versions or found.same) else work.versions

    def _invoice(self, work: Work) -> Mapping[str, Any]:
        return self._services.host.read_invoice(work.od_invoice_id) or work.invoice


def held_copies(ledger: Ledger, realm_id: str) -> list[Work]:
    """The copies and sends that are held until a person chooses a version, each with both versions; oldest first."""
    held = ledger.queue.held_for(realm_id, _CHOOSE)
    sentences = ledger.sentences.recalled(each.reason for each in held)
    return [
        dataclasses.replace(each, reason=sentences[each.reason], conflict=Conflict("edited", versions=each.versions))
        for each in held
    ]


def _nothing_to_decide(work: Work) -> str:
    """Why there are no two versions to choose from, and what to do instead."""
    if work.state != "held":
        return Text("Entry {n} is not a change of an invoice in QuickBooks that waits for a decision.", n=work.id)
    if work.action in WITHDRAWN:
        return Text(
            "Entry {n} is about an invoice that was {action} in OneDesk, so that there are no two "
            "versions to choose from. Do in QuickBooks what the entry says; if it does not close automatically:"
            " onedesk-quickbooks queue drop {n} --reason TEXT",
            n=work.id,
            action=PAST[work.action],
        )
    if work.action == CUSTOMER:
        return Text(
            "Entry {n} is about a customer. Do in QuickBooks what the entry says; it then closes automatically.",
            n=work.id,
        )
    return Text(
        "Entry {n} is about an invoice that QuickBooks does not have. Do what the entry says, "
        "then: onedesk-quickbooks queue retry {n}",
        n=work.id,
    )


def _decided(
    work: Work,
    now: BooksInvoice | None,
    text: str,
    what: str,
    about: Mapping[str, Any] | None,
    versions: Sequence[Mapping[str, str]],
) -> Change:
    detected = conflict_of(what if what in _LOST else "edited", now)
    conflict = dataclasses.replace(detected, about=about, versions=tuple(versions))
    return Change(work.od_invoice_id, work.od_number, CHANGED, "done", text, work.invoice, conflict)
