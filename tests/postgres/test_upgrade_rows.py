"""Every kind of row that a release before 0003 wrote, and what the ledger answers of it after the upgrade."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update

from onedesk_quickbooks.plugin.ledger import CHANGED, CUSTOMER, Conflict, Ledger, PaymentLook, Request
from onedesk_quickbooks.plugin.ledger.outbox import request_id
from onedesk_quickbooks.plugin.ledger.tables import company
from tests.postgres.test_upgrade import Place, place

__all__ = ["place"]
pytestmark = pytest.mark.postgres

AT = datetime(2026, 11, 20, 8, 30, 0, 5, tzinfo=timezone.utc)
VERSIONS = [{"field": "total", "onedesk": "160.00 USD", "quickbooks": "170.00 USD"}]
MANY = 1100
"""More than the upgrade reads at once."""
Facts = Mapping[str, Any]
Rows = Sequence[Facts]


def instant(minutes: int = 0) -> str:
    return (AT + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def noted(number: int, action: str, state: str, outcome: Facts | None, od_id: str = "INV-2") -> dict[str, Any]:
    """An entry of the queue, as it stood before."""
    return {
        "id": number,
        "od_invoice_id": od_id,
        "od_number": "2042",
        "action": action,
        "asked_by": "",
        "invoice": json.dumps({"id": od_id, "total": "160.00"}),
        "state": state,
        "attempts": 0,
        "outcome": None if outcome is None else json.dumps(outcome),
        "reason": f"why {number}",
        "created_at": instant(number),
        "updated_at": instant(number + 1),
    }


EDITED = {
    "what": "edited",
    "fingerprint": "f2:abc/170",
    "rule": "hold",
    "versions": VERSIONS,
    "qbo_id": "49",
    "qbo_total": "170.00",
    "withdrawn": "",
}
KEPT = {**EDITED, "rule": "keep_quickbooks", "accept": {"fingerprint": "f2:abc", "qbo_number": "2042"}}
DECIDED = {"what": "edited", "fingerprint": "f2:def/175.5", "qbo_id": "49", "about": {"id": "INV-2", "total": "1.20"}}
GONE = {**EDITED, "what": "deleted", "fingerprint": "", "versions": [], "qbo_total": None, "withdrawn": "voided"}
WORK = [
    noted(101, "changed", "dropped", {**EDITED, "passed": True}),
    noted(102, "changed", "done", KEPT),
    noted(103, "changed", "done", DECIDED),
    noted(104, "changed", "held", EDITED),
    noted(105, "changed", "done", GONE, "INV-8"),
    noted(106, "customer", "held", {"what": "inactive", "customer_id": "57", "fingerprint": "3"}),
    noted(107, "voided", "held", {"paid": "12.50", "currency": "USD", "money": False}, "INV-7"),
    noted(108, "deleted", "held", {}, "INV-9"),
    noted(109, "voided", "dropped", None, "INV-9"),
    noted(110, "send", "held", {"outcome": "held", "codes": ["total"], "version": "v", "stands": "170.00"}, "INV-10"),
]
CURSORS = {
    "payments": 1,
    "payments-looked": 2,
    "payments-by-queries": 3,
    "next-poll": 4,
    "turn-ended": 5,
    "alerts-looked": 6,
    "alerts-since": 7,
    "alert:held/log": 8,
    "alert:held/mail": 9,
    "alert:stopped/https://a/b": 10,
    "alert-again:mail": 11,
    "untold:104": 12,
    "untold:106": 13,
}


def asked(number: int, step: str = "invoice", state: str = "answered", **more: Any) -> dict[str, Any]:
    """A request, as it stood before: `more` are body, context, answer and od_invoice_id."""
    kept = {"body": {}, "context": {}, "answer": {"Id": "1"} if state == "answered" else None, **more}
    return {
        "id": number,
        "work_id": 101,
        "od_invoice_id": "INV-2",
        "step": step,
        "operation": "create",
        "entity": "Invoice",
        "requestid": f"od-{number}",
        "batch": "",
        "state": state,
        "meant_at": instant(number),
        "answered_at": instant(number + 1) if state == "answered" else None,
        **{name: json.dumps(value) if isinstance(value, dict) else value for name, value in kept.items()},
    }


FAILED = {"od_customer_id": "C-9", "failed": {"times": 3, "since": AT.isoformat()}, "total": "5.00"}
INTENTS = [
    asked(201, body={"Deposit": 60.5, "DocNumber": "2042"}, context={"od_customer_id": "C-8", "content_hash": "h1"}),
    asked(202, body={"DocNumber": "2042"}, context={"od_customer_id": 'C-"8%', "content_hash": "h2"}),
    asked(203, state="meant", od_invoice_id="INV-11", body={"Deposit": 1}, context=FAILED),
    asked(204, state="given_up", od_invoice_id="INV-12", context={"od_customer_id": "C-8"}),
    asked(205, state="refused", od_invoice_id="INV-12", body={"Deposit": 7}, context={"od_customer_id": "C-8"}),
    asked(206, "send", context={"delivered_at": "", "email": '"failed":'}),
    *(asked(1000 + each, od_invoice_id=f"M-{each}", context={"od_customer_id": "C-M"}) for each in range(MANY)),
]
EVENTS = [
    {"id": f"order:{name}", "entity": "order", "qbo_id": "", "operation": name, "seen_at": instant()}
    for name in ("copy", "voided")
] + [{"id": "order:e9", "entity": "Invoice", "qbo_id": "49", "operation": "Update", "seen_at": None}]
PAYMENTS = [("p1", "81"), ("p2", "invoice-49"), ("p3", "balance-49")]


def old_rows(realm_id: str) -> dict[str, Rows]:
    """By table."""
    when = {"happened_at": instant(), "received_at": instant()}
    payment = {"state": "recorded", "payment": '{"amount": "5.00"}', "od_invoice_id": "INV-2"}
    times = {"created_at": instant(), "updated_at": instant()}
    found: dict[str, Rows] = {
        "work": WORK,
        "cursor": [{"name": name, "instant": instant(minutes)} for name, minutes in CURSORS.items()],
        "intent": INTENTS,
        "event": [{**each, **when} for each in EVENTS],
        "payment": [{"id": name, "qbo_payment_id": qbo_id, **payment, **times} for name, qbo_id in PAYMENTS],
    }
    return {table: [{**row, "realm_id": realm_id} for row in rows] for table, rows in found.items()}


@pytest.fixture(params=["0001", "0002"])
def upgraded(request: pytest.FixtureRequest, place: Place) -> Any:
    """A ledger of an earlier release with all of it, opened by this one; and its company's id."""
    place.put(request.param)
    realm_id = place.rows()["company"][0]["realm_id"]
    tables = place.reflected().tables
    cursor, link = tables["cursor"], tables["invoice_link"]
    with place.engine().begin() as connection:
        connection.execute(cursor.delete())
        for table, rows in old_rows(realm_id).items():
            connection.execute(insert(tables[table]), list(rows))
        if place.kind == "postgresql":  # as if its sequence had numbered them
            connection.execute(text("SELECT setval('work_id_seq', 110)"))
        connection.execute(update(tables["company"]).values(reference_at="1970-01-01T00:00:00.000000Z"))
        connection.execute(update(link).where(link.c.od_invoice_id == "INV-2").values(content_hash=""))
    with closing(place.ledger()) as ledger:
        yield ledger, realm_id


