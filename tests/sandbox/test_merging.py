"""Two names made one by the QuickBooks user, as a client sees it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import simplejson

if TYPE_CHECKING:
    from tests.conftest import QboSchemas
    from tests.sandbox.conftest import Client, Reply

Connect = Callable[..., "Client"]


def merge(client: Client, kind: str, entity_id: str, into: str) -> Reply:
    body = {"do": "merge", "kind": kind, "id": entity_id, "into": into}
    return client.raw("POST", "/_control/deed", simplejson.dumps(body).encode())


def customer(client: Client, **fields: Any) -> str:
    reply = client.call("POST", "customer", fields)
    assert reply.status == 200, reply.json
    return str(reply.json["Customer"]["Id"])


def test_a_customer_takes_over_all_that_another_has(connect: Connect) -> None:
    client = connect()
    gone, kept = customer(client, DisplayName="Twice"), customer(client, DisplayName="Once")
    invoice = client.invoice("80.00", CustomerRef={"value": gone})
    client.sandbox.pay({invoice["Id"]: "30.00"})
    reply = merge(client, "Customer", gone, kept)
    assert reply.status == 200
    assert reply.json["Customer"]["Balance"] == Decimal("50.00")
    moved = client.call("GET", f"invoice/{invoice['Id']}").json["Invoice"]
    assert moved["CustomerRef"] == {"value": kept, "name": "Once"}
    assert moved["Balance"] == 50
    assert len(client.query(f"select * from Payment where CustomerRef = '{kept}'")["Payment"]) == 1
    assert client.call("GET", f"customer/{gone}").json["Fault"]["Error"][0]["code"] == "610"
    since = client.sandbox.clock().isoformat()
    answer = client.call("GET", "cdc", entities="Customer", changedSince=since).json["CDCResponse"][0]["QueryResponse"]
    assert {each["Id"]: each.get("status") for each in answer[0]["Customer"]} == {kept: None, gone: "Deleted"}
    customer(client, DisplayName="Twice")


@pytest.mark.parametrize("shape", ["cloudevents", "legacy"])
def test_webhooks_have_both_ids(connect: Connect, qbo_schemas: QboSchemas, shape: str) -> None:
    client = connect(webhook_url="http://127.0.0.1:9/hook")
    gone, kept = customer(client, DisplayName="Twice"), customer(client, DisplayName="Once")
    client.sandbox.deliver_webhooks(lambda url, body, headers: 200)
    client.sandbox.webhooks.format = shape
    merge(client, "Customer", gone, kept)
    bodies: list[bytes] = []

    def take(url: str, body: bytes, headers: dict[str, str]) -> int:
        bodies.append(body)
        return 200

    client.sandbox.deliver_webhooks(take)
    (event,) = simplejson.loads(bodies[0]) if shape == "cloudevents" else _entities(bodies[0])
    if shape == "cloudevents":
        assert (event["type"], event["intuitentityid"]) == ("qbo.customer.merged.v1", kept)
        assert event["data"] == {"deletedid": gone}
    else:
        assert (event["operation"], event["id"], event["deletedId"]) == ("Merge", kept, gone)
    assert qbo_schemas.problems("webhooks", simplejson.loads(bodies[0])) == []


def _entities(body: bytes) -> Any:
    return simplejson.loads(body)["eventNotifications"][0]["dataChangeEvent"]["entities"]


def test_items_and_accounts_are_merged(connect: Connect) -> None:
    client = connect()
    made = []
    for name in ("First", "Second"):
        body = {"Name": name, "Type": "Service", "IncomeAccountRef": {"value": "1"}}
        made.append(client.call("POST", "item", body).json["Item"]["Id"])
    invoice = client.invoice()
    line = {**invoice["Line"][0], "SalesItemLineDetail": {"ItemRef": {"value": made[0]}}}
    client.sandbox.edit("Invoice", invoice["Id"], {"Line": [line]})
    assert merge(client, "Item", *made).status == 200
    now = client.call("GET", f"invoice/{invoice['Id']}").json["Invoice"]
    assert now["Line"][0]["SalesItemLineDetail"]["ItemRef"] == {"value": made[1], "name": "Second"}
    assert merge(client, "Account", "36", "35").json["Account"]["CurrentBalance"] == Decimal("2001.00")
    assert merge(client, "Account", "83", "79").status == 200
    assert client.query("select * from Account where Id = '83'") == {}


@pytest.mark.parametrize(
    ("kind", "one", "other", "code"),
    [
        ("Customer", "1", "1", "6000"),
        ("Customer", "1", "999", "610"),
        ("Customer", "999", "1", "610"),
        ("Item", "11", "16", "6000"),
        ("Account", "1", "35", "6000"),
        ("Account", "4", "81", "6000"),
        ("Account", "84", "84", "6000"),
    ],
)
def test_what_cannot_be_merged(connect: Connect, kind: str, one: str, other: str, code: str) -> None:
    reply = merge(connect(), kind, one, other)
    assert reply.status == 400
    assert reply.json["Fault"]["Error"][0]["code"] == code


def test_a_customer_with_jobs_stays(connect: Connect) -> None:
    client = connect()
    parent = customer(client, DisplayName="Parent")
    job = customer(client, DisplayName="Job", ParentRef={"value": parent}, Job=True)
    for one, other in ((parent, "1"), (parent, job)):
        assert merge(client, "Customer", one, other).json["Fault"]["Error"][0]["code"] == "6000"
    assert merge(client, "Invoice", "1", "2").status == 400
