"""A host that goes down is not kept by a QuickBooks that does not answer; what was under way is settled afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.test_work import invoice
from tests.hosts.desk import make_host

Call = Callable[..., Any]
Open = Callable[..., Any]
ROOT = Path(__file__).parents[2]
HOST = ("--host", "tests.hosts.desk:make_host")

PROGRAM = """
import json, sys, time
from pathlib import Path
from tests.hosts.desk import make_host

home, given = Path(sys.argv[1]), json.loads(sys.argv[2])
with make_host(home).started(home, background=True) as hook:
    hook.on_invoice_send(invoice=given, user="ada")
    while not Path(sys.argv[3]).exists():
        time.sleep(0.05)
    print("asked", flush=True)
print("ended", flush=True)
"""


def test_the_end_does_not_wait_for_quickbooks(open_books: Open, call: Call, home: Path, tmp_path: Path) -> None:
    books = open_books("us")
    with make_host(home).started(home):
        pass
    assert call("connect", "--sandbox", books.base_url, "--yes", before=HOST).code == 0
    given, desk, asked = invoice("S-1", email="books@harbor.example"), make_host(home), tmp_path / "asked"
    desk.keep(given)
    books.sandbox.faults.inject(fault="delay", path="invoice", method="POST", seconds=14)
    words = [sys.executable, "-c", PROGRAM, str(home), json.dumps(given), str(asked)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            while not any(rule["hits"] for rule in books.sandbox.faults.state()):
                assert process.poll() is None
            asked.touch()
            assert process.stdout.read().split() == ["asked", "ended"]
            assert process.wait(30) == 0
            assert books.sandbox.list("Invoice", "DocNumber = 'S-1'") == [], "it did not wait for the answer"
        finally:
            process.kill()
    call("payments", before=HOST)
    call("copy", "S-1", before=HOST, predicted=False)
    assert len(books.sandbox.list("Invoice", "DocNumber = 'S-1'")) == 1
    assert len(books.sandbox.outbox()) == 1