def test_conflicts(upgraded: tuple[Ledger, str]) -> None:
    ledger, realm_id = upgraded
    edited = Conflict("edited", "f2:abc", "170.00", tuple(VERSIONS), "hold")
    facts = {
        101: dataclasses.replace(edited, passed=True),
        102: dataclasses.replace(edited, rule="keep_quickbooks"),
        103: Conflict("edited", "f2:def", "175.5", about={"id": "INV-2", "total": "1.20"}),
        104: edited,
        105: Conflict("deleted", rule="hold", withdrawn="voided"),
        106: Conflict("inactive", qbo_customer_id="57", sync_token="3"),
        107: Conflict(paid="12.50", currency="USD", only_money=False),
        108: Conflict(),
        109: Conflict(),
        110: Conflict(),
    }
    for number, conflict in facts.items():
        entry = ledger.queue.get(number)
        assert entry is not None and (entry.id, entry.conflict, entry.reason) == (number, conflict, f"why {number}")
        assert (entry.outcome is None) == (number != 110)
        assert entry.created_at == AT + timedelta(minutes=number)
    assert [each.id for each in ledger.conflicts.unnotified(realm_id)] == [104, 106]
    ledger.conflicts.notified(104)
    assert [each.id for each in ledger.conflicts.unnotified(realm_id)] == [106]
    assert [each.id for each in ledger.conflicts.waiting(realm_id, CHANGED)] == [104]
    assert [each.id for each in ledger.conflicts.waiting(realm_id, CUSTOMER)] == [106]
    assert [each.id for each in ledger.conflicts.withdrawn(realm_id)] == [107, 108]
    held = ledger.queue.get(110)
    assert held is not None and held.outcome is not None and held.outcome["stands"] == "170.00"
    assert ledger.queue.ask(realm_id, "copy", {"id": "INV-99"}, "ada") > 110, "one row of numbers for all entries"


