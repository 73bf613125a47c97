"""From decided invoices to plans: one look at QuickBooks for all of them, then planning, which is pure."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from onedesk_quickbooks.plugin.ledger import UNDO, WITHDRAWN, Connected, InvoiceLink, Work
from onedesk_quickbooks.plugin.model.books import Books, Copied, Elsewhere
from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.plan import AnyPlan, Held, Plan
from onedesk_quickbooks.plugin.planning import before_start, held, make_plan, plan_undo, plan_withdrawal, skipped
from onedesk_quickbooks.plugin.sync.auto_resolve import AutoResolve
from onedesk_quickbooks.plugin.sync.elsewhere import asked_before, linked_elsewhere
from onedesk_quickbooks.plugin.sync.outbound.ahead import Ahead, Foreseen
from onedesk_quickbooks.plugin.sync.outbound.cache import Cache
from onedesk_quickbooks.plugin.sync.outbound.coming import Coming
from onedesk_quickbooks.plugin.sync.outbound.copies import Copies
from onedesk_quickbooks.plugin.sync.outbound.lookup import Lookup, Seen, Wanted, credits_one
from onedesk_quickbooks.plugin.sync.outbound.stages import Decided
from onedesk_quickbooks.plugin.sync.outbound.withdrawn_forms import marked_and_withdrawn
from onedesk_quickbooks.plugin.sync.own_payments import to_come
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.sync.withdrawn import received, sentence
from onedesk_quickbooks.plugin.texts import Text

_log = logging.getLogger("onedesk_quickbooks.sync")


@dataclass(frozen=True, slots=True)
class Found:
    """A decided invoice, its plan (None: an error in the plugin), and the copy that QuickBooks already has. `link` is a
    link that the ledger does not have, to be kept before the plan is carried out."""

    decided: Decided
    plan: AnyPlan | None
    before: Copied | None
    link: InvoiceLink | None = None


def _as_copied(before: Copied) -> bool:
    return before.now is not None and not before.now.voided and not before.edited


_UNDONE = (*WITHDRAWN, UNDO)
_LOOK_AGAIN = frozenset(
    {
        "tax-code-missing",
        "tax-code-not-for-sales",
        "account-missing",
        "discount-account",
        "term-missing",
        "class-missing",
        "location-missing",
        "name-ambiguous",
    }
)
"""Reasons that no longer apply where the names in the rules were created within the last minutes."""


def credits_last(decided: Sequence[Decided]) -> list[int]:
    """The places of invoices in the order of planning: that of the queue, except that a credit note comes after the
    invoice that it credits, which is written together with it."""
    places = {name: place for place, each in enumerate(decided) for name in (each.invoice.id, each.invoice.number)}

    def credited(place: int) -> int:
        asked = decided[place]
        return places.get(asked.invoice.credits, -1) if credits_one(asked.invoice, asked.decisions) else -1

    return sorted(range(len(decided)), key=lambda place: (max(place, credited(place)), credited(place) > place))


class Planner:
    """Plans for one company, in the order of the queue; later invoices see what earlier ones create (`coming`)."""

    def __init__(self, services: Services, connected: Connected, cache: Cache | None = None) -> None:
        self._services = services
        self._connected = connected
        self._cache = cache

    def plan(self, decided: Sequence[Decided], coming: Coming, ahead: Ahead | None = None) -> list[Found]:
        """The plans, in the same order. `ahead`: open requests that are recovered first; a run has already done so.
        Raises `QuickBooksProblem`."""
        ledger, realm_id = self._services.ledger, self._connected.realm_id
        with ledger.reading():
            known, elsewhere = ledger.links.everywhere(realm_id, [each.work.od_invoice_id for each in decided])
            unsent = ledger.queue.replacing_sends(realm_id, [each.work for each in decided])
        undone = iter(self._undone([each for each in decided if each.work.action in _UNDONE], known, ahead))
        asked = [each for each in decided if each.work.action not in _UNDONE]
        known = self._there(known, ahead)
        passed = [self._skipped(each, known.get(each.work.od_invoice_id), ahead) for each in asked]
        left = [each for each, skips in zip(asked, passed, strict=True) if skips is None]
        links = [known.get(each.work.od_invoice_id) for each in left]
        there = linked_elsewhere(ledger, elsewhere)
        for each in left:
            if (found := there.get(each.work.od_invoice_id)) is not None:
                since = asked_before(ledger, each.work, elsewhere[each.work.od_invoice_id])
                there[each.work.od_invoice_id] = found._replace(since_asked=since)
        looked = iter(self._looked(left, links, there, unsent, coming, ahead))
        copied = iter([skips or next(looked) for skips in passed])
        return [next(undone if each.work.action in _UNDONE else copied) for each in decided]

    def _there(self, known: Mapping[str, InvoiceLink], ahead: Ahead | None) -> dict[str, InvoiceLink]:
        """Without the links of what we have deleted by rule: a new command creates the invoice again."""
        detected = self._services.ledger.conflicts.undone(self._connected.realm_id, known.values())
        gone = {od_id for od_id, work in detected.items() if work.conflict.what == "deleted"}
        gone |= {od_id for od_id in known if ahead and (done := ahead.undone(od_id)) and done.operation == "delete"}
        return {od_id: link for od_id, link in known.items() if od_id not in gone}

    def _undone(
        self, decided: Sequence[Decided], known: Mapping[str, InvoiceLink], ahead: Ahead | None
    ) -> Iterator[Found]:
        """Those that the host has voided or deleted, or whose run is undone."""
        if not decided:
            return
        links = [known.get(each.work.od_invoice_id) for each in decided]
        links = (
            [ahead.link(each.invoice.id, link) for each, link in zip(decided, links, strict=True)] if ahead else links
        )
        unlinked = [
            each for each, link in zip(decided, links, strict=True) if link is None and each.work.action in WITHDRAWN
        ]
        marked = marked_and_withdrawn(self._services, self._connected, unlinked)
        lookup = Lookup(self._services, self._connected, self._cache)
        found = {od_id: each.link for od_id, each in marked.items() if not each.doubt}
        links = [found.get(each.work.od_invoice_id) or link for each, link in zip(decided, links, strict=True)]
        books, there = lookup.existing([link for link in links if link])
        links = [lookup.current(link) for link in links]
        copies = Copies(self._services, self._connected)
        for each, link in zip(decided, links, strict=True):
            one = marked.get(each.work.od_invoice_id)
            if one is not None and one.doubt:
                yield Found(each, held(each.invoice, each.decisions, one.doubt), None)
                continue
            now = there.get(link.qbo_id) if link else None
            before = copies.withdrawn(each, link, now, ahead.undone(each.invoice.id) if ahead else None)
            if before is not None and one is not None:
                before = dataclasses.replace(before, found=True)
            yield Found(each, self._withdrawal(each, books, before, link), before, one.link if one else None)

    def _withdrawal(
        self, decided: Decided, books: Books, before: Copied | None, link: InvoiceLink | None
    ) -> AnyPlan | None:
        change = decided.work.action
        if change == UNDO:
            return self._undo(decided, books, before)
        unruled = sentence(change, link, received(self._services.ledger, link)) if link else ""
        try:
            return plan_withdrawal(decided.invoice, decided.decisions, books, change, before, unruled)
        except Exception:
            _log.exception("the withdrawal of invoice %s could not be planned", decided.work.od_invoice_id)
            return None

    def _undo(self, decided: Decided, books: Books, before: Copied | None) -> AnyPlan | None:
        work, found = decided.work, decided.work.conflict
        about = found.about or {}
        now = before.now if before else None
        since = ""
        other = before is not None and before.qbo_id != about.get("qbo_id")
        if now is not None and (other or now.sync_token != found.sync_token):
            writer = self._services.ledger.runs.last_writer(work.realm_id, work.od_invoice_id)
            if writer is not None and writer.asked_in != about.get("run"):
                since = (
                    Text("the run {asked_in}", asked_in=writer.asked_in)
                    if writer.asked_in
                    else Text("a request of the host")
                )
                since = Text("{since} on {day}", since=since, day=writer.updated_at.date())
            elif other:
                since = Text("another request")
        try:
            return plan_undo(decided.invoice, decided.decisions, books, found.rule, found.sync_token, before, since)
        except Exception:
            _log.exception("the undo of invoice %s could not be planned", work.od_invoice_id)
            return None

    def _skipped(self, decided: Decided, link: InvoiceLink | None, ahead: Ahead | None) -> Found | None:
        """An invoice that the rules skip, or from before the start date: QuickBooks is not asked for it."""
        if not decided.decisions.skips:
            known = link is not None or (ahead is not None and ahead.made(decided.invoice.id) is not None)
            start = None if known or decided.work.asked_in else self._services.settings.starts_on
            early = before_start(decided.invoice, decided.decisions, start)
            return Found(decided, early, None) if early else None
        made = ahead.made(decided.invoice.id) if ahead else None
        existing = Ref(made.id, made.number) if made else None
        if existing is None and link is not None and not self._services.ledger.conflicts.is_gone(link):
            existing = Ref(link.qbo_id, link.qbo_number)
        return Found(decided, skipped(decided.invoice, decided.decisions, decided.work.action, existing), None)

    def _looked(
        self,
        decided: Sequence[Decided],
        links: Sequence[InvoiceLink | None],
        elsewhere: Mapping[str, Elsewhere],
        unsent: Collection[str],
        coming: Coming,
        ahead: Ahead | None,
    ) -> list[Found]:
        if not decided:
            return []
        realm_id, ids = self._connected.realm_id, [each.invoice.id for each in decided]
        wanted = [Wanted(each.invoice, each.decisions, link) for each, link in zip(decided, links, strict=True)]
        passing = AutoResolve(self._services, realm_id)
        waiting = passing.waiting(links)
        lookup = Lookup(self._services, self._connected, self._cache)
        seen = lookup.look(wanted)
        links = [lookup.current(link) for link in links]
        foreseen = [Foreseen(link, look) for link, look in zip(links, seen, strict=True)]
        if ahead is not None:
            foreseen = ahead.foresee(decided, links, seen)
            coming.made_before(ahead.records(seen), ahead.linked())
        seen = lookup.complete([each.seen for each in foreseen])
        foreseen = [dataclasses.replace(each, seen=look) for each, look in zip(foreseen, seen, strict=True)]
        copies = Copies(self._services, self._connected).before(decided, foreseen, ahead)
        same = [each.invoice.id for each, before in zip(decided, copies, strict=True) if before and _as_copied(before)]
        passing.same_again(waiting[od_id] for od_id in same if od_id in waiting)
        seen = [
            look.replaced(elsewhere=elsewhere.get(od_id), send_replaced=od_id in unsent)
            for od_id, look in zip(ids, seen, strict=True)
        ]
        return self._planned(decided, seen, copies, coming)

    def _planned(
        self, decided: Sequence[Decided], seen: Sequence[Seen], copies: Sequence[Copied | None], coming: Coming
    ) -> list[Found]:
        found = dict[int, Found]()
        paid = self._paid_by_host(decided, copies, coming.recorded)
        for place in credits_last(decided):
            each, before = decided[place], copies[place]
            look = seen[place].replaced(to_come=paid.get(each.invoice.id, Decimal(0)))
            books = coming.books(look.books, look.needs, each.invoice)
            plan = self._one(each, books, before)
            if isinstance(plan, Held) and _LOOK_AGAIN & {reason.code for reason in plan.reasons}:
                fresh = look.with_reference(self._services.reference(self._connected, timedelta(0)))
                books = coming.books(fresh.books, look.needs, each.invoice)
                plan = self._one(each, books, before)
            if isinstance(plan, Plan):
                coming.learn(each.invoice, plan, books, before)
            found[place] = Found(each, plan, before)
        return [found[place] for place in range(len(decided))]

    def _paid_by_host(
        self, decided: Sequence[Decided], copies: Sequence[Copied | None], recorded: Iterable[Work]
    ) -> dict[str, Decimal]:
        """What payments of the host that go to QuickBooks pay of those that are Paid and that QuickBooks does not have,
        by the host's id; `recorded` are entries that will be added."""
        asked = {
            each.invoice.id: each.invoice.currency
            for each, before in zip(decided, copies, strict=True)
            if before is None and each.invoice.status == "paid" and each.decisions.payment_direction != "quickbooks"
        }
        if not asked:
            return {}
        unbooked = self._services.ledger.host_payment_entries.unbooked(self._connected.realm_id)
        coming = to_come({each.od_invoice_id: each for each in (*unbooked, *recorded)}.values())
        return {
            od_id: sum(
                (
                    part.amount
                    for payment in coming.get(od_id, ())
                    for part in payment.parts
                    if part.invoice_id == od_id and payment.currency == currency and not payment.write_off
                ),
                Decimal(0),
            )
            for od_id, currency in asked.items()
        }

    def _one(self, decided: Decided, books: Books, before: Copied | None) -> AnyPlan | None:
        connected, invoice = self._connected, decided.invoice
        try:
            return make_plan(
                invoice,
                decided.decisions,
                books,
                connected.default_income_account,
                connected.default_tax_code,
                decided.work.action,
                before,
                decided.work.again,
                decided.files,
                self._services.now().date(),
            )
        except Exception:
            _log.exception("invoice %s could not be planned", decided.work.od_invoice_id)
            return None
