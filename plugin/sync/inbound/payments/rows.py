"""The rows of the ledger that follow from a look: to record, and to reverse.

What pays an invoice belongs to an owner: a payment, or the invoice itself (its deposit). The valid rows of an owner are
compared with what it pays now; equal ones stay, the others are reversed and recorded again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from onedesk_quickbooks.plugin.ledger import COUNTED, KNOWN, Connected, InvoiceLink, PaymentRow
from onedesk_quickbooks.plugin.model.books import BooksInvoice, BooksPayment
from onedesk_quickbooks.plugin.model.decision import PaymentDecisions
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO, INVOICE
from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text, plain
from onedesk_quickbooks.plugin.model.payment import Payment
from onedesk_quickbooks.plugin.model.state import PAST
from onedesk_quickbooks.plugin.qbo import (
    Changes,
    credit_memo_page,
    invoice_page,
    payment_page,
    read_credit_memo,
    read_invoice,
)
from onedesk_quickbooks.plugin.ruleset.core.decide import decide_payment
from onedesk_quickbooks.plugin.sync.balances import (
    as_queued,
    left_on,
    name_of_row,
    next_id,
    of_balance,
    reporting,
    sign_of,
)
from onedesk_quickbooks.plugin.sync.inbound.payments import parts
from onedesk_quickbooks.plugin.sync.inbound.payments.parts import Part, Parts
from onedesk_quickbooks.plugin.sync.inbound.payments.payment_notes import (
    show_details,
    show_rest,
    show_still,
    show_unapplied,
    take_away,
    was_edited,
)
from onedesk_quickbooks.plugin.sync.own_payments import is_hosts, is_own, named_by, own_id, work_of
from onedesk_quickbooks.plugin.sync.reversals import agreed, reversal
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.sync.settings import Settings
from onedesk_quickbooks.plugin.sync.versions import comparable
from onedesk_quickbooks.plugin.texts import Text

Invoices = Mapping[str, BooksInvoice]
"""By QuickBooks' id."""
Balances = Mapping[str, Money]
"""The open balance, by the host's id."""
_Id = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Owner:
    """An owner in its present state: `id` is its source (payment, invoice) and QuickBooks' id; `payment` is None for
    the invoice itself and for a deleted payment; `did` is what happened to it (changed, voided, deleted), for rows that
    are no longer valid; `prepaid` is the deposit that both sides have."""

    id: _Id
    settles: Parts
    did: str
    currency: str = ""
    on: date | None = None
    payment: BooksPayment | None = None
    prepaid: Money | None = None