def test_requests(upgraded: tuple[Ledger, str]) -> None:
    ledger, realm_id = upgraded
    outbox = ledger.outbox
    assert outbox.deposits(realm_id, ["INV-2", "INV-11", "INV-12"]) == {"INV-2": Decimal("60.5")}
    assert outbox.invoices_of_customer(realm_id, "C-8") == ["INV-2"]
    assert outbox.invoices_of_customer(realm_id, 'C-"8%') == ["INV-2"]
    assert outbox.invoices_of_customer(realm_id, "C-M", 2) == [f"M-{MANY - 1}", f"M-{MANY - 2}"]
    assert outbox.written_for(realm_id, ["INV-2", "M-3"]) == {"INV-2": 'C-"8%', "M-3": "C-M"}
    [unknown] = outbox.unknown(realm_id)
    assert (unknown.id, unknown.state, unknown.requestid, unknown.recorded_at) == (
        203,
        "recorded",
        "od-203",
        AT + timedelta(minutes=203),
    )
    assert (unknown.failures, unknown.failing_since, unknown.od_customer_id, unknown.deposit) == (3, AT, "C-9", "1")
    assert unknown.context == {"od_customer_id": "C-9", "total": "5.00"}
    assert [each.id for each in outbox.given_up(realm_id, ["INV-12"])] == [204]
    assert outbox.of_work(101)[5].context == {"delivered_at": "", "email": '"failed":'}
    request = Request(realm_id, 104, "INV-2", "invoice", "update", "Invoice", {"a": 1})
    [new] = outbox.record([request])
    assert new.id > 1000 + MANY - 1
    before = sum(each["od_invoice_id"] == "INV-2" and each["step"] == "invoice" for each in INTENTS)
    assert new.requestid == request_id(request, before + 1), "that of the sample, and those here"


def test_links(upgraded: tuple[Ledger, str]) -> None:
    ledger, realm_id = upgraded
    links = ledger.links.invoices(realm_id, ["INV-1", "INV-2"])
    assert {name: (link.rewrite, bool(link.content_hash)) for name, link in links.items()} == {
        "INV-1": (False, True),
        "INV-2": (True, False),
    }
    with ledger.together() as connection:
        ledger.links.accept(connection, realm_id, "INV-2", {"fingerprint": "b"})
    link = ledger.links.invoice(realm_id, "INV-2")
    assert link is not None and (link.rewrite, link.content_hash) == (False, "h2")


def test_looks_and_alerts(upgraded: tuple[Ledger, str]) -> None:
    ledger, realm_id = upgraded
    at = [AT + timedelta(minutes=minutes) for minutes in range(20)]
    assert ledger.payment_looks.get(realm_id) == PaymentLook(*at[1:5])
    connected = ledger.companies.connected()
    assert connected is not None and connected.slice_ended_at == at[5]
    assert ledger.alerts.watch(realm_id) == (at[6], at[7])
    assert ledger.alerts.sent(realm_id) == {("held", "log"), ("held", "mail"), ("stopped", "https://a/b")}
    assert ledger.alerts.paused(realm_id) == {"mail": at[11]}
    with ledger.together() as connection:
        assert connection.execute(select(company.c.reference_at)).scalar() is None


def test_commands_events_and_payments(upgraded: tuple[Ledger, str]) -> None:
    ledger, realm_id = upgraded
    with ledger.together() as connection:
        firsts = [ledger.commands.first_time(connection, each, realm_id, "copy") for each in ("copy", "voided", "e9")]
    assert firsts == [False, False, True]
    assert ledger.webhook_events.unseen(realm_id) == 2, "the sample's, and the one here"
    sources = {each.id: (each.source, each.qbo_id) for each in ledger.payments.of_invoice(realm_id, "INV-2")}
    assert sources == {"p1": ("payment", "81"), "p2": ("invoice", "49"), "p3": ("balance", "49")}


@pytest.mark.parametrize("version", ["0001", "0002", "0003"])
def test_what_was_reported_to_the_host_before_is_a_list_of_events(version: str, place: Place) -> None:
    place.put(version)
    table, old = place.reflected().tables["payment"], place.rows()["payment"][0]
    minutes_of = {"late": 3, "early": 1, "gone": 2, "goes": 4, "new": 5, "left out": 0}
    states = {"gone": "reversed", "goes": "to_reverse", "new": "to_record", "left out": "ignored"}
    rows = [
        {
            **old,
            "id": name,
            "state": states.get(name, "recorded"),
            "payment": json.dumps({"id": name}),
            "reversal": json.dumps({"reason": "voided", "balance": "5.00"}) if name[0] == "g" else None,
            "updated_at": instant(minutes),
        }
        for name, minutes in minutes_of.items()
    ]
    with place.engine().begin() as connection:
        connection.execute(table.delete())
        connection.execute(insert(table), rows)
    with closing(place.ledger()) as ledger:
        events = ledger.payment_events.after(0, 9)
        assert [(each.payment["id"], each.what, each.happened_at) for each in events] == [
            ("early", "recorded", AT + timedelta(minutes=1)),
            ("gone", "reversed", AT + timedelta(minutes=2)),
            ("late", "recorded", AT + timedelta(minutes=3)),
            ("goes", "recorded", AT + timedelta(minutes=4)),
        ]
        assert [each.reversal for each in events] == [None, {"reason": "voided", "balance": "5.00"}, None, None]
        ledger.payments.notified("goes", "reversed")
        assert [each.number for each in ledger.payment_events.after(events[-1].number, 9)] == [events[-1].number + 1]
