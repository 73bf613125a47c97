"""Clients that others wrote do a full round against the sandbox, unchanged but for the base URL."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.sandbox.http.server import Server
from onedesk_quickbooks.plugin.sandbox.wire.faults import Refused

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
        "balance": 50,
        "balance_after_void": 80.4,
        "voided": [0, True],
        "deleted": "Deleted",
        "gone": "610",
        "refreshed": "US",
        "revoked": 401,
    }
    happened(served, customer, invoice)
