"""The ledger's tables: what was recorded, sent and answered. Every action is recorded here first.

Instants are UTC text with microseconds (text order is time order, on any database); JSON keeps Decimals exactly.
"""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import simplejson
from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_write = simplejson.JSONEncoder(use_decimal=True, ensure_ascii=False).encode
_read = simplejson.JSONDecoder(parse_float=Decimal).decode


class UnreadableValue(Exception):
    """A row has a value that this program has not written."""


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored as UTC text."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        try:
            return None if value is None else datetime.fromisoformat(value.replace("Z", "+00:00"))
        except (AttributeError, TypeError, ValueError):
            raise UnreadableValue("no instant") from None


class Json(TypeDecorator[Any]):
    """JSON text of an object, or of a list, whose numbers are read as Decimals, never as floats."""

    impl = Text
    cache_ok = True

    def __init__(self, shape: type = dict) -> None:
        """`shape` is dict or list."""
        super().__init__()
        self.shape = shape

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else str(_write(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json_from(value, self.shape)


def json_from(value: Any, shape: type = dict) -> Any:
    """The JSON of a column's text. Raises `UnreadableValue`."""
    try:
        found = _read(value)
    except (ArithmeticError, AttributeError, RecursionError, TypeError, ValueError):
        raise UnreadableValue("no JSON") from None
    if not isinstance(found, shape):
        raise UnreadableValue("JSON of another shape")
    return found


metadata = MetaData()
LONGEST_TOTAL, LONGEST_CURRENCY = 40, 10
"""The lengths of an entry's total and currency."""

company = Table(
    "company",
    metadata,
    Column("realm_id", String(50), primary_key=True),
    Column("environment", String(20), nullable=False),
    Column("base_url", String(500), nullable=False, default=""),
    Column("facts", Json, nullable=False),  # model.books.Company as JSON
    Column("settings", Json, nullable=False),  # default_income_account, default_tax_code: {"id", "name"}
    Column("reference", Json),  # accounts, tax codes, terms: for settings and plans
    Column("reference_at", Instant),  # NULL where it is known to be out of date
    Column("connected_at", Instant, nullable=False),
    Column("connected_by", String(200), nullable=False, default=""),
    Column("disconnected_at", Instant),
    Column("stopped_reason", Text),  # why the company queue is stopped: a person has to act
    Column("last_success_at", Instant),
    Column("paused_until", Instant),  # the company queue waits until then, and continues automatically
    Column("paused_because", Text),
    Column("throttled", Boolean),  # it waits because QuickBooks answered 429: every process waits
    Column("slice_ended_at", Instant),  # when another process may have made its last call
    Column("marked", Integer),  # the rows of marked_form; NULL where they are to be read from QuickBooks
)

token = Table(
    "token",
    metadata,
    Column("realm_id", String(50), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("refresh_expires_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

oauth_state = Table(
    "oauth_state",
    metadata,
    Column("state", String(100), primary_key=True),
    Column("user", String(200), nullable=False),
    Column("redirect_uri", String(500), nullable=False),
    Column("expires_at", Instant, nullable=False),
)

work = Table(
    "work",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("realm_id", String(50), nullable=False),
    Column("od_invoice_id", String(200), nullable=False),
    Column("od_number", String(200), nullable=False, default=""),
    Column("action", String(20), nullable=False),  # copy | send | adopt | undo | paid | unpaid, or of a conflict
    Column("asked_by", String(200), nullable=False, default=""),
    Column("invoice", Json, nullable=False),  # the invoice when the host asked
    Column("state", String(20), nullable=False),  # todo done held failed skipped dropped replaced scheduled
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before", Instant),
    Column("reported_at", Instant),  # when a hook reported what it is about; the host has not been read since
    Column("outcome", Json),  # of a copy or a send
    Column("codes", Text, nullable=False, default="", server_default=""),  # of its reasons, by spaces
    Column(
        "total", String(LONGEST_TOTAL), nullable=False, default="", server_default=""
    ),  # of the invoice, as the host has it
    Column("currency", String(LONGEST_CURRENCY), nullable=False, default="", server_default=""),
    Column("reason", Text, nullable=False, default=""),
    Column("run", String(40), nullable=False, default="", server_default=""),  # the run that alone does it; "" for any
    # the run that asked for it; never changed
    Column("asked_in", String(40), nullable=False, default="", server_default=""),
    # of a dropped entry: person | voided | deleted | reopened (by the host) | opened (again since); else ""
    Column("dropped_by", String(20), nullable=False, default="", server_default=""),
    # a copy that nobody has asked for: a person decides
    Column("proposed", Boolean, nullable=False, default=False, server_default=false()),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index("work_state", "realm_id", "state", "id"),
    Index("work_invoice", "od_invoice_id", "id"),
    Index("work_asked_in", "realm_id", "asked_in", "id"),
    Index("work_reported", "realm_id", "reported_at"),
)

conflict = Table(
    "conflict",
    metadata,
    Column("work_id", Integer, primary_key=True, autoincrement=False),
    Column("realm_id", String(50), nullable=False),
    Column("what", String(20), nullable=False),  # edited voided deleted inactive bounced: in QuickBooks; "" for nothing
    Column("fingerprint", String(64), nullable=False),  # of the version in QuickBooks, with qbo_total
    Column("qbo_total", String(40), nullable=False),
    Column("versions", Json(list), nullable=False),  # [{field, onedesk, quickbooks}]
    Column("rule", String(20), nullable=False),  # hold | keep_quickbooks | overwrite | void | delete; "" for no rule
    Column("about", Json),  # the host's invoice that a person decided about
    Column("passed", Boolean, nullable=False),  # nothing was left to decide
    Column("withdrawn", String(20), nullable=False),  # voided | deleted: in the host, when it was noted
    Column("qbo_customer_id", String(50), nullable=False),
    Column("sync_token", String(50), nullable=False),  # of the customer
    Column("paid", String(40), nullable=False),  # what pays a withdrawn invoice, in `currency`
    Column("currency", String(3), nullable=False),
    Column("only_money", Boolean, nullable=False),
    Column("notified_at", Instant),  # when the host was notified
    Index("conflict_unnotified", "realm_id", "notified_at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("realm_id", String(50), nullable=False),
    Column("work_id", Integer, nullable=False),
    Column("od_invoice_id", String(200), nullable=False),
    Column(
        "step", String(700), nullable=False
    ),  # customer, address, contact, item or file NAME | invoice | apply | send | undo | pay | unpay
    Column("operation", String(20), nullable=False),  # create update upload send void delete adopt found
    Column("entity", String(30), nullable=False),
    Column("body", Json, nullable=False),
    Column("context", Json, nullable=False),  # what the effects of the answer need; not sent
    Column("od_customer_id", String(200), nullable=False),  # the customer of the invoice; "" in other steps
    Column("deposit", String(40), nullable=False),  # that `body` writes; "" for none
    Column("requestid", String(50), nullable=False),
    Column("batch", String(40), nullable=False, default=""),  # the requestid of the batch in which it was sent
    Column("state", String(20), nullable=False),  # recorded | answered | refused | given_up | undone (adopt)
    Column("answer", Json),
    Column("recorded_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Column("failures", Integer, nullable=False),  # how many failures QuickBooks has answered
    Column("failed_at", Instant),  # of the first failure
    UniqueConstraint("realm_id", "requestid", name="outbox_requestid"),
    Index("outbox_open", "realm_id", "state"),
    Index("outbox_batch", "batch"),
    Index("outbox_work", "work_id"),
    Index("outbox_step", "realm_id", "od_invoice_id", "step"),
    Index("outbox_customer", "realm_id", "od_customer_id", "id"),
)

command = Table(
    "command",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("realm_id", String(50), nullable=False),
    Column("action", String(20), nullable=False),  # copy | send | opened | reopened | voided | deleted
    Column("taken_at", Instant, nullable=False),
)

run = Table(  # a command that runs, and its facts
    "run",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("realm_id", String(50), nullable=False),
    Column("action", String(20), nullable=False),  # copy | send | backfill | undo
    Column("asked_by", String(200), nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("ended_at", Instant),  # NULL while it runs, and for a stopped one
    Column("facts", Json, nullable=False),  # backfill: from, to; undo: undoes, deed; of: the backfill that it continues
    Column("shown", Json, nullable=False),  # the plan of its undo that a person has last seen
    Index("run_begun", "realm_id", "begun_at"),
)

invoice_link = Table(
    "invoice_link",
    metadata,
    Column("realm_id", String(50), primary_key=True),
    Column("od_invoice_id", String(200), primary_key=True),
    Column("od_number", String(200), nullable=False, default=""),
    Column("qbo_id", String(50), nullable=False),
    Column("qbo_number", String(200), nullable=False, default=""),
    Column("content_hash", String(64), nullable=False),  # of the content that we wrote
    Column("fingerprint", String(64), nullable=False),  # of QuickBooks' answer
    Column("currency", String(3), nullable=False),
    Column("total", String(40), nullable=False),
    Column("qbo_total", String(40), nullable=False),
    Column("state", String(20), nullable=False),  # copied | sent
    Column("rules_hash", String(64), nullable=False),
    Column("trail", Json, nullable=False),  # the decisions, as explain prints them
    Column("copied_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("rewrite", Boolean, nullable=False),  # write OneDesk's version, whatever QuickBooks has
    Column("kind", String(20), nullable=False, default="invoice", server_default="invoice"),  # invoice | credit_memo
    UniqueConstraint("realm_id", "qbo_id", name="invoice_link_qbo"),
)

marked_form = Table(  # forms in QuickBooks that have our mark and were not linked when they were read
    "marked_form",
    metadata,
    Column("realm_id", String(50), primary_key=True),
    Column("qbo_id", String(50), primary_key=True),
    Column("kind", String(20), nullable=False),  # invoice | credit_memo
    Column("mark", String(700), nullable=False),  # what its note says after our mark, a line for each; see MarkedForm
    Column("anothers", Boolean, nullable=False),  # a person has said that it is not the host's
)

customer_link = Table(
    "customer_link",
    metadata,
    Column("realm_id", String(50), primary_key=True),
    Column("od_customer_id", String(200), primary_key=True),
    Column("currency", String(3), primary_key=True),
    Column("qbo_id", String(50), nullable=False),
)

customer_decision = Table(
    "customer_decision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("realm_id", String(50), nullable=False),
    Column("od_customer_id", String(200), nullable=False),
    Column("qbo_id", String(50), nullable=False),
    Column("name", String(1100), nullable=False),  # of the QuickBooks customer at that time
    Column("currency", String(3), nullable=False),  # in which it was linked; "" for a rejection
    Column("decision", String(20), nullable=False),  # confirmed | rejected
    Column("before", String(50), nullable=False),  # the QuickBooks customer that was linked, "" for none
    Column("decided_by", String(200), nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("undone_by", String(200), nullable=False),
    Column("undone_at", Instant),
    Index("customer_decision_of", "realm_id", "od_customer_id", "id"),
)

payment = Table(
    "payment",
    metadata,
    Column("id", String(300), primary_key=True),  # model.payment.Payment.id
    Column("realm_id", String(50), nullable=False),
    Column("source", String(20), nullable=False),  # payment | invoice (itself) | balance (of the invoice)
    Column("qbo_id", String(50), nullable=False),  # of the source
    Column("od_invoice_id", String(200), nullable=False),
    Column("state", String(20), nullable=False),  # as PaymentRow has it
    Column("payment", Json, nullable=False),  # schemas/payment.schema.json
    Column("reversal", Json),  # reason, balance; of one to_note also before: its amount then
    Column("details", Json),  # reference, method: changed before the host has accepted it
    # by the host, while another plugin refuses it
    Column("taken", Boolean, nullable=False, default=False, server_default=false()),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index("payment_state", "realm_id", "state"),
    Index("payment_source", "realm_id", "source", "qbo_id"),
)

webhook_event = Table(
    "webhook_event",
    metadata,
    Column("id", String(200), primary_key=True),  # the CloudEvents id, else built from the event's content
    Column("realm_id", String(50), nullable=False),
    Column("entity", String(50), nullable=False),
    Column("qbo_id", String(50), nullable=False),
    Column("operation", String(20), nullable=False),
    Column("happened_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("seen_at", Instant),
    Index("webhook_event_unseen", "realm_id", "seen_at"),
)

payment_look = Table(
    "payment_look",
    metadata,
    Column("realm_id", String(50), primary_key=True),
    Column("read_until", Instant),  # by QuickBooks' clock
    Column("looked_at", Instant),  # last success, by our clock
    Column("queries_since", Instant),  # since when queries replace change data capture
    Column("next_at", Instant),
)

queue_error = Table(
    "queue_error",
    metadata,
    Column("realm_id", String(50), primary_key=True),
    Column("what", String(20), primary_key=True),  # queue | payments | settings
    Column("count", Integer, nullable=False),  # failures in a row
    Column("since", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("error", String(300), nullable=False),  # class and place in the program, of the last error
)

alert_watch = Table(
    "alert_watch",
    metadata,
    Column("realm_id", String(50), primary_key=True),
    Column("looked_at", Instant, nullable=False),
    Column("since", Instant, nullable=False),  # since when alerts are looked for without a gap
)

sent_alert = Table(
    "sent_alert",
    metadata,
    Column("realm_id", String(50), primary_key=True),
    Column("alert", String(50), primary_key=True),
    Column("channel", String(50), primary_key=True),
    Column("sent_at", Instant, nullable=False),
)

alert_pause = Table(
    "alert_pause",
    metadata,
    Column("realm_id", String(50), primary_key=True),
    Column("channel", String(50), primary_key=True),
    Column("until", Instant, nullable=False),  # the channel failed, and is not used until then
)

call = Table(
    "call",
    metadata,
    Column("realm_id", String(50), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("kind", String(20), primary_key=True),  # read | write | oauth
    Column("count", Integer, nullable=False),
)

payment_event = Table(  # what was reported to the host, in this order; the numbers are the cursors of other programs
    "payment_event",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("realm_id", String(50), nullable=False),
    Column("payment_id", String(300), nullable=False),
    Column("what", String(20), nullable=False),  # recorded | reversed | changed
    Column("payment", Json, nullable=False),  # as it was reported
    Column("reversal", Json),
    Column("happened_at", Instant, nullable=False),
)

payment_ack = Table(
    "payment_ack",
    metadata,
    Column("reader", String(50), primary_key=True),
    Column("cursor", Integer, nullable=False),  # everything up to here has been taken
    Column("acked_at", Instant, nullable=False),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(100), nullable=False),
    Column("starts", String(20), nullable=False),  # the first characters of the key, to identify it
    Column("hash", String(64), nullable=False),  # SHA-256 of the key, which is 256 random bits
    Column("scopes", String(100), nullable=False),  # separated by spaces
    Column("made_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    UniqueConstraint("hash", name="api_key_hash"),
)

api_answer = Table(  # the answer to a request with an Idempotency-Key
    "api_answer",
    metadata,
    Column("key_id", Integer, primary_key=True, autoincrement=False),
    Column("idempotency_key", String(200), primary_key=True),
    Column("request", String(64), nullable=False),  # hash of the request
    Column("status", Integer, nullable=False),  # 0: still in progress, without an answer
    Column("answer", Json, nullable=False),
    Column("answered_at", Instant, nullable=False),  # or the time of its start
    Index("api_answer_age", "answered_at"),
)

outgoing_webhook = Table(
    "outgoing_webhook",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("url", String(1000), nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the secret for signatures, encrypted
    Column("made_at", Instant, nullable=False),
    Column("delivered", Integer, nullable=False),  # the cursor up to which its receiver has all events
    Column("failures", Integer, nullable=False),  # of the next event, in a row
    Column("problem", Text, nullable=False),  # of the last failure; "" for none
    Column("not_before", Instant),
    Column("stopped_at", Instant),  # when it was given up, until a person acts
    UniqueConstraint("url", name="outgoing_webhook_url"),
)

audit = Table(  # never changed and never deleted; each row is chained to the one before it
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # 1, 2, 3, ...: without a gap
    Column("at", String(27), nullable=False),  # in the format of an Instant; text, because it is hashed
    Column("kind", String(20), nullable=False),  # audit.KINDS
    Column("realm_id", String(50), nullable=False),  # "" where no company is connected
    Column("od_invoice_id", String(200), nullable=False),  # "" where it concerns no invoice
    Column("actor", String(200), nullable=False),
    Column("content", Text, nullable=False),  # canonical JSON
    Column("hash", String(64), nullable=False),  # SHA-256 of the hash before and this row
    Index("audit_invoice", "od_invoice_id", "id"),
)

audit_head = Table(  # one row: the last row of the audit trail
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)

sentence = Table(  # the parts of a sentence that is stored elsewhere (sentences.py)
    "sentence",
    metadata,
    Column("digest", String(40), primary_key=True),  # SHA-256 of the English text, its first characters
    Column("said", Json, nullable=False),
)

hold = Table(  # invoices that a person holds
    "hold",
    metadata,
    Column("realm_id", String(50), primary_key=True),
    Column("od_invoice_id", String(200), primary_key=True),
    Column("od_number", String(100), nullable=False),
    Column("by", String(200), nullable=False),
    Column("reason", String, nullable=False),
    Column("since", Instant, nullable=False),
)
