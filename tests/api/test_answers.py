"""Every status that schemas/openapi.json names is answered, each as it is described, and none besides: the program of
conftest.py holds each answer against its schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from onedesk_quickbooks.hooks import NotNow
from onedesk_quickbooks.plugin.host import RecordImporter
from onedesk_quickbooks.plugin.web.api import api
from onedesk_quickbooks.plugin.web.api.request_data import MOST_FILES, MOST_JSON
from tests.api.conftest import Installation, Program, _mounted, openapi

Make = Callable[..., dict[str, Any]]
PDF = b"%PDF-1.4 hours"
PAID = {"id": "P-1", "date": "2026-07-10", "currency": "USD", "amount": "10.00"}
PAYMENT = {**PAID, "invoices": [{"id": "INV-7", "amount": "10.00"}]}
GOOD: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {
    ("post", "/invoices"): ("/invoices?action=changed", {"json": None}),
    ("get", "/invoices/{id}"): ("/invoices/INV-7", {}),
    ("get", "/files"): ("/files?invoice=INV-7", {}),
    ("put", "/files"): ("/files?invoice=INV-7&name=a.pdf", {"data": PDF}),
    ("delete", "/files"): ("/files?invoice=INV-7&name=a.pdf", {}),
    ("post", "/payments"): ("/payments?action=recorded", {"json": PAYMENT}),
    ("get", "/payments/{id}"): ("/payments/P-1", {}),
    ("get", "/payments"): ("/payments?after=0", {}),
}
"""What is answered as it was asked for, in this order; the invoice is put in."""
OPEN = ("/openapi.json", "/invoice.schema.json", "/payment.schema.json", "/host_payment.schema.json")
SCOPES = ("invoices", "payments", "record")
WRONG: dict[tuple[str, str], list[tuple[str, str, dict[str, Any]]]] = {
    ("post", "/invoices"): [
        ("/invoices", "action", {"json": {}}),
        ("/invoices?action=burn", "action", {"json": {}}),
        ("/invoices?action=copy", "", {"json": []}),
        ("/invoices?action=copy", "", {"json": {"id": "INV-7"}}),
    ],
    ("get", "/files"): [("/files", "invoice", {}), ("/files?invoice=", "invoice", {})],
    ("put", "/files"): [
        ("/files?name=a.pdf", "invoice", {"data": PDF}),
        ("/files?invoice=INV-7", "name", {"data": PDF}),
        ("/files?invoice=INV-7&name=a.exe", "name", {"data": PDF}),
        ("/files?invoice=INV-7&name=a.pdf", "file", {"data": b""}),
        ("/files?invoice=INV-7&name=a.pdf", "file", {"data": b"<html>"}),
    ],
    ("delete", "/files"): [("/files?name=a.pdf", "invoice", {}), ("/files?invoice=INV-7", "name", {})],
    ("post", "/payments"): [
        ("/payments", "action", {"json": PAYMENT}),
        ("/payments?action=copy", "action", {"json": PAYMENT}),
        ("/payments?action=recorded", "", {"json": []}),
        ("/payments?action=recorded", "payments", {"json": {"payments": []}}),
        ("/payments?action=recorded", "invoices", {"json": {**PAID, "invoices": [{"id": "LOST", "amount": "10.00"}]}}),
    ],
    ("get", "/payments"): [("/payments?after=x", "after", {}), ("/payments?limit=0", "limit", {})],
}
"""By what is asked: path, the field that is named, and the body."""


class Away:
    """An installation whose ledger does not answer, or fails."""

    def __init__(self, problem: Exception) -> None:
        self._problem = problem

    @property
    def ledger(self) -> Any:
        raise self._problem


def error(reply: TestResponse) -> dict[str, Any]:
    found: dict[str, Any] = (reply.json or {})["error"]
    assert found["what"] and found["remedy"].endswith((".", "…")), found
    return found


@pytest.fixture
def asks(books: Any, installation: Installation, invoice: Make) -> Callable[..., TestResponse]:
    """What is answered as it was asked for, or with another query, by this program."""
    programs: dict[str, Program] = {"": installation.program(*SCOPES)}

    def ask(at: tuple[str, str], query: str = "", who: Program | None = None, **more: Any) -> TestResponse:
        path, body = GOOD[at]
        body = {"json": invoice()} if at == ("post", "/invoices") else body
        return (who or programs[""]).call(at[0].upper(), path + query, **{**body, **more})

    return ask


def test_each_status_is_answered(asks: Callable[..., TestResponse], installation: Installation, invoice: Make) -> None:
    found: dict[tuple[str, str], set[int]] = {at: set() for at in GOOD}

    def note(at: tuple[str, str], reply: TestResponse, code: str = "") -> None:
        found[at].add(reply.status_code)
        assert not code or error(reply)["code"] == code, (at, reply.json)

    everything, nobody = installation.program(*SCOPES), installation.program()
    foreign = installation.program(*SCOPES, foreign=True)
    away, failing = (
        Program(Client(_mounted(api(Away(problem), RecordImporter(installation.host)))), "KEY")  # type: ignore[arg-type]
        for problem in (NotNow("later"), RuntimeError("an error"))
    )
    for at in GOOD:
        note(at, asks(at))
    for at in GOOD:
        note(at, asks(at, who=nobody), "no-key")
        others = [scope for scope in SCOPES if asks(at, who=installation.program(scope)).status_code == 403]
        assert len(others) == 2, at
        note(at, asks(at, who=installation.program(*others)), "wrong-scope")
        note(at, asks(at, ("&" if "?" in GOOD[at][0] else "?") + "twice=1&twice=2"), "twice")
        note(at, asks(at, who=away), "not-now")
        note(at, asks(at, who=failing), "error")
        for path, field, body in WRONG.get(at, ()):
            reply = everything.call(at[0].upper(), path, **body)
            note(at, reply)
            assert (reply.status_code, error(reply)["field"]) == (422, field), (path, reply.json)
    for at in (each for each in GOOD if "409" in statuses(each)):
        note(at, asks(at, who=foreign), "other-host")
    for at in (("get", "/files"), ("put", "/files"), ("delete", "/files")):
        note(at, everything.call(at[0].upper(), "/files?invoice=LOST&name=a.pdf", data=PDF), "no-such-invoice")
    note(("delete", "/files"), everything.call("DELETE", "/files?invoice=INV-7&name=no.pdf"), "no-such-file")
    note(("get", "/invoices/{id}"), everything.call("GET", "/invoices/LOST"), "no-such-invoice")
    note(("get", "/payments/{id}"), everything.call("GET", "/payments/LOST"), "no-such-payment")
    for at in (("post", "/invoices"), ("post", "/payments")):
        note(at, asks(at, json=None, data="x", content_type="text/plain"), "not-json")
        note(at, asks(at, json=None, data="{", content_type="application/json"), "not-json")
        large = asks(at, json=None, data=b'"' + b"x" * MOST_JSON, content_type="application/json")
        note(at, large, "too-large")
        assert "2 MB" in error(large)["remedy"] and "invoice" not in error(large)["remedy"]
    note(("put", "/files"), asks(("put", "/files"), data=PDF + b"x" * MOST_FILES), "too-large")
    assert {at: sorted(map(str, each)) for at, each in found.items()} == {at: statuses(at) for at in GOOD}
    for path in OPEN:
        assert (nobody.call("GET", path).status_code, statuses(("get", path))) == (200, ["200"])


def statuses(at: tuple[str, str]) -> list[str]:
    """Those that the description names."""
    return sorted(openapi()["paths"][at[1]][at[0]]["responses"])


def test_the_table_has_every_path() -> None:
    described = {(method, path) for path, methods in openapi()["paths"].items() for method in methods}
    assert described == {*GOOD, *(("get", path) for path in OPEN)}


def test_a_key_that_was_used_before_speaks_of_the_request(asks: Callable[..., TestResponse]) -> None:
    at, headers = ("post", "/payments"), {"Idempotency-Key": "k"}
    asks(("post", "/invoices"))
    assert asks(at, headers=headers).status_code == 202
    again = asks(at, headers=headers, json={**PAYMENT, "reference": "other"})
    assert (again.status_code, error(again)["code"]) == (409, "key-reused")
    assert "another request" in error(again)["what"] and "invoice" not in error(again)["what"]


@pytest.mark.parametrize(
    ("name", "content", "taken"),
    [
        ("a.pdf", b"\xef\xbb\xbf\n%PDF-1.7", True),
        ("a.PDF", b"<!DOCTYPE html>", False),
        ("a.png", b"\x89PNG\r\n\x1a\n...", True),
        ("a.png", b"\xff\xd8\xff\xe0", False),
        ("a.jpeg", b"\xff\xd8\xff\xe0", True),
        ("a.tif", b"MM\x00*", True),
        ("a.gif", b"GIF89a", True),
        ("a.docx", b"PK\x03\x04", True),
        ("a.xlsx", b"a,b\n", False),
        ("locked.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1", True),
        ("big.tif", b"II+\x00", True),
        ("a.rtf", b"{\\rtf1", True),
        ("a.csv", b"a,b\n", True),
        ("a.xls", b"<table>", True),
    ],
)
def test_a_file_is_what_its_name_says(
    asks: Callable[..., TestResponse], installation: Installation, name: str, content: bytes, taken: bool
) -> None:
    asks(("post", "/invoices"))
    program = installation.program("invoices")
    reply = program.call("PUT", f"/files?invoice=INV-7&name={name}", data=content)
    assert reply.status_code == (200 if taken else 422), json.dumps(reply.json)
    if not taken:
        assert (error(reply)["code"], error(reply)["field"]) == ("invalid-file", "file")
