"""Webhooks: shapes, signature, what they tell, how they are delivered (qbo-api.md section 6)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import simplejson

from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions
from onedesk_quickbooks.plugin.sandbox.controls.webhooks import sign

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client

Connect = Callable[..., "Client"]
URL = "http://127.0.0.1:9/hook"


class Inbox:
    """Takes deliveries; answers as it is set to."""

    def __init__(self, *statuses: int) -> None:
        self.got: list[tuple[str, bytes, dict[str, str]]] = []
        self.statuses = list(statuses)

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        self.got.append((url, body, headers))
        return self.statuses.pop(0) if self.statuses else 200


def control(client: Client, path: str, body: Any) -> Any:
    reply = client.raw("POST", f"/_control/{path}", simplejson.dumps(body).encode())
    assert reply.status == 200, reply.json
    return reply.json


def test_the_golden_signature() -> None:
    body = (
        b'{"eventNotifications":[{"realmId":"1185883450","dataChangeEvent":{"entities":[{"name":"Customer","id":"1",'
        b'"operation":"Create","lastUpdated":"2015-10-05T14:42:19-0700"}]}}]}'
    )
    signature = sign("b5771f19b12ddb4bcdb9f08bdc50bc63878a", body)
    assert signature == "JC2GUwciPmRBwEO7WvrRmKqu9tGOKL8FFallocTFi8Q="


def test_a_payment_is_reported_with_its_invoice(connect: Connect) -> None:
    client = connect(webhook_url=URL)
    invoice = client.invoice()
    inbox = Inbox()
    client.sandbox.deliver_webhooks(inbox)
    payment = client.sandbox.pay({invoice["Id"]: "40"})
    assert [each.status for each in client.sandbox.deliver_webhooks(inbox)] == [200]
    url, body, headers = inbox.got[-1]
    assert url == URL
    assert headers["intuit-signature"] == sign(client.sandbox.verifier_token, body)
    events = simplejson.loads(body)
    assert [(each["type"], each["intuitentityid"]) for each in events] == [
        ("qbo.payment.created.v1", payment["Id"]),
        ("qbo.invoice.updated.v1", invoice["Id"]),
    ]
    assert {each["intuitaccountid"] for each in events} == {client.sandbox.realm_id}
    assert {each["specversion"] for each in events} == {"1.0"}
    assert events[0]["time"] == "2026-07-15T12:00:00.000000000Z"


def test_the_legacy_shape(connect: Connect) -> None:
    client = connect()
    control(client, "webhooks", {"url": URL, "format": "legacy"})
    invoice = client.invoice(BillEmail={"Address": "a@example.com"})
    client.call("POST", f"invoice/{invoice['Id']}/send")
    client.sandbox.void("Invoice", invoice["Id"])
    client.sandbox.delete("Invoice", invoice["Id"])
    inbox = Inbox()
    client.sandbox.deliver_webhooks(inbox)
    notification = simplejson.loads(inbox.got[0][1])["eventNotifications"][0]
    assert notification["realmId"] == client.sandbox.realm_id
    entities = notification["dataChangeEvent"]["entities"]
    assert [each["operation"] for each in entities] == ["Create", "Emailed", "Void", "Delete"]
    assert {(each["name"], each["id"]) for each in entities} == {("Invoice", invoice["Id"])}


def test_a_void_is_called_void_in_cloud_events(connect: Connect) -> None:
    client = connect(webhook_url=URL)
    invoice = client.invoice()
    client.sandbox.void("Invoice", invoice["Id"])
    inbox = Inbox()
    client.sandbox.deliver_webhooks(inbox)
    types = [each["type"] for each in simplejson.loads(inbox.got[0][1])]
    assert types == ["qbo.invoice.created.v1", "qbo.invoice.void.v1"]


def test_what_is_not_taken_waits(connect: Connect) -> None:
    client = connect(webhook_url=URL)
    client.invoice()
    assert [each.status for each in client.sandbox.deliver_webhooks(Inbox(500))] == [500]

    def nobody(url: str, body: bytes, headers: dict[str, str]) -> int:
        raise ConnectionRefusedError

    assert [each.status for each in client.sandbox.deliver_webhooks(nobody)] == [0]
    inbox = Inbox()
    client.sandbox.deliver_webhooks(inbox)
    assert len(inbox.got) == 1
    assert client.sandbox.deliver_webhooks(inbox) == []


def test_nothing_is_reported_of_what_failed_or_before_there_is_a_url(connect: Connect) -> None:
    client = connect()
    client.invoice()
    control(client, "webhooks", {"url": URL})
    assert client.call("POST", "invoice", {"CustomerRef": {"value": "1"}}).status == 400
    assert control(client, "webhooks", {"deliver": True})["pending"] == 0


def ids(inbox: Inbox) -> list[list[str]]:
    """The ids of the events of each POST."""
    return [[event["id"] for event in simplejson.loads(body)] for _, body, _ in inbox.got]


def test_anything_but_200_is_tried_again_with_the_same_ids(connect: Connect) -> None:
    client = connect(webhook_url=URL)
    client.invoice()
    inbox = Inbox(204, 302)
    for _ in range(3):
        client.sandbox.deliver_webhooks(inbox)
    first, second, third = ids(inbox)
    assert first == second == third
    assert client.sandbox.webhooks.pending == 0


def test_duplicates_on_request(connect: Connect) -> None:
    client = connect()
    assert control(client, "webhooks", {"url": URL, "duplicates": 2})["duplicates"] == 2
    client.invoice()
    inbox = Inbox()
    assert [each.status for each in client.sandbox.deliver_webhooks(inbox)] == [200, 200, 200]
    first, second, third = ids(inbox)
    assert first == second == third


def test_reordering_on_request(connect: Connect) -> None:
    client = connect()
    control(client, "webhooks", {"url": URL, "reorder": True, "seed": 4})
    created = [client.invoice()["Id"] for _ in range(6)]
    inbox = Inbox()
    client.sandbox.deliver_webhooks(inbox)
    came = [simplejson.loads(body)[0]["intuitentityid"] for _, body, _ in inbox.got]
    assert len(inbox.got) == 6
    assert sorted(came, key=int) == created
    assert came != created


def test_a_post_that_fails_among_many_waits_alone(connect: Connect) -> None:
    client = connect()
    control(client, "webhooks", {"url": URL, "reorder": True})
    for _ in range(3):
        client.invoice()
    inbox = Inbox(200, 500, 200)
    client.sandbox.deliver_webhooks(inbox)
    assert client.sandbox.webhooks.pending == 1
    client.sandbox.deliver_webhooks(inbox)
    assert ids(inbox)[3] == ids(inbox)[1]


@pytest.mark.parametrize(("lose", "come"), [(1, {0}), (0, {20}), (0.5, set(range(1, 20)))])
def test_loss_on_request(connect: Connect, lose: float, come: set[int]) -> None:
    client = connect()
    control(client, "webhooks", {"url": URL, "lose": lose, "seed": 1})
    for _ in range(20):
        client.invoice()
    assert client.sandbox.webhooks.pending in come


@pytest.mark.parametrize(
    "wrong",
    [{"duplicates": -1}, {"duplicates": True}, {"lose": 2}, {"lose": "half"}, {"reorder": 1}, {"url": 5}, {"loose": 1}],
)
def test_mischief_that_cannot_be(connect: Connect, wrong: dict[str, Any]) -> None:
    client = connect()
    reply = client.raw("POST", "/_control/webhooks", simplejson.dumps(wrong).encode())
    assert (reply.status, "error" in reply.json) == (400, True)
    assert client.raw("GET", "/_control/webhooks").json["duplicates"] == 0


def test_a_thread_tries_again_after_waits_that_the_time_scale_shortens() -> None:
    came = threading.Event()
    tries: list[int] = []

    def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        tries.append(1)
        if len(tries) == 4:
            came.set()
        return 200 if len(tries) == 4 else 503

    with Sandbox(SandboxOptions(webhook_url=URL, time_scale=10000), post=post) as sandbox:
        sandbox.start()
        sandbox.create("Customer", {"DisplayName": "Again Co"})
        assert came.wait(10)


def test_a_thread_delivers() -> None:
    came = threading.Event()
    bodies: list[bytes] = []

    def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        bodies.append(body)
        came.set()
        return 200

    with Sandbox(SandboxOptions(webhook_url=URL), post=post) as sandbox:
        sandbox.start()
        sandbox.create("Customer", {"DisplayName": "Thread Co"})
        assert came.wait(10)
    assert simplejson.loads(bodies[0])[0]["type"] == "qbo.customer.created.v1"
