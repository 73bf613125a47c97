"""A host in a server, and beside it another process: a person at the command line, an editor, a backup, a neighbour."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.hooks import QuickBooksPlugin
from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.cli.test_work import invoice
from tests.hosts.desk import Desk, make_host, started
from tests.hosts.serving import BIN, ROOT, Browser, served, until
from tests.hosts.site import clock

Call = Callable[..., Any]
Open = Callable[..., Any]
HOST = ("--host", "tests.hosts.desk:make_host")
GUNICORN = ("gunicorn", "-b", "127.0.0.1:0", "--threads", "4", "tests.hosts.wsgi_desk:application")
RULES = "version: 1\nitems: {by_service_type: {Design: Landscaping}, otherwise: same_name}\n"
TYPO = RULES.replace("by_service_type", "by_servise_type")
ASKS = """version: 1
items:
  exceptions: [{id: scale, when: {service_type: Freight}, ask: freight_by_weight}]
  otherwise: same_name
"""


@pytest.fixture
def desk(home: Path) -> Desk:
    """Its program is wsgi_desk.py."""
    return make_host(home)


@pytest.fixture
def books(open_books: Open, call: Call, home: Path, desk: Desk) -> Any:
    """A US company that the desk is connected to; payments are looked for every second."""
    books = open_books("us")
    write_settings(home, {"poll_seconds": "1"})
    with desk.started(home):
        pass
    assert call("connect", "--sandbox", books.base_url, "--yes", before=HOST).code == 0
    return books


@contextmanager
def serving(home: Path) -> Iterator[Browser]:
    with served(GUNICORN, home) as server:
        yield Browser(server.url)


def keep(gus: Browser, invoice_id: str, **changes: Any) -> None:
    gus.keep(invoice(invoice_id, email="books@harbor.example", **changes))


def item_of(books: Any, desk: Desk, gus: Browser, invoice_id: str) -> str:
    """Copied by the server: the item of its line in QuickBooks."""
    keep(gus, invoice_id)
    gus.do(invoice_id, "act", action="quickbooks.copy")
    until(lambda: "Copied to QuickBooks" in desk.shown(invoice_id, "tag"))
    (found,) = books.sandbox.list("Invoice", f"DocNumber = '{invoice_id}'")
    return str(found["Line"][0]["SalesItemLineDetail"]["ItemRef"]["name"])


def test_rules_of_a_server(books: Any, desk: Desk, call: Call, home: Path) -> None:
    """The first file decides at once. A typo does not, and prevents neither a start nor a command."""

    def status() -> Any:
        done = call("status", "--json", before=HOST)
        assert done.code == 0, done
        return done.one

    def decided_by(invoice_id: str) -> Any:
        query = "select rules_hash from invoice_link where od_number = ?"
        with closing(sqlite3.connect(home / "ledger.sqlite")) as ledger:
            return ledger.execute(query, (invoice_id,)).fetchone()[0]

    file, began = home / "rules.yaml", datetime.now(timezone.utc).replace(microsecond=0)
    with serving(home) as gus:
        assert item_of(books, desk, gus, "A-1") == "Design"
        before = status()
        assert (before["rules"], before["rules_complaint"]) == (str(DEFAULT_RULES), "")
        file.write_text(RULES)
        assert item_of(books, desk, gus, "A-2") == "Landscaping"
        first = status()
        assert (first["rules"], first["rules_complaint"]) == (str(file), "")
        assert decided_by("A-2") == first["rules_hash"] != before["rules_hash"] == decided_by("A-1")
        assert began <= datetime.fromisoformat(first["rules_since"]) <= datetime.now(timezone.utc)
        file.write_text(TYPO)
        assert item_of(books, desk, gus, "A-3") == "Landscaping"
        differs = status()
        assert [differs[name] for name in ("rules_hash", "rules_since")] == [
            first[name] for name in ("rules_hash", "rules_since")
        ]
        assert "by_servise_type" in differs["rules_complaint"] and "stay in force" in differs["rules_complaint"]
    with serving(home) as gus:
        until(lambda: "by_servise_type" in home.with_suffix(".log").read_text())
        assert item_of(books, desk, gus, "A-4") == "Landscaping"
        assert decided_by("A-4") == status()["rules_hash"] == first["rules_hash"]
        assert [call(name, before=HOST).code for name in ("queue", "payments")] == [0, 0]
        checked = call("check", before=HOST)
        assert checked.code == 1 and "by_servise_type" in checked.out + checked.err
        file.rename(home / "rules.yaml.txt")
        checked = call("check", before=HOST)
        assert "rules.yaml.txt in" in " ".join((checked.out + checked.err).split())
        assert "rules.yaml.txt in" in status()["rules_complaint"]
        assert item_of(books, desk, gus, "A-5") == "Landscaping"


def test_payments_that_somebody_does_not_accept(
    books: Any, desk: Desk, call: Call, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A neighbour that raises does not keep the payment from the host; one that the host refuses is listed, and another
    process sends the alert after ten minutes."""
    raises, heard = home.with_suffix(".raises"), home.with_suffix(".heard")

    def unreported() -> list[tuple[str, str]]:
        found = call("status", "--json", before=HOST).one["untold_payments"]
        return [(each["number"], each["amount"]) for each in found]

    with serving(home) as gus:
        item_of(books, desk, gus, "P-1")
        (copied,) = books.sandbox.list("Invoice", "DocNumber = 'P-1'")
        raises.touch()
        books.sandbox.pay({copied["Id"]: "40.00"})
        until(lambda: list(desk.shown("P-1", "payment").values()) == ["40.00 USD"])
        until(lambda: unreported() == [("P-1", "40.00")])
        raises.unlink()
        until(lambda: not unreported())
        assert heard.read_text() == "paid 40.00\n"
        with closing(sqlite3.connect(desk.path)) as file:
            refuses = "select raise(abort, 'the period is closed')"
            file.execute(f"create trigger closed before insert on shown when new.kind = 'payment' begin {refuses}; end")
            books.sandbox.pay({copied["Id"]: "25.00"})
            until(lambda: unreported() == [("P-1", "25.00")])
            (row,) = call("queue", "--json", before=HOST).lines
            assert (row["state"], row["number"]) == ("untold", "P-1") and "25.00 USD" in row["reason"]
            assert call("payments", before=HOST).code == 1
            home.with_suffix(".ahead").write_text("700")
            with started(desk, home, QuickBooksPlugin(now=clock(home))):
                until(lambda: [each for each in caplog.messages if "1 payment is not recorded in OneDesk" in each])
            assert list(desk.shown("P-1", "payment").values()) == ["40.00 USD"]
            file.execute("drop trigger closed")
        assert call("payments", before=HOST).code == 0
        assert (list(desk.shown("P-1", "payment").values()), unreported()) == (["40.00 USD", "25.00 USD"], [])