class Rows:
    """Makes the rows of one look for one company. Writes nothing; raises `QuickBooksProblem`."""

    def __init__(self, services: Services, connected: Connected) -> None:
        self._services = services
        self._realm_id = connected.realm_id
        self._quickbooks = services.quickbooks(connected.realm_id)
        self._links = services.ledger.links
        self._kept = services.ledger.payments
        self._details: list[tuple[PaymentRow, Part]] = []
        self.new: set[str] = set()
        """Ids of payments of which the host was not notified yet."""
        self.details: list[PaymentRow] = []
        """Payments that the host has, as they are now, whose reference or method was perhaps changed since."""

    def made(self, changes: Changes) -> list[PaymentRow]:
        """The rows that are new or have another state."""
        invoices = {invoice.id: invoice for invoice in map(read_invoice, changes.entities.get("Invoice", ()))}
        memos = {memo.id: memo for memo in map(read_credit_memo, changes.entities.get("CreditMemo", ()))}
        owners, changed = [*self._payments(changes), *self._invoices(changes, invoices)], invoices | memos
        counted = self._counted([owner.id for owner in owners])
        wanted = {qbo_id for owner in owners for qbo_id in owner.settles}
        links = self._links.by_qbo_ids(self._realm_id, sorted(wanted)) if wanted else {}
        links |= self._links.by_qbo_ids(self._realm_id, sorted(wanted), CREDIT_MEMO) if wanted else {}
        balances = self._balances(links.values(), [row for rows in counted.values() for row in rows], changed)
        for owner in owners:
            if any(map(is_own, counted.get(owner.id, ()))):
                show_rest(self._services, self._realm_id, owner.id[1], owner.payment)
        made = [row for owner in owners for row in self._of(owner, counted.get(owner.id, ()), links, balances)]
        made += self._waiting(made, balances, changed)
        made += self._notified_again(changed, {row.od_invoice_id for row in made})
        there = [(row, part) for row, part in self._details if row.state == "recorded" or row.taken]
        self.details = [_detailed(row, part, balances) for row, part in there]
        return self._in_detail(made)

    def _in_detail(self, made: Sequence[PaymentRow]) -> list[PaymentRow]:
        """These rows; a payment that the host has certainly not accepted yet gets its present reference and method.
        Otherwise it is perhaps recorded there, and the host ignores it the second time: the row stays as it was
        reported, and `details` are the present ones, for a note."""
        rows = {row.id: row for row in made}
        for row, part in self._details:
            now = rows.get(row.id, row)
            if now.state != "to_record" or now.taken:
                continue
            found = _detailed(now, part)
            if row.id not in self._services.refused_payments:
                differs = found.payment != now.payment
                details = {name: found.payment[name] for name in ("reference", "method")}
                found = dataclasses.replace(now, details=details if differs else None)
            if found != now:
                rows[row.id] = found
        return list(rows.values())

    # The present state

    def _payments(self, changes: Changes) -> Iterator[_Owner]:
        for payment in self._quickbooks.read_payments(changes.entities.get("Payment", ())):
            did = "voided" if payment.voided else "changed"
            settles = {**parts.of_payment(payment), **self._used(payment)}
            yield _Owner(("payment", payment.id), settles, did, payment.currency, payment.date, payment)
        for qbo_id in changes.deleted.get("Payment", ()):
            yield _Owner(("payment", qbo_id), {}, "deleted")

    def _used(self, payment: BooksPayment) -> Parts:
        """How it uses our credit memos."""
        used = parts.of_memos(payment)
        ours = self._links.by_qbo_ids(self._realm_id, list(used), CREDIT_MEMO) if used else {}
        signs = {qbo_id: self._sign(link) for qbo_id, link in ours.items()}
        return {
            qbo_id: tuple(dataclasses.replace(each, amount=signs[qbo_id] * each.amount) for each in used[qbo_id])
            for qbo_id in ours
        }

    def _sign(self, link: InvoiceLink) -> int:
        return sign_of(self._services, link)

    def _invoices(self, changes: Changes, changed: Invoices) -> Iterator[_Owner]:
        """Only our invoices: a deposit that we wrote is not reported."""
        gone = changes.deleted.get("Invoice", ())
        links = self._links.by_qbo_ids(self._realm_id, [*changed, *gone])
        prepaid = self._prepaid([link.od_invoice_id for link in links.values()])
        there = [(link, changed[qbo_id]) for qbo_id, link in links.items() if qbo_id in changed]
        now = comparable(self._services.ledger, self._realm_id, there)
        for qbo_id, link in links.items():
            if qbo_id in gone:
                yield _Owner(("invoice", qbo_id), {}, "deleted")
                continue
            invoice = now[qbo_id]
            ours = prepaid.get(link.od_invoice_id, Decimal(0))
            settles = parts.of_invoice(invoice, ours)
            did, currency = "voided" if invoice.voided else "changed", invoice.currency or link.currency
            both = Money(ours, currency) if ours and ours == invoice.deposit else None
            settled = {qbo_id: settles} if settles else {}
            yield _Owner(("invoice", qbo_id), settled, did, currency, invoice.issue_date, prepaid=both)

    def _prepaid(self, od_invoice_ids: Sequence[str]) -> dict[str, Decimal]:
        return self._services.ledger.outbox.deposits(self._realm_id, od_invoice_ids)

    def _counted(self, owner_ids: Sequence[_Id]) -> dict[_Id, list[PaymentRow]]:
        found: dict[_Id, list[PaymentRow]] = {}
        for row in self._kept.of(self._realm_id, owner_ids) if owner_ids else ():
            if row.state in (*COUNTED, *KNOWN):
                found.setdefault((row.source, row.qbo_id), []).append(row)
        return found

    def _balances(self, links: Iterable[InvoiceLink], rows: Iterable[PaymentRow], changed: Invoices) -> Balances:
        """The open balance of each of the host's invoices, by QuickBooks' present data, which is requested where a look
        did not include it. For an invoice that is void there it is the whole amount: nothing pays it."""
        wanted = {link.qbo_id: link for link in links}
        for link in self._links.invoices(self._realm_id, [row.od_invoice_id for row in rows]).values():
            wanted[link.qbo_id] = link
        known = dict(changed)
        missing = [link for qbo_id, link in wanted.items() if qbo_id not in known]
        if missing:
            found = self._quickbooks.look_up(
                invoice_ids=[link.qbo_id for link in missing if link.kind == INVOICE],
                credit_memo_ids=[link.qbo_id for link in missing if link.kind == CREDIT_MEMO],
            )
            known |= {each.id: each for each in found.invoices}
        return {
            link.od_invoice_id: left_on(link, known[qbo_id], self._sign(link))
            for qbo_id, link in wanted.items()
            if qbo_id in known
        }

    # The results

    def _of(
        self, owner: _Owner, counted: Sequence[PaymentRow], links: Mapping[str, InvoiceLink], balances: Balances
    ) -> Iterator[PaymentRow]:
        wanted = {
            f"{self._realm_id}:{part.source}:{links[qbo_id].od_invoice_id}": (links[qbo_id], part)
            for qbo_id, found in owner.settles.items()
            if qbo_id in links
            for part in found
        }
        for row in counted:
            name = name_of_row(row)
            if name in wanted and _is_recorded(row, owner, wanted[name][1]):
                link, part = wanted.pop(name)
                if row.state in COUNTED and owner.payment and was_edited(owner.payment):
                    self._same(row, link, part, owner.payment)
                continue
            if row.state in KNOWN:
                amount = wanted.pop(name)[1].amount if name in wanted else Decimal(0)
                yield from self._noted(row, owner, amount, balances.get(row.od_invoice_id))
                continue
            if row.source == "payment":
                take_away(self._services.host, row)
            yield self._reverse(row, balances, _why(row, owner, balances.get(row.od_invoice_id)))
        for name, (link, part) in wanted.items():
            if link.od_invoice_id in balances:  # otherwise QuickBooks no longer has the invoice
                row = self._record(owner, name, link, part, balances[link.od_invoice_id])
                if row.state != "ignored" or not self._is_kept(row):  # overlapping windows return it again
                    yield row

    def _same(self, row: PaymentRow, link: InvoiceLink, part: Part, payment: BooksPayment) -> None:
        """A payment was edited, and pays the same amount of the invoice on the same day."""
        self._show_unapplied(link, part, payment, self._decided(link))
        if part.kind == "payment":
            self._details.append((row, part))
            if row.state == "recorded" or row.taken:
                show_details(self._services.host, row, part.reference, part.method)

    def _noted(self, row: PaymentRow, owner: _Owner, amount: Decimal, left: Money | None) -> Iterator[PaymentRow]:
        """The row for a payment that the host has a record of, and that pays `amount` now."""
        if is_own(row) and amount != decimal_from_text(row.payment["amount"]):
            show_still(self._services, row, amount)
        more = self._beside(row, owner.payment, amount, left) if is_own(row) else {}
        yield from _noted(row, owner, amount, left, more)

    def _beside(
        self, row: PaymentRow, payment: BooksPayment | None, amount: Decimal, left: Money | None
    ) -> Mapping[str, Any]:
        """How the host's own payment compares with what it pays now: whether it `agrees` with the recorded amount; or
        with more, which QuickBooks has as the customer's credit because nothing is left on the invoice. `unnamed`: the
        host has recorded it for other invoices."""
        work = work_of(self._services.ledger, payment)
        if payment is None or work is None:
            return {}
        recorded = named_by(work, row.od_invoice_id)
        rest = payment.unapplied if left is not None and not left.amount else Decimal(0)
        if amount <= recorded <= amount + rest and (work.state == "done" or not recorded):
            return {"agrees": True}
        return {} if recorded else {"unnamed": True}

    def _record(self, owner: _Owner, name: str, link: InvoiceLink, part: Part, left: Money) -> PaymentRow:
        made = Payment(
            id=next_id(self._services, self._realm_id, name, owner.id),
            invoice_id=link.od_invoice_id,
            amount=Money(part.amount, owner.currency or left.currency),
            balance=left,
            date=owner.on or self._services.now().date(),
            method=part.method,
            reference=part.reference,
            link=page_of(self._services.settings, part),
            kind=part.kind,
        )
        if part.kind == "payment" and owner.payment and is_hosts(self._services.ledger, self._realm_id, owner.payment):
            return self._applied_there(owner, owner.payment, dataclasses.replace(made, id=own_id(name)))
        decided = self._decided(link)
        if owner.payment and owner.payment.unapplied > 0:
            self._show_unapplied(link, part, owner.payment, decided)
        state = "to_record" if decided.apply else "ignored"
        if state == "to_record":
            self.new.add(made.id)
        return PaymentRow(made.id, self._realm_id, *owner.id, link.od_invoice_id, state, made.to_json(), None)

    def _applied_there(self, owner: _Owner, payment: BooksPayment, made: Payment) -> PaymentRow:
        """The row for a payment of the host on an invoice for which it was not written: QuickBooks, or a person there,
        has applied it to that."""
        row = PaymentRow(made.id, self._realm_id, *owner.id, made.invoice_id, "known", made.to_json(), None)
        work = work_of(self._services.ledger, payment)
        recorded = named_by(work, made.invoice_id) if work else None
        if recorded is None or recorded >= made.amount.amount:
            return row
        more = self._beside(row, payment, made.amount.amount, made.balance)
        said = {"reason": _why(row, owner, made.balance), "before": "0.00", "balance": row.payment["balance"], **more}
        return dataclasses.replace(row, state="to_note", reversal=said)

    def _is_kept(self, row: PaymentRow) -> bool:
        known = self._kept.get(row.id)
        return known is not None and known.payment["amount"] == row.payment["amount"]

    def _decided(self, link: InvoiceLink) -> PaymentDecisions:
        sent = "sent" if link.sent_at else "copied"
        return decide_payment(self._services.rules.current(wait=True), sent, as_queued(self._services, link))

    def _show_unapplied(self, link: InvoiceLink, part: Part, payment: BooksPayment, decided: PaymentDecisions) -> None:
        """Note what is unapplied of a payment, if the rules say so; remove the note where nothing is any more."""
        if part.kind in ("credit_used", "refund") or not decided.apply or decided.overpayment != "note":
            return
        show_unapplied(self._services.host, link.od_invoice_id, payment)

    def _waiting(self, made: Sequence[PaymentRow], balances: Balances, changed: Invoices) -> Iterator[PaymentRow]:
        """Rows of earlier looks that were not reported yet, with the present balance: in whatever order they are
        reported, the host shows QuickBooks' balance. The host ignores those that it has accepted, and perhaps has one
        of them all the same (a process was ended, or the host has not answered): another row reports the balance as
        well, unless one of this look does."""
        waiting = {row.id: row for row in self._kept.waiting(self._realm_id) if not row.taken}
        for row in made:
            waiting.pop(row.id, None)
        fresh = {row.od_invoice_id for row in made if row.state in ("to_record", "to_reverse")}
        for link in self._links.invoices(self._realm_id, [row.od_invoice_id for row in waiting.values()]).values():
            seen = changed.get(link.qbo_id)
            left = left_on(link, seen, self._sign(link)).amount if seen else None
            if left is None and link.od_invoice_id in balances:
                left = balances[link.od_invoice_id].amount
            if left is None:
                continue
            mine = [row for row in waiting.values() if row.od_invoice_id == link.od_invoice_id]
            stale = [row for row in mine if decimal_from_text(row.left) != left]
            yield from (_with_left(row, left) for row in stale)
            if link.od_invoice_id not in fresh and any(row.state != "to_note" for row in stale):
                yield reporting(self._services, link, Money(left, link.currency))

    def _notified_again(self, changed: Invoices, reported: Container[str]) -> Iterator[PaymentRow]:
        """Rows that report the balance of changed invoices and credit memos, where it differs from the one last
        reported to the host with a payment or a reversal. Those in `reported` are reported anyway."""
        links = self._links.by_qbo_ids(self._realm_id, list(changed))
        links |= self._links.by_qbo_ids(self._realm_id, list(changed), CREDIT_MEMO)
        last = self._kept.last_notified(self._realm_id, [link.od_invoice_id for link in links.values()])
        for qbo_id, link in links.items():
            od_id, left = link.od_invoice_id, left_on(link, changed[qbo_id], self._sign(link))
            if od_id in reported or od_id not in last or decimal_from_text(last[od_id].left) == left.amount:
                continue
            yield from of_balance(self._services, link, left)

    @staticmethod
    def _reverse(row: PaymentRow, balances: Balances, why: str) -> PaymentRow:
        left = balances.get(row.od_invoice_id)
        if left is None:  # the invoice is deleted in QuickBooks, too: the paid amount is open again
            left = Money(decimal_from_text(row.payment["amount"]), row.payment["currency"])
        return reversal(row, left, why)


