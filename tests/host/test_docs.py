"""docs/hooks.md: its tables name what hooks.py has, its examples run."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from dataclasses import MISSING, Field, fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from onedesk_quickbooks.hooks import (
    Action,
    Alert,
    AttachesFiles,
    HostEvents,
    InvoiceFact,
    InvoiceState,
    ListsInvoices,
    Money,
    OneDeskHost,
    PageLink,
    Payment,
    QuickBooksPlugin,
    Reversal,
    Setting,
    WebPages,
)
from onedesk_quickbooks.plugin.host.contract import PROMISES, HostUnderTest, check_host
from onedesk_quickbooks.plugin.host.records import checked

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "hooks.md").read_text("utf-8")


def section(title: str) -> str:
    """The text below a heading."""
    return TEXT.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def block(language: str, title: str, at: int = 0) -> str:
    """A fenced block of a section."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", section(title), re.M | re.S)
    return str([text for name, text in fenced if name == language][at])


def public(kind: type) -> dict[str, Any]:
    return {name: value for name, value in vars(kind).items() if not name.startswith("_") and callable(value)}


def test_every_hook_is_in_the_table_with_its_arguments() -> None:
    described = re.findall(r"^\| `(\w+)\((.*?)\)` \|", section("The hooks"), re.M)
    assert described == _signatures(HostEvents)


def _signatures(kind: type) -> list[tuple[str, str]]:
    """The methods in their order, with the names of their arguments."""
    return [(name, ", ".join(list(inspect.signature(value).parameters)[1:])) for name, value in public(kind).items()]


def test_every_kind_of_alert_is_named() -> None:
    kinds = re.findall(r'"(\w+)"\s+\(', inspect.getdoc(Alert) or "")
    [named] = re.findall(r"^\| `Alert` \| `kind: str` \| (.*) \(\[operating", TEXT, re.M)
    operating = (ROOT / "docs" / "operating.md").read_text("utf-8").split("\n## Alerts\n", 1)[1].split("\n## ", 1)[0]
    assert re.findall(r"`(\w+)`", named) == kinds
    assert list(dict.fromkeys(re.findall(r"^\| `(\w+)`[^|]* \| [^|]+ \| ", operating, re.M))) == kinds


def test_every_hook_that_the_plugin_implements_is_specified() -> None:
    implemented = {name for name, value in public(QuickBooksPlugin).items() if hasattr(value, "onedesk_impl")}
    assert implemented <= set(public(HostEvents))
    assert set(public(HostEvents)) - implemented == {"on_rule_asks", "on_quickbooks_alert"}


def test_every_method_of_the_host_is_in_the_table_with_its_arguments() -> None:
    described = re.findall(r"^\| `(\w+)\((.*?)\)` \|", section("What the plugin asks of you: `OneDeskHost`"), re.M)
    assert described == [each for kind in (OneDeskHost, ListsInvoices, AttachesFiles) for each in _signatures(kind)]
    assert len(public(OneDeskHost)) == 6 and "one object with six methods" in TEXT


def test_what_the_contract_test_needs_is_in_the_table_with_its_arguments() -> None:
    rows = section("The contract test").split("|---|---|\n", 1)[1].split("\n\n")[0]
    described = [name for row in rows.splitlines() for name in re.findall(r"`(.+?)`", row.split(" | ")[0])]
    methods = public(HostUnderTest)
    assert [each.partition("(")[0] for each in described] == [n for n in vars(HostUnderTest) if not n.startswith("_")]
    for each in described:
        name, _, given = each.rstrip(")").partition("(")
        wanted = [name for name in inspect.signature(methods[name]).parameters if name != "self"] if given else []
        assert re.findall(r"(\w+)(?:=\w+)?", given) == wanted, each


def test_an_incomplete_host_under_test_is_refused_with_what_it_lacks() -> None:
    class Half:
        administrator, colleague, missing, invoices = "ada", "gus", "none", ("INV-1", "INV-2")

        def __init__(self, listener: object) -> None: ...

        def stop(self) -> None: ...

    with pytest.raises(
        TypeError, match=r"Half lacks host, perform, offers, choose, financials, browse, shown: docs/hoo"
    ):
        check_host(cast(Any, Half))


