"""The control endpoints, trouble on request, and what the sandbox keeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
import simplejson

from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client, Reply

Connect = Callable[..., "Client"]


def order(client: Client, fault: str, **more: Any) -> None:
    reply = client.raw("POST", "/_control/faults", simplejson.dumps({"fault": fault, **more}).encode())
    assert reply.status == 200, reply.json


def code_of(reply: Reply) -> str:
    shape = reply.json.get("Fault") or reply.json["fault"]
    return str((shape.get("Error") or shape["error"])[0]["code"])


def test_credentials_stay_good_after_a_revocation(connect: Connect) -> None:
    client = connect(client_id="mine", client_secret="s3cret")
    first = client.raw("GET", "/_control/credentials").json
    assert list(first) == [
        "base_url",
        "realm_id",
        "client_id",
        "client_secret",
        "access_token",
        "refresh_token",
        "verifier_token",
    ]
    assert (first["base_url"], first["client_id"]) == ("http://sandbox.test", "mine")
    assert client.raw("GET", "/_control/credentials").json == first
    client.sandbox.tokens.revoke_all()
    assert client.raw("GET", "/_control/credentials").json["access_token"] != first["access_token"]


def test_the_outbox_shows_what_was_sent(connect: Connect) -> None:
    client = connect()
    invoice = client.invoice()
    client.call("POST", f"invoice/{invoice['Id']}/send", sendTo="ada@example.com")
    (mail,) = client.raw("GET", "/_control/outbox").json["emails"]
    assert (mail["to"], mail["id"], mail["total"], mail["currency"]) == (
        "ada@example.com",
        invoice["Id"],
        "100.00",
        "USD",
    )
    assert mail["subject"] == f"Invoice {invoice['DocNumber']} from Sandbox Company_US_1"
    assert client.sandbox.outbox() == [mail]
    assert client.raw("GET", mail["pdf"]).data.startswith(b"%PDF")


def test_the_log_counts_calls_per_endpoint(connect: Connect) -> None:
    client = connect()
    client.call("GET", "customer/1")
    client.call("GET", "customer/2", requestid="abc")
    client.call("GET", "invoice/99999")
    found = client.raw("GET", "/_control/log").json
    assert found["calls"] == {"GET customer/{id}": 2, "GET invoice/{id}": 1}
    assert [each["status"] for each in found["requests"]] == [200, 200, 400]
    assert found["requests"][1]["requestid"] == "abc"
    assert client.raw("DELETE", "/_control/log").json["calls"] == {}


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
def test_trouble_before_the_work(connect: Connect, fault: str, status: int, code: str) -> None:
    client = connect()
    order(client, fault, path="customer", method="POST")
    reply = client.call("POST", "customer", {"DisplayName": "Once"})
    assert reply.status == status
    if code:
        assert code_of(reply) == code
    else:
        assert reply.headers["content-type"].startswith("text/html")
    assert client.sandbox.list("Customer", "DisplayName = 'Once'") == []
    assert client.call("POST", "customer", {"DisplayName": "Once"}).status == 200


@pytest.mark.parametrize(("fault", "code"), [("throttled_xml", "3001"), ("token_refused_xml", "100")])
def test_trouble_that_comes_as_xml(connect: Connect, fault: str, code: str) -> None:
    client = connect()
    order(client, fault)
    reply = client.call("GET", "customer/1")
    assert reply.headers["content-type"].startswith("application/xml")
    assert f'<Error code="{code}">'.encode() in reply.data


def test_an_answer_lost_after_the_work_can_be_asked_again(connect: Connect) -> None:
    client = connect()
    order(client, "answer_lost", path="invoice")
    body = {
        "CustomerRef": {"value": "1"},
        "Line": [{"Amount": 5, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}],
    }
    lost = client.raw("POST", *_target(client, "invoice?requestid=r9", body))
    assert lost.data == b""
    again = client.call("POST", "invoice?requestid=r9", body)
    assert again.status == 200
    assert client.query("select count(*) from Invoice where TotalAmt = 5")["totalCount"] == 1


def test_a_connection_cut_before_the_work(connect: Connect) -> None:
    client = connect()
    order(client, "cut", path="customer")
    assert client.raw("POST", *_target(client, "customer", {"DisplayName": "Cut Co"})).data == b""
    assert client.sandbox.list("Customer", "DisplayName = 'Cut Co'") == []
    assert client.sandbox.log()[-1]["status"] == 0


def _target(client: Client, path: str, body: Any) -> tuple[str, bytes, dict[str, str]]:
    url = f"/v3/company/{client.sandbox.realm_id}/{path}"
    return url, simplejson.dumps(body).encode(), {**client.headers, "Content-Type": "application/json"}


def test_another_user_edits_just_before(connect: Connect) -> None:
    client = connect()
    order(client, "stale", path="customer", method="POST")
    change = {"Id": "1", "SyncToken": "0", "sparse": True, "Notes": "mine"}
    assert code_of(client.call("POST", "customer", change)) == "5010"
    assert client.call("POST", "customer", {**change, "SyncToken": "1"}).status == 200


def test_tokens_taken_back(connect: Connect) -> None:
    client = connect()
    order(client, "token_revoked")
    reply = client.call("GET", "customer/1")
    assert (reply.status, code_of(reply)) == (401, "3200")


def test_odd_answers(connect: Connect) -> None:
    client = connect()
    order(client, "xml")
    assert b"<DisplayName>Amy's Bird Sanctuary</DisplayName>" in client.call("GET", "customer/1").data
    order(client, "malformed_json")
    assert client.call("GET", "customer/1").json is None


def refresh(client: Client) -> Reply:
    held = client.credentials
    form = {"grant_type": "refresh_token", "refresh_token": held["refresh_token"]}
    form |= {"client_id": held["client_id"], "client_secret": held["client_secret"]}
    sent = {"Content-Type": "application/x-www-form-urlencoded"}
    return client.raw("POST", "/oauth2/v1/tokens/bearer", urlencode(form).encode(), sent)


def test_trouble_with_tokens_leaves_the_api_alone(connect: Connect) -> None:
    client = connect()
    for fault in ("http_503", "token_refused", "malformed_json", "cut"):
        order(client, fault, path="/oauth2")
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
    order(client, "answer_lost", path="/oauth2")
    assert refresh(client).data == b""
    client.sandbox.advance(timedelta(hours=25))
    assert refresh(client).status == 400


def test_another_user_edits_what_a_batch_is_about(connect: Connect) -> None:
    client = connect()
    order(client, "stale", path="batch")
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
    order(client, "throttled", count=3)
    assert [client.call("GET", "customer/1").status for _ in range(4)] == [429, 429, 429, 200]


def test_a_delay(connect: Connect) -> None:
    client = connect()
    order(client, "delay", seconds=0.05)
    began = time.monotonic()
    assert client.call("GET", "customer/1").status == 200
    assert time.monotonic() - began >= 0.05


def test_orders_are_listed_with_what_they_did_and_cleared(connect: Connect) -> None:
    client = connect()
    order(client, "http_500", path="invoice", count=0)
    client.call("GET", "invoice/1")
    client.call("GET", "customer/1")
    found = client.raw("GET", "/_control/faults").json
    assert [(each["fault"], each["path"], each["hits"]) for each in found["faults"]] == [("http_500", "invoice", 1)]
    assert set(found["known"]) >= {"answer_lost", "cut", "delay", "throttled", "stale", "xml"}
    assert client.raw("DELETE", "/_control/faults").json["faults"] == []


def test_count_skip_and_chance(connect: Connect) -> None:
    client = connect()
    order(client, "http_503", count=2, skip=1)
    assert [client.call("GET", "customer/1").status for _ in range(4)] == [200, 503, 503, 200]
    client.raw("DELETE", "/_control/faults")
    order(client, "http_503", count=0, probability=0.5, seed=7)
    first = [client.call("GET", "customer/1").status for _ in range(20)]
    client.raw("DELETE", "/_control/faults")
    order(client, "http_503", count=0, probability=0.5, seed=7)
    assert [client.call("GET", "customer/1").status for _ in range(20)] == first
    assert {200, 503} == set(first)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", b'{"fault": "flood"}'),
        ("faults", b'{"fault": "cut", "nope": 1}'),
        ("faults", b"[]"),
        ("faults", b'{"fault": "cut", "count": -1}'),
        ("faults", b'{"fault": "cut", "path": 5}'),
        ("faults", b'{"fault": "closed_books", "path": "/oauth2"}'),
        ("faults", b'{"fault": "cut", "probability": "often"}'),
        ("webhooks", b'{"format": "carrier pigeon"}'),
        ("webhooks", b"{"),
        ("settings", b'{"Nope": 1}'),
        ("clock", b'{"advance": "soon"}'),
        ("clock", b'{"advance": -5}'),
        ("clock", b'{"advance": 1e300}'),
    ],
)
def test_a_bad_order_is_told(connect: Connect, path: str, body: bytes) -> None:
    reply = connect().raw("POST", f"/_control/{path}", body)
    assert reply.status == 400
    assert reply.json["error"]


def test_the_clock_can_be_moved(connect: Connect) -> None:
    client = connect()
    assert client.raw("POST", "/_control/clock", b'{"advance": 90000}').json == {"now": "2026-07-16T06:00:00-07:00"}


def test_xml_where_it_is_asked_for(connect: Connect) -> None:
    client = connect()
    reply = client.call("GET", "customer/1", headers={"Accept": "application/xml"})
    assert reply.headers["content-type"].startswith("application/xml")
    assert b'<CurrencyRef name="United States Dollar">USD</CurrencyRef>' in reply.data
    fault = client.call("GET", "customer/99999", headers={"Accept": "application/xml"})
    assert b'<Fault type="ValidationFault"><Error code="610"' in fault.data


def test_a_file_keeps_everything(tmp_path: Path) -> None:
    path = tmp_path / "company.db"
    with Sandbox(SandboxOptions(company="gb", data=path)) as first:
        made = first.create("Customer", {"DisplayName": "Kept Ltd"})
        credentials = first.credentials("http://x")
    with Sandbox(SandboxOptions(company="gb", data=path)) as second:
        assert second.read("Customer", made["Id"])["DisplayName"] == "Kept Ltd"
        assert second.credentials("http://x") == credentials
        assert second.books.home == "GBP"


def test_a_requestid_is_remembered_after_a_restart(tmp_path: Path, connect: Connect) -> None:
    path = tmp_path / "company.db"
    first = connect(data=path)
    one = first.call("POST", "customer?requestid=q", {"DisplayName": "Once Ltd"})
    first.sandbox.close()
    second = connect(data=path)
    assert second.call("POST", "customer?requestid=q", {"DisplayName": "Once Ltd"}).data == one.data


def test_a_file_of_further_objects(tmp_path: Path) -> None:
    seed = tmp_path / "more.json"
    seed.write_text('{"Customer": [{"DisplayName": "Seeded Co"}]}', encoding="utf-8")
    with Sandbox(SandboxOptions(seed=seed)) as sandbox:
        assert len(sandbox.list("Customer", "DisplayName = 'Seeded Co'")) == 1


@pytest.mark.parametrize("wrong", [{"company": "fr"}, {"company": "intl", "currency": "euro"}, {"currency": "USD"}])
def test_options_that_cannot_be(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"company|currency"):
        SandboxOptions(**wrong)  # type: ignore[arg-type]


COMPANIES = [
    ("us", None, "US", "USD", False),
    ("ca", None, "CA", "CAD", False),
    ("gb", None, "GB", "GBP", False),
    ("au", None, "AU", "AUD", False),
    ("intl", None, "NL", "EUR", True),
    ("intl", "NOK", "NO", "NOK", True),
    ("intl", "SEK", "SE", "SEK", True),
    ("intl", "NZD", "NZ", "NZD", True),
]


@pytest.mark.parametrize(("company", "currency", "country", "home", "several"), COMPANIES)
def test_what_every_company_holds(
    connect: Connect, company: str, currency: str | None, country: str, home: str, several: bool
) -> None:
    sandbox = connect(company, currency=currency).sandbox
    assert sandbox.books.company["Country"] == country
    assert (sandbox.books.home, sandbox.books.multicurrency) == (home, several)
    income = {each["Name"] for each in sandbox.list("Account", "AccountType = 'Income'")}
    assert {"Services", "Sales", "Shipping Income", "Discounts given"} <= income
    assert {each["Name"] for each in sandbox.list("Term")} >= {"Due on receipt", "Net 15", "Net 30", "Net 60"}
    assert "Services" in {each["Name"] for each in sandbox.list("Item")}
    customers = sandbox.list("Customer")
    assert any("PrimaryEmailAddr" in each for each in customers)
    assert {each["CurrencyRef"]["value"] for each in customers} <= {home, "USD"}
    assert any(each.get("SalesTaxRateList", {}).get("TaxRateDetail") for each in sandbox.list("TaxCode"))
    assert sandbox.log() == []