def _detailed(row: PaymentRow, part: Part, balances: Balances = MappingProxyType({})) -> PaymentRow:
    """The row with the present reference and method, and with the present balance where that is known."""
    now = {**row.payment, "reference": part.reference, "method": part.method}
    if left := balances.get(row.od_invoice_id):
        now["balance"] = plain(left.amount)
    return dataclasses.replace(row, payment=now)


def _is_recorded(row: PaymentRow, owner: _Owner, part: Part) -> bool:
    """Whether the row has this amount, and a payment its day as well: the host books it on that day. Of one that the
    host has recorded itself the amount alone counts (`_noted`)."""
    if part.amount != decimal_from_text(row.payment["amount"]):
        return False
    on = owner.on if part.kind == "payment" else None
    return on is None or on.isoformat() == row.payment["date"]


def page_of(settings: Settings, part: Part) -> str:
    """Its address in QuickBooks' pages."""
    page = {
        "credit_memo": credit_memo_page,
        "deposit": invoice_page,
        "zero_total": invoice_page,
    }
    return page.get(part.kind, payment_page)(settings.environment, settings.base_url, part.qbo_id)


def _noted(
    row: PaymentRow, owner: _Owner, amount: Decimal, left: Money | None, more: Mapping[str, Any]
) -> Iterator[PaymentRow]:
    """The row for what paid an invoice before its adoption, and pays `amount` now: the host has its own record of it,
    so its users are notified, with `more` about it. A deposit that both sides have by now is no longer a payment, and
    needs no action."""
    last = decimal_from_text(row.payment["amount"])
    if amount == last:
        return
    now = {**row.payment, "amount": plain(amount), **({"balance": plain(left.amount)} if left else {})}
    if owner.prepaid is not None and row.payment["kind"] == "deposit":
        yield dataclasses.replace(row, state="known", payment=now, reversal=None)
        return
    before = row.reversal["before"] if row.state == "to_note" and row.reversal else plain(last)
    said = {"reason": _why(row, owner, left), "before": before, "balance": now["balance"], **more}
    yield dataclasses.replace(row, state="to_note", payment=now, reversal=said)


