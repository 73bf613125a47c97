"""Notifications: their signature, and both shapes."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from onedesk_quickbooks.plugin.model.connection import WebhookEvent
from onedesk_quickbooks.plugin.qbo import BadWebhook, read_events, signed
from onedesk_quickbooks.plugin.qbo.webhooks import MOST

# Intuit's own example (qbo-api.md 6.3).
TOKEN = "b5771f19b12ddb4bcdb9f08bdc50bc63878a"
BODY = (
    b'{"eventNotifications":[{"realmId":"1185883450","dataChangeEvent":{"entities":[{"name":"Customer","id":"1",'
    b'"operation":"Create","lastUpdated":"2015-10-05T14:42:19-0700"}]}}]}'
)
SIGNATURE = "JC2GUwciPmRBwEO7WvrRmKqu9tGOKL8FFallocTFi8Q="


@pytest.mark.parametrize(
    ("body", "signature", "token", "good"),
    [
        (BODY, SIGNATURE, TOKEN, True),
        (BODY + b" ", SIGNATURE, TOKEN, False),
        (BODY, SIGNATURE[:-2] + "A=", TOKEN, False),
        (BODY, "", TOKEN, False),
        (BODY, "é", TOKEN, False),
        (BODY, SIGNATURE, "another", False),
        (BODY, "z4v6RdG2EMkHCwqTSMaYn5mFsmWLAsMTvBCyOqLpz00=", "", False),
    ],
)
def test_signatures(body: bytes, signature: str, token: str, good: bool) -> None:
    assert signed(body, signature, token) is good


def test_the_old_shape() -> None:
    body = b"""{"eventNotifications":[
        {"realmId":"1","dataChangeEvent":{"entities":[
          {"name":"Customer","id":"1","operation":"Create","lastUpdated":"2015-10-05T14:42:19-0700"},
          {"name":"Customer","id":"7","operation":"Merge","lastUpdated":"2025-09-08T20:52:31.657Z","deletedId":"9"},
          {"name":"Invoice","id":"8","operation":"Sung","lastUpdated":"2025-09-08T20:52:31.657Z"}]}},
        {"realmId":"2","dataChangeEvent":{"entities":[
          {"name":"Payment","id":"5","operation":"Void","lastUpdated":"2025-09-08T20:52:31Z"}]}},
        {"realmId":"3"}]}"""
    events = read_events(body)
    assert [(each.realm_id, each.entity, each.qbo_id, each.operation) for each in events] == [
        ("1", "customer", "1", "create"),
        ("1", "customer", "7", "merge"),
        ("2", "payment", "5", "void"),
    ]
    assert events[0].happened_at == datetime(2015, 10, 5, 21, 42, 19, tzinfo=timezone.utc)
    assert len({each.id for each in events}) == 3
    assert read_events(body) == events


def test_cloud_events_of_several_companies() -> None:
    def event(kind: str, realm: str = "310687", number: str = "1234") -> str:
        return (
            f'{{"specversion":"1.0","id":"id-{kind}","source":"intuit.x","type":"{kind}",'
            f'"time":"2025-09-10T21:31:25.179851517Z","intuitentityid":"{number}","intuitaccountid":"{realm}",'
            '"data":{"alternative_ids":[]}}'
        )

    kinds = ["qbo.payment.created.v1", "qbo.invoice.void.v1", "qbo.invoice.voided.v1", "qbo.new.sung.v1", "other.x"]
    body = "[" + ",".join([*map(event, kinds), event("qbo.payment.deleted.v1", "77", "5")]) + "]"
    moment = datetime(2025, 9, 10, 21, 31, 25, 179851, tzinfo=timezone.utc)
    assert read_events(body.encode()) == (
        WebhookEvent("id-qbo.payment.created.v1", "310687", "payment", "1234", "create", moment),
        WebhookEvent("id-qbo.invoice.void.v1", "310687", "invoice", "1234", "void", moment),
        WebhookEvent("id-qbo.invoice.voided.v1", "310687", "invoice", "1234", "void", moment),
        WebhookEvent("id-qbo.payment.deleted.v1", "77", "payment", "5", "delete", moment),
    )
    assert read_events(b"[]") == ()


EVENT = {
    "type": "qbo.payment.created.v1",
    "id": "1",
    "intuitaccountid": "1",
    "intuitentityid": "1",
    "time": "2026-07-01T00:00:00Z",
}


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00"])
def test_the_ends_of_the_calendar(time: str) -> None:
    assert len(read_events(json.dumps([{**EVENT, "time": time}]).encode())) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"5",
        b"{}",
        b"[5]",
        b'{"eventNotifications":5}',
        b'[{"type":"qbo.payment.created.v1"}]',
        b'[{"type":"qbo.payment.created.v1","id":"1","intuitaccountid":"1","intuitentityid":"1","time":"noon"}]',
        b'{"eventNotifications":[{"realmId":"1","dataChangeEvent":{"entities":[{"name":"Payment"}]}}]}',
        b"[" * 100000,
        *(
            json.dumps([{**EVENT, **odd}]).encode()
            for odd in (
                *({"id": "\ud800"}, {"id": "a\x00"}, {"intuitentityid": "\udfff"}, {"intuitaccountid": "\x1b"}),
                *({"id": None}, {"id": ""}, {"id": True}, {"intuitentityid": [1]}, {"intuitaccountid": 1.5}),
                *({"id": "a" * 201}, {"intuitaccountid": "1" * 51}, {"intuitentityid": "1" * 51}),
                *({"time": "0001-01-01T00:00:00+14:00"}, {"time": "9999-12-31T23:59:59-14:00"}),
            )
        ),
        b'{"eventNotifications":[{"realmId":"1","dataChangeEvent":{"entities":[{"name":"Payment","id":"\\ud800",'
        b'"operation":"Create","lastUpdated":"2026-07-01T00:00:00Z"}]}}]}',
    ],
)
def test_what_is_no_notification(body: bytes) -> None:
    with pytest.raises(BadWebhook):
        read_events(body)


SIZE = 3_900_000
HEAVY = {
    "lists": b"[" + b"[]," * (SIZE // 3) + b"[]]",
    "objects": b"[" + b"{}," * (SIZE // 3) + b"{}]",
    "numbers": b"[" + b"1," * (SIZE // 2) + b"1]",
    "texts": b"[" + b'"",' * (SIZE // 3) + b'""]',
    "notifications": b'{"eventNotifications":[' + b"{}," * (SIZE // 3) + b"{}]}",
    "entities": b'{"eventNotifications":[{"dataChangeEvent":{"entities":[' + b"{}," * (SIZE // 3) + b"{}]}}]}",
    "keys": b"{" + b",".join(b'"%d":0' % number for number in range(SIZE // 11)) + b"}",
    "depth": b"[" * SIZE,
    "digits": b"[1." + b"1" * SIZE + b"]",
    "an exponent": b"[1e" + b"9" * SIZE + b"]",
    "escapes": b'["' + b"\\ud800" * (SIZE // 6) + b'"]',
    "a long kind": b'[{"type":"' + b"." * SIZE + b'"}, 5]',
    "a long time": json.dumps([{**EVENT, "time": "1" * SIZE}]).encode(),
    "a long id": json.dumps([{**EVENT, "id": "1" * SIZE}]).encode(),
    "just not too many signs": b"[" + b"1," * (MOST * 29) + b"1]",
    "too many events": json.dumps([EVENT] * (MOST + 1)).encode(),
}


@pytest.mark.parametrize("name", HEAVY)
def test_none_is_shown_whole(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """What they take is a figure of `tests.bench.webhooks`."""
    with pytest.raises(BadWebhook) as refused:
        read_events(HEAVY[name])
    assert len(str(refused.value)) < 500 and sum(map(len, caplog.messages)) < 500


def test_as_many_as_can_be_are_taken() -> None:
    events = [{**EVENT, "id": str(number), "data": {"a": [1, 2, 3]}} for number in range(MOST)]
    assert len(read_events(json.dumps(events, indent=1).encode())) == MOST


def test_one_that_cannot_be_read_takes_no_other_along(caplog: pytest.LogCaptureFixture) -> None:
    body = json.dumps([{**EVENT, "id": "one"}, {**EVENT, "id": None}, 5, {**EVENT, "id": 2}]).encode()
    assert [each.id for each in read_events(body)] == ["one", "2"]
    assert caplog.messages == [
        "2 events of a notification cannot be read, the others are kept: 'int' object is not subscriptable"
    ]