LOCKS = """
import sqlite3, sys
ledger = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
ledger.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_send_waits_for_nobody(books: Any, desk: Desk, call: Call, home: Path) -> None:
    """Neither for a program that keeps the ledger locked, nor for a plugin that answers rules."""
    (home / "rules.yaml").write_text(ASKS)
    raises, sleeps = home.with_suffix(".raises"), home.with_suffix(".sleeps")
    freight = [{"id": "1", "service_type": "Freight", "amount": "100.00"}]

    def note(invoice_id: str) -> str:
        until(lambda: "Held for QuickBooks" in desk.shown(invoice_id, "tag"))
        return "".join(desk.shown(invoice_id, "note").values())

    with serving(home) as gus:
        for number in ("L-1", "Q-4"):
            keep(gus, number)
        for number in ("Q-1", "Q-2", "Q-3"):
            keep(gus, number, lines=freight)
        words = [sys.executable, "-c", LOCKS, str(home / "ledger.sqlite")]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
            assert other.stdin and other.stdout and other.stdout.readline() == "locked\n"
            began = time.monotonic()
            assert gus.post("/invoices/L-1/send").text == "True"
            assert time.monotonic() - began < 15, "two seconds, and what a busy machine takes"
            assert len(list((home / "spool").glob("*.json"))) == 1
            assert books.sandbox.list("Invoice", "DocNumber = 'L-1'") == []
            other.stdin.close()
        until(lambda: "Sent by QuickBooks" in desk.shown("L-1", "tag"))
        assert len(books.sandbox.list("Invoice", "DocNumber = 'L-1'")) == len(books.sandbox.outbox()) == 1
        raises.touch()
        assert gus.post("/invoices/Q-1/send").text == "True"
        assert '"freight_by_weight" failed with RuntimeError' in note("Q-1")
        raises.unlink()
        sleeps.touch()
        assert [gus.post(f"/invoices/{each}/send").text for each in ("Q-2", "Q-4")] == ["True"] * 2
        assert desk.shown("Q-2", "tag") == {}, "answered before the plugin's ten seconds were over"
        assert '"freight_by_weight" gave no answer within 10 s' in note("Q-2")
        until(lambda: "Sent by QuickBooks" in desk.shown("Q-4", "tag"))
        sleeps.unlink()
        until(home.with_suffix(".heard").exists)
        assert gus.post("/invoices/Q-3/send").text == "True"
        until(lambda: "Sent by QuickBooks" in desk.shown("Q-3", "tag"))
        held = [each["number"] for each in call("queue", "--json", before=HOST).lines]
        assert sorted(held) == ["Q-1", "Q-2"]


TENANTS = """
import json, sys
from pathlib import Path
import pluggy
from onedesk_quickbooks.hooks import HostEvents, QuickBooksPlugin
from tests.hosts.desk import make_host
from tests.hosts.test_owner import Awaited