_PAYMENT: Mapping[str, str] = {
    "voided": Text("the payment was voided in QuickBooks"),
    "deleted": Text("the payment was deleted in QuickBooks"),
    "changed": Text("the payment was changed in QuickBooks"),
}


def _why(row: PaymentRow, owner: _Owner, left: Money | None) -> str:
    """The reason for the reversal, for people."""
    payment, did = Payment.from_json(row.payment), owner.did
    if payment.kind == "payment":
        return _PAYMENT.get(did) or f"the payment was {did} in QuickBooks"
    if payment.kind in ("deposit", "zero_total") and did != "changed":
        return Text("the invoice was {did} in QuickBooks", did=PAST.get(did, did))
    if payment.kind == "zero_total":
        return Text("the invoice was changed; {left} is left", left=left) if left else Text("the invoice was changed")
    if payment.kind == "deposit" and owner.prepaid is not None:
        return agreed(owner.prepaid)
    return Text("the {name} was changed or taken off in QuickBooks", name=payment.name)


def _with_left(row: PaymentRow, left: Decimal) -> PaymentRow:
    if row.reversal and row.state != "to_record":
        return dataclasses.replace(row, reversal={**row.reversal, "balance": plain(left)})
    return dataclasses.replace(row, payment={**row.payment, "balance": plain(left)})
