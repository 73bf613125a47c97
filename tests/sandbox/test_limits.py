"""Limits: how many calls a company takes, and the shape of a 429 (qbo-api.md section 5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import simplejson

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client

Connect = Callable[..., "Client"]


def calls(client: Client, path: str, count: int, method: str = "GET", body: Any = None) -> list[int]:
    return [client.call(method, path, body).status for _ in range(count)]


def change(client: Client, **values: Any) -> Any:
    reply = client.raw("POST", "/_control/limits", simplejson.dumps(values).encode())
    assert reply.status == 200, reply.json
    return reply.json


def test_off_unless_switched_on(connect: Connect) -> None:
    assert set(calls(connect(), "customer/1", 30)) == {200}


def test_ten_a_second(connect: Connect) -> None:
    client = connect(limits=True)
    assert calls(client, "customer/1", 12) == [200] * 10 + [429] * 2
    client.sandbox.advance(timedelta(seconds=1))
    assert calls(client, "customer/1", 1) == [200]


def test_five_hundred_a_minute(connect: Connect) -> None:
    client = connect(limits=True)
    change(client, most={"a second": 1000})
    assert calls(client, "customer/1", 501).count(200) == 500
    client.sandbox.advance(timedelta(seconds=59))
    assert calls(client, "customer/1", 1) == [429]
    client.sandbox.advance(timedelta(seconds=1))
    assert calls(client, "customer/1", 1) == [200]


def test_forty_batches_a_minute_beside_other_calls(connect: Connect) -> None:
    client = connect(limits=True)
    change(client, most={"a second": 1000})
    body = {"BatchItemRequest": [{"bId": "1", "Query": "select count(*) from Customer"}]}
    assert calls(client, "batch", 41, "POST", body) == [200] * 40 + [429]
    assert calls(client, "customer/1", 1) == [200]
    change(client, most={"batches of the application a minute": 1000})
    assert calls(client, "batch", 81, "POST", body) == [200] * 80 + [429]


def test_forty_emails_a_day(connect: Connect) -> None:
    client = connect(limits=True)
    change(client, most={"a second": 1000})
    invoice = client.invoice(BillEmail={"Address": "ada@example.com"})
    assert calls(client, f"invoice/{invoice['Id']}/send", 41, "POST") == [200] * 40 + [429]
    client.sandbox.advance(timedelta(minutes=59))
    assert len(client.sandbox.outbox()) == 40


def test_refused_calls_do_not_count_and_nothing_is_done(connect: Connect) -> None:
    client = connect(limits=True)
    change(client, most={"a second": 2})
    assert calls(client, "customer", 3, "POST", {"DisplayName": "Once"})[2] == 429
    assert calls(client, "customer/1", 5) == [429] * 5
    client.sandbox.advance(timedelta(seconds=1))
    assert calls(client, "customer/1", 3) == [200, 200, 429]


def test_the_shape_of_a_429(connect: Connect) -> None:
    client = connect(limits=True)
    change(client, most={"a second": 0})
    reply = client.call("GET", "customer/1")
    assert reply.status == 429
    assert reply.json["fault"] == {
        "error": [
            {
                "message": "message=ThrottleExceeded; errorCode=003001; statusCode=429",
                "detail": "The request limit was reached.  Try again later",
                "code": "3001",
                "element": None,
            }
        ],
        "type": "SERVICE",
    }
    assert "retry-after" not in reply.headers
    assert reply.headers["intuit_tid"]
    xml = client.call("GET", "customer/1", headers={"Accept": "application/xml"})
    assert b'<Fault type="SERVICE"><Error code="3001"><Message>message=ThrottleExceeded' in xml.data


def test_a_time_scale_shortens_the_windows(connect: Connect) -> None:
    client = connect(limits=True, time_scale=Decimal(60))
    change(client, most={"a second": 1000})
    assert calls(client, "customer/1", 501)[-1] == 429
    client.sandbox.advance(timedelta(seconds=1))
    assert calls(client, "customer/1", 1) == [200]


def test_every_company_has_limits_of_its_own(connect: Connect) -> None:
    client = connect(limits=True, also=("gb",))
    other = client.sandbox.companies[1]
    token = other.credentials("")["access_token"]
    assert calls(client, "customer/1", 11)[-1] == 429
    path = f"/v3/company/{other.realm_id}/customer/1"
    assert client.raw("GET", path, headers={**client.headers, "Authorization": f"Bearer {token}"}).status == 200


def test_limits_are_read_changed_and_forgotten(connect: Connect) -> None:
    client = connect()
    assert client.raw("GET", "/_control/limits").json == {
        "on": False,
        "time_scale": 1,
        "most": {
            "a second": 10,
            "a minute": 500,
            "batches of the application a minute": 40,
            "batches a minute": 120,
            "e-mails a day": 40,
        },
    }
    assert change(client, on=True, time_scale=10)["time_scale"] == 10
    assert calls(client, "customer/1", 11)[-1] == 429
    client.raw("DELETE", "/_control/limits")
    assert calls(client, "customer/1", 1) == [200]


@pytest.mark.parametrize(
    "wrong",
    [{"most": {"an hour": 3}}, {"most": {"a second": -1}}, {"most": {"a second": "ten"}}, {"most": 5},
     {"time_scale": 0}, {"time_scale": "fast"}, {"time_scale": "NaN"}],
)  # fmt: skip
def test_a_limit_that_cannot_be(connect: Connect, wrong: dict[str, Any]) -> None:
    reply = connect().raw("POST", "/_control/limits", simplejson.dumps(wrong).encode())
    assert (reply.status, "error" in reply.json) == (400, True)
