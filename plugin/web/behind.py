"""What the pages need of the plugin behind them; plugin/app/application.py is the one that serves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.customers_api import Said
    from onedesk_quickbooks.plugin.app.documents_api import Pdf
    from onedesk_quickbooks.plugin.app.rules_api import Moves, Past, RulesNow, RulesText, Tried
    from onedesk_quickbooks.plugin.app.setup_api import DryRun, SetUp
    from onedesk_quickbooks.plugin.app.story_api import Story
    from onedesk_quickbooks.plugin.findings import Finding
    from onedesk_quickbooks.plugin.ledger import CustomerDecision
    from onedesk_quickbooks.plugin.ops.attention import Attention
    from onedesk_quickbooks.plugin.ops.reviews import OpenReview
    from onedesk_quickbooks.plugin.planning.reconcile import Listed, Report
    from onedesk_quickbooks.plugin.ruleset.fmt.show import Counts, ShownRow


class PageSettings(Protocol):
    """The part of an installation's settings that pages look at."""

    @property
    def public_url(self) -> str:
        """Where these pages are reached from outside, "" where that is not set."""

    @property
    def tenant(self) -> str:
        """What the metrics call this installation."""

    @property
    def verifier_token(self) -> str:
        """What QuickBooks signs its webhooks with."""

    @property
    def language(self) -> str:
        """The company's language."""


class PageStatus(Protocol):
    """How the plugin is."""

    def to_json(self) -> Mapping[str, Any]:
        """As ``status --json`` prints it."""


class PageConflict(Protocol):
    """What happened in QuickBooks."""

    @property
    def what(self) -> str:
        """Edited, voided or deleted."""

    @property
    def versions(self) -> Sequence[Mapping[str, str]]:
        """In what both versions differ: {field onedesk quickbooks}."""


class PageChange(Protocol):
    """One change of an invoice in QuickBooks."""

    @property
    def id(self) -> int:
        """The entry of the queue."""

    @property
    def od_invoice_id(self) -> str:
        """OneDesk's id of the invoice."""

    @property
    def od_number(self) -> str:
        """Its number, "" where it has none."""

    @property
    def reason(self) -> str:
        """What happened, as a sentence."""

    @property
    def conflict(self) -> PageConflict:
        """What changed."""

    @property
    def created_at(self) -> datetime:
        """When it was noticed."""


