"""What a person sees: the company, an invoice to pay, an e-mail; and both sides played by forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client, Reply

Connect = Callable[..., "Client"]


def act(client: Client, invoice_id: str, **fields: str) -> Reply:
    sent = {"Content-Type": "application/x-www-form-urlencoded"}
    return client.raw("POST", f"/app/invoice?txnId={invoice_id}", urlencode(fields).encode(), sent)


def test_the_root_page_shows_the_company(connect: Connect) -> None:
    client = connect()
    invoice = client.invoice()
    client.call("POST", f"invoice/{invoice['Id']}/send", sendTo="ada@example.com")
    page = client.raw("GET", "/").data.decode()
    for text in ("Sandbox Company_US_1", "Cool Cars", "Gardening", "ada@example.com", f"txnId={invoice['Id']}"):
        assert text in page


def test_a_customer_pays_in_parts_and_the_user_takes_a_payment_back(connect: Connect) -> None:
    client = connect()
    invoice_id = client.invoice()["Id"]
    page = client.raw("GET", f"/app/invoice?txnId={invoice_id}").data
    assert b"Pay this invoice" in page
    assert act(client, invoice_id, action="pay", amount="40.00").status == 303
    assert client.sandbox.read("Invoice", invoice_id)["Balance"] == 60
    assert act(client, invoice_id, action="pay", amount="60").status == 303
    paid = client.raw("GET", f"/app/invoice?txnId={invoice_id}").data
    assert b"Pay this invoice" not in paid
    link = client.sandbox.read("Invoice", invoice_id)["LinkedTxn"][0]["TxnId"]
    act(client, invoice_id, action="void_payment", payment=link)
    assert client.sandbox.read("Invoice", invoice_id)["Balance"] == 40


@pytest.mark.parametrize("amount", ["", "many", "0", "-3", "1.005", "100.01", "NaN"])
def test_an_amount_that_cannot_be_paid(connect: Connect, amount: str) -> None:
    client = connect()
    invoice_id = client.invoice()["Id"]
    reply = act(client, invoice_id, action="pay", amount=amount)
    assert reply.status == 303
    page = client.raw("GET", reply.headers["location"])
    assert b'role="alert"' in page.data
    assert client.sandbox.read("Invoice", invoice_id)["Balance"] == 100


def test_voiding_and_deleting_an_invoice(connect: Connect) -> None:
    client = connect()
    first, second = client.invoice()["Id"], client.invoice()["Id"]
    act(client, first, action="void")
    assert client.sandbox.read("Invoice", first)["PrivateNote"] == "Voided"
    assert act(client, second, action="delete").headers["location"].startswith("/?")
    assert client.raw("GET", f"/app/invoice?txnId={second}").status == 404


def test_an_email_looks_as_it_would(connect: Connect) -> None:
    client = connect()
    invoice = client.invoice()
    client.call("POST", f"invoice/{invoice['Id']}/send", sendTo="ada@example.com")
    page = client.raw("GET", "/email/1").data.decode()
    assert f"/app/invoice?txnId={invoice['Id']}" in page
    assert "USD 100.00" in page
    assert client.raw("GET", "/email/1/pdf").headers["content-type"] == "application/pdf"
    assert client.raw("GET", "/email/2").status == 404


def test_what_is_not_there(connect: Connect) -> None:
    client = connect()
    assert client.raw("GET", "/nowhere").status == 404
    assert client.raw("POST", "/").status == 405
    assert act(client, client.invoice()["Id"], action="burn").status == 400


def test_markup_in_names_stays_text(connect: Connect) -> None:
    client = connect()
    client.sandbox.create("Customer", {"DisplayName": "<script>alert(1)</script>"})
    assert b"<script>" not in client.raw("GET", "/").data


@pytest.mark.parametrize("kind", ["invoice", "creditmemo", "payment"])
def test_every_form_has_a_pdf(connect: Connect, kind: str) -> None:
    client = connect()
    ids = {
        "invoice": "1",
        "creditmemo": client.sandbox.list("CreditMemo")[0]["Id"],
        "payment": client.sandbox.list("Payment")[0]["Id"],
    }
    ids["invoice"] = client.sandbox.list("Invoice")[0]["Id"]
    reply = client.call("GET", f"{kind}/{ids[kind]}/pdf", headers={"Accept": "application/pdf"})
    assert (reply.status, reply.headers["content-type"]) == (200, "application/pdf")
    assert reply.data.startswith(b"%PDF")
    missing = client.call("GET", f"{kind}/99999/pdf", headers={"Accept": "application/pdf"})
    assert missing.json["Fault"]["Error"][0]["code"] == "610"


def test_a_pdf_takes_any_script(connect: Connect) -> None:
    client = connect()
    made = client.sandbox.create("Customer", {"DisplayName": "Łódź Ελλάδα 株式会社 😀"})
    invoice = client.invoice(CustomerRef={"value": made["Id"]})
    assert client.call("GET", f"invoice/{invoice['Id']}/pdf", headers={"Accept": "application/pdf"}).status == 200
