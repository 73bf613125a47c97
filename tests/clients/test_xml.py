"""A full round in XML, as Intuit's Java, PHP and .NET SDKs and quickbooks-ruby write it (read in their code)."""

from __future__ import annotations

import base64
import gzip
from typing import TYPE_CHECKING, NamedTuple
from xml.etree.ElementTree import Element

import pytest
import requests
from defusedxml.ElementTree import fromstring

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.sandbox.http.server import Server

SPACE = "http://schema.intuit.com/finance/v3"
DECLARED = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


class Style(NamedTuple):
    """How a client writes: what stands before every name, types, what it adds to the path of an update, of a void.

    marks: what else stands in the first element. accept: None where it says nothing of it.
    """

    prefix: str = ""
    type: str = "application/xml"
    accept: str | None = "application/xml"
    marks: str = ""
    compressed: bool = False
    update: str = ""
    void: str = "?include=void"


STYLES = {
    "Java": Style(compressed=True),
    "PHP": Style("ns0:", accept="*/*", update="?operation=update", void="?operation=update&include=void"),
    "Ruby": Style(type="text/xml"),
    ".NET": Style(
        accept=None,
        marks='xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"',
        compressed=True,
        void="?operation=update&include=void",
    ),
}


class XmlClient:
    """Speaks XML to a served sandbox; answers are the first element of the response."""

    def __init__(self, served: Server, style: Style) -> None:
        self.style = style
        given = served.sandbox.credentials(served.base_url)
        self._base = f"{served.base_url}/v3/company/{given['realm_id']}"
        self._headers: dict[str, str | None] = {
            "Authorization": f"Bearer {given['access_token']}",
            "Accept": style.accept,
        }

    def post(self, path: str, name: str, inner: str, marks: str = "") -> Element:
        """Sends an element of that name; `inner` is written with `{p}` before every name."""
        space = f'xmlns:{self.style.prefix[:-1]}="{SPACE}"' if self.style.prefix else f'xmlns="{SPACE}"'
        marks = f"{self.style.marks} {space} {marks}"
        text = f"<{{p}}{name} {marks}>{inner}</{{p}}{name}>".replace("{p}", self.style.prefix)
        body = (DECLARED + text).encode()
        headers = {**self._headers, "Content-Type": self.style.type}
        if self.style.compressed:
            body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
        return self.send(path, body, headers)

    def send(self, path: str, body: bytes, headers: dict[str, str | None]) -> Element:
        """Sends a body as it is."""
        sent = {**self._headers, **headers}
        return self._answered(requests.post(f"{self._base}/{path}", body, headers=sent, timeout=30))

    def get(self, path: str, **query: str) -> Element:
        return self._answered(requests.get(f"{self._base}/{path}", query, headers=self._headers, timeout=30))

    @staticmethod
    def _answered(response: requests.Response) -> Element:
        root = fromstring(response.content)
        assert root.tag == f"{{{SPACE}}}IntuitResponse", response.text
        assert "time" in root.attrib
        first: Element = root[0]
        return first


def said(element: Element, *path: str) -> str:
    """The text of an element below another."""
    found = element.find("/".join(f"{{{SPACE}}}{each}" for each in path))
    assert found is not None, f"{path} is not in {[each.tag for each in element]}"
    return found.text or ""


LINE = (
    "<{p}Line><{p}Amount>{amount}</{p}Amount><{p}DetailType>SalesItemLineDetail</{p}DetailType><{p}SalesItemLineDetail>"
    '<{p}ItemRef name="Services">1</{p}ItemRef><{p}UnitPrice>{amount}</{p}UnitPrice><{p}Qty>1</{p}Qty>'
    "</{p}SalesItemLineDetail></{p}Line>"
)


def stamped(element: Element, more: str = "") -> str:
    """The id and SyncToken of an object, with what changes."""
    held = "".join(f"<{{p}}{key}>{said(element, key)}</{{p}}{key}>" for key in ("Id", "SyncToken"))
    return held + more


