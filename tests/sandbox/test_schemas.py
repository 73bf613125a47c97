"""schemas/qbo: that they take what is right, refuse what is not, and know every entity of the sandbox."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import simplejson
from jsonschema import Draft202012Validator

from onedesk_quickbooks.plugin.sandbox.entities.kinds import KINDS

if TYPE_CHECKING:
    from tests.conftest import QboSchemas
    from tests.sandbox.conftest import Client

Connect = Callable[..., "Client"]
FILES = sorted((Path(__file__).parent.parent.parent / "schemas" / "qbo").glob("*.json"))
COMPANIES = ["us", "ca", "gb", "au", "intl"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_is_a_schema(path: Path) -> None:
    found = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(found)
    assert found["$id"].endswith(path.name)
    assert found["description"]


def test_every_entity_has_a_schema(qbo_schemas: QboSchemas) -> None:
    for kind in KINDS:
        assert qbo_schemas.problems(f"answers#{kind}", {"Nonsense": 1})


@pytest.mark.parametrize("company", COMPANIES)
def test_everything_a_new_company_holds(connect: Connect, company: str) -> None:
    client = connect(company)
    for kind in KINDS:
        client.query(f"select * from {kind}")
        found = client.sandbox.list(kind) if kind != "ExchangeRate" else []
        for body in found[:20]:
            assert client.schemas.problems(f"answers#{kind}", body) == []


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "an unknown property": lambda answer: answer["Invoice"].update(Balanec=1),
    "an unknown property of a line": lambda answer: answer["Invoice"]["Line"][0].update(Qty=1),
    "no SyncToken": lambda answer: answer["Invoice"].pop("SyncToken"),
    "no balance": lambda answer: answer["Invoice"].pop("Balance"),
    "an id that is a number": lambda answer: answer["Invoice"].update(Id=7),
    "an amount that is a text": lambda answer: answer["Invoice"].update(TotalAmt="100.00"),
    "a time without offset": lambda answer: answer.update(time="2026-07-15T12:00:00"),
    "no time": lambda answer: answer.pop("time"),
    "a reference that is a text": lambda answer: answer["Invoice"].update(CustomerRef="1"),
    "a number that is too long": lambda answer: answer["Invoice"].update(DocNumber="9" * 22),
    "two entities": lambda answer: answer.update(Customer={}),
}


@pytest.mark.parametrize("says", CHANGES)
def test_an_answer_that_is_wrong(connect: Connect, says: str) -> None:
    client = connect()
    reply = client.call("GET", f"invoice/{client.invoice()['Id']}")
    answer = copy.deepcopy(reply.json)
    assert client.schemas.problems("answers", answer) == []
    CHANGES[says](answer)
    assert client.schemas.problems("answers", answer)


@pytest.mark.parametrize(
    "wrong",
    [
        {"Fault": {"Error": [], "type": "ValidationFault"}, "time": "2026-07-15T05:00:00.000-07:00"},
        {
            "Fault": {"Error": [{"Message": "x", "code": 610}], "type": "ValidationFault"},
            "time": "2026-07-15T05:00:00Z",
        },
        {"fault": {"error": [{"message": "late", "detail": "", "code": "1", "element": None}], "type": "SERVICE"}},
        {"QueryResponse": {"Invoice": []}, "time": "2026-07-15T05:00:00Z"},
        {"BatchItemResponse": [{"Customer": {}}], "time": "2026-07-15T05:00:00Z"},
        {"CDCResponse": [], "time": "2026-07-15T05:00:00Z"},
    ],
)
def test_other_answers_that_are_wrong(qbo_schemas: QboSchemas, wrong: dict[str, Any]) -> None:
    assert qbo_schemas.problems("answers", wrong)


LINE = {"Amount": Decimal(5), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
GOOD: list[tuple[str, str, Any]] = [
    ("invoice", "requestid=1", {"CustomerRef": {"value": "1"}, "Line": [LINE]}),
    ("invoice", "", {"Id": "1", "SyncToken": "0", "sparse": True, "PrivateNote": "x"}),
    ("invoice", "operation=delete", {"Id": "1", "SyncToken": "0"}),
    ("batch", "", {"BatchItemRequest": [{"bId": "1", "operation": "create", "Customer": {"DisplayName": "A"}}]}),
    ("batch", "", {"BatchItemRequest": [{"bId": "1", "Query": "select * from Term"}]}),
    ("batch", "", {"BatchItemRequest": [{"bId": "1", "operation": "void", "Invoice": {"Id": "1", "SyncToken": "0"}}]}),
    ("taxservice/taxcode", "", {"TaxCode": "A", "TaxRateDetails": [{"TaxRateId": "7"}]}),
]
BAD: list[tuple[str, str, Any]] = [
    ("invoice", "", {"Line": [LINE]}),
    ("invoice", "", {"CustomerRef": {"value": "1"}, "Line": [{**LINE, "Price": 5}]}),
    ("invoice", "", {"CustomerRef": {"value": "1"}, "Line": [{**LINE, "Amount": "5"}]}),
    ("invoice", "", {"Id": "1", "PrivateNote": "x"}),
    ("invoice", "operation=void", {"Id": "1"}),
    ("batch", "", {"BatchItemRequest": []}),
    ("batch", "", {"BatchItemRequest": [{"bId": "1", "operation": "create", "Customer": {"Name": "A"}}]}),
    ("batch", "", {"BatchItemRequest": [{"bId": "1", "operation": "void", "Invoice": {"Id": "1"}}]}),
    ("batch", "", {"BatchItemRequest": [{"bId": "1", "operation": "burn", "Invoice": {}}]}),
    ("taxservice/taxcode", "", {"TaxCode": "A"}),
    ("banana", "", {}),
]


@pytest.mark.parametrize(("path", "query", "body"), GOOD)
def test_a_request_that_is_right(qbo_schemas: QboSchemas, path: str, query: str, body: Any) -> None:
    assert qbo_schemas.request("POST", path, query, simplejson.dumps(body, use_decimal=True).encode()) == []


@pytest.mark.parametrize(("path", "query", "body"), BAD)
def test_a_request_that_is_wrong(qbo_schemas: QboSchemas, path: str, query: str, body: Any) -> None:
    assert qbo_schemas.request("POST", path, query, simplejson.dumps(body, use_decimal=True).encode())


def test_an_application_whose_answers_are_checked(qbo_schemas: QboSchemas, connect: Connect) -> None:
    def wrong(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b'{"Invoice": {}, "time": "2026-07-15T05:00:00Z"}']

    seen: list[str] = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/v3/company/1/invoice/1"}
    with pytest.raises(AssertionError, match="required property"):
        qbo_schemas.checked(wrong)(environ, lambda status, headers: seen.append(status))
    client = connect()
    client.wsgi.application = qbo_schemas.checked(client.sandbox.wsgi)
    assert client.call("GET", "customer/1").status == 200


@pytest.mark.parametrize("shape", ["cloudevents", "legacy"])
def test_webhooks(connect: Connect, shape: str) -> None:
    client = connect(webhook_url="http://127.0.0.1:9/")
    client.sandbox.webhooks.format = shape
    invoice = client.invoice(BillEmail={"Address": "a@example.com"})
    client.call("POST", f"invoice/{invoice['Id']}/send")
    client.sandbox.void("Invoice", invoice["Id"])
    client.sandbox.delete("Invoice", invoice["Id"])
    bodies: list[bytes] = []

    def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        bodies.append(body)
        return 200

    client.sandbox.deliver_webhooks(post)
    value = simplejson.loads(bodies[0])
    assert client.schemas.problems("webhooks", value) == []
    assert client.schemas.problems("webhooks", [])
    assert client.schemas.problems("webhooks", {"eventNotifications": []})
