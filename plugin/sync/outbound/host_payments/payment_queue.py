"""Writes payments of the host to QuickBooks: several in one batch; those that depend on the results of others come
after these. Decides nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from onedesk_quickbooks.plugin.ledger import PAY, UNPAY, Connected, KeyProblem, LedgerMoved, OutboxEntry, Request, Work
from onedesk_quickbooks.plugin.model.books import BooksPayment
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.payment_plan import PaymentPlan
from onedesk_quickbooks.plugin.model.plan import Held
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.qbo import (
    PAYMENT,
    AnswerUnknown,
    QuickBooksProblem,
    Refused,
    Throttled,
    payment_body,
    read_payment,
    undo_body,
)
from onedesk_quickbooks.plugin.sync.outbound.coming import Coming
from onedesk_quickbooks.plugin.sync.outbound.host_payments.payment_lookup import PaymentAsked, PaymentSeen, apart
from onedesk_quickbooks.plugin.sync.outbound.host_payments.planner import PaymentPlanner, decided_row, planned_row
from onedesk_quickbooks.plugin.sync.outbound.outbox import Dispatcher, Done, Lacking
from onedesk_quickbooks.plugin.sync.outbound.recover import Recovery
from onedesk_quickbooks.plugin.sync.outbound.stages import Ended, Stumbled, Waiting
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import Text, joined, text_in

_log = logging.getLogger("onedesk_quickbooks.sync")
UNDONE = Text(
    "An error in the plugin interrupted the payment; see the log. The next attempt first looks up what QuickBooks has "
    "of it."
)


@dataclass(frozen=True, slots=True)
class _Planned:
    asked: PaymentAsked
    plan: PaymentPlan


class PaymentQueue:
    """Processes the payments of one chunk. `calls` counts requests, those for several payments by the first one's
    row."""

    def __init__(self, services: Services, connected: Connected, dispatcher: Dispatcher) -> None:
        self._services = services
        self._realm_id = connected.realm_id
        self._dispatcher = dispatcher
        self._planner = PaymentPlanner(services, connected)
        self._stages: dict[int, Ended | Waiting] = {}
        self._problem: QuickBooksProblem | None = None
        self.calls: dict[int, int] = {}

    def run(self, works: Sequence[Work], problem: QuickBooksProblem | None) -> list[Ended | Waiting]:
        """The result of each. `problem` is an earlier problem of the company: then all wait. So do the payments after
        an unanswered one."""
        self._problem = problem
        asked = [found for work in works if (found := self._opened(work)) is not None]
        while asked:
            before = self._services.calls["all"]
            later = self._attempt(asked)
            self.calls[asked[0].work.id] = self._services.calls["all"] - before
            asked = later
        return [self._stages[work.id] for work in works]

    def _opened(self, work: Work) -> PaymentAsked | None:
        """None for one that already has its stage."""
        if self._problem is not None:
            self._wait([work], self._problem)
            return None
        try:
            asked = self._planner.opened(work)
            again = self._asked_again(asked)
        except Refused as refusal:
            again = Waiting(work, refusal) if refusal.do == "stop" else _refused(work, refusal)
        except QuickBooksProblem as found:
            again = Waiting(work, found)
        except (NotNow, KeyProblem, LedgerMoved):
            raise
        except Exception:
            again = _failed(work)
        if again is not None:
            self._keep(again)
        return asked if again is None else None

    def _keep(self, stage: Ended | Waiting) -> None:
        self._stages[stage.work.id] = stage
        if isinstance(stage, Waiting):
            self._problem = stage.problem

    def _wait(self, works: Iterable[Work], problem: QuickBooksProblem) -> None:
        for work in works:
            self._keep(Waiting(work, problem))

    def _attempt(self, asked: Sequence[PaymentAsked]) -> list[PaymentAsked]:
        """Process them; returns those that depend on the results of others of them. A refusal of QuickBooks as a whole
        may be caused by a single one: then each is tried separately."""
        try:
            return self._together(asked)
        except QuickBooksProblem as problem:
            left = self._left(asked)
            if not isinstance(problem, Refused) or problem.do == "stop":
                self._wait([each.work for each in left], problem)
            elif len(asked) == 1:
                self._keep(_refused(asked[0].work, problem))
            else:
                for each in left:
                    self._attempt([each])
        except (NotNow, KeyProblem, LedgerMoved):
            raise
        except Exception:
            if len(asked) == 1:
                self._keep(_failed(asked[0].work))
            else:
                _log.exception(
                    "an error while the payments %s were processed",
                    ", ".join(each.work.od_invoice_id for each in asked),
                )
                self._wait([each.work for each in self._left(asked)], Stumbled())
        return []

    def _left(self, asked: Sequence[PaymentAsked]) -> list[PaymentAsked]:
        return [each for each in asked if each.work.id not in self._stages]

    def _together(self, asked: Sequence[PaymentAsked]) -> list[PaymentAsked]:
        if self._problem is not None:
            self._wait([each.work for each in asked], self._problem)
            return []
        now, later = apart(self._planner.look(asked))
        planned = [found for each in now if (found := self._planned(each)) is not None]
        made: dict[int, BooksPayment] = {}
        made |= self._write(planned, self._taking_back)
        made |= self._write([each for each in planned if each.asked.work.id not in self._stages], self._recording)
        for each in planned:
            if each.asked.work.id not in self._stages:
                self._keep(_done(each.asked, each.plan, made.get(each.asked.work.id)))
        return [each.asked for each in later]

    def _planned(self, seen: PaymentSeen) -> _Planned | None:
        """None for one that is not carried out."""
        asked = seen.asked
        try:
            plan = self._planner.plan(seen, Coming())
            rows = [decided_row(asked)]
            if isinstance(plan, PaymentPlan):
                rows.append(planned_row(asked, plan))
        except (QuickBooksProblem, NotNow, KeyProblem, LedgerMoved):
            raise
        except Exception:
            self._keep(_failed(asked.work))
            return None
        self._dispatcher.goes_before(asked.work.id, rows)
        if isinstance(plan, PaymentPlan):
            return _Planned(asked, plan)
        self._keep(_not_done(asked, plan))
        return None

    def _write(
        self, planned: Sequence[_Planned], step: Callable[[_Planned], Request | None]
    ) -> dict[int, BooksPayment]:
        """QuickBooks' payments after this step of each, by the row."""
        requests = [(each, request) for each in planned if (request := step(each)) is not None]
        made: dict[int, BooksPayment] = {}
        done = self._dispatcher.dispatch([request for _, request in requests])
        for (each, _), one in zip(requests, done, strict=True):
            if one.answer is None:
                self._keep(self._blame(each.asked, one))
            else:
                made[each.asked.work.id] = read_payment(one.answer)
        return made

    def _asked_again(self, asked: PaymentAsked) -> Ended | Waiting | None:
        """A request for the payment that was given up may still be done late: it is repeated under its own requestid,
        so that QuickBooks makes one payment in every case. None where nothing blocks the payment any more."""
        entries = self._services.ledger.outbox.of_payment(self._realm_id, asked.payment.key)
        left = next((each for each in entries if each.step == PAY and each.state == "given_up"), None)
        if left is None:
            return None
        try:
            done = self._dispatcher.send([left])[0]
        except AnswerUnknown as problem:
            if not problem.failed:
                raise
            return _fails(asked.work, left)
        if isinstance(done.problem, Lacking):
            # The result of its batch is known by now and does not include this one: it will not be done.
            self._dispatcher.close([Done(left, None, Refused.unseen(Text("it was not done")))])
            return None
        if isinstance(done.problem, AnswerUnknown) and done.problem.failed:
            return _fails(asked.work, left)
        return self._blame(asked, done) if isinstance(done.problem, (Throttled, AnswerUnknown)) else None

    def _taking_back(self, planned: _Planned) -> Request | None:
        plan = planned.plan
        if plan.voids is None:
            return None
        return self._request(planned.asked, UNPAY, "void", undo_body(plan.voids.id, plan.sync_token))

    def _recording(self, planned: _Planned) -> Request | None:
        draft = planned.plan.draft
        if draft is None:
            return None
        body = payment_body(draft, {each.od_invoice_id: each.invoice.id for each in draft.lines})
        return self._request(planned.asked, PAY, "create", body)

    def _request(self, asked: PaymentAsked, step: str, operation: str, body: Mapping[str, object]) -> Request:
        work, payment = asked.work, asked.payment
        context = {"od_number": payment.name, "content": payment.content, "invoices": asked.invoices}
        return Request(self._realm_id, work.id, work.od_invoice_id, step, operation, PAYMENT, body, context)

    def _blame(self, asked: PaymentAsked, done: Done) -> Ended | Waiting:
        problem = done.problem
        if isinstance(problem, (Throttled, AnswerUnknown)):
            return Waiting(asked.work, problem)
        if not isinstance(problem, Refused):
            return _held(asked.work, text_in(problem) if problem else Text("it was not done"))
        sentence = Text(
            "QuickBooks refuses the payment {name}: {problem}", name=asked.payment.name, problem=problem.sentence
        )
        stops = problem if problem.do == "stop" else None
        return _held(asked.work, sentence, f"quickbooks-{problem.code or 'refused'}", stops)


