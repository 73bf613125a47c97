"""What befalls the processes of a server: one is killed, all are forked too late, a transaction takes its time."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_work import invoice
from tests.hosts.serving import Browser, holder, served, until
from tests.hosts.story import GUNICORN, UWSGI, connected, one_each, opened


def test_a_worker_that_is_killed_in_the_middle_is_made_up_for(books: Any, home: Path) -> None:
    with connected(GUNICORN, home) as (server, gus):
        opened(gus, "K-1")
        books.sandbox.faults.inject(fault="delay", path="invoice", method="POST", seconds=2)
        gus.do("K-1", "send")
        until(lambda: any(rule["hits"] for rule in books.sandbox.faults.state()))
        killed = holder(home / "lane.lock")
        assert killed in server.workers()
        os.kill(killed, signal.SIGKILL)
        until(lambda: gus.tag("K-1") == "Sent by QuickBooks")
        assert len(server.workers()) == 2 and killed not in server.workers()
        one_each(books, "K-1")


@pytest.mark.parametrize(
    "command",
    [pytest.param((*GUNICORN, "--preload"), id="gunicorn"), pytest.param(UWSGI, id="uwsgi", marks=pytest.mark.uwsgi)],
)
def test_a_fork_after_the_start_refuses_and_says_what_to_set(home: Path, books: Any, command: tuple[str, ...]) -> None:
    with served(command, home) as server:
        gus = Browser(server.url, "gus")
        gus.keep({**invoice("P-1"), "status": "draft"})
        answer = gus.post("/invoices/P-1/open")
        assert answer.status_code == 503
        assert "gunicorn: in post_fork, or without --preload; uWSGI: lazy-apps = true" in answer.text
        page = gus.get("/quickbooks/attention")
        assert page.status_code == 503 and "Call on_host_started in each process" in page.text
        if command is UWSGI:  # it forks while threads run: a worker would be stuck for good
            assert len([*Path(f"/proc/{server.process.pid}/task").iterdir()]) == 1
            assert "the QuickBooks plugin was started before uWSGI has forked" in server.log.read_text()


def test_hooks_within_the_transaction(books: Any, home: Path) -> None:
    """What is committed is copied, however long that takes; what is rolled back is held, and not to be voided."""
    with connected(GUNICORN, home) as (_, gus):
        for number in ("R-1", "T-1", "T-2", "T-3"):
            opened(gus, number)
        failed = gus.post("/invoices/R-1/act", action="quickbooks.copy", inside="", amount="250.00", fails="")
        assert failed.status_code == 500
        for number, slow in (("T-1", "0"), ("T-2", "0.5"), ("T-3", "3")):
            gus.do(number, "act", action="quickbooks.copy", inside="", amount="250.00", slow=slow)
        for number in ("T-1", "T-2", "T-3"):
            until(lambda: gus.tag(number) == "Copied to QuickBooks")  # noqa: B023 - it is over with the turn
            (found,) = books.sandbox.list("Invoice", f"DocNumber = '{number}'")
            assert float(found["TotalAmt"]) == 250
        assert gus.post("/invoices/T-1/void", inside="", fails="").status_code == 500
        gus.do("T-2", "void", inside="", slow="0.5")
        until(lambda: "was voided in OneDesk, but QuickBooks still has it" in "".join(gus.shown("T-2")["notes"]))
        home.with_suffix(".ahead").write_text("30")
        until(lambda: "reported invoice T-1 as voided, but has it as open" in "".join(gus.shown("T-1")["notes"]))
        until(lambda: gus.tag("R-1") == "Held for QuickBooks")
        assert "another version of the invoice than the one that it requested" in gus.shown("R-1")["notes"][0]
        assert not books.sandbox.list("Invoice", "DocNumber = 'R-1'")
        gus.do("R-1", "reopen", inside="")
        until(lambda: (gus.shown("R-1")["status"], gus.tag("R-1")) == ("draft", ""))
