"""Processes that fork: a child refuses before it has started by itself, and works afterwards; the parent goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.hooks import QuickBooksPlugin
from tests.cli.test_work import invoice
from tests.hosts.desk import make_host

Call = Callable[..., Any]
Open = Callable[..., Any]
ROOT = Path(__file__).parents[2]
HOST = ("--host", "tests.hosts.desk:make_host")

PROGRAM = """
import json, os, sys
from pathlib import Path
import pluggy
from onedesk_quickbooks.hooks import HostEvents, NotNow, QuickBooksPlugin
from tests.hosts.desk import make_host

home, given, background = Path(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3] == "thread"
desk, plugin, plugins = make_host(home), QuickBooksPlugin(background), pluggy.PluginManager("onedesk")
plugins.add_hookspecs(HostEvents)
plugins.register(plugin)
start = lambda: plugins.hook.on_host_started(host=desk, plugins=plugins, data_directory=home)
send = lambda: plugins.hook.on_invoice_send(invoice=given, user="ada")
start()
child = os.fork()
if not child:
    try:
        send()
        answer = "taken"
    except NotNow as problem:
        answer = str(problem)
    start()
    taken = send()
    done = [each.outcome for each in plugin.application.drain()] if not background else []
    print(json.dumps({"answer": answer, "taken": taken, "done": done}), flush=True)
    plugins.hook.on_host_stopping()
    os._exit(0)
os.waitpid(child, 0)
after = plugin.application.status().waiting
drained = [each.outcome for each in plugin.application.drain()] if not background else []
plugins.hook.on_host_stopping()
print(json.dumps({"after": after, "drained": drained}), flush=True)
"""


@pytest.mark.parametrize("how", ["thread", "drain"])
def test_a_child_refuses_until_it_has_started_by_itself(open_books: Open, call: Call, home: Path, how: str) -> None:
    books = open_books("us")
    with make_host(home).started(home):
        pass
    assert call("connect", "--sandbox", books.base_url, "--yes", before=HOST).code == 0
    given = invoice("F-1", email="books@harbor.example")
    desk = make_host(home)
    desk.keep(given)
    words = [sys.executable, "-c", PROGRAM, str(home), json.dumps(given), how]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    child, parent = map(json.loads, done.stdout.splitlines())
    assert "forked after the QuickBooks plugin had started" in child["answer"] and child["taken"] is True
    if how == "drain":
        assert (child["done"], parent["after"]) == (["sent"], 0)
    else:  # the parent's thread, or the child's, does it
        call("payments", before=HOST)
        call("copy", "F-1", before=HOST, predicted=False)
    assert list(desk.shown("F-1", "tag")) == ["Sent by QuickBooks"]
    assert len(books.sandbox.outbox()) == 1
    assert len(books.sandbox.list("Invoice", "DocNumber = 'F-1'")) == 1


WITHIN = """
import os, sys, threading, time
from datetime import datetime, timezone
from pathlib import Path
from onedesk_quickbooks.plugin.ledger.database import Database

database = Database.open(Path(sys.argv[1]) / "ledger.sqlite", lambda: datetime.now(timezone.utc))
within, inside = threading.Event(), []

def work():
    with database.read():
        inside.append(True)
        within.set()
        time.sleep(0.5)
        inside.clear()

thread = threading.Thread(target=work)
thread.start()
within.wait()
child = os.fork()
if not child:
    with database.write():  # and a child waits for nothing of its parent
        os._exit(1 if inside else 0)
thread.join()
with database.write():
    pass
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_fork_waits_until_no_thread_is_inside_sqlite(home: Path) -> None:
    home.mkdir()
    words = [sys.executable, "-c", WITHIN, str(home)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "0\n"


def test_every_name_of_the_plugin_can_be_read_before_the_start() -> None:
    """As releases of pluggy before 1.7 do when it is registered."""
    plugin = QuickBooksPlugin()
    assert "on_invoice_send" in dir(plugin)
    for name in dir(plugin):
        getattr(plugin, name)
