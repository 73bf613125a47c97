"""A user with several companies: consent for one of them, and what each keeps to itself."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import simplejson

from onedesk_quickbooks.plugin.sandbox.auth.tokens import ACCOUNTING
from onedesk_quickbooks.plugin.sandbox.controls.control import ACTIONS

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client

Connect = Callable[..., "Client"]
ROOT = Path(__file__).parents[2]
CALLBACK = "http://127.0.0.1:9/callback"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def asked(client: Client, **more: str) -> dict[str, str]:
    fields = {"client_id": client.sandbox.client_id, "redirect_uri": CALLBACK, "response_type": "code"}
    return {**fields, "scope": f"{ACCOUNTING} openid", "state": "s", **more}


def connected(client: Client, realm: str) -> tuple[str, str]:
    """Realm and access token after consent for one company."""
    body = urlencode({**asked(client), "decision": "approve", "realmId": realm}).encode()
    location = client.raw("POST", "/connect/oauth2", body, FORM).headers["location"]
    back = {key: values[0] for key, values in parse_qs(urlsplit(location).query).items()}
    form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": CALLBACK}
    form |= {"client_id": client.sandbox.client_id, "client_secret": client.sandbox.client_secret}
    reply = client.raw("POST", "/oauth2/v1/tokens/bearer", urlencode(form).encode(), FORM)
    assert reply.status == 200
    return back["realmId"], reply.json["access_token"]


def test_the_consent_page_lets_the_user_choose(connect: Connect) -> None:
    client = connect(also=("gb", "ca"))
    page = client.raw("GET", f"/connect/oauth2?{urlencode(asked(client))}").data.decode()
    for company in client.sandbox.companies:
        assert f'value="{company.realm_id}"' in page
        assert company.company_name in page
    wrong = urlencode({**asked(client), "decision": "approve", "realmId": "1"}).encode()
    assert client.raw("POST", "/connect/oauth2", wrong, FORM).status == 400


def test_a_token_is_good_for_the_company_chosen_alone(connect: Connect) -> None:
    client = connect(also=("gb",))
    first, second = client.sandbox.companies
    realm, token = connected(client, second.realm_id)
    assert realm == second.realm_id
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    info = client.raw("GET", f"/v3/company/{realm}/companyinfo/{realm}", headers=headers)
    assert info.json["CompanyInfo"]["Country"] == "GB"
    other = client.raw("GET", f"/v3/company/{first.realm_id}/customer/1", headers=headers)
    assert (other.status, other.json["fault"]["error"][0]["code"]) == (403, "3100")
    assert client.raw("GET", "/v1/openid_connect/userinfo", headers=headers).json["sub"] == first.user_id


def test_pages_and_control_of_a_further_company(connect: Connect) -> None:
    client = connect(also=("gb",))
    second = client.sandbox.companies[1]
    base = f"/c/{second.realm_id}"
    assert f'href="{base}/"' in client.raw("GET", "/").data.decode()
    assert second.company_name in client.raw("GET", f"{base}/").data.decode()
    found = client.raw("GET", f"{base}/_control/credentials").json
    assert (found["realm_id"], found["base_url"]) == (second.realm_id, "http://sandbox.test")
    assert found["client_id"] == client.sandbox.client_id
    assert found["verifier_token"] == client.sandbox.verifier_token


def test_the_link_of_an_invoice_leads_to_the_page_that_is_paid_on(connect: Connect) -> None:
    client = connect()
    client.raw("POST", "/_control/settings", b'{"SalesFormsPrefs": {"ETransactionPaymentEnabled": true}}')
    made = client.invoice(BillEmail={"Address": "a@example.com"}, AllowOnlineCreditCardPayment=True)
    found = client.call("GET", f"invoice/{made['Id']}", include="invoiceLink").json["Invoice"]
    link = urlsplit(found["InvoiceLink"])
    assert link.netloc == "sandbox.test"
    assert b"Pay this invoice" in client.raw("GET", link.path).data
    paid = client.raw("POST", link.path, b"amount=100", FORM)
    assert client.raw("GET", paid.headers["location"]).status == 200
    assert client.sandbox.read("Invoice", made["Id"])["Balance"] == 0


def test_a_company_that_is_not_there(connect: Connect) -> None:
    assert connect().raw("GET", "/c/123/").status == 404


def test_registered_addresses_are_compared_letter_by_letter(connect: Connect) -> None:
    client = connect(redirect_uris=(CALLBACK,))
    assert client.raw("GET", f"/connect/oauth2?{urlencode(asked(client))}").status == 200
    other = urlencode(asked(client, redirect_uri=f"{CALLBACK}/"))
    assert client.raw("GET", f"/connect/oauth2?{other}").status == 400


@pytest.mark.parametrize("do", ["pay", "edit", "void", "delete"])
def test_actions_of_people_without_a_token(connect: Connect, do: str) -> None:
    client = connect()
    invoice_id = client.invoice()["Id"]
    asked: dict[str, Any] = {"do": do, "kind": "Invoice", "id": invoice_id}
    asked |= {"fields": {"PrivateNote": "seen"}} if do == "edit" else {}
    asked = {"do": do, "invoices": {invoice_id: "40.00"}} if do == "pay" else asked
    reply = client.raw("POST", "/_control/deed", simplejson.dumps(asked).encode())
    assert reply.status == 200, reply.json
    done = reply.json["Payment" if do == "pay" else "Invoice"]
    key, value = {
        "pay": ("TotalAmt", 40),
        "edit": ("PrivateNote", "seen"),
        "void": ("Balance", 0),
        "delete": ("status", "Deleted"),
    }[do]
    assert done[key] == value


def test_disconnecting_takes_every_token_back(connect: Connect) -> None:
    client = connect()
    assert client.call("GET", "customer/1").status == 200
    assert client.raw("POST", "/_control/deed", b'{"do": "disconnect"}').status == 200
    assert client.call("GET", "customer/1").status == 401


@pytest.mark.parametrize(
    "wrong",
    [b'{"do": "dance", "kind": "Invoice"}', b'{"do": "pay"}', b'{"do": "pay", "invoices": {"1": "much"}}',
     b'{"do": "void", "kind": "Banana", "id": "1"}', b'{"do": "void", "kind": "Invoice", "id": "99999"}',
     b'{"do": "create", "kind": "Customer", "fields": {}}', b'{"do": "pay", "invoices": {}}', b"{",
     b'{"do": "bounce", "kind": "Invoice", "id": "1"}', b'{"do": "bounce", "kind": "Invoice", "id": "99999"}',
     b'{"do": "bounce", "kind": "Invoice", "id": "1", "error": "Lost"}', b'{"do": ["pay"]}', b"{}",
     b'{"do": "pay", "invoices": ["1"]}', b'{"do": "pay", "invoices": {"1": "1"}, "total": "all"}'],
)  # fmt: skip
def test_an_action_that_is_refused(connect: Connect, wrong: bytes) -> None:
    reply = connect().raw("POST", "/_control/deed", wrong)
    assert reply.status == 400
    assert reply.json["error"]


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        (
            "deed",
            {"do": "pay", "invoices": {"1": "2"}, "totl": "3"},
            "pay does not take totl; it takes invoices, total",
        ),
        ("deed", {"do": "pay", "invoice": {"1": "2"}}, "pay needs invoices; it takes invoices, total"),
        (
            "deed",
            {"do": "void", "kind": "Invoice", "id": "1", "note": "x", "into": "2"},
            "void does not take into, note; it takes kind, id",
        ),
        ("deed", {"do": "disconnect", "kind": "Invoice"}, "disconnect does not take kind; it takes no fields"),
        (
            "deed",
            {"do": "py"},
            "do is one of pay, void, delete, edit, create, merge, bounce, disconnect, not 'py'",
        ),
        (
            "deed",
            {"do": "pay", "invoices": {"1": "x"}},
            "pay cannot be done: the amount of 1 is an amount such as 40.00, not 'x'",
        ),
        ("clock", {"advanced": 5}, "clock does not take advanced; it takes advance"),
        ("limits", {"time": 5}, "limits does not take time; it takes on, time_scale, most"),
        (
            "webhooks",
            {"duplicate": 1},
            "webhooks does not take duplicate; it takes url, format, duplicates, reorder, lose, seed, deliver",
        ),
        (
            "faults",
            {"fault": "cut", "hits": 1},
            "faults does not take hits; it takes fault, path, method, count, skip, seconds, probability, seed, code,"
            " detail, element, item, after",
        ),
    ],
)
def test_a_key_that_is_not_known_is_named_with_those_that_are(
    connect: Connect, path: str, body: dict[str, Any], error: str
) -> None:
    reply = connect().raw("POST", f"/_control/{path}", simplejson.dumps(body).encode())
    assert (reply.status, reply.json) == (400, {"error": error})


@pytest.mark.parametrize("do", ACTIONS)
def test_the_docs_have_the_fields_of_each_action(do: str) -> None:
    needed, optional = ACTIONS[do]
    page = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    table = page.partition("### Actions of people")[2].partition("\n### ")[0]
    [row] = [each for each in table.splitlines() if each.startswith(f"| `{do}` |")]
    assert re.findall("`([a-z]+)`", row.split("|")[2]) == [*needed, *optional], row
    assert ("optional" in row) == bool(optional)


@pytest.mark.parametrize("shape", ["cloudevents", "legacy"])
def test_one_post_has_events_of_several_companies(connect: Connect, shape: str) -> None:
    client = connect(also=("gb",), webhook_url="http://127.0.0.1:9/hook")
    first, second = client.sandbox.companies
    client.sandbox.webhooks.format = shape
    made = [each.create("Customer", {"DisplayName": "Told"})["Id"] for each in (first, second)]
    bodies: list[bytes] = []

    def take(url: str, body: bytes, headers: dict[str, str]) -> int:
        bodies.append(body)
        return 200

    client.sandbox.deliver_webhooks(take)
    (payload,) = [simplejson.loads(each) for each in bodies]
    assert client.schemas.problems("webhooks", payload) == []
    if shape == "cloudevents":
        found = [(each["intuitaccountid"], each["intuitentityid"]) for each in payload]
    else:
        rows = payload["eventNotifications"]
        found = [(each["realmId"], each["dataChangeEvent"]["entities"][0]["id"]) for each in rows]
    assert found == [(first.realm_id, made[0]), (second.realm_id, made[1])]


def test_further_companies_are_kept_beside_the_first(connect: Connect, tmp_path: Path) -> None:
    one = connect(also=("gb", "ca"), data=tmp_path / "books.db").sandbox
    held = [each.realm_id for each in one.companies]
    one.companies[2].create("Customer", {"DisplayName": "Kept"})
    one.close()
    assert {each.name for each in tmp_path.iterdir()} >= {"books.db", "books-2-gb.db", "books-3-ca.db"}
    again = connect(data=tmp_path / "books.db").sandbox
    assert [each.realm_id for each in again.companies] == held
    assert len(again.companies[2].list("Customer", "DisplayName = 'Kept'")) == 1


def test_a_file_whose_names_are_as_they_were_written_is_taken_up(connect: Connect, tmp_path: Path) -> None:
    data = tmp_path / "company.sqlite"
    client = connect("intl", data=data)
    client.sandbox.create("Customer", {"DisplayName": "Ålesund FISK"})
    client.sandbox.close()
    with closing(sqlite3.connect(data)) as db:
        # Earlier versions kept names as they are written.
        db.execute("UPDATE entity SET name = 'Ålesund FISK', fullname = 'Ålesund FISK' WHERE name = 'ålesund fisk'")
        db.execute("PRAGMA user_version=0")
        db.commit()
    again = connect("intl", data=data)
    assert [each["DisplayName"] for each in again.sandbox.list("Customer", "DisplayName = 'ålesund fisk'")] == [
        "Ålesund FISK"
    ]
