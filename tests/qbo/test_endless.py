"""Answers without an end: they end here."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from onedesk_quickbooks.plugin.qbo import AnswerUnknown, OAuth, Refused, endpoints_for, new_session
from onedesk_quickbooks.plugin.qbo.problems import NotReached
from tests.qbo.conftest import START

Attach = Callable[..., Any]


def test_a_byte_now_and_then(attach: Attach, httpserver: HTTPServer) -> None:
    def drip() -> Iterator[bytes]:
        for _ in range(200):
            time.sleep(0.05)
            yield b" "

    httpserver.expect_request("/v3/company/42/invoice").respond_with_handler(lambda _: Response(drip()))
    began = time.monotonic()
    with pytest.raises(AnswerUnknown, match="no usable answer"):
        attach(patience=0.2).transport.request("POST", "invoice", json={})
    assert time.monotonic() - began < 5


@contextmanager
def dribbling(head: bytes, first: bytes = b"", asked: bool = True) -> Iterator[str]:
    """A server that sends these bytes again and again, a part at a time, in the place of an answer's head; `first`
    before them; unless it is to be `asked`, as soon as somebody comes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        over = threading.Event()

        def serve() -> None:
            with suppress(OSError):
                while not over.is_set():
                    connection, _ = listener.accept()
                    with connection, suppress(OSError):
                        if asked:
                            connection.recv(65536)
                        connection.sendall(first)
                        while not over.wait(0.03):
                            connection.sendall(head)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        over.set()
        with suppress(OSError), socket.create_connection(listener.getsockname()):
            pass
        thread.join()


