"""python-quickbooks' own integration tests, which its authors run against Intuit's sandbox, pass here unchanged.

They depend on the company: multicurrency has to be on with two currencies, and online payments for the link of an
invoice, which they want to begin with https. Left out are the entities that the sandbox does not imitate.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions
from onedesk_quickbooks.plugin.sandbox.books.settings import change_settings
from onedesk_quickbooks.plugin.sandbox.entities.kinds import NOT_IMITATED
from onedesk_quickbooks.plugin.sandbox.http.server import Server
from tests.support.clients import own_tests

PROGRAM = Path(__file__).parent / "rounds" / "python_quickbooks_own.py"
WITHOUT = [*(f"test_{name.lower()}" for name in NOT_IMITATED), "test_creditcardpayment_entity"]
PREFERENCES = {
    "CurrencyPrefs": {"MultiCurrencyEnabled": True},
    "SalesFormsPrefs": {"ETransactionPaymentEnabled": True},
}
"""What the tests expect of the company."""


@pytest.mark.own_tests
def test_they_pass(run: Callable[..., Any]) -> None:
    with Sandbox(SandboxOptions()) as sandbox, Server(sandbox, tls=True) as server:
        for group, values in PREFERENCES.items():
            sandbox.change(partial(change_settings, sandbox.books, "Preferences", group, values))
        for code in ("CAD", "EUR"):
            sandbox.create("CompanyCurrency", {"Code": code})
        trusted = str(server.certificate)
        seen = run(sys.executable, PROGRAM, server.base_url, own_tests(), *WITHOUT, REQUESTS_CA_BUNDLE=trusted)
    assert seen["failed"] == {}
    assert len(seen["passed"]) >= 30