def _held(work: Work, reason: str, code: str = "", stops: QuickBooksProblem | None = None) -> Ended:
    outcome = Outcome(work.od_invoice_id, work.action, "held", reason)
    return Ended(work, outcome, stops=stops, codes=(code,) if code else ())


def _refused(work: Work, refusal: Refused) -> Ended:
    return _held(work, refusal.sentence, f"quickbooks-{refusal.code or 'refused'}")


def _fails(work: Work, entry: OutboxEntry) -> Ended:
    """Its request was answered with one more failure."""
    found = Recovery.given_up([entry])
    return _held(work, found.reason if found else "", "quickbooks-fails")


def _failed(work: Work) -> Ended:
    """Called where an exception is handled."""
    _log.exception("an error while the payment %s was processed", work.od_invoice_id)
    return Ended(work, Outcome(work.od_invoice_id, work.action, "failed", UNDONE), codes=("error",))


def _not_done(asked: PaymentAsked, plan: Held) -> Ended:
    codes = tuple(dict.fromkeys(each.code for each in plan.reasons))
    rule_ids = asked.decisions.rule_ids
    outcome = Outcome(
        plan.invoice_id, asked.work.action, plan.outcome, plan.reason, total=plan.total, rule_ids=rule_ids
    )
    return Ended(asked.work, outcome, codes=codes)


def _done(asked: PaymentAsked, plan: PaymentPlan, made: BooksPayment | None) -> Ended:
    existing = made.id if made else plan.existing.id if plan.existing else ""
    outcome = Outcome(
        id=plan.invoice_id,
        action=asked.work.action,
        outcome=plan.outcome,
        reason=joined(" ", (each.sentence for each in plan.notes)),
        qbo_id=existing,
        qbo_number=made.reference if made else plan.existing.name if plan.existing else "",
        total=plan.total,
        qbo_total=Money.in_quickbooks(made.total, made.currency or plan.total.currency) if made else None,
        rule_ids=asked.decisions.rule_ids,
    )
    return Ended(asked.work, outcome)
