"""Clients that others wrote do a full round against the sandbox, unchanged but for the base URL."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from quickbooks import QuickBooks

from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions
from onedesk_quickbooks.plugin.sandbox.controls.webhooks import sign
from onedesk_quickbooks.plugin.sandbox.http.server import Server
from onedesk_quickbooks.plugin.sandbox.wire.faults import Refused
from tests.support.clients import checkout
from tests.support.java_sdk import classpath

ROUNDS = Path(__file__).parent / "rounds"
Run = Callable[..., Any]


def happened(served: Server, customer: str, invoice: str) -> None:
    """What the sandbox itself knows of a round."""
    sandbox = served.sandbox
    assert sandbox.read("Customer", customer)["Balance"] == 0
    with pytest.raises(Refused, match="610"):
        sandbox.read("Invoice", invoice)
    (mail,) = sandbox.outbox()
    assert (mail["id"], mail["total"] != "0.00") == (invoice, True)
    (payment,) = sandbox.list("Payment", f"CustomerRef = '{customer}'")
    assert payment["TotalAmt"] == 0
    assert {entry["status"] for entry in sandbox.log()} <= {200, 302, 400, 401}


def test_python_quickbooks_and_intuit_oauth(served: Server, run: Run) -> None:
    program = ROUNDS / "python_quickbooks.py"
    seen = run(sys.executable, program, served.base_url, OAUTHLIB_INSECURE_TRANSPORT="1")
    customer, invoice = seen.pop("customer"), seen.pop("invoice")
    assert seen == {
        "id_token": True,
        "user": "craig.carlson@sandbox.example",
        "rotated": True,
        "filtered": [customer],
        "customers": True,
        "total": "120.5",
        "sync_token": "1",
        "note": "changed",
        "queried": [invoice],
        "batch": [2, 1, "6240"],
        "cdc": [True, True],
        "pdf": "%PDF-",
        "sent": "EmailSent",
        "uploaded": "a note",
        "balance": "100.0",
        "balance_after_void": "120.5",
        "voided": ["0", True],
        "gone": 610,
        "bad_query": 4001,
        "duplicate": 6240,
        "revoked": 400,
    }
    assert served.sandbox.outbox()[0]["to"] == "ann+books@example.com"
    happened(served, customer, invoice)


def test_python_quickbooks_knows_the_signature_of_a_webhook() -> None:
    with Sandbox(SandboxOptions(webhook_url="http://hook.test/")) as sandbox:
        came: list[tuple[bytes, Mapping[str, str]]] = []
        sandbox.create("Customer", {"DisplayName": "Łódź"})

        def post(url: str, body: bytes, headers: dict[str, str]) -> int:
            came.append((body, headers))
            return 200

        sandbox.deliver_webhooks(post)
    ((body, headers),) = came
    books, signature = QuickBooks(minorversion=75), headers["intuit-signature"]
    assert books.validate_webhook_signature(body.decode(), signature, sandbox.verifier_token)
    assert not books.validate_webhook_signature(body.decode(), signature, "another")


@pytest.mark.node
def test_node_quickbooks_and_intuit_oauth(served: Server, run: Run, node_modules: Path) -> None:
    program = ROUNDS / "node_quickbooks.cjs"
    seen = run("node", program, served.base_url, NODE_PATH=str(node_modules))
    customer, invoice = seen.pop("customer"), seen.pop("invoice")
    assert seen == {
        "user": "craig.carlson@sandbox.example",
        "rotated": True,
        "found": [customer],
        "counted": True,
        "total": 80.4,
        "again": invoice,
        "note": "changed",
        "sync_token": "1",
        "queried": [invoice],
        "batch": ["Customer", "6240", "QueryResponse"],
        "cdc": [True, True],
        "pdf": "%PDF-",
        "sent": "EmailSent",
        "uploaded": "note.txt",
        "balance": 50,
        "balance_after_void": 80.4,
        "voided": [0, True],
        "deleted": "Deleted",
        "gone": "610",
        "refreshed": "US",
        "revoked": 401,
    }
    happened(served, customer, invoice)


@pytest.mark.node
def test_quickbooks_node_promise(served: Server, run: Run, node_modules: Path) -> None:
    program = ROUNDS / "quickbooks_node_promise.cjs"
    seen = run("node", program, served.base_url, NODE_PATH=str(node_modules))
    customer, invoice = seen.pop("customer"), seen.pop("invoice")
    assert seen == {
        "user": "craig.carlson@sandbox.example",
        "rotated": True,
        "signed": [True, False],
        "found": [customer],
        "counted": True,
        "total": 80.4,
        "note": "changed",
        "queried": invoice,
        "batch": ["Customer", "6240", "QueryResponse"],
        "cdc": [True, True],
        "pdf": "%PDF-",
        "sent": "EmailSent",
        "uploaded": "note.txt",
        "balance": 50,
        "balance_after_deletion": 80.4,
        "voided": 0,
        "deleted": "Deleted",
        "gone": "610",
        "revoked": True,
    }


@pytest.mark.node
def test_quickbooks_api(served: Server, run: Run, node_modules: Path) -> None:
    entry = node_modules / "quickbooks-api" / "dist" / "app.js"
    assert run("node", ROUNDS / "quickbooks_api.cjs", served.base_url, entry) == {
        "rotated": True,
        "company": "US",
        "preferences": True,
        "paged": [26, True],
        "paid": True,
        "one": True,
        "updated": True,
        "dated": True,
        "lists": [True] * 5,
        "revoked": True,
    }


@pytest.mark.node
def test_n8n(served: Server, run: Run, node_modules: Path) -> None:
    seen = run("node", ROUNDS / "n8n.cjs", served.base_url, NODE_PATH=str(node_modules))
    customer, invoice = seen.pop("customer"), seen.pop("invoice")
    assert seen == {
        "options": [True] * 8,
        "phone": "555-0100",
        "found": [customer],
        "all": True,
        "total": 80.4,
        "due": "2030-01-31",
        "sent": "EmailSent",
        "pdf": "%PDF-",
        "paid": 30.4,
        "void_of_payment": 0,
        "voided": 0,
        "deleted": "Deleted",
        "gone": "NodeApiError",
    }
    happened(served, customer, invoice)


@pytest.mark.pypi
def test_qbosdk(served: Server, run: Run, python_clients: Path) -> None:
    path = str(python_clients / "qbosdk")
    seen = run(sys.executable, ROUNDS / "qbosdk_round.py", served.base_url, PYTHONPATH=path)
    lists = ("accounts", "departments", "classes", "customers", "items", "tax_codes", "vendors", "employees")
    assert {name: seen.pop(name) for name in lists} == dict.fromkeys(lists, True)
    assert seen == {
        "rotated": True,
        "company": "US",
        "preferences": True,
        "counted": True,
        "since": True,
        "inactive": [],
        "rate": True,
        "found": True,
        "attached": ["note.txt", True],
        "content": "a note",
        "duplicate": "6240",
        "revoked": True,
    }


@pytest.mark.pypi
def test_tap_quickbooks(served: Server, run: Run, python_clients: Path, tmp_path: Path) -> None:
    """It asks for thirty lists at once, in pages of seven, by their time of change. The second run reads less."""
    env = {"PYTHONPATH": str(python_clients / "tap-quickbooks"), "OAUTHLIB_INSECURE_TRANSPORT": "1"}
    seen = run(sys.executable, ROUNDS / "tap_quickbooks_round.py", served.base_url, tmp_path, **env)
    counts = seen.pop("counts")
    assert (counts["invoices"], counts["customers"], counts["payments"]) == (26, 29, 12)
    assert seen == {"twice": [], "again": True, "rotated": True}


@pytest.mark.php_sdk
def test_php_sdk(served: Server, run: Run) -> None:
    body = '[{"specversion":"1.0"}]'
    signature = sign(served.sandbox.verifier_token, body.encode())
    seen = run("php", ROUNDS / "php_sdk.php", served.base_url, checkout("QUICKBOOKS_PHP_SDK"), body, signature)
    customer, invoice = seen.pop("customer"), seen.pop("invoice")
    assert seen == {
        "found": [customer],
        "counted": True,
        "total": "80.40",
        "note": ["changed", "1"],
        "read": True,
        "batch": [True, False, 5],
        "cdc": [[invoice], True],
        "pdf": "%PDF-",
        "sent": "EmailSent",
        "uploaded": "a note",
        "balance": "50.00",
        "balance_after_void": "80.40",
        "voided": ["0", "Voided - changed"],
        "gone": "610",
        "duplicate": "6240",
        "signed": True,
    }
    happened(served, customer, invoice)


@pytest.mark.java_sdk
def test_java_sdk(served: Server, run: Run) -> None:
    """It leaves the port of an address out, so the sandbox is its proxy."""
    body = '[{"specversion":"1.0"}]'
    known = served.sandbox.credentials("http://quickbooks.test")
    given = (known["realm_id"], known["access_token"], body, sign(known["verifier_token"], body.encode()))
    for form in ("xml", "json"):
        program = ("java", "-cp", classpath(), ROUNDS / "JavaSdk.java")
        seen = run(*program, str(served.port), form, known["verifier_token"], *given)
        customer, invoice = seen.pop("customer"), seen.pop("invoice")
        assert seen == {
            "found": customer,
            "counted": True,
            "lists": True,
            "total": "80.40",
            "due": True,
            "note": "changed 1 80.40",
            "full": "in full 2",
            "stale": "5010",
            "duplicate": "6240",
            "batch": ["Java batch", "6240", 5, True],
            "cdc": [invoice],
            "pdf": "%PDF-",
            "sent": "EMAIL_SENT",
            "uploaded": "a note",
            "balance": "50.00",
            "paid": "6450",
            "balance_after_void": "80.40",
            "receipt": "0.00",
            "voided": "0.00 Voided - in full",
            "deleted": "DELETED",
            "gone": "610",
            "signed": [True, False],
        }
        with pytest.raises(Refused, match="610"):
            served.sandbox.read("Invoice", invoice)
        assert served.sandbox.outbox()[-1]["id"] == invoice
        assert served.sandbox.read("Customer", customer)["Balance"] == 0


@pytest.mark.consolibyte
def test_consolibyte(served: Server, run: Run) -> None:
    seen = run("php", ROUNDS / "consolibyte.php", served.base_url, checkout("QUICKBOOKS_PHP"))
    customer, invoice = seen.pop("customer"), seen.pop("invoice")
    assert seen == {
        "found": [customer],
        "counted": True,
        "total": "80.40",
        "note": "changed",
        "balance": "50.00",
        "payment_voided": True,
        "balance_after_void": "80.40",
        "voided": True,
        "total_after_void": "0",
        "cdc": {"Invoice": 2, "Customer": 1},
        "again": False,
        "duplicate": "6240",
        "deleted": True,
        "pdf": "%PDF-",
    }
    assert served.sandbox.read("Invoice", invoice)["TotalAmt"] == 0


@pytest.mark.ruby
def test_quickbooks_ruby(served: Server, run: Run) -> None:
    seen = run("ruby", ROUNDS / "quickbooks_ruby.rb", served.base_url, checkout("QUICKBOOKS_RUBY"))
    customer, invoice = seen.pop("customer"), seen.pop("invoice")
    assert seen == {
        "rotated": True,
        "found": [customer],
        "paged": [10, 10, 10],
        "total": "80.4",
        "note": ["changed", 1],
        "batch": ["Ruby batch", "6240"],
        "cdc": [[invoice], True],
        "pdf": "%PDF-",
        "sent": "EmailSent",
        "uploaded": "a note",
        "balance": "50.0",
        "balance_after_void": "80.4",
        "voided": ["0.0", "Voided - changed"],
        "deleted": True,
        "gone": "610",
        "duplicate": "6240",
    }
    happened(served, customer, invoice)