def test_an_async_method_is_refused_and_named() -> None:
    class AsyncDesk:
        async def read_invoice(self, invoice_id: str) -> None: ...

        async def attachments(self, invoice_id: str) -> None: ...

    async def offers(self: object, invoice_id: str) -> None: ...

    names = [each for each in vars(HostUnderTest) if not each.startswith("_")]
    tested = SimpleNamespace(**{**dict.fromkeys(names), "host": AsyncDesk()})
    with pytest.raises(TypeError, match="AsyncDesk has read_invoice, attachments as `async def`: "):
        check_host(cast(Any, lambda listener: tested))
    made = type("Tested", (), {**dict.fromkeys(names), "offers": offers})
    with pytest.raises(TypeError, match="Tested has offers as `async def`: "):
        check_host(cast(Any, lambda listener: made()))


def test_every_field_of_what_crosses_is_in_the_table_with_its_type_and_default() -> None:
    described: dict[str, list[str]] = {}
    rows = section("What the plugin asks of you: `OneDeskHost`").split("### What crosses", 1)[1].split("### Tags")[0]
    kind = ""
    for named, field in re.findall(r"^\| (?:`(\w+)` )?\| `(.+?)` \|", rows, re.M):
        kind = named or kind
        described.setdefault(kind, []).append(field.replace("\\|", "|"))
    crossing = [Payment, Reversal, Money, Setting, Action, Alert, InvoiceFact, InvoiceState, PageLink, WebPages]
    assert described == {each.__name__: [_written(field) for field in fields(each)] for each in crossing}


def _written(field: Field[Any]) -> str:
    default = "" if field.default is MISSING else f" = {field.default!r}".replace("'", '"')
    return f"{field.name}: {field.type}{default}"


def test_the_invoice_is_one() -> None:
    invoice = json.loads(block("json", "Invoices and payments as JSON"))
    assert checked(invoice) == invoice


def test_the_minimal_host_runs_and_prints_what_is_promised(tmp_path: Path) -> None:
    script = tmp_path / "minimal_host.py"
    script.write_text(block("python", "A host in one file"), "utf-8")
    command = [sys.executable, "-W", "error", str(script), str(tmp_path / "data")]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (run.stderr, run.returncode) == ("", 0)
    assert run.stdout == block("", "A host in one file")


def test_the_minimal_host_passes_the_contract_test_as_shown(tmp_path: Path) -> None:
    files = {"minimal_host.py": block("python", "A host in one file")}
    files["tested_host.py"] = block("python", "The contract test")
    files["test_host.py"] = block("python", "The contract test", 1)
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    words = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "test_host.py"]
    run = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout
    assert f"{len(PROMISES) - 1} passed, 1 skipped" in run.stdout, "it has no void invoices"
    check = "from tested_host import Desk; from onedesk_quickbooks.plugin.host.contract import check_host"
    words = [sys.executable, "-c", f"{check}; assert check_host(Desk) == []"]
    assert subprocess.run(words, cwd=tmp_path, timeout=60, check=False).returncode == 0


def test_the_minimal_host_mounts_the_plugins_pages(tmp_path: Path) -> None:
    from werkzeug.test import Client

    names: dict[str, Any] = {"__name__": "minimal_host"}
    exec(block("python", "A host in one file"), names)
    host = names["MinimalHost"](tmp_path, plugins=[QuickBooksPlugin()])
    try:
        client = Client(host.app())
        assert '<a href="/quickbooks/connect">Connect to QuickBooks Online</a>' in client.get("/").text
        assert "client_id" in client.get("/quickbooks/connect").text  # no keys of an Intuit app are set
        assert client.post("/quickbooks/webhooks", data=b"[]").status_code == 401
        assert client.post("/quickbooks/disconnect").status_code == 400
        assert client.get("/quickbooks/health").json == {"connected": False, "ok": True, **_IDLE}
    finally:
        host.stop()


_IDLE: dict[str, Any] = {
    "stopped_reason": "",
    "last_success_at": None,
    "last_payment_look_at": None,
    "waiting": 0,
    "held": 0,
    "failed": 0,
    "oldest_waiting_at": None,
    "left": 0,
    "errors": [],
}
