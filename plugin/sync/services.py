"""The services that the company queue, connecting and payments share: the ledger, the host, the rules, the clock, and
the QuickBooks client."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from onedesk_quickbooks.plugin.ledger import Connected, HeldLock, Ledger, Reference
from onedesk_quickbooks.plugin.model.company_settings import Company
from onedesk_quickbooks.plugin.model.connection import Tokens
from onedesk_quickbooks.plugin.model.host import InvoiceJson, OneDeskHost
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.sync.errors import InvalidInvoice, NotConnected, SettingsProblem
from onedesk_quickbooks.plugin.sync.host_client import spoken_to
from onedesk_quickbooks.plugin.sync.installation import Installation
from onedesk_quickbooks.plugin.sync.questions import Questions
from onedesk_quickbooks.plugin.sync.settings import CONNECTING, Settings, load_settings
from onedesk_quickbooks.plugin.texts import Text

if TYPE_CHECKING:  # loaded where an invoice is decided or a request is made: `status` and `queue` do without
    import requests

    from onedesk_quickbooks.plugin.model.decision import Facts, InvoiceDecisions
    from onedesk_quickbooks.plugin.model.invoice import Invoice
    from onedesk_quickbooks.plugin.qbo import Authoriser, Endpoints, OAuth, Pacer, QuickBooks
    from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
    from onedesk_quickbooks.plugin.ruleset.core.subjects import Ask
    from onedesk_quickbooks.plugin.ruleset.explain import Explanation

_log = logging.getLogger("onedesk_quickbooks.sync")
_REFRESH_SECONDS = 300.0
"""Longer than any refresh takes."""


class LedgerTokens:
    """Tokens of a company in the ledger. `exclusive` allows one refresh at a time, over threads and processes, by a
    lock that is released when its process dies."""

    def __init__(self, ledger: Ledger, realm_id: str) -> None:
        self._ledger = ledger
        self._realm_id = realm_id
        self._mine = threading.Lock()

    def load(self) -> Tokens | None:
        """The stored tokens."""
        return self._ledger.companies.tokens(self._realm_id)

    def save(self, tokens: Tokens) -> None:
        """Committed when this returns."""
        self._ledger.companies.store_tokens(self._realm_id, tokens)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Wait for the lock to refresh."""
        with self._mine, self._ledger.locks.hold("refresh", self._realm_id, _REFRESH_SECONDS):
            yield