@pytest.mark.parametrize("name", list(STYLES))
def test_a_round(served: Server, name: str) -> None:
    client = XmlClient(served, STYLES[name])
    email = "<{p}PrimaryEmailAddr><{p}Address>xml@example.com</{p}Address></{p}PrimaryEmailAddr>"
    customer = client.post("customer", "Customer", f"<{{p}}DisplayName>{name} &amp; Co</{{p}}DisplayName>{email}")
    assert (customer.tag, customer.get("domain")) == (f"{{{SPACE}}}Customer", "QBO")
    owner = f"<{{p}}CustomerRef>{said(customer, 'Id')}</{{p}}CustomerRef>"

    invoice = client.post("invoice", "Invoice", LINE.replace("{amount}", "35.50") + owner, 'domain="QBO"')
    assert (said(invoice, "TotalAmt"), said(invoice, "Balance")) == ("35.50", "35.50")
    assert [each.tag.rpartition("}")[2] for each in invoice][:3] == ["Id", "SyncToken", "MetaData"]
    changed = stamped(invoice, "<{p}CustomerMemo>Thanks</{p}CustomerMemo>")
    invoice = client.post(f"invoice{client.style.update}", "Invoice", changed, 'sparse="true"')
    assert (said(invoice, "CustomerMemo"), said(invoice, "TotalAmt"), invoice.get("sparse")) == (
        "Thanks",
        "35.50",
        "false",
    )

    found = client.get("query", query=f"select * from Customer where displayname = '{name} & Co'")
    assert (found.get("maxResults"), said(found, "Customer", "PrimaryEmailAddr", "Address")) == ("1", "xml@example.com")
    sent = client.post(f"invoice/{said(invoice, 'Id')}/send?sendTo=a@example.com", "Invoice", "")
    assert said(sent, "EmailStatus") == "EmailSent"
    refused = client.post("customer", "Customer", f"<{{p}}DisplayName>{name} &amp; Co</{{p}}DisplayName>")
    assert (refused.get("type"), refused[0].get("code")) == ("ValidationFault", "6240")

    link = f"<{{p}}TxnId>{said(invoice, 'Id')}</{{p}}TxnId><{{p}}TxnType>Invoice</{{p}}TxnType>"
    line = f"<{{p}}Line><{{p}}Amount>20</{{p}}Amount><{{p}}LinkedTxn>{link}</{{p}}LinkedTxn></{{p}}Line>"
    payment = client.post("payment", "Payment", f"{owner}<{{p}}TotalAmt>20</{{p}}TotalAmt>{line}")
    assert said(client.get(f"invoice/{said(invoice, 'Id')}"), "Balance") == "15.50"
    voided = client.post(f"payment{client.style.void}", "Payment", stamped(payment), 'sparse="true"')
    assert said(voided, "TotalAmt") == "0"

    _many_at_once(client, owner, invoice)


def _many_at_once(client: XmlClient, owner: str, invoice: Element) -> None:
    """A batch, changes since the invoice was made, and a deletion."""
    made = "<{p}Estimate>" + LINE.replace("{amount}", "10") + owner + "</{p}Estimate>"
    batch = client.post(
        "batch",
        "IntuitBatchRequest",
        f'<{{p}}BatchItemRequest bId="a" operation="create">{made}</{{p}}BatchItemRequest>'
        '<{p}BatchItemRequest bId="b"><{p}Query>select count(*) from Term</{p}Query></{p}BatchItemRequest>',
    )
    assert (batch.get("bId"), said(batch, "Estimate", "TotalAmt")) == ("a", "10.00")
    estimate = batch[0]
    deleted = client.post("estimate?operation=delete", "Estimate", stamped(estimate))
    assert (deleted.get("status"), said(deleted, "Id")) == ("Deleted", said(estimate, "Id"))
    changes = client.get("cdc", entities="Invoice,Estimate", changedSince=said(invoice, "MetaData", "CreateTime"))
    assert changes.tag == f"{{{SPACE}}}CDCResponse"
    assert {said(each, "Id") for each in changes[0]} == {said(invoice, "Id")}
    assert [each.get("status") for each in changes[1]] == ["Deleted"]


def test_an_upload_as_the_php_sdk_writes_it(served: Server) -> None:
    """Its metadata ends with the line that the next boundary begins after; its content is in base64, in lines."""
    client = XmlClient(served, STYLES["PHP"])
    content = base64.encodebytes(bytes(range(256))).replace(b"\n", b"\r\n")
    body = (
        b'--md5\r\nContent-Disposition: form-data; name="file_metadata_0"\r\n'
        b"Content-Type: application/xml; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        b'<?xml version="1.0" encoding="UTF-8"?>\n<ns0:Attachable xmlns:ns0="http://schema.intuit.com/finance/v3">'
        b"<ns0:FileName>all.bin</ns0:FileName><ns0:AttachableRef>"
        b'<ns0:EntityRef type="Customer">1</ns0:EntityRef></ns0:AttachableRef></ns0:Attachable>\n'
        b'--md5\r\nContent-Disposition: form-data; name="file_content_0"; filename="all.bin"\r\n'
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + content
        + b"\r\n--md5--\r\n\r\n"
    )
    kept = client.send("upload", body, {"Content-Type": "multipart/form-data; boundary=md5"})[0]
    assert (said(kept, "FileName"), said(kept, "Size")) == ("all.bin", "256")
    assert said(kept, "AttachableRef", "EntityRef") == "1"
    assert requests.get(said(kept, "TempDownloadUri"), timeout=30).content == bytes(range(256))
