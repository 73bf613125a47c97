"""Links matched invoices, as if they had been copied as QuickBooks has them now.

A match is recorded in one transaction: the link, the customer's where there is none, QuickBooks' invoice in place of an
answer, earlier payments, and the rows of the audit trail. The host is notified first, which is idempotent: in the
reverse order a crash would lose the notification.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import Connection

from onedesk_quickbooks.plugin.ledger import ADOPT, AuditRow, Connected, InvoiceLink, MarkedForm, PaymentRow, Request
from onedesk_quickbooks.plugin.ledger.audit import HOST, digest
from onedesk_quickbooks.plugin.model.host import InvoiceJson
from onedesk_quickbooks.plugin.model.money import Money, plain
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.planning import mention_key
from onedesk_quickbooks.plugin.planning.adopt import ADOPTED, Asked, Match, Report
from onedesk_quickbooks.plugin.qbo import FORMS, emailed_at
from onedesk_quickbooks.plugin.sync.adopt.baseline import Baseline, Baselines
from onedesk_quickbooks.plugin.sync.adopt.known_payments import KnownPayments
from onedesk_quickbooks.plugin.sync.adopt.matcher import Matcher
from onedesk_quickbooks.plugin.sync.followers import resume_followers
from onedesk_quickbooks.plugin.sync.host_notes import COPIED, NOTE, SENT, not_taken, page
from onedesk_quickbooks.plugin.sync.outbound.marked_forms import marked_form
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import Text, text_in

_log = logging.getLogger("onedesk_quickbooks.sync")

_UNLIKE = Text(
    "QuickBooks' invoice changed meanwhile, or its response by id differs, so it is not linked: run adopt again."
)
CHUNK = 100
"""Matches that are recorded in one transaction."""


class Adopter:
    """Adopts invoices of one company; for a single use. `adopt` requires that the caller holds the company queue.
    `user` is who asks, for the audit trail."""

    def __init__(self, services: Services, connected: Connected, user: str = "") -> None:
        self._services = services
        self._connected = connected
        self._realm_id = connected.realm_id
        self._user = user or HOST
        self._matcher = Matcher(services, connected)
        self._customers = dict(self._matcher.customers.links)
        self._owners = {qbo_id: next(iter(ids)) for qbo_id, ids in self._matcher.customers.owners.items()}

    def look(self, asked: Asked) -> Report:
        """Both sides, matched. Raises `QuickBooksProblem` and `CannotAdopt`."""
        return self._matcher.report(asked)

    def adopt(self, report: Report, into_host: Callable[[InvoiceJson], None] | None) -> Report:
        """Link what `look` has found to agree, or what a person has named. Raises `QuickBooksProblem`."""
        wanted = [each for each in report.matches if each.kind in ADOPTED]
        unlike = self._matcher.unlike([_qbo_id(each) for each in wanted])
        failed: dict[str, str] = {each.own.id: _UNLIKE for each in wanted if _qbo_id(each) in unlike}
        wanted = [each for each in wanted if each.own.id not in failed]
        settled = KnownPayments(self._services, self._realm_id, [self._matcher.books[_qbo_id(each)] for each in wanted])
        baselines = Baselines(self._services, self._connected, self._matcher, len(wanted))
        adopted: set[str] = set()
        for start in range(0, len(wanted), CHUNK):
            some = wanted[start : start + CHUNK]
            found = baselines.of(some)
            notified = [each for each in some if not self._refused(each, into_host, failed)]
            self._services.check_lease()
            with self._services.ledger.together() as connection:
                self._keep(connection, notified, found, settled)
            adopted.update(each.own.id for each in notified)
        return dataclasses.replace(report, kept=True, adopted=frozenset(adopted), failed=failed)

    def _refused(self, found: Match, into_host: Callable[[InvoiceJson], None] | None, failed: dict[str, str]) -> bool:
        """Notify the host; whether it has not accepted."""
        od_id, host = found.own.id, self._services.host
        try:
            if into_host is not None:
                into_host(self._matcher.sources[od_id])
            host.add_note(od_id, NOTE, "")
            tag = SENT if emailed_at(self._matcher.books[_qbo_id(found)]) else COPIED
            host.set_tag(od_id, tag, page(self._services.settings, _qbo_id(found), found.own.kind))
        except Exception as problem:
            not_taken(f"that invoice {od_id} is adopted", problem)
            why = text_in(problem)
            if not isinstance(problem, NotNow):
                why = Text("{kind}; the log says more", kind=type(problem).__name__)
            failed[od_id] = Text("The host did not accept it ({why}), so it is not linked: adopt again.", why=why)
            return True
        return False

    def _keep(
        self, connection: Connection, matches: Sequence[Match], found: dict[str, Baseline], settled: KnownPayments
    ) -> None:
        ledger = self._services.ledger
        links, ours = list[InvoiceLink](), list[MarkedForm]()
        entries, customers, rows = [], {}, list[AuditRow]()
        for each in matches:
            source, now = self._matcher.sources[each.own.id], self._matcher.books[_qbo_id(each)]
            base, link = found[each.own.id], self._link(each, found[each.own.id])
            work_id = ledger.queue.adopted(connection, self._realm_id, source, self._user)
            links.append(link)
            if now.id in self._matcher.anothers:  # so a person has said, and names it now
                ours += marked_form(now.id, now.kind, now.private_note) or [
                    MarkedForm(now.id, now.kind, mention_key(each.own.id))
                ]
            key = each.own.customer_id, each.own.currency
            new = key not in self._customers and not each.own.project  # a project is linked through its customer
            new = new and self._owners.setdefault(now.customer_id, key[0]) == key[0]
            if new:
                customers[key] = self._customers[key] = now.customer_id  # where two have it, a person decides
            request = self._request(each, base, link, work_id, now.customer_id if new else "")
            entries.append((request, self._matcher.raw[now.id]))
            sign = -1 if self._matcher.read[each.own.id].negated else 1
            known = settled.rows(link, now, base.deposit, sign)
            ledger.payments.put(connection, known)
            rows += self._audited(each, source, known, work_id)
        ledger.outbox.adopted(connection, entries)
        ledger.links.put_invoices(connection, links)
        ledger.marked_forms.say(connection, self._realm_id, ours)
        ledger.links.put_customers(connection, self._realm_id, customers)
        ledger.audit.add(connection, rows)
        resume_followers(ledger, connection, self._realm_id, links)

    def _link(self, found: Match, base: Baseline) -> InvoiceLink:
        own, now = found.own, self._matcher.books[_qbo_id(found)]
        sent_at = emailed_at(now)
        return InvoiceLink(
            realm_id=self._realm_id,
            od_invoice_id=own.id,
            od_number=own.number,
            qbo_id=now.id,
            qbo_number=now.number,
            content_hash=base.content_hash,
            fingerprint=now.fingerprint,
            currency=own.currency,
            total=plain(own.total),
            qbo_total=plain(now.total),
            state="sent" if sent_at else "copied",
            rules_hash=base.rules_hash,
            trail=base.trail,
            copied_at=self._services.now(),
            sent_at=sent_at,
            kind=own.kind,
        )

    def _request(self, found: Match, base: Baseline, link: InvoiceLink, work_id: int, customer: str) -> Request:
        """The outbox entry in place of a request: it is never sent. `customer`: the QuickBooks customer that it links
        the customer to, "" where that is linked already."""
        context = {
            "adopted": True,
            "customer_link": customer,
            **{name: getattr(link, name) for name in ("od_number", "content_hash", "currency", "total", "rules_hash")},
            "qbo_total": link.qbo_total,
            "trail": link.trail,
            "payments_to_come": list(found.own.payments) if found.theirs and found.own.lacks(found.theirs) else [],
        }
        return Request(
            realm_id=self._realm_id,
            work_id=work_id,
            od_invoice_id=found.own.id,
            step="invoice",
            operation=ADOPT,
            entity=FORMS[found.own.kind],
            body=base.body,
            context=context,
            od_customer_id=found.own.customer_id,
            deposit=plain(base.deposit) if base.deposit else "",
        )

    def _audited(
        self, found: Match, source: InvoiceJson, known: Sequence[PaymentRow], work_id: int
    ) -> Iterator[AuditRow]:
        """The audit row: the host's invoice, who adopted it, and the evidence."""
        theirs = found.theirs
        assert theirs is not None
        taken = {"action": ADOPT, "digest": digest(source), "invoice": source, "run": ""}
        yield AuditRow("taken", self._realm_id, found.own.id, taken, self._user)
        differs = ", ".join(
            f"{field.name} ({field.onedesk}, {field.quickbooks})" for each in found.candidates for field in each.fields
        )
        facts = {
            "act": ADOPT,
            "entry": work_id,
            "qbo_id": theirs.id,
            "number": theirs.number,
            "customer": f"{theirs.customer} ({theirs.customer_id})",
            "by": found.by,
            "date": theirs.day.isoformat() if theirs.day else "",
            "total": str(Money(theirs.total, theirs.currency)),
            "balance": Money(theirs.balance, theirs.currency).digits,
            "differs_in": differs,
            "settled_by": ", ".join(f"{row.payment['kind']} {row.qbo_id}: {row.payment['amount']}" for row in known),
        }
        yield AuditRow("act", self._realm_id, found.own.id, facts, self._user)


def _qbo_id(found: Match) -> str:
    assert found.theirs is not None, "what is adopted has one on each side"
    return found.theirs.id
