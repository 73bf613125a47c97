"""Payments of the host carried out in QuickBooks, one after the other: what is open on an invoice is known only once
those before it stand there. Decides nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence

from onedesk_quickbooks.plugin.ledger import PAY, UNPAY, Connected, KeyProblem, Request, Work
from onedesk_quickbooks.plugin.model.books import BooksPayment
from onedesk_quickbooks.plugin.model.host import NotNow
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.payment_plan import PaymentDraft, PaymentPlan
from onedesk_quickbooks.plugin.model.plan import Held
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
from onedesk_quickbooks.plugin.sync.outbound.host_payments.look import PaymentAsked
from onedesk_quickbooks.plugin.sync.outbound.host_payments.planner import PaymentPlanner, decided_row, planned_row
from onedesk_quickbooks.plugin.sync.outbound.outbox import Dispatcher, Done
from onedesk_quickbooks.plugin.sync.outbound.stages import Ended, Waiting
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import Text, joined, text_in

_log = logging.getLogger("onedesk_quickbooks.sync")
UNDONE = Text(
    "An error in the plugin kept the payment from being done; see the log. What QuickBooks has of it is looked up"
    " before anything else is written."
)


class PaymentLane:
    """Works off the payments of one chunk."""

    def __init__(self, services: Services, connected: Connected, dispatcher: Dispatcher) -> None:
        self._services = services
        self._realm_id = connected.realm_id
        self._dispatcher = dispatcher
        self._planner = PaymentPlanner(services, connected)

    def run(self, works: Sequence[Work], problem: QuickBooksProblem | None) -> Iterator[tuple[Ended | Waiting, int]]:
        """What becomes of each, with the requests that it took. `problem` is what the company met before: then they
        wait. So do those behind one that is not answered."""
        for work in works:
            if problem is not None:
                yield Waiting(work, problem), 0
                continue
            before = self._services.calls["all"]
            ended = self._tried(work)
            if isinstance(ended, Waiting):
                problem = ended.problem
            yield ended, self._services.calls["all"] - before

    def _tried(self, work: Work) -> Ended | Waiting:
        try:
            return self._one(work)
        except Refused as refusal:
            if refusal.do == "stop":
                return Waiting(work, refusal)
            return self._held(work, refusal.sentence, code=f"quickbooks-{refusal.code or 'refused'}")
        except QuickBooksProblem as found:
            return Waiting(work, found)
        except (NotNow, KeyProblem):
            raise
        except Exception:
            _log.exception("an error met the payment %s", work.od_invoice_id)
            return Ended(work, Outcome(work.od_invoice_id, work.action, "failed", UNDONE), codes=("error",))

    def _one(self, work: Work) -> Ended | Waiting:
        asked = self._planner.opened(work)
        again = self._asked_again(asked)
        if again is not None:
            return again
        plan = self._planner.plan(asked, Coming())
        rows = [decided_row(asked)]
        if isinstance(plan, PaymentPlan):
            rows.append(planned_row(asked, plan))
        self._dispatcher.goes_before(work.id, rows)
        if isinstance(plan, Held):
            return _not_done(asked, plan)
        for request in self._requests(asked, plan):
            done = self._dispatcher.dispatch([request])[0]
            if done.answer is None:
                return self._blame(asked, done)
            made = read_payment(done.answer)
        return _done(asked, plan, made if plan.draft or plan.voids else None)

    def _asked_again(self, asked: PaymentAsked) -> Ended | Waiting | None:
        """A request for the payment that was given up may be done late: it is asked once more under its own requestid,
        so that QuickBooks makes one payment, whatever comes of it. None where there is nothing in the way any more."""
        entries = self._services.ledger.outbox.of_payment(self._realm_id, asked.payment.key)
        left = next((each for each in entries if each.step == PAY and each.state == "given_up"), None)
        if left is None:
            return None
        done = self._dispatcher.send([left])[0]
        return self._blame(asked, done) if isinstance(done.problem, (Throttled, AnswerUnknown)) else None

    def _requests(self, asked: PaymentAsked, plan: PaymentPlan) -> Iterator[Request]:
        """In order: what is taken back first."""
        if plan.voids is not None:
            yield self._request(asked, UNPAY, "void", undo_body(plan.voids.id, plan.sync_token))
        if plan.draft is not None:
            yield self._request(asked, PAY, "create", self._body(plan.draft))

    def _body(self, draft: PaymentDraft) -> dict[str, object]:
        return payment_body(draft, {each.od_invoice_id: each.invoice.id for each in draft.lines})

    def _request(self, asked: PaymentAsked, step: str, operation: str, body: Mapping[str, object]) -> Request:
        work, payment = asked.work, asked.payment
        context = {"od_number": payment.name, "content": payment.content, "invoices": asked.invoices}
        return Request(self._realm_id, work.id, work.od_invoice_id, step, operation, PAYMENT, body, context)

    def _blame(self, asked: PaymentAsked, done: Done) -> Ended | Waiting:
        problem = done.problem
        if isinstance(problem, (Throttled, AnswerUnknown)):
            return Waiting(asked.work, problem)
        if not isinstance(problem, Refused):
            return self._held(asked.work, text_in(problem) if problem else Text("it was not done"))
        sentence = Text(
            "QuickBooks refuses the payment {name}: {problem}", name=asked.payment.name, problem=problem.sentence
        )
        stops = problem if problem.do == "stop" else None
        return self._held(asked.work, sentence, f"quickbooks-{problem.code or 'refused'}", stops)

    @staticmethod
    def _held(work: Work, reason: str, code: str = "", stops: QuickBooksProblem | None = None) -> Ended:
        outcome = Outcome(work.od_invoice_id, work.action, "held", reason)
        return Ended(work, outcome, stops=stops, codes=(code,) if code else ())


def _not_done(asked: PaymentAsked, plan: Held) -> Ended:
    codes = tuple(dict.fromkeys(each.code for each in plan.reasons))
    rule_ids = asked.decisions.rule_ids
    outcome = Outcome(
        plan.invoice_id, asked.work.action, plan.outcome, plan.reason, total=plan.total, rule_ids=rule_ids
    )
    return Ended(asked.work, outcome, codes=codes)


def _done(asked: PaymentAsked, plan: PaymentPlan, made: BooksPayment | None) -> Ended:
    stands = made.id if made else plan.stands.id if plan.stands else ""
    outcome = Outcome(
        id=plan.invoice_id,
        action=asked.work.action,
        outcome=plan.outcome,
        reason=joined(" ", (each.sentence for each in plan.notes)),
        qbo_id=stands,
        qbo_number=made.reference if made else plan.stands.name if plan.stands else "",
        total=plan.total,
        qbo_total=Money.in_quickbooks(made.total, made.currency or plan.total.currency) if made else None,
        rule_ids=asked.decisions.rule_ids,
    )
    return Ended(asked.work, outcome)
