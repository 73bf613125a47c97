"""What would be written for adopted invoices now, so that a later copy of an unchanged one writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.ledger import Connected, InvoiceLink, Work
from onedesk_quickbooks.plugin.model.books import Copied
from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.planning import Intended, make_draft
from onedesk_quickbooks.plugin.planning.adopt import Match
from onedesk_quickbooks.plugin.qbo import Unreadable
from onedesk_quickbooks.plugin.sync.adopt.matcher import Matcher
from onedesk_quickbooks.plugin.sync.outbound.cache import Cache
from onedesk_quickbooks.plugin.sync.outbound.copies import written_body
from onedesk_quickbooks.plugin.sync.outbound.lookup import Lookup, Seen, Wanted
from onedesk_quickbooks.plugin.sync.outbound.stages import Decided
from onedesk_quickbooks.plugin.sync.outbound.written_items import items_of
from onedesk_quickbooks.plugin.sync.services import Services

MANY = 120
"""The number of invoices from which on a cache of the company's customers and items is worth its reading."""
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The baseline of one invoice. Where it cannot be determined, hash and body are empty: the next copy that can
    determine it writes the invoice, and `plan` says so before. `deposit` is the prepaid amount, where the rules write
    that as a deposit."""

    rules_hash: str
    trail: Mapping[str, Any]
    content_hash: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    deposit: Decimal = Decimal(0)


class Baselines:
    """The baselines of one company; `count` is their expected number. Raises `QuickBooksProblem`."""

    def __init__(self, services: Services, connected: Connected, matcher: Matcher, count: int) -> None:
        self._services = services
        self._connected = connected
        self._matcher = matcher
        self._cache = None
        if count >= MANY:
            began = services.now()  # it is read once, however long the rest takes
            self._cache = Cache(services.quickbooks(connected.realm_id), lambda: began)

    def of(self, matches: Sequence[Match]) -> dict[str, Baseline]:
        """By OneDesk's id."""
        decided = [self._decided(each) for each in matches]
        wanted = [
            Wanted(found.invoice, found.decisions, self._link(each))
            for each, found in zip(matches, decided, strict=True)
        ]
        seen = {each.invoice.id: look for each, look in zip(wanted, self._look(wanted), strict=False)}
        return {each.invoice.id: self._one(each, seen.get(each.invoice.id)) for each in decided}

    def _look(self, wanted: Sequence[Wanted]) -> list[Seen]:
        try:
            return Lookup(self._services, self._connected, self._cache, self._matcher.books).look(wanted)
        except Unreadable:  # then the next copy reports the problem
            return []

    def _decided(self, found: Match) -> Decided:
        own, realm_id = found.own, self._connected.realm_id
        work = Work(0, realm_id, own.id, own.number, "copy", "", {}, "todo", 0, None, "", None, _EPOCH, _EPOCH)
        read = self._matcher.read[own.id]
        return Decided(work, read, *self._services.decide_once(read, self._connected))

    def _link(self, found: Match) -> InvoiceLink:
        """The link that will be created."""
        theirs = found.theirs
        assert theirs is not None
        own, now = found.own, self._matcher.books[theirs.id]
        return InvoiceLink(
            realm_id=self._connected.realm_id,
            od_invoice_id=own.id,
            od_number=own.number,
            qbo_id=now.id,
            qbo_number=now.number,
            currency=own.currency,
            total=plain(own.total),
            qbo_total=plain(now.total),
            trail={},
            copied_at=_EPOCH,
            sent_at=None,
            content_hash="",
            fingerprint=now.fingerprint,
            state="copied",
            rules_hash="",
            kind=own.kind,
        )

    def _one(self, decided: Decided, seen: Seen | None) -> Baseline:
        trail, rules_hash = decided.trail(), decided.decisions.rules_hash
        for deposit in dict.fromkeys((decided.invoice.prepaid, Decimal(0))):
            made = self._draft(decided, seen, deposit) if seen is not None else None
            if made is not None and (made.draft.deposit or Decimal(0)) == deposit:
                return Baseline(rules_hash, trail, made.content_hash, written_body(made), deposit)
        return Baseline(rules_hash, trail)

    def _draft(self, decided: Decided, seen: Seen, deposit: Decimal) -> Intended | None:
        """The draft of a copy that finds the invoice linked, with this `deposit` of OneDesk's."""
        now, defaults = seen.invoice, (self._connected.default_income_account, self._connected.default_tax_code)
        if now is None:
            return None
        items: tuple[Ref, ...] = items_of({}, now)
        before = Copied(
            now.id,
            "",
            now,
            now.number,
            deposit=deposit,
            od_customer_id=decided.invoice.customer.id,
            items=items,
            kind=now.kind,
        )
        try:
            return make_draft(decided.invoice, decided.decisions, seen.books, *defaults, before)
        except Exception:  # a copy meets the same problem, and reports it
            return None
