"""One request: what is sent, what is repeated, and every way in which it can end."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from pytest_httpserver import HTTPServer

from onedesk_quickbooks.plugin.qbo import AnswerUnknown, BatchItem, NotAuthorised, Refused, Throttled
from onedesk_quickbooks.plugin.qbo.problems import NotReached

API = "/v3/company/42"


def test_what_is_sent(attach: Callable[..., Any], httpserver: HTTPServer) -> None:
    httpserver.expect_request(f"{API}/invoice").respond_with_json({"Invoice": {"Id": "1"}}, headers={"intuit_tid": "t"})
    made = attach()
    answer = made.transport.request(
        "POST", "invoice", params={"include": "x"}, json={"Amount": Decimal("100.10"), "Name": "Zoë"}, requestid="r-1"
    )
    assert (answer.status, answer.json, answer.tid) == (200, {"Invoice": {"Id": "1"}}, "t")
    request = httpserver.log[0][0]
    assert request.args.to_dict() == {"minorversion": "75", "include": "x", "requestid": "r-1"}
    assert request.data == '{"Amount": 100.10, "Name": "Zoë"}'.encode()
    assert request.headers["Authorization"] == "Bearer access-1"
    assert request.headers["Accept"] == "application/json"
    assert request.headers["Content-Type"] == "application/json"
    assert made.calls == ["write"]


def test_no_other_password_is_sent(
    attach: Callable[..., Any], httpserver: HTTPServer, session: requests.Session
) -> None:
    httpserver.expect_request(f"{API}/query").respond_with_json({"QueryResponse": {}})
    session.auth = ("from", "elsewhere")
    attach().quickbooks.terms()
    assert httpserver.log[0][0].headers["Authorization"] == "Bearer access-1"


def test_amounts_stay_exact(attach: Callable[..., Any], httpserver: HTTPServer) -> None:
    text = '{"Invoice":{"TotalAmt":1234567890.10,"Rate":0.1234567,"Zero":0}}'
    httpserver.expect_request(f"{API}/invoice/1").respond_with_data(text, content_type="text/plain")
    answer = attach().transport.request("GET", "invoice/1")
    assert str(answer.json["Invoice"]["TotalAmt"]) == "1234567890.10"
    assert answer.json["Invoice"]["Rate"] == Decimal("0.1234567")


@pytest.mark.parametrize(
    ("status", "body", "headers", "problem"),
    [
        (400, '{"Fault":{"Error":[{"Message":"m","Detail":"d","code":"6000"}],"type":"ValidationFault"}}', {}, Refused),
        (200, '{"Fault":{"Error":[{"Message":"m","Detail":"d","code":"6240"}],"type":"ValidationFault"}}', {}, Refused),
        (429, "", {"Retry-After": "5"}, Throttled),
        (500, "<html><title>Oops</title></html>", {}, AnswerUnknown),
        (200, '{"Invoice":{"Id":', {}, AnswerUnknown),
        (200, "<IntuitResponse/>", {"Content-Type": "application/xml"}, AnswerUnknown),
        (302, "", {"Location": "http://127.0.0.1:9/"}, AnswerUnknown),
        (403, '{"fault":{"error":[{"message":"m","detail":"d","code":"3100"}]}}', {}, NotAuthorised),
    ],
)
def test_writes_are_asked_once(
    attach: Callable[..., Any],
    httpserver: HTTPServer,
    status: int,
    body: str,
    headers: dict[str, str],
    problem: type[Exception],
) -> None:
    httpserver.expect_request(f"{API}/invoice").respond_with_data(body, status=status, headers=headers)
    made = attach()
    with pytest.raises(problem):
        made.quickbooks.post("Invoice", {}, "r-1")
    assert len(httpserver.log) == 1
    assert made.calls == []


def test_reads_are_asked_again_once(attach: Callable[..., Any], httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request(f"{API}/query").respond_with_data("<html>", status=503)
    httpserver.expect_ordered_request(f"{API}/query").respond_with_json({"QueryResponse": {}})
    httpserver.expect_ordered_request(f"{API}/batch").respond_with_data("", status=502)
    httpserver.expect_ordered_request(f"{API}/batch").respond_with_data("", status=502)
    made = attach()
    assert made.quickbooks.query_all("Term") == []
    assert made.clock.slept == [1.0]
    with pytest.raises(AnswerUnknown):
        made.quickbooks.look_up(customer_names=["A", "B"])
    assert len(httpserver.log) == 4
    assert made.calls == ["read"]


def test_a_good_answer_of_another_kind(attach: Callable[..., Any], httpserver: HTTPServer) -> None:
    httpserver.expect_request(f"{API}/preferences").respond_with_json({"Preferences": {}})
    httpserver.expect_request(f"{API}/companyinfo/42").respond_with_json({"CompanyInfo": {"CompanyName": "A"}})
    httpserver.expect_request(f"{API}/cdc").respond_with_json({"CDCResponse": [{}]})
    httpserver.expect_request(f"{API}/batch").respond_with_json({"BatchItemResponse": [{"bId": "0"}]})
    httpserver.expect_request(f"{API}/query").respond_with_json([])
    made = attach()
    quickbooks = made.quickbooks
    for call in (
        quickbooks.company,
        lambda: quickbooks.changes(["Payment"], made.clock.now()),
        quickbooks.tax_codes,
        quickbooks.terms,
    ):
        with pytest.raises(AnswerUnknown):
            call()


def test_throttled_everybody_waits(attach: Callable[..., Any], httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request(f"{API}/query").respond_with_data("", status=429, headers={"Retry-After": "7"})
    httpserver.expect_ordered_request(f"{API}/query").respond_with_data("", status=429)
    httpserver.expect_ordered_request(f"{API}/query").respond_with_json({"QueryResponse": {}})
    made = attach()
    with pytest.raises(Throttled) as first:
        made.quickbooks.terms()
    assert first.value.wait == timedelta(seconds=7)
    with pytest.raises(Throttled) as second:
        made.quickbooks.terms()
    assert second.value.wait is None
    made.quickbooks.terms()
    assert made.clock.slept == [7.0, 60.0]


def test_batch_items_have_problems_of_their_own(attach: Callable[..., Any], httpserver: HTTPServer) -> None:
    def fault(code: str) -> dict[str, Any]:
        return {"Fault": {"Error": [{"Message": "m", "Detail": "d", "code": code}], "type": "x"}}

    items = [
        {"bId": "1", **fault("3001")},
        {"bId": "2", **fault("10000")},
        {"bId": "3", **fault("6000")},
        {"bId": "4", "Customer": {"Id": "9"}},
        {"bId": "5"},
    ]
    httpserver.expect_request(f"{API}/batch").respond_with_json({"BatchItemResponse": items})
    asked = [BatchItem(str(number), "create", "Customer", {"DisplayName": "x"}) for number in range(1, 7)]
    answers = attach().quickbooks.batch(asked, "b-1")
    kinds = {bid: type(answer).__name__ for bid, answer in answers.items()}
    assert kinds == {"1": "Throttled", "2": "AnswerUnknown", "3": "Refused", "4": "Response", "5": "AnswerUnknown"}
    sent = httpserver.log[0][0].json["BatchItemRequest"][0]
    assert sent == {"bId": "1", "operation": "create", "Customer": {"DisplayName": "x"}}


@contextmanager
def mute(answer: bytes) -> Iterator[int]:
    """A server that takes a request, sends `answer` and hangs up; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def run() -> None:
            for _ in range(2):
                try:
                    with listener.accept()[0] as taken:
                        taken.settimeout(5)
                        taken.recv(65536)
                        taken.sendall(answer)
                except OSError:
                    return

        thread = threading.Thread(target=run)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.close()
        thread.join()


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"])
def test_a_cut_connection_leaves_it_unknown(attach: Callable[..., Any], answer: bytes) -> None:
    with mute(answer) as port:
        made = attach(f"http://127.0.0.1:{port}")
        for _ in range(2):
            with pytest.raises(AnswerUnknown, match="the connection was cut"):
                made.quickbooks.post("Invoice", {}, "r-1")


