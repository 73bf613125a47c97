"""What pages and commands call: connecting, settings, plans, the queue, status. Methods may wait for QuickBooks.

Modules that plan or that ask QuickBooks are imported inside the methods that need them: `status` and `queue` do
without.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from onedesk_quickbooks.plugin.app.inbox import Command
from onedesk_quickbooks.plugin.app.parts import Parts
from onedesk_quickbooks.plugin.ledger import (
    BOUNCED,
    DONE_BY_QUEUE,
    WITHDRAWN,
    Connected,
    LedgerAway,
    LedgerMoved,
    LedgerProblem,
    Reference,
    Work,
)
from onedesk_quickbooks.plugin.ledger.database.locks import RUN
from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.host import HostPaymentJson, InvoiceJson, Setting
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.sync.errors import CannotDecide
from onedesk_quickbooks.plugin.sync.host_notes import not_taken, show_waiting
from onedesk_quickbooks.plugin.sync.payload import read_invoice, read_user
from onedesk_quickbooks.plugin.texts import Text, text_in

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.model.payment_plan import AnyWorkPlan
    from onedesk_quickbooks.plugin.model.plan import AnyPlan
    from onedesk_quickbooks.plugin.model.resend_wish import Resend
    from onedesk_quickbooks.plugin.ops.doctor.checks import Check
    from onedesk_quickbooks.plugin.planning.adopt import Asked
    from onedesk_quickbooks.plugin.planning.adopt import Report as AdoptReport
    from onedesk_quickbooks.plugin.planning.reconcile import Listed, Report
    from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot
    from onedesk_quickbooks.plugin.ruleset.explain import Explanation
    from onedesk_quickbooks.plugin.sync.adopt.not_ours import NotOurs
    from onedesk_quickbooks.plugin.sync.adopt.taking_back import Report as TakenBack
    from onedesk_quickbooks.plugin.sync.inbound.payments import PaymentNews
    from onedesk_quickbooks.plugin.sync.outbound.coming import Coming
    from onedesk_quickbooks.plugin.sync.outbound.customer_links import CustomerLinks
    from onedesk_quickbooks.plugin.sync.outbound.foresight import Wish

HASTE = 2.0
"""Seconds that a command waits at its start for a ledger that another program has locked."""
PATIENCE = timedelta(seconds=20)
"""How long a command waits in all while QuickBooks cannot be reached."""
REFERENCE_AGE = timedelta(hours=1)


class AdminApi(Parts):
    """The facade for administrators: pages and commands."""

    def settings_to_show(self, user: str) -> list[Setting]:
        """The rows of Administration > Financials; an empty list for a user who may not administer."""
        return self.every_setting() if self.may_administer(read_user(user)) else []

    def every_setting(self) -> list[Setting]:
        """The same rows, without a check of the user."""
        from onedesk_quickbooks.plugin.app.financials import attention, changed, settings_to_show
        from onedesk_quickbooks.plugin.ops.status import paused

        try:
            connected = self._spoken()
            status = self.status()
            until, now = status.paused_until, self._services.now()
            waits = paused(until, status.paused_because) if until and until > now else None
            shown = settings_to_show(connected, self._connecting, self._services.rules, self.waiting_counts(), waits)
            alerts = attention(self.watcher.firing(status), connected)
            return [*shown, *changed(len(self.changes())), *alerts]
        except LedgerProblem as problem:
            return [Setting("away", Text("State"), "status", text_in(problem))]

    def _spoken(self) -> Connected | None:
        """The connected company; why it is stopped is in the present language."""
        connected = self.connected
        if connected is None or not connected.stopped_reason:
            return connected
        why = self._services.ledger.sentences.recalled([connected.stopped_reason])
        return dataclasses.replace(connected, stopped_reason=why[connected.stopped_reason])

    def may_administer(self, user: str) -> bool:
        """Whether the host lets this user administer."""
        return self._services.host.may_administer(user)

    def begin_connect(self, user: str, redirect_uri: str, bound: bool = False) -> str:
        """The URL to send the user's browser to; `bound`: only that browser may come back. Raises `ConnectProblem`."""
        return self._connecting.begin(user, redirect_uri, bound)

    def finish_connect(self, state: str, code: str, realm_id: str, replace: bool = False) -> Connected:
        """Complete the connection with the query that Intuit sent the browser back with. Raises `ConnectProblem`; then
        nothing was changed. For a company other than the one before it is `AnotherCompany`, and the call can be
        repeated with `replace`."""
        connected = self._connecting.finish(state, code, realm_id, replace)
        self._connection_cache.keep(connected)
        self._services.ledger.companies.succeeded(connected.realm_id)
        self._background.wake()
        return connected

    def disconnect(self, user: str = "") -> None:
        """Revoke the tokens at Intuit and delete them. Raises `ConnectProblem` when Intuit cannot be reached."""
        self._connecting.disconnect(user)
        self._connection_cache.keep(None)

    def choose(self, user: str, setting: str, value: str) -> None:
        """Set default_income_account or default_tax_code. Raises `ChoiceProblem` or `NotConnected`."""
        self._connecting.choose(setting, value, user)
        self._background.wake()

    def reference(self) -> Reference | None:
        """Accounts, tax codes and terms of the connected company, at most an hour old."""
        connected = self.connected
        return self._services.reference(connected, REFERENCE_AGE) if connected else None

    def drain(self, progress: Callable[[Outcome], None] | None = None, patience: timedelta = PATIENCE) -> list[Outcome]:
        """Process the queue until nothing is ready, in the calling thread; returns the outcomes in the order in which
        they were reached.

        Raises `NotConnected`, or `CompanyBusy` when another process works on the same data directory for too long.
        """
        return self._runner.drain(progress or (lambda outcome: None), patience)

    def report_pauses(self, report: Callable[[datetime, str], None]) -> None:
        """Call `report` with the time and the reason of each pause that this process waits for."""
        self._runner.pauses.on_wait = report

    def work_off(self, progress: Callable[[Outcome], None], more: Callable[[], bool]) -> None:
        """Like `drain`, for more invoices than are queued at once: `more` is called when nothing is ready; it queues
        more, and returns whether it did. Outcomes are not kept."""
        self._runner.work_off(progress, PATIENCE, more)

    @contextmanager
    def as_command(self, run: str, action: str = "copy", user: str = "", **facts: str) -> Iterator[str]:
        """Begin a run: what is queued inside the block is processed by this process alone. At the end, the rest is
        available to any process; after a `KeyboardInterrupt`, or when the process dies, it waits for a person. Gives
        the run. A copy or send that has asked for nothing is not kept as a run. While the ledger's database is
        unreachable no run is recorded there, and commands wait in files under its name. `facts` are those of the run,
        see `Run`."""
        known = self.known
        realm_id = known.realm_id if known else ""
        with ExitStack() as stack:
            try:
                stack.enter_context(self._services.ledger.locks.hold(f"{RUN}{run}", realm_id, 1.0))
                if realm_id:
                    with self._services.ledger.hasty(HASTE):
                        self._services.ledger.runs.begin(run, realm_id, action, user, facts)
            except LedgerAway:
                self._began_away = run
            self._services.run, self._services.asked_in = run, facts.get("of", run)
            try:
                yield run
            except Exception:
                self._let_go(realm_id, run)
                raise
            else:
                self._release(realm_id, run)
            finally:
                self._services.run = self._services.asked_in = ""
                if realm_id and run != self._began_away and action in ("copy", "send"):
                    self._leave_out(run)

    def _leave_out(self, run: str) -> None:
        """Forget a run that has asked for nothing; not while something waits in a file, which may be of the run."""
        with suppress(LedgerProblem, LedgerMoved, OSError), self._services.ledger.hasty(HASTE):
            if not self._inbox.any_waiting():
                self._services.ledger.runs.leave_out(run)

    _began_away = ""
    """The run that began while the ledger's database was unreachable, and is known only to the files."""

    def _release(self, realm_id: str, run: str) -> None:
        try:
            self._services.ledger.stopped_runs.release(realm_id, run)
        except LedgerAway:
            if run != self._began_away:
                raise
        self._inbox.release(run)

    def let_go(self, run: str) -> bool:
        """Make what a failed command leaves available to any process. False where that cannot be recorded now: then it
        waits for a person."""
        known = self.known
        return known is not None and self._let_go(known.realm_id, run)

    def _let_go(self, realm_id: str, run: str) -> bool:
        try:
            self._release(realm_id, run)
        except (LedgerProblem, LedgerMoved, OSError):
            return False
        return True

    def resume_run(self, run: str, user: str = "") -> int:
        """Make what a stopped command left available to any process; returns the number of entries. Raises
        `NotConnected`."""
        realm_id, ledger = self._services.connected().realm_id, self._services.ledger
        self._inbox.release(run)
        with ledger.together():
            released = ledger.stopped_runs.release(realm_id, run)
            ledger.audit.act(user, "resume", realm_id=realm_id, run=run, entries=released)
        self._background.wake()
        return released

    def hurry(self) -> None:
        """Prepare for the end of the process: each working thread finishes the chunk at hand, and waits for nothing."""
        self._runner.hurry()

    def unreported(self, work_id: int) -> Outcome | None:
        """What this process has done in QuickBooks for an entry, where the host did not accept that outcome."""
        return self._services.unreported.get(work_id)

    def waiting(self, invoice_id: str) -> str:
        """Why an invoice still waits ("" where it does not)."""
        work = self._services.ledger.queue.latest(invoice_id, DONE_BY_QUEUE)
        if work is None or work.state != "todo":
            return ""
        connected = self.connected
        stopped = connected.stopped_reason if connected else Text("no company is connected")
        why = stopped or work.reason
        return self._services.ledger.sentences.recalled([why])[why] if why else Text("it is queued")

    def retry(self, work_id: int, user: str = "") -> bool:
        """Queue an entry again that was held, failed or skipped. False for any other entry, and for one that a person
        decides by rule. For an e-mail that was not delivered, the invoice is sent again."""
        found = self._services.ledger.queue.get(work_id)
        if found is not None and found.action in WITHDRAWN and self._is_left(found):
            return False
        if found is not None and found.action == BOUNCED and found.state == "held":
            return self._sent_again(found, user)
        self._show_waiting(found)  # before the company queue can report an outcome
        with self._services.ledger.together():
            again = self._services.ledger.queue.retry(work_id)
            work = self._services.ledger.queue.get(work_id) if again else None
            if work is not None:
                self._act(user, "retry", work)
        if again:
            self._background.wake()
        return again

    def _is_left(self, work: Work) -> bool:
        """Whether a person does it in QuickBooks: the rules leave a withdrawn invoice to that, and it is known which it
        is there."""
        linked = self._services.ledger.links.invoice(work.realm_id, work.od_invoice_id) is not None
        return linked and self.undoing(work.invoice, work.action) == "hold"

    def _sent_again(self, work: Work, user: str) -> bool:
        """Send the invoice of an undelivered e-mail as the host has it now, and remove the entry. False where the host
        does not have the invoice as Open or Paid."""
        invoice = self._services.host.read_invoice(work.od_invoice_id)
        if invoice is None or invoice.get("status") not in ("open", "paid"):
            return False
        read_invoice(invoice)
        self._inbox.take(Command(work.realm_id, "send", invoice, user), away=self._away)
        self._act(user, "retry", work)
        self._background.wake()
        return True

    def _show_waiting(self, work: Work | None) -> None:
        """Show in the host that an entry is tried again; its outcome replaces the note."""
        if work is not None and work.action in ("copy", "send") and work.state in ("held", "failed", "skipped"):
            self._show_asked(work.od_invoice_id)

    def _show_asked(self, invoice_id: str) -> None:
        """Show in the host that an invoice waits for the company queue, before that can report an outcome."""
        connected = self.connected
        if connected is None:
            return
        link = self._services.ledger.links.invoice(connected.realm_id, invoice_id)
        try:
            show_waiting(self._services.host, self._services.settings, invoice_id, link)
        except Exception as problem:
            not_taken(f"that invoice {invoice_id} waits", problem)

    def _show_dropped(self, works: Sequence[Work], reason: str) -> None:
        """Show in the host the state in QuickBooks, in place of a queued or held one. What it does not accept now is
        shown later (reported.py)."""
        from onedesk_quickbooks.plugin.sync.dropped import show_dropped  # it imports the planner

        services, shown = self._services, []
        for work in works:
            try:
                show_dropped(services.ledger, services.host, services.settings, work, reason)
                shown.append(work.id)
            except Exception as problem:
                not_taken(f"that invoice {work.od_invoice_id} was taken out of the queue", problem)
        services.ledger.unconfirmed.shown(shown)

    def drop(self, works: Sequence[Work], reason: str, user: str = "") -> int:
        """Remove these entries from the queue: a person has handled them in another way, and gives the reason. Returns
        how many were removed."""
        return len(self._drop(works, reason, user))

    def _drop(self, works: Sequence[Work], reason: str, user: str) -> set[int]:
        """The same; returns the entries that were removed."""
        with self._services.ledger.together():
            dropped = self._services.ledger.queue.drop_all([work.id for work in works], reason)
            for work in works:
                if work.id in dropped:
                    self._act(user, "drop", work, reason=reason)
            self._services.ledger.unconfirmed.to_show(dropped)
        self._show_dropped([work for work in works if work.id in dropped], reason)
        return dropped

    def forget(self, invoice_id: str, reason: str, user: str = "") -> None:
        """Drop what is queued or held for an invoice, for a reason that a person gives."""
        ledger, connected = self._services.ledger, self.connected
        with ledger.together():
            waited = ledger.queue.open_of(connected.realm_id, invoice_id) if connected is not None else []
            if ledger.queue.forget(invoice_id, reason):
                ledger.audit.act(user, "drop", od_invoice_id=invoice_id, reason=reason)
            ledger.unconfirmed.to_show([work.id for work in waited])
        self._show_dropped(waited, reason)

    def _act(self, user: str, did: str, work: Work, **facts: Any) -> None:
        about = {"realm_id": work.realm_id, "od_invoice_id": work.od_invoice_id}
        self._services.ledger.audit.act(user, did, **about, entry=work.id, action=work.action, **facts)

    def changes(self) -> list[Work]:
        """Invoices that were changed in QuickBooks and wait for a person's decision; the oldest first."""
        connected = self.connected
        found = self._services.ledger.conflicts.waiting(connected.realm_id) if connected else []
        sentences = self._services.ledger.sentences.recalled(each.reason for each in found)
        return [dataclasses.replace(each, reason=sentences[each.reason]) for each in found]

    def to_choose(self) -> list[Work]:
        """The same, and the copies and sends that are held until a person chooses a version, each with both."""
        from onedesk_quickbooks.plugin.sync.inbound.resolve import held_copies

        found, connected = self.changes(), self.connected
        held = held_copies(self._services.ledger, connected.realm_id) if connected else []
        noted = {each.od_invoice_id for each in found}
        return [*found, *(each for each in held if each.od_invoice_id not in noted)]

    def settle_change(self, work_id: int, keep: str, user: str = "", by: str = "") -> str:
        """Resolve a conflict: the version of "quickbooks" or "onedesk" is kept; returns the actions that follow. `by`
        names the person in the audit trail, where the host does not know them as its `user`. Raises `CannotDecide`,
        `NotConnected` or `QuickBooksProblem`."""
        from onedesk_quickbooks.plugin.sync.inbound.resolve import ConflictResolver

        connected = self._services.connected()
        work = self._services.ledger.queue.get(work_id)
        if work is None or work.realm_id != connected.realm_id:
            raise CannotDecide(Text("There is no entry {n} of {company}.", n=work_id, company=connected.company.name))
        result = ConflictResolver(self._services, connected).settle(work, keep, user, by)
        self._services.flush_calls(connected.realm_id)
        self._background.wake()
        return result

    def customer_links(self, user: str = "") -> CustomerLinks:
        """The links of the host's customers to QuickBooks customers; `user` is who changes them. Raises
        `NotConnected`."""
        from onedesk_quickbooks.plugin.sync.outbound.customer_links import CustomerLinks

        return CustomerLinks(self._services, self._services.connected(), user)

    def bring_payments(self) -> list[PaymentNews]:
        """Look for payments now. Raises `NotConnected` or `QuickBooksProblem`."""
        return self._runner.bring()

    def records(self) -> Iterable[Listed] | None:
        """The host's invoices, each with what has been paid on it there; None where the host does not list them."""
        from onedesk_quickbooks.plugin.sync.reconcile import listed

        return listed(self._services.host)

    def reconcile(
        self, first: date | None, last: date | None, listed: Iterable[Listed] | None = None, ours: bool = False
    ) -> Report:
        """Compare both sides, see `Reconciler.report`. Raises `CannotReconcile`, `NotConnected` or
        `QuickBooksProblem`."""
        from onedesk_quickbooks.plugin.sync.reconcile import Reconciler

        connected = self._services.connected()
        try:
            return Reconciler(self._services, connected).report(first, last, listed, ours)
        finally:
            self._services.flush_calls(connected.realm_id)

    def adopt(
        self,
        asked: Asked,
        user: str = "",
        *,
        keep: bool = False,
        into_host: Callable[[InvoiceJson], None] | None = None,
    ) -> AdoptReport:
        """Match invoices that are in both systems without a link. With `keep` those that agree, or that a person names,
        are linked; no copy runs meanwhile. `into_host` stores an invoice that the host does not have yet. Nothing is
        written to QuickBooks. Raises `CannotAdopt`, `NotConnected`, `CompanyBusy` or `QuickBooksProblem`."""
        from onedesk_quickbooks.plugin.sync.adopt import Adopter

        with ExitStack() as stack:
            connected = stack.enter_context(self._runner.command_slice()) if keep else self._services.connected()
            stack.callback(self._services.flush_calls, connected.realm_id)
            adopter = Adopter(self._services, connected, user)
            report = adopter.look(asked)
            return adopter.adopt(report, into_host) if keep else report

    def not_ours(self, pairs: Mapping[str, str], user: str = "", *, keep: bool = False) -> NotOurs:
        """Whether these QuickBooks invoices with the marks of the host's, {host's id: QuickBooks' id}, can be those of
        another installation; with `keep` that is recorded, and a copy creates the host's. Nothing is written to
        QuickBooks. Raises `CannotAdopt`, `NotConnected`, `CompanyBusy` or `QuickBooksProblem`."""
        from onedesk_quickbooks.plugin.sync.adopt.not_ours import not_ours

        with ExitStack() as stack:
            connected = stack.enter_context(self._runner.command_slice()) if keep else self._services.connected()
            stack.callback(self._services.flush_calls, connected.realm_id)
            return not_ours(self._services, connected, pairs, user, keep=keep)

    def take_back_links(self, names: Sequence[str], user: str = "", *, keep: bool = False) -> TakenBack:
        """Which links that `adopt` has made of these invoices (ids or numbers) can be removed; with `keep` they are
        removed, and no copy runs meanwhile. Nothing in QuickBooks is read or changed. Raises `NotConnected` or
        `CompanyBusy`."""
        from onedesk_quickbooks.plugin.sync.adopt.taking_back import TakingBack

        with self._runner.command_slice() if keep else nullcontext(self._services.connected()) as connected:
            taking = TakingBack(self._services, connected, user)
            return taking.take_back(names) if keep else taking.look(names)

    def plan(
        self, invoice: InvoiceJson, action: str, coming: Coming | None = None, again: Resend | None = None
    ) -> AnyPlan:
        """Plan an invoice, and change nothing in QuickBooks. `coming`: what earlier plans are going to create; `again`:
        a person asks for one more e-mail.

        Raises `InvalidInvoice`, `NotConnected` or `QuickBooksProblem`.
        """
        from onedesk_quickbooks.plugin.model.payment_plan import PaymentPlan
        from onedesk_quickbooks.plugin.sync.outbound.coming import Coming
        from onedesk_quickbooks.plugin.sync.outbound.foresight import Wish

        read_invoice(invoice)
        connected = self._services.connected()
        work = self._services.ledger.queue.unasked(connected.realm_id, action, invoice, wish=again)
        wish = Wish(work, invoice)
        [found] = self._foresee(connected, [wish], coming or Coming())
        if found is None or isinstance(found, PaymentPlan):
            raise ValueError("an invoice that was given is there")
        return found

    def plan_payments(
        self,
        payments: Iterable[HostPaymentJson],
        change: str,
        after: Callable[[Collection[str]], Mapping[str, InvoiceJson]] = lambda ids: {},
    ) -> Iterator[tuple[AnyWorkPlan, bool]]:
        """Plan what a run would do once the host has "recorded" or "deleted" these payments, in the order of the run,
        and change nothing in QuickBooks. Other entries that the run processes are included (True). `after`: those of
        the invoices with these ids that the host will then have otherwise, by id.

        Raises `InvalidInvoice`, `NotConnected` or `QuickBooksProblem`."""
        from onedesk_quickbooks.plugin.app.run_plan import RunPlan

        yield from RunPlan(self._services, self._services.connected()).payments(payments, change, after)

    def payment_decisions(self, payment: HostPaymentJson) -> dict[str, Any]:
        """What the rules in force decide about a payment of the host, in the form of the decisions of an
        explanation."""
        from onedesk_quickbooks.plugin.ruleset.core.decide import decide_host_payment
        from onedesk_quickbooks.plugin.sync.outbound.host_payments.planner import invoice_of

        first = next((invoice_of(self._services, str(each["id"])) for each in payment["invoices"][:1]), None)
        trail = decide_host_payment(self._services.rules.current(), first).trail
        return {
            "decisions": [
                {
                    **{name: getattr(each, name) for name in ("subject", "table", "outcome", "rule")},
                    "file": each.at.file,
                    "line": each.at.line,
                }
                for each in trail
            ]
        }

    def undoing(self, invoice: InvoiceJson, change: str) -> str:
        """What the rules do to QuickBooks' invoice once the host's is "voided" or "deleted": void, delete or hold."""
        return self._services.undoing(invoice, change)

    def anything_waits(self) -> bool:
        """Whether the queue holds anything that the next copy or send would also process. Raises `NotConnected`."""
        realm_id, ledger = self._services.connected().realm_id, self._services.ledger
        ledger.queue.begin_due(realm_id)
        return ledger.queue_lists.oldest_waiting(realm_id) is not None

    def plan_run(
        self,
        invoices: Iterable[InvoiceJson],
        action: str,
        among: Callable[[Collection[str]], Iterable[InvoiceJson]] = lambda ids: (),
        sends: Collection[str] = (),
    ) -> Iterator[tuple[AnyWorkPlan, bool]]:
        """Plan what a run for these invoices would do, in the order of the run. Entries that are queued already, and
        those that the run queues again because it writes the invoice for which they are held, are included (True); what
        waits until the host's invoice is read again is left out. `among`: the invoices with these ids; they are planned
        at their place in the queue. `sends`: those that are sent, whatever the `action`; read as the invoices are.

        Raises `InvalidInvoice`, `NotConnected` or `QuickBooksProblem`.
        """
        from onedesk_quickbooks.plugin.app.run_plan import RunPlan

        yield from RunPlan(self._services, self._services.connected()).plans(invoices, action, among, sends)

    def _foresee(self, connected: Connected, wishes: Sequence[Wish], coming: Coming) -> list[AnyWorkPlan | None]:
        from onedesk_quickbooks.plugin.sync.outbound.foresight import Foresight

        found = Foresight(self._services, connected).plan(wishes, coming)
        self._services.flush_calls(connected.realm_id)
        return found

    def explanation(self, invoice: InvoiceJson) -> Explanation:
        """What the rules decide, with or without a connection, and the rules that nearly matched: the object that is
        kept with every copied invoice. Raises `InvalidInvoice`."""
        return self._services.explain(read_invoice(invoice), self.connected)

    def with_items(self, found: Sequence[Explanation]) -> list[Explanation]:
        """The same, with QuickBooks' present items and their accounts. Raises `NotConnected` or `QuickBooksProblem`."""
        from onedesk_quickbooks.plugin.sync.outbound.explained import with_items

        connected = self._services.connected()
        try:
            return with_items(self._services, connected, found)
        finally:
            self._services.flush_calls(connected.realm_id)

    def facts(self) -> Facts:
        """What rules can use of the company; empty facts where none is connected."""
        return self._services.facts(self.connected)

    def snapshot(self) -> CompanySnapshot:
        """The names in the company that rules may use, read now. Raises `NotConnected` or `QuickBooksProblem`."""
        from onedesk_quickbooks.plugin.app.company_snapshot import take_snapshot

        connected = self._services.connected()
        taken = take_snapshot(self._services.quickbooks(connected.realm_id), self._services.now())
        self._services.flush_calls(connected.realm_id)
        return taken

    def examine(self, record: bool = True) -> Iterator[Check]:
        """What the doctor finds in the connection, in QuickBooks and on the network; takes two requests, which are
        counted unless `record` is false."""
        from onedesk_quickbooks.plugin.ops.doctor import company_checks  # only a doctor needs it

        yield from company_checks.examine(self._services, self.status())
        connected = self.connected
        if record and connected is not None:
            self._services.flush_calls(connected.realm_id)
