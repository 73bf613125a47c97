"""Files of invoices over HTTP: with an invoice, or by themselves; attached in QuickBooks by rule."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api.conftest import Installation, Program
from tests.commands import Call, Connect
from tests.support.sandboxes import Books

Make = Callable[..., dict[str, Any]]
COUNTRIES = {"us": ("USD", "company_default"), "ca": ("CAD", "{code: Exempt}"), "gb": ("GBP", "{code: Exempt}")}


@pytest.fixture(params=COUNTRIES)
def books(
    request: pytest.FixtureRequest, open_books: Callable[..., Books], call: Call, connect: Connect, home: Path
) -> Books:
    """A company whose rules send files along."""
    found = open_books(request.param)
    connect(found)
    income = {"us": "Services"}.get(request.param, found.sandbox.list("Account", "AccountType = 'Income'")[0]["Name"])
    assert call("settings", "default_income_account", income).code == 0
    taxes = COUNTRIES[request.param][1]
    (home / "rules.yaml").write_text(f"version: 1\ninvoices: {{attachments: send}}\ntaxes: {{otherwise: {taxes}}}\n")
    return found


@pytest.fixture
def sound(books: Books, invoice: Make) -> Make:
    currency = {"US": "USD", "CA": "CAD", "GB": "GBP"}[books.sandbox.read("CompanyInfo", "1")["Country"]]
    return lambda **fields: invoice(currency=currency, **fields)


def form(invoice: dict[str, Any], *files: tuple[str, bytes]) -> dict[str, Any]:
    """The body of a request with an invoice and files."""
    parts = [(io.BytesIO(content), name) for name, content in files]
    return {"invoice": (io.BytesIO(json.dumps(invoice).encode()), "invoice.json", "application/json"), "file": parts}


def sent_along(books: Books) -> list[tuple[str, bool]]:
    """What QuickBooks has attached, and whether it goes out with the e-mail."""
    rows = books.sandbox.list("Attachable")
    return sorted((row["FileName"], row["AttachableRef"][0]["IncludeOnSend"]) for row in rows)


def files_in(reply: TestResponse) -> list[Any]:
    assert reply.status_code == 200 and reply.json is not None
    return list(reply.json["files"])


def code(reply: Any) -> str:
    return str((reply.json or {}).get("error", {}).get("code", ""))


def test_files_come_with_the_invoice_and_go_out_with_its_e_mail(
    books: Books, installation: Installation, program: Program, sound: Make
) -> None:
    files = ("hours.pdf", b"%PDF-1.4 hours"), ("report.csv", b"a,b\n")
    headers = {"Idempotency-Key": "one"}
    first = program.call("POST", "/invoices?action=send", data=form(sound(), *files), headers=headers)
    assert first.status_code == 202, first.json
    again = program.call("POST", "/invoices?action=send", data=form(sound(), *files), headers=headers)
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")
    other = program.call("POST", "/invoices?action=send", data=form(sound(), files[0]), headers=headers)
    assert (other.status_code, code(other)) == (409, "key-reused")
    assert [each.outcome for each in installation.application.drain()] == ["sent"]
    assert sent_along(books) == [("hours.pdf", True), ("report.csv", True)]
    assert program.call("POST", "/invoices?action=send", data=form(sound(), *files)).status_code == 202
    installation.application.drain()
    assert len(sent_along(books)) == 2, "the same once more is the same"


def test_a_file_by_itself_is_listed_replaced_and_taken_out(
    books: Books, installation: Installation, program: Program, sound: Make
) -> None:
    assert code(program.call("PUT", "/files?invoice=INV-7&name=a.pdf", data=b"x")) == "no-such-invoice"
    program.post("changed", sound())
    for content in (b"%PDF-1", b"%PDF-1", b"%PDF-2 other"):
        reply = program.call("PUT", "/files?invoice=INV-7&name=a%20b.PDF", data=content, content_type="application/pdf")
        assert [(each["name"], each["size"]) for each in files_in(reply)] == [("a b.PDF", len(content))]
    program.call("PUT", "/files?invoice=INV-7&name=hours.csv", data=b"a,b")
    assert [each["name"] for each in program.get("/files?invoice=INV-7")["files"]] == ["a b.PDF", "hours.csv"]
    program.post("copy", sound())
    installation.application.drain()
    assert [name for name, _ in sent_along(books)] == ["a b.PDF", "hours.csv"]
    left = program.call("DELETE", "/files?invoice=INV-7&name=hours.csv")
    assert [each["name"] for each in files_in(left)] == ["a b.PDF"]
    assert code(program.call("DELETE", "/files?invoice=INV-7&name=hours.csv")) == "no-such-file"
    program.call("PUT", "/files?invoice=INV-7&name=a%20b.PDF", data=b"%PDF-3 a third")
    program.post("copy", sound())
    installation.application.drain()
    assert [name for name, _ in sent_along(books)] == ["a b.PDF", "a b.PDF", "hours.csv"], "what was there stays"


def test_what_is_refused_changes_nothing(
    books: Books, installation: Installation, program: Program, sound: Make
) -> None:
    program.post("changed", sound())
    for name, content in (("a.exe", b"x"), ("pdf", b"x"), ("..%2Fa.pdf", b"x"), ("a.pdf", b""), ("a%0A.pdf", b"x")):
        reply = program.call("PUT", f"/files?invoice=INV-7&name={name}", data=content)
        assert (reply.status_code, code(reply)) == (422, "invalid-file"), name
    assert program.call("PUT", "/files?invoice=INV-7&name=a.pdf", data=b"x" * 7_900_001).status_code == 413
    assert program.call("PUT", "/files?invoice=INV-7&name=a.pdf", data=b"%PDF-" + b"x" * 7_899_995).status_code == 200
    assert program.call("PUT", "/files?invoice=INV-7&name=a.pdf&name=b.pdf", data=b"x").status_code == 400
    bad = program.call("POST", "/invoices?action=copy", data=form(sound(number="9"), ("a.exe", b"x")))
    assert (bad.status_code, code(bad)) == (422, "invalid-file")
    for data in ({"file": (io.BytesIO(b"x"), "a.pdf")}, {**form(sound()), "other": "x"}):
        reply = program.call("POST", "/invoices?action=copy", data=data, content_type="multipart/form-data")
        assert (reply.status_code, code(reply)) == (422, "invalid"), data
    assert program.call("POST", "/invoices?action=copy", data=form({"id": "INV-7"})).status_code == 422
    large = program.call("POST", "/invoices?action=copy", data=b'"' + b"x" * 2_000_001, content_type="application/json")
    assert large.status_code == 413
    held = installation.host.read_invoice("INV-7")
    assert held is not None and held["number"] != "9"
    assert [each["name"] for each in program.get("/files?invoice=INV-7")["files"]] == ["a.pdf"]


def test_keys_and_other_hosts(installation: Installation) -> None:
    reader, foreign = installation.program("payments"), installation.program("invoices", foreign=True)
    for method in ("GET", "PUT", "DELETE"):
        assert reader.call(method, "/files?invoice=INV-7&name=a.pdf", data=b"x").status_code == 403
        assert code(foreign.call(method, "/files?invoice=INV-7&name=a.pdf", data=b"x")) == "other-host"
