"""The plugin as its hooks, its pages and its commands see it: one object for one installation.

What the host calls only writes to the ledger and wakes the lane; the rest is for pages and commands, which may wait.
"""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import requests

from onedesk_quickbooks.plugin.app.company_snapshot import take_snapshot
from onedesk_quickbooks.plugin.app.connect import Connecting
from onedesk_quickbooks.plugin.app.connection_cache import ConnectionCache
from onedesk_quickbooks.plugin.app.financials import attention, changed, settings_to_show
from onedesk_quickbooks.plugin.app.inbox import OPENED, Command, CommandInbox
from onedesk_quickbooks.plugin.app.opening import caller, open_ledger
from onedesk_quickbooks.plugin.ledger import Connected, KeyProblem, Ledger, LedgerProblem, Reference, Work
from onedesk_quickbooks.plugin.model.decision import Facts, InvoiceDecisions
from onedesk_quickbooks.plugin.model.host import Action, InvoiceJson, OneDeskHost, PaymentJson, Setting
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.plan import Held, Plan
from onedesk_quickbooks.plugin.ops.channels import channels_for
from onedesk_quickbooks.plugin.ops.doctor.checks import Check
from onedesk_quickbooks.plugin.ops.status import Status, read_status
from onedesk_quickbooks.plugin.ops.watcher import Watcher
from onedesk_quickbooks.plugin.ruleset import RuleSet
from onedesk_quickbooks.plugin.ruleset.checking import CompanySnapshot
from onedesk_quickbooks.plugin.ruleset.explain import Explanation
from onedesk_quickbooks.plugin.sync import tenancy
from onedesk_quickbooks.plugin.sync.errors import CannotDecide, CannotStart, NotConnected
from onedesk_quickbooks.plugin.sync.inbound.payments import PaymentNews
from onedesk_quickbooks.plugin.sync.inbound.resolve import ConflictResolver
from onedesk_quickbooks.plugin.sync.inbound.webhooks import Receiver
from onedesk_quickbooks.plugin.sync.outbound.coming import Coming
from onedesk_quickbooks.plugin.sync.outbound.company_queue import CompanyQueue
from onedesk_quickbooks.plugin.sync.outbound.customer_links import CustomerLinks
from onedesk_quickbooks.plugin.sync.payload import read_invoice, read_payment
from onedesk_quickbooks.plugin.sync.rules_in_force import RulesKeeper, rules_path
from onedesk_quickbooks.plugin.sync.runner import Runner
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.sync.settings import Settings, load_settings

COPY = Action("quickbooks.copy", "Copy to QuickBooks Online")
PATIENCE = timedelta(seconds=20)
"""How long a command waits in all for a QuickBooks that cannot be reached."""
REFERENCE_AGE = timedelta(hours=1)
AWAY = timedelta(seconds=10)
"""How long the host's calls ask nothing of a database that could not be reached: they must not wait for it."""


def _now() -> datetime:
    return datetime.now(timezone.utc)


