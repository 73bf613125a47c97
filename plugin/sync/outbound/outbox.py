"""Carrying out what was planned: intent, call, answer. And settling, later, what was never answered.

Nothing leaves before its intent stands in the ledger; an answer is written together with what follows from it. An
intent without an answer is settled by reading QuickBooks and by the same request with the same `requestid`
(qbo-api.md 3.11), never by creating anew.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from onedesk_quickbooks.plugin.ledger import Intent, InvoiceLink, Request
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.money import decimal_from_text, plain
from onedesk_quickbooks.plugin.planning import marker
from onedesk_quickbooks.plugin.qbo import (
    MOST_IN_BATCH,
    AnswerUnknown,
    BatchItem,
    QuickBooks,
    QuickBooksProblem,
    Refused,
    Throttled,
    as_created,
    fingerprint_to,
    id_of,
    marked,
    read_invoice,
    receiver_of,
    was_sent,
    was_updated,
    where_created,
)
from onedesk_quickbooks.plugin.sync.services import Services

_log = logging.getLogger("onedesk_quickbooks.sync")


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one request: the answer's object, or the problem where QuickBooks did not do it."""

    intent: Intent
    answer: Mapping[str, Any] | None
    problem: QuickBooksProblem | None = None


class Executor:
    """Carries out requests for one company."""

    def __init__(self, services: Services, realm_id: str) -> None:
        self._services = services
        self._realm_id = realm_id
        self._quickbooks: QuickBooks = services.quickbooks(realm_id)

    def carry_out(self, requests: Sequence[Request]) -> list[Done]:
        """All of them in their order, in as few calls as can be. Raises what a call as a whole met (`AnswerUnknown`:
        its intents stay open), or `LockLost`; what comes after it was not meant then."""
        done: list[Done] = []
        for start in range(0, len(requests), MOST_IN_BATCH):
            self._services.check_lease()  # nothing is recorded for a queue that another process has
            meant = self._services.ledger.intents.mean(requests[start : start + MOST_IN_BATCH])
            self._services.check_lease()  # whoever took it over has not seen what was recorded since
            done += self._send(meant)
        return done

    def _send(self, intents: Sequence[Intent]) -> list[Done]:
        try:
            done = self._batch(intents) if intents[0].batch else [self._single(intents[0])]
        except (AnswerUnknown, Throttled):
            raise  # a 429 may be a gateway's, put in the place of an answer: whether it was done is looked up
        except QuickBooksProblem as problem:  # it said no, or never heard of it: nothing was done
            self._close([Done(intent, None, problem) for intent in intents])
            raise
        self._close(done)
        return done

    def _single(self, intent: Intent) -> Done:
        try:
            if intent.operation == "send":
                answer = self._quickbooks.send(id_of(intent.body), receiver_of(intent.body), intent.requestid)
            else:
                answer = self._quickbooks.post(intent.entity, intent.body, intent.requestid, intent.operation)
        except Refused as problem:
            return Done(intent, None, problem)
        return Done(intent, answer)

    def _batch(self, intents: Sequence[Intent]) -> list[Done]:
        items = [BatchItem(each.bid, each.operation, each.entity, each.body) for each in intents]
        answers = self._quickbooks.batch(items, intents[0].batch)
        done = []
        for intent in intents:
            answer = answers.get(intent.bid)
            if answer is None:
                problem: QuickBooksProblem = AnswerUnknown("the batch's answer lacks this item")
                done.append(Done(intent, None, problem))
            elif isinstance(answer, QuickBooksProblem):
                done.append(Done(intent, None, answer))
            else:
                done.append(Done(intent, answer))
        return done

    def _close(self, done: Sequence[Done]) -> None:
        """Answers and what follows from them, in one transaction. An unknown one stays open."""
        intents = self._services.ledger.intents
        answers = {each.intent.id: _kept(each.answer) for each in done if each.answer is not None}
        faults = {
            each.intent.id: _fault(each.problem)
            for each in done
            if each.answer is None and not isinstance(each.problem, AnswerUnknown)
        }
        with self._services.ledger.together() as connection:
            intents.answered(connection, answers)
            intents.refused(connection, faults)
            self._follow(connection, [each for each in done if each.answer is not None])
        for each in done:
            _note(each)

    def _follow(self, connection: Connection, done: Sequence[Done]) -> None:
        """An invoice that QuickBooks has is linked; one that it has e-mailed is known as sent."""
        invoices = [each for each in done if each.intent.entity == "Invoice"]
        if not invoices:
            return
        links, now = self._services.ledger.links, self._services.now()
        before = links.invoices(self._realm_id, [each.intent.od_invoice_id for each in invoices])
        after: list[InvoiceLink] = []
        customers: dict[tuple[str, str], str] = {}
        for each in invoices:
            intent, seen = each.intent, read_invoice(each.answer or {})
            link = before.get(intent.od_invoice_id)
            if intent.operation != "send":
                sent_at = link.sent_at if link else None  # it was e-mailed once, whatever was changed since
                after.append(_link(intent, seen, now, sent_at))
                customers[intent.context["od_customer_id"], intent.context["currency"]] = seen.customer_id
            elif link is not None:
                sent = _sent_link(link, intent, seen, now)
                after.append(sent)
                if sent.fingerprint != link.fingerprint:
                    noted, od_id = self._services.ledger.noted, link.od_invoice_id
                    noted.remark(connection, self._realm_id, od_id, link.fingerprint, sent.fingerprint)
        links.put_customers(connection, self._realm_id, customers)
        links.put_invoices(connection, after)

    def settle(self) -> None:
        """Find out what became of every intent without an answer. Raises `AnswerUnknown` and the like when QuickBooks
        still does not say: nothing new may begin then."""
        waiting = self._services.ledger.intents.unknown(self._realm_id)
        for _, group in groupby(waiting, key=lambda intent: intent.batch or intent.requestid):
            self._settle(list(group))

    def _settle(self, intents: list[Intent]) -> None:
        found = [Done(intent, self._read(intent)) for intent in intents]
        known = [each for each in found if each.answer is not None]
        _log.info("%d of %d unanswered requests found done", len(known), len(intents))
        left = [each.intent for each in found if each.answer is None]
        unknown: list[AnswerUnknown] = []
        whole = not intents[0].batch or len(self._services.ledger.intents.of_batch(intents[0].batch)) == len(intents)
        if left and whole:
            # The very same request again, under the same requestid. A batch of which a part is there already may still
            # be under way, or that part is somebody else's: the rest keeps its requestid all the same.
            unknown = [each.problem for each in self._send(left) if isinstance(each.problem, AnswerUnknown)]
        elif left:  # its batch was answered, and this failed there: it was not done, and is planned anew
            problem = Refused.unseen("the rest of its batch was done, this was not")
            self._close([Done(intent, None, problem) for intent in left])
        self._close(known)
        if unknown:
            raise unknown[0]

    def _read(self, intent: Intent) -> Mapping[str, Any] | None:
        """What QuickBooks has of this intent, None where it has nothing (yet)."""
        if intent.operation == "send":
            return self._sent(intent)
        if intent.operation == "update":
            return self._updated(intent)
        rows = self._quickbooks.query_all(intent.entity, where_created(intent.entity, intent.body))
        if intent.entity != "Invoice":
            return rows[0] if rows else None
        found = marked(rows, marker(intent.od_invoice_id))
        return as_created(found, intent.body, decimal_from_text(intent.context["total"])) if found else None

    def _sent(self, intent: Intent) -> Mapping[str, Any] | None:
        raw = self._quickbooks.read("Invoice", id_of(intent.body))
        if raw is None:
            return None
        return raw if was_sent(read_invoice(raw), intent.context.get("delivered_at", "")) else None

    def _updated(self, intent: Intent) -> Mapping[str, Any] | None:
        raw = self._quickbooks.read(intent.entity, id_of(intent.body))
        return raw if raw is not None and was_updated(intent.entity, raw, intent.body) else None


