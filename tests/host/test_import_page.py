"""Files of invoices brought in on a page: what has become of each is said, and the plugins are told."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client, TestResponse

from onedesk_quickbooks.plugin.cli.session.bringing import brought
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.host.pages import make_app
from tests.host.conftest import Browser

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.host.conftest import FakePlugin

HEAD = "number,currency,issue_date,customer,service_type,amount,total\n"
FRENCH = {"Accept-Language": "fr"}


@pytest.fixture
def bookkeeper(host: EmbeddedHost) -> Browser:
    """Of a host that takes files; no administrator."""
    found = Browser(host)
    found.client = Client(make_app(host, True, "", lambda file, user: brought(host, [file], user)))
    return found.sign_in("agent")


def sends(browser: Browser, content: str, name: str = "invoices.csv", **headers: str) -> TestResponse:
    data = {"form_token": browser.token(), "file": (BytesIO(content.encode()), name)}
    return browser.client.post("/import", data=data, headers=headers)


def test_each_invoice_of_a_csv_file_says_what_has_become_of_it(
    bookkeeper: Browser, host: EmbeddedHost, plugin: FakePlugin
) -> None:
    assert 'href="/import"' in bookkeeper.get("/invoices").text
    rows = "F-1,CAD,2026-07-01,Éditions & Fils,Support,10.00,10.00\nF-2,CAD,2026-07-41,Zoé,Support,1.00,1.00\n"
    page = sends(bookkeeper, HEAD + rows).text
    assert "Failed: 1" in page and "Opened: 1" in page and '<a href="/invoices/F-1">F-1</a>' in page
    assert "invoices.csv:3: issue_date:" in page and "is not a date" in page and "/tmp" not in page
    assert page.index("F-2") < page.index("F-1"), "what failed stands first"
    assert plugin.notified[-1] == ("opened", "F-1", "open")
    again = sends(bookkeeper, HEAD + rows).text
    assert "Unchanged: 1" in again and host.count() == 1


def test_json_is_taken_and_what_is_no_file_of_invoices_is_said(
    bookkeeper: Browser, host: EmbeddedHost, make_invoice: Callable[..., dict[str, Any]]
) -> None:
    assert "Kept: 1" in sends(bookkeeper, json.dumps([make_invoice()]), "one.json").text
    assert host.invoice("INV-7") is not None
    assert "holds no invoices" in sends(bookkeeper, "[]", "none.json").text
    refused = sends(bookkeeper, "%PDF", "scan.pdf", **FRENCH)
    assert "scan.pdf:1" in refused.text and "n’est pas un fichier de factures" in refused.text
    for data in ({}, {"file": (BytesIO(b""), "")}):
        reply = bookkeeper.client.post("/import", data={"form_token": bookkeeper.token(), **data})
        assert reply.status_code == 422 and "Choose a file first." in reply.text
    assert bookkeeper.client.post("/import", data={}).status_code == 400, "a form of another page"


def test_a_host_that_takes_no_files_has_no_such_page(browser: Browser) -> None:
    assert "/import" not in browser.get("/invoices").text
    assert browser.get("/import").status_code == 404
