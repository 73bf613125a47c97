"""Hosts without a thread of the plugin: Celery and a timer. The end of it all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.hooks import QuickBooksPlugin
from tests.cli.test_work import invoice
from tests.hosts.desk import make_host, started
from tests.hosts.serving import BIN, ROOT, until

Call = Callable[..., Any]
Open = Callable[..., Any]
HOST = ("--host", "tests.hosts.desk:make_host")


def connected(open_books: Open, call: Call) -> Any:
    books = open_books("us")
    assert call("connect", "--sandbox", books.base_url, "--yes").code == 0
    return books


def test_celery(open_books: Open, call: Call, home: Path) -> None:
    books, desk = connected(open_books, call), make_host(home)
    (home.parent / "broker").mkdir()
    given = {**os.environ, "DESK_HOME": str(home)}

    def ask(task: str, *arguments: str) -> None:
        words = [
            "from tests.hosts.celery_desk import app",
            f"app.send_task({task!r}, {arguments!r}, ignore_result=True)",
        ]
        subprocess.run([sys.executable, "-c", "; ".join(words)], cwd=ROOT, env=given, timeout=60, check=True)

    desk.keep(invoice("C-1", email="books@harbor.example"))
    words = [str(BIN / "celery"), "-A", "tests.hosts.celery_desk", "worker", "-c", "2", "-P", "prefork"]
    with subprocess.Popen([*words, "--without-gossip", "--without-mingle"], cwd=ROOT, env=given) as worker:
        try:
            ask("send", "C-1")
            until(lambda: call("status", "--json", before=HOST).one.get("waiting"))
            assert books.sandbox.outbox() == []
            ask("work_off")
            until(lambda: "Sent by QuickBooks" in desk.shown("C-1", "tag"))
            (found,) = books.sandbox.list("Invoice", "DocNumber = 'C-1'")
            books.sandbox.pay({found["Id"]: "100.00"})
            ask("work_off")
            until(lambda: desk.shown("C-1", "payment"))
            assert len(books.sandbox.outbox()) == 1
            worker.terminate()
            assert worker.wait(30) == 0
        finally:
            worker.kill()


def test_a_timer_as_the_page_has_it(open_books: Open, call: Call, home: Path, caplog: pytest.LogCaptureFixture) -> None:
    page = (ROOT / "docs" / "processes.md").read_text("utf-8").split("\n## Without a thread\n", 1)[1]
    program = page.split("```python\n", 1)[1].split("```", 1)[0]
    desk = make_host(home)
    names: dict[str, Any] = {"DATA": home, "host": desk}
    exec(program.replace("from desk.quickbooks import DATA, host\n", ""), names)
    books, given = connected(open_books, call), invoice("T-1", email="books@harbor.example")
    desk.keep(given)
    with started(desk, home, QuickBooksPlugin(background=False)) as hook:
        assert hook.on_invoice_send(invoice=given, user="ada") is True
    names["work_off"]()
    assert list(desk.shown("T-1", "tag")) == ["Sent by QuickBooks"]
    (found,) = books.sandbox.list("Invoice", "DocNumber = 'T-1'")
    books.sandbox.pay({found["Id"]: "100.00"})
    names["work_off"]()
    assert desk.shown("T-1", "payment") and not caplog.messages
    assert call("disconnect", before=HOST).code == 0
    names["work_off"]()
    assert [each for each in caplog.messages if each.startswith("No QuickBooks company is connected")]


def test_uninstalling(open_books: Open, call: Call, home: Path) -> None:
    """Disconnected: the host e-mails by itself again. What was copied stays, and so does what the host shows of it;
    it is not copied twice where the plugin is installed again."""
    books, desk = connected(open_books, call), make_host(home)
    desk.keep(invoice("U-1"))
    with desk.started(home):
        pass
    assert call("copy", "U-1", before=HOST).code == 0
    assert call("disconnect", before=HOST).code == 0
    with desk.started(home) as hook:
        assert hook.on_invoice_send(invoice=invoice("U-1"), user="ada") is None
        assert hook.invoice_actions(invoice=invoice("U-1")) == [[]]
    assert list(desk.shown("U-1", "tag")) == ["Copied to QuickBooks"]
    assert len(books.sandbox.list("Invoice", "DocNumber = 'U-1'")) == 1
    shutil.rmtree(home)
    desk.set_tag("U-1", "", "")
    assert desk.shown("U-1", "tag") == {}
    assert call("connect", "--sandbox", books.base_url, "--yes").code == 0
    assert call("copy", "U-1", "--json", before=HOST).one["outcome"] == "updated", "known by number and mark"
    assert len(books.sandbox.list("Invoice", "DocNumber = 'U-1'")) == 1


def test_installing_again(open_books: Open, call: Call, home: Path) -> None:
    """Step by step, as docs/processes.md has it, with a host that does not list its invoices."""
    books, desk = connected(open_books, call), make_host(home)
    for name in ("U-1", "U-2", "U-3"):
        desk.keep(invoice(name))
        assert call("copy", name, before=HOST).code == 0
    ids = {each["DocNumber"]: each["Id"] for each in books.sandbox.list("Invoice", "DocNumber LIKE 'U-%'")}
    books.sandbox.pay({ids["U-2"]: "100.00"})
    assert call("payments", before=HOST).code == 0
    assert desk.read_invoice("U-2")["status"] == "paid"  # type: ignore[index]  # it is there
    home.rename(home.with_name("quickbooks.old"))
    books.sandbox.pay({ids["U-3"]: "40.00"})
    stood = books.sandbox.read("Invoice", ids["U-2"])
    assert call("connect", "--sandbox", books.base_url, "--yes").code == 0
    invoices = call("reconcile", "--ours", "--json", before=HOST).one["invoices"]
    differences = {each["id"]: found for each in invoices for found in each["differences"]}
    assert {od_id: each["kind"] for od_id, each in differences.items()} == dict.fromkeys(ids, "not_linked")
    for od_id, each in differences.items():
        assert each["remedy"] == f"Run: onedesk-quickbooks copy {od_id}, which links the two."
        done = call("copy", od_id, "--json", before=HOST).one
        outcome = "unchanged" if od_id == "U-2" else "updated"
        assert (done["outcome"], done["qbo_id"]) == (outcome, ids[od_id])
    assert books.sandbox.read("Invoice", ids["U-2"]) == stood, "nothing is written of a Paid one"
    assert call("payments", before=HOST).code == 0
    assert len(desk.shown("U-3", "payment")) == len(desk.shown("U-2", "payment")) == 1
    assert call("reconcile", "--ours", "--json", before=HOST).one["differ"] == 0
