"""The ledger's tables. What was meant, what was sent, what was answered: nothing is done that does not stand here.

Instants are UTC text with microseconds (they sort as they should, on any database); JSON keeps Decimals exactly.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import simplejson
from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, String, Table, Text, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC text."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value.replace("Z", "+00:00"))


class Json(TypeDecorator[Any]):
    """JSON text whose numbers come back as Decimals, never as floats."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else simplejson.dumps(value, use_decimal=True, ensure_ascii=False)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else simplejson.loads(value, use_decimal=True)


metadata = MetaData()

company = Table(
    "company",
    metadata,
    Column("realm_id", String(50), primary_key=True),
    Column("environment", String(20), nullable=False),
    Column("base_url", String(500), nullable=False, default=""),
    Column("facts", Json, nullable=False),  # model.books.Company as JSON
    Column("settings", Json, nullable=False),  # default_income_account, default_tax_code: {"id", "name"}
    Column("reference", Json),  # accounts, tax codes, terms: what settings offer and plans name
    Column("reference_at", Instant),
    Column("connected_at", Instant, nullable=False),
    Column("connected_by", String(200), nullable=False, default=""),
    Column("disconnected_at", Instant),
    Column("stopped_reason", Text),  # why the lane stands still: a person has to act
    Column("last_success_at", Instant),
    Column("paused_until", Instant),  # the lane waits, and goes on by itself
    Column("paused_because", Text),
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
    Column("action", String(20), nullable=False),  # copy | send
    Column("asked_by", String(200), nullable=False, default=""),
    Column("invoice", Json, nullable=False),  # the invoice as it stood when the host asked
    Column("state", String(20), nullable=False),  # todo | done | held | failed | dropped
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before", Instant),
    Column("outcome", Json),
    Column("reason", Text, nullable=False, default=""),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index("work_state", "realm_id", "state", "id"),
    Index("work_invoice", "od_invoice_id", "id"),
)

intent = Table(
    "intent",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("realm_id", String(50), nullable=False),
    Column("work_id", Integer, nullable=False),
    Column("od_invoice_id", String(200), nullable=False),
    Column("step", String(700), nullable=False),  # customer Name | item Name | invoice | send
    Column("operation", String(20), nullable=False),  # create | update | send
    Column("entity", String(30), nullable=False),
    Column("body", Json, nullable=False),
    Column("context", Json, nullable=False),  # what the answer means here; not sent
    Column("requestid", String(50), nullable=False),
    Column("batch", String(40), nullable=False, default=""),  # the requestid of the batch it left in
    Column("state", String(20), nullable=False),  # meant | answered | refused | given_up
    Column("answer", Json),
    Column("meant_at", Instant, nullable=False),
    Column("answered_at", Instant),
    UniqueConstraint("realm_id", "requestid", name="intent_requestid"),
    Index("intent_open", "realm_id", "state"),
    Index("intent_batch", "batch"),
    Index("intent_work", "work_id"),
    Index("intent_step", "realm_id", "od_invoice_id", "step"),
)

invoice_link = Table(
    "invoice_link",
    metadata,
    Column("realm_id", String(50), primary_key=True),
    Column("od_invoice_id", String(200), primary_key=True),
    Column("od_number", String(200), nullable=False, default=""),
    Column("qbo_id", String(50), nullable=False),
    Column("qbo_number", String(200), nullable=False, default=""),
    Column("content_hash", String(64), nullable=False),  # of what we meant QuickBooks to hold
    Column("fingerprint", String(64), nullable=False),  # of what QuickBooks answered that it holds
    Column("currency", String(3), nullable=False),
    Column("total", String(40), nullable=False),
    Column("qbo_total", String(40), nullable=False),
    Column("state", String(20), nullable=False),  # copied | sent
    Column("rules_hash", String(64), nullable=False),
    Column("trail", Json, nullable=False),  # the decisions, as explain prints them
    Column("copied_at", Instant, nullable=False),
    Column("sent_at", Instant),
    UniqueConstraint("realm_id", "qbo_id", name="invoice_link_qbo"),
)

customer_link = Table(
    "customer_link",
    metadata,
    Column("realm_id", String(50), primary_key=True),
    Column("od_customer_id", String(200), primary_key=True),
    Column("currency", String(3), primary_key=True),
    Column("qbo_id", String(50), nullable=False),
)

payment = Table(
    "payment",
    metadata,
    Column("id", String(300), primary_key=True),  # model.payment.Payment.id
    Column("realm_id", String(50), nullable=False),
    Column("qbo_payment_id", String(50), nullable=False),  # "invoice-ID": on the invoice itself
    Column("od_invoice_id", String(200), nullable=False),
    Column("state", String(20), nullable=False),  # to_record | recorded | to_reverse | reversed | ignored
    Column("payment", Json, nullable=False),  # schemas/payment.schema.json
    Column("reversal", Json),  # reason, balance
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index("payment_state", "realm_id", "state"),
    Index("payment_qbo", "realm_id", "qbo_payment_id"),
)

event = Table(
    "event",
    metadata,
    Column("id", String(200), primary_key=True),  # the CloudEvents id, else made of what the event says
    Column("realm_id", String(50), nullable=False),
    Column("entity", String(50), nullable=False),
    Column("qbo_id", String(50), nullable=False),
    Column("operation", String(20), nullable=False),
    Column("happened_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("seen_at", Instant),
    Index("event_unseen", "realm_id", "seen_at"),
)

cursor = Table(
    "cursor",
    metadata,
    Column("realm_id", String(50), primary_key=True),
    Column("name", String(50), primary_key=True),
    Column("instant", Instant, nullable=False),
)

call = Table(
    "call",
    metadata,
    Column("realm_id", String(50), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("kind", String(20), primary_key=True),  # read | write | oauth
    Column("count", Integer, nullable=False),
)