class Application:
    """Everything the plugin does for one host and one data directory."""

    def __init__(self, services: Services, stopping: threading.Event, alert: Callable[..., Any] | None = None) -> None:
        self._services = services
        self._inbox = CommandInbox(services.ledger, services.host, services.directory, services.now)
        workers = caller(services)
        self._runner = Runner(services, stopping, self._inbox.replay, workers)
        self._webhooks = Receiver(
            services.ledger, services.settings.verifier_token, workers.hand_on if workers is not None else None
        )
        self._connection_cache = ConnectionCache(services.directory, services.ledger.remote)
        self._away_until: datetime | None = None
        self.watcher = Watcher(services, self.status, channels_for(services.settings, alert))
        self._connecting = Connecting(services)

    @classmethod
    def open(
        cls,
        directory: Path,
        host: OneDeskHost,
        tell_payment: Callable[..., Any],
        *,
        ask: Callable[..., Mapping[str, str] | None] | None = None,
        alert: Callable[..., Any] | None = None,
        background: bool = True,
        environ: Mapping[str, str] = os.environ,
        now: Callable[[], datetime] | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> Application:
        """Open the ledger and the rules in this data directory; with `background`, a thread begins to work and
        another watches it. `alert` is called with `alert=`, an `Alert`.

        Raises `CannotStart`: what is wrong and what to do.
        """
        settings = load_settings(directory, environ)
        rules = RulesKeeper(rules_path(directory, settings.rules))
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            ledger = open_ledger(directory, settings, environ, now or _now)
        except (KeyProblem, LedgerProblem, OSError) as problem:
            raise CannotStart(str(problem)) from problem
        stopping = threading.Event()

        def wait(seconds: float) -> None:
            stopping.wait(seconds)

        services = Services(directory, settings, ledger, host, rules, now or _now, sleep or wait, tell_payment, ask)
        application = cls(services, stopping, alert)
        tenancy.opened(settings.tenant)
        if background:
            application._runner.start()
            application.watcher.start()
        return application

    def close(self) -> None:
        """Finish the chunk at hand and let go of the ledger."""
        self.watcher.stop()
        self._runner.stop()
        self._services.session.close()
        self._services.ledger.close()
        tenancy.closed(self.settings.tenant)

    @property
    def settings(self) -> Settings:
        """The settings of this installation."""
        return self._services.settings

    @property
    def session(self) -> requests.Session:
        """What all requests to QuickBooks go through: mount an adapter for a proxy, or to watch them."""
        return self._services.session

    @property
    def ledger(self) -> Ledger:
        """What was meant, sent and answered."""
        return self._services.ledger

    @property
    def rules(self) -> RuleSet:
        """The rules in force now."""
        return self._services.rules.current()

    @property
    def connected(self) -> Connected | None:
        """The connected company."""
        found = self._connection_cache.keep(self._services.ledger.companies.connected())
        self._away_until = None
        return found

    @property
    def _company(self) -> Connected | None:
        """The same for what the host calls: while the ledger's database is away, as it was last seen."""
        if self._inbox.waiting() or self._away:
            return self._connection_cache.company
        try:
            return self.connected
        except LedgerProblem:
            self._away_until = self._services.now() + AWAY
            return self._connection_cache.company

    @property
    def known(self) -> Connected | None:
        """The connected company, or, while the ledger's database is away, the one of before: what is asked for it is
        taken. Raises `LedgerProblem` where none was seen yet."""
        return self._company or self.connected

    @property
    def _away(self) -> bool:
        """Whether the ledger's database could not be reached a moment ago."""
        return self._away_until is not None and self._services.now() < self._away_until

    # What the host calls

    def invoice_opened(self, invoice: InvoiceJson) -> None:
        """Copied at once where the rules say so."""
        read = read_invoice(invoice)
        connected = self._company
        if connected is None:
            return
        decided = self._services.decide_settings(read, connected)
        if decided.on_open == "copy":
            self._ask(connected, "copy", invoice, "")
        else:
            self._inbox.take(Command(connected.realm_id, OPENED, invoice), away=self._away)

    def send(self, invoice: InvoiceJson, user: str) -> bool | None:
        """Taken where a company is connected: QuickBooks e-mails it, the host does not."""
        read_invoice(invoice)
        connected = self._company
        if connected is None:
            return None
        self._ask(connected, "send", invoice, user)
        return True

    def actions(self, invoice: InvoiceJson) -> list[Action]:
        """Every Open invoice offers to be copied, once a company is connected."""
        return [COPY] if invoice.get("status") == "open" and self._company is not None else []

    def act(self, invoice: InvoiceJson, action: str, user: str) -> bool | None:
        """The action "Copy to QuickBooks Online"."""
        connected = self._company
        if action != COPY.id or connected is None:
            return None
        read_invoice(invoice)
        self._ask(connected, "copy", invoice, user)
        return True

    def invoice_changed(self, invoice: InvoiceJson, change: str) -> None:
        """Back in Draft, voided or deleted: what waits for it is dropped; what QuickBooks has is a person's to void."""
        if change == "edited":
            return
        connected = self._company
        self._inbox.take(Command(connected.realm_id if connected else "", change, invoice), away=self._away)

    def payment_received(self, payment: PaymentJson) -> None:
        """Record it in the host."""
        self._services.host.record_payment(read_payment(payment))

    def settings_to_show(self, user: str) -> list[Setting]:
        """Administration > Financials; nothing to one who may not administer."""
        if not self.may_administer(user):
            return []
        try:
            connected = self.connected
            shown = settings_to_show(connected, self._connecting, self._services.rules, self.waiting_counts())
            alerts = attention(self.watcher.standing(self.status()), connected)
            return [*shown, *changed(len(self.changes())), *alerts]
        except LedgerProblem as problem:
            return [Setting("away", "State", "status", str(problem))]

    def _ask(self, connected: Connected, action: str, invoice: InvoiceJson, user: str) -> None:
        if self._inbox.take(Command(connected.realm_id, action, invoice, user), away=self._away):
            self._runner.wake()

    # Connecting

    def may_administer(self, user: str) -> bool:
        """Whether the host lets this user administer."""
        return self._services.host.may_administer(user)

    def begin_connect(self, user: str, redirect_uri: str) -> str:
        """The URL to send the person's browser to. Raises `ConnectProblem`."""
        return self._connecting.begin(user, redirect_uri)

    def finish_connect(self, state: str, code: str, realm_id: str) -> Connected:
        """What Intuit sent the browser back with. Raises `ConnectProblem`; nothing was changed then."""
        connected = self._connecting.finish(state, code, realm_id)
        self._connection_cache.keep(connected)
        self._services.ledger.companies.succeeded(connected.realm_id)
        self._runner.wake()
        return connected

    def disconnect(self, user: str = "") -> None:
        """Revoke and forget the tokens. Raises `ConnectProblem` when Intuit cannot be told."""
        self._connecting.disconnect()
        self._connection_cache.keep(None)

    def choose(self, user: str, setting: str, value: str) -> None:
        """Set default_income_account or default_tax_code. Raises `ChoiceProblem` or `NotConnected`."""
        self._connecting.choose(setting, value)
        self._runner.wake()

    def reference(self) -> Reference | None:
        """Accounts, tax codes and terms of the connected company, at most an hour old."""
        connected = self.connected
        return self._services.reference(connected, REFERENCE_AGE) if connected else None

    # Webhooks

    def receive_webhook(self, body: bytes, signature: str) -> int:
        """Keep what a signed notification tells, for the lane to look at, or hand it on to the tenant whose company it
        tells of; returns how many events were new here. Raises `BadWebhook` where the signature is wrong or the body is
        none, and `LedgerProblem`."""
        return self._woken(self._webhooks.receive(body, signature))

    def take_webhook(self, body: bytes, signature: str) -> int:
        """The same for one that another tenant received: what tells of other companies is left out."""
        return self._woken(self._webhooks.take(body, signature))

    def _woken(self, new: int) -> int:
        if new:
            self._runner.wake()
        return new

    # Commands

    def drain(self, progress: Callable[[Outcome], None] | None = None, patience: timedelta = PATIENCE) -> list[Outcome]:
        """Work until nothing is ready, in the calling thread; the outcomes in the order they came about.

        Raises `NotConnected`, or `CompanyBusy` when another process works on the same data directory for too long.
        """
        return self._runner.drain(progress or (lambda outcome: None), patience)

    def waiting(self, invoice_id: str) -> str:
        """Why an invoice still waits ("" where it does not)."""
        work = self._services.ledger.queue.latest(invoice_id)
        if work is None or work.state != "todo":
            return ""
        connected = self.connected
        stopped = connected.stopped_reason if connected else "no company is connected"
        return stopped or work.reason or "it waits for its turn"

    def hurry(self) -> None:
        """The process is to end: what works in other threads finishes the chunk at hand, and waits for nothing."""
        self._runner.hurry()

    def realm_id(self) -> str:
        """QuickBooks' id of the connected company; "" for none. Raises `LedgerProblem`."""
        connected = self.connected
        return connected.realm_id if connected else ""

    def watch(self) -> None:
        """A worker's look for alerts, where no other process has looked a moment ago. Raises `LedgerProblem`."""
        self.watcher.look_in_turn()

    def time_slice(self, longest: timedelta) -> datetime | None:
        """A worker's turn for the company, see `Runner.time_slice`."""
        return self._runner.time_slice(longest)

    def due(self) -> str:
        """The company whose lane has something to do now; "" for none. Raises `LedgerAway`."""
        return self._runner.due()

    def retry(self, work_id: int) -> bool:
        """A person wants held or failed work tried again; False where it is none that can be."""
        again = self._services.ledger.queue.retry(work_id)
        if again:
            self._runner.wake()
        return again

    def changes(self) -> list[Work]:
        """What somebody changed in QuickBooks and waits for a person's decision; the oldest first."""
        connected = self.connected
        return self._services.ledger.conflicts.standing(connected.realm_id) if connected else []

    def settle_change(self, work_id: int, keep: str, user: str = "") -> str:
        """A person decides whose version of an invoice stays: "quickbooks" or "onedesk"; what follows from it.
        Raises `CannotDecide`, `NotConnected` or `QuickBooksProblem`."""
        connected = self._services.connected()
        work = self._services.ledger.queue.get(work_id)
        if work is None or work.realm_id != connected.realm_id:
            raise CannotDecide(f"There is no entry {work_id} of {connected.company.name}.")
        told = ConflictResolver(self._services, connected).settle(work, keep, user)
        self._services.flush_calls(connected.realm_id)
        self._runner.wake()
        return told

    def customer_links(self) -> CustomerLinks:
        """Which QuickBooks customer the invoices of a customer go to. Raises `NotConnected`."""
        return CustomerLinks(self._services, self._services.connected())

    def bring_payments(self) -> list[PaymentNews]:
        """Bring payments back now. Raises `NotConnected` or `QuickBooksProblem`."""
        return self._runner.bring()

    def plan(self, invoice: InvoiceJson, action: str, coming: Coming | None = None) -> Plan | Held:
        """What would be done in QuickBooks; nothing is. `coming`: what plans before it are going to make.

        Raises `InvalidInvoice`, `NotConnected` or `QuickBooksProblem`.
        """
        read = read_invoice(invoice)
        connected = self._services.connected()
        found = CompanyQueue(self._services, connected).plan(read, action, coming or Coming())
        self._services.flush_calls(connected.realm_id)
        return found

    def explain(self, invoice: InvoiceJson) -> InvoiceDecisions:
        """What the rules decide, with or without a connection. Raises `InvalidInvoice`."""
        return self._services.decide(read_invoice(invoice), self.connected)

    def explanation(self, invoice: InvoiceJson) -> Explanation:
        """The same with the rules that came nearest: the object that is kept with every copied invoice."""
        return self._services.explain(read_invoice(invoice), self.connected)

    def facts(self) -> Facts:
        """What the rules may know of the company; of none, where none is connected."""
        return self._services.facts(self.connected)

    def snapshot(self) -> CompanySnapshot:
        """What rules may name in the company, read now. Raises `NotConnected` or `QuickBooksProblem`."""
        connected = self._services.connected()
        taken = take_snapshot(self._services.quickbooks(connected.realm_id), self._services.now())
        self._services.flush_calls(connected.realm_id)
        return taken

    def waiting_counts(self) -> dict[str, int]:
        """How much waits, is held or has failed, by state (todo, held, failed)."""
        connected = self.connected
        return self._services.ledger.queue.counts(connected.realm_id) if connected else {}

    def status(self) -> Status:
        """How this installation stands; asks QuickBooks nothing."""
        connected = self.connected
        found = read_status(self._services, connected)
        if connected is None:
            return found
        until, because = self._runner.pause_of(connected)
        next_poll = self._runner.next_poll or found.next_poll_at
        return dataclasses.replace(found, paused_until=until, paused_because=because, next_poll_at=next_poll)

    def examine(self, record: bool = True) -> Iterator[Check]:
        """What the doctor finds in the connection, in QuickBooks and on the way there; two requests, which are counted
        unless there is nowhere to `record` them."""
        from onedesk_quickbooks.plugin.ops.doctor import company  # only a doctor needs it

        yield from company.examine(self._services, self.status())
        connected = self.connected
        if record and connected is not None:
            self._services.flush_calls(connected.realm_id)

    def now(self) -> datetime:
        """The time by this installation's clock."""
        return self._services.now()

    def calls(self, since_day: str = "") -> list[tuple[str, str, int]]:
        """Requests to QuickBooks as (day, kind, count), the newest day first; kinds read, write, oauth."""
        connected = self.connected
        return self._services.ledger.call_counts.by_day(connected.realm_id, since_day) if connected else []


__all__ = ["Application", "NotConnected"]