@dataclass
class Services(Installation):
    """The services of one installation. `now` gives aware times, `sleep` takes seconds; `report_payment` calls the hook
    `on_payment_received` with `payment=`, `report_reversal` `on_payment_reversed` with `reversal=`; `lease` is the lock
    of the company's queue while it is held; `run` is the run of this process, which alone processes its entries ("":
    none), and nothing else where it works `alone`; `asked_in` is the run whose entries they are: that one, or the one
    that it continues; `refused_payments` are the ids of payments of which the host has said, each time since they were
    found, that it has not recorded them; `unreported` are the outcomes of entries that it did not accept yet."""

    host: OneDeskHost
    sleep: Callable[[float], None]
    report_payment: Callable[..., Any]
    report_reversal: Callable[..., Any]
    ask_plugins: Callable[..., Mapping[str, str] | None] | None = None
    calls: Counter[str] = field(default_factory=Counter)
    lease: HeldLock | None = None
    run: str = ""
    alone: bool = False
    asked_in: str = ""
    refused_payments: set[str] = field(default_factory=set)
    unreported: dict[int, Outcome] = field(default_factory=dict)
    _flushed: datetime | None = None
    _followed: tuple[str, datetime] | None = None
    _follows: bool = False
    _recorded: int = 0
    _clients: dict[str, QuickBooks] = field(default_factory=dict)
    _pacers: dict[str, Pacer] = field(default_factory=dict)
    _questions: Questions = field(init=False)

    def __post_init__(self) -> None:
        self._questions = Questions(self.ask_plugins)

    @cached_property
    def session(self) -> requests.Session:
        """The HTTP session of all requests to QuickBooks, on connections that all tenants of a process share."""
        from onedesk_quickbooks.plugin.qbo import shared_session

        return shared_session()

    def endpoints(self) -> Endpoints:
        """The addresses of QuickBooks and of its sign-in, by the settings."""
        from onedesk_quickbooks.plugin.qbo import endpoints_for

        return endpoints_for(self.settings.environment, self.settings.base_url)

    def oauth(self) -> OAuth:
        """OAuth for this installation's Intuit app."""
        from onedesk_quickbooks.plugin.qbo import OAuth

        return OAuth(self.endpoints(), self.settings.client_id, self.settings.client_secret, self.now)

    def connected(self) -> Connected:
        """The connected company. Raises `NotConnected`."""
        found = self.ledger.companies.connected()
        if found is None:
            self.follow(None)
            raise NotConnected(
                Text(
                    "No QuickBooks company is connected; connect one under Administration > Financials, or run:"
                    " onedesk-quickbooks connect"
                )
            )
        self.follow(found)
        return found

    def follow(self, connected: Connected | None) -> None:
        """Use the settings by which another process has connected this company (`connect`, or a page), or None: those
        by which one can be connected now. They stay as they are where the file has those of another place: then the
        company is still being replaced, or somebody edits the file, whose edits apply after a restart."""
        known = (connected.company.realm_id, connected.connected_at) if connected else None
        if known and known == self._followed:
            return
        first, self._follows = not self._follows, True
        if connected and first and _place(connected) == _place(self.settings):
            self._followed = known  # it was connected before this process has read the settings
            return
        try:
            found = load_settings(self.directory, self.environ)
        except SettingsProblem as problem:
            _log.warning("the settings stay as they were: %s", problem)
            return
        self._followed = known
        if connected and _place(connected) != _place(found):
            return
        self.settings = dataclasses.replace(self.settings, **{key: getattr(found, key) for key in CONNECTING})
        self._clients.clear()

    def keep_unreported(self, work_id: int, outcome: Outcome) -> None:
        """Keep an outcome that the host did not accept, with the requests of every try, until it does."""
        before = self.unreported.get(work_id)
        calls = outcome.calls + (before.calls if before else 0)
        self.unreported[work_id] = dataclasses.replace(outcome, calls=calls)

    def check_lease(self) -> None:
        """Raises `LockLost` or `LedgerAway` where this process no longer holds the company queue."""
        if self.lease is not None:
            self.lease.check()

    def quickbooks(self, realm_id: str) -> QuickBooks:
        """The client of a company, created once."""
        from onedesk_quickbooks.plugin.qbo import Authoriser

        if realm_id not in self._clients:
            store = LedgerTokens(self.ledger, realm_id)
            self._clients[realm_id] = self.client(realm_id, Authoriser(self.oauth(), store, self.now))
        return self._clients[realm_id]

    def client(self, realm_id: str, authoriser: Authoriser) -> QuickBooks:
        """A client with its own authoriser: before a company is connected, its tokens are stored nowhere."""
        from onedesk_quickbooks.plugin.qbo import QuickBooks, Transport

        transport = Transport(
            self.session,
            self.endpoints().api,
            realm_id,
            authoriser,
            now=self.now,
            sleep=self.sleep,
            pacer=self.pacer(realm_id),
            on_call=self.count,
        )
        return QuickBooks(transport)

    def pacer(self, realm_id: str) -> Pacer:
        """Keeps a company's limits; created once, and shared with other processes where the ledger is on a server."""
        from onedesk_quickbooks.plugin.qbo import Pacer

        if realm_id not in self._pacers:
            self._pacers[realm_id] = Pacer(self.now, self.sleep, even=self.ledger.remote)
        return self._pacers[realm_id]

    def use(self, settings: Settings) -> None:
        """Use other settings, for what has not begun yet."""
        self.settings = settings
        self.host = spoken_to(self.host, settings.language)
        self._clients.clear()

    def forget_client(self, realm_id: str) -> None:
        """After a disconnect or a reconnect: the next client reads its tokens again."""
        self._clients.pop(realm_id, None)

    def count(self, kind: str) -> None:
        """Count one more request to QuickBooks (read, write, oauth)."""
        self.calls[kind] += 1
        self.calls["all"] += 1

    def succeeded(self, realm_id: str, answered: int) -> None:
        """Record the success, if QuickBooks has answered since the count of `calls` was `answered`, and that is not yet
        recorded: without a request nothing has succeeded."""
        if self.has_news(answered):
            self.ledger.companies.succeeded(realm_id)
            self.noted(realm_id)

    def has_news(self, answered: int) -> bool:
        """Whether `succeeded` would record anything."""
        return self.calls["all"] > max(answered, self._recorded)

    def noted(self, realm_id: str) -> None:
        """The ledger has recorded the success of all calls until now."""
        self._recorded, self.pacer(realm_id).called = self.calls["all"], False

    def flush_calls(self, realm_id: str, every: timedelta = timedelta(0)) -> None:
        """Write the counts since the last time into the ledger, at most once in this time."""
        now = self.now()
        if self._flushed is not None and timedelta(0) <= now - self._flushed < every:
            return
        self._flushed = now
        counts = {kind: count for kind, count in self.calls.items() if kind != "all" and count}
        for kind in counts:
            del self.calls[kind]
        if counts:
            self.ledger.call_counts.add(realm_id, counts)

    def facts(self, connected: Connected | None) -> Facts:
        """What rules can use of the company; where none is connected, a US company without choices."""
        from onedesk_quickbooks.plugin.model.decision import Facts

        if connected is None:
            return Facts(country="US")
        account, code = connected.default_income_account, connected.default_tax_code
        return Facts(
            country=connected.company.country,
            uses_sales_tax=connected.company.uses_sales_tax,
            default_income_account=account.name if account else None,
            default_tax_code=code.name if code else None,
        )

    def decide_settings(self, invoice: Invoice, connected: Connected | None) -> InvoiceDecisions:
        """What the rules decide, for a caller that needs only settings of the invoice: Python plugins are not asked, so
        that they are asked once for each copy."""
        return self._decide(self.rules.current(), invoice, connected)

    def undoing(self, invoice: InvoiceJson, change: str, realm_id: str = "") -> str:
        """What the rules do to QuickBooks' invoice once the host's is "voided" or "deleted": void, delete, or hold,
        also where the host's cannot be read. `realm_id`: that of a company which may no longer be connected."""
        from onedesk_quickbooks.plugin.planning.withdrawn.withdrawal import undoing
        from onedesk_quickbooks.plugin.sync.payload import read_invoice

        try:
            known = self.ledger.companies.known(realm_id) if realm_id else self.connected()
            return undoing(self.decide_settings(read_invoice(invoice), known), change)
        except (InvalidInvoice, NotConnected):
            return "hold"

    def decide_once(
        self, invoice: Invoice, connected: Connected, asking: bool = True
    ) -> tuple[RuleSet, InvoiceDecisions]:
        """What the rules in force decide, and these rules: the explanation that is kept must come from the same ones.
        `asking`: Python plugins are asked for lines."""
        rules = self.rules.current(wait=True)
        return rules, self._decide(rules, invoice, connected, self._questions.ask if asking else None)

    def _decide(
        self, rules: RuleSet, invoice: Invoice, connected: Connected | None, ask: Ask | None = None
    ) -> InvoiceDecisions:
        from onedesk_quickbooks.plugin.ruleset.core.decide import decide

        return decide(rules, invoice, self.facts(connected), ask)

    def explain(self, invoice: Invoice, connected: Connected | None) -> Explanation:
        """What the rules decide, with the rules that nearly matched: kept with every posted invoice."""
        from onedesk_quickbooks.plugin.ruleset.explain import explain

        return explain(self.rules.current(), invoice, self.facts(connected), self._questions.ask)

    def kept_reference(self, connected: Connected, older_than: timedelta) -> Reference | None:
        """What the ledger has of `reference`; None where it is older than this."""
        kept = self.ledger.companies.reference(connected.realm_id)
        return kept if kept is not None and abs(self.now() - kept.read_at) < older_than else None

    def reference(self, connected: Connected, older_than: timedelta) -> Reference:
        """The company with its accounts, tax codes, terms and classes, read again when they are older than this."""
        kept = self.kept_reference(connected, older_than)
        if kept is not None:
            return kept
        quickbooks = self.quickbooks(connected.realm_id)
        fresh = read_reference(quickbooks, quickbooks.company(), self.now())
        self.ledger.companies.refresh(fresh)
        return fresh


def read_reference(quickbooks: QuickBooks, company: Company, at: datetime) -> Reference:
    """The names for plans, read now; classes are requested only where invoices or lines may have one."""
    classes = quickbooks.classes() if company.tracks_classes or company.tracks_invoice_class else ()
    return Reference(company, quickbooks.accounts(), quickbooks.tax_codes(), quickbooks.terms(), at, classes)


def _place(of: Connected | Settings) -> tuple[str, str]:
    return of.environment, of.base_url
