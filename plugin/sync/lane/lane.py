"""One company's lane: what the host asked for, a chunk at a time, from the queue to QuickBooks and back to the host.

settle what was never answered -> take rows -> decide -> look -> plan -> customers and items -> invoices
  -> compare totals -> e-mails -> tell the host -> settle the rows
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from onedesk_quickbooks.plugin.ledger import Connected, Work
from onedesk_quickbooks.plugin.model.host import NotNow
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.names import similar_item_key, similar_key
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.plan import Held, Plan, Reason
from onedesk_quickbooks.plugin.planning import Before, make_plan
from onedesk_quickbooks.plugin.qbo import QuickBooksProblem, Refused
from onedesk_quickbooks.plugin.sync.border import read_invoice
from onedesk_quickbooks.plugin.sync.lane.executing import Executor
from onedesk_quickbooks.plugin.sync.lane.job import Job
from onedesk_quickbooks.plugin.sync.lane.looking import Looker, Wanted
from onedesk_quickbooks.plugin.sync.lane.putting import Putter
from onedesk_quickbooks.plugin.sync.lane.snapshot import Snapshot
from onedesk_quickbooks.plugin.sync.office import Office
from onedesk_quickbooks.plugin.sync.problems import InvalidInvoice
from onedesk_quickbooks.plugin.sync.telling import not_taken, tell

_log = logging.getLogger("onedesk_quickbooks.sync")

CHUNK = 30
"""Invoices taken together: what one batch may hold (qbo-api.md 3.9)."""
HOST_WAIT = timedelta(seconds=30)
"""How long a row waits when the host did not take its outcome."""
_LOOK_AGAIN = frozenset(
    {"tax-code-missing", "tax-code-not-for-sales", "account-missing", "term-missing", "class-missing"}
)

_OUTDATED = frozenset(f"quickbooks-{code}" for code in ("610", "2500", "6140", "6240", "6250"))
"""Refusals that an outdated snapshot explains: something is inactive, or was made by somebody else meanwhile."""


class Lane:
    """Works off the queue of one company. Nobody else may do so at the same time: the caller holds the lease."""

    def __init__(self, office: Office, connected: Connected, snapshot: Snapshot | None = None) -> None:
        """`snapshot`: plan by it instead of asking QuickBooks for every chunk."""
        self._snapshot = snapshot
        self._office = office
        self._connected = connected
        self._realm_id = connected.realm_id
        self._executor = Executor(office, connected.realm_id)

    def run(self, limit: int, progress: Callable[[Outcome], None]) -> None:
        """One chunk of at most `limit` invoices; `progress` hears every outcome. Raises the `QuickBooksProblem` that
        concerns more than one invoice; what was reached until then is kept and told."""
        self._executor.settle()
        works = self._office.ledger.queue.next(self._realm_id, limit)
        opened = [self._open(work) for work in works]
        jobs = self._distinct([job for job in opened if job is not None])
        calls = self._office.calls["all"]
        self._attempt(jobs)
        if jobs:
            jobs[0].calls += self._office.calls["all"] - calls - sum(job.calls for job in jobs)
        self._finish(jobs, progress)
        for job in jobs:
            if (found := job.stops or job.later) is not None:
                raise found

    def plan(self, invoice: Invoice, action: str) -> Plan | Held:
        """What would be done for one invoice: looks at QuickBooks, changes nothing. Raises `QuickBooksProblem`."""
        stamp = self._office.now()
        work = Work(
            0, self._realm_id, invoice.id, invoice.number, action, "", {}, "todo", 0, None, "", None, stamp, stamp
        )
        job = Job(work, invoice, self._office.decide(invoice, self._connected))
        self._plan([job])
        if job.plan is not None:
            return job.plan
        reasons = job.held or [Reason("error", job.failed)]
        return Held(invoice.id, invoice.number, tuple(reasons), job.decisions)

    def _attempt(self, jobs: Sequence[Job]) -> None:
        """Work on them. What QuickBooks refuses as a whole may be about one of them alone: then each is tried by
        itself, and held where it is, so that it keeps no other from going."""
        try:
            self._work(jobs)
        except QuickBooksProblem as problem:
            left = [job for job in jobs if not job.settled]
            if not isinstance(problem, Refused) or problem.do == "stop":
                for job in left:
                    job.later = problem
            elif len(jobs) == 1:
                left[0].hold(f"quickbooks-{problem.code or 'refused'}", problem.sentence)
            else:
                self._one_by_one(left)

    def _one_by_one(self, jobs: Sequence[Job]) -> None:
        later: QuickBooksProblem | None = None
        for job in jobs:
            did, job.plan, job.notes, job.later = job.did, None, [], later
            if later is None:
                self._attempt([job])
                later = job.later
            job.did = did if did and job.did == "unchanged" else job.did

    def _work(self, jobs: Sequence[Job]) -> None:
        self._plan([job for job in jobs if not job.settled], self._snapshot)
        putter = Putter(self._office, self._connected, self._executor, self._snapshot)
        putter.put(jobs)
        outdated = [job for job in jobs if self._snapshot and _OUTDATED & {reason.code for reason in job.held}]
        if self._snapshot and outdated:
            self._plan_anew(outdated, self._snapshot)
            putter.put(outdated)
        for job in jobs:
            if job.going:
                self._compare(job)
        for job in jobs:
            if job.going:
                before = self._office.calls["all"]
                putter.send(job)
                job.calls += self._office.calls["all"] - before
                job.finished = True

    def _plan_anew(self, jobs: Sequence[Job], snapshot: Snapshot) -> None:
        """QuickBooks refused what the snapshot had said: somebody else was quicker. Look for real, once."""
        snapshot.forget()
        for job in jobs:
            job.held, job.notes, job.plan = [], [], None
        self._plan(jobs, None)

    def _open(self, work: Work) -> Job | None:
        """The invoice as it stands in the host now, with what the rules decide; None where it is gone."""
        job = Job(work)
        try:
            source = self._office.host.read_invoice(work.od_invoice_id)
            if source is None:
                self._office.ledger.queue.forget(work.od_invoice_id, "the host has this invoice no more")
                return None
            job.invoice = read_invoice(source)
            job.decisions = self._office.decide(job.invoice, self._connected)
        except InvalidInvoice as problem:
            job.hold("invalid-invoice", f"The invoice cannot be read: {problem}")
        except NotNow:
            raise  # the host's trouble, and soon over: everything waits
        except Exception:
            _log.exception("invoice %s could not be decided", work.od_invoice_id)
            job.failed = "An error in the plugin or the host kept the invoice from being read; see the log."
        return job

    @staticmethod
    def _distinct(jobs: Sequence[Job]) -> list[Job]:
        """Two invoices of one number are not planned in the same look: the second would not see the first."""
        numbers: set[str] = set()
        taken = []
        for job in jobs:
            number = job.invoice.number if job.invoice else ""
            if not number or number not in numbers:
                numbers.add(number)
                taken.append(job)
        return taken

    def _plan(self, jobs: Sequence[Job], snapshot: Snapshot | None = None) -> None:
        links = self._office.ledger.links.invoices(self._realm_id, [job.work.od_invoice_id for job in jobs])
        wanted = []
        for job in jobs:
            job.link = links.get(job.work.od_invoice_id)
            if job.invoice is None or job.decisions is None:
                raise ValueError("an open job has its invoice and decisions")
            wanted.append(Wanted(job.invoice, job.decisions, job.link))
        if not wanted:
            return
        looker = Looker(self._office, self._connected, snapshot)
        for job, seen in zip(jobs, looker.look(wanted), strict=True):
            job.seen = seen
            self._plan_one(job)
        self._in_turn(jobs)
        self._look_again([job for job in jobs if _LOOK_AGAIN & {reason.code for reason in job.held}])

    @staticmethod
    def _in_turn(jobs: Sequence[Job]) -> None:
        """Two invoices that would make the same customer in two currencies, one customer for two customers of the
        host, one item on two accounts, or two records that are alike: the second waits for the next look, which sees
        what the first has made."""
        made: dict[str, str] = {}
        for job in jobs:
            claims = _claims(job)
            if any(made.get(what, whose) != whose for what, whose in claims.items()):
                job.plan = None
            else:
                made.update(claims)

    def _plan_one(self, job: Job) -> None:
        before = None
        if job.link is not None:
            before = Before(job.link.qbo_id, job.link.content_hash)
        elif job.seen is not None and job.seen.adopted is not None:
            before = Before(job.seen.adopted.id, "")
        if job.invoice is None or job.decisions is None or job.seen is None:
            raise ValueError("only what was looked up is planned")
        account, code = self._connected.default_income_account, self._connected.default_tax_code
        try:
            plan = make_plan(job.invoice, job.decisions, job.seen.books, account, code, job.work.action, before)
        except Exception:
            _log.exception("invoice %s could not be planned", job.work.od_invoice_id)
            job.failed = "An error in the plugin kept the invoice from being planned; see the log."
            return
        if isinstance(plan, Held):
            job.held = list(plan.reasons)
            return
        job.plan = plan
        job.notes = list(plan.notes)

    def _look_again(self, jobs: Sequence[Job]) -> None:
        """The rules name an account, tax code or term that was not there ten minutes ago: perhaps it is now."""
        if not jobs:
            return
        fresh = self._office.reference(self._connected, timedelta(0))
        for job in jobs:
            if job.seen is not None:
                job.held = []
                job.seen = job.seen.with_reference(fresh)
                self._plan_one(job)

    def _compare(self, job: Job) -> None:
        """Held before any e-mail: a total that QuickBooks makes otherwise, or an e-mail that would ask for too much."""
        plan, qbo = job.plan, job.qbo
        if plan is None or qbo is None:
            return
        theirs = Money(qbo.total, qbo.currency)
        if qbo.currency != plan.total.currency:
            job.hold("currency-differs", f"QuickBooks took the invoice in {qbo.currency}, OneDesk has {plan.total}.")
        elif plan.total.differs(theirs, plan.decisions.tolerance):
            sentence = (
                f"QuickBooks makes the total {theirs}, OneDesk {plan.total}: it was copied, but is "
                "not e-mailed. Compare the taxes of both, correct the invoice or the tax rules, and copy it again."
            )
            if plan.decisions.when_total_differs == "hold":
                job.hold("total-differs", sentence)
            else:
                job.notes.append(Reason("total-differs", sentence))
        if plan.withhold is not None and not job.held:
            job.held.append(plan.withhold)

    def _finish(self, jobs: Sequence[Job], progress: Callable[[Outcome], None]) -> None:
        """Tell the host, then settle the rows: the other way round a crash would leave the host untold."""
        told: list[tuple[Job, Outcome]] = []
        for job in jobs:
            if not job.settled:
                continue
            outcome = job.outcome()
            try:
                tell(self._office.host, self._office.settings, outcome, job.sent_to)
            except Exception as problem:
                not_taken(f"the outcome of invoice {job.work.od_invoice_id}", problem)
                self._postpone([job], "the host did not take the outcome; it is told again", HOST_WAIT)
                continue
            told.append((job, outcome))
        kept = ("held", "failed")
        done = [(job.work, each.outcome if each.outcome in kept else "done", each) for job, each in told]
        with self._office.ledger.together() as connection:
            self._office.ledger.queue.settle(connection, done)
        for _, outcome in told:
            about = {"realm": self._realm_id, "invoice": outcome.id}
            _log.info("%s of invoice %s: %s", outcome.action, outcome.id, outcome.outcome, extra=about)
            progress(outcome)
        later = [job for job in jobs if job.later is not None]
        if later:
            self._postpone(later, str(later[0].later), timedelta(0))  # the engine knows how long

    def _postpone(self, jobs: Sequence[Job], reason: str, wait: timedelta) -> None:
        self._office.ledger.queue.postpone([job.work.id for job in jobs], reason, self._office.now() + wait)


def _claims(job: Job) -> dict[str, str]:
    """What a planned invoice is the first to make or to link, and for whom or how: names that are alike claim one."""
    plan, invoice, seen = job.plan, job.invoice, job.seen
    if plan is None or invoice is None or seen is None:
        return {}
    drafts = [item.draft for item in plan.items if item.draft]
    claims = {
        f"item {similar_item_key(each.name)}": f"{each.income_account.id} {each.name.casefold()}" for each in drafts
    }
    customer, ruled = plan.customer, bool(plan.decisions.customer.by_name)
    whose = "" if ruled else invoice.customer.id
    if customer.draft:
        name = customer.draft.display_name
        claims[f"customer {similar_key(name)}"] = f"{customer.draft.currency} {name.casefold()} {whose}"
    elif customer.existing and not ruled and invoice.customer.id not in seen.books.customer_links:
        claims[f"known customer {customer.existing.id}"] = whose
    return claims
