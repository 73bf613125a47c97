"""Files of invoices brought in on a page: what has become of each is said, and the plugins are notified."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from html import unescape
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
    syntax = unescape(sends(bookkeeper, '{"id": "F-1",\n "total" "1"}', "one.json", **FRENCH).text)
    assert "one.json:2 : n’est pas du JSON : il faut un deux-points après le nom, colonne 10" in syntax.replace(
        "\xa0", " "
    )
    for data in ({}, {"file": (BytesIO(b""), "")}):
        reply = bookkeeper.client.post("/import", data={"form_token": bookkeeper.token(), **data})
        assert reply.status_code == 422 and "Choose a file first." in reply.text
    assert bookkeeper.client.post("/import", data={}).status_code == 400, "a form of another page"


def test_a_file_that_is_empty_names_the_columns_and_no_option_of_the_terminal(bookkeeper: Browser) -> None:
    for name in ("none.csv", "none.json"):
        assert f"{name}:1: the file is empty" in (page := sends(bookkeeper, "", name).text) and "--help" not in page
    assert "at least number, currency, issue_date, customer, amount and total" in sends(bookkeeper, "\n").text
    french = sends(bookkeeper, HEAD + "F-1,CAD,2026-07-01,Zo\0,Support,1.00,1.00\n", **FRENCH).text
    said = "le caractère 3 est U+0000, un caractère de contrôle"
    assert (said if sys.version_info >= (3, 11) else "line contains NUL") in french, "Python's csv reads it since 3.11"
    lacks = unescape(sends(bookkeeper, "{}", "one.json", **FRENCH).text)
    assert (
        "« id » manque; ajoutez-le; l’identifiant de la facture chez l’hôte".replace("« ", "«\xa0").replace(
            " »", "\xa0»"
        )
        in lacks
    )


def test_two_files_at_once_are_refused_and_one_that_is_too_large_says_what_to_do(
    bookkeeper: Browser, host: EmbeddedHost
) -> None:
    row = "F-{n},CAD,2026-07-01,Zoé,Support,1.00,1.00\n"
    files = [(BytesIO((HEAD + row.format(n=n)).encode()), f"{n}.csv") for n in (1, 2)]
    both = bookkeeper.client.post("/import", data={"form_token": bookkeeper.token(), "file": files})
    assert (both.status_code, host.count()) == (422, 0)
    assert "Choose one file at a time: nothing was imported." in both.text
    with closing(sends(bookkeeper, "x" * 7_900_001, **FRENCH)) as large:
        assert large.status_code == 413 and "onedesk-quickbooks invoices import FICHIER" in large.text
        assert "Des fichiers de plus de 7,9 Mo en tout" in large.text
        large.request.environ["wsgi.input"].close()  # a large body is a file of the client


def test_a_session_that_ended_meanwhile_is_said_and_leads_back_to_the_form(
    bookkeeper: Browser, host: EmbeddedHost
) -> None:
    form = {"form_token": bookkeeper.token()}
    bookkeeper.post("/sign-out")
    file = {"file": (BytesIO(b"x"), "a.csv")}
    sent = bookkeeper.client.post("/import", data={**form, **file}, headers={"Referer": "http://localhost/import?a=1"})
    assert sent.status_code == 303
    assert sent.headers["Location"] == "/sign-in?back=%2Fimport%3Fa%3D1&lost=form"
    page = bookkeeper.get(sent.headers["Location"]).text
    assert "Your session had ended when the form was sent, so nothing was changed." in page
    assert 'name="back" value="/import?a=1"' in page
    for referer in ("https://elsewhere.example/import", ""):
        sent = bookkeeper.client.post("/import", data=form, headers={"Referer": referer})
        assert sent.headers["Location"] == "/sign-in?lost=form"


def test_a_host_that_takes_no_files_has_no_such_page(browser: Browser) -> None:
    assert "/import" not in browser.get("/invoices").text
    assert browser.get("/import").status_code == 404