def test_an_answer_that_never_comes(connect: Callable[..., Any]) -> None:
    made = connect("us", patience=0.2)
    made.sandbox.faults.inject(fault="delay", seconds=1.0)
    with pytest.raises(AnswerUnknown, match="it took too long"):
        made.quickbooks.post("Customer", {"DisplayName": "Slow"}, "r-1")


@pytest.mark.parametrize(
    ("base", "why"),
    [
        ("http://no-such-host.invalid", "cannot be reached"),
        ("https://127.0.0.1:{port}", "cannot be reached"),
    ],
)
def test_what_never_left(attach: Callable[..., Any], free_port: int, base: str, why: str) -> None:
    made = attach(base.format(port=free_port))
    with pytest.raises(NotReached, match=why):
        made.quickbooks.post("Invoice", {}, "r-1")


@pytest.mark.parametrize("fault", ["answer_lost", "malformed_json", "xml"])
def test_done_but_unheard_is_heard_by_asking_the_same_again(connect: Callable[..., Any], fault: str) -> None:
    made = connect("us")
    made.sandbox.faults.inject(fault=fault)
    with pytest.raises(AnswerUnknown):
        made.quickbooks.post("Customer", {"DisplayName": "Once"}, "r-1")
    assert made.quickbooks.post("Customer", {"DisplayName": "Once"}, "r-1")["DisplayName"] == "Once"
    assert len(made.sandbox.list("Customer", "DisplayName LIKE 'Once%'")) == 1


def test_the_log_has_no_secrets_names_or_ids(connect: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    made = connect("us")
    with caplog.at_level(logging.DEBUG, "onedesk_quickbooks"):
        made.quickbooks.look_up(customer_names=["Cool Cars"])
        sent = made.sandbox.list("Invoice")[0]["Id"]
        made.quickbooks.send(sent, "someone@example.com", "r-77")
    ours = [record for record in caplog.records if record.name.startswith("onedesk")]
    text = "\n".join(f"{record.getMessage()} {vars(record)}" for record in ours)
    assert "POST invoice/ID/send 200" in ours[-1].getMessage()
    carried = vars(ours[-1])
    assert (carried["requestid"], carried["realm"]) == ("r-77", made.transport.realm_id)
    assert carried["intuit_tid"]
    assert "requestid" not in vars(ours[0]), "a read has none"
    for secret in ("Cool Cars", "someone", made.store.tokens.access_token):
        assert secret not in text