def _kept(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is kept of an answer; `intuit_tid` is what Intuit's support asks for. One that was read later has none."""
    tid = getattr(answer, "tid", "")
    return {**answer, "intuit_tid": tid} if tid else answer


def _fault(problem: QuickBooksProblem | None) -> dict[str, Any]:
    """What is kept of a refusal; `intuit_tid` is what Intuit's support asks for."""
    told: dict[str, Any] = {"problem": type(problem).__name__, "text": str(problem)}
    if isinstance(problem, Refused):
        told["faults"] = [
            {name: value for name in fault.__slots__ if (value := getattr(fault, name)) and name != "tid"}
            for fault in problem.faults
        ]
    if tid := getattr(problem, "tid", ""):
        told["intuit_tid"] = tid
    return told


def _note(done: Done) -> None:
    """Into the log, without names: which request of which invoice ended how."""
    intent, problem = done.intent, done.problem
    ended = "done" if done.answer is not None else f"not done ({type(problem).__name__})"
    codes = ",".join(sorted(problem.codes)) if isinstance(problem, Refused) else ""
    _log.info(
        "%s %s for invoice %s: %s%s",
        intent.operation,
        intent.entity,
        intent.od_invoice_id,
        ended,
        f", code {codes}" if codes else "",
        extra={
            "realm": intent.realm_id,
            "invoice": intent.od_invoice_id,
            "requestid": intent.requestid,
            "intuit_tid": getattr(problem or done.answer, "tid", ""),
        },
    )


def _sent_link(link: InvoiceLink, intent: Intent, seen: BooksInvoice, now: datetime) -> InvoiceLink:
    """The link of an invoice that was e-mailed. Sending writes the address and nothing else: any other edit meanwhile
    is to be noticed, so what the link remembers moves on only where the address is all that differs."""
    before = intent.context.get("email")
    ours = before is not None and fingerprint_to(seen.written, before) == link.fingerprint
    return dataclasses.replace(
        link, state="sent", sent_at=now, fingerprint=seen.fingerprint if ours else link.fingerprint
    )


def _link(intent: Intent, seen: BooksInvoice, now: datetime, sent_at: datetime | None) -> InvoiceLink:
    context = intent.context
    return InvoiceLink(
        realm_id=intent.realm_id,
        od_invoice_id=intent.od_invoice_id,
        od_number=context["od_number"],
        qbo_id=seen.id,
        qbo_number=seen.number,
        content_hash=context["content_hash"],
        fingerprint=seen.fingerprint,
        currency=context["currency"],
        total=context["total"],
        qbo_total=plain(seen.total),
        state="copied",
        rules_hash=context["rules_hash"],
        trail=context["trail"],
        copied_at=now,
        sent_at=sent_at,
    )