@pytest.mark.parametrize("head", [b"H", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_a_head_without_an_end(attach: Attach, head: bytes) -> None:
    with dribbling(head) as url:
        began = time.monotonic()
        with pytest.raises(AnswerUnknown, match="no usable answer"):
            attach(url, patience=0.3).transport.request("POST", "invoice", json={})
        assert time.monotonic() - began < 5


def test_a_head_that_is_cut_is_no_answer() -> None:
    """Its first line was read."""
    with (
        dribbling(b"X: y\r\n", first=b"HTTP/1.1 204 No Content\r\n") as url,
        new_session() as session,
        pytest.raises(requests.ReadTimeout),
    ):
        session.get(url, timeout=0.3)


@pytest.mark.parametrize("to", ["http", "https"])
@pytest.mark.parametrize("head", [b"H", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_a_proxy_that_answers_without_an_end(head: bytes, to: str) -> None:
    """To what is asked in clear, or to CONNECT."""
    with dribbling(head) as url, new_session() as session:
        began = time.monotonic()
        with pytest.raises(requests.RequestException):
            session.get(f"{to}://books.example/", timeout=(0.3, 0.3), proxies={to: url})
        assert time.monotonic() - began < 5


def test_an_answer_may_take_longer_than_to_connect(httpserver: HTTPServer) -> None:
    def slow(_: Request) -> Response:
        time.sleep(0.8)
        return Response("ok")

    httpserver.expect_request("/slow").respond_with_handler(slow)
    with new_session() as session:
        for _ in range(2):  # the second time on the same connection
            assert session.get(httpserver.url_for("/slow"), timeout=(0.2, 10)).text == "ok"


def test_no_thread_watches_a_request(httpserver: HTTPServer) -> None:
    meanwhile: list[threading.Thread] = []

    def slow(_: Request) -> Response:
        time.sleep(0.2)
        meanwhile.extend(each for each in threading.enumerate() if isinstance(each, threading.Timer))
        return Response("ok")

    httpserver.expect_request("/slow").respond_with_handler(slow)
    with new_session() as session:
        assert session.get(httpserver.url_for("/slow"), timeout=10).text == "ok"
    assert meanwhile == []


def test_tls_that_is_never_agreed_on(attach: Attach) -> None:
    with dribbling(b"\x02", first=b"\x16\x03\x03\x3f\xff") as url:
        began = time.monotonic()
        with pytest.raises((NotReached, AnswerUnknown)):
            attach(url.replace("http:", "https:"), patience=0.3).transport.request("POST", "invoice", json={})
        assert time.monotonic() - began < 5


def test_tokens_without_an_end(httpserver: HTTPServer) -> None:
    body = gzip.compress(b'{"access_token": "' + b"a" * (8 << 20) + b'"}')
    httpserver.expect_request("/oauth2/v1/tokens/bearer").respond_with_data(body, headers={"Content-Encoding": "gzip"})
    base = httpserver.url_for("").rstrip("/")
    with pytest.raises(AnswerUnknown, match="no usable answer"):
        OAuth(endpoints_for("local", base), "id", "secret", lambda: START).refresh("a-refresh-token")


@pytest.mark.parametrize("status", [200, 400, 500])
def test_json_that_is_too_deep(attach: Attach, httpserver: HTTPServer, status: int) -> None:
    deep = b'{"a":' * 100_000
    httpserver.expect_request("/v3/company/42/invoice").respond_with_data(deep, status)
    with pytest.raises((AnswerUnknown, Refused)):
        attach().transport.request("POST", "invoice", json={})


@pytest.mark.parametrize("packed", [True, False])
def test_more_than_an_answer_can_be(attach: Attach, httpserver: HTTPServer, packed: bool) -> None:
    whole = b'{"Invoice": "' + b" " * (70 << 20) + b'"}'
    body, headers = (gzip.compress(whole), {"Content-Encoding": "gzip"}) if packed else (whole, {})
    httpserver.expect_request("/v3/company/42/invoice").respond_with_data(body, headers=headers)
    with pytest.raises(AnswerUnknown, match="no usable answer"):
        attach().transport.request("POST", "invoice", json={})


def test_a_page_that_repeats(attach: Attach, httpserver: HTTPServer) -> None:
    rows = [{"Id": str(number)} for number in range(1000)]
    httpserver.expect_request("/v3/company/42/query").respond_with_json({"QueryResponse": {"Item": rows}})
    with pytest.raises(AnswerUnknown, match="the same page of rows twice"):
        attach().quickbooks.query_all("Item")


def test_pages_without_an_end(attach: Attach, httpserver: HTTPServer) -> None:
    numbers = count(1)

    def page(_: Request) -> Response:
        return Response(json.dumps({"QueryResponse": {"Item": [{"Id": str(next(numbers))} for _ in range(1000)]}}))

    httpserver.expect_request("/v3/company/42/query").respond_with_handler(page)
    with pytest.raises(AnswerUnknown, match="more than 200,000 rows"):
        attach().quickbooks.query_all("Item")


@pytest.mark.parametrize("rows", [[None], [{}], [{"Id": 7}], "many", {"Id": "1"}])
def test_rows_that_are_none(attach: Attach, httpserver: HTTPServer, rows: Any) -> None:
    httpserver.expect_request("/v3/company/42/query").respond_with_json({"QueryResponse": {"Item": rows}})
    with pytest.raises(AnswerUnknown, match="a row of Item in its answer is not an object with an id"):
        attach().quickbooks.query_all("Item")


def test_another_object_than_was_asked_for(attach: Attach, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v3/company/42/invoice/7").respond_with_json({"Invoice": {"Id": "8"}})
    with pytest.raises(AnswerUnknown, match="it answered another Invoice than 7"):
        attach().quickbooks.read("Invoice", "7")


@pytest.mark.parametrize(
    "time", ["9999-12-31T23:59:59-14:00", "9999-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "now"]
)
def test_times_that_are_none(attach: Attach, httpserver: HTTPServer, time: str) -> None:
    httpserver.expect_request("/v3/company/42/cdc").respond_with_json({"CDCResponse": [], "time": time})
    with pytest.raises(AnswerUnknown, match="its answer says"):
        attach().quickbooks.changes(["Payment"], START)


def test_rows_of_another_entity(attach: Attach, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v3/company/42/query").respond_with_json({"QueryResponse": {"Invoice": [{"Id": "1"}]}})
    with pytest.raises(AnswerUnknown, match="it answered Invoice where Item was asked for"):
        attach().quickbooks.query_all("Item")
