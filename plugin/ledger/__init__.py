"""The ledger: what was recorded, sent and answered. It is the source of truth, and the queue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from onedesk_quickbooks.plugin.ledger.alerts import Alerts
from onedesk_quickbooks.plugin.ledger.api_keys import (
    SCOPES,
    UNDER_WAY,
    ApiAnswers,
    ApiKey,
    ApiKeys,
    KeptAnswer,
    NameTaken,
)
from onedesk_quickbooks.plugin.ledger.audit import PLUGIN, Audit, AuditEntry, AuditRow, Verified
from onedesk_quickbooks.plugin.ledger.call_counts import CallCounts
from onedesk_quickbooks.plugin.ledger.commands import Commands
from onedesk_quickbooks.plugin.ledger.companies import (
    MAX_PAUSE,
    Companies,
    Connected,
    Reference,
    company_of,
    facts_json,
)
from onedesk_quickbooks.plugin.ledger.conflicts import (
    BOUNCED,
    CHANGED,
    CUSTOMER,
    Change,
    Conflicts,
    undone_by_person,
    undone_by_rule,
)
from onedesk_quickbooks.plugin.ledger.customer_decisions import (
    CONFIRMED,
    REJECTED,
    CustomerDecision,
    CustomerDecisions,
)
from onedesk_quickbooks.plugin.ledger.database import (
    Database,
    HeldLock,
    LedgerAway,
    LedgerMoved,
    LedgerProblem,
    LockTaken,
)
from onedesk_quickbooks.plugin.ledger.entries import UNDO, WITHDRAWN, Conflict, Outline, Summary, Work, numbered
from onedesk_quickbooks.plugin.ledger.holds import Hold, Holds
from onedesk_quickbooks.plugin.ledger.host_payment_entries import HostPaymentEntries
from onedesk_quickbooks.plugin.ledger.left_behind import FormerCompanies, LeftBehind
from onedesk_quickbooks.plugin.ledger.links import CustomerLink, InvoiceLink, Links
from onedesk_quickbooks.plugin.ledger.marked_forms import MarkedForm, MarkedForms
from onedesk_quickbooks.plugin.ledger.outbox import ADOPT, FOUND, PAY, UNPAY, Outbox, OutboxEntry, Request
from onedesk_quickbooks.plugin.ledger.outgoing_webhooks import OutgoingWebhook, OutgoingWebhooks
from onedesk_quickbooks.plugin.ledger.payment_events import DETAILS_CHANGED, PaymentEvent, PaymentEvents
from onedesk_quickbooks.plugin.ledger.payment_looks import PaymentLook, PaymentLooks
from onedesk_quickbooks.plugin.ledger.payments import COUNTED, KNOWN, REPORTED, PaymentRow, Payments
from onedesk_quickbooks.plugin.ledger.queue import DONE_BY_QUEUE, Queue
from onedesk_quickbooks.plugin.ledger.queue_errors import QueueError, QueueErrors
from onedesk_quickbooks.plugin.ledger.queue_lists import QueueLists
from onedesk_quickbooks.plugin.ledger.runs import Run, Runs, Wrote
from onedesk_quickbooks.plugin.ledger.seal import KeyProblem, Seal, seal_for
from onedesk_quickbooks.plugin.ledger.sentences import Sentences
from onedesk_quickbooks.plugin.ledger.stopped_runs import StoppedRun, StoppedRuns
from onedesk_quickbooks.plugin.ledger.unconfirmed import Unconfirmed
from onedesk_quickbooks.plugin.ledger.webhook_events import WebhookEvents

__all__ = [
    "ADOPT",
    "BOUNCED",
    "CHANGED",
    "CONFIRMED",
    "COUNTED",
    "CUSTOMER",
    "DETAILS_CHANGED",
    "DONE_BY_QUEUE",
    "FOUND",
    "KNOWN",
    "MAX_PAUSE",
    "PAY",
    "PLUGIN",
    "REJECTED",
    "REPORTED",
    "SCOPES",
    "UNDER_WAY",
    "UNDO",
    "UNPAY",
    "WITHDRAWN",
    "ApiAnswers",
    "ApiKey",
    "AuditEntry",
    "AuditRow",
    "Change",
    "Conflict",
    "Conflicts",
    "Connected",
    "CustomerDecision",
    "CustomerLink",
    "HeldLock",
    "Hold",
    "InvoiceLink",
    "KeptAnswer",
    "KeyProblem",
    "Ledger",
    "LedgerAway",
    "LedgerMoved",
    "LedgerProblem",
    "LeftBehind",
    "LockTaken",
    "MarkedForm",
    "NameTaken",
    "OutboxEntry",
    "OutgoingWebhook",
    "Outline",
    "PaymentEvent",
    "PaymentLook",
    "PaymentRow",
    "Queue",
    "QueueError",
    "Reference",
    "Request",
    "Run",
    "Seal",
    "StoppedRun",
    "Summary",
    "Verified",
    "Work",
    "Wrote",
    "company_of",
    "facts_json",
    "numbered",
    "undone_by_person",
    "undone_by_rule",
]


class Ledger:
    """One installation's ledger: a SQLite file, or a tenant's schema in PostgreSQL, and the key that encrypts its
    tokens.

    `locks` has the lock of the company queue, over all processes; `remote`: its database is on a server, which may be
    unreachable (`LedgerAway`); `key_digest` tells keys apart; `together()` is one transaction for several writes, all
    of them or none; `refuse_moved()` raises `LedgerMoved` for a file that was moved to PostgreSQL.
    """

    def __init__(self, database: Database, seal: Seal) -> None:
        self._database = database
        self.locks = database.locks
        self.remote = database.remote
        self.key_digest = seal.key_digest
        self.together = database.write
        self.reading = database.reading
        self.hasty = database.hasty
        self.refuse_moved = database.refuse_moved
        self.companies = Companies(database, seal)
        self.former_companies = FormerCompanies(database)
        self.audit = Audit(database)
        self.queue = Queue(database, self.audit)
        self.queue_lists = QueueLists(database)
        self.queue_errors = QueueErrors(database)
        self.host_payment_entries = HostPaymentEntries(database)
        self.stopped_runs = StoppedRuns(database)
        self.holds = Holds(database)
        self.outbox = Outbox(database)
        self.runs = Runs(database)
        self.links = Links(database)
        self.marked_forms = MarkedForms(database)
        self.customer_decisions = CustomerDecisions(database)
        self.sentences = Sentences(database)
        self.payments = Payments(database)
        self.payment_events = PaymentEvents(database)
        self.payment_looks = PaymentLooks(database)
        self.alerts = Alerts(database)
        self.commands = Commands(database)
        self.webhook_events = WebhookEvents(database)
        self.call_counts = CallCounts(database)
        self.conflicts = Conflicts(database, self.audit)
        self.unconfirmed = Unconfirmed(database, self.audit)
        self.api_keys = ApiKeys(database)
        self.api_answers = ApiAnswers(database)
        self.outgoing_webhooks = OutgoingWebhooks(database, seal)

    @classmethod
    def open(cls, path: Path, key_file: Path, environ: Mapping[str, str], now: Callable[[], datetime]) -> Ledger:
        """Open or create it. Raises `LedgerProblem` or `KeyProblem`: what is wrong and what to do."""
        seal = seal_for(key_file, environ)
        return cls(Database.open(path, now), seal)

    @classmethod
    def open_url(
        cls,
        url: str,
        tenant: str,
        key_file: Path,
        environ: Mapping[str, str],
        now: Callable[[], datetime],
        *,
        patient: bool = False,
    ) -> Ledger:
        """Open or create a tenant's ledger in PostgreSQL. Raises `LedgerProblem` or `KeyProblem`; with `patient` not
        for an unreachable server, see `Database.open_url`."""
        seal = seal_for(key_file, environ, tenant)
        return cls(Database.open_url(url, tenant, now, patient=patient), seal)

    def close(self) -> None:
        """Close the database."""
        self._database.close()