def start(plugin, host, home):
    plugins = pluggy.PluginManager("onedesk")
    plugins.add_hookspecs(HostEvents)
    plugins.register(plugin)
    try:
        plugins.hook.on_host_started(host=host, plugins=plugins, data_directory=home)
    except Exception as problem:
        refused.append(f"{type(problem).__name__}: {problem}")
    return plugins.hook

a, b, given = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
refused, one, another = [], QuickBooksPlugin(), QuickBooksPlugin()
start(QuickBooksPlugin(), Awaited(b.with_suffix(".desk")), b)
hooks = [start(one, make_host(a), a)]
start(one, make_host(b), b)
hooks.append(start(another, make_host(b), b))
taken = [hook.on_invoice_send(invoice=each, user="ada") for hook, each in zip(hooks, given)]
print(json.dumps({"refused": refused, "taken": taken}), flush=True)
sys.stdin.read()
for hook in hooks:
    hook.on_host_stopping()
"""


def test_two_tenants_in_one_program(open_books: Open, call: Call, tmp_path: Path) -> None:
    """A second start of one plugin, and an async host, are refused; a plugin for each, and nothing crosses over."""
    amounts = {"a": "100.00", "b": "250.00"}
    books = {name: open_books("us") for name in amounts}
    desks = {name: make_host(tmp_path / name) for name in amounts}
    given = []
    for name, amount in amounts.items():
        before = ("--home", tmp_path / name)
        assert call("connect", "--sandbox", books[name].base_url, "--yes", before=before).code == 0
        line = {"id": "1", "service_type": "Design", "amount": amount}
        given.append(invoice("T-1", f"{name}@harbor.example", lines=[line], total=amount))
        desks[name].keep(given[-1])
    words = [sys.executable, "-c", TENANTS, *(str(tmp_path / name) for name in amounts), json.dumps(given)]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdin and process.stdout
            said = json.loads(process.stdout.readline())
            for desk in desks.values():
                until(lambda: "Sent by QuickBooks" in desk.shown("T-1", "tag"))  # noqa: B023 - over with the turn
            process.stdin.close()
            assert process.wait(30) == 0
        finally:
            process.kill()
    awaited, second = said["refused"]
    assert awaited.startswith("CannotStart: ") and "Awaited has read_invoice as `async def`" in awaited
    assert second.startswith(f"CannotStart: This plugin works for the data directory {tmp_path / 'a'} already")
    assert second.endswith("register(QuickBooksPlugin()), from onedesk_quickbooks.hooks.")
    assert said["taken"] == [True, True]
    for name, amount in amounts.items():
        (found,) = books[name].sandbox.list("Invoice", "DocNumber = 'T-1'")
        assert f"{float(found['TotalAmt']):.2f}" == amount
        assert [each["to"] for each in books[name].sandbox.outbox()] == [f"{name}@harbor.example"]


def test_a_host_by_its_entry_point(desk: Desk, home: Path, tmp_path: Path) -> None:
    """As a package that is installed declares it; a command needs no --host then."""
    with desk.started(home):
        pass
    package = tmp_path / "installed" / "desk-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: desk\nVersion: 1.0\n")
    environ = {**os.environ, "PYTHONPATH": f"{package.parent}{os.pathsep}{ROOT}", "LANGUAGE": "en"}

    def status(points: str, *options: str) -> tuple[int, str, str]:
        (package / "entry_points.txt").write_text(f"[onedesk.hosts]\n{points}")
        words = [str(BIN / "onedesk-quickbooks"), "--home", str(home), *options, "status", "--json"]
        done = subprocess.run(words, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    one, two = "desk = tests.hosts.desk:make_host\n", "other = tests.hosts.nowhere:make_host\n"
    code, out, err = status(one)
    assert (code, json.loads(out)["connected"]) == (0, False), err
    code, out, err = status(one + two)
    assert (code, out) == (3, "") and "or take one of desk, other" in " ".join(err.split()), err
    assert status(one + two, "--host", "desk")[0] == 0
