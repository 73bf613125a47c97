"""`keys`: made, shown once, listed, revoked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from onedesk_quickbooks.plugin.cli.commands.keys import SCOPES
from onedesk_quickbooks.plugin.ledger import SCOPES as KEPT_SCOPES

Call = Callable[..., Any]


def test_a_key_is_shown_once_and_revoked(call: Call) -> None:
    made = call("keys", "add", "billing", "--scope", "payments", "--json").one
    assert made["key"].startswith(made["starts"]) and made["scopes"] == ["payments"]
    shown = call("keys", "add", "desk")
    key = shown.out.strip()
    assert key.startswith("odq_") and "\n" not in key
    assert shown.err == "The key 'desk' is for invoices, payments and record. Keep it now: it is not shown again.\n"
    for listed in (call("keys", "list"), call("keys", "list", "--json")):
        assert key not in listed.out and made["key"] not in listed.out
    assert call("keys", "revoke", "billing").out == "The key 'billing' was revoked.\n"
    lines = call("keys", "list", "--json").lines
    assert [(each["name"], each["scopes"], bool(each["revoked"])) for each in lines] == [
        ("billing", ["payments"], True),
        ("desk", ["invoices", "payments", "record"], False),
    ]
    assert call("keys", "list").out.count("revoked") == 1


def test_there_are_none_yet(call: Call) -> None:
    call("users", "list")  # the ledger is made
    assert call("keys", "list").out.startswith("There are no keys yet.")


def test_what_cannot_be_done_says_why(call: Call) -> None:
    assert call("keys", "add", "desk").code == 0
    again = call("keys", "add", "desk")
    assert (again.code, again.err) == (
        3,
        "Error: There is a key named 'desk'; revoke it first, or take another name.\n",
    )
    gone = call("keys", "revoke", "desks")
    assert gone.code == 3 and "no valid key 'desks'; see: onedesk-quickbooks keys list" in gone.err
    for name in ("", " ", "a" * 101, "a\nb"):
        assert call("keys", "add", name).code == 2
    assert call("keys", "add", "x", "--scope", "all").code == 2


def test_the_scopes_are_those_of_the_ledger() -> None:
    assert SCOPES == KEPT_SCOPES
