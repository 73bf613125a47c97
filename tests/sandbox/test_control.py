"""The control endpoints, and what the sandbox keeps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client

Connect = Callable[..., "Client"]


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


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", b'{"fault": "flood"}'),
        ("faults", b'{"fault": "cut", "nope": 1}'),
        ("faults", b"[]"),
        ("faults", b'{"fault": "cut", "count": -1}'),
        ("faults", b'{"fault": "cut", "path": 5}'),
        ("faults", b'{"fault": "closed_books", "path": "/oauth2"}'),
        ("faults", b'{"fault": "http_503", "path": "/send"}'),
        ("faults", b'{"fault": "cut", "probability": "often"}'),
        ("webhooks", b'{"format": "carrier pigeon"}'),
        ("webhooks", b"{"),
        ("settings", b'{"Nope": 1}'),
        ("settings", b'{"Id": "2"}'),
        ("settings", b'{"SalesFormsPrefs": 5}'),
        ("settings", b'{"closing_date": []}'),
        ("settings", b'{"closing_date": "soon"}'),
        ("webhooks", b'{"url": "ftp://x"}'),
        ("faults", b"[" * 100000),
        ("faults", b'{"fault": ["cut"]}'),
        ("faults", b'{"fault": "cut", "seed": []}'),
        ("faults", b'{"fault": "twice", "after": true}'),
        ("faults", b'{"fault": "cut", "after": 1}'),
        ("faults", b'{"fault": "delay", "seconds": 1e400}'),
        ("clock", b'{"advance": null}'),
        ("clock", b'{"advance": "soon"}'),
        ("clock", b'{"advance": -5}'),
        ("clock", b'{"advance": 1e300}'),
    ],
)
def test_a_bad_request_is_refused(connect: Connect, path: str, body: bytes) -> None:
    reply = connect().raw("POST", f"/_control/{path}", body)
    assert reply.status == 400
    assert reply.json["error"]


def test_the_clock_can_be_moved(connect: Connect) -> None:
    client = connect()
    assert client.raw("POST", "/_control/clock", b'{"advance": 90000}').json == {"now": "2026-07-16T06:00:00-07:00"}


def test_a_long_log_keeps_the_latest_bodies(connect: Connect) -> None:
    client = connect()
    client.call("POST", "customer", {"DisplayName": "First"})
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/v3/company/1/customer/1", "wsgi.url_scheme": "http"}
    for _ in range(2000):
        client.sandbox.wsgi(environ, lambda *answer: None)
    client.call("POST", "customer", {"DisplayName": "Last"})
    log = client.sandbox.log()
    assert (len(log), log[0]["status"], log[0]["request"]) == (2002, 200, "")
    assert "Last" in log[-1]["request"]


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