class Behind(Protocol):
    """Every method may raise a `SyncProblem` or a `QuickBooksProblem`, whose text is for the person who reads it."""

    @property
    def settings(self) -> PageSettings:
        """The settings in force."""

    @property
    def places(self) -> Sequence[str]:
        """Where things are on the disk, as messages name them."""

    def may_administer(self, user: str, /) -> bool:
        """Whether the host's user may connect, disconnect and choose."""

    def begin_connect(self, user: str, redirect_uri: str, bound: bool, /) -> str:
        """The URL of QuickBooks' consent page; its `state` is remembered, and says whether a browser is `bound` to
        it."""

    def finish_connect(self, state: str, code: str, realm_id: str, replace: bool, /) -> object:
        """What QuickBooks' redirect brought back; it may `replace` another company. Raises `ConnectProblem`, and
        `AnotherCompany` where it may not: then it can be asked once more."""

    def disconnect(self, user: str, /) -> None:
        """Give the access back to QuickBooks and forget it."""

    def choose(self, user: str, setting_id: str, value: str, /) -> None:
        """Set one of the settings shown under Administration > Financials. Raises `ChoiceProblem`."""

    def receive_webhook(self, body: bytes, signature: str, /) -> int:
        """Keep the events of a webhook; how many there were. Raises `BadWebhook`."""

    def status(self) -> PageStatus:
        """How the plugin is now."""

    def changes(self) -> Sequence[PageChange]:
        """What somebody changed in QuickBooks and waits for a decision."""

    def settle_change(self, work_id: int, keep: str, user: str, /) -> object:
        """Decide whose version stays, quickbooks or onedesk. Raises `CannotDecide`."""

    def attention(self) -> Attention:
        """All that needs a person, by cause."""

    def try_again(self, entries: Sequence[int], user: str, /) -> int:
        """Queue entries again; how many could be."""

    def take_out(self, entries: Sequence[int], reason: str, user: str, /) -> int:
        """Entries leave the queue, for this reason; how many did."""

    def resume_run(self, run: str, user: str, /) -> int:
        """What a stopped command left is queued again; how many entries that is."""

    def settle_changes(self, entries: Sequence[int], keep: str, user: str, /) -> tuple[int, Sequence[str]]:
        """Decide whose version stays of several: of how many that was done, and why not of the others."""

    def customer_reviews(self) -> Sequence[OpenReview]:
        """Customers of whom it is not certain which QuickBooks customer they are."""

    def customer_decisions(self) -> Sequence[CustomerDecision]:
        """What was last said of customers, the newest first."""

    def confirm_customer(self, customer_id: str, customer: str, user: str, /) -> Said:
        """A QuickBooks customer is this one. Raises `LinkProblem`."""

    def reject_customer(self, customer_id: str, customer: str, user: str, /) -> Said:
        """It is another one. Raises `LinkProblem`."""

    def undo_customer(self, customer_id: str, user: str, /) -> Said:
        """What was last said of a customer is taken back. Raises `LinkProblem`."""

    def bring_payments(self) -> Sequence[object]:
        """Look for payments in QuickBooks now; what is new. Raises `NotConnected`."""

    def records(self) -> Iterable[Listed] | None:
        """What the host tells of its invoices and of what settles them there, None for nothing."""

    def reconcile(
        self, first: date | None, last: date | None, listed: Iterable[Listed] | None, ours: bool, /
    ) -> Report:
        """Both sides of a period, compared."""

    def story(self, invoice_id: str, /) -> Story | None:
        """All that is known of an invoice; None for nothing."""

    def hold(self, invoice_id: str, reason: str, user: str, /) -> object:
        """Nothing of an invoice is written to QuickBooks until it is released. Raises `CannotDecide`."""

    def release(self, invoice_id: str, user: str, /) -> bool:
        """It is held no more; False where nobody holds it."""

    def release_entries(self, entries: Sequence[int], user: str, /) -> int:
        """The invoices of these entries are held no more; how many."""

    def ask_again(self, invoice_id: str, action: str, user: str, /) -> None:
        """Copy or send an Open invoice again. Raises `CannotDecide`."""

    def resend(self, invoice_id: str, user: str, to: str = ..., seen: datetime | None = ..., /) -> bool:
        """QuickBooks e-mails it once more, once for each time that it was `seen` sent last. Raises `CannotDecide`."""

    def pdf(self, invoice_id: str, /) -> Pdf:
        """The invoice as QuickBooks prints it. Raises `CannotDecide`."""

    def plan_now(self, invoice_id: str, /) -> str:
        """What the next copy would do, as text; QuickBooks is asked."""

    def qbo_page(self, qbo_id: str, kind: str = ..., /) -> str:
        """Where QuickBooks shows an invoice."""

    def now(self) -> datetime:
        """The time by this installation's clock."""

    def rules_now(self) -> RulesNow:
        """Which rules are in force, and what else there is."""

    def rules_shown(self, decision: str | None, counts: Counts | None, /) -> Sequence[ShownRow]:
        """The rules in force, row by row."""

    def counted(self, past: Past, /) -> Counts:
        """How often each rule decided, and over how much."""

    def recently_asked(self) -> Sequence[tuple[str, str]]:
        """Ids and numbers of the invoices that were asked for last."""

    def try_invoice(self, word: str, /) -> Tried | None:
        """What decides an invoice; None where there is none. Raises `InvalidInvoice`."""

    def waiting_moves(self, past: Past, /) -> Moves | None:
        """What taking the changed files would move; None where nothing waits."""

    def back_moves(self, version: str, past: Past, /) -> Moves:
        """What going back to a version would move. Raises `RulesProblem`."""

    def take_rules(self, version: str, user: str, /) -> object:
        """The changed files come into force. Raises `RulesProblem`."""

    def back_to_rules(self, version: str, user: str, /) -> object:
        """A version of before is in force again. Raises `RulesProblem`."""

    def rules_text(self) -> RulesText:
        """The rules' own file."""

    def findings_of(self, text: str, /) -> Sequence[Finding]:
        """What is found of a text in its place. Raises `RulesProblem`."""

    def check_text(self, text: str, past: Past, /) -> tuple[Sequence[Finding], Moves | None]:
        """What is found of a text in its place, and what it would move. Raises `RulesProblem`."""

    def save_rules(self, text: str, digest: str, user: str, /) -> Sequence[Finding]:
        """Put a text in its place; the errors for which that is not done. Raises `RulesProblem`."""

    def set_up(self, user: str, /) -> SetUp:
        """How far the installation is."""

    def save_keys(self, given: Mapping[str, str], user: str, /) -> None:
        """Intuit's keys hold from now on. Raises `ConnectProblem` or `SettingsProblem`."""

    def try_sandbox(self, user: str, /) -> None:
        """A sandbox of ours is QuickBooks from now on. Raises the same."""

    def dry_run(self) -> DryRun:
        """What a copy of the open invoices of the last days would do."""

    def copy_recent(self, user: str, /) -> int:
        """They are asked for; how many."""

    def calls(self) -> Sequence[tuple[str, str, int]]:
        """Requests to QuickBooks so far, as (day, kind, count)."""
