"""Answers without an end: they end here."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from onedesk_quickbooks.plugin.qbo import AnswerUnknown

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


@pytest.mark.parametrize("rows", [[None], [{}], [{"Id": 7}], "many", {"Id": "1"}])
def test_rows_that_are_none(attach: Attach, httpserver: HTTPServer, rows: Any) -> None:
    httpserver.expect_request("/v3/company/42/query").respond_with_json({"QueryResponse": {"Item": rows}})
    with pytest.raises(AnswerUnknown, match="a row of Item in its answer is no object with an id"):
        attach().quickbooks.query_all("Item")


def test_another_object_than_was_asked_for(attach: Attach, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v3/company/42/invoice/7").respond_with_json({"Invoice": {"Id": "8"}})
    with pytest.raises(AnswerUnknown, match="it answered another Invoice than 7"):
        attach().quickbooks.read("Invoice", "7")
