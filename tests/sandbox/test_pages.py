"""What a person sees: the company, an invoice to pay, an e-mail; and both sides played by forms."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from pypdf import PdfReader

from onedesk_quickbooks.plugin.sandbox.pages.html import words
from onedesk_quickbooks.plugin.sandbox.pages.views import FORMS

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client, Reply

Connect = Callable[..., "Client"]


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def act(client: Client, invoice_id: str, **fields: str) -> Reply:
    """As the QuickBooks user."""
    return client.raw("POST", f"/app/invoice?txnId={invoice_id}", urlencode(fields).encode(), FORM)


def pay(client: Client, invoice_id: str, amount: str) -> Reply:
    """As the customer."""
    return client.raw("POST", f"/pay/{invoice_id}", urlencode({"amount": amount}).encode(), FORM)


def test_the_root_page_shows_the_company(connect: Connect) -> None:
    client = connect()
    invoice = client.invoice()
    client.call("POST", f"invoice/{invoice['Id']}/send", sendTo="ada@example.com")
    page = client.raw("GET", "/").data.decode()
    for text in ("Sandbox Company_US_1", "Cool Cars", "Gardening", "ada@example.com", f"txnId={invoice['Id']}"):
        assert text in page


def test_no_page_takes_a_style_or_script_but_its_own(connect: Connect) -> None:
    client = connect()
    invoice_id = client.invoice()["Id"]
    client.call("POST", f"invoice/{invoice_id}/send", sendTo="ada@example.com")
    for path in ("/", f"/app/invoice?txnId={invoice_id}", f"/pay/{invoice_id}", "/pay/999"):
        page = client.raw("GET", path)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'; style-src 'self';" in policy and "unsafe" not in policy, path
        assert b"style=" not in page.data and b"<style" not in page.data and b'href="/sandbox.css"' in page.data, path
    style = client.raw("GET", "/sandbox.css")
    assert (style.status, style.headers["content-type"]) == (200, "text/css; charset=utf-8")


def test_a_customer_pays_in_parts_and_the_user_takes_a_payment_back(connect: Connect) -> None:
    client = connect()
    invoice_id = client.invoice()["Id"]
    page = client.raw("GET", f"/pay/{invoice_id}").data
    assert b"Pay this invoice" in page
    assert b"Void" not in page
    paid = pay(client, invoice_id, "40.00")
    assert paid.status == 303
    assert b"Thank you: 40.00 was paid." in client.raw("GET", paid.headers["location"]).data
    assert client.sandbox.read("Invoice", invoice_id)["Balance"] == 60
    assert act(client, invoice_id, action="pay", amount="60").status == 303
    settled = client.raw("GET", f"/pay/{invoice_id}").data
    assert b"Pay this invoice" not in settled
    assert b"Paid" in settled
    link = client.sandbox.read("Invoice", invoice_id)["LinkedTxn"][0]["TxnId"]
    act(client, invoice_id, action="void_payment", payment=link)
    assert client.sandbox.read("Invoice", invoice_id)["Balance"] == 40


@pytest.mark.parametrize("amount", ["", "many", "0", "-3", "1.005", "100.01", "NaN"])
def test_an_amount_that_cannot_be_paid(connect: Connect, amount: str) -> None:
    client = connect()
    invoice_id = client.invoice()["Id"]
    reply = pay(client, invoice_id, amount)
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
    assert f'href="/pay/{invoice["Id"]}"' in page
    assert "USD 100.00" in page
    assert client.raw("GET", "/email/1/pdf").headers["content-type"] == "application/pdf"
    assert client.raw("GET", "/email/2").status == 404


def test_an_email_has_the_files_that_go_along(connect: Connect) -> None:
    client = connect()
    form, other = client.invoice()["Id"], client.invoice()["Id"]
    for name, target, along in ("hours.txt", form, True), ("own.txt", form, False), ("other.txt", other, True):
        about = {"EntityRef": {"type": "Invoice", "value": target}, "IncludeOnSend": along}
        body = json.dumps({"FileName": name, "AttachableRef": [about]})
        parts = (
            f'--b\r\nContent-Disposition: form-data; name="file_metadata_0"\r\nContent-Type: application/json\r\n\r\n'
            f'{body}\r\n--b\r\nContent-Disposition: form-data; name="file_content_0"; filename="{name}"\r\n'
            f"Content-Type: text/html\r\n\r\n<b>{name}</b>\r\n--b--\r\n"
        )
        made = client.call("POST", "upload", parts.encode(), {"Content-Type": "multipart/form-data; boundary=b"})
        assert made.status == 200, made.json
    client.call("POST", "attachable", {"Note": "no file", "AttachableRef": [about | {"IncludeOnSend": True}]})
    client.call("POST", f"invoice/{form}/send", sendTo="ada@example.com")
    [mail] = client.raw("GET", "/_control/outbox").json["emails"]
    [file] = mail["attachments"]
    assert (file["name"], file["size"], mail["pdf"]) == ("hours.txt", 16, "/email/1/pdf")
    page = client.raw("GET", "/email/1").data.decode()
    assert f'<a href="{file["path"]}">hours.txt</a>' in page and "own.txt" not in page and "other.txt" not in page
    found = client.raw("GET", file["path"])
    assert (found.data, found.headers["content-disposition"]) == (b"<b>hours.txt</b>", "attachment; filename=hours.txt")
    assert [client.raw("GET", f"/email/{path}").status for path in ("1/file/999", "2/file/1", "1/file/x")] == [404] * 3


def test_the_quickbooks_user_edits_an_invoice(connect: Connect) -> None:
    client = connect()
    detail = {"ItemRef": {"value": "1"}, "Qty": 2, "UnitPrice": 50}
    lines = [
        {"Amount": 100, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail},
        {"Amount": 9, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}},
        {"Amount": 1, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}},
    ]
    invoice = client.invoice(Line=lines)
    first, second, third = (line["Id"] for line in invoice["Line"][:3])
    page = client.raw("GET", f"/app/invoice?txnId={invoice['Id']}").data.decode()
    assert f'name="quantity-{first}"' in page
    assert f'name="amount-{second}"' in page
    fields = {f"quantity-{first}": "3", f"price-{first}": "33.335", f"description-{first}": "Corrected"}
    fields |= {f"amount-{second}": "10.50", f"remove-{third}": "on", "DueDate": "2026-09-01", "PrivateNote": "by hand"}
    reply = act(client, invoice["Id"], action="edit", BillEmail="ada@example.com", CustomerMemo="Hello", **fields)
    assert "said=" in reply.headers["location"]
    edited = client.sandbox.read("Invoice", invoice["Id"])
    assert edited["SyncToken"] == "1"
    assert [line["Amount"] for line in edited["Line"]] == [Decimal("100.01"), Decimal("10.50"), Decimal("110.51")]
    assert (edited["Line"][0]["Description"], edited["DueDate"]) == ("Corrected", "2026-09-01")
    assert edited["BillEmail"]["Address"] == "ada@example.com"
    assert edited["CustomerMemo"] == {"value": "Hello"}


@pytest.mark.parametrize("wrong", [{"quantity": "many"}, {"price": "NaN"}, {"remove": "on"}, {"DocNumber": "9" * 22}])
def test_an_edit_that_cannot_be_is_reported_and_nothing_is_done(connect: Connect, wrong: dict[str, str]) -> None:
    client = connect()
    detail = {"ItemRef": {"value": "1"}, "Qty": 1, "UnitPrice": 100}
    line = {"Amount": 100, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    invoice = client.invoice(Line=[line])
    mark = invoice["Line"][0]["Id"]
    fields = {"quantity": "2", "price": "3", **wrong}
    sent = {key if key[0].isupper() else f"{key}-{mark}": value for key, value in fields.items()}
    reply = act(client, invoice["Id"], action="edit", **sent)
    assert b'role="alert"' in client.raw("GET", reply.headers["location"]).data
    assert client.sandbox.read("Invoice", invoice["Id"]) == invoice


def test_the_quickbooks_user_edits_a_customer(connect: Connect) -> None:
    client = connect()
    client.invoice()
    page = client.raw("GET", "/app/customerdetail?nameId=1").data.decode()
    assert "Amy&#39;s Bird Sanctuary" in page
    assert "/app/invoice?txnId=" in page
    fields = {"DisplayName": "Amy's Birds", "PrimaryEmailAddr": "amy@example.com", "Active": "on"}
    path = "/app/customerdetail?nameId=1"
    client.raw("POST", path, urlencode(fields).encode(), FORM)
    edited = client.sandbox.read("Customer", "1")
    assert (edited["DisplayName"], edited["PrimaryEmailAddr"]["Address"]) == ("Amy's Birds", "amy@example.com")
    refused = client.raw("POST", path, urlencode({**fields, "DisplayName": "Cool Cars"}).encode(), FORM)
    assert "problem=" in refused.headers["location"]
    assert "problem=" in client.raw("POST", path, b"DisplayName=", FORM).headers["location"]
    assert client.raw("GET", "/app/customerdetail?nameId=99999").status == 404


def test_the_quickbooks_user_sends_an_invoice(connect: Connect) -> None:
    client = connect()
    invoice_id = client.invoice()["Id"]
    assert "problem=" in act(client, invoice_id, action="send", to="").headers["location"]
    act(client, invoice_id, action="send", to="ada@example.com")
    assert [mail["to"] for mail in client.sandbox.outbox()] == ["ada@example.com"]


class Reader(HTMLParser):
    """What a page has for those who do not see it."""

    def __init__(self) -> None:
        super().__init__()
        self.labels: set[str] = set()
        self.fields: list[dict[str, str | None]] = []
        self.tags: list[str] = []
        self._in_label = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        self.tags.append(tag)
        if tag == "label":
            self._in_label = True
            self.labels.add(held.get("for") or "")
        if tag in ("input", "textarea", "select") and held.get("type") != "hidden" and not self._in_label:
            self.fields.append(held)

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._in_label = False


@pytest.mark.parametrize(
    "path", ["/", "/app/invoice?txnId={id}", "/pay/{id}", "/email/1", "/app/customerdetail?nameId=1", "/connect/oauth2"]
)
def test_every_page_can_be_used_without_seeing_it_and_without_scripts(connect: Connect, path: str) -> None:
    client = connect()
    invoice_id = client.invoice()["Id"]
    client.call("POST", f"invoice/{invoice_id}/send", sendTo="ada@example.com")
    asked = {"client_id": client.sandbox.client_id, "redirect_uri": "http://x/", "response_type": "code"}
    query = urlencode({**asked, "scope": "com.intuit.quickbooks.accounting"})
    reply = client.raw("GET", path.format(id=invoice_id) if "oauth2" not in path else f"{path}?{query}")
    assert reply.status == 200
    text = reply.data.decode()
    reader = Reader()
    reader.feed(text)
    assert '<html lang="en">' in text
    assert reader.tags.count("h1") == 1
    assert reader.tags.count("main") == 1
    assert "script" not in reader.tags
    assert [each for each in reader.fields if each.get("id") not in reader.labels and not each.get("aria-label")] == []


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


def text_of(client: Client, path: str) -> tuple[str, int]:
    """The text of a PDF, its spaces made single, and how many pages it has."""
    reply = client.call("GET", path, headers={"Accept": "application/pdf"})
    assert reply.status == 200
    pages = PdfReader(BytesIO(reply.data)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split()), len(pages)


def test_a_pdf_can_be_read(connect: Connect) -> None:
    client = connect()
    detail = {"ItemRef": {"value": "1"}, "Qty": 2, "UnitPrice": 50}
    note = "A description that is long enough to be wrapped within its column of the table, and is not cut off anywhere"
    lines = [
        {"Amount": 100, "Description": note, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail},
        {"DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10}},
    ]
    invoice = client.invoice(Line=lines, CustomerMemo={"value": "Thank you"})
    text, pages = text_of(client, f"invoice/{invoice['Id']}/pdf")
    assert pages == 1
    for expected in (
        f"INVOICE {invoice['DocNumber']}",
        "Amy's Bird Sanctuary",
        "4581 Finch St.",
        f"Due {invoice['DueDate']}",
        note,
        "Subtotal 100.00",
        "-10.00",
        "Total USD 90.00",
        "Balance due USD 90.00",
        "Thank you",
        "Page 1 of 1",
    ):
        assert expected in text


def test_a_long_invoice_has_several_pages_and_a_void_one_says_so(connect: Connect) -> None:
    client = connect()
    line = {"Amount": 1, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
    invoice = client.invoice(Line=[line] * 80)
    text, pages = text_of(client, f"invoice/{invoice['Id']}/pdf")
    assert pages > 1
    assert text.count("Product or service") == pages
    assert f"Page {pages} of {pages}" in text
    client.sandbox.void("Invoice", invoice["Id"])
    assert "(VOID)" in text_of(client, f"invoice/{invoice['Id']}/pdf")[0]


def test_a_payment_receipt_names_its_invoice(connect: Connect) -> None:
    client = connect()
    invoice = client.invoice()
    payment = client.sandbox.pay({invoice["Id"]: "40"}, total="50")
    text, _ = text_of(client, f"payment/{payment['Id']}/pdf")
    assert f"Invoice {invoice['DocNumber']}" in text
    assert "Total USD 50.00" in text
    assert "Not applied yet USD 10.00" in text


SANDBOX = Path(__file__).parents[2] / "plugin" / "sandbox"
SAME = {"API", "Cc", "Date", "Description", "Id", "Notes", "Total", "Type"}


def test_every_text_of_the_pages_is_there_in_french_and_none_besides() -> None:
    french: dict[str, str] = json.loads((SANDBOX / "data" / "pages-fr.json").read_text("utf-8"))
    sources = [*SANDBOX.glob("templates/*.html"), *SANDBOX.glob("pages/*.py"), *SANDBOX.glob("app/*.py")]
    code = "\n".join(each.read_text("utf-8") for each in sources)
    said = set(re.findall(r"""(?:\b_|\btext)\(\s*"((?:[^"\\]|\\.)*)\"""", code))
    consent = (SANDBOX / "templates" / "consent.html").read_text("utf-8")
    named = {words(kind) for kind in FORMS} | set(re.findall(r'": "([a-z][^"]*)"', consent))
    assert (said | named) - SAME == set(french)
    assert all(
        set(re.findall(r"{\w+}", each)) == set(re.findall(r"{\w+}", translated)) for each, translated in french.items()
    )


def test_pages_are_french_for_a_browser_that_reads_french(connect: Connect) -> None:
    client = connect()
    made = client.invoice()
    invoice_id, left = made["Id"], made["Balance"] - Decimal("10.50")
    client.call("POST", f"invoice/{invoice_id}/send", sendTo="ada@example.com")
    french = {"Accept-Language": "fr-CA,fr;q=0.9,en;q=0.5"}
    page = client.raw("GET", f"/pay/{invoice_id}", b"", french).data.decode()
    assert (
        '<html lang="fr">' in page
        and "Payer cette facture" in page
        and f"USD {made['Balance']:.2f}".replace(".", ",") in page
    )
    reply = client.raw("POST", f"/pay/{invoice_id}", b"amount=10%2C50", {**FORM, **french})
    assert "10%2C50" in reply.headers["location"] and "Merci" in reply.headers["location"]
    assert client.sandbox.read("Invoice", invoice_id)["Balance"] == left
    for path in ("/", f"/app/invoice?txnId={invoice_id}", "/pay/999", "/app/customerdetail?nameId=1"):
        page = client.raw("GET", path, b"", french).data.decode().replace("Sales of Product Income", "")
        assert not re.search(r">[^<]*\b(the|of|this|no|is|was|To|Paid|Customer)\b[^<]*<", page), path
    assert "Pay this invoice" in client.raw("GET", f"/pay/{invoice_id}").data.decode()
