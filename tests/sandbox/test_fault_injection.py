"""Fault injection: what goes wrong between a client and QuickBooks."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
import simplejson

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client, Reply

Connect = Callable[..., "Client"]


def inject(client: Client, fault: str, **more: Any) -> None:
    reply = client.raw("POST", "/_control/faults", simplejson.dumps({"fault": fault, **more}).encode())
    assert reply.status == 200, reply.json


def code_of(reply: Reply) -> str:
    shape = reply.json.get("Fault") or reply.json["fault"]
    return str((shape.get("Error") or shape["error"])[0]["code"])


BEFORE = [
    ("http_500", 500, ""),
    ("http_502", 502, ""),
    ("http_503", 503, ""),
    ("throttled", 429, "3001"),
    ("token_refused", 401, "3200"),
    ("closed_books", 400, "6210"),
    ("subscription_lapsed", 400, "6190"),
    ("system_failure", 500, "10000"),
]


@pytest.mark.parametrize(("fault", "status", "code"), BEFORE)
def test_a_fault_before_the_work(connect: Connect, fault: str, status: int, code: str) -> None:
    client = connect()
    inject(client, fault, path="customer", method="POST")
    reply = client.call("POST", "customer", {"DisplayName": "Once"})
    assert reply.status == status
    if code:
        assert code_of(reply) == code
    else:
        assert reply.headers["content-type"].startswith("text/html")
    assert client.sandbox.list("Customer", "DisplayName = 'Once'") == []
    assert client.call("POST", "customer", {"DisplayName": "Once"}).status == 200


@pytest.mark.parametrize(("fault", "code"), [("throttled_xml", "3001"), ("token_refused_xml", "100")])
def test_a_fault_that_comes_as_xml(connect: Connect, fault: str, code: str) -> None:
    client = connect()
    inject(client, fault)
    reply = client.call("GET", "customer/1")
    assert reply.headers["content-type"].startswith("application/xml")
    assert f'<Error code="{code}">'.encode() in reply.data


def test_an_answer_lost_after_the_work_can_be_asked_again(connect: Connect) -> None:
    client = connect()
    inject(client, "answer_lost", path="invoice")
    body = {
        "CustomerRef": {"value": "1"},
        "Line": [{"Amount": 5, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}],
    }
    lost = client.raw("POST", *_target(client, "invoice?requestid=r9", body))
    assert lost.data == b""
    again = client.call("POST", "invoice?requestid=r9", body)
    assert again.status == 200
    assert client.query("select count(*) from Invoice where TotalAmt = 5")["totalCount"] == 1


@pytest.mark.parametrize(
    "fault", ["http_500", "http_502", "throttled", "throttled_xml", "system_failure", "cut", "delay"]
)
def test_a_fault_after_the_work(connect: Connect, fault: str) -> None:
    client = connect()
    inject(client, fault, path="customer", method="POST", after=True, seconds=0)
    client.raw("POST", *_target(client, "customer?requestid=r7", {"DisplayName": "Done"}))
    assert len(client.sandbox.list("Customer", "DisplayName = 'Done'")) == 1
    assert client.call("POST", "customer?requestid=r7", {"DisplayName": "Done"}).status == 200


def test_a_request_delivered_twice(connect: Connect) -> None:
    client = connect()
    inject(client, "twice", path="customer", method="POST", count=2)
    assert client.call("POST", "customer?requestid=r8", {"DisplayName": "Once"}).status == 200
    assert code_of(client.call("POST", "customer", {"DisplayName": "Without an id"})) == "6240"


def test_an_answer_cut_in_the_middle(connect: Connect) -> None:
    client = connect()
    inject(client, "answer_cut", path="customer", method="POST")
    torn = client.raw("POST", *_target(client, "customer", {"DisplayName": "Torn"}))
    assert torn.data and len(torn.data) < int(torn.headers["content-length"])
    assert len(client.sandbox.list("Customer", "DisplayName = 'Torn'")) == 1


def test_a_connection_cut_before_the_work(connect: Connect) -> None:
    client = connect()
    inject(client, "cut", path="customer")
    assert client.raw("POST", *_target(client, "customer", {"DisplayName": "Cut Co"})).data == b""
    assert client.sandbox.list("Customer", "DisplayName = 'Cut Co'") == []
    assert client.sandbox.log()[-1]["status"] == 0


def _target(client: Client, path: str, body: Any) -> tuple[str, bytes, dict[str, str]]:
    url = f"/v3/company/{client.sandbox.realm_id}/{path}"
    return url, simplejson.dumps(body).encode(), {**client.headers, "Content-Type": "application/json"}


def test_another_user_edits_just_before(connect: Connect) -> None:
    client = connect()
    inject(client, "stale", path="customer", method="POST")
    change = {"Id": "1", "SyncToken": "0", "sparse": True, "Notes": "mine"}
    assert code_of(client.call("POST", "customer", change)) == "5010"
    assert client.call("POST", "customer", {**change, "SyncToken": "1"}).status == 200


def test_tokens_taken_back(connect: Connect) -> None:
    client = connect()
    inject(client, "token_revoked")
    reply = client.call("GET", "customer/1")
    assert (reply.status, code_of(reply)) == (401, "3200")


def test_odd_answers(connect: Connect) -> None:
    client = connect()
    inject(client, "xml")
    assert b"<DisplayName>Amy's Bird Sanctuary</DisplayName>" in client.call("GET", "customer/1").data
    inject(client, "malformed_json")
    assert client.call("GET", "customer/1").json is None


def refresh(client: Client) -> Reply:
    held = client.credentials
    form = {"grant_type": "refresh_token", "refresh_token": held["refresh_token"]}
    form |= {"client_id": held["client_id"], "client_secret": held["client_secret"]}
    sent = {"Content-Type": "application/x-www-form-urlencoded"}
    return client.raw("POST", "/oauth2/v1/tokens/bearer", urlencode(form).encode(), sent)


def test_a_fault_of_tokens_leaves_the_api_alone(connect: Connect) -> None:
    client = connect()
    for fault in ("http_503", "token_refused", "malformed_json", "cut"):
        inject(client, fault, path="/oauth2")
    assert client.call("GET", "customer/1").status == 200
    assert refresh(client).status == 503
    refused = refresh(client)
    assert (refused.status, refused.json["error"]) == (400, "invalid_grant")
    torn = refresh(client)
    assert (torn.status, torn.json) == (200, None)
    assert refresh(client).data == b""
    assert refresh(client).json["access_token"]
    assert [each["status"] for each in client.sandbox.log()][1:] == [503, 400, 200, 0, 200]


def test_a_refresh_whose_answer_is_lost_has_happened(connect: Connect) -> None:
    client = connect()
    inject(client, "answer_lost", path="/oauth2")
    assert refresh(client).data == b""
    client.sandbox.advance(timedelta(hours=25))
    assert refresh(client).status == 400


def test_another_user_edits_what_a_batch_is_about(connect: Connect) -> None:
    client = connect()
    inject(client, "stale", path="batch")
    change = {"Id": "1", "SyncToken": "0", "sparse": True, "Notes": "mine"}
    items = [
        {"bId": "1", "operation": "update", "Customer": change},
        {"bId": "2", "operation": "create", "Customer": {"DisplayName": "Fresh"}},
    ]
    first, second = client.call("POST", "batch", {"BatchItemRequest": items}).json["BatchItemResponse"]
    assert first["Fault"]["Error"][0]["code"] == "5010"
    assert second["Customer"]["DisplayName"] == "Fresh"


def test_a_burst_of_429(connect: Connect) -> None:
    client = connect()
    inject(client, "throttled", count=3)
    assert [client.call("GET", "customer/1").status for _ in range(4)] == [429, 429, 429, 200]


def test_a_delay(connect: Connect) -> None:
    client = connect()
    inject(client, "delay", seconds=0.05)
    began = time.monotonic()
    assert client.call("GET", "customer/1").status == 200
    assert time.monotonic() - began >= 0.05


def test_faults_are_listed_with_their_hits_and_cleared(connect: Connect) -> None:
    client = connect()
    inject(client, "http_500", path="invoice", count=0)
    client.call("GET", "invoice/1")
    client.call("GET", "customer/1")
    found = client.raw("GET", "/_control/faults").json
    assert [(each["fault"], each["path"], each["hits"]) for each in found["faults"]] == [("http_500", "invoice", 1)]
    assert set(found["known"]) >= {"answer_lost", "cut", "delay", "throttled", "stale", "xml"}
    assert client.raw("DELETE", "/_control/faults").json["faults"] == []


def test_a_requestid_is_no_part_of_the_path(connect: Connect) -> None:
    client = connect()
    inject(client, "http_500", path="cdc", count=0)
    body = {"DisplayName": "Harbor Pilots"}
    assert client.call("POST", "customer?minorversion=75&requestid=od-9dcdcf8d", body).status == 200
    assert client.call("GET", "cdc?entities=Customer").status == 500


def test_count_skip_and_chance(connect: Connect) -> None:
    client = connect()
    inject(client, "http_503", count=2, skip=1)
    assert [client.call("GET", "customer/1").status for _ in range(4)] == [200, 503, 503, 200]
    client.raw("DELETE", "/_control/faults")
    inject(client, "http_503", count=0, probability=0.5, seed=7)
    first = [client.call("GET", "customer/1").status for _ in range(20)]
    client.raw("DELETE", "/_control/faults")
    inject(client, "http_503", count=0, probability=0.5, seed=7)
    assert [client.call("GET", "customer/1").status for _ in range(20)] == first
    assert {200, 503} == set(first)


SERVICE = {
    400: "400 500 600 610 620 800 1040 2010 2020 2030 2040 2050 2060 2070 2080 2090 2100 2110 2130 2170 2200 2210 2290 "
    "2410 2500 4000 4001 4002 5010 5020 6000 6010 6070 6080 6090 6100 6140 6160 6170 6180 6190 6200 6210 6220 6230 "
    "6240 6250 6420 6430 6450 6470 6480 6540 7001 10100 10200",
    401: "100 120 130 140 150",
    500: "10000",
}
GATEWAY = {"3001": 429, "3100": 403, "3200": 401, "3202": 401}
CODES = [(code, status, "Fault") for status, codes in SERVICE.items() for code in codes.split()]
CODES += [(code, status, "fault") for code, status in GATEWAY.items()]


@pytest.mark.parametrize(("code", "status", "shape"), CODES)
def test_every_code_of_the_catalogue_can_be_injected(connect: Connect, code: str, status: int, shape: str) -> None:
    client = connect()
    inject(client, "refused", code=code, path="customer", method="POST")
    reply = client.call("POST", "customer", {"DisplayName": "Once"})
    assert (reply.status, code_of(reply), next(iter(reply.json)) == "Fault") == (status, code, shape == "Fault")
    assert client.sandbox.list("Customer", "DisplayName = 'Once'") == []


def test_a_fault_with_its_own_words(connect: Connect) -> None:
    client = connect()
    inject(client, "refused", code=6140, detail="A number twice", element="DocNumber")
    error = client.call("POST", "invoice", {}).json["Fault"]["Error"][0]
    assert (error["code"], error["Detail"], error["element"]) == ("6140", "A number twice", "DocNumber")
    inject(client, "refused", code="130")
    reply = client.call("GET", "customer/1", headers={"Accept": "application/xml"})
    assert reply.status == 401
    assert b'<Error code="130">' in reply.data
    assert b'type="AuthenticationFault"' in reply.data


def test_one_item_of_a_batch_is_refused_and_the_others_are_done(connect: Connect) -> None:
    client = connect()
    items = [{"bId": name, "operation": "create", "Customer": {"DisplayName": name}} for name in ("a", "b", "c")]
    inject(client, "refused", code="3001", path="batch", item=2)
    answers = client.call("POST", "batch", {"BatchItemRequest": items}).json["BatchItemResponse"]
    assert [each["bId"] for each in answers] == ["a", "b", "c"]
    assert ["Fault" in each for each in answers] == [False, True, False]
    assert answers[1]["Fault"]["Error"][0]["code"] == "3001"
    assert client.sandbox.list("Customer", "DisplayName = 'b'") == []
    inject(client, "refused", code="3001", path="batch", item=1)
    answers = client.call("POST", "batch", {"BatchItemRequest": items[1:2]}).json["BatchItemResponse"]
    assert answers[0]["Fault"]["Error"][0]["code"] == "3001"
    inject(client, "refused", code="3001", path="batch", item=9)
    assert "Customer" in client.call("POST", "batch", {"BatchItemRequest": items[1:2]}).json["BatchItemResponse"][0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"fault": "refused"},
        {"fault": "refused", "code": "610", "item": -1},
        {"fault": "cut", "item": 1},
        {"fault": "refused", "code": "31"},
        {"fault": "refused", "code": "610", "detail": 7},
        {"fault": "cut", "code": "610"},
        {"fault": "refused", "code": "610", "path": "/oauth2"},
    ],
)
def test_a_fault_that_cannot_be_injected(connect: Connect, wrong: dict[str, Any]) -> None:
    reply = connect().raw("POST", "/_control/faults", simplejson.dumps(wrong).encode())
    assert reply.status == 400
    assert reply.json["error"]
