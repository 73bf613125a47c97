"""Copies that QuickBooks has already, as planning looks at them: what we keep of each beside what stands there now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from onedesk_quickbooks.plugin.ledger import STANDING, InvoiceLink, Work
from onedesk_quickbooks.plugin.model.books import BooksInvoice, Copied, Settling
from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text
from onedesk_quickbooks.plugin.model.payment import ON_DOCUMENT, Payment
from onedesk_quickbooks.plugin.sync.changes.noticing import mark_of
from onedesk_quickbooks.plugin.sync.changes.versions import described, edited, versions, written_deposits
from onedesk_quickbooks.plugin.sync.lane.looking import Seen
from onedesk_quickbooks.plugin.sync.office import Office

_DID = {"create": "copied", "update": "updated", "send": "sent"}


class Copies:
    """Puts together what is known of earlier copies; asks QuickBooks only for those that somebody changed there."""

    def __init__(self, office: Office, realm_id: str) -> None:
        self._office = office
        self._realm_id = realm_id

    def before(
        self, works: Sequence[Work], links: Sequence[InvoiceLink | None], seen: Sequence[Seen]
    ) -> list[Copied | None]:
        """For each row of the queue the copy that QuickBooks has, None where there is none. Raises
        `QuickBooksProblem`."""
        od_ids = [link.od_invoice_id for link in links if link is not None]
        noted = self._office.ledger.noted.latest(self._realm_id, od_ids) if od_ids else {}
        return [self._one(*each, noted) for each in zip(works, links, seen, strict=True)]

    def _one(self, work: Work, link: InvoiceLink | None, seen: Seen, noted: Mapping[str, Work]) -> Copied | None:
        if link is None:
            found = seen.adopted
            return Copied(found.id, "", found, found.number) if found else None
        now = seen.invoice
        changed = now is not None and not now.voided and edited(link, now)
        taken = now is not None and _taken(link, now, noted.get(link.od_invoice_id))
        return Copied(
            qbo_id=link.qbo_id,
            content_hash=link.content_hash,
            now=now,
            number=link.qbo_number,
            edited=changed,
            taken=taken,
            rewrite=not link.content_hash,
            differences=self._differences(link, now) if now is not None and (changed or taken) else "",
            deposit=self._deposit(link) if now is not None and now.deposit else Decimal(0),
            differed=decimal_from_text(link.total) != decimal_from_text(link.qbo_total),
            sent_on=_sent_on(link),
            did=self._did(work, link),
            settled=self._settled(link) if now is not None and now.balance != now.total else (),
        )

    def _settled(self, link: InvoiceLink) -> tuple[Settling, ...]:
        """What was told to the host of payments and credits; the deposit stands on the invoice itself."""
        rows = self._office.ledger.links.payments_of_invoice(self._realm_id, link.od_invoice_id)
        found = [Payment.from_json(row.payment) for row in rows if row.state in STANDING]
        return tuple(Settling(each.name, each.amount.amount) for each in found if each.kind not in ON_DOCUMENT)

    def _differences(self, link: InvoiceLink, seen: BooksInvoice) -> str:
        """Both versions, in words: as it was copied, and as QuickBooks has it."""
        now = self._office.quickbooks(self._realm_id).read("Invoice", seen.id)
        if now is None:
            total = Money(decimal_from_text(link.total), link.currency)
            return f"OneDesk has {total}, QuickBooks {Money(seen.total, seen.currency)}"
        then = self._office.ledger.noted.answers(self._realm_id, [link.od_invoice_id]).get(link.od_invoice_id)
        return described(versions(link, then, now))

    def _deposit(self, link: InvoiceLink) -> Decimal:
        written = written_deposits(self._office.ledger, self._realm_id, [link.od_invoice_id])
        return written.get(link.od_invoice_id, Decimal(0))

    def _did(self, work: Work, link: InvoiceLink) -> str:
        """What this very row of the queue has done already, before a crash kept it from saying so."""
        if not work.id or max(link.copied_at, link.sent_at or link.copied_at) < work.created_at:
            return ""
        did = ""
        for intent in self._office.ledger.intents.of_work(work.id):
            if intent.state == "answered" and intent.entity == "Invoice":
                did = _DID[intent.operation]
        return did


def _sent_on(link: InvoiceLink) -> str:
    if link.state != "sent":
        return ""
    return link.sent_at.date().isoformat() if link.sent_at else "an earlier day"


def _taken(link: InvoiceLink, now: BooksInvoice, latest: Work | None) -> bool:
    """Whether the version in QuickBooks is an edit that was taken as it is: what OneDesk has newer must not overwrite
    it unseen."""
    if not link.content_hash:
        return False  # a person wants OneDesk's version
    if latest is None or latest.state != "done" or latest.created_at < link.copied_at:
        return False
    return bool((latest.outcome or {}).get("fingerprint") == mark_of(now))
